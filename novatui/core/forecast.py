"""Will pre-copy end, and when: what the passes say of the guest. Pure arithmetic, explained in docs/verdict.md.

While a pass is sent the guest writes the next one. It writes the same pages again and again: in half the time it
changes more than half as many. So its speed, different bytes per second, rises as passes get shorter, and how it rises
shows whether they go on to nothing or stop at a floor. Speeds count seconds in which the guest ran: one that
auto-converge slows to a fifth changes in a second what it changed in 200 ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

LEVEL = 0.93
"""Passes whose later half is at least this share of the earlier half make no headway."""

PROVEN = 3
"""Passes at one level that prove that they stay there; as many speeds that prove a line."""

SCATTER = 2.5
"""Deviations by which a lucky pass may be below the others."""

HIDDEN = 10
"""Passes for which a fall that the scatter hides is thought on."""

FALLING = 0.015
"""A level that falls by this share from pass to pass is none."""

CLEARLY = 1.1
"""By how much the guest's speed has to exceed the link's, where passes are expected to get to, as a proof."""

CALMER = 0.7
"""A speed so much lower than the one before it, in a pass that is no longer, is another load."""

BUSIER = 1.5
"""A speed so much higher in a pass that is no shorter is one, too."""

PORTION = 0.1
"""Seconds of sending that QEMU does in one go: so much more than the pause carries still goes over."""

LOW, HIGHER = 0.9, 1.1
"""Ends of the range that is told, of what was worked out: rates vary."""

STANDS = 0.1
"""Seconds for which a guest stands still when no limit of bandwidth holds its last memory back: QEMU lifts the limit
for that (`migration_completion`), and what is left is little."""

SAME = 0.03
"""Rates that differ by no more than this share are one."""

STEPS = 80
"""Passes that a forecast looks ahead; one that needs more tells no time."""

UNSURE = (0.4, 0.3, 0.2)
"""By what share the guest's speed may be another in the passes to come, by the number of passes it is known from."""

FIRST_THROTTLE, NEXT_THROTTLE, LAST_THROTTLE = 20, 10, 99
"""Percent by which auto-converge slows the guest at first, how much is added each time, and where it stops."""

HIGH = 0.5
"""Auto-converge slows the guest when it twice wrote more than this share of what was sent."""


class Sample(msgspec.Struct, frozen=True):
    """What the guest changed in one pass."""

    seconds: float
    """That the guest ran, at full speed."""
    speed: float
    """Different bytes per second of these."""


class Link(msgspec.Struct, frozen=True):
    """What the migration has at its disposal."""

    rate: float
    """Bytes per second."""
    enough: float
    """Bytes that the allowed pause carries: with no more than that left the guest goes over."""
    throttle: int
    """Percent by which auto-converge slows the guest now."""
    slows: bool
    """Auto-converge is on and may go further."""
    limited: bool = False
    """It is a limit of bandwidth that holds the rate down, not the link."""

    def pause(self, left: float) -> tuple[float, float]:
        """Seconds for which the guest stands still for so much, at best and at worst."""
        longest = min(left, self.enough) / self.rate
        return min(longest, STANDS) if self.limited else longest, longest

    def close_to(self, other: Link) -> bool:
        """What is worked out for one holds for the other."""
        return (
            abs(self.rate - other.rate) <= self.rate * SAME
            and abs(self.enough - other.enough) <= self.enough * SAME
            and self.throttle == other.throttle
            and self.slows == other.slows
        )


def kept(samples: Sequence[Sample]) -> list[Sample]:
    """The samples of the load that runs now: none from before it became calmer or busier."""
    found = list(samples)
    for index in range(len(found) - 1, 0, -1):
        before, after = found[index - 1], found[index]
        calmer = after.seconds <= before.seconds * 1.1 and after.speed < before.speed * CALMER
        busier = after.seconds >= before.seconds * 0.9 and after.speed > before.speed * BUSIER
        if calmer or busier:
            return found[index:]
    return found


def after(size: float, samples: Sequence[Sample], link: Link) -> tuple[float, float | None] | None:
    """Seconds of sending from the end of a pass of this size on, at best and at worst; None: no end, or nothing known.

    There is no worst when it may not end, and under auto-converge: how much less a slowed guest writes shows late.
    """
    if not samples:
        return None
    recent = samples[-3:]
    speed = sum(sample.speed for sample in recent) / len(recent)
    off = UNSURE[len(recent) - 1]
    best = _ahead(size, speed * (1 - off), 0.0, link)
    if best is None or _ahead(size, speed, 0.0, link) is None:
        return None
    if link.slows or link.throttle:
        return best, None
    busier, along = _ahead(size, speed * (1 + off), 0.0, link), _ahead(size, *_line(samples), link)
    if busier is None or along is None:
        return best, None
    return best, max(busier, along)


