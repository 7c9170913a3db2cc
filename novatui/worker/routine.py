"""What an open connection does by itself: measure what is watched, list again, look for tasks and events."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeVar

import msgspec

from novatui.backends.driver import EventSource, HistorySource, InventorySource, MetricSource, Session, TaskSource
from novatui.core.errors import Failure, Fault
from novatui.core.memory import give_back
from novatui.core.tasks import ENDED, Task, TaskState
from novatui.worker.calls import Abandoned
from novatui.worker.faults import failure_of, report

if TYPE_CHECKING:
    from novatui.worker.connection import Connection

log = logging.getLogger(__name__)

CONTROL = "control"
"""Name of the lane that connects, lists and samples, one call after another."""

REST = 4.0
"""What took d seconds is done again after REST × d at the earliest: it costs a fifth of the time at most."""

SOON = 1.0
"""Objects that came into view are measured this long after the last reading at the earliest, whatever the period."""

KEEPALIVE = 10.0
"""Seconds without any call after which a product without keepalive of its own is asked for a sign of life."""

RECALLED = 600.0
"""Seconds before the first look at an object that its product is asked about."""

MOST_RECALLED = 500
"""Objects that come into view at once and whose past is asked for: more than that is no screen."""

REMEMBERED = 3600.0
"""How far back events are asked for at first, seconds."""

NEVER = float("inf")
LONGEST_REST = 60.0
"""Seconds; a wait has to be finite."""

LARGE = 0.25
"""Seconds. A call that took longer has handled much, and left memory behind."""

T = TypeVar("T")

ENDING = frozenset({Fault.UNREACHABLE, Fault.AUTH_FAILED, Fault.TLS_UNTRUSTED})
"""Faults of a routine call that end the connection; any other is this call's own."""


