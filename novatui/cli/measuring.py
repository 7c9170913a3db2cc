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

_MEASURED = frozenset({Kind.VM, Kind.CONTAINER, Kind.HOST})
_AT_REST = frozenset({Power.OFF.value, Power.SUSPENDED.value, Power.CRASHED.value})
_SAME = 1e-3
"""Readings that began closer together than this are one, seconds."""


async def measured(fleet: Fleet, slots: Iterable[int], readings: int) -> None:
    """Measure these objects, and wait until each that runs was read so often.

    Rates need two readings where the product only counts (libvirt).
    """
    rounds: dict[str, _Round] = {}
    for slot in slots:
        if _can_be_measured(fleet, slot):
            conn = fleet.inventory.conn(slot)
            rounds.setdefault(conn, _Round(fleet, readings)).add(slot)
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

    def __init__(self, fleet: Fleet, readings: int) -> None:
        self.keys: list[str] = []
        self._fleet = fleet
        self._readings = readings
        self._seen: dict[int, tuple[float, int]] = {}
        """By slot: when its latest reading began, and how many there were."""

    def add(self, slot: int) -> None:
        """Wait for this object, too."""
        self.keys.append(self._fleet.inventory.key(slot))
        self._seen[slot] = time.monotonic(), 0

    def patience(self, conn: str) -> float:
        """Seconds after which nothing more is to be expected."""
        info = self._fleet.connections[conn].info
        return PATIENCE + self._readings * (info.period if info else 2.0)

    def over(self, conn: str) -> bool:
        """True when everything was read so often, or something more often: then the rest has no figures."""
        now = time.monotonic()
        for slot, (last, count) in self._seen.items():
            age = self._fleet.metrics.age(slot, now)
            if age is not None and now - age > last + _SAME:
                self._seen[slot] = now - age, count + 1
        counts = [count for _, count in self._seen.values()]
        lost = self._fleet.connections[conn].link is not Link.UP
        return lost or min(counts) >= self._readings or max(counts) > self._readings
