"""A row source for trees of things that are no objects of the inventory."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from textual.strip import Strip

from novatui.ui.items import ItemSource
from novatui.ui.render.item_table import ItemTable
from novatui.ui.rows.source import ROOT, RowState

T = TypeVar("T")


class TreeItems(ItemSource[T]):
    """As `ItemSource`, with items below items. The table draws `(item, depth, expanded)`; None for a leaf."""

    def __init__(
        self,
        table: ItemTable,
        version: Callable[[T], Hashable],
        key: Callable[[T], Hashable],
        above: Callable[[T], Hashable | None],
    ) -> None:
        """`key` and `above`: what an item is called, and the one that it stands below; None at the top."""
        super().__init__(table, version)
        self._key, self._above = key, above
        self._below: dict[int, list[int]] = {}

    def plant(self, items: Sequence[T]) -> set[int]:
        """Show these, each after the one that it stands below; the numbers that are no longer used."""
        left = self.show([(self._key(item), item) for item in items])
        below: dict[int, list[int]] = {}
        for node, item in zip(self.order, items, strict=True):
            below.setdefault(self._up(item), []).append(node)
        self._below = below
        return left

    def _up(self, item: T) -> int:
        above = self._above(item)
        found = self.number(above) if above is not None else ROOT
        return ROOT if found is None else found

    @property
    def tops(self) -> Sequence[int]:
        """The rows at the top."""
        return self._below.get(ROOT, ())

    def children(self, node: int) -> Sequence[int]:
        """What stands below an item."""
        return self._below.get(node, ())

    def parent(self, node: int) -> int | None:
        """What an item stands below."""
        item = self.item(node)
        return None if item is None else self._up(item)

    def strip(self, node: int, width: int, state: RowState) -> Strip:
        """The line of an item; empty for one that is just gone."""
        item = self.item(node)
        if item is None:
            return Strip([])
        return self.table.row((item, state.depth, state.expanded if self._below.get(node) else None), width, state)
