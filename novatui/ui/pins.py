"""Objects that stay at the top of their list, whatever it is filtered or sorted by."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.fleet import Changes, Fleet

MOST = 100
"""Pins that are kept; who wants more wants a filter."""


class Pins:
    """Of all lists, in the order in which they were pinned. Those that are not loaded yet wait for it."""

    def __init__(self, fleet: Fleet, refs: Iterable[ObjectRef] = ()) -> None:
        self._fleet = fleet
        self._slots: dict[ObjectRef, int | None] = dict.fromkeys(refs)
        self._find()

    def __contains__(self, slot: object) -> bool:
        return slot in self._slots.values()

    def __bool__(self) -> bool:
        return bool(self._slots)

    @property
    def refs(self) -> list[ObjectRef]:
        """What is pinned, there or not."""
        return list(self._slots)

    def of(self, kinds: Collection[Kind]) -> list[int]:
        """Pinned rows of a list of these kinds, top to bottom."""
        kind = self._fleet.inventory.kind
        return [slot for slot in self._slots.values() if slot is not None and kind(slot) in kinds]

    def toggle(self, slot: int) -> bool | None:
        """Pin an object, or let go of it. True when it is pinned now; None when no more can be."""
        ref = self._fleet.inventory.ref(slot)
        if ref in self._slots:
            del self._slots[ref]
            return False
        if len(self._slots) >= MOST:
            return None
        self._slots[ref] = slot
        return True

    def follow(self, changes: Changes) -> bool:
        """What came, went or is another row now; True when other rows are pinned."""
        if not self._slots or not (changes.structure or changes.moved):
            return False
        before = list(self._slots.values())
        moved, ref = dict(changes.moved), self._fleet.inventory.ref
        kept: dict[ObjectRef, int | None] = {}
        for one, slot in self._slots.items():
            if slot in moved:
                kept[ref(moved[slot])] = moved[slot]
            elif slot not in changes.gone:
                kept[one] = slot
        self._slots = kept
        self._find()
        return list(self._slots.values()) != before

    def _find(self) -> None:
        for ref, slot in self._slots.items():
            if slot is None:
                found = self._fleet.inventory.slot(ref.conn, ref.key)
                self._slots[ref] = None if found is None else self._fleet.identity.fold(found)
