"""A driver that does what a test says, inside a worker that has no process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, ClassVar, TypeVar

import msgspec

from novatui.backends.driver import (
    DetailSource,
    EventSource,
    HistorySource,
    InventorySource,
    Invoker,
    Loaded,
    MetricSource,
    PowerControl,
    Session,
    SnapshotSource,
    TaskSource,
)
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.detail import Detail
from novatui.core.events import Event
from novatui.core.history import History
from novatui.core.inventory import Row
from novatui.core.operations import Argument, NativeCall, Operation, Plan
from novatui.core.snapshots import Snapshot
from novatui.core.states import Family, Kind, Link
from novatui.core.tasks import Task
from novatui.wire import frames
from novatui.worker.calls import Limits
from novatui.worker.process import Worker

F = TypeVar("F", bound=frames.Frame)
PATIENCE = 30.0
LIMITS = Limits(connect=PATIENCE, list=PATIENCE, read=PATIENCE, sample=PATIENCE, close=PATIENCE)
SPEC = ConnectionSpec(name="lab", family=Family.LIBVIRT, driver="scripted", uri="x://")


class Scripted(
    Session,
    InventorySource,
    MetricSource,
    HistorySource,
    DetailSource,
    TaskSource,
    EventSource,
    SnapshotSource,
):
    """A driver whose every method a test may replace in `script`."""

    script: ClassVar[dict[str, Callable[..., Any]]]
    period = 0.01
    relist = 1000.0
    task_poll = 1000.0
    event_poll = 1000.0

    def play(self, name: str, default: object, *args: object) -> Any:
        self.sink.call(name)
        return self.script[name](self, *args) if name in self.script else default

    def connect(self) -> ConnectionInfo:
        return self.play("connect", ConnectionInfo(product="scripted"))

    def load(self, kinds: Collection[str]) -> Loaded:
        self.sink.rows(self.sink.now(), [Row(Kind.VM, "1", {"name": "one"})])
        loaded = Loaded()
        loaded.done(*kinds)
        return self.play("load", loaded, kinds)

    def watch(self) -> None:
        self.play("watch", None)

    def refresh(self, keys: Collection[str]) -> None:
        self.play("refresh", None, keys)

    def sample(self, keys: Collection[str] | None) -> None:
        self.play("sample", None, keys)

    def recall(self, keys: Collection[str], seconds: float) -> None:
        self.play("recall", None, keys)

    def history(self, key: str, seconds: float) -> History:
        return self.play("history", History(step=20.0, age=0.0, metrics={}), key, seconds)

    def detail(self, key: str, parts: Collection[str]) -> Detail:
        return self.play("detail", Detail(key=key, raw="raw"), key, parts)

    def tasks(self) -> list[Task]:
        return self.play("tasks", [])

    def events(self, since: float) -> list[Event]:
        return self.play("events", [], since)

    def snapshots(self, key: str) -> list[Snapshot]:
        return self.play("snapshots", [], key)

    def close(self) -> None:
        self.play("close", None)


class Changing(Scripted, Invoker, PowerControl):
    """One that has an Invoker too. It says `change` for a call of a run, and nothing but that changes anything."""

    READING = frozenset(
        {"connect", "load", "watch", "refresh", "detail", "close", "plan", "fingerprint", "tasks", "events"}
    )

    def offers(self) -> frozenset[str]:
        return frozenset({"power.start", "power.off", "edit.rename"})

    def plan_power(self, operation: Operation) -> Plan:
        call = NativeCall(id="1", connection="lab", verb="Start", args={"vm": operation.key})
        return self.play("plan", Plan(calls=(call,)), operation)

    def invoke(self, call: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        if "invoke" in self.script:
            return self.script["invoke"](self, call, secrets)
        self.sink.call("change")
        return {}

    def fingerprint(self, key: str) -> str:
        return self.play("fingerprint", f"print of {key}", key)


class Console:
    """The other end of a worker that has no process of its own.

    Functions are what the driver's methods do, numbers are its attributes; `options` are those of the connection, and
    `lock` are fields of its spec.
    """

    def __init__(
        self,
        options: Mapping[str, str] | None = None,
        *,
        base: type = Scripted,
        lock: Mapping[str, Any] | None = None,
        **driver: Any,
    ) -> None:
        self.spec = msgspec.structs.replace(SPEC, options=dict(options or {}), **(lock or {}))
        script = {name: play for name, play in driver.items() if callable(play)}
        attributes = {name: value for name, value in driver.items() if name not in script}
        self.driver: Any = type("Driver", (base,), {"script": script, **attributes})
        self.worker = Worker(lambda _: self.driver, LIMITS)
        self.worker.outbox.grant(10**6)
        self.seen: list[frames.Frame] = []

    def open(self, generation: int = 1) -> None:
        self.worker.receive(frames.Open(self.spec, generation, {}, ["vm"]))

    def get(self, kind: type[F], wanted: Callable[[F], bool] = lambda _: True) -> F:
        """The first frame of this kind that is wanted, once it has come."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.seen.extend(iter(self.worker.outbox.poll, None))
            for frame in self.seen:
                if isinstance(frame, kind) and wanted(frame):
                    return frame
            time.sleep(0.005)
        raise AssertionError(f"no such {kind.__name__} in {self.seen}")

    def link(self, link: Link) -> frames.ConnectionState:
        return self.get(frames.ConnectionState, lambda frame: frame.link is link)

    def called(self, name: str, times: int = 1) -> None:
        """Wait until the driver was called so often."""
        end = time.monotonic() + PATIENCE
        while self.worker.counts[f"lab/{name}"] < times:
            assert time.monotonic() < end, f"{name} was called {self.worker.counts[f'lab/{name}']} times"
            time.sleep(0.005)


def raising(error: Exception) -> Callable[..., Any]:
    def play(*_: object) -> Any:
        raise error

    return play


Make = Callable[..., Console]


def consoles() -> Iterator[Make]:
    """For a fixture: makes consoles with an open connection, and closes them all at the end."""
    made: list[Console] = []

    def make(**driver: Any) -> Console:
        made.append(Console(**driver))
        made[-1].open()
        return made[-1]

    yield make
    for each in made:
        each.worker.receive(frames.Close("lab"))
