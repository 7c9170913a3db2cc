"""The migration watch: what moves, what waits and what has moved; below, the one under the cursor and its ways out."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope, Section
from novatui.actions.outcome import Outcome
from novatui.core.ids import ObjectRef
from novatui.core.waysout import Way, ways_out
from novatui.engine.fleet import Changes
from novatui.engine.migration_record import Record
from novatui.engine.migration_report import as_json, as_markdown
from novatui.ui.export import Listed
from novatui.ui.items import ItemSource
from novatui.ui.keys import bindings
from novatui.ui.listed_items import listed_migrations
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.cells import Group
from novatui.ui.render.migration_list import Moving, counts, is_today, migration_table
from novatui.ui.render.migration_pane import Opened, pane, queued
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.changing import NOWHERE
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.sources import AGE_STEP
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines

SHARE = 4
"""The list has one line in so many at most, its titles apart."""

CANCEL = 0
"""Number of the cancel among the ways out."""


class MigrationScreen(FrameScreen, inherit_bindings=False):
    """One row for each machine, whoever moves it. Leaving the screen leaves what moves alone."""

    SCOPES = (
        Scope.EVERYWHERE,
        Scope.MOVE,
        Scope.ROWS,
        Scope.MIGRATIONS,
        Scope.LISTED,
        Scope.OBJECTS,
        Scope.CHANGES,
        Scope.FRAME,
    )
    BINDINGS = bindings(*SCOPES)

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._moves = stage.fleet.migrations
        self._source: ItemSource[Moving] = ItemSource(migration_table(stage.fleet, self.look), self._version)
        self._list = RowView(
            self._source, header=True, painter=stage.pulse.painter, ascii_only=self.look.marks.ascii, id="moves"
        )
        self._pane = Lines(self._draw_pane, id="move")
        self._whole = bool(place.tab)
        """The one under the cursor has the screen for itself."""
        self._awaited = place.ref
        """The machine that the cursor goes to as soon as it moves."""
        self._listed: tuple[int, list[Hashable]] = (-1, [])
        """Version of the moves that are listed, and what waits."""

    def compose_body(self) -> ComposeResult:
        """List and pane."""
        yield self._list
        yield self._pane

    def on_mount(self) -> None:
        self._read()
        self._list.focus()

    # The frame

    def crumbs(self) -> Sequence[str]:
        """The name of the screen."""
        return ["migrations"]

    def facts(self) -> Sequence[Group]:
        """How many there are of each sort."""
        lines = [one for node in self._source.order if (one := self._source.item(node)) is not None]
        return [(0, [(f" {counts(lines)} ", self.look.styles.text)])]

    def place(self) -> Place:
        """The machine under the cursor is part of it."""
        one = self._record
        return Place("mig", ref=str(one.ref) if one is not None and one.key else "", tab="one" if self._whole else "")

    def show(self, place: Place) -> bool:
        """The same screen with the cursor on another machine."""
        self._awaited = place.ref
        self._read()
        return True

    def reveal(self, ref: ObjectRef) -> bool:
        """Put the cursor on the move of a machine."""
        record = self._moves.of(ref.conn, ref.key)
        number = self._source.number(self._moving(record).key) if record is not None else None
        return number is not None and self._list.select(number)

    def take(self, changes: Changes) -> None:
        """Moves that came, went or stand otherwise."""
        del changes
        if (self._moves.version, [one.key for one in self._queue()]) != self._listed:
            self._read()

    def age(self) -> None:
        """Times go on."""
        self._moves.tick()
        self._read()

    def subject(self) -> int | None:
        """The machine under the cursor, by the row that stands for it."""
        record = self._record
        slot = self.fleet.inventory.slot(record.conn, record.key) if record is not None and record.key else None
        return self.fleet.identity.fold(slot) if slot is not None else None

    def rows(self) -> RowView:
        """The list; also while it is not shown."""
        return self._list

    def step_back(self) -> bool:
        """From the one back to the list."""
        if not self._whole:
            return False
        self._open(whole=False)
        return True

    def draw_keys(self, width: int) -> Strip:
        """Leaving is what most people are afraid of: nothing is ended by it."""
        titles = {"quit": "leave running", "open": "list" if self._whole else "open"}
        actions = [one for one in self.offered(*self.SCOPES) if one.section not in (Section.MARK, Section.FIND)]
        return bars.footer(actions, self.stage.keys, self.look, width, titles)

    def line_in_words(self) -> str:
        """The line under the cursor."""
        one = self._source.item(self._list.cursor)
        return "" if one is None else self._source.table.words(one)

    def paged(self) -> str:
        """The report of the one under the cursor."""
        return as_markdown(self._record) if self._record is not None else ""

    def listed(self) -> Listed:
        """What is listed, for a spreadsheet."""
        found = [one for node in self._source.order if (one := self._source.item(node)) is not None]
        return listed_migrations(found, self._source.table)

    # Reading

    @property
    def _line(self) -> Moving | None:
        return self._source.item(self._list.cursor)

    @property
    def _record(self) -> Record | None:
        return self._line.record if self._line is not None else None

    def _queue(self) -> list[Moving]:
        """Moves of ours that wait for their turn."""
        if self.stage.acting is None:
            return []
        gate = self.stage.acting.gate
        waiting = (one for run in gate.runs for one in run.results if one.outcome is Outcome.WAITING)
        moves = (done for done in waiting if done.verb in ("migrate.live", "migrate.offline"))
        machine = self._moves.machine
        return [
            Moving(key=machine(done.ref.conn, done.ref.key), waits=done, at_once=gate.moves_at_once) for done in moves
        ]

    def _read(self) -> None:
        """List what moves, what waits, and what has ended today: each machine once, by the latest that it did."""
        queue = self._queue()
        self._listed = self._moves.version, [one.key for one in queue]
        found: dict[Hashable, Moving] = {}
        ended = (one for one in self._moves.ended() if is_today(one, self.look))
        for one in (*map(self._moving, self._moves.live()), *queue, *map(self._moving, ended)):
            first = found.setdefault(one.key, one)
            if first is not one and one.record is not None:
                found[one.key] = replace(first, earlier=(*first.earlier, one.record))
        before = self._source.order
        self._list.forget(self._source.show(list(found.items())))
        if self._source.order != before or not before:
            self._list.placeholder = " nothing moves, and nothing has moved today"
            self._list.replace(self._source.order)
            self._lay_out()
        self._list.touch(self._source.order)
        if self._record is not None and self._record.live and self._list.cursor is not None:
            self._list.select(self._list.cursor)  # its keys act on this one: no other takes its place when it ends
        if self._awaited and self.reveal(ObjectRef.parse(self._awaited)):
            self._awaited = ""
        self.header.redraw()
        self._pane.redraw()

    def _moving(self, record: Record) -> Moving:
        return Moving(key=self._moves.machine(record.conn, record.key) if record.key else record.id, record=record)

    def _version(self, one: Moving) -> Hashable:
        record = one.record
        if record is None:
            return one.key
        return record.id, record.version, int(self.look.epoch() / AGE_STEP), self.look.utc

    # Drawing

    def _ways(self, record: Record) -> list[Way]:
        """The ways out, as the product has them and the guard lets them be used now."""
        reading = replace(record.last, source=record.source, destination=record.destination)
        found = ways_out(reading, record.verdict, family=record.family, offered=self._moves.offered(record))
        return [self._guarded(way, record) for way in found]

    def _guarded(self, way: Way, record: Record) -> Way:
        acting = self.stage.acting
        if way.refused or not way.verb or acting is None or not record.key:
            return way
        refused = acting.gate.check(way.verb, record.ref)
        return way if refused is None else replace(way, refused=refused.reason)

    def _draw_pane(self, width: int, height: int) -> Sequence[Strip]:
        one, record = self._line, self._record
        if one is not None and one.waits is not None and record is None:
            return queued(one.waits.name, one.at_once, self.look, width)[:height]
        if record is None:
            return []
        opened = Opened(
            record=record,
            ways=self._ways(record) if record.live else (),
            cancel=self.key("mig.cancel"),
            earlier=self._line.earlier if self._line is not None else (),
            bell=record.id in self.stage.moves.bells,
            whole=self._whole,
        )
        return pane(opened, self.look, width, height)

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._pane.redraw()

    # Keys

    def action_open(self) -> None:
        """Give the one under the cursor the whole screen, or bring the list back."""
        self._open(whole=not self._whole)

    def _open(self, *, whole: bool) -> None:
        self._whole = whole and self._record is not None
        self._lay_out()
        self.redraw_frame()

    def action_way(self, number: int) -> None:
        """Ask for a way out: the dialog shows the call."""
        record = self._record
        if record is None or not record.live:
            self.report("nothing moves under the cursor")
            return
        way = next(one for one in self._ways(record) if one.number == number)
        if not way.verb or (way.refused and not self._only_locked(way, record)):
            self.report(f"{way.title}: {way.refused or 'it can only be given at the start'}")
            return
        acting = self.stage.acting
        if acting is None:
            self.report(NOWHERE)
        elif not record.key:
            self.report("its product does not tell which machine it is")
        elif number == CANCEL:
            acting.ask(way.verb, [record.ref], {"task": self._to_cancel(record)})
        else:
            acting.ask(way.verb, [record.ref], way.arguments)

    def _only_locked(self, way: Way, record: Record) -> bool:
        """What has only to be unlocked can be looked at before."""
        acting = self.stage.acting
        refused = acting.gate.check(way.verb, record.ref) if acting is not None else None
        return refused is not None and refused.reason == way.refused and refused.code == "locked"

    def _to_cancel(self, record: Record) -> str:
        """The task to be cancelled: the product's own where it shows one on this connection."""
        native = [id for conn, id in record.tasks if conn == record.conn and id != record.own]
        live = [id for id in native if (found := self.fleet.tasks.get(record.conn, id)) is not None and found.live]
        return live[-1] if live else record.own

    def action_mig_cancel(self) -> None:
        """Ask whether to cancel the one under the cursor."""
        self.action_way(CANCEL)

    def action_mig_bell(self) -> None:
        """Ring when the one under the cursor ends."""
        record = self._record
        if record is None or not record.live:
            self.report("nothing moves under the cursor")
            return
        rings = self.stage.moves.toggle_bell(record)
        self.report(f"the bell {'rings' if rings else 'does not ring'} when {record.name} has moved", bad=False)
        self._pane.redraw()

    def _export(self, form: str, path: str) -> None:
        """The list for a spreadsheet; the report of the one under the cursor in the other forms."""
        from novatui.ui.exporting import export_text

        record = self._record
        if form == "csv" or record is None:
            super()._export(form, path)
            return
        made = as_json if form == "json" else as_markdown
        export_text(self, "the report", f"novatui-migration-{record.id}.{form}", lambda: made(record), path)

    # Layout

    def on_resize(self) -> None:
        super().on_resize()
        self._lay_out()

    def _lay_out(self) -> None:
        """The list has as many lines as it needs, and no more than its share."""
        height = self.size.height
        room = height - 2
        alone = not self._source.order or (height < layout.FULL_FROM - 8 and not self._whole)
        rows = min(len(self._source.order), max(2, room // SHARE))
        self._list.set_class(self._whole, "gone")
        self._pane.set_class(alone, "gone")
        self._list.styles.height = "1fr" if alone else rows + 1
        self._pane.styles.height = "1fr"
