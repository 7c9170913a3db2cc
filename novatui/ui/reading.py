"""What is read of one object on demand: part by part, and again when it changed, every few seconds at most."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from novatui.core.detail import Detail
from novatui.core.errors import Failure, NotSupported, NovaError
from novatui.core.ids import ObjectRef
from novatui.core.inventory import Group
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet

PATIENCE = 5.0
"""Seconds between two readings that nobody asked for."""

UNTOLD = frozenset({Kind.CONNECTION, Kind.GROUP})
"""Kinds that live in the console alone: there is nothing to read."""

_GROUPS: dict[Kind, Group] = {
    Kind.VM: Group.CONFIG,
    Kind.CONTAINER: Group.CONFIG,
    Kind.TEMPLATE: Group.CONFIG,
    Kind.HOST: Group.HOST,
    Kind.DATASTORE: Group.STORAGE,
    Kind.NETWORK: Group.NETWORK,
    Kind.DEVICE: Group.DEVICE,
    Kind.SNAPSHOT: Group.SNAPSHOT,
}
"""Columns whose next reading says that the object may be another one now."""

_PARTS = ("vm", "snapshots", "devices", "volumes", "leases", "users", "rates", "raw")

_WITH = {"vm": ("now",), "devices": ("giving",)}
"""What comes along with a part."""

LIVE = frozenset({"rates"})
"""Parts that are measured: read again and again while they are looked at."""

LIVE_EVERY = 2.0
"""Seconds between two readings of those."""


class Reading:
    """The detail of one object. `changed` is called on the event loop whenever there is something new to draw."""

    def __init__(self, fleet: Fleet, ref: ObjectRef, clock: Callable[[], float], changed: Callable[[], object]) -> None:
        self.ref = ref
        self.detail: Detail | None = None
        self.problem: Failure | None = None
        """Why the last reading failed; None after one that did not."""
        self._fleet = fleet
        self._clock = clock
        self._changed = changed
        self._read_at: dict[str, float] = {}
        """When the last good reading of each part was asked for."""
        self._asked_at = -PATIENCE
        """When something was asked for that is not measured."""
        self._measured_at = -PATIENCE
        """When something was asked for that is."""
        self._task: asyncio.Task[None] | None = None
        self._next: set[str] = set()
        """Parts that are to be read when the present reading is over."""

    @property
    def busy(self) -> bool:
        """An answer is awaited."""
        return self._task is not None

    def has(self, parts: Collection[str]) -> bool:
        """All of these parts were read once, or there is nothing to read."""
        return self.ref.kind in UNTOLD or all(part in self._read_at for part in parts)

    def age(self, parts: Collection[str]) -> float | None:
        """Seconds since the oldest of these parts was asked for; None when one was never read."""
        if not parts or not self.has(parts):
            return None
        read = [self._read_at[part] for part in parts if part in self._read_at]
        return self._clock() - min(read) if read else None

    def need(self, parts: Collection[str]) -> None:
        """Read those of these parts that were never read, and those that are out of date once PATIENCE is over."""
        if not parts or self.ref.kind in UNTOLD:
            return
        now = self._clock()
        missing = {part for part in parts if part not in self._read_at}
        pause = LIVE_EVERY if self.problem is None else PATIENCE
        if missing and self.problem is None:
            self.read(missing)
        elif now - self._asked_at >= PATIENCE and (missing or self._outdated(set(parts) - LIVE)):
            self.read(parts)
        elif LIVE.intersection(parts) and now - self._measured_at >= pause and self._task is None:
            self.read(LIVE.intersection(parts))

    def read(self, parts: Collection[str]) -> None:
        """Read these parts now."""
        if self.ref.kind in UNTOLD:
            return
        if self._task is not None:
            self._next.update(parts)
            return
        now = self._clock()
        if not LIVE.issuperset(parts):
            self._asked_at = now
        if not LIVE.isdisjoint(parts):
            self._measured_at = now
        self._task = asyncio.create_task(self._read(sorted(parts), now))

    def stop(self) -> None:
        """Nobody looks any more."""
        if self._task is not None:
            self._task.cancel()

    def follow(self, ref: ObjectRef) -> None:
        """The same object is called this from now on: it moved."""
        self.ref = ref
        self._read_at.clear()
        self.problem = None

    def _outdated(self, parts: Collection[str]) -> bool:
        """Its row was read after these parts were: something may have changed."""
        slot = self._fleet.inventory.slot(self.ref.conn, self.ref.key)
        if slot is None:
            return False
        now = self._clock()
        row, mine = self._fleet.inventory.age(slot, _GROUPS.get(self.ref.kind, Group.PLACE), now), self.age(parts)
        return row is not None and mine is not None and row < mine

    async def _read(self, parts: list[str], asked_at: float) -> None:
        try:
            told = await self._fleet.detail(self.ref, parts)
        except NotSupported:
            self._take(Detail(key=self.ref.key), parts, asked_at)
        except NovaError as error:
            self.problem = error.failure
        else:
            self._take(told, parts, asked_at)
        self._task = None
        if self._next:
            parts, self._next = sorted(self._next), set()
            self.read(parts)
        self._changed()

    def _take(self, told: Detail, parts: Collection[str], asked_at: float) -> None:
        """New parts over the old ones; what failed now keeps what it had."""
        self.problem = None
        failed = {one.part for one in told.failures}
        self._read_at |= {part: asked_at for part in parts if part not in failed or part not in self._read_at}
        old = self.detail
        if old is not None:
            failures = (*(one for one in old.failures if one.part not in parts), *told.failures)
            if LIVE.issuperset(parts):
                measured: dict[str, Any] = {part: getattr(told, part) for part in parts}
                told = msgspec.structs.replace(old, **measured, failures=failures)
            else:
                others = [part for part in _PARTS if part not in parts or part in failed]
                others += [other for part in others for other in _WITH.get(part, ())]
                kept: dict[str, Any] = {part: getattr(old, part) for part in others}
                told = msgspec.structs.replace(told, **kept, failures=failures)
        self.detail = told
