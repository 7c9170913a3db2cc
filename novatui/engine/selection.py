"""The rows that a table shows: those that a filter means, in order, kept up to date by what changed."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Collection
from typing import cast

import msgspec

from novatui.core.states import Kind
from novatui.engine.naming import natural_key
from novatui.engine.query import Query
from novatui.engine.query_values import Clocks, FleetView, Reader, reader

SortValue = str | float | int


class Sort(msgspec.Struct, frozen=True):
    """What a table is sorted by."""

    key: str = "name"
    """Any key of the filter language that has one value: a column, a metric, `connection` …"""
    descending: bool = False


class Selection:
    """Slots that a query means, sorted; unknown values last in both directions, equal ones by natural name.

    `update` takes rows in and out at once but leaves the others where they are: `resort` puts them in order. So the
    caller decides how often rows may jump. Between `freeze` and `thaw` only rows whose object is gone leave.
    """

    def __init__(
        self,
        view: FleetView,
        query: Query | None = None,
        sort: Sort | None = None,
        kinds: Collection[Kind] | None = None,
        clocks: Clocks = time,
    ) -> None:
        """`kinds`: the only kinds shown; None for all. KeyError when there is nothing to sort by under that key."""
        self.slots: list[int] = []
        """The answer. Do not change it."""
        self.version = 0
        """Grows with every change of `slots`."""
        self._view = view
        self._kinds = None if kinds is None else frozenset(kinds)
        self._clocks = clocks
        self._members: set[int] = set()
        self._late: set[int] | None = None
        """Slots that changed while frozen; None while not."""
        self._disordered = False
        self._ordered: list[int] = []
        """Every candidate by natural name, as of `_ordered_version`."""
        self._ordered_version = -1
        self.query = Query()
        self.sort = Sort()
        self._selects: Callable[[int], bool] = bool
        self._read: Reader = reader(self.sort.key, view, clocks)
        self.show(query or Query(), sort or Sort())

    def show(self, query: Query, sort: Sort | None = None) -> None:
        """Another query, and perhaps another order. KeyError as in the constructor."""
        sort = sort or self.sort
        self._read = reader(sort.key, self._view, self._clocks)
        self.query, self.sort = query, sort
        self._selects = query.selects(self._view, self._clocks)
        self._late = None if self._late is None else set()
        self.refresh()

    def refresh(self) -> None:
        """Judge every row again: needed when `query.timed` and time went by."""
        visible, selects = self._view.identity.visible, self._selects
        chosen = [slot for slot in self._candidates() if selects(slot) and visible(slot)]
        self._members = set(chosen)
        self._set(self._in_order(chosen))

    def update(self, changed: Collection[int], gone: Collection[int] = ()) -> bool:
        """Rows changed, objects went. True when `slots` is another list now."""
        leaving = self._members.intersection(gone)
        joining = list[int]()
        if self._late is not None:
            self._late -= set(gone)
            self._late.update(changed)
        else:
            for slot in changed:
                shown, wanted = slot in self._members, self._wanted(slot)
                if wanted and not shown:
                    joining.append(slot)
                elif shown and not wanted:
                    leaving.add(slot)
                elif shown:
                    self._disordered = True
        if not leaving and not joining:
            return False
        self._members -= leaving
        self._members.update(joining)
        rows = [slot for slot in self.slots if slot not in leaving] if leaving else self.slots.copy()
        self._set(self._with(rows, joining))
        return True

    def resort(self) -> bool:
        """Put rows whose values changed in order. True when that moved any; never while frozen."""
        if not self._disordered or self._late is not None:
            return False
        before = self.slots
        self._set(self._in_order(sorted(self._members, key=self._view.inventory.name_key)))
        return self.slots != before

    def freeze(self) -> None:
        """A menu or a dialog is open on these rows: keep them as they are."""
        if self._late is None:
            self._late = set()

    def thaw(self) -> bool:
        """It is closed: follow what happened in between. True when `slots` is another list now."""
        changed, self._late = self._late or set(), None
        return self.update(changed)

    def __contains__(self, slot: int) -> bool:
        return slot in self._members

    # --- order ------------------------------------------------------------------------------------------------------

    def _candidates(self) -> list[int]:
        """Every slot of the wanted kinds, by natural name."""
        inventory = self._view.inventory
        if self._ordered_version != inventory.structure_version:
            wanted = set(filter(self._fits, inventory.slots()))
            known = [slot for slot in self._ordered if slot in wanted]
            self._ordered = [*known, *wanted.difference(known)]
            self._ordered.sort(key=inventory.name_key)
            self._ordered_version = inventory.structure_version
        return self._ordered

    def _fits(self, slot: int) -> bool:
        inventory = self._view.inventory
        return inventory.alive(slot) and (self._kinds is None or inventory.kind(slot) in self._kinds)

    def _wanted(self, slot: int) -> bool:
        return self._fits(slot) and self._selects(slot) and self._view.identity.visible(slot)

    def _in_order(self, by_name: list[int]) -> list[int]:
        """The same slots, which come by natural name, by the sort key."""
        values = {slot: self._value(slot) for slot in by_name}
        known = [slot for slot in by_name if values[slot] is not None]
        unknown = [slot for slot in by_name if values[slot] is None]
        known.sort(key=values.__getitem__, reverse=self.sort.descending)  # pyright: ignore[reportArgumentType, reportCallIssue]
        self._disordered = False
        return known + unknown

    def _value(self, slot: int) -> SortValue | None:
        value = self._read(slot)
        if isinstance(value, str):
            return natural_key(value)
        if isinstance(value, tuple | list):
            return natural_key(" ".join(value))
        return value

    def _with(self, rows: list[int], joining: list[int]) -> list[int]:
        """The rows with newcomers in their places; many are sorted in together with all others."""
        if len(joining) > 50:
            name_key = self._view.inventory.name_key
            return self._in_order(sorted((*rows, *joining), key=name_key))
        for slot in joining:
            rows.insert(bisect_right(rows, self._place(slot), key=self._place), slot)
        return rows

    def _place(self, slot: int) -> _Place:
        return _Place(self._value(slot), self._view.inventory.name_key(slot), self.sort.descending)

    def _set(self, slots: list[int]) -> None:
        self.slots = slots
        self.version += 1


class _Place:
    """Where a row belongs: comparable with the places of other rows of the same sort."""

    __slots__ = ("_descending", "_name", "_value")

    def __init__(self, value: SortValue | None, name: str, descending: bool) -> None:
        self._value = value
        self._name = name
        self._descending = descending

    def __lt__(self, other: _Place) -> bool:
        mine, theirs = self._value, other._value
        if mine == theirs:
            return self._name < other._name
        if mine is None or theirs is None:
            return theirs is None
        low, high = (theirs, mine) if self._descending else (mine, theirs)
        return cast("float", low) < cast("float", high)
