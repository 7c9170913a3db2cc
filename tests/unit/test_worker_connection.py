"""Life of a connection inside a worker: what is called when, and what the console hears of it."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Collection, Iterator
from typing import Any

import pytest

from novatui.backends.driver import (
    Loaded,
)
from novatui.core.connection import ConnectionInfo
from novatui.core.detail import Detail
from novatui.core.errors import BackendFault, Denied, Fault, Unreachable
from novatui.core.events import Event
from novatui.core.inventory import Row
from novatui.core.states import Kind, Link
from novatui.core.tasks import Task, TaskState
from novatui.wire import frames
from tests.scripted import LIMITS, PATIENCE, Make, Scripted, consoles, raising


@pytest.fixture
def console() -> Iterator[Make]:
    yield from consoles()


def test_it_connects_loads_subscribes_and_is_up_in_this_order(console: Make) -> None:
    order: list[str] = []
    lab = console(load=lambda self, kinds: order.append("load") or done(), watch=lambda self: order.append("watch"))
    lab.link(Link.UP)
    assert order == ["load", "watch"]
    states = [frame.link for frame in lab.seen if isinstance(frame, frames.ConnectionState)]
    assert states == [Link.LOADING, Link.UP]
    assert lab.get(frames.LoadComplete).scopes == ["vm"]
    info = lab.link(Link.UP).info
    assert info is not None
    assert (info.period, info.relist, "TaskSource" in info.roles, "DeviceSource" in info.roles) == (
        Scripted.period,
        Scripted.relist,
        True,
        False,
    )


def done(*kinds: str) -> Loaded:
    loaded = Loaded()
    loaded.done(*(kinds or ("vm",)))
    return loaded


def test_kinds_that_are_wanted_later_are_listed_at_once_and_alone(console: Make) -> None:
    asked: list[set[str]] = []

    def load(self: Scripted, kinds: Collection[str]) -> Loaded:
        asked.append(set(kinds))
        return done(*kinds)

    lab = console(load=load)
    lab.link(Link.UP)
    first = lab.get(frames.LoadComplete)
    lab.worker.receive(frames.Kinds(first.conn, [*first.scopes, "snapshot"]))
    more = lab.get(frames.LoadComplete, lambda frame: frame.scopes == ["snapshot"])
    assert more.failures == {}
    lab.worker.receive(frames.Refresh(first.conn, []))
    lab.get(frames.LoadComplete, lambda frame: frame.scopes == sorted([*first.scopes, "snapshot"]))
    assert asked == [set(first.scopes), {"snapshot"}, {*first.scopes, "snapshot"}]


def test_rows_of_kinds_that_are_wanted_no_more_are_not_told(console: Make) -> None:
    def load(self: Scripted, kinds: Collection[str]) -> Loaded:
        self.sink.rows(self.sink.now(), [Row(Kind(kind), "1", {"name": kind}) for kind in ("vm", "snapshot")])
        return done(*kinds)

    lab = console(load=load)
    lab.link(Link.UP)
    first = lab.get(frames.LoadComplete)
    lab.worker.receive(frames.Kinds(first.conn, [*first.scopes, "snapshot"]))
    lab.get(frames.LoadComplete, lambda frame: frame.scopes == ["snapshot"])
    lab.worker.receive(frames.Kinds(first.conn, first.scopes))
    begun = time.monotonic()
    lab.worker.receive(frames.Refresh(first.conn, []))
    later = lab.get(frames.LoadComplete, lambda frame: frame.begun > begun)
    assert later.scopes == first.scopes
    keys = [key for frame in lab.seen if isinstance(frame, frames.Rows) and frame.begun > begun for key in frame.keys]
    assert set(keys) == {"vm:1"}


def test_a_kind_that_fails_when_it_is_wanted_leaves_the_others(console: Make) -> None:
    def load(self: Scripted, kinds: Collection[str]) -> Loaded:
        if "snapshot" in kinds:
            raise Denied("no", subject="snapshot")
        return done(*kinds)

    lab = console(load=load)
    lab.link(Link.UP)
    first = lab.get(frames.LoadComplete)
    lab.worker.receive(frames.Kinds(first.conn, [*first.scopes, "snapshot"]))
    failed = lab.get(frames.LoadComplete, lambda frame: bool(frame.failures))
    assert (failed.scopes, set(failed.failures)) == ([], {"snapshot"})
    assert not [frame for frame in lab.seen if isinstance(frame, frames.ConnectionState) and frame.link is Link.DOWN]


@pytest.mark.parametrize("step", ["connect", "load", "watch"])
def test_a_failure_before_it_is_up_ends_it_and_closes_the_driver(console: Make, step: str) -> None:
    lab = console(**{step: raising(Denied("no", subject="list"))})
    failure = lab.link(Link.DOWN).failure
    assert failure is not None
    assert (failure.fault, failure.subject) == (Fault.DENIED, "list")
    lab.called("close")


def test_what_is_no_failure_of_ours_is_a_fault_of_the_driver(console: Make, caplog: pytest.LogCaptureFixture) -> None:
    lab = console(connect=raising(KeyError("surprise")))
    failure = lab.link(Link.DOWN).failure
    assert failure is not None
    assert (failure.fault, failure.native) == (Fault.BACKEND_FAULT, "KeyError: 'surprise'")
    assert "Traceback" in caplog.text


def test_it_is_closed_only_after_its_calls_have_come_back(console: Make) -> None:
    go, order = threading.Event(), list[str]()

    def detail(self: Scripted, key: str, parts: Collection[str]) -> Detail:
        go.wait(PATIENCE)
        order.append("detail")
        return Detail(key=key)

    lab = console(detail=detail, close=lambda self: order.append("close"))
    lab.link(Link.UP)
    lab.worker.receive(frames.DetailRequest("lab", 1, "vm:1", []))
    lab.called("detail")
    lab.worker.receive(frames.Close("lab"))
    time.sleep(0.05)
    assert order == []
    go.set()
    lab.link(Link.CLOSED)
    assert order == ["detail", "close"]


def test_a_lost_connection_is_told_once_and_says_nothing_more(console: Make) -> None:
    sinks: list[Any] = []
    lab = console(watch=lambda self: sinks.append(self.sink))
    lab.link(Link.UP)
    sinks[0].lost(Unreachable("first").failure)
    sinks[0].lost(Unreachable("second").failure)
    sinks[0].rows(0.0, [Row(Kind.VM, "late", {})])
    lab.called("close")
    failures = [f.failure for f in lab.seen if isinstance(f, frames.ConnectionState) and f.failure]
    assert lab.link(Link.DOWN).failure == Unreachable("first").failure
    assert len(failures) <= 1
    assert not any(isinstance(f, frames.Rows) and "vm:late" in f.keys for f in lab.seen)


def test_a_new_generation_closes_the_old_one_first(console: Make) -> None:
    order: list[str] = []
    lab = console(connect=lambda self: order.append("connect") or ConnectionInfo(product="p"))
    lab.driver.script["close"] = lambda self: order.append("close")
    lab.link(Link.UP)
    lab.open(generation=2)
    lab.get(frames.ConnectionState, lambda f: f.generation == 2 and f.link is Link.UP)
    assert order == ["connect", "close", "connect"]


# --- the routine ------------------------------------------------------------------------------------------------------


def test_nothing_is_measured_unless_it_is_watched(console: Make) -> None:
    asked: list[Collection[str] | None] = []
    lab = console(sample=lambda self, keys: asked.append(keys))
    lab.link(Link.UP)
    time.sleep(0.05)
    assert asked == []
    lab.worker.receive(frames.Watch("lab", ["vm:1"], 0.01))
    lab.called("sample", 3)
    lab.worker.receive(frames.Watch("lab", [], 0.0))
    time.sleep(0.05)
    count = len(asked)
    time.sleep(0.05)
    assert len(asked) == count
    assert set(map(frozenset, filter(None, asked))) == {frozenset({"vm:1"})}


def test_a_slow_reading_is_followed_by_a_longer_rest(console: Make) -> None:
    times: list[tuple[float, float]] = []

    def sample(self: Scripted, keys: object) -> None:
        begun = time.monotonic()
        time.sleep(0.05)
        times.append((begun, time.monotonic()))

    lab = console(sample=sample)
    lab.worker.receive(frames.Watch("lab", None, 0.01))
    lab.called("sample", 5)
    for (begun, end), (again, _) in itertools.pairwise(times):
        assert again - begun >= 3.9 * (end - begun)


def test_the_past_of_each_object_that_comes_into_view_is_asked_for_once(console: Make) -> None:
    asked: list[set[str]] = []
    lab = console(recall=lambda self, keys: asked.append(set(keys)))
    for keys in (["vm:1"], ["vm:1", "vm:2"], None, ["vm:3"]):
        count = len(asked)
        lab.worker.receive(frames.Watch("lab", keys, 0.01))
        if keys:
            lab.called("recall", count + 1)
        lab.called("sample", lab.worker.counts["lab/sample"] + 3)
        assert len(asked) == count + (keys is not None)
    assert asked == [{"vm:1"}, {"vm:2"}, {"vm:3"}]


def test_the_past_that_cannot_be_told_ends_nothing(console: Make) -> None:
    lab = console(recall=raising(Denied("not for you")))
    lab.worker.receive(frames.Watch("lab", ["vm:1"], 0.01))
    lab.called("recall")
    lab.called("sample", 5)


def test_what_is_asked_twice_before_it_begins_is_read_once(console: Make) -> None:
    go, asked = threading.Event(), list[set[str]]()

    def sample(self: Scripted, keys: object) -> None:
        go.wait(PATIENCE)

    lab = console(sample=sample, refresh=lambda self, keys: asked.append(set(keys)))
    lab.worker.receive(frames.Watch("lab", None, 100.0))
    lab.called("sample")
    for key in ("vm:1", "vm:2", "vm:1"):
        lab.worker.receive(frames.Refresh("lab", [key]))
    go.set()
    lab.called("refresh")
    assert asked == [{"vm:1", "vm:2"}]


def test_a_listing_that_fails_later_makes_rows_stale_and_is_tried_again(console: Make) -> None:
    lab = console()
    lab.get(frames.LoadComplete)
    lab.link(Link.UP)
    lab.driver.script["load"] = raising(Denied("not any more"))
    lab.worker.receive(frames.Refresh("lab", []))
    failed = lab.get(frames.LoadComplete, lambda frame: bool(frame.failures))
    assert (failed.scopes, failed.failures["vm"].fault) == ([], Fault.DENIED)
    del lab.driver.script["load"]
    lab.seen.clear()
    lab.worker.receive(frames.Refresh("lab", []))
    assert lab.get(frames.LoadComplete).scopes == ["vm"]


@pytest.mark.parametrize("call", ["sample", "tasks", "events", "refresh"])
def test_a_call_of_the_routine_that_fails_costs_nothing_but_itself(
    console: Make, call: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    lab = console(**{call: raising(BackendFault("odd"))}, task_poll=0.01, event_poll=0.01)
    lab.link(Link.UP)
    lab.worker.receive(frames.Watch("lab", None, 0.01))
    for _ in range(3):
        lab.worker.receive(frames.Refresh("lab", ["vm:1"]))
        lab.called(call, lab.worker.counts[f"lab/{call}"] + 1)
    del lab.driver.script[call]
    for _ in range(2):
        lab.worker.receive(frames.Refresh("lab", ["vm:1"]))
        lab.called(call, lab.worker.counts[f"lab/{call}"] + 1)
    assert caplog.text.count("odd") == 1
    assert f"{call} works again" in caplog.text
    assert not any(isinstance(f, frames.ConnectionState) and f.link is Link.DOWN for f in lab.seen)


@pytest.mark.parametrize("call", ["sample", "tasks", "events", "refresh", "load"])
def test_a_connection_that_is_gone_is_noticed_by_any_call(console: Make, call: str) -> None:
    lab = console(task_poll=0.01, event_poll=0.01)
    lab.link(Link.UP)
    lab.driver.script[call] = raising(Unreachable("cut"))
    lab.worker.receive(frames.Watch("lab", None, 0.01))
    lab.worker.receive(frames.Refresh("lab", [] if call == "load" else ["vm:1"]))
    assert lab.link(Link.DOWN).failure == Unreachable("cut").failure


def test_a_task_that_vanishes_from_the_list_ended_unseen(console: Make) -> None:
    running = Task(id="7", verb="clone", state=TaskState.RUNNING)
    lab = console(tasks=lambda self: [running], task_poll=0.01)
    lab.get(frames.TaskUpdate, lambda frame: frame.task == running)
    lab.driver.script["tasks"] = lambda self: []
    assert lab.get(frames.TaskUpdate, lambda f: f.task.state is TaskState.UNKNOWN).task.id == "7"


def test_events_are_asked_for_from_where_the_last_ones_ended(console: Make) -> None:
    asked: list[float] = []
    event = Event(id="1", at=9e9, seen=9e9, native_type="x")
    lab = console(events=lambda self, since: asked.append(since) or [event], event_poll=0.01)
    lab.get(frames.EventRecord)
    lab.called("events", 3)
    assert asked[0] < time.time() - 1000
    assert asked[-1] == 9e9


def test_only_a_product_without_keepalive_is_pinged(console: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("novatui.worker.routine.KEEPALIVE", 0.01)
    silent = console()
    silent.link(Link.UP)
    pinging = console()
    pinging.driver.ping = lambda self: self.play("ping", None)
    pinging.open(generation=2)
    pinging.called("ping", 3)
    assert silent.worker.counts["lab/ping"] == 0
    assert not silent.worker.calls.report(time.monotonic())


def test_the_configuration_says_how_often_it_is_measured_and_how_long_a_call_may_take(console: Make) -> None:
    hangs = threading.Event()
    lab = console(
        options={"interval": "5", "connect_timeout": "7", "call_timeout": "0.15"},
        detail=lambda self, key, parts: hangs.wait(PATIENCE),
    )
    info = lab.link(Link.UP).info
    assert info is not None
    assert info.period == 5.0
    connection = lab.worker._connections["lab"]
    assert connection.limits.connect == 7.0
    assert connection.limits.sample / connection.limits.read == LIMITS.sample / LIMITS.read
    lab.worker.receive(frames.DetailRequest("lab", 1, "vm:1", []))
    lab.called("detail")
    time.sleep(0.2)
    lab.worker.calls.expire(time.monotonic())
    failure = lab.get(frames.DetailAnswer).failure
    hangs.set()
    assert failure is not None
    assert failure.fault is Fault.TIMEOUT


@pytest.mark.parametrize("said", ["", "soon", "-1", "nan", "inf"])
def test_a_wish_that_is_no_time_counts_as_none(said: str) -> None:
    assert LIMITS.wished({"connect_timeout": said, "call_timeout": said}) == LIMITS
