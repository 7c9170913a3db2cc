"""A program in a real pseudo-terminal: reads are timestamped, keys timed, bytes counted, reading can be paused.

It answers the question for synchronized output, as modern terminals do. Key latency is the time from writing a key to
the first byte that comes back.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence

SYNC_QUESTION, SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
TICKS = os.sysconf("SC_CLK_TCK")

UNWANTED = ("NO_COLOR", "COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
"""What a child does not inherit: without bytecode kept, a Python program is measured while it compiles itself."""


class Pty:
    """One child process and its terminal. Use as a context manager; the child does not outlive it."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 160,
        rows: int = 50,
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        environment = dict(os.environ) | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        for inherited in UNWANTED:
            environment.pop(inherited, None)
        environment.update(env or {})
        self._fd, theirs = pty.openpty()
        self.resize(columns, rows)
        self.started = time.perf_counter()
        self.child = subprocess.Popen(
            argv,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            pass_fds=pass_fds,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self.data = bytearray()
        """Everything the child has written."""
        self.reads: list[tuple[float, int]] = []
        """Time of each read and the number of bytes read up to then."""
        self.ended = False
        self._paused = False
        self._closing = False
        self._news = threading.Condition()
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Pty:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up, then end the child by its id, and wait for both."""
        if self._closing:
            return
        self._closing = True
        os.write(self._wake_write, b"x")
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)
        self.child.wait()
        self._thread.join()
        for fd in (self._fd, self._wake_read, self._wake_write):
            os.close(fd)

    # The terminal

    def _read(self) -> None:
        while not self._closing:
            watched = [self._wake_read] if self._paused else [self._wake_read, self._fd]
            ready, _, _ = select.select(watched, [], [])
            if self._wake_read in ready:
                os.read(self._wake_read, 64)
            elif self._fd in ready and not self._take():
                break
        with self._news:
            self.ended = True
            self._news.notify_all()

    def _take(self) -> bool:
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            return False
        now = time.perf_counter()
        with self._news:
            self.data += data
            self.reads.append((now, len(self.data)))
            self._news.notify_all()
        if SYNC_QUESTION in data:
            os.write(self._fd, SYNC_ANSWER)
        return bool(data)

    def pause(self) -> None:
        """Stop reading, as a terminal does after ctrl-s."""
        self._paused = True
        os.write(self._wake_write, b"p")

    def resume(self) -> None:
        """Read again."""
        self._paused = False
        os.write(self._wake_write, b"r")

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def write(self, keys: bytes) -> None:
        """Type."""
        os.write(self._fd, keys)

    # Waiting

    def wait_for(self, marker: bytes, timeout: float = 60, start: int = 0) -> float:
        """Wait until `marker` is written after byte `start`; the time of the read that completed it."""
        deadline = time.perf_counter() + timeout
        with self._news:
            while (at := self.data.find(marker, start)) < 0:
                left = deadline - time.perf_counter()
                if left <= 0 or self.ended:
                    raise TimeoutError(f"{marker!r} did not come; last: {bytes(self.data[-300:])!r}")
                self._news.wait(left)
            return next(when for when, total in self.reads if total >= at + len(marker))

    def wait_quiet(self, seconds: float = 0.3, timeout: float = 60) -> None:
        """Wait until nothing has been written for `seconds`."""
        deadline = time.perf_counter() + timeout
        while time.perf_counter() < deadline:
            with self._news:
                last = self.reads[-1][0] if self.reads else self.started
                if self.ended or time.perf_counter() - last >= seconds:
                    return
            time.sleep(seconds / 10)
        raise TimeoutError(f"the program did not fall silent for {seconds} s")

    def press(self, key: bytes, timeout: float = 30) -> float:
        """Seconds from writing `key` to the first byte that comes back (`timeout` when nothing does)."""
        with self._news:
            seen = len(self.reads)
            pressed = time.perf_counter()
            self.write(key)
            while len(self.reads) == seen:
                left = pressed + timeout - time.perf_counter()
                if left <= 0 or self.ended:
                    return timeout
                self._news.wait(left)
            return self.reads[seen][0] - pressed

    # The child

    def cpu(self) -> float:
        """CPU seconds that the child has used."""
        with open(f"/proc/{self.child.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def percentile(values: Sequence[float], percent: float) -> float:
    """The value at `percent` of the sorted values (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]
