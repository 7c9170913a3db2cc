"""The worker process: frames in from the console, frames out from its connections, gone when the console is."""

from __future__ import annotations

import ctypes
import faulthandler
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import msgspec

from novatui.backends import registry
from novatui.backends.driver import Session
from novatui.core.errors import BackendFault, Unreachable
from novatui.wire import frames
from novatui.wire.channel import FrameReader, GarbledChannel, encode
from novatui.wire.greeting import hello
from novatui.worker import inspections
from novatui.worker.calls import Calls, Limits
from novatui.worker.connection import Connection
from novatui.worker.outbox import Outbox
from novatui.worker.sink import Questions

log = logging.getLogger(__name__)

WORKING_BEAT = 1.0
"""Seconds between two Stats while calls are made."""

IDLE_BEAT = 5.0

NICENESS = 5

_PR_SET_PDEATHSIG = 1
_CHUNK = 65536


class Worker:
    """What the connections of this process share, and the frames that come for them."""

    def __init__(self, driver_class: Callable[[str], type[Session]], limits: Limits) -> None:
        self.driver_class = driver_class
        self.limits = limits
        self.outbox = Outbox()
        self.calls = Calls()
        self.questions = Questions()
        self.counts: Counter[str] = Counter()
        self._connections: dict[str, Connection] = {}

    def receive(self, frame: frames.Frame) -> None:
        """Do what the console asks; never waits for a product."""
        match frame:
            case frames.Hello():
                if frame.protocol != frames.PROTOCOL:
                    raise GarbledChannel(f"the console speaks protocol {frame.protocol}")
            case frames.Credit():
                self.outbox.grant(frame.frames)
            case frames.Open():
                self._open(frame)
            case frames.QuestionAnswer():
                self.questions.answer(frame.question, frame.answer)
            case frames.DetailRequest() if frame.conn not in self._connections:
                failure = Unreachable("the connection is not open").failure
                answer = frames.DetailAnswer(frame.conn, frame.request, time.monotonic(), None, failure)
                self.outbox.send(answer)
            case frames.NeedsRequest() if frame.conn not in self._connections:
                failure = Unreachable("the connection is not open").failure
                self.outbox.send(frames.NeedsAnswer(frame.conn, frame.request, None, failure))
            case frames.FitRequest() if frame.conn not in self._connections:
                failure = Unreachable("the connection is not open").failure
                self.outbox.send(frames.FitAnswer(frame.conn, frame.request, None, failure))
            case frames.InspectionRequest() if frame.conn not in self._connections:
                failure = Unreachable("the connection is not open").failure
                self.outbox.send(inspections.answer(frame, None, failure))
            case frames.PlanRequest() if frame.conn not in self._connections:
                failure = Unreachable("the connection is not open").failure
                self.outbox.send(frames.PlanAnswer(frame.conn, frame.request, None, [], failure))
            case frames.RunRequest() if frame.conn not in self._connections:
                failure = Unreachable("the connection is not open").failure
                self.outbox.send(frames.RunAnswer(frame.conn, frame.request, frame.operation, "", failure))
            case frames.Close() | frames.Watch() | frames.Refresh() | frames.Kinds() | frames.DetailRequest():
                if connection := self._connections.get(frame.conn):
                    self._pass_on(connection, frame)
            case frames.NeedsRequest() | frames.FitRequest():
                if connection := self._connections.get(frame.conn):
                    connection.place(frame)
            case frames.InspectionRequest():
                if connection := self._connections.get(frame.conn):
                    connection.inspect(frame)
            case frames.PlanRequest() | frames.RunRequest() | frames.Proceed() | frames.Unlock():
                if connection := self._connections.get(frame.conn):
                    self._pass_change(connection, frame)
            case _:
                log.warning("a frame that a worker has no use for: %s", type(frame).__name__)

    def _open(self, request: frames.Open) -> None:
        name = request.spec.name
        before = self._connections.get(name)
        if before:
            before.close()
        connection = self._connections[name] = Connection(request, self, before)
        connection.start()

    def _pass_on(
        self,
        connection: Connection,
        frame: frames.Close | frames.Watch | frames.Refresh | frames.Kinds | frames.DetailRequest,
    ) -> None:
        match frame:
            case frames.Close():
                connection.close()
            case frames.Watch():
                connection.watch(frame)
            case frames.Refresh():
                connection.refresh(frame.keys)
            case frames.Kinds():
                connection.want(frame.kinds)
            case frames.DetailRequest():
                connection.detail(frame)

    def _pass_change(
        self, connection: Connection, frame: frames.PlanRequest | frames.RunRequest | frames.Proceed | frames.Unlock
    ) -> None:
        match frame:
            case frames.PlanRequest():
                connection.plan(frame)
            case frames.RunRequest():
                connection.run(frame)
            case frames.Proceed():
                connection.proceed(frame)
            case frames.Unlock():
                connection.admission.unlock(frame)

    def expire_locks(self) -> None:
        """Tell of protections that are back, because their time is over."""
        for connection in list(self._connections.values()):
            connection.admission.expire()


