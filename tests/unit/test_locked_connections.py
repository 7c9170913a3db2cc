"""Every operation against a locked connection of the demo, through a worker: nothing that changes goes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from novatui.backends.registry import driver_class
from novatui.config.demo import expand
from novatui.core.errors import Fault
from novatui.core.operations import NativeCall, Operation
from novatui.core.states import Family, Link
from novatui.core.verbs import VERBS
from novatui.wire import frames
from novatui.worker.process import Worker
from tests.scripted import LIMITS, Console

LOCKS: dict[str, dict[str, Any]] = {
    "ro": {"readonly": True},
    "protected": {"protected": True},
    "viewer": {"role": "viewer"},
}


class Lab(Console):
    """A worker with one connection of the demo."""

    def __init__(self, family: Family, lock: dict[str, Any], state: Path) -> None:
        (spec,) = expand(f"demo://?family={family}&vms=60&speed=0&state={state}")
        super().__init__()
        self.spec = msgspec.structs.replace(spec, name="lab", **lock)
        self.state = state
        self.worker = Worker(driver_class, LIMITS)
        self.worker.outbox.grant(10**6)
        self.requests = 0
        self.open()
        self.link(Link.UP)
        self.get(frames.LoadComplete)
        self.keys = [key for frame in self.seen if isinstance(frame, frames.Rows) for key in frame.keys]

    def number(self) -> int:
        self.requests += 1
        self.seen.clear()
        return self.requests

    def plan(self, operation: Operation) -> frames.PlanAnswer:
        number = self.number()
        self.worker.receive(frames.PlanRequest("lab", number, operation))
        return self.get(frames.PlanAnswer, lambda frame: frame.request == number)

    def run(self, operation: Operation, calls: list[NativeCall]) -> frames.RunAnswer:
        number = self.number()
        for call in calls:  # a console that does not wait to be asked
            self.worker.receive(frames.Proceed("lab", number, call.id, True))
        self.worker.receive(frames.RunRequest("lab", number, 1, operation.verb, operation.key, calls, {}))
        for call in calls:
            self.worker.receive(frames.Proceed("lab", number, call.id, True))
        return self.get(frames.RunAnswer, lambda frame: frame.request == number)

    @property
    def changing(self) -> list[str]:
        """Native calls that went out and are no reading ones."""
        reading = driver_class("demo").READING  # type: ignore[attr-defined]
        return [name for name in self.worker.counts if name.partition("/")[2] not in reading]


@pytest.fixture(scope="module", params=Family)
def family(request: pytest.FixtureRequest) -> Family:
    return request.param


@pytest.fixture(scope="module", params=LOCKS)
def lab(request: pytest.FixtureRequest, family: Family, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(family, LOCKS[request.param], tmp_path_factory.mktemp("ledger") / "state.jsonl")
    yield made
    made.worker.receive(frames.Close("lab"))


ARGUMENTS = st.dictionaries(
    st.sampled_from(sorted({given.name for verb in VERBS.values() for given in verb.takes})),
    st.sampled_from(
        ["yes", "no", "1", "2", "on", "off", "keep", "with", "both", "live", "nightly", "", "\x00", "x" * 300]
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(verb=st.sampled_from([*VERBS, "no.such"]), at=st.integers(0, 10**6), arguments=ARGUMENTS)
def test_nothing_that_changes_goes_out(lab: Lab, verb: str, at: int, arguments: dict[str, str]) -> None:
    operation = Operation(verb=verb, key=lab.keys[at % len(lab.keys)] if lab.keys else "vm:1", arguments=arguments)
    planned = lab.plan(operation)
    made_up = NativeCall(id="1", connection="lab", verb="PowerOffVM_Task", args={"vm": operation.key})
    ended = lab.run(operation, planned.calls or [made_up])
    assert ended.failure is not None
    assert ended.failure.fault in (Fault.DENIED, Fault.INVALID_INPUT if verb == "no.such" else Fault.DENIED)
    assert lab.changing == []
    assert not lab.state.exists()


def test_the_same_calls_go_out_where_nothing_is_locked(family: Family, tmp_path: Path) -> None:
    """What the test above rests on: it would see them."""
    lab = Lab(family, {}, tmp_path / "state.jsonl")
    keys = [key for key in lab.keys if key.startswith("vm:")]
    planned = ((key, lab.plan(Operation(verb="power.off", key=key))) for key in keys)
    key, plan = next((key, plan) for key, plan in planned if plan.calls)
    assert lab.run(Operation(verb="power.off", key=key), plan.calls).failure is None
    assert lab.changing == [f"lab/{plan.calls[0].verb}"]
    assert len(lab.state.read_text().splitlines()) == 1
    lab.worker.receive(frames.Close("lab"))
