"""Tables of things that are no objects of the inventory: fixed columns, one that takes what is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from textual.strip import Strip

from novatui.ui.render.cells import Piece, line
from novatui.ui.render.look import Look
from novatui.ui.render.table import highlighted
from novatui.ui.rows.cells import fit
from novatui.ui.rows.source import RowState

GUTTER = 2
"""Cells left of the first column: cursor and mark."""


class ItemColumn(msgspec.Struct, frozen=True, kw_only=True):
    """One column."""

    title: str
    draw: Callable[[Any], Piece]
    """The cell of an item, of any width."""
    width: int
    """Cells that it has; of the last column: that it has at least."""
    grow: int = 0
    """Cells that it may have more where the last column has ROOMY already."""
    rank: int = 0
    """Columns of the highest rank are given up first; 0 stays."""
    right: bool = False


ROOMY = 36
"""Cells that the last column gets before others grow."""


class ItemTable:
    """Columns placed at any width. The last one takes what is left."""

    def __init__(self, columns: Sequence[ItemColumn], look: Look) -> None:
        self._columns, self._look = tuple(columns), look
        self._placed: dict[int, list[tuple[ItemColumn, int]]] = {}

    def header(self, width: int) -> Strip:
        """Titles."""
        styles = self._look.styles
        pieces: list[Piece] = [(" " * GUTTER, styles.header)]
        for column, cells in self.at(width):
            title = fit(column.title, cells, right=column.right, ellipsis=self._look.marks.ellipsis)
            pieces += [(title, styles.header), (" ", styles.header)]
        return line(pieces[:-1], width)

    def row(self, item: Any, width: int, state: RowState) -> Strip:
        """The line of an item."""
        look = self._look
        pieces: list[Piece] = [
            (look.marks.point if state.cursor else " ", look.styles.key),
            ("*" if state.marked else " ", look.styles.mark),
        ]
        for column, cells in self.at(width):
            text, style = column.draw(item)
            shown = fit(text, cells, right=column.right, ellipsis=look.marks.ellipsis)
            pieces += [(shown, style), (" ", look.styles.text)]
        return highlighted(line(pieces[:-1], width), state, look)

    @property
    def titles(self) -> list[str]:
        """Of all columns."""
        return [column.title.strip() for column in self._columns]

    def cells(self, item: Any) -> list[str]:
        """All cells of an item in full, in the order of `titles`."""
        return [column.draw(item)[0].strip() for column in self._columns]

    def words(self, item: Any) -> str:
        """All cells of an item in full, as text."""
        return "  ".join(filter(None, self.cells(item)))

    def at(self, width: int) -> list[tuple[ItemColumn, int]]:
        """The columns that fit, each with its cells."""
        if width not in self._placed:
            self._placed[width] = self._place(width)
        return self._placed[width]

    def _place(self, width: int) -> list[tuple[ItemColumn, int]]:
        shown = list(self._columns)

        def left() -> int:
            return width - GUTTER - sum(column.width for column in shown) - len(shown) + 1

        while left() < 0 and (rank := max(column.rank for column in shown)):
            shown = [column for column in shown if column.rank != rank]
        cells = [column.width for column in shown]
        cells[-1] = max(1, cells[-1] + left())
        for at, column in enumerate(shown[:-1]):
            more = max(0, min(column.grow, cells[-1] - ROOMY))
            cells[at] += more
            cells[-1] -= more
        return list(zip(shown, cells, strict=True))
