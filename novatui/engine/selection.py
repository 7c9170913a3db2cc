"""The rows that a table shows: those that a filter means, in order, kept up to date by what changed."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from novatui.core.inventory import Value
from novatui.core.states import Kind
from novatui.engine.naming import natural_key
from novatui.engine.query import Query
from novatui.engine.query_values import Clocks, FleetView, reader


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
        self.query: Query = query or Query()
        self.sort: Sort = sort or Sort()
        self._view = view
        self._kinds = None if kinds is None else frozenset(kinds)
        self._clocks = clocks
        self._conditions = self.query.on(view, clocks)
        self._order = _Order(view, self.sort, clocks)
        self._members: set[int] = set()
        self._places: list[_Place] | None = []
        """The places of `slots`, as they were when each was put there; None until they are needed."""
        self._late: set[int] | None = None
        """Slots that changed while frozen; None while not."""
        self._disordered = False
        self._arranged_at = -1
        """Structure of the inventory that `slots` was put in order for."""
        self._candidates: list[int] = []
        """Every slot of the wanted kinds by natural name, as of `_candidates_version`."""
        self._candidates_version = -1
        self.refresh()

    def __contains__(self, slot: int) -> bool:
        return slot in self._members

    @property
    def candidates(self) -> int:
        """How many rows there are of the wanted kinds, whatever the query says of them."""
        return len(self._by_name()) - sum(1 for slot in self._view.identity.hidden if self._fits(slot))

    def show(self, query: Query, sort: Sort | None = None) -> None:
        """Another query, and perhaps another order. KeyError as in the constructor."""
        sort = sort or self.sort
        self._order = _Order(self._view, sort, self._clocks)
        self.query, self.sort = query, sort
        self._conditions = query.on(self._view, self._clocks)
        self.refresh()

    def refresh(self) -> None:
        """Judge every row again: needed when `query.timed` and time went by."""
        chosen = self._conditions.select(self._by_name())
        hidden = self._view.identity.hidden
        if hidden:
            chosen = [slot for slot in chosen if slot not in hidden]
        self._members = set(chosen)
        self._arrange(chosen)
        if self._late is not None:
            self._late.clear()

    def update(self, changed: Collection[int], gone: Collection[int] = ()) -> bool:
        """Rows changed, objects went. True when `slots` is another list now."""
        leaving = self._members.intersection(gone)
        joining = list[int]()
        if self._late is not None:
            self._late.difference_update(gone)
            self._late.update(changed)
        else:
            self._judge(changed, leaving, joining)
        if not leaving and not joining:
            return False
        self._members -= leaving
        self._members.update(joining)
        self._take_out(leaving)
        self._put_in(joining)
        return True

    def resort(self) -> bool:
        """Put rows whose values changed in order. True when that moved any; never while frozen."""
        if not self._disordered or self._late is not None:
            return False
        if self._order.by_name and self._arranged_at == self._view.inventory.structure_version:
            return False  # values changed, but no name
        before = self.slots
        members = self._members
        self._arrange([slot for slot in self._by_name() if slot in members])
        return self.slots != before

    def freeze(self) -> None:
        """A menu or a dialog is open on these rows: keep them as they are."""
        if self._late is None:
            self._late = set()

    def thaw(self) -> bool:
        """It is closed: follow what happened in between. True when `slots` is another list now."""
        changed, self._late = self._late or set(), None
        return self.update(changed)

    # --- who is shown -----------------------------------------------------------------------------------------------

    def _judge(self, changed: Collection[int], leaving: set[int], joining: list[int]) -> None:
        members, holds, hidden = self._members, self._conditions.surely_hold, self._view.identity.hidden
        if not self.query.terms:  # nothing that a row says can make it go or come
            staying = members.intersection(changed)
            self._disordered = self._disordered or bool(staying)
            leaving |= staying.intersection(hidden)
            changed = set(changed).difference(staying)
        for slot in changed:
            wanted = holds(slot) if self._fits(slot) and slot not in hidden else False
            if slot not in members:
                if wanted:
                    joining.append(slot)
            elif wanted:
                self._disordered = True
            else:
                leaving.add(slot)

    def _by_name(self) -> list[int]:
        inventory = self._view.inventory
        if self._candidates_version != inventory.structure_version:
            wanted = set(filter(self._fits, inventory.slots()))
            known = [slot for slot in self._candidates if slot in wanted]
            self._candidates = [*known, *wanted.difference(known)]
            self._candidates.sort(key=inventory.name_key)
            self._candidates_version = inventory.structure_version
        return self._candidates

    def _fits(self, slot: int) -> bool:
        inventory = self._view.inventory
        return inventory.alive(slot) and (self._kinds is None or inventory.kind(slot) in self._kinds)

    # --- where ------------------------------------------------------------------------------------------------------

    def _arrange(self, by_name: list[int]) -> None:
        """Show these slots, which come by natural name, in the order of the sort key."""
        self.slots = self._order.arranged(by_name)
        self._arranged_at = self._view.inventory.structure_version
        self._places = None
        self._disordered = False
        self.version += 1

    def _take_out(self, leaving: set[int]) -> None:
        if not leaving:
            return
        if self._places is not None:
            pairs = zip(self.slots, self._places, strict=True)
            self._places = [place for slot, place in pairs if slot not in leaving]
        self.slots = [slot for slot in self.slots if slot not in leaving]
        self.version += 1

    def _put_in(self, joining: list[int]) -> None:
        """Newcomers go where they belong among the rows as these stand."""
        if not joining:
            return
        places = self._order.places(self.slots) if self._places is None else self._places
        new = sorted(zip(self._order.places(joining), joining, strict=True))
        slots, self._places, start = list[int](), list[_Place](), 0
        for place, slot in new:
            at = bisect_right(places, place, start)
            slots += self.slots[start:at]
            slots.append(slot)
            self._places += places[start:at]
            self._places.append(place)
            start = at
        self.slots = slots + self.slots[start:]
        self._places += places[start:]
        self.version += 1


_Place = tuple[Any, ...]
"""Where a row belongs, comparable with the places of other rows of the same order."""


class _Order:
    """How the rows of one sort key follow each other."""

    def __init__(self, view: FleetView, sort: Sort, clocks: Clocks) -> None:
        self._read = reader(sort.key, view, clocks)
        self._name_key = view.inventory.name_key
        self.by_name = sort.key == "name"
        self._descending = sort.descending

    def arranged(self, by_name: list[int]) -> list[int]:
        """The same slots, which come by natural name, by the sort key."""
        values = self._values(by_name)
        known = [slot for slot in by_name if values[slot] is not None]
        unknown = [slot for slot in by_name if values[slot] is None]
        if not self.by_name or self._descending:
            known.sort(key=values.__getitem__, reverse=self._descending)
        return known + unknown

    def places(self, slots: Sequence[int]) -> list[_Place]:
        """The places of these slots by their present values."""
        name_key, values = self._name_key, self._values(slots)
        return [
            (1, name_key(slot))
            if (value := values[slot]) is None
            else (0, _Reversed(value) if self._descending else value, name_key(slot))
            for slot in slots
        ]

    def _values(self, slots: Sequence[int]) -> dict[int, Any]:
        """What each slot is sorted by; None where that is unknown."""
        read = map(self._read, slots)
        if self.by_name:
            return {s: None if v is None else self._name_key(s) for s, v in zip(slots, read, strict=True)}
        keys: dict[Value | tuple[str, ...], Any] = {}
        values = dict[int, Any]()
        for slot, value in zip(slots, read, strict=True):
            if isinstance(value, str | tuple):
                key = keys.get(value)
                if key is None:
                    key = keys[value] = natural_key(value if isinstance(value, str) else " ".join(value))
                value = key
            values[slot] = value
        return values


class _Reversed:
    """A value that sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Reversed) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and other.value == self.value

    __hash__ = None  # pyright: ignore[reportAssignmentType] - it is compared, never a key
