"""The Sink that a driver speaks through: one generation of one connection, on its way to the outbox."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from novatui.core.capabilities import Fact
from novatui.core.errors import Failure
from novatui.core.events import Event
from novatui.core.ids import key
from novatui.core.inventory import Row
from novatui.core.tasks import Task
from novatui.wire import frames
from novatui.worker.admission import Admission
from novatui.worker.calls import Calls
from novatui.worker.outbox import Outbox
from novatui.worker.values import checked, encodable
from novatui.worker.vetting import passable

T = TypeVar("T")


class Questions:
    """Questions of this process that wait for a person."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._serial = itertools.count(1)
        self._waiting: dict[int, tuple[ConnectionSink, threading.Event, list[str | None]]] = {}

    def open(self, sink: ConnectionSink) -> tuple[int, threading.Event, list[str | None]]:
        """Number of a new question, what is set when it is over, and where its answer will be."""
        with self._lock:
            number = next(self._serial)
            over, answers = threading.Event(), list[str | None]()
            self._waiting[number] = (sink, over, answers)
            return number, over, answers

    def answer(self, number: int, answer: str | None) -> None:
        """A person answered; nothing happens when the question is over."""
        with self._lock:
            question = self._waiting.pop(number, None)
        if question:
            _, over, answers = question
            answers.append(answer)
            over.set()

    def drop(self, sink: ConnectionSink) -> None:
        """Nobody will answer this connection's questions any more."""
        with self._lock:
            numbers = [number for number, (asker, _, _) in self._waiting.items() if asker is sink]
        for number in numbers:
            self.answer(number, None)


class ConnectionSink:
    """See `backends.driver.Sink`. After `end` everything that a late call still says is dropped."""

    def __init__(
        self,
        conn: str,
        generation: int,
        driver: str,
        *,
        outbox: Outbox,
        calls: Calls,
        questions: Questions,
        counts: Counter[str],
        admission: Admission,
        on_lost: Callable[[Failure], None],
    ) -> None:
        self.conn = conn
        self.generation = generation
        self.known: set[str] = set()
        """Keys of all objects that this generation has listed and not removed."""
        self._driver = driver
        self._outbox = outbox
        self._calls = calls
        self._questions = questions
        self._counts = counts
        self._admission = admission
        self._on_lost = on_lost
        self._ended = False
        self._of_thread = threading.local()
        self._untold: frozenset[str] = frozenset()
        """Kinds that were wanted once and are no more."""

    def stop_telling(self, kinds: Iterable[str], resume: Iterable[str]) -> None:
        """Drop rows of these kinds from now on; tell again of others that were dropped before."""
        self._untold = self._untold.union(kinds).difference(resume)
        self.known = {name for name in self.known.copy() if name.partition(":")[0] not in self._untold}

    def end(self) -> None:
        """This generation is over."""
        self._ended = True
        self._questions.drop(self)

    def now(self) -> float:
        return time.monotonic()

    def rows(self, begun: float, rows: Iterable[Row]) -> None:
        for chunk in _chunks(rows):
            if self._ended:
                return
            if self._untold:
                chunk = [row for row in chunk if row.kind.value not in self._untold]
            ready = [(encodable(key(row.kind, row.id)), checked(self._driver, row.values)) for row in chunk]
            self.known.update(name for name, _ in ready)
            self._outbox.rows(self.conn, self.generation, begun, ready)

    def remove(self, begun: float, keys: Iterable[str]) -> None:
        gone = [encodable(name) for name in keys]
        self.known.difference_update(gone)
        if not self._ended:
            self._outbox.remove(self.conn, self.generation, begun, gone)

    def samples(self, begun: float, samples: Iterable[tuple[str, Mapping[str, float | None]]]) -> None:
        for chunk in _chunks(samples):
            if self._ended:
                return
            self._outbox.samples(self.conn, self.generation, begun, chunk)

    def past(self, begun: float, step: float, past: Iterable[tuple[str, Sequence[Mapping[str, float | None]]]]) -> None:
        for one in past:  # encoding an hour of one object takes a while: never in one piece under the outbox's lock
            if self._ended:
                return
            self._outbox.past(self.conn, self.generation, begun, step, [one])

    def task(self, begun: float, task: Task) -> None:
        if not self._ended:
            self._outbox.task(self.conn, self.generation, begun, task)

    def event(self, event: Event) -> None:
        if not self._ended:
            self._outbox.event(self.conn, self.generation, event)

    def facts(self, begun: float, facts: Iterable[Fact]) -> None:
        if not self._ended:
            self._outbox.facts(self.conn, self.generation, begun, passable(facts))

    def step(self, name: str, ok: bool | None, ms: float, text: str = "") -> None:
        if not self._ended:
            self._outbox.send(frames.ConnectStep(self.conn, self.generation, name, ok, ms, text))

    def lost(self, failure: Failure) -> None:
        if not self._ended:
            self._on_lost(failure)

    def ask(self, topic: str, text: str, *, secret: bool) -> str | None:
        number, over, answers = self._questions.open(self)
        if self._ended:
            self._questions.answer(number, None)
            return None
        self._outbox.send(frames.Question(self.conn, number, topic, text, secret))
        self._calls.pause(self.conn)
        try:
            over.wait()
        finally:
            self._calls.resume(self.conn)
        return answers[0]

    def call(self, name: str) -> None:
        self._admission.check(name)
        self._counts[f"{self.conn}/{name}"] += 1
        self._of_thread.made = self.made + 1

    @property
    def made(self) -> int:
        """Native calls that this thread made."""
        made: int = getattr(self._of_thread, "made", 0)
        return made

    def advance(self, percent: float) -> None:
        self._admission.advance(percent)


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """The same in lists of MAX_ROWS: the first rows are on their way while the driver still reads the last."""
    each = iter(items)
    while chunk := list(islice(each, frames.MAX_ROWS)):
        yield chunk
