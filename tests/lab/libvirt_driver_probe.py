"""The libvirt driver without a worker around it: a sink that remembers, and a connection that ends with its test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from novatui.backends.registry import driver_class
from novatui.core.capabilities import Fact
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.errors import Failure
from novatui.core.events import Event
from novatui.core.ids import key
from novatui.core.inventory import Row
from novatui.core.states import Family
from novatui.core.tasks import Task
from tests.lab.workspace import wait_until

ALL_KINDS = ("host", "vm", "datastore", "network", "device", "snapshot")


class Memory:
    """See `backends.driver.Sink`: keeps what the driver says."""

    def __init__(self, answers: Mapping[str, str | None] | None = None) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.sampled: dict[str, dict[str, float | None]] = {}
        self.samplings: list[dict[str, dict[str, float | None]]] = []
        self.told: dict[str, Task] = {}
        self.events: list[Event] = []
        self.removed: list[str] = []
        self.steps: list[tuple[str, bool | None, str]] = []
        self.losses: list[Failure] = []
        self.counts: dict[str, int] = {}
        self.asked: list[str] = []
        self.progress: list[float] = []
        self._answers = answers or {}
        self._lock = threading.RLock()

    def now(self) -> float:
        return time.monotonic()

    def rows(self, begun: float, rows: Iterable[Row]) -> None:
        listed = list(rows)  # the driver may make calls while it tells them
        with self._lock:
            for row in listed:
                self.objects.setdefault(key(row.kind, row.id), {}).update(row.values)

    def remove(self, begun: float, keys: Iterable[str]) -> None:
        with self._lock:
            for each in keys:
                self.objects.pop(each, None)
                self.removed.append(each)

    def samples(self, begun: float, samples: Iterable[tuple[str, Mapping[str, float | None]]]) -> None:
        reading = {name: dict(values) for name, values in samples}
        with self._lock:
            self.sampled.update(reading)
            self.samplings.append(reading)

    def task(self, begun: float, task: Task) -> None:
        with self._lock:
            self.told[task.id] = task

    def event(self, event: Event) -> None:
        with self._lock:
            self.events.append(event)

    def facts(self, begun: float, facts: Iterable[Fact]) -> None:
        raise AssertionError("the driver has no capability probe")

    def step(self, name: str, ok: bool | None, ms: float, text: str = "") -> None:
        self.steps.append((name, ok, text))

    def lost(self, failure: Failure) -> None:
        self.losses.append(failure)

    def ask(self, topic: str, text: str, *, secret: bool) -> str | None:
        self.asked.append(topic)
        return self._answers.get(topic)

    def advance(self, percent: float) -> None:
        self.progress.append(percent)

    def call(self, name: str) -> None:
        with self._lock:
            self.counts[name] = self.counts.get(name, 0) + 1

    # What tests ask

    def of_kind(self, kind: str) -> dict[str, dict[str, Any]]:
        """Rows of a kind, by key."""
        return {name: values for name, values in list(self.objects.items()) if name.startswith(f"{kind}:")}

    def named(self, name: str, kind: str = "vm") -> dict[str, Any]:
        """The row of this name; empty when there is none."""
        return next((values for values in self.of_kind(kind).values() if values.get("name") == name), {})

    def key_of(self, name: str, kind: str = "vm") -> str:
        """The key of the row of this name."""
        return next(found for found, values in self.of_kind(kind).items() if values.get("name") == name)

    def event_types(self) -> list[str]:
        return [event.native_type for event in list(self.events)]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for what is told from another thread."""
        wait_until(condition, what)


class Probe:
    """A driver and its sink."""

    def __init__(self, uri: str, *, secrets: Mapping[str, str], answers: Mapping[str, str | None], **options: str):
        self.sink = Memory(answers)
        spec = ConnectionSpec(name="probe", family=Family.LIBVIRT, driver="libvirt", uri=uri, options=options)
        self.driver: Any = driver_class("libvirt")(spec, dict(secrets), self.sink)
        self.info: ConnectionInfo | None = None

    def load(self, *kinds: str) -> Any:
        return self.driver.load(kinds or ALL_KINDS)


@contextmanager
def connected(
    uri: str,
    *kinds: str,
    secrets: Mapping[str, str] | None = None,
    answers: Mapping[str, str | None] | None = None,
    **options: str,
) -> Iterator[Probe]:
    """A connected driver that has loaded these kinds (all by default) and watches."""
    probe = Probe(uri, secrets=secrets or {}, answers=answers or {}, **options)
    try:
        probe.info = probe.driver.connect()
        probe.load(*kinds)
        probe.driver.watch()
        yield probe
    finally:
        probe.driver.close()
