"""A fleet without worker processes: it knows what frames tell it, over the real decoder, and its clocks stand still."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from unittest.mock import patch

from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.errors import Failure, Fault
from novatui.core.inventory import Value
from novatui.core.states import Link
from novatui.engine.connection import Connection
from novatui.engine.fleet import Fleet, Target
from novatui.engine.logline import LogLine
from novatui.wire import frames
from novatui.wire.channel import decode, encode
from tests.unit import stores

EVENING = 1_791_762_067.0
"""2026-10-11 23:41:07 UTC: the time of every picture."""

FAR = 100_000.0
"""The monotonic clock at that time."""

RETRY = 4.0
"""Seconds until a lost connection would be tried again."""


class Clock:
    """Two clocks that go on only when told to."""

    def __init__(self) -> None:
        self.passed = 0.0

    def advance(self, seconds: float) -> None:
        self.passed += seconds

    def time(self) -> float:
        """Epoch seconds."""
        return EVENING + self.passed

    def monotonic(self) -> float:
        """What ages are counted by."""
        return FAR + self.passed


class Recorder:
    """Stands where the worker of every connection would be, and keeps what is sent to it."""

    alive = True
    log: Sequence[LogLine] = ()
    conns: Sequence[str] = ()

    def __init__(self) -> None:
        self.sent: list[frames.Frame] = []

    def send(self, frame: frames.Frame) -> None:
        self.sent.append(frame)


class StillFleet(Fleet):
    """`hear` is its only source of news."""

    def __init__(self, specs: Sequence[ConnectionSpec], clock: Clock | None = None) -> None:
        super().__init__([Target(spec, dict) for spec in specs])
        self.clock = clock or Clock()
        self.migrations._clock = self.clock.time
        self.inspecting.pace = 0.0  # what is asked at once is a matter of numbers here, not of time
        self.worker = Recorder()
        self.reconnected: list[str] = []
        self.identity._clock = self.aggregates._clock = self.clock.monotonic
        self._links._workers = {spec.name: self.worker for spec in specs}  # type: ignore[misc]
        self._links._plan = self._plan  # type: ignore[method-assign]

    async def start(self) -> None:
        """Nothing is opened."""

    async def stop(self) -> None:
        """Nothing is to be ended."""

    def add(self, target: Target) -> None:
        """Its worker is the one that all have; `connect` makes it."""
        name = target.spec.name
        self._dismissed.pop(name, None)
        self.inventory.add_connection(target.spec)
        before = self.connections.get(name)
        self.connections[name] = Connection(target.spec, before.generation if before else 0)
        self._links._workers[name] = self.worker  # type: ignore[assignment]
        self._links._targets[name] = target
        self._links._supervisor.admit(name, target.route)
        with _Standing(self.clock):
            self.connections[name].begin()
            self._opened(self.connections[name])
            self._links._tell(self.connections[name])

    def reconnect(self, conn: str) -> None:
        self.reconnected.append(conn)

    def _plan(self, connection: Connection, seconds: float) -> None:
        connection.retry_at = self.clock.time() + RETRY

    @property
    def sent(self) -> list[frames.Frame]:
        """What the console asked of the workers, but for credit."""
        return self.worker.sent

    # --- news ---------------------------------------------------------------------------------------------------------

    def hear(self, *news: frames.Frame) -> None:
        """Frames as they come from a worker: encoded, decoded and cleaned."""
        with _Standing(self.clock):
            for frame in news:
                self._links._frame(self.worker, decode(encode(frame)[4:]), 0.0)  # type: ignore[arg-type]

    def hear_bytes(self, body: bytes) -> None:
        """The body of one frame; GarbledChannel when it is none."""
        with _Standing(self.clock):
            self._links._frame(self.worker, decode(body), 0.0)  # type: ignore[arg-type]

    def connect(self, *conns: str) -> None:
        """A new generation of these connections, made and listed at once as far as the link tells."""
        for name in conns:
            connection = self.connections[name]
            with _Standing(self.clock):
                connection.begin()
                self._opened(connection)
                self._links._tell(connection)
            for link in (Link.LOADING, Link.UP):
                self.hear(self.state(name, link))

    def lose(self, conn: str, failure: Failure | None = None) -> None:
        """The connection breaks."""
        self.hear(self.state(conn, Link.DOWN, failure or BROKEN))

    def state(self, conn: str, link: Link, failure: Failure | None = None) -> frames.ConnectionState:
        connection = self.connections[conn]
        info = None if link is Link.DOWN else _info(connection.spec)
        return frames.ConnectionState(conn, connection.generation, link, info, failure)

    def tell(self, conn: str, objects: Mapping[str, Mapping[str, Value]]) -> None:
        """Rows of this connection, read now."""
        self.hear(*stores.rows(objects, conn=conn, generation=self._now(conn), begun=self.clock.monotonic()))

    def remove(self, conn: str, *keys: str) -> None:
        self.hear(frames.Remove(conn, self._now(conn), self.clock.monotonic(), list(keys)))

    def listed(self, conn: str, scopes: Iterable[str], failures: Mapping[str, Failure] | None = None) -> None:
        """A listing of these kinds began and ended now."""
        begun = self.clock.monotonic()
        self.hear(frames.LoadComplete(conn, self._now(conn), begun, list(scopes), dict(failures or {})))

    def measure(self, conn: str, values: Mapping[str, Mapping[str, float]], ago: float = 0.0) -> None:
        """One reading of metrics, `ago` seconds old."""
        begun = self.clock.monotonic() - ago
        self.hear(stores.samples(values, conn=conn, generation=self._now(conn), begun=begun))

    def _now(self, conn: str) -> int:
        return self.connections[conn].generation


class _Standing:
    """Connections tell the time themselves: let them look at the standing clock."""

    def __init__(self, clock: Clock) -> None:
        self._patches = [patch(f"novatui.engine.{module}.time", clock) for module in ("links", "connection")]

    def __enter__(self) -> None:
        for one in self._patches:
            one.start()

    def __exit__(self, *error: object) -> None:
        for one in self._patches:
            one.stop()


BROKEN = Failure(
    fault=Fault.TIMEOUT,
    message="no answer within 8 s",
    meaning="the machine is down, or a firewall drops what we send",
    hint="look at the network, then press R",
    code="110",
)


def _info(spec: ConnectionSpec) -> ConnectionInfo:
    return ConnectionInfo(product=f"{spec.family.value} 9.0", endpoint=spec.uri, user="oncall", transport="tls")
