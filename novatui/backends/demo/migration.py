"""How a migration goes: rounds of copying memory while the guest dirties it again, told as the family tells it."""

from __future__ import annotations

from math import ceil, log

import msgspec

from novatui.backends.demo.shapes import MIB
from novatui.core.migration import Fidelity, MigrationProgress

PREPARING = 3.0
"""Seconds before the first byte: the destination is asked and made ready."""

FINISHING = 2.0
"""Seconds after the last byte."""

DOWNTIME_LIMIT = 0.3
"""Seconds that the guest may pause for the last round."""


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """One migration, planned so that it ends in its time, or never."""

    memory: int
    """Bytes."""
    takes: float
    """Seconds from begin to end."""
    stalls: bool
    """The guest dirties memory faster than the line carries it."""


def progress(course: Course, elapsed: float, fidelity: Fidelity, source: str, destination: str) -> MigrationProgress:
    """Where it stands so many seconds after its begin; what the family does not tell is absent."""
    known = MigrationProgress(source=source, destination=destination, fidelity=fidelity, elapsed=elapsed)
    phase, copied = _phase(course, elapsed)
    known = msgspec.structs.replace(known, phase=phase)
    if fidelity not in (Fidelity.FULL, Fidelity.LOG) or phase == "preparing":
        return known
    return msgspec.structs.replace(known, **_figures(course, copied, fidelity))


def percent(course: Course, elapsed: float) -> float:
    """A percentage as products give it that tell nothing else."""
    if course.stalls:
        return min(89.0, 100 * elapsed / (course.takes * 0.3))
    return round(min(99.0, max(0.0, 100 * (elapsed - PREPARING) / (course.takes - PREPARING))))


def log_line(course: Course, elapsed: float) -> str:
    """The line that a log-telling product would have written last."""
    phase, copied = _phase(course, elapsed)
    if phase == "preparing":
        return "starting migration of guest"
    figures = _figures(course, copied, Fidelity.LOG)
    if course.stalls and elapsed % 20 < 5:
        return f"auto-increased downtime to continue migration: {100 * 2 ** int(min(6, elapsed // 60))} ms"
    sent, rate = figures["sent"] / MIB, figures["rate"] / MIB
    line = f"migration active, transferred {sent:.1f} MiB of {course.memory / MIB:.1f} MiB VM-state, {rate:.1f} MiB/s"
    if course.stalls:
        line += f", VM dirties lots of memory: {figures['dirty_rate'] / MIB:.1f} MiB/s"
    return line


def _phase(course: Course, elapsed: float) -> tuple[str, float]:
    """Name of the phase and seconds of copying so far."""
    copying = course.takes - PREPARING - FINISHING
    if elapsed < PREPARING:
        return "preparing", 0.0
    if elapsed >= PREPARING + copying and not course.stalls:
        return "finishing", copying
    return "memory", elapsed - PREPARING


def _figures(course: Course, copied: float, fidelity: Fidelity) -> dict[str, float | int]:
    ratio = 1.19 if course.stalls else 0.28
    copying = course.takes - PREPARING - FINISHING
    first = copying / 6 if course.stalls else copying * (1 - ratio)
    rate = course.memory / first
    if course.stalls:
        left, iteration = _stalled(course.memory, rate, copied, first)
    else:
        left, iteration = _converging(course.memory, rate, ratio, copied)
    figures: dict[str, float | int] = {"sent": int(rate * copied), "rate": rate, "dirty_rate": rate * ratio}
    if fidelity is Fidelity.FULL:
        figures |= {
            "total": course.memory,
            "left": left,
            "iteration": iteration,
            "throttle": 0,
            "downtime": left / rate if course.stalls else DOWNTIME_LIMIT,
        }
    return figures


def _converging(memory: int, rate: float, ratio: float, copied: float) -> tuple[int, int]:
    """Bytes left and number of the round: each round has to send what was dirtied in the one before."""
    unit = memory / rate
    done = min(copied * (1 - ratio) / unit, 1 - 1e-9)
    iteration = int(log(1 - done) / log(ratio))
    begin = unit * (1 - ratio**iteration) / (1 - ratio)
    return max(0, int(memory * ratio**iteration - (copied - begin) * rate)), iteration + 1


def _stalled(memory: int, rate: float, copied: float, first: float) -> tuple[int, int]:
    """After the first pass the same hot tenth of the memory is sent again and again."""
    if copied < first:
        return int(memory - rate * copied), 1
    hot = memory / 10
    length = hot / rate
    later = copied - first
    return int(hot - later % length * rate * 0.4), 1 + ceil(later / length)
