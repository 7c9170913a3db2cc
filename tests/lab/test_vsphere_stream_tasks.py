"""Tasks and events of a vCenter simulator by the update stream: told as they happen, by no question of our own."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.tasks import TaskState
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINE = "DC0_C0_RP0_VM0"


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=1, standalone=0, machines=2)) as one:
        yield one


@pytest.fixture
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def test_nothing_is_asked_again(probe: Probe) -> None:
    assert probe.driver.event_poll == inf
    before = dict(probe.sink.counts)
    probe.driver.tasks()
    after = {name: count for name, count in probe.sink.counts.items() if name != "WaitForUpdatesEx"}
    assert after == {name: count for name, count in before.items() if name != "WaitForUpdatesEx"}


def test_tasks_are_told_as_they_end(server: Vcsim, probe: Probe) -> None:
    before = set(probe.sink.told)
    with client_of(server) as service:
        change.power(service, MACHINE, "off")
        with pytest.raises(vim.fault.InvalidPowerState):
            change.power(service, MACHINE, "off")
        change.power(service, MACHINE, "on")

    def fresh() -> list[tuple[str, TaskState]]:
        told = [task for name, task in list(probe.sink.told.items()) if name not in before]
        return [(task.verb, task.state) for task in sorted(told, key=lambda task: task.started or 0)]

    probe.sink.until(lambda: [state for _, state in fresh()].count(TaskState.DONE) == 2, "the ends of the tasks")
    assert fresh() == [("off", TaskState.DONE), ("off", TaskState.FAILED), ("start", TaskState.DONE)]
    task = next(task for name, task in probe.sink.told.items() if name not in before)
    assert task.key == probe.sink.key_of(MACHINE)
    assert {task.id for task in probe.driver.tasks()} >= set(probe.sink.told)


def test_events_are_told_as_they_happen(server: Vcsim, probe: Probe) -> None:
    history = {event.id for event in probe.driver.events(0.0)}
    assert history
    assert probe.sink.events == []
    with client_of(server) as service:
        change.power(service, MACHINE, "off")
        change.power(service, MACHINE, "on")
    probe.sink.until(lambda: "VmPoweredOnEvent" in probe.sink.event_types(), "the events")
    live = [event for event in probe.sink.events if event.native_type.startswith("VmPowered")]
    assert [event.native_type for event in live] == ["VmPoweredOffEvent", "VmPoweredOnEvent"]
    assert len({event.id for event in probe.sink.events}) == len(probe.sink.events)
    assert not history & {event.id for event in probe.sink.events}
    assert not any(event.polled for event in live)
    assert live[0].key == probe.sink.key_of(MACHINE)


def test_objects_without_alarms_have_none(probe: Probe) -> None:
    assert probe.sink.named(MACHINE)["alarms"] == 0


def test_a_machine_made_later_stands_in_its_task(server: Vcsim, probe: Probe) -> None:
    with client_of(server) as service:
        change.clone(service, MACHINE, "young")
        probe.sink.until(lambda: bool(probe.sink.named("young")), "a machine more")
        change.delete(service, "young")
    probe.sink.until(lambda: not probe.sink.named("young"), "a machine less")
    assert probe.sink.losses == []
