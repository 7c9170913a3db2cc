"""Changes in a worker: planned without changing, let in or refused, each call sent once after the console's word."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from novatui.core.errors import BackendFault, Conflict, Denied, Fault, Timeout, Unreachable
from novatui.core.operations import Argument, NativeCall, Operation, Plan, Result, SecretName
from novatui.core.states import Link
from novatui.wire import frames
from novatui.worker import run as running
from novatui.worker.calls import Limits
from tests.scripted import LIMITS, PATIENCE, Changing, Console, Make, consoles, raising


@pytest.fixture
def console() -> Iterator[Callable[..., Console]]:
    makes = consoles()
    make = next(makes)
    yield lambda **driver: up(make, driver)
    next(makes, None)


def up(make: Make, driver: dict[str, Any]) -> Console:
    lab = make(base=Changing, **driver)
    lab.link(Link.UP)
    return lab


def call(number: str = "1", verb: str = "Start", **fields: Any) -> NativeCall:
    return NativeCall(id=number, connection=fields.pop("connection", "lab"), verb=verb, **fields)


def run(lab: Console, *calls: NativeCall, request: int = 7, verb: str = "power.start", **secrets: str) -> None:
    lab.worker.receive(frames.RunRequest("lab", request, 42, verb, "vm:1", list(calls), secrets))


def proceed(lab: Console, number: str = "1", *, request: int = 7, go: bool = True) -> frames.CallProgress:
    """Wait until the worker asks for this call, then answer."""
    asked = told(lab, number, "resolved", request=request)
    lab.worker.receive(frames.Proceed("lab", request, number, go))
    return asked


def told(lab: Console, number: str, state: str, *, request: int = 7) -> frames.CallProgress:
    return lab.get(
        frames.CallProgress,
        lambda frame: (frame.request, frame.call, frame.state) == (request, number, state),
    )


def answer(lab: Console, request: int = 7) -> frames.RunAnswer:
    return lab.get(frames.RunAnswer, lambda frame: frame.request == request)


def states(lab: Console, request: int = 7) -> list[tuple[str, str]]:
    answer(lab, request)
    seen = [frame for frame in lab.seen if isinstance(frame, frames.CallProgress) and frame.request == request]
    return [(frame.call, frame.state) for frame in seen]


def changes(lab: Console) -> int:
    return lab.worker.counts["lab/change"]


def plan(lab: Console, verb: str = "power.start") -> frames.PlanAnswer:
    lab.worker.receive(frames.PlanRequest("lab", 5, Operation(verb=verb, key="vm:1")))
    return lab.get(frames.PlanAnswer)


# --- plans ----------------------------------------------------------------------------------------------------------


def test_a_plan_carries_its_calls_and_the_fingerprint_it_rests_on(console: Callable[..., Console]) -> None:
    answered = plan(console())
    assert answered.plan is not None
    assert answered.plan.calls == ()
    assert [native.verb for native in answered.calls] == ["Start"]
    assert answered.plan.state == "print of vm:1"


def test_a_reason_why_not_comes_as_the_driver_gave_it(console: Callable[..., Console]) -> None:
    answered = plan(console(plan=raising(Conflict("it runs already", subject="running"))))
    assert answered.plan is None
    assert answered.failure is not None
    assert (answered.failure.fault, answered.failure.subject) == (Fault.CONFLICT, "running")


@pytest.mark.parametrize("verb", ["power.reset", "snap.create", "no.such", "edit.rename"])
def test_what_is_not_offered_or_has_no_role_is_not_planned(console: Callable[..., Console], verb: str) -> None:
    answered = plan(console(), verb)
    assert answered.failure is not None
    assert answered.failure.fault is Fault.NOT_SUPPORTED


def test_a_plan_that_would_change_something_is_stopped(console: Callable[..., Console]) -> None:
    def meddle(self: Changing, operation: Operation) -> Plan:
        self.sink.call("change")
        return Plan(calls=())

    lab = console(plan=meddle)
    answered = plan(lab)
    assert answered.failure is not None
    assert answered.failure.fault is Fault.DENIED
    assert changes(lab) == 0


def test_the_connection_tells_what_is_offered_and_how_it_is_locked(console: Callable[..., Console]) -> None:
    lab = console(lock={"protected": True, "role": "operator", "lock_reasons": ("policy: prod",)})
    info = lab.link(Link.UP).info
    assert info is not None
    assert info.verbs == ("power.start", "power.off", "edit.rename")
    lock = lab.get(frames.LockState)
    assert (lock.ro, lock.protected, lock.role, lock.reasons) == (False, True, "operator", ["policy: prod"])
    assert lock.unlocked is None


# --- one run --------------------------------------------------------------------------------------------------------


def test_calls_are_sent_in_order_each_after_its_word_with_results_filled_in(console: Callable[..., Console]) -> None:
    made: list[tuple[str, dict[str, Argument], Mapping[str, str]]] = []

    def invoke(self: Changing, native: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        self.sink.call("change")
        made.append((native.verb, dict(native.args), secrets))
        return {"task": f"t{len(made)}"}

    lab = console(invoke=invoke)
    second = call("2", "Wait", args={"task": Result("1", "task"), "password": SecretName("guest")})
    run(lab, call(), second, guest="hunter2")
    told(lab, "1", "resolved")
    assert made == []
    proceed(lab, "1")
    asked = proceed(lab, "2")
    assert asked.arguments == {"task": "t1", "password": SecretName("guest")}
    ended = answer(lab)
    assert (ended.operation, ended.state, ended.failure) == (42, "print of vm:1", None)
    assert made[0] == ("Start", {}, {"guest": "hunter2"})
    assert made[1][1] == {"task": "t1", "password": SecretName("guest")}
    order = ["resolved", "sent", "done"]
    assert states(lab) == [*(("1", state) for state in order), *(("2", state) for state in order)]
    assert "hunter2" not in str([frame for frame in lab.seen if not isinstance(frame, frames.Open)])


def test_a_call_without_a_word_from_the_console_is_never_sent(
    console: Callable[..., Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PROCEED_S", 0.05)
    lab = console()
    run(lab, call("1", on_failure="continue"), call("2"))
    failure = answer(lab).failure
    assert failure is not None
    assert failure.fault is Fault.ABORTED
    lab.worker.receive(frames.Proceed("lab", 7, "1", True))
    assert states(lab) == [("1", "resolved"), ("1", "skipped"), ("2", "skipped")]
    assert changes(lab) == 0


def test_what_cannot_be_written_down_is_not_sent_nor_is_anything_behind_it(console: Callable[..., Console]) -> None:
    lab = console()
    run(lab, call("1", on_failure="continue"), call("2"))
    proceed(lab, go=False)
    assert states(lab) == [("1", "resolved"), ("1", "skipped"), ("2", "skipped")]
    assert changes(lab) == 0


@pytest.mark.parametrize(("on_failure", "second"), [("stop", "skipped"), ("continue", "done")])
def test_a_failure_stops_the_calls_behind_it_unless_they_are_to_go_on(
    console: Callable[..., Console], on_failure: str, second: str
) -> None:
    def invoke(self: Changing, native: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        self.sink.call("change")
        if native.id == "1":
            raise Conflict("it is locked", subject="locked")
        return {}

    lab = console(invoke=invoke)
    run(lab, call("1", on_failure=on_failure), call("2"))
    proceed(lab, "1")
    if second == "done":
        proceed(lab, "2")
    assert states(lab)[2:3] == [("1", "failed")]
    assert states(lab)[-1] == ("2", second)
    failure = answer(lab).failure
    assert failure is not None
    assert failure.fault is Fault.CONFLICT


def test_a_result_that_is_missing_keeps_the_call_from_being_sent(console: Callable[..., Console]) -> None:
    lab = console()
    run(lab, call("1"), call("2", args={"task": Result("1", "task")}))
    proceed(lab, "1")
    failure = answer(lab).failure
    assert failure is not None
    assert (failure.fault, failure.subject) == (Fault.INVALID_INPUT, "task")
    assert states(lab)[-1] == ("2", "failed")
    assert changes(lab) == 1


def test_progress_of_a_call_is_told_while_it_is_made(console: Callable[..., Console]) -> None:
    def invoke(self: Changing, native: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        self.sink.call("change")
        self.sink.advance(40.0)
        return {}

    lab = console(invoke=invoke)
    run(lab, call(long=True))
    proceed(lab)
    answer(lab)
    assert [frame.percent for frame in lab.seen if isinstance(frame, frames.CallProgress)] == [None, None, 40.0, None]


@pytest.mark.parametrize("error", [Unreachable("cut"), Timeout("late"), ZeroDivisionError("bug")])
def test_a_call_that_left_and_got_no_answer_is_unknown(console: Callable[..., Console], error: Exception) -> None:
    def invoke(self: Changing, native: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        self.sink.call("change")
        raise error

    lab = console(invoke=invoke)
    run(lab, call(), call("2"))
    proceed(lab)
    failure = answer(lab).failure
    assert failure is not None
    assert failure.fault is Fault.OUTCOME_UNKNOWN
    assert states(lab)[2:] == [("1", "unknown"), ("2", "skipped")]


@pytest.mark.parametrize("error", [Unreachable("cut"), ZeroDivisionError("bug"), BackendFault("no")])
def test_a_call_that_never_left_has_failed(console: Callable[..., Console], error: Exception) -> None:
    lab = console(invoke=raising(error))
    run(lab, call())
    proceed(lab)
    assert states(lab)[2:] == [("1", "failed")]


def test_a_short_call_past_its_deadline_is_unknown_and_what_it_says_later_is_not_sent(
    console: Callable[..., Console],
) -> None:
    go, refused = threading.Event(), threading.Event()

    def invoke(self: Changing, native: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        self.sink.call("change")
        go.wait(PATIENCE)
        try:
            self.sink.call("change")
        except Denied:
            refused.set()
        return {}

    lab = console(invoke=invoke)
    lab.worker.receive(frames.Close("lab"))
    lab.link(Link.CLOSED)
    limits = Limits(**{name: getattr(LIMITS, name) for name in LIMITS.__struct_fields__} | {"change": 0.05})
    lab.worker.limits = limits
    lab.open(generation=2)
    lab.get(frames.ConnectionState, lambda frame: frame.generation == 2 and frame.link is Link.UP)
    run(lab, call(), call("2"))
    proceed(lab)
    told(lab, "1", "sent")
    while lab.worker.calls.next_due() is not None:
        lab.worker.calls.expire(time.monotonic())
    assert states(lab)[2:] == [("1", "unknown"), ("2", "skipped")]
    go.set()
    assert refused.wait(PATIENCE)
    assert changes(lab) == 1


def test_a_run_that_is_cut_off_tells_what_is_unknown_and_sends_nothing_more(console: Callable[..., Console]) -> None:
    go = threading.Event()

    def invoke(self: Changing, native: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        self.sink.call("change")
        go.wait(PATIENCE)
        return {}

    lab = console(invoke=invoke)
    run(lab, call(long=True), call("2"))
    proceed(lab)
    lab.called("change")
    lab.worker.receive(frames.Close("lab"))
    assert states(lab)[2:] == [("1", "unknown"), ("2", "skipped")]
    go.set()
    lab.link(Link.CLOSED)
    assert changes(lab) == 1


def test_runs_beyond_the_lanes_wait_for_their_turn(console: Callable[..., Console]) -> None:
    go, begun = threading.Event(), threading.Semaphore(0)

    def invoke(self: Changing, native: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        self.sink.call("change")
        begun.release()
        go.wait(PATIENCE)
        return {}

    lab = console(invoke=invoke)
    for request in range(1, 6):
        run(lab, call(), request=request)
    for request in range(1, 5):
        proceed(lab, request=request)
        assert begun.acquire(timeout=PATIENCE)
    assert not [frame for frame in lab.seen if isinstance(frame, frames.CallProgress) and frame.request == 5]
    go.set()
    proceed(lab, request=5)
    assert [answer(lab, request).failure for request in range(1, 6)] == [None] * 5


@pytest.mark.parametrize(
    "calls",
    [(call("1"), call("1")), (call("1", connection="other"),)],
    ids=["the same number twice", "of another connection"],
)
def test_a_run_that_makes_no_sense_is_refused(console: Callable[..., Console], calls: tuple[NativeCall, ...]) -> None:
    lab = console()
    run(lab, *calls)
    failure = answer(lab).failure
    assert failure is not None
    assert failure.fault is Fault.INVALID_INPUT
    assert changes(lab) == 0


def test_changes_of_a_connection_that_is_not_there_are_answered() -> None:
    lab = Console()
    run(lab, call())
    plan(lab)
    for failed in (answer(lab), lab.get(frames.PlanAnswer)):
        assert failed.failure is not None
        assert failed.failure.fault is Fault.UNREACHABLE


# --- locks ----------------------------------------------------------------------------------------------------------

LOCKED = {
    "ro": {"readonly": True},
    "protected": {"protected": True},
    "viewer": {"role": "viewer"},
    "operator": {"role": "operator"},
    "a role that nobody knows": {"role": "king"},
}


@pytest.mark.parametrize("lock", LOCKED.values(), ids=LOCKED)
def test_nothing_runs_on_a_locked_connection(console: Callable[..., Console], lock: dict[str, Any]) -> None:
    lab = console(lock=lock)
    run(lab, call(), verb="edit.rename")
    failure = answer(lab).failure
    assert failure is not None
    assert failure.fault is Fault.DENIED
    assert states(lab) == [("1", "skipped")]
    assert changes(lab) == 0


def test_an_operator_may_do_what_takes_no_admin(console: Callable[..., Console]) -> None:
    lab = console(lock={"role": "operator"})
    run(lab, call())
    proceed(lab)
    assert answer(lab).failure is None


def test_an_unlock_lets_runs_in_until_its_time_is_over(
    console: Callable[..., Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    from novatui.worker import admission

    clock = [1000.0]
    monkeypatch.setattr(admission, "_clock", lambda: clock[0])
    lab = console(lock={"protected": True})
    lab.worker.receive(frames.Unlock("lab", 60.0, ""))
    run(lab, call(), request=1)
    assert answer(lab, 1).failure is not None, "without a ticket nothing is unlocked"
    lab.worker.receive(frames.Unlock("lab", 60.0, "INC-1"))
    assert lab.get(frames.LockState, lambda frame: frame.unlocked is not None).unlocked == 60.0
    run(lab, call(), request=2)
    told(lab, "1", "resolved", request=2)
    clock[0] += 61.0
    run(lab, call(), request=3)
    assert answer(lab, 3).failure is not None
    proceed(lab, request=2)
    assert answer(lab, 2).failure is None, "what was let in before goes on"
    before = len([frame for frame in lab.seen if isinstance(frame, frames.LockState)])
    lab.worker.expire_locks()
    lab.worker.expire_locks()
    lab.seen.extend(iter(lab.worker.outbox.poll, None))
    after = [frame for frame in lab.seen if isinstance(frame, frames.LockState)]
    assert len(after) == before + 1
    assert after[-1].unlocked is None


def test_what_was_let_in_can_be_cancelled_when_the_protection_is_back_and_all_lanes_are_busy(
    console: Callable[..., Console],
) -> None:
    go = threading.Event()

    def invoke(self: Changing, native: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        self.sink.call("change")
        if native.verb == "Cancel":
            go.set()
        else:
            go.wait(PATIENCE)
        return {}

    lab = console(invoke=invoke, lock={"protected": True})
    run(lab, call(verb="Cancel"), request=1, verb="task.cancel")
    assert answer(lab, 1).failure is not None, "nothing was let in that it could be a lever of"
    lab.worker.receive(frames.Unlock("lab", 600.0, "INC-1"))
    for request in range(2, 6):
        run(lab, call(), request=request)
        proceed(lab, request=request)
    lab.called("change", 4)
    lab.worker.receive(frames.Unlock("lab", 0.0, ""))
    run(lab, call(verb="Cancel"), request=6, verb="task.cancel")
    proceed(lab, request=6)
    assert [answer(lab, request).failure for request in range(2, 7)] == [None] * 5


def test_an_unlock_is_taken_back(console: Callable[..., Console]) -> None:
    lab = console(lock={"protected": True})
    lab.worker.receive(frames.Unlock("lab", 600.0, "INC-1"))
    lab.worker.receive(frames.Unlock("lab", 0.0, ""))
    run(lab, call())
    assert answer(lab).failure is not None


@pytest.fixture
def policy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The policy of the worker's machine."""
    from novatui.worker import rights

    file = tmp_path / "policy.toml"
    file.touch(0o644)
    monkeypatch.setattr(rights, "POLICY_FILE", file)
    return file


