"""One worker process as the console sees it: started, spoken to over a non-blocking socket, ended."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from novatui.core.text import clean
from novatui.engine.logline import LogLine
from novatui.wire import frames
from novatui.wire.channel import FrameReader, GarbledChannel, encode
from novatui.wire.greeting import clock_offset, hello
from novatui.wire.pulse import Pulse

log = logging.getLogger("novatui.worker")

WINDOW = 32
"""Data frames that a worker may have on the way; enough to fill the pipe, few enough to stay current."""

CHUNK = 32768
"""Bytes read in one go: less than a millisecond of decoding."""

TURN = 0.004
"""Seconds of one turn of the event loop that all workers together may take for decoding and storing."""

MAX_UNSENT = 8 * 1024 * 1024
"""Bytes waiting for a worker that does not read; beyond that it is given up."""

LOG_LINES = 200
LOG_WIDTH = 500


class Turn:
    """Shares the time of one turn of the event loop between the workers: what is left waits for the next turn."""

    def __init__(self) -> None:
        self._spent = 0.0

    def open(self) -> bool:
        """True while this turn has time left."""
        return self._spent < TURN

    def spend(self, seconds: float) -> None:
        """So much of it is gone."""
        if self._spent == 0.0:
            asyncio.get_running_loop().call_soon(self._next)
        self._spent += seconds

    def _next(self) -> None:
        self._spent = 0.0


class WorkerProcess:
    """A worker process and the channel to it. All methods belong to the event loop's thread."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        remote: bool,
        patience: float,
        leave: float,
        turn: Turn,
        receive: Callable[[WorkerProcess, frames.Frame, float], None],
        ended: Callable[[WorkerProcess], None],
    ) -> None:
        """`remote`: the command is an ssh client, and the worker is on the standard streams at its far end.

        `patience`: seconds of silence after which it hangs. `leave`: seconds from the end of the channel to SIGKILL.
        `receive` gets every frame after the greeting with the offset of its clock; `ended` is called once, when the
        process is gone.
        """
        self.remote = remote
        self.started = time.monotonic()
        self.pulse = Pulse(patience, self.started)
        self.greeting: frames.Hello | None = None
        self.ready = asyncio.Event()
        """Set when it may be spoken to, or is gone."""
        self.stats: frames.Stats | None = None
        self.stats_at = 0.0
        """Our monotonic clock when the last Stats arrived."""
        self.log: deque[LogLine] = deque(maxlen=LOG_LINES)
        self.fault = ""
        """Why we ended it; empty when it ended by itself."""
        self.conns: set[str] = set()
        """Connections that were given to it."""
        self.culprits: set[str] = set()
        """Connections that made us end it."""
        self.incompatible = False
        """Its other end is of another version, or no worker at all."""
        self.received = 0
        """Bytes that came over the channel so far."""
        self.sent = 0
        """Bytes that went over it."""
        self.status: int | None = None
        """Exit status, negative for a signal; None while it runs."""
        self._leave = leave
        self._turn = turn
        self._receive = receive
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader()
        self._offset = 0.0
        self._owed = 0
        self._unsent = bytearray()
        self._line = b""
        self._socket, self._process = _spawn(command, remote)
        self._stderr = self._process.stderr or self._process.stdout
        self._open = True
        self._watch_output()
        self.send(hello())

    @property
    def pid(self) -> int:
        """Process id: of the worker, or of the ssh client that leads to it."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """True while frames can go to it."""
        return self._open and not self.fault

    def send(self, frame: frames.Frame) -> None:
        """Put a frame on its way; it is dropped when the process has ended."""
        if not self.alive:
            return
        if not self._unsent:
            self._loop.add_writer(self._socket, self._write)
        self._unsent += encode(frame)
        self._write()
        if len(self._unsent) > MAX_UNSENT:
            self.kill("it does not read what it is told")

    def kill(self, fault: str) -> None:
        """End it now, whatever it is doing. `ended` is called soon."""
        if self.status is None:
            self.fault = self.fault or fault
            self._signal(signal.SIGKILL)
            self._close_channel()

    def hang_up(self) -> None:
        """Close the channel: the worker leaves by itself."""
        self.fault = self.fault or "the console has no more use for it"
        self._close_channel()

    # --- the channel -----------------------------------------------------------------------------------------------

    def _watch_output(self) -> None:
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket, self._read)
        if self._stderr:
            os.set_blocking(self._stderr.fileno(), False)
            self._loop.add_reader(self._stderr.fileno(), self._read_log)

    def _write(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            sent = len(self._unsent)  # it has ended: the reader finds out why
        self.sent += sent
        del self._unsent[:sent]
        if not self._unsent and self._open:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        if not self._turn.open():
            return  # still readable in the next turn
        begun = time.perf_counter()
        try:
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._take(data)
        else:
            self._close_channel()
        self._turn.spend(time.perf_counter() - begun)

    def _take(self, data: bytes) -> None:
        self.received += len(data)
        self.pulse.hear(time.monotonic())
        try:
            for frame in self._reader.feed(data):
                self._accept(frame)
        except GarbledChannel as error:
            self.incompatible = self.greeting is None
            shown = clean(data[:80].decode("utf-8", "replace")) if self.incompatible else ""
            self.kill(f"what it says is no frame: {shown or error}")

    def _accept(self, frame: frames.Frame) -> None:
        if not self.alive:
            return
        if self.greeting is None:
            self._greet(frame)
            return
        if isinstance(frame, frames.Stats):
            self.stats, self.stats_at = frame, time.monotonic()
        self._receive(self, frame, self._offset)
        if isinstance(frame, frames.DATA):
            self._owed += 1
            if self._owed >= WINDOW // 4:
                self.send(frames.Credit(self._owed))
                self._owed = 0

    def _greet(self, frame: frames.Frame) -> None:
        ours = hello()
        if not isinstance(frame, frames.Hello) or frame.protocol != ours.protocol:
            self.incompatible = True
            theirs = f"{frame.version} (protocol {frame.protocol})" if isinstance(frame, frames.Hello) else "unknown"
            self.kill(f"its version is {theirs}, ours is {ours.version} (protocol {ours.protocol})")
            return
        self.greeting = frame
        self._offset = clock_offset(frame, ours.monotonic)
        self.send(frames.Credit(WINDOW))
        self.ready.set()

    # --- its log and its end ---------------------------------------------------------------------------------------

    def _read_log(self) -> None:
        if not self._stderr:
            return
        try:
            data = os.read(self._stderr.fileno(), CHUNK)
        except BlockingIOError:
            return
        *lines, self._line = (self._line + data).split(b"\n")
        self._line = self._line[-LOG_WIDTH:]
        for line in lines:
            text = clean(line.decode("utf-8", "replace"), LOG_WIDTH)
            self.log.append(LogLine(time.time(), text))
            log.debug("%d: %s", self.pid, text)
        if not data:
            self._loop.remove_reader(self._stderr.fileno())

    def _close_channel(self) -> None:
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        self._reap(time.monotonic() + self._leave)

    def _reap(self, patience: float) -> None:
        """Wait for the exit status, which comes a little after the end of the channel."""
        self.status = self._process.poll()
        if self.status is None:
            if time.monotonic() > patience:
                self._signal(signal.SIGKILL)
            self._loop.call_later(0.02, self._reap, patience)
            return
        if self._stderr:
            self._read_log()
            self._loop.remove_reader(self._stderr.fileno())
            self._stderr.close()
            self._stderr = None
        self.ready.set()
        self._ended(self)

    def _signal(self, number: int) -> None:
        """To its whole process group: libraries start processes of their own (ssh, for instance)."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def _spawn(command: Sequence[str], remote: bool) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Start it in a session of its own, so that no key of the terminal reaches it. Must run on the main thread.

    The kernel ends a worker with the thread that started it.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            if remote:
                process = subprocess.Popen(
                    command,
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            else:
                process = subprocess.Popen(
                    [*command, "--fd", str(theirs.fileno()), "--parent", str(os.getpid())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
        except BaseException:
            ours.close()
            raise
    return ours, process
