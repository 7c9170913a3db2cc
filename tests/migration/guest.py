"""Memory of a simulated guest: regions written at random or round and round, and what a dirty log shows of them.

Nothing here knows how a verdict is reached. Counts of pages are expectations: a simulated guest has no single pages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp

PAGE = 4096


@dataclass
class Region:
    """Part of the memory that is written in one manner."""

    pages: float
    speed: float
    """Pages written per second, the same ones again included."""
    cyclic: bool = False
    """Written from begin to end and again; otherwise at random."""
    logged: float = 0.0
    """Pages written since the dirty log was last asked."""
    pending: float = field(default=0.0)
    """Pages that have to be sent."""

    def run(self, seconds: float) -> None:
        """The guest runs on for so long at full speed."""
        self.logged = self.written(seconds, self.logged)

    def written(self, seconds: float, before: float = 0.0) -> float:
        """Different pages written in a span of time, when so many had been before it."""
        if not self.speed:
            return before
        if self.cyclic:
            return min(self.pages, before + self.speed * seconds)
        return self.pages - (self.pages - before) * exp(-self.speed * seconds / self.pages)

    def sync(self) -> float:
        """Ask the dirty log; pages that have to be sent and had not to before."""
        fresh = self.logged * (1 - self.pending / self.pages)
        self.pending += fresh
        self.logged = 0.0
        return fresh


def written(regions: list[Region], seconds: float) -> float:
    """Bytes that a guest changes in a span of time, from a clean log."""
    return PAGE * sum(region.written(seconds) for region in regions)


def floor(regions: list[Region], rate: float) -> float:
    """Bytes with which passes begin in the long run: as much as is written while as much is sent. 0: they vanish."""
    size = PAGE * sum(region.pages for region in regions)
    for _ in range(3000):
        following = written(regions, size / rate)
        if following < PAGE:
            return 0.0
        if abs(following - size) < size * 1e-5:
            return following
        size = following
    return size