@pytest.mark.skipif(os.getuid() != 0, reason="a policy has to belong to root")
def test_the_strictest_of_both_machines_rules_holds(console: Callable[..., Console], policy: Path) -> None:
    policy.write_text('default = "operator"\n[connections.prod]\nmatch = ["lab"]\nprotected = true\n')
    lab = console(lock={"lock_reasons": ("policy: everybody else is admin",)})
    lock = lab.get(frames.LockState)
    assert (lock.ro, lock.protected, lock.role) == (False, True, "operator")
    assert lock.reasons[0] == "policy: everybody else is admin"
    assert any("prod" in reason and "protected" in reason for reason in lock.reasons)
    run(lab, call(), request=1)
    assert answer(lab, 1).failure is not None
    lab.worker.receive(frames.Unlock("lab", 60.0, "INC-1"))
    run(lab, call(), request=2)
    proceed(lab, request=2)
    assert answer(lab, 2).failure is None
    run(lab, call(), request=3, verb="edit.rename")
    assert answer(lab, 3).failure is not None, "an operator renames nothing, unlocked or not"


@pytest.mark.skipif(os.getuid() != 0, reason="a policy has to belong to root")
def test_the_role_of_the_console_s_machine_is_not_raised_by_the_worker_s(
    console: Callable[..., Console], policy: Path
) -> None:
    policy.write_text('default = "admin"\n')
    lab = console(lock={"role": "viewer"})
    assert lab.get(frames.LockState).role == "viewer"


@pytest.mark.parametrize("text", ["not TOML", "unknown = 1"])
def test_a_policy_that_cannot_be_read_allows_nothing(console: Callable[..., Console], policy: Path, text: str) -> None:
    policy.write_text(text)
    lab = console()
    run(lab, call())
    assert answer(lab).failure is not None
    assert lab.get(frames.LockState).ro


def test_a_call_that_is_none_of_the_reading_ones_is_refused_outside_of_a_run(console: Callable[..., Console]) -> None:
    lab = console(detail=lambda self, key, parts: self.sink.call("change"))
    lab.worker.receive(frames.DetailRequest("lab", 1, "vm:1", []))
    failure = lab.get(frames.DetailAnswer).failure
    assert failure is not None
    assert failure.fault is Fault.DENIED
    assert changes(lab) == 0
