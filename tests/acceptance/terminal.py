"""A program in a real pseudo-terminal, and the screen it draws, kept by a terminal emulator."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyte


def ordinary() -> dict[str, str]:
    """The environment of a person at an ordinary terminal, whatever the one of whoever tests is like."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME") or name.startswith("XDG_")}
    return kept | {"TERM": "xterm-256color", "LANG": "C.UTF-8"}


class Terminal:
    """Starts a program on a terminal of its own; `with` ends it and its process group."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 160,
        rows: int = 50,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.output = bytearray()
        """Everything that the program wrote."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        surroundings = ordinary() if environment is None else dict(environment)
        self.process = subprocess.Popen(
            command, cwd=folder, env=surroundings, preexec_fn=lambda: os.login_tty(theirs), close_fds=True
        )
        os.close(theirs)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, 9)
            self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """The line is dropped: nobody is at the other end any more."""
        if self._ours >= 0:
            os.close(self._ours)
        self._ours = -1

    @property
    def text(self) -> str:
        """The screen as it is now, one line a row, without the blanks at the end."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    @property
    def title(self) -> str:
        """The title of the window, as the program set it."""
        return self._screen.title

    def resize(self, columns: int, rows: int) -> None:
        """The person makes the window larger or smaller."""
        self._screen.resize(rows, columns)
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_for(self, seconds: float) -> None:
        """Read whatever comes in this time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            self.read(end)

    def send(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def wait_for(self, wanted: str, seconds: float = 60) -> None:
        """Read until the screen shows a text; AssertionError with the last screen if it never does."""
        end = time.monotonic() + seconds
        while wanted not in self.text:
            assert self.read(end), f"{wanted!r} never came; the screen was:\n{self.text}"

    def wait_for_exit(self, seconds: float = 60) -> int:
        """Read until the program ends by itself; its exit status."""
        end = time.monotonic() + seconds
        while self.read(end):
            pass
        assert time.monotonic() < end, f"still running; the screen was:\n{self.text}"
        return self.process.wait(seconds)

    def read(self, end: float) -> bool:
        """Take what the program wrote; False once it has ended or the time is up."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, end - time.monotonic()))
        with contextlib.suppress(OSError):  # EIO: nobody holds the other side any more
            if ready and (data := os.read(self._ours, 65536)):
                self.output += data
                self._stream.feed(data)
                return True
        return False