class Routine:
    """The timetable of one connection: `turn` does what is due, one call at a time."""

    def __init__(self, connection: Connection, kinds: Collection[str]) -> None:
        self._connection = connection
        self._limits = connection.limits
        self._changed = threading.Condition()
        self._due: dict[str, float] = {}
        self._kinds = frozenset(kinds)
        self._listed: frozenset[str] = frozenset()
        """Kinds that are listed with every listing; those that are wanted and not among them are new."""
        self._refresh: set[str] = set()
        self._watched: frozenset[str] | None = frozenset()
        self._interval = 0.0
        self._measured: frozenset[str] | None = frozenset()
        self._recalled: set[str] = set()
        self._sampled = -NEVER
        self._sampling = 0.0
        self._tasks: dict[str, Task] = {}
        self._events_since = time.time() - REMEMBERED
        self._failing: dict[str, Failure] = {}

    # --- what the console asks, from any thread --------------------------------------------------------------------

    def watch(self, keys: Collection[str] | None, interval: float) -> None:
        """Measure these (None: all) at this interval; 0: nothing."""
        with self._changed:
            self._watched = None if keys is None else frozenset(keys)
            self._interval = interval
            self._changed.notify()

    def refresh(self, keys: Collection[str]) -> None:
        """Read these again as soon as the lane is free; everything when empty."""
        with self._changed:
            self._refresh.update(keys)
            if not keys and "list" in self._due:
                self._due["list"] = 0.0
            self._changed.notify()

    def want(self, kinds: Collection[str]) -> None:
        """Tell of these kinds from now on: new ones are listed as soon as the lane is free."""
        with self._changed:
            self._connection.sink.stop_telling(self._kinds.difference(kinds), resume=kinds)
            self._kinds = frozenset(kinds)
            self._listed &= self._kinds
            self._changed.notify()

    def stir(self) -> None:
        """End `rest` now: the connection ended."""
        with self._changed:
            self._changed.notify()

    # --- the control lane ------------------------------------------------------------------------------------------

    def load(self, driver: InventorySource) -> None:
        """List everything for the first time. Whatever fails ends the connection."""
        self._list(driver, self._kinds)

    def start(self, driver: Session) -> None:
        """Everything is loaded: fill the timetable."""
        now = time.monotonic()
        with self._changed:
            if isinstance(driver, InventorySource):
                self._due["list"] = now + driver.relist
            if isinstance(driver, TaskSource):
                self._due["tasks"] = now
            if isinstance(driver, EventSource):
                self._due["events"] = now
            if type(driver).ping is not Session.ping:
                self._due["ping"] = now + KEEPALIVE

    def turn(self, driver: Session) -> None:
        """Do what is due, each at most once. NovaError when the connection is lost."""
        if self._refresh and isinstance(driver, InventorySource):
            self._attempt("refresh", lambda: self._reread(driver))
        if self._unlisted and isinstance(driver, InventorySource):
            self._list_more(driver, self._unlisted)
        if isinstance(driver, MetricSource) and self._sample_due(driver) <= time.monotonic():
            self._attempt("sample", lambda: self._sample(driver))
            if isinstance(driver, HistorySource):
                self._attempt("recall", lambda: self._recall(driver))
        if isinstance(driver, TaskSource) and self._is_due("tasks"):
            self._attempt("tasks", lambda: self._look_for_tasks(driver))
            self._again("tasks", driver.task_poll)
        if isinstance(driver, EventSource) and self._is_due("events"):
            self._attempt("events", lambda: self._look_for_events(driver))
            self._again("events", driver.event_poll)
        if isinstance(driver, InventorySource) and self._is_due("list"):
            self._list_again(driver)
        if self._is_due("ping"):
            self._attempt("ping", lambda: self._call("ping", self._limits.read, driver.ping))
            self._again("ping", KEEPALIVE)

    def rest(self, driver: Session) -> None:
        """Wait until something is due or asked."""
        with self._changed:
            sample = self._sample_due(driver) if isinstance(driver, MetricSource) else NEVER
            seconds = min([sample, *self._due.values()]) - time.monotonic()
            asked = self._refresh or (self._unlisted and isinstance(driver, InventorySource))
            if seconds > 0 and not asked and not self._connection.ended:
                self._changed.wait(min(seconds, LONGEST_REST))

    def _call(self, what: str, seconds: float, body: Callable[[], T]) -> T:
        begun = time.monotonic()
        try:
            return self._connection.call(CONTROL, what, seconds, body)
        finally:
            if time.monotonic() - begun > LARGE:
                give_back()

    def _is_due(self, what: str) -> bool:
        return self._due.get(what, NEVER) <= time.monotonic()

    def _again(self, what: str, seconds: float) -> None:
        with self._changed:
            self._due[what] = time.monotonic() + seconds

    def _attempt(self, what: str, body: Callable[[], None]) -> None:
        """Do it; a failure that does not end the connection is logged once, until it is another or over."""
        try:
            body()
        except Abandoned:
            raise
        except Exception as error:
            failure = failure_of(error, what)
            if failure.fault in ENDING:
                raise
            if failure != self._failing.get(what):
                self._failing[what] = report(error, self._connection.spec.name, what)
        else:
            if self._failing.pop(what, None):
                log.info("%s: %s works again", self._connection.spec.name, what)

    # --- inventory -------------------------------------------------------------------------------------------------

    @property
    def _unlisted(self) -> frozenset[str]:
        return self._kinds - self._listed

    def _list(self, driver: InventorySource, kinds: frozenset[str]) -> None:
        sink = self._connection.sink
        begun = sink.now()
        with self._changed:
            self._listed |= kinds & self._kinds
        seconds = self._limits.list + self._limits.per_object * len(sink.known)
        loaded = self._call("list", seconds, lambda: driver.load(kinds))
        self._connection.complete(begun, loaded.scopes, loaded.failures)

    def _list_again(self, driver: InventorySource) -> None:
        begun = self._connection.sink.now()
        self._list_more(driver, self._kinds)
        self._again("list", max(driver.relist, REST * (self._connection.sink.now() - begun)))

    def _list_more(self, driver: InventorySource, kinds: frozenset[str]) -> None:
        begun = self._connection.sink.now()
        self._attempt("list", lambda: self._list(driver, kinds))
        if failure := self._failing.get("list"):
            self._connection.complete(begun, set(), dict.fromkeys(kinds, failure))

    def _reread(self, driver: InventorySource) -> None:
        with self._changed:
            keys, self._refresh = self._refresh, set()
        self._call("refresh", self._limits.read, lambda: driver.refresh(keys))

    # --- metrics ---------------------------------------------------------------------------------------------------

    def _sample_due(self, driver: MetricSource) -> float:
        """When the next reading may begin. Objects that came into view need not wait for a whole period."""
        watched = self._watched
        if self._interval <= 0 or (watched is not None and not watched):
            return NEVER
        new = self._measured is not None and (watched is None or not watched <= self._measured)
        pace = min(SOON, driver.period) if new else max(driver.period, self._interval)
        return self._sampled + max(pace, REST * self._sampling)

    def _sample(self, driver: MetricSource) -> None:
        keys = self._watched
        sink = self._connection.sink
        seconds = self._limits.sample + self._limits.per_object * len(sink.known if keys is None else keys)
        self._measured, self._sampled = keys, time.monotonic()
        try:
            self._call("sample", seconds, lambda: driver.sample(keys))
        finally:
            self._sampling = time.monotonic() - self._sampled

    def _recall(self, driver: HistorySource) -> None:
        """What was measured of the objects that just came into view, before they did. Each is asked about once."""
        new = frozenset[str]() if self._measured is None else self._measured - self._recalled
        if not 0 < len(new) <= MOST_RECALLED:
            return
        self._recalled |= new
        seconds = self._limits.sample + self._limits.per_object * len(new)
        self._call("recall", seconds, lambda: driver.recall(new, RECALLED))

    # --- tasks and events ------------------------------------------------------------------------------------------

    def _look_for_tasks(self, driver: TaskSource) -> None:
        sink = self._connection.sink
        begun = sink.now()
        found = {task.id: task for task in self._call("tasks", self._limits.read, driver.tasks)}
        for known in self._tasks.values():
            if known.id not in found and known.state not in ENDED:
                sink.task(begun, msgspec.structs.replace(known, state=TaskState.UNKNOWN))  # it ended unseen
        for task in found.values():
            if task != self._tasks.get(task.id):
                sink.task(begun, task)
        self._tasks = found

    def _look_for_events(self, driver: EventSource) -> None:
        found = self._call("events", self._limits.read, lambda: driver.events(self._events_since))
        for event in found:
            # Found by looking, whatever the product calls it: its delay tells nothing of the product's clock.
            self._connection.sink.event(msgspec.structs.replace(event, polled=True))
            self._events_since = max(self._events_since, event.at)
