"""Whether QEMU's monitor answers: `virDomainGetControlInfo` tells it without asking the monitor itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

Info = TypeVar("Info", bound=Sequence[int] | None)

OK, JOB, OCCUPIED, ERROR = range(4)
"""virDomainControlState."""

_ERRORS = ("", "unknown reason", "the monitor is broken", "libvirt's own fault")
"""virDomainControlErrorReason."""

ASK_AGAIN_S = 0.02
ATTEMPTS = 3
"""A job holds the monitor for moments at a time."""

BUSY_AFTER_S = 3.0
"""A monitor that is held for less is at work; one that is held for longer is worth a word."""


def held_for(info: Sequence[int] | None) -> float | None:
    """Seconds since which a job or a command holds the monitor; None when it is free or nothing is told."""
    return info[2] / 1000 if info is not None and info[0] in {JOB, OCCUPIED} else None


def asked(info: Callable[[], Info]) -> Info:
    """What holds the monitor, asked again while it is at work; a monitor that is held each time is stuck."""
    for _ in range(ATTEMPTS - 1):
        told = info()
        if held_for(told) is None:
            return told
        time.sleep(ASK_AGAIN_S)
    return info()


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
