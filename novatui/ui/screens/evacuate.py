"""Emptying a host: the plan to be looked at and changed, then one typed name, then how each machine gets on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.bulk import Run
from novatui.actions.catalogue import Scope
from novatui.actions.drain import Drain, Move, estimate, planned
from novatui.actions.drain_book import DrainBook, Lease, left
from novatui.actions.outcome import Done, Outcome
from novatui.config.paths import user_paths
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.core.text import clean
from novatui.engine.fleet import Changes
from novatui.ui.items import ItemSource
from novatui.ui.keys import bindings
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.cells import Group, line
from novatui.ui.render.detail.wrap import wrap
from novatui.ui.render.drain import Row, drain_table, moving, rows_of, summary
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines

MOST = 4
"""Machines at the same time: as many changes as one worker carries out at once."""


class EvacuateScreen(FrameScreen, inherit_bindings=False):
    """`ref` of its place is the host."""

    SCOPES = (Scope.EVERYWHERE, Scope.MOVE, Scope.DRAIN, Scope.FRAME)
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = "EvacuateScreen #machines { height: 1fr; }"

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._host = ObjectRef.parse(place.ref)
        self._book = DrainBook(user_paths().drains)
        self._drain: Drain | None = None
        self._lease: Lease | None = None
        """One that was cut off, or that another console carries out."""
        self._run: Run | None = None
        self._said = "every host is asked about every machine"
        self._source: ItemSource[Row] = ItemSource(drain_table(self.look), lambda row: row)
        self._rows = RowView(
            self._source, header=True, painter=stage.pulse.painter, ascii_only=self.look.marks.ascii, id="machines"
        )
        self._title = Lines(lambda width, _: [self._draw_title(width)], id="drain-title")
        self._words = Lines(lambda width, height: self._draw_words(width, height), id="drain-words")

    def compose_body(self) -> ComposeResult:
        """The plan, and what there is to say of the machine under the cursor."""
        yield self._title
        yield self._rows
        yield self._words

    def on_mount(self) -> None:
        self._rows.focus()
        self._list()
        self.run_worker(self._plan())

    # The frame

    def crumbs(self) -> Sequence[str]:
        """The host."""
        return [f"evacuate {self._called}"]

    def facts(self) -> Sequence[Group]:
        """How many go."""
        if self._drain is None:
            return []
        return [(1, [(f"{len(self._drain.going)} go  {len(self._drain.staying)} stay", self.look.styles.text)])]

    def place(self) -> Place:
        """The host."""
        return Place("evacuate", ref=str(self._host))

    def show(self, place: Place) -> bool:
        """Another host takes another screen."""
        return place.ref == str(self._host)

    def take(self, changes: Changes) -> None:
        """What moves gets on."""
        if self._run is not None and (changes.tasks or changes.rows):
            self._list()

    def rows(self) -> RowView:
        """The machines."""
        return self._rows

    def subject(self) -> int | None:
        """The machine under the cursor."""
        row = self._under
        ref = ObjectRef.parse(row.move.ref) if row else None
        return None if ref is None else self.fleet.inventory.slot(ref.conn, ref.key)

    def draw_keys(self, width: int) -> Strip:
        """What changes the plan; once it is carried out, what stops it."""
        actions = [one for one in self.offered(*self.SCOPES) if one.scope is not Scope.DRAIN or self._helps(one.id)]
        return bars.footer(actions, self.stage.keys, self.look, width, {"quit": "close"})

    def _helps(self, action: str) -> bool:
        if action == "drain.stop":
            return self._run is not None and not self._run.over
        return self._run is None and (action != "drain.resume" or self._lease is not None)

    @property
    def _called(self) -> str:
        slot = self.fleet.inventory.slot(self._host.conn, self._host.key)
        return clean(self._host.id) if slot is None else self.fleet.inventory.name(slot)

    @property
    def _under(self) -> Row | None:
        return self._source.item(self._rows.cursor)

    # The plan

    async def _plan(self) -> None:
        try:
            self._lease = await self._book.get(self._host)
            self._words.redraw()
            found = await planned(self.fleet, self._host, self._counted)
        except NovaError as error:
            if self._drain is None:
                self._said = str(error.failure)
                self.report(error.failure.message, error.failure.hint)
        else:
            if self._drain is None:  # else one was taken up meanwhile
                self._drain, self._said = found, ""
        self._list()

    def _counted(self, done: int, of: int) -> None:
        if self._drain is not None:
            return
        self._said = f"every host is asked about every machine: {done} of {of}"
        self._title.redraw()

    def _list(self) -> None:
        rows = rows_of(self._drain) if self._drain is not None else []
        if self._run is not None:
            rows = [msgspec.structs.replace(row, state=self._state(row.move)) for row in rows]
        self._rows.forget(self._source.show([(row.move.ref, row) for row in rows]))
        self._rows.placeholder = f" {clean(self._said)}" if self._said else " nothing is on this host"
        self._rows.replace(self._source.order)
        self._rows.touch(self._source.order)
        for part in (self.header, self._title, self._words, self.footer):
            part.redraw()

    def _state(self, move: Move) -> str:
        done = next((one for one in self._run.results if str(one.ref) == move.ref), None) if self._run else None
        if done is None:
            return ""
        record = self.fleet.migrations.of(done.ref.conn, done.ref.key)
        return moving(record) if done.outcome is Outcome.RUNNING and record is not None else _told(done)

    # Drawing

    def _draw_title(self, width: int) -> Strip:
        if self._drain is None or self._said:
            said = self._said
        elif self._run is not None:
            said = self._run.text
        else:
            said = summary(self._drain, estimate(self.fleet, self._drain))
        return bars.rule(self.look, width, f"Evacuate {self._called}: {clean(said)}", focused=True)

    def _draw_words(self, width: int, height: int) -> list[Strip]:
        lines = list(self._notes())
        row = self._under
        if row is not None and self._run is None:
            names = ", ".join(clean(one.name) + (" (disks copied)" if one.copies else "") for one in row.move.targets)
            lines.append(f"{clean(row.move.name)} could go to: {names}" if names else clean(row.move.reason))
        wrapped = [part for text in lines for part in wrap(f" {text}", width)]
        return [line([(text, self.look.styles.text)], width) for text in wrapped[:height]]

    def _notes(self) -> Sequence[str]:
        lease = self._lease
        if lease is None or self._run is not None:
            return ()
        if lease.held and not lease.ours:
            return (f"another console of {clean(lease.user)} empties this host now",)
        return (f"an evacuation of this host was cut off: {self.key('drain.resume')} takes it up",)

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._words.redraw()

    def on_resize(self) -> None:
        room = max(1, min(4, (self.size.height - 8) // 3))
        self._words.styles.height = room
        self._words.set_class(self.size.height < layout.BARS_FROM, "gone")

    # Keys

    def _change(self, change: Callable[[Drain, Move], Drain]) -> None:
        row, drain = self._under, self._drain
        if self._run is not None:
            self._say_begun()
        elif row is None or drain is None:
            self.report("there is no plan yet")
        else:
            self._drain = change(drain, row.move)
            self._list()
            if (number := self._source.number(row.move.ref)) is not None:
                self._rows.select(number)

    def action_drain_skip(self) -> None:
        """Leave the machine under the cursor where it is, or take it in again."""
        self._change(lambda drain, move: drain.leaving_out(move.ref, out=not move.left_out))

    def action_drain_target(self) -> None:
        """The next host that it could go to."""

        def onward(drain: Drain, move: Move) -> Drain:
            hosts = [one.host for one in move.targets]
            if len(hosts) < 2:
                self.report(f"{clean(move.name)} can go nowhere else", bad=False)
                return drain
            at = hosts.index(move.to) if move.to in hosts else -1
            return drain.going_to(move.ref, hosts[(at + 1) % len(hosts)])

        self._change(onward)

    def action_drain_earlier(self) -> None:
        """One place earlier."""
        self._change(lambda drain, move: drain.earlier(move.ref, 1))

    def action_drain_later(self) -> None:
        """One place later."""
        self._change(lambda drain, move: drain.earlier(move.ref, -1))

    def action_drain_more(self) -> None:
        """One more at the same time."""
        self._limit(1)

    def action_drain_fewer(self) -> None:
        """One less at the same time."""
        self._limit(-1)

    def _limit(self, by: int) -> None:
        self._change(lambda drain, _: msgspec.structs.replace(drain, at_once=max(1, min(MOST, drain.at_once + by))))

    def action_drain_go(self) -> None:
        """Ask, and carry it out."""
        if self._run is not None:
            self._say_begun()
        elif self._drain is None:
            self.report("there is no plan yet")
        elif not self._drain.going:
            self.report("no machine goes", "take one in, or give one another host")
        else:
            self._begin(self._drain)

    def action_drain_resume(self) -> None:
        """Take up what was cut off: without what has moved, and without what moves still."""
        lease = self._lease
        if self._run is not None:
            self._say_begun()
        elif lease is None:
            self.report("nothing was cut off here")
        elif lease.held and not lease.ours:
            self.report("another console empties this host now", "wait for it")
        else:
            self._drain, still, gone = left(self.fleet, lease)
            self._said = ""
            self._list()
            self.report(
                f"{len(gone)} have been moved, {len(still)} still move, {len(self._drain.going)} are left", bad=False
            )

    def action_drain_stop(self) -> None:
        """Leave out what waits; what moves goes on."""
        if self._run is None or self._run.over:
            self.report("nothing waits")
        else:
            self._run.stop()
            self._list()

    def _say_begun(self) -> None:
        if self._run is None or self._run.over:
            self.report("it is over", "open it again for what is left")
        else:
            self.report("it is under way: what waits is not changed any more", f"{self.key('drain.stop')} stops it")

    def _begin(self, drain: Drain) -> None:
        acting = self.stage.acting
        if acting is None:
            self.report("nothing can be changed from here", "this console only looks")
            return
        acting.empty(drain, self._book, self._begun)

    def _begun(self, run: Run) -> None:
        self._run = run
        run.on_change = self._list
        self._list()


def _told(done: Done) -> str:
    return str(done.failure) if done.failure else done.text
