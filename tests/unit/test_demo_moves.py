"""Migrations of the demo that somebody starts and steers: on one connection, and from one to the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from novatui.backends.demo.driver import DemoDriver
from novatui.backends.demo.shapes import Machine
from novatui.config.demo import expand
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Conflict, NotFound, NotSupported, NovaError
from novatui.core.ids import ObjectRef, key
from novatui.core.operations import Operation, Plan
from novatui.core.states import Kind, Power
from novatui.core.tasks import Task, TaskState
from tests.conformance.recording import Recording

FAST = 20


class End:
    """One connection of a demo fleet."""

    def __init__(self, spec: ConnectionSpec) -> None:
        self.spec = spec
        self.sink = Recording()
        self.driver = DemoDriver(spec, {}, self.sink)
        self.driver.connect()
        self.driver.load({kind.value for kind in Kind})
        self.driver.watch()

    @property
    def scene(self):
        assert self.driver._open
        return self.driver._open

    def calm(self, power: Power = Power.RUNNING) -> Machine:
        """A machine that nothing but the test moves."""
        return next(
            machine
            for machine in self.scene.estate.machines
            if not (machine.routine or machine.visitor or machine.devices)
            and machine.kind is Kind.VM
            and machine.power is power
            and machine.memory <= 8 * 2**30
        )

    def plan(self, verb: str, machine: Machine, **arguments: str) -> Plan:
        return self.driver.plan_migrate(Operation(verb=verb, key=of(machine), arguments=arguments))

    def start(self, verb: str, machine: Machine, **arguments: str) -> Running:
        return Running(self, self.plan(verb, machine, **arguments))

    def task(self, machine: Machine) -> Task:
        return next(task for task in reversed(self.driver.tasks()) if task.key == of(machine))


class Running:
    """A plan that is carried out in a thread of its own, as a worker does."""

    def __init__(self, end: End, plan: Plan) -> None:
        self.failure: NovaError | None = None
        self._end, self._plan = end, plan
        self._thread = threading.Thread(target=self._go)
        self._thread.start()

    def _go(self) -> None:
        try:
            for call in self._plan.calls:
                self._end.driver.invoke(call, {})
        except NovaError as error:
            self.failure = error

    def over(self) -> NovaError | None:
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.failure


def of(machine: Machine) -> str:
    return key(machine.kind, machine.id)


@pytest.fixture
def pve(tmp_path: Path) -> Iterator[End]:
    (spec,) = expand(f"demo://?family=proxmox&vms=120&speed={FAST}&state={tmp_path / 'state'}")
    end = End(spec)
    yield end
    end.driver.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[End, End]]:
    specs = {spec.name: spec for spec in expand(f"demo://?vms=300&speed={FAST}&state={tmp_path / 'state'}")}
    ends = End(specs["kvm-03"]), End(specs["kvm-12"])
    yield ends
    for end in ends:
        end.driver.close()


def elsewhere(end: End, machine: Machine) -> str:
    host = next(host for host in end.scene.estate.hosts if host.at != machine.host and not host.maintenance)
    return str(ObjectRef(end.spec.name, Kind.HOST, host.id))


def test_a_machine_changes_its_host_and_can_go_back(pve: End) -> None:
    machine = pve.calm()
    to = elsewhere(pve, machine)
    plan = pve.plan("migrate.live", machine, to=to, storage="copy")
    assert plan.calls[0].verb.endswith("/migrate")
    assert Running(pve, plan).over() is None
    there = key(Kind.HOST, ObjectRef.parse(to).id)
    pve.sink.wait(lambda: pve.sink.table[of(machine)].get("host") == there, "the new host")
    assert pve.task(machine).state is TaskState.DONE
    assert plan.inverse is not None
    back = pve.driver.plan_migrate(plan.inverse)
    assert Running(pve, back).over() is None
    home = key(Kind.HOST, pve.scene.estate.hosts[machine.host].id)
    pve.sink.wait(lambda: pve.sink.table[of(machine)].get("host") == home, "its old host")


def test_between_two_connections_it_is_always_somewhere(pair: tuple[End, End]) -> None:
    here, there = pair
    machine = here.calm()
    run = here.start("migrate.live", machine, uri="qemu+ssh://kvm-12/system", storage="copy")
    there.sink.wait(lambda: of(machine) in there.sink.table, "the copy at the destination")
    assert here.sink.table[of(machine)].get("power") == "migrating"
    assert run.over() is None
    here.sink.wait(lambda: of(machine) not in here.sink.table, "its end at the source")
    there.sink.wait(lambda: there.sink.table[of(machine)].get("power") == "running", "it runs at the destination")
    arrived = there.scene.estate.machine(machine.id)
    assert arrived is not None
    assert there.start("migrate.live", arrived, uri="qemu+ssh://kvm-03/system", storage="copy").over() is None
    here.sink.wait(lambda: here.sink.table.get(of(machine), {}).get("power") == "running", "it is at home again")


def test_one_that_is_cancelled_stays(pair: tuple[End, End]) -> None:
    here, there = pair
    machine = here.calm()
    run = here.start("migrate.live", machine, uri="qemu+ssh://kvm-12/system", storage="copy", bandwidth="1000000")
    there.sink.wait(lambda: of(machine) in there.sink.table, "the copy")
    cancel = here.driver.plan_task(Operation(verb="task.cancel", key=of(machine)))
    for call in cancel.calls:
        here.driver.invoke(call, {})
    failure = run.over()
    assert failure is not None
    assert failure.failure.code == "78"
    there.sink.wait(lambda: of(machine) not in there.sink.table, "the copy is gone")
    assert here.sink.table[of(machine)].get("power") == "running"


@pytest.mark.parametrize("verb", ["migrate.pause", "migrate.bandwidth", "migrate.postcopy"])
def test_levers_end_one_that_would_last(pair: tuple[End, End], verb: str) -> None:
    here, there = pair
    machine = here.calm()
    run = here.start(
        "migrate.live", machine, uri="qemu+ssh://kvm-12/system", storage="copy", bandwidth="200000000", post_copy="yes"
    )
    there.sink.wait(lambda: of(machine) in there.sink.table, "the copy")
    if verb == "migrate.postcopy":
        here.sink.wait(lambda: here.task(machine).migration.phase == "memory", "memory is copied")  # type: ignore[union-attr]
    given = {"bandwidth": str(2**30)} if verb == "migrate.bandwidth" else {}
    for call in here.plan(verb, machine, **given).calls:
        here.driver.invoke(call, {})
    told = here.task(machine).migration
    assert told is not None
    assert told.armed is not None
    assert "post-copy" in told.armed
    assert run.over() is None
    there.sink.wait(lambda: there.sink.table[of(machine)].get("power") == "running", "it runs at the destination")


def test_what_was_not_armed_is_refused_with_a_way_on(pair: tuple[End, End]) -> None:
    here, _ = pair
    machine = here.calm()
    run = here.start("migrate.live", machine, uri="qemu+ssh://kvm-12/system", storage="copy")
    here.sink.wait(lambda: here.sink.table[of(machine)].get("power") == "migrating", "it moves")
    with pytest.raises(Conflict, match="not armed"):
        here.plan("migrate.postcopy", machine)
    assert run.over() is None


def test_refusals(pair: tuple[End, End], pve: End) -> None:
    here, _ = pair
    machine, uri = here.calm(), "qemu+ssh://kvm-12/system"
    with pytest.raises(Conflict, match="does not move"):
        here.plan("migrate.downtime", machine, downtime="500")
    with pytest.raises(Conflict, match="does not reach"):
        here.plan("migrate.live", machine, uri=uri)
    with pytest.raises(NotFound):
        here.plan("migrate.live", machine, uri="qemu+ssh://elsewhere/system", storage="copy")
    with pytest.raises(Conflict, match="is off"):
        here.plan("migrate.live", here.calm(Power.OFF), uri=uri, storage="copy")
    with pytest.raises(NotSupported, match="parallel"):
        here.plan("migrate.live", machine, uri=uri, parallel="4")
    with pytest.raises(NotSupported, match="no such thing as auto_converge"):
        pve.plan("migrate.live", pve.calm(), to=elsewhere(pve, pve.calm()), storage="copy", auto_converge="yes")


def test_a_machine_that_is_off_moves_as_a_definition(pair: tuple[End, End]) -> None:
    here, there = pair
    machine = here.calm(Power.OFF)
    assert here.start("migrate.offline", machine, uri="qemu+ssh://kvm-12/system").over() is None
    there.sink.wait(lambda: there.sink.table.get(of(machine), {}).get("power") == "off", "its definition")
