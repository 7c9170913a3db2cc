"""The span of time that a chart shows: live or in the past, zoomed and moved by keys, within what is kept."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, floor
from typing import TypeVar

import msgspec

from novatui.core.history import MONTH, WEEK
from novatui.engine.metric_store import HISTORY
from novatui.engine.minute_store import MINUTES

MINUTE = 60.0
DAY = MINUTES * MINUTE
"""Seconds for which the console keeps minutes of what was looked at."""

SPANS = (60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 10800.0, 21600.0, 43200.0, DAY, 3 * DAY, WEEK, MONTH)
"""Seconds that a chart can show."""


PAN = 0.25
"""Share of the window by which it moves."""

Cell = TypeVar("Cell")


def span_words(seconds: float) -> str:
    """`10 min`, `24 h`, `7 d`."""
    if seconds > DAY:
        return f"{seconds / DAY:.0f} d"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.0f} h"


class Window(msgspec.Struct, frozen=True):
    """What a chart shows, and where it is read. All times are local monotonic seconds; `longest`: how far back there
    is anything to see."""

    span: float = HISTORY
    end: float | None = None
    """The moment at its right end; None: it follows the clock."""
    cursor: float | None = None
    """The moment whose values are read; None: the latest."""

    @property
    def by_minute(self) -> bool:
        """True when it shows minutes instead of single samples."""
        return self.span > HISTORY

    def right(self, now: float) -> float:
        """The moment at its right end."""
        return now if self.end is None else self.end

    def zoom(self, steps: int, now: float, longest: float = DAY) -> Window:
        """A shorter (positive) or longer span around the cursor, or up to the same end."""
        at = bisect_left(SPANS, self.span) - steps
        span = min(SPANS[min(max(at, 0), len(SPANS) - 1)], longest)
        if self.cursor is None:
            return self._within(span, self.end, now, longest)
        share = (self.right(now) - self.cursor) / self.span
        return self._within(span, self.cursor + share * span, now, longest)

    def pan(self, steps: int, now: float, longest: float = DAY) -> Window:
        """Later (positive) or earlier."""
        return self._within(self.span, self.right(now) + steps * PAN * self.span, now, longest)

    def read(self, steps: int, step: float, now: float, longest: float = DAY) -> Window:
        """Move the cursor by so many `step` seconds, and the window with it; the first step begins at the end."""
        limit = longest if self.by_minute else HISTORY
        at = self.right(now) if self.cursor is None else self.cursor
        at = min(max(at + steps * step, now - limit), now)
        end = self.right(now)
        if at < end - self.span:
            moved = self._within(self.span, at + self.span, now, longest)
        elif at > end:
            moved = self._within(self.span, at, now, longest)
        else:
            moved = self
        return msgspec.structs.replace(moved, cursor=at)

    def live(self) -> Window:
        """Back to now, without a cursor."""
        return Window(self.span)

    def switch(self) -> Window:
        """Ten minutes or the day: the other one."""
        return Window(DAY if not self.by_minute else HISTORY)

    def _within(self, span: float, end: float | None, now: float, longest: float) -> Window:
        limit = longest if span > HISTORY else HISTORY
        if end is not None:
            end = max(end, now - limit + span)
            end = None if end >= now else end
        cursor = self.cursor
        if cursor is not None:
            right = now if end is None else end
            cursor = min(max(cursor, right - span), right)
        return Window(span, end, cursor)


class Grid(msgspec.Struct, frozen=True):
    """Columns of a chart in time: they lie at multiples of their length, so that a curve moves by whole columns."""

    step: float
    """Seconds of a column."""
    first: int
    """Number of the first column: it begins at `first` × `step`."""
    count: int

    @property
    def begin(self) -> float:
        """The moment at the left end."""
        return self.first * self.step

    @property
    def end(self) -> float:
        """The moment at the right end."""
        return (self.first + self.count) * self.step

    def column(self, moment: float) -> int:
        """The column of a moment, 0 to count - 1."""
        return min(max(floor(moment / self.step) - self.first, 0), max(self.count - 1, 0))


def grid(span: float, end: float, count: int) -> Grid:
    """So many columns that end with the one in which `end` lies."""
    step = span / max(count, 1)
    return Grid(step, ceil(end / step - 1e-6) - count, count)


def spread(
    cells: Sequence[Cell | None],
    last: int,
    period: float,
    columns: Grid,
    fold: Callable[[list[Cell]], Cell],
    shift: float = 0.0,
) -> list[Cell | None]:
    """`cells` of `period` seconds, the newest of which is number `last`, in columns.

    Where several begin in a column they are folded into one; a column without any is None. A cell that is longer than
    a column is drawn as wide as it is. Cells begin at multiples of their period, `shift` seconds later.
    """
    oldest, count = last + 1 - len(cells), len(cells)
    per, ahead = columns.step / period, shift / period
    if per < 1:
        # A middle on the edge of two cells shows the later one, however the product was rounded.
        places = [
            floor((each + 0.5) * per - ahead + 1e-9) - oldest
            for each in range(columns.first, columns.first + columns.count)
        ]
        return [cells[at] if 0 <= at < count else None for at in places]
    found: list[Cell | None] = []
    edges = [
        ceil(column * per - ahead - 1e-6) - oldest for column in range(columns.first, columns.first + columns.count + 1)
    ]
    for start, end in pairwise(edges):
        known = [cell for cell in cells[max(start, 0) : max(end, 0)] if cell is not None]
        found.append(None if not known else known[0] if len(known) == 1 else fold(known))
    return found


def mean(values: list[float]) -> float:
    """How several samples are drawn in one column."""
    return sum(values) / len(values)
