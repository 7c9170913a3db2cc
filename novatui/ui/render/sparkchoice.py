"""Which metric the curves in tables show, over which time."""

from __future__ import annotations

import msgspec

MINUTE, LONG = 60.0, 600.0
"""Seconds that a curve can stand for."""

MIB = 1024.0**2


class Curve(msgspec.Struct, frozen=True):
    """What a curve can show."""

    key: str
    """A metric with a history, `disk` or `net`."""
    title: str
    """Over the column."""
    high: float
    """Where the scale ends. A machine whose values are larger has a scale of its own, so that little stays little."""
    whole: bool = False
    """The scale never grows: more than all there is cannot be."""


CURVES: tuple[Curve, ...] = (
    Curve("cpu.used", "CPU", 100.0, whole=True),
    Curve("mem.used", "MEM", 0.0, whole=True),
    Curve("disk", "DISK", MIB),
    Curve("net", "NET", MIB),
    Curve("cpu.wait", "WAIT", 10.0),
    Curve("disk.latency", "LAT", 20.0),
)
"""The first one is shown until somebody wants another."""


class Choice(msgspec.Struct, frozen=True):
    """What a person wants to see in the curves of tables."""

    curve: int = 0
    """Its place in CURVES."""
    seconds: float = MINUTE

    @property
    def title(self) -> str:
        """At most eight cells."""
        span = "60 s" if self.seconds == MINUTE else "10 min"
        return span if self.curve == 0 else f"{CURVES[self.curve].title} {'1m' if self.seconds == MINUTE else '10m'}"
