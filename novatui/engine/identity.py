"""Which rows are one machine: the source and the incoming copy of a migration are one visible row while it runs.

Rows with equal uuids in two connections of a family are folded while a job runs on one of them, and GRACE seconds
longer, so that the source has time to disappear. Without a job they are two rows, each marked as a duplicate; rows that
stood side by side for APART seconds are known to be different and are not folded when one of them moves elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from novatui.core.states import Family
from novatui.engine.inventory_rows import MACHINES
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.metric_store import MetricStore
from novatui.engine.task_store import TaskStore

GRACE = 10.0
"""Seconds that a fold outlives the last sign of its job."""

APART = 30.0
"""Seconds side by side without a job after which rows are known to be different machines."""

_NOBODY = frozenset({"", "00000000-0000-0000-0000-000000000000"})
"""Uuids that say nothing."""

_MOVES = frozenset({"migrate", "migrate live"})
"""Tasks of products, and our own operations: those are known before a product tells of its job."""

_AWAKE = frozenset({"running", "migrating"})

Name = tuple[Family, str]


class Identities:
    """Knows the uuid of every machine, and which rows stand for which."""

    def __init__(
        self,
        inventory: InventoryStore,
        metrics: MetricStore,
        tasks: TaskStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Made before the first reading: it has to see every row come, and to save the history of one that goes."""
        self._inventory = inventory
        self._metrics = metrics
        self._tasks = tasks
        self._clock = clock
        self._rows: dict[Family, dict[str, tuple[int, ...]]] = {family: {} for family in Family}
        """Slots by family and uuid, in the order in which they came."""
        self._uuid_of: list[str | None] = []
        self._folded: dict[int, int] = {}
        """Hidden slot → the visible one that stands for it."""
        self._met: dict[int, float] = {}
        """Slot of a double → since when it stands beside another one without a job."""
        self._working: dict[Name, float] = {}
        """Identity of a double → when a job of it was last seen."""
        self._migrating: frozenset[tuple[str, str]] = frozenset()
        """(connection, key) of the objects of running migration tasks."""
        self._tasks_seen = -1
        self._moves: list[tuple[int, int]] = []
        inventory.observers.append(self._observe)

    # --- reading ----------------------------------------------------------------------------------------------------

    @property
    def hidden(self) -> Mapping[int, int]:
        """Slots that are not shown, and the slot that stands for each."""
        return self._folded

    def visible(self, slot: int) -> bool:
        """True unless another row stands for this one."""
        return slot not in self._folded

    def fold(self, slot: int) -> int:
        """The row that stands for this one: itself, as a rule."""
        return self._folded.get(slot, slot)

    def copies(self, slot: int) -> tuple[int, ...]:
        """All rows with the same identity, itself included."""
        name = self._name(slot)
        return (slot,) if name is None else self._rows[name[0]].get(name[1], (slot,))

    def duplicate(self, slot: int) -> bool | None:
        """True when another visible row has the same identity; None when it has no identity."""
        if self._name(slot) is None:
            return None
        return any(self.visible(other) and self.fold(slot) != other for other in self.copies(slot))

    def children(self, slot: int | None) -> Sequence[int]:
        """The visible children of a node."""
        children = self._inventory.children(slot)
        return [child for child in children if child not in self._folded] if self._folded else children

    def count(self, slot: int | None, measure: str) -> int:
        """`InventoryStore.count` without the rows that are hidden."""
        total = self._inventory.count(slot, measure)
        for hidden in self._folded:
            if slot is None or slot in self._inventory.above(hidden):
                total -= self._inventory.count(hidden, measure)
        return total

    # --- following --------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Look at the tasks and the clock again: call it before each drawing."""
        names = set(self._working)
        if self._tasks.version != self._tasks_seen:
            self._tasks_seen = self._tasks.version
            before = self._migrating
            self._migrating = frozenset(self._migrations())
            names |= set(self._names_of(before ^ self._migrating))
        for name in names:
            self._judge(name)

    def drain_moves(self) -> list[tuple[int, int]]:
        """(old slot, new slot) of machines that another row stands for now: cursor and marks go with them."""
        moves, self._moves = self._moves, []
        return moves

    def _migrations(self) -> Iterator[tuple[str, str]]:
        for tracked in self._tasks.running():
            if tracked.task.verb in _MOVES and tracked.task.key:
                yield tracked.conn, tracked.task.key

    def _names_of(self, objects: Collection[tuple[str, str]]) -> Iterator[Name]:
        for conn, key in objects:
            slot = self._inventory.slot(conn, key)
            name = None if slot is None else self._name(slot)
            if name is not None:
                yield name

    def _observe(self, touched: Collection[int], gone: Collection[int]) -> None:
        names = set[Name]()
        for slot in gone:
            if (name := self._name(slot)) is not None:
                names.add(name)
                self._leave(slot, name)
        for slot in touched:
            old, new = self._name(slot), self._identity(slot)
            if old != new:
                if old is not None:
                    names.add(old)
                    self._leave(slot, old)
                if new is not None:
                    self._join(slot, new)
            if new is not None:
                names.add(new)
        for name in names:
            self._judge(name)

    def _identity(self, slot: int) -> Name | None:
        """What the row says of itself now."""
        if self._inventory.kind(slot) not in MACHINES:
            return None
        uuid = self._inventory.value(slot, "uuid")
        if not isinstance(uuid, str) or uuid in _NOBODY:
            return None
        return self._inventory.family(slot), uuid.lower()

    def _name(self, slot: int) -> Name | None:
        """What it is filed under."""
        uuid = self._uuid_of[slot] if slot < len(self._uuid_of) else None
        return None if uuid is None else (self._inventory.family(slot), uuid)

    def _join(self, slot: int, name: Name) -> None:
        family, uuid = name
        if slot >= len(self._uuid_of):
            self._uuid_of.extend([None] * (slot + 1 - len(self._uuid_of)))
        self._uuid_of[slot] = uuid
        rows = self._rows[family].get(uuid, ())
        self._rows[family][uuid] = (*rows, slot)
        if rows:
            now = self._clock()
            self._met.update({other: now for other in (*rows, slot) if other not in self._met})

    def _leave(self, slot: int, name: Name) -> None:
        """A row no longer has this identity. Who it stood for, or who stood for it, is on its own."""
        family, uuid = name
        rows = tuple(other for other in self._rows[family][uuid] if other != slot)
        self._uuid_of[slot] = None
        self._met.pop(slot, None)
        self._folded.pop(slot, None)
        if rows:
            self._rows[family][uuid] = rows
        else:
            del self._rows[family][uuid]
        heirs = [other for other in rows if self._folded.get(other) == slot]
        if heirs:
            self._hand_over(slot, max(heirs, key=self._awake), heirs)
        if len(rows) < 2:
            self._working.pop(name, None)
            for other in rows:
                self._met.pop(other, None)

    # --- the rules --------------------------------------------------------------------------------------------------

    def _judge(self, name: Name) -> None:
        """Fold or unfold the rows of one identity, as their jobs demand now."""
        rows = self._rows[name[0]].get(name[1], ())
        if len(rows) < 2:
            return
        now = self._clock()
        signs = [slot for slot in rows if self._has_job(slot)]
        if signs:
            self._working[name] = now
        elif now - self._working.get(name, float("-inf")) > GRACE:
            if self._working.pop(name, None) is not None:
                self._met.update({slot: now for slot in rows if self._is_folded(slot)})
            self._fold(rows, None)
            return
        self._fold(rows, self._one_machine(rows, signs, now))

    def _one_machine(self, rows: tuple[int, ...], signs: list[int], now: float) -> list[int]:
        """The rows that are one machine while its job runs: one for each connection."""
        chosen: dict[str, int] = {}
        for slot in (*signs, *rows):
            known_apart = now - self._met.get(slot, now) > APART
            if slot in signs or not known_apart or self._is_folded(slot):
                chosen.setdefault(self._inventory.conn(slot), slot)
        return [slot for slot in rows if slot in chosen.values()]

    def _fold(self, rows: tuple[int, ...], one: list[int] | None) -> None:
        """Let the rows of `one` be a single visible row, and every other row be its own."""
        stands = self._standing_for(one) if one is not None and len(one) > 1 else None
        for slot in rows:
            wanted = stands if stands is not None and one is not None and slot in one and slot != stands else None
            if self._folded.get(slot) != wanted:
                if wanted is None:
                    del self._folded[slot]
                else:
                    self._folded[slot] = wanted
                self._inventory.touch(slot)

    def _standing_for(self, one: list[int]) -> int:
        """The row to be shown: the one that was, unless it sleeps and another one is awake."""
        shown = next((slot for slot in one if slot not in self._folded), one[0])
        awake = max(one, key=self._awake)
        if self._awake(shown) >= self._awake(awake):
            return shown
        self._hand_over(shown, awake, [slot for slot in one if slot != shown])
        return awake

    def _hand_over(self, old: int, new: int, folded: list[int]) -> None:
        """From now on the row `new` stands for the machine that `old` stood for."""
        for slot in folded:
            self._folded.pop(slot, None)
            if slot != new:
                self._folded[slot] = new
        self._metrics.move(old, new)
        self._moves.append((old, new))
        self._inventory.touch(new)

    def _awake(self, slot: int) -> bool:
        return self._inventory.value(slot, "power") in _AWAKE

    def _is_folded(self, slot: int) -> bool:
        return slot in self._folded or slot in self._folded.values()

    def _has_job(self, slot: int) -> bool:
        job = self._inventory.value(slot, "job")
        if self._inventory.value(slot, "power") == "migrating" or (isinstance(job, str) and "migrat" in job.lower()):
            return True
        return (self._inventory.conn(slot), self._inventory.key(slot)) in self._migrating
