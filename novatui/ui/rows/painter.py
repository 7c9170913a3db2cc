"""The one clock of repaints: what changed is painted four times a second, less often if frames are slow.

Nothing asked for means no timer and no work. After a quiet time the first few paints follow each other at once: a host
that says "I am loading" says its first names a moment later. What the user does is painted at once and does not come
here.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable
from typing import Any, Protocol

INTERVAL = 0.25
"""Seconds between two paints."""

SHARE = 0.125
"""The largest part of the time that painting may take; a frame of 50 ms is shown every 400 ms."""

BURST = 3
"""Paints that a quiet time saves up; on the long run they are no more than one in each period."""

LONGEST = 2.0
"""Seconds between two paints however slow the frames are."""

SMOOTHING = 0.3
"""Weight of the newest frame in the running frame time."""


class Pump(Protocol):
    """The part of a Textual app, screen or widget that the painter needs."""

    def call_later(self, callback: Callable[..., Any], *args: Any) -> bool: ...
    def call_after_refresh(self, callback: Callable[..., Any], *args: Any) -> bool: ...


class Painter:
    """Runs paint jobs together, on a clock. Made and used on the event loop of its owner."""

    def __init__(self, owner: Pump, interval: float = INTERVAL, clock: Callable[[], float] = time.monotonic) -> None:
        self.interval = interval
        self.frame_time = 0.0
        """Running mean of the seconds from a tick to the finished frame, waiting for the loop included."""
        self._owner = owner
        self._clock = clock
        self._context = contextvars.copy_context()
        self._jobs: dict[Callable[[], object], None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0
        self._paid_until = float("-inf")
        """Every paint pays for one period; when the paints up to now would have been due at an even pace."""
        self._ran: set[Callable[[], object]] | None = None
        """Jobs that ran in the tick that is under way."""

    @property
    def period(self) -> float:
        """Seconds between two paints as things are."""
        return max(self.interval, min(self.frame_time / SHARE, LONGEST))

    @property
    def idle(self) -> bool:
        """True when nothing is asked for, no timer runs and no paint is under way."""
        return self._timer is None and not self._jobs and self._ran is None

    def request(self, job: Callable[[], object]) -> None:
        """Run `job` at the next tick, once however often it is asked for; in this very one when a job asks for it."""
        self._jobs[job] = None
        if self._ran is None:
            self._arm()

    def cancel(self, job: Callable[[], object]) -> None:
        """Do not run `job` if it is asked for; its widget goes away."""
        self._jobs.pop(job, None)

    def _arm(self) -> None:
        if self._timer is None and self._jobs:
            delay = max(0.0, self._paid_until - (BURST - 1) * self.period - self._clock())
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(delay, self._wake, context=self._context)

    def _wake(self) -> None:
        self._owner.call_later(self._tick)

    def _tick(self) -> None:
        """Runs as a message of the owner, so that a failing job ends the app with its traceback."""
        self._timer = None
        self._ran = set()
        self._last = self._clock()
        self._paid_until = max(self._paid_until, self._last) + self.period
        self._paint()

    def _paint(self) -> None:
        """Run the jobs; what they ask for in turn comes after the keys that wait, and belongs to the same frame."""
        assert self._ran is not None
        for job in self._fresh():
            if job in self._jobs:
                del self._jobs[job]
                self._ran.add(job)
                job()
        if self._fresh():
            self._owner.call_later(self._paint)
        else:
            if self._ran:
                self._owner.call_after_refresh(self._shown, self._last)
            self._ran = None
            self._arm()

    def _fresh(self) -> list[Callable[[], object]]:
        """What is asked for and has not run in this tick."""
        return [job for job in self._jobs if job not in (self._ran or ())]

    def _shown(self, started: float) -> None:
        took = self._clock() - started
        self.frame_time += SMOOTHING * (took - self.frame_time)
