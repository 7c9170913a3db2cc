"""Waiting for measurements: until what was asked for has been read, or it is clear that it will not be."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from novatui.core.states import Kind, Link, Power
from novatui.engine.fleet import Fleet

PATIENCE = 5.0
"""Longest wait for a measurement beyond the native period, seconds."""

INTERVAL = 0.1
"""Seconds between two readings that are asked for: every product measures at its own pace at most."""

RATE = "cpu.used"
"""Known as soon as rates are: every product tells it of what runs."""

_MEASURED = frozenset({Kind.VM, Kind.CONTAINER, Kind.HOST})
_AT_REST = frozenset({Power.OFF.value, Power.SUSPENDED.value, Power.CRASHED.value})
_AT_WORK = frozenset({Power.RUNNING.value, Power.MIGRATING.value})
"""States in which rates are to be expected; in the others a reading tells what there is."""

_SAME = 1e-3
"""Readings that began closer together than this are one, seconds."""


async def measured(fleet: Fleet, slots: Iterable[int], *, rates: bool) -> None:
    """Measure these objects, and wait until each that runs was read; with `rates` until its rates are known.

    Some products tell rates at once, others only count: there it takes a second reading.
    """
    rounds: dict[str, _Round] = {}
    for slot in slots:
        if _can_be_measured(fleet, slot):
            conn = fleet.inventory.conn(slot)
            rounds.setdefault(conn, _Round(fleet, rates=rates)).add(slot)
    fleet.watch({conn: one.keys for conn, one in rounds.items()}, INTERVAL)
    end = time.monotonic() + max((one.patience(conn) for conn, one in rounds.items()), default=0.0)
    pause = 0.02
    while rounds and time.monotonic() < end:
        await asyncio.sleep(pause)
        begun = time.monotonic()
        rounds = {conn: one for conn, one in rounds.items() if not one.over(conn)}
        pause = max(0.02, 4 * (time.monotonic() - begun))


def _can_be_measured(fleet: Fleet, slot: int) -> bool:
    kind = fleet.inventory.kind(slot)
    return kind in _MEASURED and fleet.inventory.value(slot, "power") not in _AT_REST


class _Round:
    """What one connection has measured so far of what is waited for."""

    def __init__(self, fleet: Fleet, *, rates: bool) -> None:
        self.keys: list[str] = []
        self._fleet = fleet
        self._readings = 2 if rates else 1
        self._waiting: dict[int, int] = {}
        """Readings that are still to come, by slot."""
        self._last: dict[int, float] = {}
        """When the latest reading of each began."""

    def add(self, slot: int) -> None:
        """Measure this object, too, and wait for it unless nobody knows whether it runs."""
        self.keys.append(self._fleet.inventory.key(slot))
        power = self._fleet.inventory.value(slot, "power")
        if power not in {None, Power.UNKNOWN.value}:
            self._waiting[slot] = self._readings if power in _AT_WORK else 1
            self._last[slot] = time.monotonic() - _SAME

    def patience(self, conn: str) -> float:
        """Seconds after which nothing more is to be expected."""
        info = self._fleet.connections[conn].info
        return PATIENCE + self._readings * (info.period if info else 2.0)

    def over(self, conn: str) -> bool:
        """True when everything was read, or what is left will not be."""
        now = time.monotonic()
        for slot, last in self._last.items():
            age = self._fleet.metrics.age(slot, now)
            if age is not None and now - age > last + _SAME:
                self._last[slot] = now - age
                known = self._fleet.metrics.latest(slot, RATE) is not None
                self._waiting[slot] = min(0, self._waiting[slot] - 1) if known else self._waiting[slot] - 1
        left = self._waiting.values()
        lost = self._fleet.connections[conn].link is not Link.UP
        return lost or max(left, default=0) <= 0 or min(left) < 0
