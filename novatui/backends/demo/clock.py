"""The time that the demo fleet lives in: real time, faster, or standing still."""

from __future__ import annotations

import time

ANCHOR = 1_767_225_600.0
"""Epoch second (2026-01-01) at which world time and real time are equal: every process reckons from it."""

DAY = 86400.0


class Clock:
    """World time runs `speed` times as fast as real time; all connections of a fleet share it without talking.

    With `at` it is always that epoch second, with the past that led there.
    """

    def __init__(self, speed: float, at: float | None = None) -> None:
        self.speed = speed if at is None else 0.0
        self._at = at
        self._start = self.now()
        self.today = self._start // DAY * DAY
        """Epoch second of the day's beginning: what is old is so many days older than this."""

    def now(self) -> float:
        """Epoch second by which the fleet lives."""
        return time.time() if self._at is None else self._at

    def world(self, ago: float = 0.0) -> float:
        """World time so many seconds ago."""
        return self.world_of(self.now() - ago)

    def world_of(self, epoch: float) -> float:
        """World time at that epoch second."""
        if self._at is not None:
            return epoch
        return ANCHOR + (epoch - ANCHOR) * self.speed

    def epoch(self, world: float) -> float:
        """Epoch second at which it was that world time; of a world that stands still, as if it had just stopped."""
        if self._at is not None:
            return world
        if not self.speed:
            return self._start + world - ANCHOR
        return ANCHOR + (world - ANCHOR) / self.speed
