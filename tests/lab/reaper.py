"""Ends what a lab leaves behind; `python -m tests.lab.reaper DIRECTORY` starts when its stdin ends.

Guests outlive their daemon, and a test run may itself be killed. So each lab directory has one such process at the
other end of a pipe: however the owner ends, the pipe closes. It kills only processes named by a `*.pid` file inside
the directory, if they still mention the directory in their command line or environment, and their descendants.
"""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.lab.processes import descendants, is_alive, mentions, send

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
    """Kill everything the directory owns, then remove it. Later rounds catch what was just being started."""
    for _ in range(ROUNDS):
        alive = list(owned(directory))
        if not alive:
            break
        for pid in alive:
            send(pid, signal.SIGKILL)
        for pid in alive:
            wait_gone(pid)
    shutil.rmtree(directory, ignore_errors=True)


def owned(directory: Path) -> Iterator[int]:
    """Process ids from the pid files below `directory` whose process still is one of ours, and their descendants."""
    for pid_file in directory.rglob("*.pid"):
        try:
            pid = int(pid_file.read_text())
        except (OSError, ValueError):
            continue
        if pid > 1 and is_alive(pid) and mentions(pid, str(directory)):
            yield pid
            yield from descendants(pid)


def wait_gone(pid: int) -> None:
    """Wait until a killed process has given back its memory."""
    deadline = time.monotonic() + GONE_TIMEOUT_S
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
