"""A column of a table, and which columns of a table fit at a width: what matters most stays longest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import msgspec

from novatui.ui.render.cells import Piece
from novatui.ui.render.look import Look
from novatui.ui.render.subject import Subject

Cell = Callable[[Subject, int], Piece]
"""Draws one cell exactly `width` cells wide."""

GUTTER = 2
"""Cells left of the name: cursor and mark."""

ESSENTIAL = 3
"""Columns up to this rank press the name down to NAME_AT_LEAST; the others leave it NAME_LEGIBLE."""

NAME_AT_LEAST = 12
NAME_LEGIBLE = 24
NAME_WANTED = 32
"""Cells that a name gets before other columns grow."""

NAME_BESIDE_CHOSEN = 8
"""Cells that columns which a person asked for leave to the name."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column."""

    id: str
    """What saved views and the chooser call it; unique within a view."""
    title: str
    help: str
    """What it says, for the chooser."""
    width: int
    """Cells that it has at least."""
    grow: int = 0
    """Cells that it may have more where there is room."""
    rank: int
    """1 is given up last when the screen gets narrow."""
    draw: Cell
    numeric: bool = False
    """Stands on the right of its cells."""
    ages: bool = False
    """Shows how old a stale row is; a table without such a column shows it behind the name."""
    sort: str = ""
    """Key of the query language that it sorts by; empty: none."""
    letter: str = ""
    """Key that sorts by it after the sort key; empty when another column of the view has it."""
    word: str = ""
    """What prompts and lines without columns call it."""
    titled: Callable[[Look], str] | None = None
    """Its title where a person chooses what it shows."""
    spoken: bool = True
    """A line without columns names it: false for drawings, which no voice reads."""

    @property
    def unit(self) -> str:
        """What a number of it is counted in, as its title says."""
        return next((unit for unit in ("%", "/s", " ms") if self.title.endswith(unit)), "")


class Placed(NamedTuple):
    """A column in a table of some width."""

    column: Column
    cells: int


class Grid:
    """The columns behind the name, in drawing order, placed at any width."""

    def __init__(self, columns: Sequence[Column], chosen: Collection[str] = ()) -> None:
        """`chosen`: ids of the columns that a person asked for: these are given up last."""
        self.columns = tuple(columns)
        self._first = frozenset(chosen)
        self.spoken = sorted((one for one in self.columns if one.spoken), key=self._importance)
        """Columns that a line in words names, the most important first."""
        self._placed: dict[int, tuple[int, tuple[Placed, ...]]] = {}

    def at(self, width: int) -> tuple[int, tuple[Placed, ...]]:
        """Cells of the name, and the columns that fit a table of this width."""
        found = self._placed.get(width)
        if found is None:
            found = self._placed[width] = self._place(width)
        return found

    def _place(self, width: int) -> tuple[int, tuple[Placed, ...]]:
        kept, name = set[str](), max(1, width - GUTTER)
        for column in sorted(self.columns, key=self._importance):
            left = name - column.width - 1
            if left < self._room_of_name(column):
                break
            kept.add(column.id)
            name = left
        placed: list[Placed] = []
        for column in self.columns:
            if column.id in kept:
                more = min(column.grow, max(0, (name - NAME_WANTED) // 2))
                name -= more
                placed.append(Placed(column, column.width + more))
        return name, tuple(placed)

    def _importance(self, column: Column) -> tuple[bool, int]:
        return column.id not in self._first, column.rank

    def _room_of_name(self, column: Column) -> int:
        if column.id in self._first:
            return NAME_BESIDE_CHOSEN
        return NAME_AT_LEAST if column.rank <= ESSENTIAL else NAME_LEGIBLE

    def sort_at(self, x: int, width: int) -> str:
        """The key to sort by for a click `x` cells from the left of the header; empty where nothing sorts."""
        name, columns = self.at(width)
        key, end = "name", GUTTER + name
        for column, cells in columns:
            if x < end:
                break
            key, end = column.sort, end + 1 + cells
        return key

    def shows(self, width: int) -> frozenset[str]:
        """Ids of the columns that are there at this width."""
        return frozenset(placed.column.id for placed in self.at(width)[1])
