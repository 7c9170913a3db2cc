"""Will pre-copy end, and when: what the sizes of the passes say. Pure arithmetic, explained in docs/verdict.md.

A pass of W bytes takes W / rate seconds; what the guest writes meanwhile is the next pass. A guest writes the same
pages again: in twice the time it changes at most twice as many pages. So the share by which a pass shrinks can only
get worse as passes get shorter. That gives both ends of a forecast: at best every pass shrinks like the last one, at
worst the sizes go along the line through the passes seen, down to where a pass no longer shrinks, the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log

import msgspec

from novatui.core.passes import Pass

SHRINKS = 0.85
"""A pass of at most this share of the one before it is progress that will do."""

FLAT = 0.93
"""A pass of at least this share of the one before it is none."""

MARGIN = 1.15
"""The smallest of the flat passes must exceed what the pause can carry by this, rates differ from moment to moment."""

LONGEST = 500
"""Passes that a forecast looks ahead."""


class Trend(msgspec.Struct, frozen=True):
    """What the passes so far say of the next ones."""

    share: float
    """A pass as a share of the one before it, at best."""
    worst: float
    """The same at worst."""
    floor: float
    """Bytes below which no pass begins, at worst; 0 when nothing speaks for a floor."""
    flat: int
    """Passes in a row, the present one included, that did not shrink."""
    lowest: float
    """Smallest of these, less the scatter of their sizes."""


def trend(passes: Sequence[Pass], dirty: float | None, rate: float) -> Trend | None:
    """What the passes say; None while there is nothing to go by."""
    told = min(dirty / rate, 2.0) if dirty else None
    if len(passes) < 2:
        return None if told is None else Trend(share=told, worst=max(told * 1.3, told + 0.1), floor=0, flat=0, lowest=0)
    sizes = [one.size for one in passes]
    last = sizes[-1] / max(1.0, sizes[-2])
    floor = _floor(sizes)
    flat = _flat(sizes)
    tail = sizes[-flat:] if flat else sizes[-1:]
    mean = sum(tail) / len(tail)
    scatter = (sum((size - mean) ** 2 for size in tail) / len(tail)) ** 0.5
    return Trend(
        share=last,
        worst=min(1.0, last * 1.2),
        floor=floor,
        flat=flat,
        lowest=max(0.0, min(min(tail), mean - 2 * scatter)),
    )


def _flat(sizes: Sequence[float]) -> int:
    """How many passes at the end stay at one level: none of them is clearly below those before it."""
    count = 1
    high = low = sizes[-1]
    for size in reversed(sizes[:-1]):
        if size * FLAT > min(low, sizes[-1]) or size < high * 0.5:
            break
        high, low = max(high, size), min(low, size)
        count += 1
    return count if count > 1 else 0


def _floor(sizes: Sequence[float]) -> float:
    """Where the line through the last passes meets a pass that is as large as the one before it."""
    if len(sizes) < 3:
        return 0.0
    first, second, third = sizes[-3:]
    if second >= first or third >= second:
        return min(second, third)
    slope = (third - second) / (second - first)
    return max(0.0, (third - slope * second) / (1 - slope)) if slope < 1 else 0.0


def passes_until(size: float, share: float, enough: float) -> int | None:
    """Passes after this one until one is small enough; None if that does not happen."""
    if size <= enough:
        return 0
    if share >= 1 or enough <= 0:
        return None
    count = ceil(log(enough / size) / log(share)) if share > 0 else 1
    return count if count <= LONGEST else None


def seconds(left: float, size: float, share: float, enough: float, rate: float) -> float | None:
    """Time until the guest runs at the destination when every pass shrinks by one share; None: never."""
    count = passes_until(size, share, enough)
    if count is None or rate <= 0:
        return None
    if count == 0:
        return left / rate
    later = size * share * (1 - share**count) / (1 - share) if share else 0.0
    return (left + later) / rate
