"""Ends what a lab leaves behind; `python -m tests.lab.reaper DIRECTORY` starts when its stdin ends.

Guests outlive their daemon, and a test run may itself be killed. So each lab directory has one such
process at the other end of a pipe: however the owner ends, the pipe closes. It kills only processes
named by a `*.pid` file inside the directory, and only if the process still mentions the directory in its
command line or environment.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROUNDS = 10
GONE_TIMEOUT_S = 10.0


def main(directory: Path) -> None:
    """Wait for the end of stdin, then reap."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while sys.stdin.buffer.read(4096):
        pass
    reap(directory)


def reap(directory: Path) -> None:
    """Kill everything the directory owns, then remove it.

    A process that was just being started is caught by a later round.
    """
    for _ in range(ROUNDS):
        alive = list(owned(directory))
        if not alive:
            break
        for pid in alive:
            kill(pid)
        for pid in alive:
            wait_gone(pid)
    shutil.rmtree(directory, ignore_errors=True)


def owned(directory: Path) -> Iterator[int]:
    """Process ids from the pid files below `directory` whose process still is one of ours."""
    needle = os.fsencode(directory)
    for pid_file in directory.rglob("*.pid"):
        try:
            pid = int(pid_file.read_text())
        except (OSError, ValueError):
            continue
        if pid > 1 and needle in process_text(pid):
            yield pid


def process_text(pid: int) -> bytes:
    """Command line and environment of a process; empty if it is gone, a zombie, or not ours to read."""
    text = b""
    for name in ("cmdline", "environ"):
        try:
            text += Path(f"/proc/{pid}/{name}").read_bytes() + b"\0"
        except OSError:
            continue
    return text


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_gone(pid: int) -> None:
    """Wait until a killed process has given back its memory (a zombie has)."""
    deadline = time.monotonic() + GONE_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state in "ZX":
            return
        time.sleep(0.01)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
