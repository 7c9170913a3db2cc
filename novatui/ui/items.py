"""A row source for lists of things that are no objects of the inventory: tasks, events, alarms."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from textual.strip import Strip

from novatui.ui.render.item_table import ItemTable
from novatui.ui.rows.source import ROOT, RowState

T = TypeVar("T")


class ItemSource(Generic[T]):
    """Rows by numbers of its own; an item keeps its number as long as its key is listed."""

    def __init__(self, table: ItemTable, version: Callable[[T], Hashable]) -> None:
        """`version`: anything that changes whenever the drawn line of an item does."""
        self.table = table
        self.order: list[int] = []
        """Numbers in drawing order."""
        self._version = version
        self._items: dict[int, T] = {}
        self._numbers: dict[Hashable, int] = {}
        self._next = 0

    def show(self, items: Sequence[tuple[Hashable, T]]) -> set[int]:
        """List these, each with its key; the numbers that are no longer used."""
        numbers: dict[Hashable, int] = {}
        for key, _ in items:
            number = self._numbers.get(key)
            if number is None:
                number, self._next = self._next, self._next + 1
            numbers[key] = number
        left = set(self._items) - set(numbers.values())
        self._numbers = numbers
        self._items = {numbers[key]: item for key, item in items}
        self.order = [numbers[key] for key, _ in items]
        return left

    def item(self, node: int | None) -> T | None:
        """What stands in a row; None when it is gone."""
        return None if node is None else self._items.get(node)

    def number(self, key: Hashable) -> int | None:
        """The row of a key; None when it is not listed."""
        return self._numbers.get(key)

    def children(self, node: int) -> Sequence[int]:
        """All rows; a row has nothing below it."""
        return self.order if node == ROOT else ()

    def parent(self, node: int) -> int | None:
        """The root, for every item that is listed."""
        return ROOT if node in self._items else None

    def version(self, node: int) -> Hashable:
        """Changes with the item."""
        item = self._items.get(node)
        return None if item is None else self._version(item)

    def strip(self, node: int, width: int, state: RowState) -> Strip:
        """The line of an item; empty for one that is just gone."""
        item = self._items.get(node)
        return Strip([]) if item is None else self.table.row(item, width, state)

    def header(self, width: int) -> Strip:
        """Titles of the columns."""
        return self.table.header(width)
