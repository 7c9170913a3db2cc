"""The detail screen: one object in full, tab by tab, as it is now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.core import units
from novatui.core.connection import ConnectionSpec
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.fleet import Changes
from novatui.ui.export import Listed
from novatui.ui.followed import Followed
from novatui.ui.keys import bindings
from novatui.ui.place import Place
from novatui.ui.reading import Reading
from novatui.ui.render import bars, readings
from novatui.ui.render.cells import Group
from novatui.ui.render.detail import pages
from novatui.ui.render.detail.listing import is_list
from novatui.ui.render.detail.tabs import TABS, Tab, named, tab_line
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.marks import POWER_WORDS, link_mark, power_mark
from novatui.ui.render.subject import Subject
from novatui.ui.rows.view import RowView
from novatui.ui.screens.detail_body import Body, ListBody, MembersBody, PageBody
from novatui.ui.screens.detail_capabilities import CapabilityBody
from novatui.ui.screens.detail_metrics import MetricsBody
from novatui.ui.screens.detail_raw import RawBody
from novatui.ui.screens.detail_snapshots import SnapshotsBody
from novatui.ui.screens.detail_users import UsersBody
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.screens.rows import Mover
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines

FRESH = 10.0
"""Seconds for which what was read on demand needs no word about its age."""

CHARTING = (Scope.CHART, Scope.DETAIL, Scope.CHANGES, Scope.OBJECTS, Scope.FRAME)
"""Whose keys the footer shows below charts."""

ON_ROWS = frozenset({"open", "filter", "mark", "wrap"})
"""Actions that are not for every tab."""

TITLES = {"quit": "close", "filter": "search", "pane.next": "next tab"}
"""What some keys are called here."""

HOLDERS = frozenset({Kind.CLUSTER, Kind.DATACENTER, Kind.FOLDER, Kind.RESOURCE_POOL, Kind.GROUP, Kind.CONNECTION})
"""Kinds that tell what others do."""


class DetailScreen(FrameScreen, inherit_bindings=False):
    """Follows its object through changes, migrations and lost connections; what is gone stays as it was last seen."""

    SCOPES = (
        Scope.EVERYWHERE,
        Scope.DETAIL,
        Scope.PANES,
        Scope.MOVE,
        Scope.ROWS,
        Scope.FILTERED,
        Scope.CHANGES,
        Scope.OBJECTS,
        Scope.FRAME,
    )
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = """
    DetailScreen #body { height: 1fr; }
    """

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._object = Followed(stage.fleet, ObjectRef.parse(place.ref))
        self._gone_at: float | None = None
        """When it was found to be gone, epoch seconds."""
        self._tabs = TABS[self._object.ref.kind]
        self._tab = named(self._object.ref.kind, place.tab)
        self._reading = Reading(stage.fleet, self._object.ref, self.look.monotonic, self._was_read)
        self._bodies: dict[str, Body] = {}
        self._holder = Vertical(id="body")
        self._tab_line = Lines(lambda width, _: [self._draw_tabs(width)], id="tabs")

    def compose_body(self) -> ComposeResult:
        """Tabs, and the body of the one that is shown."""
        yield self._tab_line
        yield self._holder

    def on_mount(self) -> None:
        self._show_tab(self._tab)

    def on_unmount(self) -> None:
        self._reading.stop()

    # The object

    def sight(self) -> Whole | None:
        """All that is known of it now."""
        slot = self._object.slot
        if slot is None:
            return None
        subject = Subject(self.fleet, slot, self.look, self.look.monotonic())
        reading = self._reading
        first = not reading.has(self._tab.parts)
        return Whole(subject, reading.detail, reading.problem, reading=first, rates_age=reading.age(("rates",)))

    def _follow(self, changes: Changes) -> None:
        """It moved, went, or is back."""
        followed = self._object
        if followed.take(changes):
            self._reading.follow(followed.ref)
            self.stage.pulse.attend()
        if followed.lost and followed.seen and self._gone_at is None:
            self._gone_at = self.look.epoch()
            self.report(
                f"{followed.name} is gone", f"what you see is what was last known; {self.key('back')} goes back"
            )
        elif not followed.lost:
            self._gone_at = None

    # Tabs

    @property
    def body(self) -> Body | None:
        """What is shown; None before the screen is composed."""
        return self._bodies.get(self._tab.name)

    def _show_tab(self, tab: Tab) -> None:
        before = self.body
        if before is not None:
            before.display = False
        self._tab = tab
        body = self.body
        if body is None:
            body = self._bodies[tab.name] = self._make(tab)
            self._holder.mount(body)
        body.display = True
        self._reading.need(tab.parts)
        body.redraw()
        body.begin()
        self._tab_line.redraw()
        self.redraw_frame()
        self.stage.pulse.attend()

    def _make(self, tab: Tab) -> Body:
        if pages.is_page(self._object.ref.kind, tab.name):
            return PageBody(self.stage, self.sight, tab)
        if tab.name == "caps":
            return CapabilityBody(self.stage, self.sight, tab)
        if tab.name == "snapshots":
            return SnapshotsBody(self, self.sight, tab)
        if is_list(self._object.ref.kind, tab.name):
            return ListBody(self.stage, self.sight, tab)
        if tab.name == "raw":
            return RawBody(self, self.sight, tab)
        if tab.name == "metrics":
            return MetricsBody(self.stage, self.sight, tab, self.report)
        if tab.name == "users":
            return UsersBody(self.stage, self.sight, tab, self._object.ref.kind)
        return MembersBody(self.stage, self.sight, tab)

    def _step(self, by: int) -> None:
        at = self._tabs.index(self._tab)
        self._show_tab(self._tabs[(at + by) % len(self._tabs)])

    def action_pane_next(self) -> None:
        """The tab to the right."""
        self._step(1)

    def action_pane_previous(self) -> None:
        """The tab to the left."""
        self._step(-1)

    def action_tab(self, number: int) -> None:
        """The tab with this number."""
        found = next((tab for tab in self._tabs if tab.number == number), None)
        if found is not None:
            self._show_tab(found)
        else:
            kind = self._object.ref.kind.value.replace("_", " ")
            self.report(f"a {kind} has no tab {number}", "the numbers stand above")

    # The frame

    def crumbs(self) -> Sequence[str]:
        """The way to it; a libvirt connection and its host may have one name, which is said once."""
        return list(dict.fromkeys([*self._object.way, self._object.name]))

    def about(self) -> ConnectionSpec | None:
        return self._object.spec

    def facts(self) -> Sequence[Group]:
        """Its state, and how old that is."""
        styles, look = self.look.styles, self.look
        slot = self._object.slot
        if slot is None:
            said = f"gone since {look.clock(self._gone_at)}" if self._gone_at is not None else "not known yet"
            return [(0, [(f" {said} ", styles.bad)])]
        word = self._state(slot)
        age = readings.shown_age(self.fleet, slot, look)
        if age:
            old = f"{age} old"
            return [(0, [(f" ~{f'{word}, {old}' if word else old} ", styles.stale)])]
        return [(0, [(f" {word} ", styles.text)])] if word else []

    def _state(self, slot: int) -> str:
        kind = self._object.ref.kind
        if kind is Kind.CONNECTION:
            link = self.fleet.connections[self._object.ref.conn].status.link
            return f"{link_mark(link, self.look.marks)} {link.value}"
        if kind in readings.MACHINES or kind is Kind.HOST:
            power = readings.power(self.fleet, slot)
            word = power if power in set(POWER_WORDS) else ""
            since = self.fleet.inventory.value(slot, "since")
            runs = isinstance(since, float) and readings.measures(self.fleet, slot)
            span = units.span(self.look.epoch() - since) if runs and isinstance(since, float) else ""
            return " ".join(filter(None, (power_mark(power, self.look.marks), word, span)))
        return ""

    def _draw_tabs(self, width: int) -> Strip:
        spec = self._object.spec
        guarded = spec is not None and spec.protected
        return tab_line(self._tabs, self._tab, self.look, width, self._told(), protected=guarded)

    def _told(self) -> Sequence[Group]:
        """How old is what was read on demand."""
        styles, reading = self.look.styles, self._reading
        age = reading.age(self._tab.parts)
        if reading.problem is not None:
            return [(0, [(" not read ", styles.bad)])]
        if reading.busy and age is None:
            return [(0, [(" reading ", styles.info)])]
        if age is None or age < FRESH:
            return []
        return [(0, [(f" read {units.age(age)} ago ", styles.quiet)])]

    def draw_keys(self, width: int) -> Strip:
        """Those that mean something on this tab; charts have keys of their own."""
        body = self._shown()
        scopes = CHARTING if isinstance(body, MetricsBody) else (*body.SCOPES, *self.SCOPES)
        actions = [action for action in self.offered(*scopes) if action.id in body.TAKES or action.id not in ON_ROWS]
        if body.SCOPES:
            actions = self.stage.keys.first(actions, body.SCOPES)
        return bars.footer(actions, self.stage.keys, self.look, width, {**TITLES, **body.TITLES})

    def paged(self) -> str:
        return self.body.text if isinstance(self.body, RawBody) else ""

    def place(self) -> Place:
        """The object and its tab."""
        return Place("detail", ref=str(self._object.ref), tab=self._tab.name)

    def show(self, place: Place) -> bool:
        """Another tab of the same object."""
        if place.ref != str(self._object.ref):
            return False
        self._show_tab(named(self._object.ref.kind, place.tab))
        return True

    def take(self, changes: Changes) -> None:
        """Draw what concerns it; read again what was read before its row changed."""
        self._follow(changes)
        if self._concerns(changes):
            if self.body is not None:
                self.body.take(changes)
            self._redraw_lines()
        if self._object.slot is not None:
            self._reading.need(self._tab.parts)

    def _concerns(self, changes: Changes) -> bool:
        """Places tell of all below them, and members change with each other."""
        followed = self._object
        if followed.lost or followed.changed(changes) or (self.body is not None and self.body.concerns(changes)):
            return True
        if self._tab.name == "tasks":
            return changes.tasks or changes.events > 0
        return followed.ref.kind in HOLDERS or isinstance(self.body, MembersBody)

    def age(self) -> None:
        """Ages go on, and what is out of date is read again."""
        if self._object.slot is not None:
            self._reading.need(self._tab.parts)
        self._redraw()

    def _redraw(self) -> None:
        if self.body is not None:
            self.body.redraw()
        self._redraw_lines()

    def _redraw_lines(self) -> None:
        self._tab_line.redraw()
        self.header.redraw()

    def _was_read(self) -> None:
        """An answer came."""
        if self.is_mounted:
            self._redraw()

    def wanted(self) -> Mapping[str, Collection[str] | None]:
        """What the tab shows figures of."""
        return self.body.wanted() if self.body is not None else {}

    def summed(self) -> Collection[int]:
        """What the charts sum up."""
        return self.body.summed() if self.body is not None else ()

    def subject(self) -> int | None:
        """The row under the cursor where rows are objects, else the object itself."""
        below = self.body.subject() if self.body is not None else None
        return below if below is not None else self._object.slot

    def targets(self) -> list[int]:
        """Marked rows, else the subject."""
        rows = self.body.rows() if isinstance(self.body, MembersBody) else None
        return sorted(rows.marks) if rows is not None and rows.marks else super().targets()

    def part(self) -> Mapping[str, str]:
        """The snapshot under the cursor."""
        return self.body.part() if self.body is not None else {}

    def listed(self) -> Listed | None:
        """What the tab lists."""
        return self.body.listed() if self.body is not None else None

    def step_back(self) -> bool:
        """What the tab can undo."""
        return self.body is not None and self.body.step_back()

    # Keys

    def mover(self) -> Mover:
        """What the tab scrolls."""
        return self._shown().mover()

    def rows(self) -> RowView:
        """The rows of the tab; a place without rows has none to mark."""
        found = self._shown().rows()
        if found is None:
            raise LookupError("this tab has no rows")
        return found

    def _shown(self) -> Body:
        """The body; made at once when a key comes before the screen is composed."""
        if self.body is None:
            self._bodies[self._tab.name] = self._make(self._tab)
        return self._bodies[self._tab.name]

    def action_open(self) -> None:
        """What the cursor is on."""
        slot = self._shown().enter()
        if slot is not None and self.fleet.inventory.alive(slot):
            self.stage.navigation.open(Place("detail", ref=str(self.fleet.inventory.ref(slot))))

    def action_move_in(self) -> None:
        """Unfold, or to the right."""
        self._shown().step_in()

    def action_move_out(self) -> None:
        """Fold, or to the left."""
        self._shown().step_out()

    def action_filter(self) -> None:
        """Search the native form."""
        body = self._shown()
        if isinstance(body, RawBody):
            body.search()
        else:
            self.report("there is nothing to search here", f"{self.key('tab.9')} Raw has a search")

    def action_wrap(self) -> None:
        """Wrap or cut long lines of the native form."""
        body = self._shown()
        if isinstance(body, RawBody):
            body.wrap()

    def filter_typed(self, text: str) -> None:
        """Search for it."""
        del text
        body = self.body
        if isinstance(body, RawBody):
            body.seek()

    def action_refresh(self) -> None:
        """Read it again now, row and detail."""
        super().action_refresh()
        self._reading.read(self._tab.parts)
        self._shown().read_again()
        self._tab_line.redraw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Marks work where rows are objects."""
        del parameters
        return isinstance(self.body, MembersBody) if action.startswith("mark") else True
