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

LOW, HIGHER = 0.85, 1.15
"""Ends of the range that is told, of what was worked out."""

SLUGGISH = 1.5
"""Auto-converge bites later than its figure says."""

SAME = 0.03
"""Rates that differ by no more than this share are one."""

STEPS = 80
"""Passes that a forecast looks ahead; one that needs more tells no time."""

UNSURE = (1.25, 1.2, 1.15, 1.1)
"""By how much a forecast may be too short, by the number of passes that it is made from."""

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


def after(size: float, samples: Sequence[Sample], link: Link) -> tuple[float, float] | None:
    """Seconds from the end of a pass of this size until the guest runs there, at best and at worst; None: no end."""
    if not samples:
        return None
    recent = samples[-3:]
    best = _ahead(size, sum(sample.speed for sample in recent) / len(recent), 0.0, link)
    if best is None:
        return None
    worst = _ahead(size, *_line(samples), link)
    longest = max(best, best * 2 if worst is None else worst) * UNSURE[min(len(samples), len(UNSURE)) - 1]
    return best, longest * SLUGGISH if link.slows else longest


def eta(left: float, following: tuple[float, float] | None, link: Link) -> tuple[float, float] | None:
    """The range that is told with so much left of this pass, and so many seconds after it."""
    if following is None:
        return None
    now = max(0.0, left - link.enough) / link.rate
    return (now + following[0]) * LOW, (now + following[1]) * HIGHER + 0.2


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
    """Seconds from the end of a pass of this size until the guest runs at the destination, along a line of speeds."""
    rate, enough, throttle = link.rate, link.enough, link.throttle
    more, took, high = size - enough, 0.0, 0
    for _ in range(STEPS):
        if more <= rate * PORTION:
            return took + enough / rate
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
