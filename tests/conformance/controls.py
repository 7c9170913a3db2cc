"""Conformance of the roles that change something: every operation that a driver offers, planned, run and taken back.

A family's file is a lab and a class:

    class TestPower(ControlConformance):
        @pytest.fixture
        def served(self, tmp_path): return SomeControlLab(tmp_path)
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest

from novatui.backends.driver import InventorySource, Invoker, Session, roles_of
from novatui.backends.registry import driver_class
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Conflict, NotFound, NotSupported, NovaError
from novatui.core.inventory import FIELD
from novatui.core.operations import Argument, Expectation, Operation, Plan, described
from novatui.core.states import Kind, Power
from novatui.core.verbs import VERBS
from novatui.worker.plans import planned
from tests.conformance.legal import check_failure
from tests.conformance.recording import PATIENCE, Recording

NEVER = "00000000-dead-4000-8000-000000000000"

STATES = (Power.RUNNING, Power.OFF, Power.PAUSED, Power.SUSPENDED)
"""Power states that a lab may have machines in."""

ROLE = {
    "power": "PowerControl",
    "snap": "SnapshotControl",
    "device": "DeviceControl",
    "edit": "ResourceControl",
    "migrate": "MigrationControl",
    "host": "HostControl",
    "cluster": "ClusterControl",
    "alarm": "AlarmControl",
    "task": "TaskControl",
}

OPERATIONS = sorted(verb.name for verb in VERBS.values() if not verb.lever and verb.noun != "migrate")
POWER = sorted(name for name, verb in VERBS.items() if verb.noun == "power" and verb.states)


AFTER = {
    "power.resume": "power.pause",
    "power.wake": "power.suspend",
    "edit.iso_eject": "edit.iso_insert",
    "edit.disk_remove": "edit.disk_add",
    "device.detach": "device.attach",
    "device.mdev_remove": "device.mdev_create",
}
"""Operations that can be carried out after another, when the lab has nothing that is ready for them."""


class ControlLab(ABC):
    """A served site whose machines may be changed. Each test has its own."""

    spec: ConnectionSpec
    secrets: Mapping[str, str] = {}

    @abstractmethod
    def machine(self, power: Power) -> str:
        """Key of a machine in that state with a guest that listens; empty when the lab has none."""

    @abstractmethod
    def subject(self, verb: str) -> tuple[str, dict[str, str]] | None:
        """Key and arguments with which this operation can be carried out; None when the lab has nothing for it."""

    def applied(self) -> int | None:
        """Changing calls by the server's own log; None when it keeps none."""
        return None


class Gate(Recording):
    """A sink that lets a call which is no reading one pass only where a test invokes it."""

    def __init__(self, reading: frozenset[str]) -> None:
        super().__init__()
        self.reading = reading
        self.changing: list[str] = []
        self.inside = threading.local()

    def call(self, name: str) -> None:
        if self.reading and name not in self.reading and getattr(self.inside, "open", False):
            self.changing.append(name)
        else:
            super().call(name)


class Bench:
    """A connected driver and what a test does with it."""

    def __init__(self, lab: ControlLab, driver: Any, sink: Gate) -> None:
        self.lab, self.driver, self.sink = lab, driver, sink

    def load(self) -> None:
        self.driver.load({kind.value for kind in Kind})

    def plan(self, verb: str, key: str, arguments: Mapping[str, str]) -> Plan:
        return planned(self.driver, Operation(verb=verb, key=key, arguments=dict(arguments)))

    def run(self, plan: Plan) -> list[Mapping[str, Argument]]:
        self.sink.inside.open = True
        try:
            return [self.driver.invoke(call, {}) for call in plan.calls]
        finally:
            self.sink.inside.open = False

    def see(self, plan: Plan) -> None:
        """Wait until everything that the plan expects is in the inventory."""
        for wanted in plan.expects:
            end = time.monotonic() + PATIENCE
            self.driver.refresh([wanted.key])
            while not self._seen(wanted):
                assert time.monotonic() < end, f"{wanted} never came; {self.sink.table.get(wanted.key)}"
                time.sleep(0.05)
                self.driver.refresh([wanted.key])

    def _seen(self, wanted: Expectation) -> bool:
        values = self.sink.snapshot().get(wanted.key)
        if not wanted.values:
            return values is None
        return values is not None and as_text(values.get(wanted.field)) in wanted.values