def expected(left: float, following: tuple[float, float | None], link: Link) -> tuple[float, float | None]:
    """Seconds to the end, at best and at worst, with so much left of this pass and so many seconds of sending after."""
    now = max(0.0, left - link.enough) / link.rate
    best, worst = following
    shortest, longest = link.pause(link.enough)
    return (now + best) * LOW + shortest, None if worst is None else (now + worst) * HIGHER + longest


def last_part(left: float, link: Link) -> tuple[float, float]:
    """The same when nothing follows: the guest stands still, or what is left fits into its pause."""
    now = max(0.0, left - link.enough) / link.rate
    shortest, longest = link.pause(left)
    return now * LOW + shortest, now * HIGHER + longest


def line_floor(samples: Sequence[Sample], link: Link) -> float:
    """Bytes with which passes will begin, when the speeds of at least three prove it; 0: they may go on to nothing."""
    recent = samples[-PROVEN:]
    if len(recent) < PROVEN or link.slows:
        return 0.0
    if not all(after.speed > before.speed and after.seconds < before.seconds for before, after in pairwise(recent)):
        return 0.0
    carried = link.rate / (1 - link.throttle / 100)
    found: list[float] = []
    for part in (samples, samples[:-1]):
        rest, slope = _line(part)
        if rest < carried * CLEARLY or not slope:
            return 0.0
        found.append((carried - rest) / slope * carried)
    return max(0.0, min(found)) + link.enough


def level(sizes: Sequence[float], enough: float) -> tuple[int, float]:
    """How many passes at the end stay at one level (0: they do not), and how low a lucky one of them would be.

    Sizes that scatter may hide that they fall: then more passes are needed, until the fall they might hide would not
    bring them down to what is `enough`.
    """
    found, lowest = 0, -1.0
    for count in range(PROVEN, len(sizes) + 1):
        part = sizes[-count:]
        half = count // 2
        if sum(part[-half:]) < sum(part[:half]) * LEVEL or part[-1] < max(part[0], part[-2]) * LEVEL * LEVEL:
            continue
        mean, middle = sum(part) / count, (count - 1) / 2
        spread = steps = fall = 0.0
        for index, size in enumerate(part):
            off, apart = size - mean, index - middle
            spread += off * off
            steps += apart * apart
            fall += apart * off
        spread, fall = (spread / count) ** 0.5, fall / steps
        if fall < -FALLING * mean or mean + HIDDEN * min(0.0, fall - 2 * spread / steps**0.5) < enough:
            continue
        lucky = max(0.0, min(min(part), mean - SCATTER * spread))
        if lucky > lowest:
            found, lowest = count, lucky
    return found, max(0.0, lowest)


def _line(samples: Sequence[Sample]) -> tuple[float, float]:
    """The speed as a straight line over the seconds: for the shortest pass, and the slope, which is never positive."""
    recent = samples[-4:]
    count = len(recent)
    middle = sum(sample.seconds for sample in recent) / count
    mean = sum(sample.speed for sample in recent) / count
    spread = sum((sample.seconds - middle) ** 2 for sample in recent)
    if spread <= (middle * 0.03) ** 2:
        return mean, 0.0
    slope = sum((sample.seconds - middle) * (sample.speed - mean) for sample in recent) / spread
    slope = min(0.0, slope)
    return mean - slope * middle, slope


def _ahead(size: float, rest: float, slope: float, link: Link) -> float | None:
    """Seconds of sending from the end of a pass of this size until the guest is stopped, along a line of speeds."""
    rate, enough, throttle = link.rate, link.enough, link.throttle
    more, took, high = size - enough, 0.0, 0
    for _ in range(STEPS):
        if more <= rate * PORTION:
            return took
        span = more / rate
        runs = span * (1 - throttle / 100)
        following = max(rest + slope * runs, rest * 0.1) * runs
        if following >= more and not link.slows:
            return None
        if link.slows and span >= 1:
            high += following > more * HIGH
            if high == 2:
                high, throttle = 0, min(LAST_THROTTLE, throttle + NEXT_THROTTLE if throttle else FIRST_THROTTLE)
        more = following
        took += more / rate
    return None
