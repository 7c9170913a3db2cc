"""Scales of charts: round ends and marks of a value axis, round times on a time axis."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from math import ceil, floor, isfinite
from typing import NamedTuple

from novatui.core import units

_TENS = (1, 2, 5, 10)
_TWOS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

STEPS = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10800,
    14400,
    21600,
    43200,
    86400,
    172800,
    432000,
)
"""Seconds between two marks of a time axis."""

TICK_GAP = 3
"""Cells at least between the words of two marks."""


class Unit(NamedTuple):
    """How the values of a metric are written."""

    write: Callable[[float | None], str]
    """A number in at most five characters."""
    after: str
    """What stands behind it: `%`, `/s`, ` ms`."""
    binary: bool
    """Counted in steps of 1024."""

    def say(self, value: float | None) -> str:
        """The number with its unit; only `?` when it is unknown."""
        return self.write(value) + (self.after if value is not None and isfinite(value) else "")


def _percent(value: float | None) -> str:
    """A sum of shares may be more than a percentage has room for."""
    return units.count(value) if value is not None and value >= 9999.5 else units.percent(value)


UNITS: dict[str, Unit] = {
    "%": Unit(_percent, "%", False),
    "B": Unit(units.size, "", True),
    "B/s": Unit(units.size, "/s", True),
    "/s": Unit(units.count, "/s", False),
    "ms": Unit(units.count, " ms", False),
}
"""By the unit of `core.metrics`."""


class Tick(NamedTuple):
    """A mark on an axis: how far along it is, from 0 to 1, and what stands there."""

    at: float
    label: str


def ceiling(peak: float, unit: Unit, least: float = 0.0) -> float:
    """The round number at or above a peak with which a scale ends; at least `least`, never 0."""
    peak = max(peak, least)
    if not isfinite(peak) or peak <= 0:
        return 100.0 if unit.after == "%" else 1.0
    base, steps = (1024.0, _TWOS) if unit.binary else (10.0, _TENS)
    power = 1.0
    while peak > power * steps[-1]:
        power *= base
    while peak <= power / base * steps[-1]:
        power /= base
    return next(power * step for step in steps if peak <= power * step)


def value_ticks(top: float, unit: Unit, lines: int) -> list[Tick]:
    """Marks of a value axis from 0 to `top` that many lines high: as many as can be told apart."""
    parts = 4 if lines >= 12 else 2 if lines >= 4 else 1
    marks = [Tick(part / parts, unit.write(top * part / parts)) for part in range(parts, 0, -1)]
    return [*marks, Tick(0.0, "0")]


def time_ticks(begin: float, end: float, width: int, utc: bool = False) -> list[Tick]:
    """Marks of a time axis over `width` cells between two moments (epoch seconds), at round times of the day."""
    span = end - begin
    if width <= 0 or span <= 0 or not isfinite(span):
        return []
    for step in STEPS:
        form = "%H:%M:%S" if step < 60 else "%H:%M" if step < 86400 else "%d %b"
        if step / span * width >= len(time.strftime(form, time.gmtime(0))) + TICK_GAP:
            return list(_at_steps(begin, end, step, form, utc))
    return []


def _at_steps(begin: float, end: float, step: int, form: str, utc: bool) -> Sequence[Tick]:
    try:
        offset = 0 if utc else time.localtime(begin).tm_gmtoff
        moments = [
            number * step - offset for number in range(ceil((begin + offset) / step), floor((end + offset) / step) + 1)
        ]
        told = time.gmtime if utc else time.localtime
        return [Tick((moment - begin) / (end - begin), time.strftime(form, told(moment))) for moment in moments]
    except (OverflowError, ValueError, OSError):  # no time that a calendar has
        return []
