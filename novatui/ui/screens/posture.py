"""What of machines and hosts costs performance or opens a door: found out in the background, the worst first."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from contextlib import aclosing

from msgspec import structs
from textual import on
from textual.app import ComposeResult
from textual.strip import Strip
from textual.timer import Timer
from textual.worker import Worker

from novatui.actions.catalogue import Scope
from novatui.core.ids import ObjectRef
from novatui.core.text import clean
from novatui.engine.fleet import Changes
from novatui.engine.posture_report import finding_values, markdown
from novatui.engine.postures import JUDGED, Judged
from novatui.engine.query import QueryError, parse
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.export import Listed
from novatui.ui.keys import bindings
from novatui.ui.place import Place
from novatui.ui.posture_list import EXAMPLES, GROUPS, Row, finding_of, rows_of, totals
from novatui.ui.render import bars
from novatui.ui.render.cells import Group, Piece
from novatui.ui.render.labelled import labelled
from novatui.ui.render.posture import counted, page_of, pane, posture_table
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.filtered import FilteredScreen
from novatui.ui.stage import Stage
from novatui.ui.tree_items import TreeItems
from novatui.ui.widgets.lines import Lines

PAUSE = 0.4
"""Seconds between two listings while answers come."""

SEEN = 100
"""Lines that a filter may leave to be all unfolded."""

PART = 4
"""So many times as long as a listing took it waits for the next one."""

_RANKS = {"open": 1, "posture.group": 2, "posture.all": 3, "filter": 4, "refresh": 5, "export": 6, "power": 16}
"""Order of what matters here most in the footer."""


class PostureScreen(FilteredScreen, inherit_bindings=False):
    """`ref` of its place names objects, `scope` a node and `tab` a query that choose them; `sort` is the grouping."""

    SCOPES = (
        Scope.EVERYWHERE,
        Scope.MOVE,
        Scope.ROWS,
        Scope.POSTURE,
        Scope.FILTERED,
        Scope.LISTED,
        Scope.OBJECTS,
        Scope.CHANGES,
        Scope.FRAME,
    )
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = "PostureScreen #findings { height: 1fr; }"
    EXAMPLES = EXAMPLES

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._place = place
        self._by = place.sort if place.sort in GROUPS else GROUPS[0]
        self._whole = False
        """What is fine is listed, too."""
        self._judged: dict[ObjectRef, Judged] = {}
        self._refs: list[ObjectRef] = []
        """All that are to be judged."""
        self._survey: Worker[None] | None = None
        self._pause: Timer | None = None
        self._took = 0.0
        """Seconds that the last listing took."""
        self._source: TreeItems[Row] = TreeItems(
            posture_table(self.look), lambda row: row, lambda row: row.key, lambda row: row.above
        )
        self._table = RowView(
            self._source, header=True, painter=stage.pulse.painter, ascii_only=self.look.marks.ascii, id="findings"
        )
        self._pane_title = Lines(lambda width, _: [self._draw_title(width)], id="finding-title")
        self._pane = Lines(self._draw_pane, id="finding")

    def compose_body(self) -> ComposeResult:
        """Filter, findings, what there is to say of one."""
        yield self.filter
        yield self._table
        yield self._pane_title
        yield self._pane

    def on_mount(self) -> None:
        self._table.focus()
        self._ask()

    def on_screen_suspend(self) -> None:
        """Something else is looked at: who was not asked yet is not asked meanwhile."""
        self._stop()

    def on_screen_resume(self) -> None:
        """Go on where it was broken off."""
        self._go_on()

    def on_unmount(self) -> None:
        self._stop()

    # The frame

    def crumbs(self) -> Sequence[str]:
        """What is judged."""
        refs = self._named
        if len(refs) == 1:
            return ["posture", self._called(refs[0])]
        scope = [self._called(ObjectRef.parse(self._place.scope))] if self._place.scope else []
        marked = [f"{len(refs)} marked"] if refs else []
        return ["posture", *scope, *marked, *([f"/{clean(self._place.tab)}"] if self._place.tab else [])]

    def facts(self) -> Sequence[Group]:
        """How far it is, and how much there is of each level."""
        styles = self.look.styles
        done = len(self._judged)
        groups: list[Group] = [(rank + 1, [piece]) for rank, piece in enumerate(self._numbers())]
        if done < len(self._refs):
            return [(0, [(f" {done:,} of {len(self._refs):,} asked ", styles.info)]), *groups]
        return [*groups, (len(groups) + 1, [(f" {done:,} asked ", styles.quiet)])]

    def _numbers(self) -> list[Piece]:
        return counted(totals(self._judged.values()), self.look)

    def place(self) -> Place:
        """What is judged, the filter, the grouping."""
        return structs.replace(self._place, filter=self.filter.text, sort="" if self._by == GROUPS[0] else self._by)

    def show(self, place: Place) -> bool:
        """The same with another filter or grouping; others are asked anew."""
        if (place.ref, place.scope, place.tab) != (self._place.ref, self._place.scope, self._place.tab):
            return False
        self._by = place.sort if place.sort in GROUPS else GROUPS[0]
        self.set_filter(place.filter)
        return True

    def take(self, changes: Changes) -> None:
        """What was found stands as it was found."""
        if changes.connections:
            self.redraw_frame()

    def rows(self) -> RowView:
        """The findings."""
        return self._table

    def subject(self) -> int | None:
        """The object of the line under the cursor."""
        row = self.under()
        return None if row is None or row.ref is None else self.fleet.inventory.slot(row.ref.conn, row.ref.key)

    def targets(self) -> list[int]:
        """Objects of marked lines, each once; else the subject."""
        refs = [row.ref for row in self._marked() if row.ref is not None]
        slots = (self.fleet.inventory.slot(ref.conn, ref.key) for ref in dict.fromkeys(refs))
        return [slot for slot in slots if slot is not None] or super().targets()

    def _marked(self) -> list[Row]:
        marks = self._table.marks
        return [row for node in self._source.order if node in marks and (row := self._source.item(node)) is not None]

    def draw_keys(self, width: int) -> Strip:
        """The footer: what is done with findings first."""
        offered = [structs.replace(one, footer=_RANKS.get(one.id, one.footer)) for one in self.offered(*self.SCOPES)]
        other = "by rule" if self._by == "object" else "by object"
        titles = {"posture.group": other, "posture.all": "what matters" if self._whole else "all"}
        return bars.footer(offered, self.stage.keys, self.look, width, titles | {"refresh": "ask again"})

    # Asking

    @property
    def _named(self) -> list[ObjectRef]:
        return [ObjectRef.parse(each) for each in self._place.ref.split()]

    def _meant(self) -> list[ObjectRef]:
        """Named objects with what is in them; else those of the node, as far as the query lets them through."""
        store = self.fleet.inventory
        if self._named:
            if len(self._named) == 1:
                return self._named
            slots = (store.slot(ref.conn, ref.key) for ref in self._named)
            return self.fleet.postures.judged(slot for slot in slots if slot is not None)
        scope = ObjectRef.parse(self._place.scope) if self._place.scope else None
        node = store.slot(scope.conn, scope.key) if scope is not None else None
        slots = [node] if node is not None else [slot for kind in JUDGED for slot in store.slots(kind)]
        found = self.fleet.postures.judged(slots)
        if not self._place.tab:
            return found
        try:
            through = parse(self._place.tab).on(self.fleet)
        except QueryError:
            return found
        held = ((ref, store.slot(ref.conn, ref.key)) for ref in found)
        return [ref for ref, slot in held if slot is not None and through.hold(slot)]

    def _ask(self) -> None:
        self._stop()
        self._refs, self._judged = self._meant(), {}
        self._list()
        self._go_on()

    def _go_on(self) -> None:
        left = [ref for ref in self._refs if ref not in self._judged]
        if left and self._survey is None:
            self._survey = self.run_worker(self._hear(left))

    def _stop(self) -> None:
        """Nobody listens any more: what was not asked yet is not asked."""
        if self._survey is not None:
            self._survey.cancel()
            self._survey = None
        if self._pause is not None:
            self._pause.stop()
            self._pause = None

    async def _hear(self, refs: Sequence[ObjectRef]) -> None:
        async with aclosing(self.fleet.postures.survey(refs)) as answers:
            async for one in answers:
                self._judged[one.ref] = one
                self._list_soon()

    def action_refresh(self) -> None:
        """Ask all of them again."""
        self._ask()

    # Listing

    def _list_soon(self) -> None:
        if self._pause is None and self.is_attached:
            self._pause = self.set_timer(max(PAUSE, PART * self._took), self._list)

    def list_again(self) -> None:
        """What fits the filter; as long as that is little, all of it is seen."""
        self._list()
        if self.filter.text and len(self._source.order) <= SEEN:
            self._unfold([row.key for row in map(self._source.item, self._source.tops) if row is not None])

    def _list(self) -> None:
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        begun = time.monotonic()
        fresh = {row.key for row in map(self._source.item, self._source.order) if row is not None}
        judged = list(self._judged.values())
        rows = rows_of(judged, self._called, by=self._by, whole=self._whole, filter=self.filter.text)
        self._table.forget(self._source.plant(rows))
        self._table.placeholder = self._why_empty()
        self._table.replace(self._source.tops)
        if len(self._named) == 1:
            self._unfold([row.key for row in rows if row.above is None and row.key not in fresh])
        self._table.changed(*self._source.order)
        self._table.touch(self._source.order)
        self._redraw()
        self._took = time.monotonic() - begun

    def _unfold(self, keys: Sequence[Hashable]) -> None:
        """Show what is below these."""
        self._table.set_expanded([node for key in keys if (node := self._source.number(key)) is not None])

    def _redraw(self) -> None:
        self.redraw_frame()
        for part in (self.filter, self._pane_title, self._pane):
            part.redraw()

    def _why_empty(self) -> str:
        if not self._refs:
            return " there is no machine and no host to be judged"
        if not self._judged:
            return " they are being asked"
        return " no finding fits the filter" if self.filter.text else " nothing is wrong with them"

    def _called(self, ref: ObjectRef) -> str:
        return clean(self.fleet.postures.name(ref))

    def under(self) -> Row | None:
        """The line under the cursor."""
        return self._source.item(self._table.cursor)

    # Drawing

    def counts(self) -> Sequence[Piece]:
        """How many of the findings are listed."""
        listed = sum(
            1 for row in map(self._source.item, self._source.order) if row is not None and row.told is not None
        )
        return [(f" {listed:,} listed, by {self._by} ", self.look.styles.quiet)]

    def _draw_title(self, width: int) -> Strip:
        row, finding = self.under(), finding_of(self.under())
        if row is None:
            return bars.rule(self.look, width, "")
        far = f"{self.key('open')} all of it, with what was asked" if finding is not None else ""
        return bars.rule(self.look, width, row.title, far)

    def _draw_pane(self, width: int, height: int) -> list[Strip]:
        return labelled(pane(self.under(), self.look), self.look, width, height)

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._pane_title.redraw()
        self._pane.redraw()

    def on_resize(self) -> None:
        height = self.size.height
        self.filter.set_class(height < layout.BARS_FROM, "gone")
        room = max(0, (height - 7) // 3)
        for part in (self._pane_title, self._pane):
            part.set_class(room < 3, "gone")
        self._pane.styles.height = room

    # Keys

    def action_posture_group(self) -> None:
        """By the other thing."""
        self._by = GROUPS[1 - GROUPS.index(self._by)]
        self._list()
        self._table.home()

    def action_posture_all(self) -> None:
        """What is fine and what is not offered as well, or only what matters."""
        self._whole = not self._whole
        self._list()

    def action_open(self) -> None:
        """All of the finding under the cursor; a group is folded."""
        row, finding = self.under(), finding_of(self.under())
        if row is None or (finding is None and row.failure is None):
            self._table.toggle()
            return
        text = page_of(row.title, [finding], self.look) if finding is not None else str(row.failure)
        name = self._called(row.ref) if row.ref is not None else row.title
        self.app.push_screen(PageDialog(name, self.stage.keys, text, ascii_only=self.look.marks.ascii))

    @on(RowView.Activated)
    def _activated(self) -> None:
        self.action_open()

    def line_in_words(self) -> str:
        """The line under the cursor."""
        row = self.under()
        return "" if row is None else self._source.table.words((row, 0, None))

    def paged(self) -> str:
        """All findings that are listed."""
        found = [row for row in map(self._source.item, self._source.order) if row is not None and row.told is not None]
        return (
            "\n\n".join(
                page_of(self._called(each.told.ref), [each.told.finding], self.look) for each in found if each.told
            )
            + "\n"
        )

    def listed(self) -> Listed:
        """Every finding that is listed."""
        rows = [row for row in map(self._source.item, self._source.order) if row is not None and row.told is not None]
        table = self._source.table
        form: Callable[[], str] = lambda: markdown(list(self._judged.values()), self._called)  # noqa: E731
        return Listed(
            name="posture",
            titles=table.titles,
            cells=[table.cells((row, 0, None)) for row in rows],
            values=[
                {"ref": str(row.told.ref), "name": row.told.name, "connection": row.told.ref.conn}
                | finding_values(row.told.finding)
                for row in rows
                if row.told is not None
            ],
            forms={"md": form},
        )