def serve(
    descriptor: int,
    driver_class: Callable[[str], type[Session]] = registry.driver_class,
    limits: Limits | None = None,
) -> NoReturn:
    """Speak frames over this socket until it ends; then leave at once, whatever any thread is doing."""
    faulthandler.enable(all_threads=False)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    channel = socket.socket(fileno=descriptor)
    channel.setblocking(True)
    worker = Worker(driver_class, limits or Limits())
    worker.outbox.send(hello())
    threading.Thread(target=_write, args=(channel, worker.outbox), name="writer", daemon=True).start()
    threading.Thread(target=_watch_clock, args=(worker,), name="clock", daemon=True).start()
    try:
        _read(channel, worker)
    except OSError as error:
        log.error("the channel to the console broke: %s", error)
    except GarbledChannel as error:
        log.error("what the console says is no frame of this version: %s", error)
    leave()


def die_with(parent: int) -> None:
    """Have the kernel end this process when its parent ends, also inside a call that never returns."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        log.warning("prctl failed: %s", os.strerror(ctypes.get_errno()))
    if os.getppid() != parent:
        leave()  # the parent ended before we asked


def step_back() -> None:
    """Let the console go first when both want the processor: keys matter more than figures.

    Where the kernel shares the processor between sessions, the session has to be told too.
    """
    os.nice(NICENESS)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS))


def leave() -> NoReturn:
    """End now, without waiting for threads or running what libraries have left for the exit."""
    os._exit(0)


def _read(channel: socket.socket, worker: Worker) -> None:
    reader = FrameReader()
    while data := channel.recv(_CHUNK):
        for frame in reader.feed(data):
            try:
                worker.receive(frame)
            except GarbledChannel:
                raise
            except Exception:
                log.exception("%s was not served", type(frame).__name__)


def _write(channel: socket.socket, outbox: Outbox) -> None:
    while True:
        frame = outbox.take()
        try:
            data = _encoded(frame)
        except Exception:
            log.exception("a %s cannot be sent", type(frame).__name__)
            continue
        try:
            channel.sendall(data)
        except OSError:
            leave()


def _encoded(frame: frames.Frame) -> bytes:
    """The bytes of a frame. Somebody waits for an answer: when it cannot be sent, that is what it says instead."""
    try:
        return encode(frame)
    except (ValueError, TypeError, OverflowError) as error:
        failure = BackendFault("the answer cannot be sent", native=str(error)).failure
        match frame:
            case frames.DetailAnswer():
                instead = frames.DetailAnswer(frame.conn, frame.request, frame.begun, None, failure)
            case frames.NeedsAnswer():
                instead = frames.NeedsAnswer(frame.conn, frame.request, None, failure)
            case frames.FitAnswer():
                instead = frames.FitAnswer(frame.conn, frame.request, None, failure)
            case frames.InspectionAnswer():
                instead = msgspec.structs.replace(frame, found=None, failure=failure)
            case frames.PlanAnswer():
                instead = frames.PlanAnswer(frame.conn, frame.request, None, [], failure)
            case frames.CallProgress():
                instead = msgspec.structs.replace(frame, arguments={}, failure=failure)
            case frames.RunAnswer():
                instead = msgspec.structs.replace(frame, state="", failure=failure)
            case _:
                raise
        log.exception("a %s cannot be sent", type(frame).__name__)
        return encode(instead)


def _watch_clock(worker: Worker) -> None:
    """Abandon overdue calls, and tell the console once in a while that this process lives."""
    beat, worked, counted = float("-inf"), False, 0
    while True:
        now = time.monotonic()
        try:
            worker.calls.expire(now)
        except Exception:
            log.exception("an overdue call was not reported")
        worker.expire_locks()
        flying = worker.calls.report(now)
        total = sum(worker.counts.copy().values())
        worked = worked or bool(flying) or worker.calls.begun_since() > 0 or total > counted
        if now >= beat + (WORKING_BEAT if worked else IDLE_BEAT):
            beat, worked, counted = now, False, total
            worker.outbox.send(frames.Stats(now, time.process_time(), _rss(), flying, dict(worker.counts)))
        due = worker.calls.next_due() or now + WORKING_BEAT
        time.sleep(max(0.01, min(WORKING_BEAT, due - now)))


def _rss() -> int:
    """Resident memory of this process in bytes; 0 where the kernel does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