def as_text(value: object) -> str:
    """A column as expectations write it."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


class ControlConformance:
    """Subclass it as `Test…` with a fixture `served`."""

    lacks: ClassVar[Mapping[str, str]] = {}
    """Control roles, or operations, that the driver does not have, with the reason; their tests are skipped."""

    @pytest.fixture
    def served(self) -> ControlLab:
        raise NotImplementedError

    @pytest.fixture
    def bench(self, served: ControlLab) -> Iterator[Bench]:
        made: Any = driver_class(served.spec.driver)
        sink = Gate(made.READING)
        driver: Session = made(served.spec, served.secrets, sink)
        driver.connect()
        bench = Bench(served, driver, sink)
        bench.load()
        yield bench
        driver.close()

    def offered(self, bench: Bench, verb: str) -> None:
        """The test is skipped where the operation is not offered, with the declared reason."""
        if verb not in bench.driver.offers():
            reason = self.lacks.get(verb) or self.lacks.get(ROLE[VERBS[verb].noun])
            assert reason, f"{verb} is not offered, and the family does not say why"
            pytest.skip(f"{verb}: {reason}")

    def subject(self, bench: Bench, verb: str) -> tuple[str, dict[str, str]]:
        """Key and arguments with which the operation can be carried out."""
        self.offered(bench, verb)
        found = bench.lab.subject(verb) or self._prepared(bench, verb)
        if found is None:
            pytest.skip(f"the lab has nothing for {verb}")
        return found

    def _prepared(self, bench: Bench, verb: str) -> tuple[str, dict[str, str]] | None:
        """What takes back the operation before it."""
        before = bench.lab.subject(AFTER[verb]) if verb in AFTER and AFTER[verb] in bench.driver.offers() else None
        if before is None:
            return None
        plan = bench.plan(AFTER[verb], *before)
        bench.run(plan)
        bench.see(plan)
        bench.sink.changing.clear()
        assert plan.inverse
        assert plan.inverse.verb == verb
        return plan.inverse.key, plan.inverse.arguments

    def test_it_has_the_roles_of_what_it_offers(self, bench: Bench) -> None:
        roles = roles_of(bench.driver)
        assert isinstance(bench.driver, Invoker)
        assert isinstance(bench.driver, InventorySource)
        offers = bench.driver.offers()
        assert offers
        assert offers <= VERBS.keys()
        assert {ROLE[VERBS[verb].noun] for verb in offers} <= set(roles)

    @pytest.mark.parametrize("verb", OPERATIONS)
    def test_a_plan_changes_nothing(self, bench: Bench, verb: str) -> None:
        key, arguments = self.subject(bench, verb)
        before, applied = bench.driver.fingerprint(key), bench.lab.applied()
        plan = bench.plan(verb, key, arguments)
        assert before
        assert bench.driver.fingerprint(key) == before
        assert bench.sink.changing == []
        assert bench.lab.applied() == applied
        assert plan.state in ("", before)
        check_plan(plan, bench.lab.spec.name)

    @pytest.mark.parametrize("verb", OPERATIONS)
    def test_a_run_does_what_its_plan_said(self, bench: Bench, verb: str) -> None:
        key, arguments = self.subject(bench, verb)
        plan = bench.plan(verb, key, arguments)
        applied = bench.lab.applied()
        bench.run(plan)
        assert bench.sink.changing
        if applied is not None:
            assert bench.lab.applied() == applied + len(plan.calls)
        bench.see(plan)

    @pytest.mark.parametrize("verb", OPERATIONS)
    def test_its_inverse_brings_the_fingerprint_back(self, bench: Bench, verb: str) -> None:
        key, arguments = self.subject(bench, verb)
        before = bench.driver.fingerprint(key)
        plan = bench.plan(verb, key, arguments)
        if plan.inverse is None:
            assert plan.irreversible, "nothing takes it back, and the plan does not say why"
            return
        bench.run(plan)
        bench.see(plan)
        assert bench.driver.fingerprint(key) != before
        back = planned(bench.driver, plan.inverse)
        bench.run(back)
        bench.see(back)
        assert bench.driver.fingerprint(key) == before

    @pytest.mark.parametrize("state", STATES)
    @pytest.mark.parametrize("verb", POWER)
    def test_it_is_refused_in_a_wrong_state(self, bench: Bench, verb: str, state: Power) -> None:
        self.offered(bench, verb)
        key = bench.lab.machine(state)
        if state in VERBS[verb].states or not key:
            pytest.skip(f"{verb} fits {state}" if key else f"the lab has no machine that is {state}")
        with pytest.raises(NovaError) as caught:
            bench.plan(verb, key, {})
        check_failure(caught.value.failure)
        assert isinstance(caught.value, Conflict | NotSupported)

    @pytest.mark.parametrize("verb", OPERATIONS)
    def test_nothing_is_planned_for_what_is_not_there(self, bench: Bench, verb: str) -> None:
        key, arguments = self.subject(bench, verb)
        with pytest.raises(NotFound):
            bench.plan(verb, f"{key.partition(':')[0]}:{NEVER}", arguments)

    def test_load_does_not_change_a_fingerprint(self, bench: Bench) -> None:
        key = bench.lab.machine(Power.RUNNING)
        before = bench.driver.fingerprint(key)
        for _ in range(3):
            bench.driver.sample({key})
            time.sleep(0.2)
            assert bench.driver.fingerprint(key) == before

    def test_calls_that_nobody_knows_are_refused(self, bench: Bench) -> None:
        key, arguments = self.subject(bench, "power.off")
        plan = bench.plan("power.off", key, arguments)
        applied = bench.lab.applied()
        for odd in ({"verb": "Format"}, {"args": {}}, {"args": plan.calls[0].args | {"also": 1}}):
            with pytest.raises(NovaError):
                bench.run(altered(plan, odd))
        assert bench.lab.applied() == applied


def altered(plan: Plan, changes: Mapping[str, Any]) -> Plan:
    import msgspec

    calls = tuple(msgspec.structs.replace(call, **changes) for call in plan.calls)
    return msgspec.structs.replace(plan, calls=calls)


def check_plan(plan: Plan, conn: str) -> None:
    """It can be shown, journalled and sent."""
    assert plan.calls
    numbers = [call.id for call in plan.calls]
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    for call in plan.calls:
        assert call.connection == conn
        assert call.on_failure in ("stop", "continue")
        assert call.verb in described(call)
    for wanted in plan.expects:
        assert wanted.field in FIELD
        assert wanted.within > 0
    for sentence in (*plan.warnings, *plan.losses, *plan.costs):
        assert sentence.strip()
        assert "\n" not in sentence
    if plan.inverse:
        assert plan.inverse.verb in VERBS
        assert set(plan.inverse.arguments) <= {given.name for given in VERBS[plan.inverse.verb].takes}
