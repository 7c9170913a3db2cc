"""A lab's private directory, whose processes and files go away with it, however the owner ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.lab.missing import LabError, LabUnavailable

CHECKOUT = Path(__file__).resolve().parents[2]

#: Builds that survive a run (guest kernel, chroots) live here; the variable lets checkouts share one folder.
CACHE = Path(os.environ.get("NOVATUI_LAB_CACHE") or CHECKOUT / ".cache" / "lab")

#: Bytes of the folder that temporary files go to: libvirt adds up to 83, and a socket's path ends at 107.
LONGEST_PARENT = 24


class Workspace:
    """A directory with a short path, readable by other users, with a reaper.

    `close` kills every process named by a `*.pid` file below the directory and removes the directory;
    the same happens when this process dies without closing.
    """

    def __init__(self, prefix: str = "ntl-") -> None:
        parent = tempfile.gettempdir()
        if len(parent) > LONGEST_PARENT:
            raise LabUnavailable(f"{parent} is too long for the sockets that would be made below it (set TMPDIR)")
        self.path = Path(tempfile.mkdtemp(prefix=prefix))
        self.path.chmod(0o755)
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.reaper", str(self.path)],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def close(self) -> None:
        if self._reaper.stdin and not self._reaper.stdin.closed:
            self._reaper.stdin.close()
            self._reaper.wait()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def free_port() -> int:
    """A TCP port on loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    """Poll a condition; LabError says what was waited for when the generous timeout is over."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout_s:.0f} s for {what}")
        time.sleep(0.05)
