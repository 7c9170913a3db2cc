"""Follows the readings of a migration as passes over memory: with how much each begins, and what the guest wrote in it.

QEMU sends what is left of a pass and asks the guest's dirty log only when that has fallen below what the allowed pause
can carry (`migration_iteration_run`, `ram_save_pending`). So `left` is small at the end of *every* pass; what decides
is its value right after the log was asked, the size of the next pass. QEMU tells it even when no reading fell on that
moment: the expected downtime is that size divided by the rate of the same reading (`migration_update_counters`).
"""

from __future__ import annotations

from math import inf
from typing import TypeVar

import msgspec

from novatui.core.forecast import Sample, kept
from novatui.core.migration import Fidelity, MigrationProgress
from novatui.core.sending import Sending

Figure = TypeVar("Figure", int, float)

KEPT = 10
"""Passes that are remembered while nothing changes."""

APART = 0.4
"""Seconds between the beginnings of two passes that are remembered: of shorter ones only the last."""

SEEN = 1.0
"""Seconds that a pass must last to be timed by the readings; a shorter one by its size and the rate."""

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
    """Bytes that the pause can carry."""
    throttle: int
    """Percent by which the guest is slowed."""
    readings: int = 1


class Passes:
    """All that the readings tell of the passes over memory. Feed it with `add`, oldest first."""

    def __init__(self) -> None:
        self.sending = Sending()
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
        """What the present pass had to send, as a share of what the one before it had."""
        self.samples: list[Sample] = []
        """How fast the guest wrote during the passes that ended, whatever link and throttle were."""
        self.version = 0
        """Counts what was learnt of passes: with the same version nothing of the above has changed."""
        self._ended: tuple[Pass, float, list[Sample]] | None = None
        self._told_sizes: list[float] = []
        self._highest = 0
        self._settings: tuple[object, ...] | None = None
        self._odd = 0
        self._memory_alone = False

    @property
    def settled(self) -> list[Pass]:
        """The passes whose size is known for sure: a first reading may still hold figures of the pass before."""
        current = self.current
        return self.passes[:-1] if current is not None and current.readings < 2 else self.passes

    def add(self, reading: MigrationProgress, at: float, limit: float) -> None:
        """Take one more reading of the memory phase; `limit`: seconds that the guest may pause."""
        left = memory_left(reading)
        told = sane(reading.memory_rate if reading.memory_rate is not None else reading.rate)
        throttle = min(99, sane(reading.throttle) or 0)
        self.total = reading.memory_total or reading.total
        self.sending.add(at, self._all_sent(reading), told, left)
        self._count(reading, left)
        if left is not None:
            self.left = left
        number, rate = self.number, self.sending.rate
        if number is None or number < 2:
            return
        self.dirty = sane(reading.dirty_rate) or self.dirty
        self._watch_settings(reading, rate)
        if left is not None and rate and rate >= 1:
            enough = (self.sending.told or rate) * limit
            downtime = sane(reading.downtime)
            size = downtime * told if downtime and told else None
            if size is not None and self.total and size > self.total * 1.02:
                size = None
            self._measure(at, left, number, size, rate, enough, throttle)

    def _all_sent(self, reading: MigrationProgress) -> int | None:
        """Of memory alone as soon as the product has told that, else of everything. A log rounds it to tenths of a
        GiB, from which no rate can be taken: there the rate that it tells counts."""
        if reading.fidelity is Fidelity.LOG and reading.rate is not None:
            return None
        if reading.memory_sent is not None:
            self._memory_alone = True
        return sane(reading.memory_sent if self._memory_alone else reading.sent)

    def _count(self, reading: MigrationProgress, left: int | None) -> None:
        if reading.iteration is not None:
            self.number = max(1, reading.iteration, self.number or 0)
        elif self.number is None:
            self.number = 1
        elif left is not None and self.left is not None and left > self.left + RISE:
            self.number += 1

    def _watch_settings(self, reading: MigrationProgress, rate: float | None) -> None:
        """Passes before and after a change of the link or the throttle do not compare."""
        settings = (reading.bandwidth_limit, reading.throttle, reading.guest_paused)
        if settings != self._settings:
            if self._settings is not None:
                self.passes.clear()
                self.version += 1
                if settings[0] != self._settings[0]:
                    self.sending.begin_anew()
            self._settings = settings
        elif self.passes and rate:
            before = self.passes[-1].rate
            differs = rate > before * CHANGED or rate * CHANGED < before
            self._odd = self._odd + 1 if differs else 0
            if self._odd >= 3:
                self.passes.clear()
                self.version += 1
                self._odd = 0

    def _measure(
        self, at: float, left: int, number: int, told: float | None, rate: float, enough: float, throttle: int
    ) -> None:
        current = self.current
        if current is None or current.number != number:
            current = self._begin(at, left, number, told, rate, enough, throttle)
        else:
            self._highest = max(self._highest, left)
            current.readings += 1
            self.version += current.readings == 2
            current.rate, current.enough = rate, enough
            if told is not None and len(self._told_sizes) < 5:
                self._told_sizes.append(told)
            size = float(self._highest)
            if self._told_sizes:
                size = max(size, sorted(self._told_sizes)[len(self._told_sizes) // 2])
            if abs(size - current.size) <= current.size * 0.001:
                return
            current.size = size
        self.version += 1
        self._sample(current.size)

    def _begin(
        self, at: float, left: int, number: int, told: float | None, rate: float, enough: float, throttle: int
    ) -> Pass:
        last, size = self.current, float(left)
        self._told_sizes = []
        if last is not None:
            missed = number - last.number
            if missed > 1:
                size = max(size, told if told is not None else (at - last.begun) * rate / missed + enough)
            seconds = (last.size - last.enough) / last.rate
            if missed == 1 and at - last.begun > SEEN:
                seconds = at - last.begun
            self._ended = (last, seconds, self.samples)
        self._highest = left
        self.current = current = Pass(number=number, begun=at, size=size, rate=rate, enough=enough, throttle=throttle)
        if len(self.passes) > 1 and at - self.passes[-2].begun < APART:
            self.passes.pop()
        self.passes.append(current)
        del self.passes[:-KEPT]
        return current

    def _sample(self, size: float) -> None:
        """What the guest wrote while a pass was sent, down to what the pause can carry, is what the next has on top."""
        if self._ended is None:
            return
        ended, seconds, before = self._ended
        more = max(0.0, size - ended.enough)
        if seconds > 0.001:
            self.share = more / ended.rate / seconds
            seconds *= 1 - ended.throttle / 100
            self.samples = kept([*before[-KEPT:], Sample(seconds, more / seconds)])


def memory_left(reading: MigrationProgress) -> int | None:
    """Bytes of memory left; of everything, where the product does not tell memory from storage."""
    if reading.memory_left is not None:
        return sane(reading.memory_left)
    if reading.left is None or reading.disk_left is None:
        return sane(reading.left)
    return max(0, reading.left - reading.disk_left)


def sane(value: Figure | None) -> Figure | None:
    """The figure, unless it can be none: below 0, or without end."""
    return value if value is not None and 0 <= value < inf else None
