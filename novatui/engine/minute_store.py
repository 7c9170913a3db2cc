"""One day of one-minute figures for the few objects that are kept: lowest, mean and highest of each ringed metric."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import msgspec

from novatui.core.logcode import decode, encode
from novatui.core.metrics import POSITION, RINGED

MINUTES = 1440
"""Minutes of history."""

_FIGURES = 3
_STRIDE = RINGED * _FIGURES
_NO_FIGURES = array("H", [0xFFFF] * _STRIDE)


class Minute(msgspec.Struct, frozen=True):
    """What one metric did in one minute."""

    low: float
    mean: float
    high: float


class _Day:
    """The figures of one object: a ring of log codes, and the minute that is under way."""

    __slots__ = ("codes", "counts", "highs", "lows", "minute", "sums")

    def __init__(self, minute: int) -> None:
        self.codes = _NO_FIGURES * MINUTES
        self.minute = minute
        self.begin()

    def begin(self) -> None:
        self.counts = [0] * RINGED
        self.sums = [0.0] * RINGED
        self.lows = [float("inf")] * RINGED
        self.highs = [0.0] * RINGED

    def add(self, values: Sequence[float]) -> None:
        for at, value in enumerate(values):
            if value >= 0:
                self.counts[at] += 1
                self.sums[at] += value
                self.lows[at] = min(self.lows[at], value)
                self.highs[at] = max(self.highs[at], value)

    def figures(self, at: int) -> tuple[float, float, float] | None:
        """Lowest, mean and highest of the minute under way; None without a sample."""
        count = self.counts[at]
        return (self.lows[at], self.sums[at] / count, self.highs[at]) if count else None

    def advance(self, minute: int) -> None:
        """End the minute under way; the minutes between it and this one had no sample."""
        done = array("H")
        for at in range(RINGED):
            done.extend(encode(figure) for figure in self.figures(at) or (None, None, None))
        self._store(self.minute, done)
        for skipped in range(self.minute + 1, min(minute, self.minute + MINUTES)):
            self._store(skipped, _NO_FIGURES)
        self.minute = minute
        self.begin()

    def _store(self, minute: int, figures: array[int]) -> None:
        at = minute % MINUTES * _STRIDE
        self.codes[at : at + _STRIDE] = figures


class MinuteStore:
    """One-minute figures of the objects that somebody keeps: 69 kB each, and nothing for all others."""

    def __init__(self) -> None:
        self.kept: dict[int, None] = {}
        """Slots whose figures are kept."""
        self._days: dict[int, _Day] = {}

    def keep(self, slot: int) -> None:
        """From now on keep the figures of this object."""
        self.kept[slot] = None

    def drop(self, slot: int) -> None:
        """No longer keep them, and forget them."""
        self.kept.pop(slot, None)
        self._days.pop(slot, None)

    def move(self, source: int, target: int) -> None:
        """What was kept of one slot is kept of another one from now on."""
        if source in self.kept:
            self.keep(target)
            if target not in self._days and source in self._days:
                self._days[target] = self._days.pop(source)

    def add(self, slot: int, begun: float, values: Sequence[float]) -> None:
        """A sample of a kept object: its ringed metrics, NaN for "no sample". `begun`: local monotonic seconds."""
        minute = int(begun // 60)
        day = self._days.get(slot)
        if day is None:
            day = self._days[slot] = _Day(minute)
        if minute > day.minute:
            day.advance(minute)
        if minute == day.minute:
            day.add(values)

    def history(self, slot: int, metric: str, n: int, now: float) -> list[Minute | None]:
        """The last n minutes up to the one of `now`, most recent last; None where no sample is.

        KeyError for a metric without history.
        """
        position = POSITION[metric]
        if position >= RINGED:
            raise KeyError(metric)
        day = self._days.get(slot)
        if day is None:
            return []
        current = int(now // 60)
        return [self._minute(day, minute, position) for minute in range(current - min(n, MINUTES) + 1, current + 1)]

    def _minute(self, day: _Day, minute: int, position: int) -> Minute | None:
        if minute == day.minute:
            figures = day.figures(position)
        elif day.minute - MINUTES < minute < day.minute:
            at = minute % MINUTES * _STRIDE + position * _FIGURES
            low, mean, high = map(decode, day.codes[at : at + _FIGURES])
            figures = None if low is None or mean is None or high is None else (low, mean, high)
        else:
            figures = None
        return None if figures is None else Minute(*figures)
