"""The filter language for what happened: tasks, events and alarms, asked for by the same words."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from novatui.core.alarms import ALARM_RULES, Level
from novatui.core.errors import Failure
from novatui.core.events import Severity
from novatui.core.ids import split_key
from novatui.core.states import FAMILY_ALIASES, Family
from novatui.core.tasks import TaskState
from novatui.engine.alarm_record import Alarm
from novatui.engine.event_log import EventLog, LoggedEvent
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.query import Query, parse
from novatui.engine.query_keys import Key, Shape, Vocabulary
from novatui.engine.query_match import Conditions, condition
from novatui.engine.query_values import Clocks
from novatui.engine.task_store import TrackedTask

Item = LoggedEvent | TrackedTask | Alarm

SEVERITIES = tuple(dict.fromkeys([*(one.value for one in Severity), *(one.value for one in Level)]))
_SEVERITY_WORDS = {word: word for word in SEVERITIES} | {"warn": "warning", "crit": "critical", "err": "error"}
_YES_NO = {"yes": "yes", "no": "no", "true": "yes", "false": "no"}
_TYPES = ("task", "event", "alarm")

KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        Key("text", Shape.PART),
        Key("object", Shape.TEXT),
        Key("connection", Shape.TEXT),
        Key("family", Shape.WORD, {f.value: f.value for f in Family} | {a: f.value for a, f in FAMILY_ALIASES.items()}),
        Key("user", Shape.TEXT),
        Key("severity", Shape.WORD, _SEVERITY_WORDS),
        Key("since", Shape.SINCE),
        Key("type", Shape.WORD, {word: word for word in _TYPES}),
        Key("state", Shape.WORD, {state.value: state.value for state in TaskState}),
        Key("verb", Shape.TEXT),
        Key("rule", Shape.WORD, {name: name for name in ALARM_RULES}),
        Key("acknowledged", Shape.FLAG, _YES_NO),
        Key("silenced", Shape.FLAG, _YES_NO),
    )
}
"""What can be asked for. A task that failed is an error, one whose outcome is unknown a warning."""

FEED = Vocabulary(
    KEYS,
    {
        "fam": "family",
        "conn": "connection",
        "who": "user",
        "vm": "object",
        "name": "object",
        "sev": "severity",
        "level": "severity",
        "msg": "text",
        "ack": "acknowledged",
    },
    bare="text",
    operator=":",
)


class Said(Protocol):
    """What people said of alarms."""

    def acknowledged(self, alarm: Alarm) -> bool: ...
    def silenced(self, alarm: Alarm) -> bool: ...


class FeedView(Protocol):
    """Where the items come from. The fleet is one."""

    @property
    def inventory(self) -> InventoryStore: ...
    @property
    def events(self) -> EventLog: ...


class FeedFilter:
    """A filter, ready to be asked of tasks, events and alarms."""

    def __init__(self, query: Query, view: FeedView, said: Said | None = None, clocks: Clocks = time) -> None:
        self.query = query
        readers = Readers(view, said, clocks)
        self._conditions = Conditions([condition(term, KEYS[term.key], readers.of(term.key)) for term in query.terms])

    def means(self, item: Item) -> bool:
        """True when the item surely fits."""
        return self._conditions.surely_hold(item)


def parse_feed(text: str | Sequence[str]) -> Query:
    """The query of a filter over tasks, events and alarms. QueryError as `query.parse`."""
    return parse(text, FEED)


class Readers:
    """Value of a key of an item; None where it has none."""

    def __init__(self, view: FeedView, said: Said | None, clocks: Clocks) -> None:
        self._inventory, self._events, self._said, self._clocks = view.inventory, view.events, said, clocks

    def of(self, key: str) -> Callable[[Item], Any]:
        """How to read one key."""
        return getattr(self, key)

    def connection(self, item: Item) -> str:
        return item.id.conn if isinstance(item, Alarm) else item.conn

    def object(self, item: Item) -> str:
        match item:
            case LoggedEvent():
                key, told = item.event.key, item.event.subject
            case TrackedTask():
                key, told = item.task.key, item.task.target
            case _:
                return item.subject
        return object_name(self._inventory, item.conn, key, told)

    def family(self, item: Item) -> str | None:
        conn = self.connection(item)
        try:
            return self._inventory.family(self._inventory.connection(conn)).value
        except KeyError:
            return None

    def text(self, item: Item) -> tuple[str, ...]:
        subject = self.object(item)
        match item:
            case LoggedEvent():
                event = item.event
                return subject, event.text, event.native_type, event.alarm, event.who, item.conn
            case TrackedTask():
                task = item.task
                why = failure_texts(task.failure)
                return subject, task.verb, task.native_verb, task.detail, task.who, task.id, item.conn, *why
            case _:
                return subject, item.title, item.text, item.id.rule, item.id.conn

    def user(self, item: Item) -> str | None:
        match item:
            case LoggedEvent():
                return item.event.who or None
            case TrackedTask():
                return item.task.who or None
            case _:
                return None

    def severity(self, item: Item) -> str:
        match item:
            case LoggedEvent():
                return item.event.severity.value
            case TrackedTask():
                return _TASK_SEVERITY.get(item.task.state, Severity.INFO).value
            case _:
                return item.level.value

    def since(self, item: Item) -> float | None:
        """Seconds since it happened last, by our clock."""
        moment = self.moment(item)
        return None if moment is None else self._clocks.time() - moment

    def moment(self, item: Item) -> float | None:
        """When it happened last, epoch seconds by our clock."""
        match item:
            case LoggedEvent():
                return self._events.moment(item)
            case TrackedTask():
                return task_moment(item, self._events, self._clocks.time())
            case _:
                return item.since

    def type(self, item: Item) -> str:
        return "event" if isinstance(item, LoggedEvent) else "task" if isinstance(item, TrackedTask) else "alarm"

    def state(self, item: Item) -> str | None:
        return item.task.state.value if isinstance(item, TrackedTask) else None

    def verb(self, item: Item) -> str | None:
        match item:
            case TrackedTask():
                return item.task.verb
            case LoggedEvent():
                return item.event.native_type
            case _:
                return None

    def rule(self, item: Item) -> str | None:
        return item.id.rule if isinstance(item, Alarm) else None

    def acknowledged(self, item: Item) -> bool | None:
        return self._said.acknowledged(item) if isinstance(item, Alarm) and self._said else None

    def silenced(self, item: Item) -> bool | None:
        return self._said.silenced(item) if isinstance(item, Alarm) and self._said else None


_TASK_SEVERITY = {TaskState.FAILED: Severity.ERROR, TaskState.UNKNOWN: Severity.WARNING}


def failure_texts(failure: Failure | None) -> tuple[str, ...]:
    """Everything that a failure says."""
    if failure is None:
        return ()
    return failure.message, failure.meaning, failure.hint, failure.code, failure.native


def object_name(inventory: InventoryStore, conn: str, key: str, told: str = "") -> str:
    """Name of an object: as in the inventory, else as it was told, else its native id."""
    slot = inventory.slot(conn, key) if key else None
    if slot is not None:
        return inventory.name(slot)
    if told or not key:
        return told
    try:
        return split_key(key)[1]
    except ValueError:
        return key


def task_moment(tracked: TrackedTask, events: EventLog, now: float) -> float | None:
    """When a task ended, else when it began, by our clock; of one that runs: now."""
    if tracked.live:
        return now
    moment = tracked.task.ended or tracked.task.started
    return None if moment is None else moment + events.skew(tracked.conn)
