"""Bytes on their way from Textual to the terminal: counted, bounded, and never waited for by the event loop.

A thread of its own writes. When the terminal stops reading, whole frames are dropped, never parts of one, until it
has taken what is pending; then `drained` is called, and whoever made this repaints the whole screen once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from novatui.ui.output.counters import Counters

FRAME_LIMIT = 64 * 1024
"""Pending bytes past which frames are dropped. Memory is bounded by this plus one frame."""

CONTROL_LIMIT = 1024 * 1024
"""Pending bytes past which even what is no frame (modes, titles, clipboard) is dropped."""

PIECE = 16 * 1024
"""Bytes per write to the terminal."""

STOP_SECONDS = 2.0
"""How long `stop` waits for a terminal to take the last bytes. One that does not read must not keep us alive."""


class PassThrough:
    """The way out to one terminal. All methods but `stop` return at once; all belong to the event loop."""

    def __init__(self, fd: int, counters: Counters, drained: Callable[[], object], encoding: str = "utf-8") -> None:
        """`drained` is called on the writing thread, when frames were dropped and nothing is pending any more."""
        self.counters = counters
        self._fd = fd
        self._drained = drained
        self._encoding = encoding
        self._frame: list[str] | None = None
        self._ready = threading.Condition()
        self._queue: list[bytes] = []
        self._pending = 0
        self._dropping = False
        self._stopping = False
        self._gone = False
        self._thread = threading.Thread(target=self._run, name="novatui-output", daemon=True)

    def start(self) -> None:
        """Begin writing."""
        self._thread.start()

    def stop(self) -> None:
        """Write out what is pending, for at most `STOP_SECONDS`, and end the thread."""
        with self._ready:
            self._stopping = True
            self._ready.notify()
        self._thread.join(STOP_SECONDS)

    @property
    def dropping(self) -> bool:
        """Frames are being dropped: the terminal shows an old screen."""
        return self._dropping

    @property
    def pending(self) -> int:
        """Bytes that the terminal has not taken yet."""
        return self._pending

    def write(self, text: str) -> None:
        """Pass on `text`, as part of the frame if one is open."""
        if self._frame is not None:
            self._frame.append(text)
        else:
            self._put(self._encode(text), CONTROL_LIMIT)

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Everything written inside is one frame: sent whole or not at all."""
        self._frame = []
        try:
            yield
        finally:
            parts, self._frame = self._frame, None
            data = self._encode("".join(parts))
            if data:
                self._end_frame(data)

    def resume(self) -> None:
        """Send frames again; the next one must be a full repaint."""
        with self._ready:
            self._dropping = False
        self.counters.resyncs += 1

    def _end_frame(self, data: bytes) -> None:
        if not self._dropping and self._put(data, FRAME_LIMIT):
            self.counters.frames += 1
            self.counters.frame_bytes.add(len(data))
        else:
            self.counters.frames_dropped += 1

    def _put(self, data: bytes, limit: int) -> bool:
        """Queue `data`; False, and frames are dropped from now on, if too much is pending already."""
        with self._ready:
            if self._gone:
                return False
            if self._pending > limit:
                self._dropping = True
                return False
            self._queue.append(data)
            self._pending += len(data)
            self.counters.pending_peak = max(self.counters.pending_peak, self._pending)
            self._ready.notify()
        return True

    def _encode(self, text: str) -> bytes:
        return text.encode(self._encoding, "replace")

    # The writing thread

    def _run(self) -> None:
        while data := self._take():
            try:
                self._write_out(data)
            except OSError:  # the terminal is gone; its hang-up signal ends the console
                with self._ready:
                    self._gone = True
                    self._queue.clear()
                    self._pending = 0
                return
            with self._ready:
                caught_up = self._dropping and not self._queue and not self._stopping
            if caught_up:
                self._drained()

    def _take(self) -> bytes:
        """What is queued, waited for; empty when stopped and nothing is left."""
        with self._ready:
            while not self._queue and not self._stopping:
                self._ready.wait()
            data = b"".join(self._queue)
            self._queue.clear()
            return data

    def _write_out(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.write(self._fd, view[:PIECE])
            view = view[written:]
            with self._ready:
                self._pending -= written
            self.counters.bytes_written += written
