"""What changed in a fleet since the last look, as lines: JSON for scripts, words for people."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

import msgspec

from novatui.cli.forms import (
    LABELS,
    connection_json,
    event_json,
    identity_json,
    object_json,
    sample_json,
    task_json,
    timestamp,
)
from novatui.cli.selecting import Wanted
from novatui.cli.streams import say, say_json
from novatui.cli.table import text
from novatui.core.inventory import FIELDS, Value
from novatui.core.tasks import Task
from novatui.engine.connection import HISTORY
from novatui.engine.event_log import LoggedEvent
from novatui.engine.fleet import Connection, Fleet

LATE = 200
"""Events looked at beyond the number of new ones: some are told late, and stand between older ones."""

REMEMBERED = 50_000
"""Events remembered as told."""

_NAMES = tuple(field.name for field in FIELDS)


class Shown(msgspec.Struct, frozen=True):
    """An object as it was told last."""

    identity: dict[str, Any]
    values: tuple[Value, ...]


class Watcher:
    """Remembers what was told, so that only news is: objects that match and what left, connections, tasks, events."""

    def __init__(self, fleet: Fleet, asked: Wanted, *, as_json: bool, samples: bool) -> None:
        self._fleet = fleet
        self._asked = asked
        self._json = as_json
        self._samples = samples
        self._began = time.time()
        fleet.drain()
        self._selection = asked.selection(fleet)
        self._shown = {slot: self._now(slot) for slot in self._selection.slots}
        self._sampled: dict[int, float] = {}
        self._links = {name: _standing(one) for name, one in fleet.connections.items()}
        self._tasks = {(one.conn, one.task.id): one.task for one in fleet.tasks.tasks()}
        self._events = dict.fromkeys((entry.conn, entry.event.id) for entry in fleet.events.newest())

    def tell(self) -> None:
        """Print the news, in the order: connections, objects, samples, tasks, events."""
        touched = set(self._fleet.inventory.dirty)
        changes = self._fleet.drain()
        for name in sorted(changes.connections):
            self._tell_connection(self._fleet.connections[name])
        self._selection.update(changes.rows, changes.gone)
        self._tell_gone(changes.gone)
        self._tell_objects((touched | changes.rows if self._asked.measures else touched) - changes.gone)
        if self._samples:
            self._tell_samples(changes.rows)
        if changes.tasks:
            self._tell_tasks()
        if changes.events:
            self._tell_events(changes.events)

    # --- objects ---------------------------------------------------------------------------------------------------

    def _now(self, slot: int) -> Shown:
        value = self._fleet.inventory.value
        return Shown(identity_json(self._fleet, slot), tuple(value(slot, name) for name in _NAMES))

    def _tell_gone(self, slots: Collection[int]) -> None:
        for slot in slots:
            if shown := self._shown.pop(slot, None):
                self._say("remove", shown.identity | {"reason": "gone"}, "is gone")

    def _tell_objects(self, slots: Collection[int]) -> None:
        for slot in sorted(slots):
            before = self._shown.get(slot)
            if slot in self._selection:
                self._tell_object(slot, before)
            elif before is not None:
                del self._shown[slot]
                self._say("remove", before.identity | {"reason": "filter"}, "matches no longer")

    def _tell_object(self, slot: int, before: Shown | None) -> None:
        now = self._shown[slot] = self._now(slot)
        if before is None:
            known = [(name, value) for name, value in zip(_NAMES, now.values, strict=True) if name in _TELLING]
            words = ", ".join(f"{name} {text(value, name)}" for name, value in known if value is not None)
            self._say("upsert", object_json(self._fleet, slot, time.monotonic()), f"is there: {words}")
            return
        pairs = zip(_NAMES, before.values, now.values, strict=True)
        changed = [(name, old, new) for name, old, new in pairs if old != new]
        if changed:
            form = object_json(self._fleet, slot, time.monotonic())
            names = [LABELS.get(name, name) for name, _, _ in changed]
            words = ", ".join(f"{name} {text(old, name)} -> {text(new, name)}" for name, old, new in changed)
            self._say("upsert", form | {"changed": names}, words)

    def _tell_samples(self, slots: Collection[int]) -> None:
        now = time.monotonic()
        for slot in sorted(slots & self._shown.keys()):
            age = self._fleet.metrics.age(slot, now)
            if age is not None and now - age > self._sampled.get(slot, 0.0) + 1e-3:
                self._sampled[slot] = now - age
                form = sample_json(self._fleet, slot, now)
                words = "  ".join(f"{name} {value:.6g}" for name, value in form["metrics"].items())
                if words:
                    self._say("sample", form, words)

    # --- the rest --------------------------------------------------------------------------------------------------

    def _tell_connection(self, one: Connection) -> None:
        standing = _standing(one)
        if self._links[one.name] != standing:
            self._links[one.name] = standing
            failure = f": {one.failure}" if one.failure else ""
            self._say("connection", {"connection": one.name} | connection_json(one), f"{one.link.value}{failure}")

    def _tell_tasks(self) -> None:
        for tracked in reversed(self._fleet.tasks.tasks()):
            key = (tracked.conn, tracked.task.id)
            if self._tasks.get(key) != tracked.task and self._concerns(tracked.conn, tracked.task.key):
                self._tasks[key] = tracked.task
                self._say("task", task_json(self._fleet, tracked.conn, tracked.task), _task_words(tracked.task))

    def _tell_events(self, count: int) -> None:
        for entry in reversed(self._fleet.events.newest(count + LATE)):
            key = (entry.conn, entry.event.id)
            if key in self._events:
                continue
            self._events[key] = None
            if len(self._events) > REMEMBERED:
                del self._events[next(iter(self._events))]
            if self._concerns(entry.conn, entry.event.key) and not self._is_history(entry):
                self._say("event", event_json(self._fleet, entry), _event_words(entry))

    def _is_history(self, entry: LoggedEvent) -> bool:
        """Products that remember tell first what happened before we came."""
        came = max(self._began, self._fleet.connections[entry.conn].since)
        return self._fleet.events.moment(entry) < came - 1 and time.time() < came + HISTORY

    def _concerns(self, conn: str, key: str) -> bool:
        """Whether a task or event is about what is asked for. With a filter: only about objects that match."""
        if not self._asked.query.terms:
            return True
        slot = self._fleet.inventory.slot(conn, key) if key else None
        return slot in self._shown

    def _say(self, type_: str, form: dict[str, Any], words: str) -> None:
        if self._json:
            say_json({"type": type_} | form)
            return
        moment = timestamp(time.time()) or ""
        about = form.get("object") or form.get("name") or ""
        where = f"{form['connection']}/{about}" if about and about != form["connection"] else form["connection"]
        say(f"{moment}  {type_:10}  {where}  {words}")


_TELLING = frozenset({"power", "vcpus", "memory", "capacity", "product", "net_type"})
"""What is told in words of an object that is new."""


def _standing(one: Connection) -> tuple[object, ...]:
    return one.link, one.failure, tuple(sorted(one.load_failures))


def _task_words(task: Task) -> str:
    progress = f" {task.progress:.0f} %" if task.progress is not None else ""
    failure = f": {task.failure}" if task.failure else ""
    return f"{task.verb} {task.state.value}{progress}{failure}"


def _event_words(entry: LoggedEvent) -> str:
    event = entry.event
    times = f" ({entry.count} times)" if entry.count > 1 else ""
    return f"{event.severity.value}: {event.text or event.native_type}{times}"
