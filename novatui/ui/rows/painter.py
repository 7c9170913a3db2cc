"""The one clock of repaints: what changed is painted four times a second, less often if frames are slow.

Nothing asked for means no timer and no work. What the user does is painted at once and does not come here.
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
        self._last = -LONGEST

    @property
    def period(self) -> float:
        """Seconds between two paints as things are."""
        return max(self.interval, min(self.frame_time / SHARE, LONGEST))

    @property
    def idle(self) -> bool:
        """True when nothing is asked for and no timer runs."""
        return self._timer is None and not self._jobs

    def request(self, job: Callable[[], object]) -> None:
        """Run `job` at the next tick, once however often it is asked for."""
        self._jobs[job] = None
        if self._timer is None:
            delay = max(0.0, self._last + self.period - self._clock())
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(delay, self._wake, context=self._context)

    def cancel(self, job: Callable[[], object]) -> None:
        """Do not run `job` if it is asked for; its widget goes away."""
        self._jobs.pop(job, None)

    def _wake(self) -> None:
        self._owner.call_later(self._tick)

    def _tick(self) -> None:
        """Runs as a message of the owner, so that a failing job ends the app with its traceback."""
        jobs, self._jobs = self._jobs, {}
        self._timer = None
        self._last = self._clock()
        for job in jobs:
            job()
        if jobs:
            self._owner.call_after_refresh(self._shown, self._last)

    def _shown(self, started: float) -> None:
        took = self._clock() - started
        self.frame_time += SMOOTHING * (took - self.frame_time)
