"""Whether QEMU's monitor answers: `virDomainGetControlInfo` tells it without asking the monitor itself."""

from __future__ import annotations

from collections.abc import Sequence

OK, JOB, OCCUPIED, ERROR = range(4)
"""virDomainControlState."""

_ERRORS = ("", "unknown reason", "the monitor is broken", "libvirt's own fault")
"""virDomainControlErrorReason."""

BUSY_AFTER_S = 3.0
"""A monitor that is held for less is at work; one that is held for longer is worth a word."""


def held_for(info: Sequence[int] | None) -> float | None:
    """Seconds since which a job or a command holds the monitor; None when it is free or nothing is told."""
    return info[2] / 1000 if info is not None and info[0] in {JOB, OCCUPIED} else None


def is_free(info: Sequence[int] | None) -> bool:
    """Nothing holds the monitor, so that a question about jobs is answered at once."""
    return info is not None and info[0] == OK


def monitor_trouble(info: Sequence[int] | None) -> str:
    """`busy 265 s`, or what is wrong; empty when all is well or nothing is told."""
    if info is None:
        return ""
    seconds = held_for(info)
    if seconds is not None:
        return f"busy {seconds:.0f} s" if seconds >= BUSY_AFTER_S else ""
    if info[0] == ERROR:
        return _ERRORS[info[1]] if 0 < info[1] < len(_ERRORS) else "error"
    return ""
