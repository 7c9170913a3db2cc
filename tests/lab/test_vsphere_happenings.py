"""Tasks and events of a vCenter simulator, looked for: as with a server that does not follow them by its stream."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.errors import Fault, Unreachable
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
        found.driver._happenings.tasks.followed = False
        yield found


def test_tasks_of_another_client_with_their_outcome(server: Vcsim, probe: Probe) -> None:
    before = {task.id for task in probe.driver.tasks()}
    with client_of(server) as service:
        change.power(service, MACHINE, "off")
        with pytest.raises(vim.fault.InvalidPowerState):
            change.power(service, MACHINE, "off")
        change.power(service, MACHINE, "on")
        accounts = {each._moId: each.info.reason.userName for each in service.content.taskManager.recentTask}
    told = [task for task in probe.driver.tasks() if task.id not in before]
    assert [(task.verb, task.state) for task in sorted(told, key=lambda task: task.started or 0)] == [
        ("off", TaskState.DONE),
        ("off", TaskState.FAILED),
        ("start", TaskState.DONE),
    ]
    for task in told:
        assert task.key == probe.sink.key_of(MACHINE)
        assert task.target  # this server writes the reference where others write the name
        assert task.native_verb in ("VirtualMachine.powerOff", "VirtualMachine.powerOn")
        assert task.who == accounts[task.id] != ""
        assert task.started is not None
        assert task.ended is not None
        assert task.started <= task.ended
    failed = next(task.failure for task in told if task.state is TaskState.FAILED)
    assert failed is not None
    assert (failed.fault, failed.code) == (Fault.CONFLICT, "InvalidPowerState")


def test_events_since_a_moment(server: Vcsim, probe: Probe) -> None:
    known = {event.id for event in probe.driver.events(0.0)}
    assert known
    with client_of(server) as service:
        change.power(service, "DC0_C0_RP0_VM1", "off")
        found = [event for event in probe.driver.events(0.0) if event.id not in known]
        begun = time.time()
        change.power(service, "DC0_C0_RP0_VM1", "on")
    off = next(event for event in found if event.native_type == "VmPoweredOffEvent")
    assert (off.key, off.subject) == (probe.sink.key_of("DC0_C0_RP0_VM1"), "DC0_C0_RP0_VM1")
    assert off.who == server.user
    assert "DC0_C0_RP0_VM1" in off.text
    assert abs(off.seen - off.at) < 600
    later = probe.driver.events(begun - 0.001)
    assert "VmPoweredOnEvent" in {event.native_type for event in later}
    assert off.id not in {event.id for event in later}
    assert [event.at for event in later] == sorted(event.at for event in later)


def test_events_of_a_session_that_ended(server: Vcsim) -> None:
    with connected(server, "vm") as probe, client_of(server) as service:
        assert probe.driver.events(0.0)
        mine = service.content.sessionManager.currentSession.key
        for session in service.content.sessionManager.sessionList:
            if session.key != mine:
                change.end_session(service, session.key)
        with pytest.raises(Unreachable):
            probe.driver.events(0.0)
