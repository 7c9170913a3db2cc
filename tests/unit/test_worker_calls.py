"""Calls under deadlines: what is late is abandoned once, and a question to a person stops the clock."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from novatui.core.errors import NotFound
from novatui.worker.calls import Abandoned, Call, Calls


def test_a_call_in_time_returns_and_is_forgotten() -> None:
    calls = Calls()
    with calls.within(60.0, "lab", "control", "list", unexpected):
        ((name, late),) = calls.report(time.monotonic()).items()
        assert (name, late < 0) == ("lab/control/list", True)
    assert calls.report(time.monotonic()) == {}
    assert (calls.begun_since(), calls.begun_since()) == (1, 0)


def test_a_late_call_is_reported_once_at_its_deadline_and_abandoned_when_it_returns() -> None:
    calls, told = Calls(), list[Call]()

    def body() -> None:
        now = time.monotonic()
        calls.expire(now)
        assert told == []
        calls.expire(now + 6.0)
        calls.expire(now + 7.0)
        assert [call.what for call in told] == ["list"]
        assert calls.report(now + 7.0)["lab/control/list"] > 1.0
        assert calls.next_due() is None

    with pytest.raises(Abandoned):
        run(calls, "lab", told.append, body)
    assert calls.report(time.monotonic()) == {}


def test_what_a_late_call_raises_is_late_too() -> None:
    calls = Calls()

    def body() -> None:
        calls.expire(time.monotonic() + 6.0)
        raise NotFound("gone")

    with pytest.raises(Abandoned):
        run(calls, "lab", lambda _: None, body)


def test_what_a_call_in_time_raises_comes_through() -> None:
    with pytest.raises(NotFound), Calls().within(5.0, "lab", "detail", "detail", unexpected):
        raise NotFound("gone")


def test_a_call_that_computes_has_its_deadline_put_off_until_it_waits() -> None:
    calls, told = Calls(), list[Call]()

    def body() -> None:
        compute(0.3)
        calls.expire(time.monotonic() + 5.1)
        assert told == []
        calls.expire(time.monotonic() + 7.1)
        assert [call.what for call in told] == ["list"], "it did nothing since"

    with pytest.raises(Abandoned):
        run(calls, "lab", told.append, body)


def test_a_call_that_computes_for_ever_is_abandoned_in_the_end() -> None:
    calls, told = Calls(), list[Call]()

    def body() -> None:
        deadlines = 0
        while (due := calls.next_due()) is not None:
            deadlines += 1
            compute(0.06)
            calls.expire(due + 0.001)
        assert 3 < deadlines < 100

    with pytest.raises(Abandoned):
        run(calls, "lab", told.append, body)
    assert [call.what for call in told] == ["list"]


def compute(seconds: float) -> None:
    """Use so much of the processor."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_of_equal_calls_the_latest_is_reported() -> None:
    calls = Calls()
    early = calls.within(5.0, "a/b", "detail", "detail", unexpected)
    with early, calls.within(50.0, "a/b", "detail", "detail", unexpected):
        assert calls.report(time.monotonic() + 6.0)["a/b/detail/detail"] > 0


def test_while_a_person_is_asked_the_clock_of_that_connection_stands_still() -> None:
    calls, told = Calls(), list[Call]()

    def expire() -> None:
        calls.pause("asks")
        calls.expire(time.monotonic() + 600.0)
        assert [call.conn for call in told] == ["other"]
        assert calls.report(time.monotonic() + 600.0)["asks/control/connect"] < 0

    with calls.within(5.0, "asks", "control", "connect", unexpected) as asking:
        due = asking.due
        with pytest.raises(Abandoned):
            run(calls, "other", told.append, expire)
        time.sleep(0.01)
        calls.resume("asks")
        assert asking.due > due


def run(calls: Calls, conn: str, overdue: Callable[[Call], None], body: Callable[[], None]) -> None:
    with calls.within(5.0, conn, "control", "list", overdue):
        body()


def unexpected(call: Call) -> None:
    raise AssertionError(call.what)
