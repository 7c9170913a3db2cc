"""A sink that writes everything down, so that a driver can be tested without a worker around it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from novatui.core.capabilities import Fact
from novatui.core.errors import Denied, Failure
from novatui.core.events import Event
from novatui.core.ids import key
from novatui.core.inventory import Row, Value
from novatui.core.tasks import Task

PATIENCE = 60.0
"""Seconds to wait for something that has to come; generous, because machines of tests are slow."""


class Step(NamedTuple):
    name: str
    ok: bool | None
    ms: float
    text: str


class Recording:
    """A sink. Rows and samples are kept as they were given, merged by key, and each call with its `begun`."""

    def __init__(self) -> None:
        self.table: dict[str, dict[str, Value]] = {}
        """What is known of each object: its rows merged, without what was removed."""
        self.given: list[tuple[float, Row]] = []
        """Every row with its `begun`."""
        self.removed: list[str] = []
        self.measured: dict[str, dict[str, float | None]] = {}
        """The last reading by key."""
        self.remembered: dict[str, tuple[float, list[dict[str, float | None]]]] = {}
        """Seconds between two earlier samples and the samples, oldest first, by key."""
        self.tasks: dict[str, Task] = {}
        self.told_tasks: list[Task] = []
        self.events: list[Event] = []
        self.steps: list[Step] = []
        self.losses: list[Failure] = []
        self.reading: frozenset[str] | None = None
        """Calls that may go out; None: any."""
        self.counts: Counter[str] = Counter()
        self.advanced: list[float] = []
        """How far the calls that were invoked had come."""
        self.begun: list[float] = []
        """`begun` of every call that carried one."""
        self._changed = threading.Condition(threading.RLock())

    def now(self) -> float:
        return time.monotonic()

    def rows(self, begun: float, rows: Iterable[Row]) -> None:
        listed = list(rows)
        with self._changed:
            self.begun.append(begun)
            for row in listed:
                self.given.append((begun, row))
                self.table.setdefault(key(row.kind, row.id), {}).update(row.values)
            self._changed.notify_all()

    def remove(self, begun: float, keys: Iterable[str]) -> None:
        gone = list(keys)
        with self._changed:
            self.begun.append(begun)
            self.removed += gone
            for each in gone:
                self.table.pop(each, None)
            self._changed.notify_all()

    def samples(self, begun: float, samples: Iterable[tuple[str, Mapping[str, float | None]]]) -> None:
        taken = [(name, dict(metrics)) for name, metrics in samples]
        with self._changed:
            self.begun.append(begun)
            self.measured.update(taken)
            self._changed.notify_all()

    def past(self, begun: float, step: float, past: Iterable[tuple[str, Sequence[Mapping[str, float | None]]]]) -> None:
        taken = [(name, (step, [dict(sample) for sample in samples])) for name, samples in past]
        with self._changed:
            self.begun.append(begun)
            self.remembered.update(taken)
            self._changed.notify_all()

    def task(self, begun: float, task: Task) -> None:
        with self._changed:
            self.begun.append(begun)
            self.tasks[task.id] = task
            self.told_tasks.append(task)
            self._changed.notify_all()

    def event(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def facts(self, begun: float, facts: Iterable[Fact]) -> None:
        list(facts)
        with self._changed:
            self.begun.append(begun)

    def step(self, name: str, ok: bool | None, ms: float, text: str = "") -> None:
        with self._changed:
            self.steps.append(Step(name, ok, ms, text))

    def lost(self, failure: Failure) -> None:
        with self._changed:
            self.losses.append(failure)
            self._changed.notify_all()

    def ask(self, topic: str, text: str, *, secret: bool) -> str | None:
        return None

    def call(self, name: str) -> None:
        if self.reading is not None and name not in self.reading:
            raise Denied(f"{name} is no reading call", subject=name)
        with self._changed:
            self.counts[name] += 1

    def advance(self, percent: float) -> None:
        with self._changed:
            self.advanced.append(percent)

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until it holds; AssertionError, saying what did not come."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), f"still waiting for {what}"

    def snapshot(self) -> dict[str, dict[str, Value]]:
        """A copy of the table, safe while others write."""
        with self._changed:
            return {name: dict(values) for name, values in self.table.items()}
