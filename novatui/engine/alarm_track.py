"""One value against its limits over time: duration before an alarm, hysteresis after it, gaps that prove nothing."""

from __future__ import annotations

from novatui.core.alarms import Level
from novatui.engine.alarm_limits import Bounds

LEVELS = (Level.WARNING, Level.CRITICAL)


class Track:
    """What is remembered of one rule on one object. Times are local monotonic seconds."""

    __slots__ = ("active", "runs", "seen", "value")

    def __init__(self) -> None:
        self.runs: list[float | None] = [None, None]
        """By level: since when the value is above the limit without a break."""
        self.active = [False, False]
        """By level: above it for long enough, and not yet below it by the hysteresis."""
        self.seen = float("-inf")
        """When the latest known value was read."""
        self.value = 0.0

    def step(self, value: float, at: float, bounds: Bounds, gap: float) -> None:
        """A known value, read at this time. After more than `gap` seconds without one a run begins anew.

        A value that was read before the latest one says nothing. Unknown values are not handed in: they neither
        raise nor end anything.
        """
        if at < self.seen:
            return
        interrupted = at - self.seen > gap
        self.seen, self.value = at, value
        for n, limit in enumerate((bounds.warn, bounds.critical)):
            if limit is None:
                self.runs[n], self.active[n] = None, False
            elif value > limit:
                began = self.runs[n]
                if began is None or (interrupted and not self.active[n]):
                    began = self.runs[n] = at
                self.active[n] = self.active[n] or at - began >= bounds.duration
            elif not self.active[n] or value <= limit - bounds.hysteresis:
                self.runs[n], self.active[n] = None, False

    def end(self) -> None:
        """What was measured is not there any more: nothing is above anything."""
        self.runs[:], self.active[:] = (None, None), (False, False)

    @property
    def level(self) -> Level | None:
        """The level of the alarm; None when there is none."""
        return LEVELS[1] if self.active[1] else LEVELS[0] if self.active[0] else None

    @property
    def since(self) -> float | None:
        """When what is raised, or may soon be, began; None when nothing did."""
        return min((run for run in self.runs if run is not None), default=None)

    @property
    def idle(self) -> bool:
        """True when there is nothing to remember."""
        return self.runs[0] is None and self.runs[1] is None

    @property
    def pending(self) -> bool:
        """True when a limit is exceeded that does not count yet."""
        return any(run is not None and not active for run, active in zip(self.runs, self.active, strict=True))
