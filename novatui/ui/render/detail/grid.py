"""Small tables inside a box: as many columns as fit, each as wide as what stands in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from novatui.ui.render.cells import Piece, line
from novatui.ui.render.look import Look
from novatui.ui.rows.cells import fit

Cell = str | tuple[str, Style]
"""A text, plain or styled."""

Row = Sequence[Cell]
"""As many cells as the table has columns."""

NARROW = 8
"""Cells that a column which can shrink keeps."""


class Column(msgspec.Struct, frozen=True):
    """One column."""

    title: str
    right: bool = False
    """Numbers stand at the right."""
    rank: int = 0
    """Columns of the highest rank are given up first; 0 stays as long as anything does."""
    shrinks: bool = False
    """May be narrower than what stands in it."""


def draw_table(columns: Sequence[Column], rows: Sequence[Row], width: int, look: Look) -> list[Strip]:
    """Titles and a line for each row; nothing without rows."""
    if not rows:
        return []
    cells = widths(columns, rows, width - 2)
    return [_titles(columns, cells, width, look), *(_row(columns, row, cells, width, look) for row in rows)]


def widths(columns: Sequence[Column], rows: Sequence[Row], room: int) -> list[int]:
    """Cells of each column; 0 for one that is given up."""
    wanted = [
        max(cell_len(column.title), *(cell_len(_text(row[at])) for row in rows)) for at, column in enumerate(columns)
    ]
    for rank in sorted({column.rank for column in columns}, reverse=True):
        if rank == 0 or _least(columns, wanted) <= room:
            break
        wanted = [0 if column.rank == rank else cells for column, cells in zip(columns, wanted, strict=True)]
    return _shrunk(columns, wanted, room)


def _least(columns: Sequence[Column], wanted: Sequence[int]) -> int:
    """Cells of the table with every column as narrow as it may be."""
    shown = [
        min(cells, NARROW) if column.shrinks else cells for column, cells in zip(columns, wanted, strict=True) if cells
    ]
    return sum(shown) + 2 * max(0, len(shown) - 1)


def _shrunk(columns: Sequence[Column], wanted: Sequence[int], room: int) -> list[int]:
    """Shrink the widest of the columns that may until all fit."""
    cells = list(wanted)
    shown = sum(1 for each in cells if each)
    over = sum(cells) + 2 * max(0, shown - 1) - room
    while over > 0:
        able = [at for at, column in enumerate(columns) if column.shrinks and cells[at] > NARROW]
        if not able:
            break
        widest = max(able, key=lambda at: cells[at])
        cells[widest] -= 1
        over -= 1
    return cells


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell[0]


def _titles(columns: Sequence[Column], cells: Sequence[int], width: int, look: Look) -> Strip:
    return _line([(column.title.upper(), look.styles.quiet) for column in columns], columns, cells, width, look)


def _row(columns: Sequence[Column], row: Row, cells: Sequence[int], width: int, look: Look) -> Strip:
    pieces: list[Piece] = [
        (cell, look.styles.quiet if cell in look.marks.gaps else look.styles.text) if isinstance(cell, str) else cell
        for cell in row
    ]
    return _line(pieces, columns, cells, width, look)


def _line(pieces: Sequence[Piece], columns: Sequence[Column], cells: Sequence[int], width: int, look: Look) -> Strip:
    return line(list(spaced(pieces, columns, cells, look)), width, cut=look.marks.ellipsis)


def spaced(pieces: Sequence[Piece], columns: Sequence[Column], cells: Sequence[int], look: Look) -> Iterator[Piece]:
    """The cells of one line, each at its place."""
    gap = " "
    for (text, style), column, space in zip(pieces, columns, cells, strict=True):
        if space:
            yield gap, look.styles.text
            yield fit(text, space, right=column.right, ellipsis=look.marks.ellipsis), style
            gap = "  "
