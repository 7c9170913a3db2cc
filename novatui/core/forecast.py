"""Will pre-copy end, and when: what the sizes of the passes say. Pure arithmetic, explained in docs/verdict.md.

A pass of W bytes takes W / rate seconds; what the guest writes meanwhile is the next pass. A guest writes the same
pages again: in half the time it changes more than half as many pages. So the share that a pass is of the one before
rises as passes get shorter. The share as a straight line over the size of the pass is the forecast: where it reaches 1
no pass gets any shorter, that is the floor. At best the share stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from novatui.core.passes import Pass

LEVEL = 0.93
"""Passes whose later half is at least this share of the earlier half make no headway."""

PROVEN = 3
"""Passes at one level that prove that they stay there; as many shares that prove a line."""

SCATTER = 2.5
"""Deviations by which a lucky pass may be below the others."""

CALMER = 0.7
"""A share so much lower than the one before it is another load: shares rise as passes get shorter."""

STEPS = 60
"""Passes that a forecast looks ahead; one that needs more tells no time."""

GUESS = 1.5
"""What the share may become of which only the product's dirty rate is known: it is measured over a long pass."""


class Outlook(msgspec.Struct, frozen=True):
    """What the passes so far say of the next ones."""

    share: float
    """The present pass as a share of the one before it; of the next to the present, where that is all that is known."""
    level: int
    """Passes, the present one included, that make no headway; 0: they do."""
    floor: float
    """Bytes below which no pass begins; 0 when nothing proves one."""
    after: tuple[float, float] | None
    """Bytes to send after this pass, at best and at worst, until a pass fits into the pause; None: no end in sight."""


def outlook(passes: Sequence[Pass], size: float, told: float | None, enough: float) -> Outlook | None:
    """What the passes say; None while there is nothing to go by.

    `size`: of the present pass; `told`: the product's dirty rate as a share of the rate; `enough`: what the pause carries.
    """
    if len(passes) < 2:
        if told is None:
            return None
        worst = _after(size, min(0.97, told * GUESS), 0.0, enough)
        best = _after(size, told, 0.0, enough)
        return Outlook(share=told, level=0, floor=0.0, after=None if best is None else (best, worst or best * 3))
    sizes = [one.size for one in passes]
    shares = _shares(passes)
    if len(shares) > 1 and shares[-1][1] < shares[-2][1] * CALMER:
        sizes, shares = sizes[-2:], shares[-1:]
    level, lowest = _level(sizes)
    share = shares[-1][1]
    flat, slope = _line(shares)
    floor = lowest if level else _floor(shares, sizes)
    mean = sum(share for _, share in shares[-3:]) / len(shares[-3:])
    best = _after(size, min(mean, share), 0.0, enough)
    worst = _after(size, flat, slope, enough)
    after = None
    if best is not None:
        after = (best, best * 2 if worst is None else max(worst, best))
    return Outlook(share=share, level=level, floor=floor, after=after)


def _shares(passes: Sequence[Pass]) -> list[tuple[float, float]]:
    """Size of a pass, and what share of it the next one is. Where passes were missed: the share of one of them."""
    found: list[tuple[float, float]] = []
    for one, other in zip(passes, passes[1:], strict=False):
        missed = other.number - one.number
        share = other.size / one.size
        found.append((one.size, share if missed == 1 else share ** (1 / missed)))
    return found


def _level(sizes: Sequence[float]) -> tuple[int, float]:
    """How many passes at the end stay at one level, and how low a lucky one of them would be."""
    best = (0, 0.0)
    for count in range(PROVEN, len(sizes) + 1):
        part = sizes[-count:]
        half = count // 2
        earlier, later = sum(part[:half]) / half, sum(part[-half:]) / half
        if later < earlier * LEVEL or part[-1] < max(part[0], part[-2]) * LEVEL * LEVEL:
            continue
        mean = sum(part) / count
        spread = (sum((size - mean) ** 2 for size in part) / count) ** 0.5
        lowest = max(0.0, min(min(part), mean - SCATTER * spread))
        best = max(best, (count, lowest), key=lambda found: found[1])
    return best


def _line(shares: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The share as a straight line over the size: its value at 0, and its slope, which is never positive."""
    recent = shares[-4:]
    count = len(recent)
    middle = sum(size for size, _ in recent) / count
    mean = sum(share for _, share in recent) / count
    spread = sum((size - middle) ** 2 for size, _ in recent)
    if count < 2 or spread <= (middle * 0.03) ** 2:
        return mean, 0.0
    slope = min(0.0, sum((size - middle) * (share - mean) for size, share in recent) / spread)
    return mean - slope * middle, slope


def _floor(shares: Sequence[tuple[float, float]], sizes: Sequence[float]) -> float:
    """Where the line reaches 1, when the passes follow it steadily; 0: they may well go on to nothing."""
    if len(shares) < PROVEN or not all(a[1] < b[1] for a, b in zip(shares[-PROVEN:], shares[-PROVEN + 1 :], strict=False)):
        return 0.0
    flat, slope = _line(shares)
    before, steeper = _line(shares[:-1])
    if flat < 1.05 or before < 1.05 or not slope or not steeper:
        return 0.0
    return max(0.0, min((1 - flat) / slope, (1 - before) / steeper, sizes[-1]))


def _after(size: float, flat: float, slope: float, enough: float) -> float | None:
    """Bytes to send after a pass of this size until one fits into the pause, along a line of shares; None: no end."""
    sent = 0.0
    for _ in range(STEPS):
        if size <= enough:
            return sent
        size *= min(0.995, flat + slope * size)
        sent += size
    return None
