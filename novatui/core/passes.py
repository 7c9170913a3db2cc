"""Follows the readings of a migration as passes over memory: how fast it sends, and with how much each pass begins.

QEMU sends what is left of a pass and asks the guest's dirty log only when that has fallen below what the allowed pause
can carry (`migration_iteration_run`, `ram_save_pending`). So `left` is small at the end of *every* pass; what decides
is its value right after the log was asked, the size of the next pass. QEMU tells it even when no reading fell on that
moment: the expected downtime is that size divided by the rate of the same reading (`migration_update_counters`).
"""

from __future__ import annotations

from collections import deque
from statistics import median

import msgspec

from novatui.core.forecast import Sample, kept
from novatui.core.migration import MigrationProgress

WINDOW = 2.5
"""Seconds over which the rate is taken: QEMU sends in portions of a tenth of a second, single readings jump."""

KEPT = 10
"""Passes that are remembered while nothing changes."""

APART = 0.4
"""Seconds between the beginnings of two passes that are remembered: of shorter ones only the last."""

LIES = 2.0
"""A rate that is so many times off what was really sent is not believed."""

CHANGED = 1.4
"""By how much the rate has to differ from that of the earlier passes to count as another link."""

RISE = 1 << 20
"""Bytes by which `left` has to rise to count as a new pass where the product does not number them."""


class Pass(msgspec.Struct):
    """One pass over memory, from the second on."""

    number: int
    begun: float
    """Epoch seconds of its first reading."""
    size: float
    """Bytes that were left when it began."""
    rate: float
    """Bytes per second while it runs."""
    enough: float
    """Bytes that the pause could carry."""
    throttle: int
    """Percent by which the guest is slowed."""


class Passes:
    """All that the readings tell of the passes over memory. Feed it with `add`, oldest first."""

    def __init__(self) -> None:
        self.rate: float | None = None
        """Bytes per second, smoothed."""
        self.left: int | None = None
        """Bytes of memory still to send in this pass."""
        self.number: int | None = None
        """Of the present pass; None before memory is sent."""
        self.total: int | None = None
        self.dirty: float | None = None
        """Bytes per second that the guest writes anew; None until QEMU has measured it, in the second pass."""
        self.passes: list[Pass] = []
        """Passes begun since the link or the throttle last changed."""
        self.current: Pass | None = None
        self.share: float | None = None
        """What the present pass has to send, as a share of what the one before it had."""
        self.samples: list[Sample] = []
        """How fast the guest wrote during the passes that ended, whatever link and throttle were."""
        self.moved: float | None = None
        """Epoch seconds at which something was last seen to be sent."""
        self._highest = 0
        self._sent: deque[tuple[float, float]] = deque()
        self._told: deque[float] = deque(maxlen=5)
        self._settings: tuple[object, ...] = ()
        self._odd = 0

    def add(self, reading: MigrationProgress, at: float, limit: float) -> None:
        """Take one more reading of the memory phase; `limit`: seconds that the guest may pause."""
        left = memory_left(reading)
        self.total = reading.memory_total or reading.total
        self._watch_rate(reading, at, left)
        self._count(reading, left)
        if left is not None:
            self.left = left
        number = self.number
        if number is None or number < 2:
            self.dirty = None
            return
        if reading.dirty_rate:
            self.dirty = reading.dirty_rate
        self._watch_settings(reading)
        if left is not None and self.rate:
            self._measure(reading, at, left, number, self.rate, limit)

    def _count(self, reading: MigrationProgress, left: int | None) -> None:
        if reading.iteration is not None:
            self.number = max(1, reading.iteration, self.number or 0)
        elif self.number is None:
            self.number = 1
        elif left is not None and self.left is not None and left > self.left + RISE:
            self.number += 1

    def _watch_rate(self, reading: MigrationProgress, at: float, left: int | None) -> None:
        """The rate is what was sent between readings; what the product says only where it does not tell that."""
        told = reading.memory_rate if reading.memory_rate is not None else reading.rate
        if told is not None:
            self._told.append(told)
        sent = reading.memory_sent if reading.memory_sent is not None else reading.sent
        if sent is None:
            if left is not None and left != self.left:
                self.moved = at
            self.rate = median(self._told) if self._told else None
            return
        window = self._sent
        if window and sent < window[-1][1]:
            window.clear()
        if not window or sent > window[-1][1]:
            self.moved = at
        window.append((at, sent))
        while len(window) > 2 and at - window[0][0] > WINDOW:
            window.popleft()
        span = at - window[0][0]
        if span >= 0.4:
            self.rate = (sent - window[0][1]) / span
        elif self.rate is None and self._told:
            self.rate = median(self._told)

    def _watch_settings(self, reading: MigrationProgress) -> None:
        """Passes before and after a change of the link or the throttle do not compare."""
        settings = (reading.bandwidth_limit, reading.throttle, reading.guest_paused)
        if settings != self._settings:
            if self._settings:
                self._begin_anew()
            if self._settings and settings[0] != self._settings[0]:
                self._forget_rate()
            self._settings = settings
            return
        if not self.passes or not self.rate:
            return
        before = self.passes[-1].rate
        differs = self.rate > before * CHANGED or self.rate * CHANGED < before
        self._odd = self._odd + 1 if differs else 0
        if self._odd >= 3:
            self._begin_anew()

    def _begin_anew(self) -> None:
        self.passes.clear()
        self._odd = 0

    def _forget_rate(self) -> None:
        while len(self._sent) > 1:
            self._sent.popleft()
        self._told.clear()

    def _measure(
        self, reading: MigrationProgress, at: float, left: int, number: int, rate: float, limit: float
    ) -> None:
        size = float(left)
        told = reading.memory_rate if reading.memory_rate is not None else reading.rate
        if reading.downtime and told and rate / LIES < told < rate * LIES:
            whole = reading.downtime * told
            if whole <= (self.total or whole) * 1.02:
                size = max(size, whole)
        current, enough = self.current, rate * limit
        if current is not None and current.number == number:
            self._highest = max(self._highest, left)
            current.size = max(size, self._highest)
            current.rate, current.enough = rate, enough
            return
        if current is not None:
            if number - current.number > 1 and size == left:
                size = max(size, (at - current.begun) * rate / (number - current.number) + enough)
            self._sample(current, size)
        self._highest = left
        throttle = reading.throttle or 0
        self.current = current = Pass(number=number, begun=at, size=size, rate=rate, enough=enough, throttle=throttle)
        if len(self.passes) > 1 and at - self.passes[-2].begun < APART:
            self.passes.pop()
        self.passes.append(current)
        del self.passes[:-KEPT]

    def _sample(self, ended: Pass, size: float) -> None:
        """What the guest wrote while a pass was sent, down to what the pause can carry, is what the next has on top."""
        more, seconds = size - ended.enough, (ended.size - ended.enough) / ended.rate
        if seconds > 0.001:
            self.share = max(0.0, more / ended.rate / seconds)
            seconds *= 1 - ended.throttle / 100
            self.samples.append(Sample(seconds, max(0.0, more) / seconds))
            self.samples = kept(self.samples[-KEPT:])


def memory_left(reading: MigrationProgress) -> int | None:
    """Bytes of memory left; of everything, where the product does not tell memory from storage."""
    if reading.memory_left is not None:
        return reading.memory_left
    if reading.left is None or reading.disk_left is None:
        return reading.left
    return max(0, reading.left - reading.disk_left)
