"""The matrix of capabilities: features by families, connections, hosts or machines, with the evidence of each cell."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from textual import on
from textual.app import ComposeResult
from textual.strip import Strip
from textual.timer import Timer

from novatui.actions.catalogue import Scope
from novatui.core.features import FEATURES
from novatui.core.text import clean
from novatui.core.units import lasting
from novatui.engine.fleet import Changes
from novatui.ui import capability_filter
from novatui.ui.capability_columns import LEVELS, ONE, Level, checked_scope, inside, scope_name
from novatui.ui.capability_matrix import View
from novatui.ui.capability_probing import Probing
from novatui.ui.capability_sheets import members_of, untold
from novatui.ui.commands import Wrong
from novatui.ui.comparing import compare
from novatui.ui.dialogs.evidence import EvidenceDialog
from novatui.ui.export import Listed
from novatui.ui.keys import bindings
from novatui.ui.listed_capabilities import listed_capabilities
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.capabilities import legend, worded
from novatui.ui.render.capability_evidence import Told, page, pane, title
from novatui.ui.render.cells import Group, Piece, line, whole
from novatui.ui.render.labelled import labelled
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.matrix import MatrixScreen
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines

REST = 0.3
"""Seconds that columns stay on the screen before they are asked."""

MANY = 2000
"""Columns from which they are looked for anew every few seconds only, however many come and go."""

SIFTED = 500
"""Columns that are asked for a filter that is about answers; of more, those that were asked are sifted."""

SIGNS_FROM = 28
"""Screens at least this high say what the signs mean."""

_RANKS = {
    "cap.evidence": 1, "cap.level": 2, "filter": 3, "cap.in": 4, "refresh": 5, "cap.diff": 6, "cap.pin": 7,
    "command": 8, "cap.mark": 12, "power": 20,
}  # fmt: skip
"""Order of what matters here most in the footer."""

TITLES = {"quit": "close", "refresh": "ask again"}


class CapabilityScreen(MatrixScreen, inherit_bindings=False):
    """`tab` of its place is the level, `scope` what is looked at, `ref` the column under the cursor."""

    SCOPES = (
        Scope.EVERYWHERE,
        Scope.MOVE,
        Scope.CAPABILITIES,
        Scope.FILTERED,
        Scope.LISTED,
        Scope.OBJECTS,
        Scope.CHANGES,
        Scope.FRAME,
    )
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = "CapabilityScreen #features { height: 1fr; }"
    EXAMPLES = capability_filter.EXAMPLES

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._probing = Probing(stage.fleet)
        self._heads = Lines(lambda width, _: self._draw_heads(width), id="columns")
        self._pane_title = Lines(lambda width, _: [self._draw_pane_title(width)], id="evidence-title")
        self._pane = Lines(self._draw_pane, id="evidence")
        self._rest: Timer | None = None
        self._late = False
        """Columns came or went; there are too many to look for them at once."""
        self._view(place)

    def compose_body(self) -> ComposeResult:
        """Filter, columns, features, evidence."""
        yield self.filter
        yield self._heads
        yield self.features
        yield self._pane_title
        yield self._pane

    def on_mount(self) -> None:
        self.features.focus()
        self._list()

    def on_unmount(self) -> None:
        self._probing.stop()

    # The frame

    def crumbs(self) -> Sequence[str]:
        """The way into the fleet."""
        names = [name for view in (*self.trail, self.matrix.view) if (name := scope_name(self.fleet, view.scope))]
        return ["capabilities", *dict.fromkeys(names)]

    def facts(self) -> Sequence[Group]:
        """How many were asked, when, and how long that took."""
        styles, matrix = self.look.styles, self.matrix
        waiting = self._probing.waiting
        asked = matrix.asked
        groups: list[Group] = [(0, [(f" asking {waiting:,} ", styles.info)])] if waiting else []
        count = len(matrix.candidates)
        level = ONE[matrix.view.level] if count == 1 else matrix.view.level.value
        groups.append((1, [(f" {asked.count:,} of {count:,} {level} asked ", styles.text)]))
        if asked.last is not None:
            took = f" in {lasting(asked.slowest / 1000)} " if asked.slowest is not None else " "
            groups.append((2, [(f" {self.look.clock(asked.last)}{took}", styles.quiet)]))
        return groups

    def place(self) -> Place:
        """Level, scope, filter and column."""
        view = self.matrix.view
        return Place("cap", ref=view.column, tab=view.level.value, filter=self.filter.text, scope=view.scope)

    def show(self, place: Place) -> bool:
        """The same in another part of the fleet."""
        self.filter.set_text(clean(place.filter))
        self.trail.clear()
        self._view(place)
        self._list()
        return True

    def _view(self, place: Place) -> None:
        scope = checked_scope(place.scope)
        level = Level(place.tab) if place.tab in LEVELS else Level.CONNECTIONS if scope else Level.FAMILIES
        self.matrix.filter = capability_filter.CapabilityFilter(self.filter.text)
        self.matrix.show(View(level, scope, place.ref))

    def take(self, changes: Changes) -> None:
        """Somebody answered, came or went."""
        if changes.structure or changes.connections or changes.moved:
            if self.matrix.total > MANY:
                self._late = True
            else:
                self._list()
        elif changes.facts:
            self.matrix.changed()
            self._redraw()

    def age(self) -> None:
        """What is out of date is asked again; ages go on."""
        if self._late:
            self._late = False
            self.matrix.refill()
        self.matrix.aged()
        self._redraw()
        self._ask()

    def subject(self) -> int | None:
        """The object of the column under the cursor."""
        column = self.matrix.column
        slot = column.slot if column is not None else None
        return slot if slot is not None and self.fleet.inventory.alive(slot) else None

    def targets(self) -> list[int]:
        """Marked columns, else the subject."""
        store = self.fleet.inventory
        marked = [one.slot for one in self.marked() if one.slot is not None and store.alive(one.slot)]
        return marked or super().targets()

    def draw_keys(self, width: int) -> Strip:
        """The footer: what is done with the matrix first."""
        offered = [structs.replace(one, footer=_RANKS.get(one.id, one.footer)) for one in self.offered(*self.SCOPES)]
        return bars.footer(offered, self.stage.keys, self.look, width, TITLES)

    # Listing

    def list_again(self) -> None:
        """The filter is another one."""
        self.matrix.filter = capability_filter.CapabilityFilter(self.filter.text)
        self.matrix.sift()
        self.moved()

    def _list(self) -> None:
        self.matrix.refill()
        self.moved()

    def _redraw(self) -> None:
        self.features.placeholder = self._why_empty()
        self._heads.redraw()
        self.features.replace(self.matrix.order if self.matrix.columns else ())
        self.features.touch(self.matrix.order)
        for part in (self.filter, self._pane_title, self._pane, self.header):
            part.redraw()

    def _why_empty(self) -> str:
        matrix = self.matrix
        if matrix.total:
            return " no feature or no column fits the filter"
        where = scope_name(self.fleet, matrix.view.scope)
        return f" no {matrix.view.level.value} are known{f' in {where}' if where else ''}"

    # Asking

    def _ask_soon(self) -> None:
        """Once the columns have come to rest."""
        if self._rest is not None:
            self._rest.stop()
        if self.is_attached:
            self._rest = self.set_timer(REST, self._ask)

    def _ask(self) -> None:
        matrix = self.matrix
        seen = matrix.candidates[:SIFTED] if matrix.filter.by_answer else matrix.on_screen
        self._probing.want(ref for one in seen for ref in one.parts)
        self.header.redraw()

    def action_refresh(self) -> None:
        """Ask what is marked, or the column under the cursor, again."""
        asked = self.marked() or [one for one in (self.matrix.column,) if one is not None]
        self._probing.ask_again(ref for one in asked for ref in one.parts)
        self.header.redraw()

    # Drawing

    def beside(self) -> Sequence[Piece]:
        """The level, and where."""
        view = self.matrix.view
        name = scope_name(self.fleet, view.scope)
        return [(f" {view.level.value}{f' in {name}' if name else ''} ", self.look.styles.info)]

    def counts(self) -> Sequence[Piece]:
        """Which columns of how many are on the screen, and how many features are listed."""
        matrix, shown = self.matrix, self.matrix.on_screen
        columns = f" {len(matrix.columns):,} of {matrix.total:,} columns"
        if len(shown) < len(matrix.columns):
            columns = f" {len(shown)} of {len(matrix.columns):,} columns"
            if (at := matrix.cursor) is not None:
                columns = f" column {at + 1:,} of {len(matrix.columns):,}"
        elif len(shown) == matrix.total:
            columns = f" {matrix.total:,} column{'' if matrix.total == 1 else 's'}"
        rows = (
            f", {len(matrix.order)} feature{'' if len(matrix.order) == 1 else 's'} "
            if len(matrix.order) < len(FEATURES)
            else " "
        )
        return [(columns + rows, self.look.styles.quiet)]

    def moved(self) -> None:
        """Draw it, and ask for what is new on the screen."""
        self._redraw()
        self._ask_soon()

    def _draw_heads(self, width: int) -> list[Strip]:
        body = max(0, width - 1)  # the rows below have a scrollbar
        return [strip.adjust_cell_length(width) for strip in self.matrix.draw_head(body)]

    def _told(self) -> Told | None:
        """All about the cell under the cursor."""
        node, column = self.features.cursor, self.matrix.column
        feature = self.matrix.feature(node)
        if feature is None or column is None or node is None:
            return None
        level = inside(self.fleet, column)
        return Told(
            feature=feature,
            name=column.name,
            cell=self.matrix.cell(column, node),
            fact=self.matrix.fact(column, node),
            sheet=self.matrix.sheet(column),
            members=members_of(self.fleet, column, feature.slug),
            one=ONE[level] if level is not None else "",
            many=level.value if level is not None else "",
            untold=untold(self.fleet, column),
        )

    def _draw_pane_title(self, width: int) -> Strip:
        told = self._told()
        if told is None:
            return bars.rule(self.look, width, "")
        return bars.rule(self.look, width, title(told, self.look), f"{self.key('cap.evidence')} all of it")

    def _draw_pane(self, width: int, height: int) -> list[Strip]:
        told, signs = self._told(), self.size.height >= SIGNS_FROM
        room = height - signs
        lines = labelled(pane(told, self.look), self.look, width, room) if told is not None else []
        if not signs:
            return lines
        blank = [line([], width)] * (room - len(lines))
        return [*lines, *blank, line(whole(legend(self.look), width), width)]

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._pane_title.redraw()
        self._pane.redraw()

    def on_resize(self) -> None:
        height = self.size.height
        self.filter.set_class(height < layout.BARS_FROM, "gone")
        self._heads.set_class(height < layout.STATUS_FROM, "gone")
        self._heads.styles.height = 2
        room = min(11, height // 4)
        for part in (self._pane_title, self._pane):
            part.set_class(room < 3, "gone")
        self._pane.styles.height = room
        self._redraw()
        self._ask_soon()

    # Keys: evidence and other screens

    def action_cap_evidence(self) -> None:
        """Everything that was asked for the cell under the cursor."""
        told, column = self._told(), self.matrix.column
        if told is None or column is None:
            self.report("there is no cell here")
            return
        go = self.action_cap_in if inside(self.fleet, column) is not None else None
        keys, ascii_only = self.stage.keys, self.look.marks.ascii
        self.app.push_screen(
            EvidenceDialog(title(told, self.look), keys, page(told, self.look), go, ascii_only=ascii_only)
        )

    @on(RowView.Activated)
    def _activated(self) -> None:
        self.action_cap_evidence()

    def action_cap_diff(self) -> None:
        """Two hosts side by side: the marked ones, or the pinned ones, or one of them and that under the cursor."""
        matrix = self.matrix
        chosen = dict.fromkeys([*matrix.marked, *matrix.pinned, matrix.view.column])
        keys = matrix.marked if len(matrix.marked) > 1 else list(chosen)[:2]
        columns = [one for key in keys if (one := matrix.named(key)) is not None]
        try:
            compare(self, "", [one.parts[0] for one in columns if not one.gathered])
        except Wrong as wrong:
            level, mark = self.key("cap.level"), self.key("cap.mark")
            self.report(wrong.message, f"{level} to hosts, {mark} marks one, then {self.key('cap.diff')} on the other")

    # Words

    def line_in_words(self) -> str:
        """The feature under the cursor with all its cells."""
        node = self.features.cursor
        feature = self.matrix.feature(node)
        if feature is None or node is None:
            return ""
        cells = (f"{one.name}: {worded(self.matrix.cell(one, node), self.look)}" for one in self.matrix.columns)
        return f"{feature.title}  {'  '.join(cells)}"

    def paged(self) -> str:
        """The evidence of the cell under the cursor."""
        told = self._told()
        return "" if told is None else f"{title(told, self.look)}\n\n{page(told, self.look)}\n"

    def listed(self) -> Listed:
        """What is listed, with all evidence."""
        return listed_capabilities(self.matrix, self.look)
