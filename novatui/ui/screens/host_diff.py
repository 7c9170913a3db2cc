"""Two hosts side by side: what differs, section by section, and what that means for machines that move."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

from msgspec import structs
from textual import on
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.core.capabilities import Answer
from novatui.core.errors import NovaError
from novatui.core.hostdiff import HostDiff, diff
from novatui.core.hostmoves import consequences
from novatui.core.ids import ObjectRef
from novatui.core.text import clean, clean_lines
from novatui.engine.host_report import entry_page, evidence_page, json_text, markdown_diff, plain_diff
from novatui.engine.host_words import diff_lines
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.diff_tree import DiffLine, lines_of
from novatui.ui.export import Listed, suggested
from novatui.ui.exporting import export_text
from novatui.ui.keys import bindings
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.cells import Group, Piece
from novatui.ui.render.host_diff import HostDiffTable, consequences_drawn, counts
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.filtered import FilteredScreen
from novatui.ui.stage import Stage
from novatui.ui.tree_items import TreeItems
from novatui.ui.widgets.lines import Lines

WIDTH = 100
"""Cells of a line of the text that is paged."""

_RANKS = {"open": 1, "mark": 2, "diff.all": 3, "diff.swap": 5, "filter": 6, "export": 7, "refresh": 9}
"""Order of what matters here most in the footer."""


class HostDiffScreen(FilteredScreen, inherit_bindings=False):
    """`ref` of its place is the left host, `scope` the right one; `tab` is `all` where equal things are listed, too."""

    SCOPES = (
        Scope.EVERYWHERE,
        Scope.MOVE,
        Scope.ROWS,
        Scope.DIFF,
        Scope.FILTERED,
        Scope.LISTED,
        Scope.OBJECTS,
        Scope.FRAME,
    )
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = "HostDiffScreen #sections { height: 1fr; }"
    EXAMPLES = "words of a section, a flag, a network; only_left  !equal"

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._left, self._right = ObjectRef.parse(place.ref), ObjectRef.parse(place.scope or place.ref)
        self._everything = place.tab == "all"
        self._compared: HostDiff | None = None
        self._trouble = ""
        """Why they cannot be compared."""
        self._round = 0
        """Which asking counts."""
        self._open: set[int] | None = None
        """Sections that were unfolded before a filter was typed; None while there is none."""
        look = self.look
        self._source: TreeItems[DiffLine] = TreeItems(
            self._table(), self._version, lambda one: one.key, lambda one: one.above
        )
        self._rows = RowView(
            self._source, header=True, painter=stage.pulse.painter, ascii_only=look.marks.ascii, id="sections"
        )
        self._title = Lines(lambda width, _: [self._draw_title(width)], id="moves-title")
        self._moves = Lines(self._draw_moves, id="moves")

    def compose_body(self) -> ComposeResult:
        """The filter, the sections, what they mean for moves."""
        yield self.filter
        yield self._rows
        yield self._title
        yield self._moves

    def on_mount(self) -> None:
        self._rows.focus()
        self._ask()

    # The frame

    def crumbs(self) -> Sequence[str]:
        """Both hosts."""
        left, right = self._names
        return [f"{left} {self.look.marks.migrating} {right}"]

    def facts(self) -> Sequence[Group]:
        """How many sections stand how."""
        return [(at, [piece]) for at, piece in enumerate(self.counts())]

    def place(self) -> Place:
        """The hosts, the filter, how much is listed."""
        tab = "all" if self._everything else ""
        return Place("diff", ref=str(self._left), scope=str(self._right), tab=tab, filter=self.filter.text)

    def show(self, place: Place) -> bool:
        """Another filter, the sides swapped; other hosts take another screen."""
        hosts = {str(self._left), str(self._right)}
        if {place.ref, place.scope} != hosts:
            return False
        if place.ref != str(self._left):
            self._swap()
        self._everything = place.tab == "all"
        self.set_filter(place.filter)
        return True

    def wanted(self) -> Mapping[str, Collection[str] | None]:
        """Nothing is measured."""
        return {}

    def subject(self) -> int | None:
        """The left host."""
        return self.fleet.inventory.slot(self._left.conn, self._left.key)

    def targets(self) -> list[int]:
        """Both hosts."""
        slots = (self.fleet.inventory.slot(host.conn, host.key) for host in (self._left, self._right))
        return [slot for slot in slots if slot is not None]

    def rows(self) -> RowView:
        """The sections."""
        return self._rows

    def draw_keys(self, width: int) -> Strip:
        """The footer: what can be done with a comparison first."""
        offered = [structs.replace(one, footer=_RANKS.get(one.id, one.footer)) for one in self.offered(*self.SCOPES)]
        titles = {
            "quit": "close",
            "mark": "unfold",
            "open": "evidence",
            "refresh": "ask again",
            "diff.all": "differences" if self._everything else "show all",
        }
        return bars.footer(offered, self.stage.keys, self.look, width, titles)

    @property
    def _names(self) -> tuple[str, str]:
        if self._compared is not None:
            return self._compared.left.name, self._compared.right.name
        return self._name_of(self._left), self._name_of(self._right)

    def _name_of(self, host: ObjectRef) -> str:
        slot = self.fleet.inventory.slot(host.conn, host.key)
        return clean(host.id) if slot is None else self.fleet.inventory.name(slot)

    # Asking

    def _ask(self) -> None:
        self._round += 1
        self._trouble = ""
        self.list_again()
        self.run_worker(self._hear(self._round))

    async def _hear(self, current: int) -> None:
        try:
            compared = await self.fleet.profiles.diff(self._left, self._right)
        except NovaError as error:
            if current == self._round:
                self._trouble = str(error)
                self.report(str(error), error.failure.hint)
                self.list_again()
            return
        if current == self._round:
            self._compared = compared
            self._head()
            self.list_again()

    def action_refresh(self) -> None:
        """Ask both again."""
        self._compared = None
        self._ask()

    # Listing

    def _table(self) -> HostDiffTable:
        return HostDiffTable(self.look, *self._names)

    def _head(self) -> None:
        """The columns are called after the hosts."""
        self._source.table = self._table()

    def list_again(self) -> None:
        """What fits the filter; while there is one, every section shows it."""
        words = self.filter.text.casefold().split()
        compared = self._compared
        lines = lines_of(compared, words, everything=self._everything) if compared is not None else []
        self._rows.forget(self._source.plant(lines))
        self._rows.placeholder = self._why_empty()
        self._rows.replace(self._source.tops)
        self._fold(narrowed=bool(words))
        self._rows.changed(*self._source.order)
        self._rows.touch(self._source.order)
        for part in (self.filter, self._title, self._moves):
            part.redraw()
        self._fit_moves()
        self.redraw_frame()

    def _fold(self, *, narrowed: bool) -> None:
        """A filter shows everything that fits; without it sections are as they were before."""
        tops, is_open = self._source.tops, self._rows.model.tree.is_open
        if narrowed and self._open is None:
            self._open = {node for node in tops if is_open(node)}
        if narrowed:
            self._rows.set_expanded(tops)
        elif self._open is not None:
            self._rows.set_expanded(tops, False)
            self._rows.set_expanded(self._open.intersection(tops))
            self._open = None

    def _why_empty(self) -> str:
        if self._trouble:
            return f" {clean(self._trouble)}"
        if self._compared is None:
            return " both hosts are being asked"
        return " nothing fits the filter" if self._everything else " no difference fits the filter: all are not listed"

    def _version(self, one: DiffLine) -> Hashable:
        return one, self._names

    def counts(self) -> Sequence[Piece]:
        """How many sections stand how."""
        return counts(self._compared, self.look) if self._compared is not None else []

    def beside(self) -> Sequence[Piece]:
        """Whether equal things are listed."""
        return [("everything " if self._everything else "only differences ", self.look.styles.info)]

    # What it means

    def _draw_title(self, width: int) -> Strip:
        left, right = self._names
        far = f"{self.key('diff.swap')} the other way" if self._compared is not None else ""
        return bars.rule(self.look, width, f"Machines from {left} to {right}", far)

    def _draw_moves(self, width: int, height: int) -> list[Strip]:
        if self._compared is None:
            return []
        told = sorted(consequences(self._compared), key=lambda one: _WEIGHT.get(one.answer, 2))
        return consequences_drawn(told, self.look, width, height, self.key("pager"))

    def _fit_moves(self) -> None:
        """As many lines as they need, up to half of the screen."""
        height = self.size.height
        room = max(0, (height - 6) // 2)
        needed = len(self._draw_moves(self.size.width, 1000)) or 1
        for part in (self._title, self._moves):
            part.set_class(room < 3, "gone")
        self._moves.styles.height = min(room, needed)

    def on_resize(self) -> None:
        self.filter.set_class(self.size.height < layout.BARS_FROM, "gone")
        self._fit_moves()

    # Keys

    def action_mark(self) -> None:
        """Unfold a section, or fold it."""
        self._rows.toggle()

    def action_open(self) -> None:
        """How both hosts were asked for the section, or one thing of it in full."""
        one = self._source.item(self._rows.cursor)
        if one is None or self._compared is None:
            return
        left, right = self._compared.left, self._compared.right
        told = [*entry_page(one.entry, left, right), ""] if one.entry is not None else []
        text = "\n".join([*told, *evidence_page(one.section, left, right)])
        title = one.section.section.words if one.entry is None else one.entry.name
        page = PageDialog(clean(title), self.stage.keys, clean_lines(text), ascii_only=self.look.marks.ascii)
        self.app.push_screen(page)

    @on(RowView.Activated)
    def _activated(self) -> None:
        self.action_open()

    def action_diff_all(self) -> None:
        """List what is equal, too; or only what differs."""
        self._everything = not self._everything
        self.list_again()

    def action_diff_swap(self) -> None:
        """The other way round."""
        self._swap()
        self.list_again()

    def _swap(self) -> None:
        self._left, self._right = self._right, self._left
        if self._compared is not None:
            self._compared = diff(self._compared.right, self._compared.left)
        self._head()

    # Giving it away

    def line_in_words(self) -> str:
        """The row under the cursor."""
        one = self._source.item(self._rows.cursor)
        if one is None:
            return ""
        if one.entry is None:
            return f"{one.section.section.words}: {one.said}"
        return self._source.table.words((one, 0, None))

    def paged(self) -> str:
        """Everything."""
        if self._compared is None:
            return ""
        return "\n".join(diff_lines(self._compared, wide=self._everything, width=WIDTH)) + "\n"

    def listed(self) -> Listed:
        """Each thing that is listed with its section."""
        found = [one for node in self._source.order if (one := self._source.item(node)) is not None and one.entry]
        table = self._source.table
        return Listed(
            name="diff",
            titles=["SECTION", *table.titles],
            cells=[[one.section.section.words, *table.cells((one, 0, None))] for one in found],
            values=[_values(one) for one in found],
        )

    def action_export_md(self, path: str = "") -> None:
        """The whole comparison, for a change request."""
        self._export_whole("md", path, lambda compared: markdown_diff(compared, wide=self._everything))

    def action_export_json(self, path: str = "") -> None:
        """The whole comparison, as `caps --diff --json` gives it."""
        self._export_whole("json", path, lambda compared: json_text(plain_diff(compared)))

    def _export_whole(self, form: str, path: str, text: Any) -> None:
        compared = self._compared
        if compared is None:
            self.report("there is nothing to export yet")
            return
        name = suggested(self.listed(), form, self.look.epoch())
        export_text(self, "the comparison", name, lambda: text(compared), path)


_WEIGHT = {Answer.NO: 0, Answer.PARTLY: 1}


def _values(one: DiffLine) -> dict[str, Any]:
    entry = one.entry
    if entry is None:
        return {}
    sides = {"left": entry.left, "right": entry.right}
    told = {name: item.value for name, item in sides.items() if item is not None and item.value is not None}
    return {"section": one.section.section.value, "name": entry.name, "verdict": entry.verdict.value, **told}
