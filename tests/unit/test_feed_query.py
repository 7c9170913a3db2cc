"""Filters over tasks, events and alarms: the same words as for objects, and those that only happenings have."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from novatui.core.errors import Failure, Fault
from novatui.core.events import Event
from novatui.core.tasks import Task, TaskState
from novatui.engine.event_log import LoggedEvent
from novatui.engine.feed_query import FeedFilter, Item, parse_feed
from novatui.engine.inventory_stamps import NEVER
from novatui.engine.query import QueryError
from novatui.engine.task_store import TrackedTask
from novatui.wire import frames
from tests.unit.alarm_fleet import AlarmFleet


@pytest.fixture
def fleet() -> AlarmFleet:
    made = AlarmFleet()
    made.row("vm:1", name="db-orders", power="crashed", native_state="crashed")
    return made


def event(fleet: AlarmFleet, **more: object) -> LoggedEvent:
    told: dict[str, object] = {
        "id": str(fleet.now),
        "at": fleet.time(),
        "seen": fleet.time(),
        "native_type": "VmPowered",
    }
    one = Event(**told | {"key": "vm:1", "text": "is running", "who": "oncall"} | more)  # type: ignore[arg-type]
    fleet.events.apply(frames.EventRecord("c1", 1, one))
    return next(entry for entry in fleet.events.newest() if entry.event is one)


def task(**more: object) -> TrackedTask:
    told: dict[str, object] = {"id": "task-88", "verb": "start", "key": "vm:9", "target": "vdi-0231", "who": "ana"}
    return TrackedTask("c2", Task(**told | {"state": TaskState.DONE} | more), NEVER)  # type: ignore[arg-type]


@pytest.fixture
def means(fleet: AlarmFleet) -> Callable[[Item, str], bool]:
    def ask(item: Item, text: str) -> bool:
        return FeedFilter(parse_feed(text), fleet, fleet.alarms, fleet).means(item)

    return ask


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("running", True),
        ("ORDERS", True),
        ("drs", False),
        ("fam:kvm", True),
        ("fam:vsphere,pve", False),
        ("@c1", True),
        ("conn:c2", False),
        ("!conn:c2", True),
        ("user:oncall,ana", True),
        ("not:user:oncall", False),
        ("severity:info", True),
        ("sev:error,warning", False),
        ("type:event", True),
        ("type:task", False),
        ("object:db-orders", True),
        ("object:db", False),
        ("object:db*", True),
        ("~vm.*powered", True),
        ("re:^db-", True),
        ("verb:vmpowered", True),
        ("state:running", False),
        ("!state:running", False),
        ("since:1h", True),
        ("!since:1h", False),
        ('text:"is running"', True),
    ],
)
def test_events(fleet: AlarmFleet, means: Callable[[Item, str], bool], text: str, expected: bool) -> None:
    assert means(event(fleet), text) is expected


def test_since_is_by_our_clock(fleet: AlarmFleet, means: Callable[[Item, str], bool]) -> None:
    old = event(fleet)
    fleet.now += 7200
    assert not means(old, "since:1h")
    assert means(old, "since:1h,3h")
    skewed = event(fleet, at=fleet.time() - 3700, seen=fleet.time(), key="", subject="x")
    skewed.conn = "c9"
    fleet.events.apply(frames.EventRecord("c9", 1, skewed.event))
    assert fleet.events.skew("c9") == 3700
    assert means(skewed, "since:1m")


def test_tasks(means: Callable[[Item, str], bool]) -> None:
    failure = Failure(fault=Fault.BACKEND_FAULT, message="not enough memory", code="HOST_NOT_ENOUGH_FREE_MEMORY")
    failed = task(state=TaskState.FAILED, failure=failure, ended=1.0)
    assert means(failed, "severity:error state:failed user:ana fam:vc type:task")
    assert means(failed, "vdi-0231")
    assert means(failed, "host_not_enough")
    assert means(failed, "verb:start task-88")
    assert not means(failed, "since:1h")
    assert means(task(state=TaskState.RUNNING, started=1.0), "since:1h"), "what runs happens now"
    assert means(task(state=TaskState.UNKNOWN), "sev:warn")
    assert not means(task(who=""), "user:ana")
    assert not means(task(who=""), "!user:ana"), "nobody knows who it was"
    assert means(task(who=""), "user:?")


def test_alarms(fleet: AlarmFleet, means: Callable[[Item, str], bool]) -> None:
    (alarm,) = fleet.alarms.raised()
    assert means(alarm, "severity:critical rule:crash type:alarm db-orders @c1 ack:no !silenced:yes")
    fleet.alarms.acknowledge([alarm.id], "me")
    assert means(alarm, "ack:yes")
    assert not means(alarm, "severity:warning")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("cpu>80", "there is no key cpu", 'to find names, put it in quotes: "cpu…"'),
        ("sevrity:error", "there is no key sevrity", "did you mean severity?"),
        ("severity:eror", "severity is never eror", "did you mean error?"),
        ("since>1h", "since has no order", "since:VALUE"),
        ("since:yesterday", "not a value of since: yesterday", "a span of time: 90s, 12h, 14d"),
        ("~(", "not a regular expression: missing ), unterminated subpattern", ""),
    ],
)
def test_mistakes_have_a_hint(text: str, message: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_feed(text)
    assert caught.value.message == message
    assert caught.value.hint == hint
