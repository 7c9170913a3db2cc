"""The snapshots of a machine: the tree, and beside or below it all about the one under the cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace
from textual import events
from textual.app import ComposeResult
from textual.strip import Strip
from textual.timer import Timer

from novatui.actions.catalogue import ACTIONS, Scope
from novatui.actions.snapshots import OLD, with_old
from novatui.core import units
from novatui.core.snapshots import Snapshot
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.export import Listed
from novatui.ui.keys import bindings
from novatui.ui.prospects import Prospects
from novatui.ui.render import bars
from novatui.ui.render.cells import line, spread
from novatui.ui.render.detail import sheet, snapshots
from novatui.ui.render.detail.listing import Listing
from novatui.ui.render.detail.tabs import Tab
from novatui.ui.render.detail.things import snapshot_kinds
from novatui.ui.rows.view import RowView
from novatui.ui.screens.detail_body import PANE_FROM, ListBody, Sight
from novatui.ui.widgets.lines import Lines
from novatui.ui.widgets.pane import Pane

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen

REST = 0.3
"""Seconds that the cursor rests on a snapshot before anything is asked about it."""

FULL = 42
"""Cells of what stands beside the tree, on screens of 100; wider ones share the rest."""

TREE = 6
"""Lines that the tree keeps at least where the rest stands below it, its titles included."""

COUNTED = 30.0
"""Seconds for which a count of all machines is good."""

FLEET_FROM = 16
"""Bodies at least this high say at their end where old snapshots are listed."""


class SnapshotRows(RowView):
    """The tree; it has the keyboard. Its keys are about the snapshot under the cursor."""

    SCOPES = (Scope.SNAPSHOTS, Scope.LISTED)
    BINDINGS = bindings(*SCOPES)
    body: SnapshotsBody

    def action_lead(self, leader: str) -> None:
        """Open the strip of a leader."""
        self.body.screen_of.action_lead(leader)

    def action_snapshots_new(self) -> None:
        """Take one."""
        self.body.begin_change("snap.create")

    def action_snapshots_revert(self) -> None:
        """Go back to the one under the cursor."""
        self.body.begin_change("snap.revert")

    def action_snapshots_delete(self) -> None:
        """Delete the one under the cursor."""
        self.body.begin_change("snap.delete")

    def action_snapshots_diff(self) -> None:
        """All that is otherwise now."""
        self.body.show_difference()

    def action_snapshots_export(self) -> None:
        """Write the tree into a file."""
        self.body.screen_of.action_lead("export")


class SnapshotsBody(ListBody):
    """A tree whose entries are explained by what reverting to them and deleting them would do now."""

    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.SNAPSHOTS,)
    DEFAULT_CSS = """
    SnapshotsBody #snapshot-bar { width: 1; height: 1fr; }
    """

    def __init__(self, screen: FrameScreen, sight: Sight, tab: Tab) -> None:
        super().__init__(screen.stage, sight, tab)
        self.screen_of = screen
        """The screen that it is a tab of."""
        self._view = rows = self.view(SnapshotRows)
        assert isinstance(rows, SnapshotRows)
        rows.body = self
        self._prospects = Prospects(screen.stage, self._redraw_pane)
        self._resting: Timer | None = None
        self._rests_on = ""
        """Id of the snapshot that the timer waits for."""
        self._old: tuple[float, int] | None = None
        """How many machines have old snapshots, and when they were counted."""
        self._heading = Lines(lambda width, _: [self._draw_heading(width)], id="snapshot-heading")
        self._bar = Lines(lambda width, height: [bars.edge(self.stage.look, width)] * height, id="snapshot-bar")
        self._parts = Pane(self._view, self._bar, self._pane, id="snapshot-parts")
        self._fleet = Lines(lambda width, _: [self._draw_fleet(width)], id="snapshot-fleet")

    def compose(self) -> ComposeResult:
        """What is to be said of all, the tree with one of them in full, and where old ones of all machines are."""
        yield self._heading
        yield self._parts
        yield self._fleet

    def on_unmount(self) -> None:
        self._prospects.stop()

    # What is shown

    @property
    def _snapshots(self) -> Sequence[Snapshot]:
        whole = self.sight()
        return (whole.detail.snapshots or ()) if whole is not None and whole.detail is not None else ()

    @property
    def _snapshot(self) -> Snapshot | None:
        """The one under the cursor."""
        entry = self._source.entry(self._view.cursor)
        return next((one for one in self._snapshots if entry and entry.key == f"snapshot {one.id}"), None)

    def fill(self, told: Listing) -> None:
        """Show these entries; answers that rest on other ones are forgotten."""
        whole = self.sight()
        if whole is not None:
            store, conn = whole.fleet.inventory, whole.fleet.inventory.conn(whole.slot)
            link = whole.fleet.connections[conn]
            basis = (
                tuple(self._snapshots),
                store.value(whole.slot, "power"),
                store.value(whole.slot, "job"),
                link.lock,
            )
            self._prospects.rest_on(basis)
        super().fill(without_age(told) if self._beside else told)
        self._heading.redraw()
        self._fleet.redraw()

    @property
    def _beside(self) -> bool:
        """There is room for the one under the cursor beside the tree."""
        return self.size.width >= sheet.TWO_COLUMNS

    def part(self) -> Mapping[str, str]:
        """The snapshot under the cursor."""
        one = self._snapshot
        return {"snapshot": one.id} if one is not None else {}

    def listed(self) -> Listed:
        """The tree, a line for each snapshot."""
        look, found = self.stage.look, self._snapshots
        whole = self.sight()
        name = whole.fleet.inventory.name(whole.slot) if whole is not None else ""
        cells = [
            [one.name, one.parent or "", look.date(one.created), snapshot_kinds(one), snapshots.words.size(one.size)]
            for one in found
        ]
        values: list[dict[str, Any]] = [{k: v for k, v in _exact(one).items() if v is not None} for one in found]
        titles = ("NAME", "PARENT", "CREATED", "KIND", "SIZE")
        return Listed(name=f"snapshots-{_in_a_file_name(name)}", titles=titles, cells=cells, values=values)

    # What is asked

    def _lay_out(self) -> None:
        entry = self._source.entry(self._view.cursor)
        full = entry is not None and entry.full is not None
        self._expanded = self._expanded and full
        width, height, beside = self.size.width, self.size.height, self._beside
        fleet = height >= FLEET_FROM and not self._expanded
        room = height - 1 - fleet
        tree = room
        if full and not beside and room >= PANE_FROM - 1:
            tree = min(self._source.count + 1, max(TREE, room * 2 // 5))
        self._fleet.set_class(not fleet, "gone")
        self._bar.set_class(not beside or self._expanded, "gone")
        self._pane.set_class(not (self._expanded or beside or tree < room), "gone")
        self._view.set_class(self._expanded, "gone")
        self._parts.styles.layout = "horizontal" if beside else "vertical"
        self._view.styles.height = "1fr" if beside else tree
        self._pane.styles.width = FULL + (width - 100) * 2 // 5 if beside and not self._expanded else "1fr"
        self._pane.redraw()
        self._rest()

    def on_resize(self, event: events.Resize) -> None:
        del event
        self.redraw()

    def _rest(self) -> None:
        """Ask about the snapshot under the cursor, once it rests there; what is drawn anew meanwhile is no movement."""
        here = self.part().get("snapshot", "")
        if self._resting is not None:
            if self._rests_on == here:
                return
            self._resting.stop()
        self._rests_on = here
        self._resting = self.set_timer(REST, self._ask) if self.is_mounted else None

    def _ask(self) -> None:
        self._resting = None
        whole, one = self.sight(), self._snapshot
        if whole is not None and one is not None and self.display and self.screen_of.is_current:
            self._prospects.ask(whole.fleet.inventory.ref(whole.slot), one.id)

    # Keys

    def begin_change(self, verb: str) -> None:
        """Ask for what it takes, the snapshot under the cursor given already."""
        if verb != "snap.create" and self._snapshot is None:
            self.screen_of.report("there is no snapshot under the cursor", "move it to one")
            return
        self.screen_of.perform(next(action for action in ACTIONS if action.id == verb))

    def show_difference(self) -> None:
        """All that was otherwise when the snapshot under the cursor was taken."""
        one = self._snapshot
        changed = self._prospects.of(one.id).changed if one is not None else None
        if one is None or changed is None:
            said = "it is being read" if one is not None and self._prospects.of(one.id).asking else "nobody tells it"
            self.screen_of.report("what was otherwise then is not known", said)
            return
        look = self.stage.look
        lines = [
            f"{each.field}\n  {each.before or 'none'}\n  {look.marks.to} {each.after or 'none'}" for each in changed
        ]
        title = f"{one.name} {look.marks.to} now: configuration"
        text = "\n\n".join(lines) or "no change"
        self.app.push_screen(PageDialog(title, self.stage.keys, text, ascii_only=look.marks.ascii))

    # Drawing

    def _redraw_pane(self) -> None:
        if self.is_mounted:
            self._pane.redraw()

    def _draw_heading(self, width: int) -> Strip:
        look = self.stage.look
        return line([("", look.styles.quiet), *snapshots.heading(self._snapshots, look)], width, look.marks.ellipsis)

    def _draw_fleet(self, width: int) -> Strip:
        look, fleet = self.stage.look, self.stage.fleet
        now = look.monotonic()
        if self._old is None or now - self._old[0] > COUNTED:
            self._old = now, with_old(fleet.inventory, look.epoch())
        count, styles = self._old[1], look.styles
        who = "1 machine has" if count == 1 else f"{count:,} machines have"
        keys = [(f" {self.screen_of.key('snapshots.old')}", styles.key), (" lists them ", styles.quiet)]
        said = (f" {who} snapshots older than {units.span(OLD)} ", styles.warning if count else styles.quiet)
        return spread([said], keys if count else [], width)

    def _draw_pane(self, width: int) -> Sequence[Strip]:
        one, look = self._snapshot, self.stage.look
        if one is None or width <= 0:
            return ()
        whole = self.sight()
        told = snapshots.in_full(
            one,
            self._snapshots,
            self._prospects.of(one.id),
            look,
            acts=self.stage.acting is not None,
            all_of_it=self._expanded,
        )
        return sheet.draw(told, width, look, protected=whole is not None and whole.protected)


def without_age(told: Listing) -> Listing:
    """The same without the column of ages, which stand beside."""
    at = next((nth for nth, column in enumerate(told.columns) if column.title == "age"), None)
    if at is None:
        return told
    entries = [replace(entry, cells=[*entry.cells[:at], *entry.cells[at + 1 :]]) for entry in told.entries]
    return replace(told, columns=[*told.columns[:at], *told.columns[at + 1 :]], entries=entries)


def _exact(one: Snapshot) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "parent": one.parent,
        "created": one.created,
        "memory": one.memory,
        "quiesced": one.quiesced,
        "current": one.current,
        "size": one.size,
        "external": one.external,
        "description": one.description or None,
    }


def _in_a_file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name) or "machine"
