"""The time that the demo fleet lives in: real time, faster, or standing still."""

from __future__ import annotations

import time

ANCHOR = 1_767_225_600.0
"""Epoch second (2026-01-01) at which world time and real time are equal: every process reckons from it."""

DAY = 86400.0


class Clock:
    """World time runs `speed` times as fast as real time; all connections of a fleet share it without talking."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._start = time.time()
        self.today = self._start // DAY * DAY
        """Epoch second of the day's beginning: what is old is so many days older than this."""

    def world(self) -> float:
        """World time now, seconds."""
        return self.world_of(time.time())

    def world_of(self, epoch: float) -> float:
        """World time at that epoch second."""
        return ANCHOR + (epoch - ANCHOR) * self.speed

    def epoch(self, world: float) -> float:
        """Epoch second at which it was that world time; of a world that stands still, as if it had just stopped."""
        if not self.speed:
            return self._start + world - ANCHOR
        return ANCHOR + (world - ANCHOR) / self.speed
