"""Life of all connections on the console's side: opened, lost, tried again; each attempt a generation of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress

import msgspec

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import BackendFault, Failure, Fault, NovaError, Unreachable
from novatui.core.states import Kind, Link
from novatui.engine import blocking
from novatui.engine.connection import Connection, delay
from novatui.engine.logline import LogLine
from novatui.engine.placement import must_be_alone
from novatui.engine.prompts import Prompts
from novatui.engine.supervisor import Route, Supervisor
from novatui.engine.supervisor_end import End
from novatui.engine.supervisor_policy import Policy
from novatui.engine.supervisor_process import WorkerProcess
from novatui.wire import frames

log = logging.getLogger(__name__)

FAREWELL = 0.8
"""Seconds that connections are given to say goodbye to their products when the console ends."""


class Target(msgspec.Struct, frozen=True):
    """A connection to open."""

    spec: ConnectionSpec
    secrets: Callable[[], dict[str, str]]
    """Finds the secrets. It may block (a key ring, a command): it runs on a thread just before each attempt. NovaError
    when they cannot be had."""
    via: str = ""
    """`ssh://[user@]host[:port]` of the machine its worker runs on; empty for this one."""
    ssh_options: tuple[str, ...] = ()
    """More options of the ssh client."""
    typed: tuple[str, ...] = ()
    """Labels of the secrets that a person types: they are asked for as questions of the connection."""

    @property
    def route(self) -> Route:
        """Which worker it needs."""
        return Route(self.spec, self.via, self.ssh_options)


class Links:
    """Opens the targets and keeps them open. All methods belong to the event loop."""

    def __init__(
        self,
        targets: Sequence[Target],
        *,
        kinds: Collection[Kind],
        max_workers: int,
        command: Sequence[str],
        policy: Policy,
        retry: bool,
        receive: Callable[[frames.Frame, float], None],
        opened: Callable[[Connection], None],
        changed: Callable[[Connection], None],
        lost: Callable[[Connection, Failure], None],
    ) -> None:
        """`retry`: a lost connection is tried again by itself. `receive` gets every frame of a current generation, with
        the offset of its clock to ours; `opened` is called at each new generation, `changed` when a connection stands
        elsewhere, `lost` when its answers will never come.
        """
        self.connections = {target.spec.name: Connection(target.spec) for target in targets}
        self._targets = {target.spec.name: target for target in targets}
        self._kinds = frozenset(kinds)
        self._receive = receive
        self._opened = opened
        self._changed = changed
        self._lost = lost
        self._retry_lost = retry
        self._prompts = Prompts(self._tell)
        self._supervisor = Supervisor(
            {name: target.route for name, target in self._targets.items()},
            max_workers=max_workers,
            command=command,
            policy=policy,
            receive=self._frame,
            ended=self._worker_ended,
        )
        self._workers: dict[str, WorkerProcess] = {}
        self._attempts: dict[str, asyncio.Task[None]] = {}
        self._retries: dict[str, asyncio.TimerHandle] = {}
        self._watches: dict[str, tuple[list[str] | None, float]] = {}
        self._one_by_one = asyncio.Lock()
        self._stopping = False
        self._moved = asyncio.Event()

    def start(self) -> None:
        """Begin the first attempt of every connection."""
        for name in self.connections:
            self._try(name)

    def add(self, target: Target) -> None:
        """One more connection, of another name than all others that are open, and its first attempt."""
        name = target.spec.name
        before = self.connections.get(name)
        self._targets[name] = target
        self.connections[name] = Connection(target.spec, before.generation if before else 0)
        self._supervisor.admit(name, target.route)
        self._try(name)

    def remove(self, name: str) -> None:
        """Close a connection for good. Its state stays to be read, as closed, until somebody takes it away."""
        if timer := self._retries.pop(name, None):
            timer.cancel()
        if attempt := self._attempts.pop(name, None):
            attempt.cancel()
        self.send(name, frames.Close(name))
        self._prompts.forget(name)
        self._supervisor.dismiss(name, FAREWELL)
        for known in (self._workers, self._watches, self._targets):
            known.pop(name, None)
        self.connections[name].questions = {}
        self.connections[name].go(Link.CLOSED, None)
        self._tell(self.connections[name])

    async def stop(self) -> None:
        """Close every connection and end every worker. Takes two seconds at most."""
        self._stopping = True
        for timer in self._retries.values():
            timer.cancel()
        for attempt in self._attempts.values():
            attempt.cancel()
        for name in self._workers:
            self.send(name, frames.Close(name))
        patience = time.monotonic() + FAREWELL
        while any(c.link in _OPEN for c in self.connections.values()) and time.monotonic() < patience:
            await self._move(patience)
        await self._supervisor.stop()

    async def settled(self, timeout: float) -> None:
        """Wait until every connection is loaded or has failed; `timeout` seconds at most."""
        patience = time.monotonic() + timeout
        while not all(c.settled for c in self.connections.values()) and time.monotonic() < patience:
            await self._move(patience)

    @property
    def workers(self) -> list[WorkerProcess]:
        """The worker processes that run."""
        return self._supervisor.workers

    def send(self, conn: str, frame: frames.Frame) -> bool:
        """Put a frame on its way to the worker of this connection; False when it has none."""
        worker = self._workers.get(conn)
        if worker is None or not worker.alive:
            return False
        worker.send(frame)
        return True

    def watch(self, keys: Mapping[str, Collection[str] | None], interval: float) -> None:
        """Measure these keys of these connections (None: all of one), and nothing else, at most every `interval` s."""
        for name in self.connections:
            wanted = keys.get(name, ())
            watch = (None, interval) if wanted is None else (sorted(wanted), interval if wanted else 0.0)
            if self._watches.get(name, ([], 0.0)) != watch:
                self._watches[name] = watch
                self.send(name, frames.Watch(name, *watch))

    def want(self, kinds: Collection[Kind]) -> frozenset[Kind]:
        """Have rows of these kinds from now on, and of no other; the answer: which are wanted no more."""
        before, self._kinds = self._kinds, frozenset(kinds)
        dropped = before - self._kinds
        if before != self._kinds:
            for name, connection in self.connections.items():
                connection.forget(dropped)
                self.send(name, frames.Kinds(name, self._kind_names))
        return dropped

    @property
    def _kind_names(self) -> list[str]:
        return sorted(kind.value for kind in self._kinds)

    def reconnect(self, conn: str) -> None:
        """Try again now, whatever was planned; a worker that is stuck in this connection is replaced."""
        self.connections[conn].attempt = 0
        self._supervisor.replace_if_late(conn)
        self._try(conn)

    def answer(self, conn: str, question: int, text: str | None) -> None:
        """What a person answered; None: declined."""
        if not self._prompts.answer(question, text):
            self.send(conn, frames.QuestionAnswer(conn, question, text))

    def log(self, conn: str) -> list[LogLine]:
        """Last lines that the worker of this connection wrote, or its last one before it ended."""
        worker = self._workers.get(conn)
        return list(worker.log) if worker else self.connections[conn].log

    # --- attempts --------------------------------------------------------------------------------------------------

    def _try(self, name: str) -> None:
        if timer := self._retries.pop(name, None):
            timer.cancel()
        if attempt := self._attempts.pop(name, None):
            attempt.cancel()
        connection = self.connections[name]
        connection.begin()
        self._opened(connection)
        self._tell(connection)
        self._attempts[name] = asyncio.get_running_loop().create_task(self._attempt(connection, connection.generation))

    async def _attempt(self, connection: Connection, generation: int) -> None:
        name = connection.name
        try:
            typed = await self._prompts.typed(connection, self._targets[name].typed)
            secrets = typed | await blocking.run(self._targets[name].secrets)
            async with self._one_by_one:
                worker = self._workers[name] = self._supervisor.assign(name)
                await asyncio.sleep(0)  # starting a process takes milliseconds: let keys in between
        except NovaError as error:
            self._down(connection, error.failure)
            return
        except Exception as error:
            log.exception("%s: the attempt failed", name)
            self._down(connection, BackendFault("the connection could not be prepared", native=repr(error)).failure)
            return
        await worker.ready.wait()
        if not worker.alive:
            return  # its end is reported by itself
        connection.worker_pid = worker.greeting.pid if worker.greeting else None
        worker.send(frames.Open(connection.spec, generation, secrets, self._kind_names))
        if name in self._watches:
            worker.send(frames.Watch(name, *self._watches[name]))

    def _retry(self, name: str) -> None:
        """Time for another attempt; a worker that is stuck in the last one comes back or is killed first."""
        if self._supervisor.is_late(name):
            self._plan(self.connections[name], 1.0)
        else:
            self._try(name)

    def _plan(self, connection: Connection, seconds: float) -> None:
        connection.retry_at = time.time() + seconds
        loop = asyncio.get_running_loop()
        self._retries[connection.name] = loop.call_later(seconds, self._retry, connection.name)

    def _down(self, connection: Connection, failure: Failure, *, final: bool = False) -> None:
        self._lost(connection, failure)
        connection.go(Link.DOWN, failure)
        if failure.fault is Fault.AUTH_FAILED:
            self._prompts.forget(connection.name)
        connection.questions = {}
        if must_be_alone(connection.spec) and (worker := self._workers.pop(connection.name, None)):
            # A driver that takes the whole process cannot begin in it a second time.
            connection.log, connection.worker_pid, connection.stats = list(worker.log), None, None
            worker.hang_up()
        if self._retry_lost and not (final or failure.final or self._stopping):
            self._plan(connection, delay(connection.attempt))
        self._tell(connection)

    def _tell(self, connection: Connection) -> None:
        self._moved.set()
        self._changed(connection)

    async def _move(self, until: float) -> None:
        """Wait until a connection stands elsewhere, or until this time."""
        self._moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                await self._moved.wait()

    # --- what the workers say --------------------------------------------------------------------------------------

    def _frame(self, worker: WorkerProcess, frame: frames.Frame, offset: float) -> None:
        if isinstance(frame, frames.Stats):
            for name in worker.conns:
                self.connections[name].stats = frame
            return
        name = getattr(frame, "conn", "")
        connection = self.connections.get(name)
        if connection is None or self._workers.get(name) is not worker:
            return
        if getattr(frame, "generation", connection.generation) != connection.generation:
            return
        match frame:
            case frames.ConnectionState():
                self._state(connection, frame)
            case frames.ConnectStep():
                connection.steps.append(frame)
                self._tell(connection)
            case frames.Question():
                connection.questions[frame.question] = frame
                self._tell(connection)
            case frames.LoadComplete():
                self._receive(frame, offset)
                connection.complete(frame.scopes, frame.failures, wanted=self._kinds)
                self._good(connection)
                self._tell(connection)
            case _:
                self._receive(frame, offset)
                self._good(connection)

    def _good(self, connection: Connection) -> None:
        connection.last_good = time.time()

    def _state(self, connection: Connection, frame: frames.ConnectionState) -> None:
        connection.info = frame.info or connection.info
        if frame.link is Link.DOWN:
            unsaid = Unreachable("the connection was lost").failure
            self._down(connection, frame.failure or unsaid)
        else:
            connection.go(frame.link, frame.failure)
            self._tell(connection)

    def _worker_ended(self, worker: WorkerProcess, end: End) -> None:
        for name in end.culprits & self._targets.keys():
            self._supervisor.isolate(name)
        for name in worker.conns:
            if self._workers.get(name) is not worker:
                continue
            del self._workers[name]
            connection = self.connections[name]
            connection.worker_pid, connection.stats = None, None
            connection.log = list(worker.log)
            if connection.link in _OPEN:
                failure = end.failure if name in end.culprits else end.bystanders
                self._down(connection, failure, final=end.final)


_OPEN = frozenset({Link.CONNECTING, Link.LOADING, Link.UP})
