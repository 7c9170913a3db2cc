"""The choice of columns as a person makes it: shown or not, in an order of their own."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.ui.columns.column import Column
from novatui.ui.columns.views import View


class Choice:
    """All columns of a view: the chosen ones in their order, then the others. Every change is complete in itself."""

    def __init__(self, view: View, chosen: Sequence[str]) -> None:
        """`chosen`: ids in drawing order."""
        self.view = view
        self.at = 0
        """Which one the cursor is on."""
        self._take(chosen)

    def _take(self, chosen: Sequence[str]) -> None:
        known = [column for name in dict.fromkeys(chosen) if (column := self.view.column(name)) is not None]
        self.shown = {column.id for column in known}
        self.columns: list[Column] = [*known, *(one for one in self.view.columns if one.id not in self.shown)]
        """All of them, as they stand."""

    @property
    def chosen(self) -> tuple[str, ...]:
        """Ids of the columns to draw, in order."""
        return tuple(column.id for column in self.columns if column.id in self.shown)

    def step(self, by: int) -> None:
        """Move the cursor."""
        self.at = min(max(0, self.at + by), len(self.columns) - 1)

    def toggle(self) -> bool:
        """Show the column under the cursor, or not; False for the only one that is left."""
        name = self.columns[self.at].id
        if self.shown == {name}:
            return False
        self.shown ^= {name}
        return True

    def move(self, by: int) -> bool:
        """Take the column under the cursor along, one place up or down; False at the end."""
        to = self.at + by
        if not 0 <= to < len(self.columns):
            return False
        self.columns[self.at], self.columns[to] = self.columns[to], self.columns[self.at]
        self.at = to
        return True

    def reset(self) -> None:
        """The usual columns in their usual order."""
        name = self.columns[self.at].id
        self._take(self.view.usual)
        self.at = next(at for at, column in enumerate(self.columns) if column.id == name)
