"""Is a process that says nothing still at work? Silence counts only while its CPU time stands still."""

from __future__ import annotations

import os
import signal
from pathlib import Path

IDLE_SHARE = 0.02
"""Share of one core below which a process counts as standing still: threads that wait for a lock wake now and then."""

_TICK = 1 / os.sysconf("SC_CLK_TCK")


class Pulse:
    """The signs of life of one process."""

    def __init__(self, patience: float, now: float) -> None:
        """`patience`: seconds of silence without CPU time after which it counts as hung."""
        self.patience = patience
        self.restart(now)

    def restart(self, now: float) -> None:
        """Begin anew: it was just started, or we ourselves did not listen for a while."""
        self.heard = now
        self._cpu = 0.0
        self._since: float | None = None

    def hear(self, now: float) -> None:
        """It said something."""
        self.heard = now
        self._since = None

    def hung(self, now: float, cpu: float | None) -> bool:
        """Look at it now; `cpu` is its CPU time so far in seconds, None when that cannot be read.

        True when it was silent for `patience` and has used next to no CPU lately. Call it about once a second.
        """
        if now - self.heard < self.patience / 2:
            self._since = None
            return False
        if self._since is None or (cpu is not None and cpu - self._cpu > IDLE_SHARE * (now - self._since) + _TICK):
            self._since, self._cpu = now, cpu or 0.0
        return now - self._since >= self.patience / 2


def cpu_seconds(pid: int) -> float | None:
    """User and system time of a process so far, all its threads; None when it is gone or /proc is not there."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    utime, stime = stat.rpartition(")")[2].split()[11:13]
    return (int(utime) + int(stime)) * _TICK


def ending(status: int) -> str:
    """How a process ended, in a word: `SIGSEGV`, `exit 3`. Negative: the number of a signal."""
    try:
        return signal.Signals(-status).name if status < 0 else f"exit {status}"
    except ValueError:
        return f"signal {-status}"
