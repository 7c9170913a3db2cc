"""The one way of changing on vSphere, on a vCenter simulator: exactly the call that was planned, once, and its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.backends.vsphere.dataobjects import data, written
from novatui.core.errors import Conflict, InvalidInput, NotFound, OutcomeUnknown, Unreachable
from novatui.core.operations import NativeCall
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, everything, tasks
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
    with client_of(server) as service:
        if change.machine(service, MACHINE).runtime.powerState != "poweredOn":
            change.power(service, MACHINE, "on")
    with connected(server) as found:
        yield found


def moref(probe: Probe, name: str = MACHINE) -> str:
    return probe.sink.key_of(name).partition(":")[2]


def call(verb: str, **arguments: Any) -> NativeCall:
    return NativeCall(id="1", connection="vc", verb=verb, args=arguments)


def tasks_of(server: Vcsim) -> list[str]:
    """What the server was asked to do, by its own list."""
    with client_of(server) as service:
        return list(tasks(service).values())


def test_a_task_is_sent_once_and_followed_to_its_end(server: Vcsim, probe: Probe) -> None:
    before = tasks_of(server)
    answer = probe.driver.invoke(call("PowerOffVM_Task", this=moref(probe)), {})
    assert tasks_of(server)[len(before) :] == ["VirtualMachine.powerOff"]
    assert answer["task"]
    with client_of(server) as service:
        assert change.machine(service, MACHINE).runtime.powerState == "poweredOff"


def test_a_task_answers_what_it_made(server: Vcsim, probe: Probe) -> None:
    answer = probe.driver.invoke(
        call("CreateSnapshot_Task", this=moref(probe), name="made", memory=False, quiesce=False), {}
    )
    with client_of(server) as service:
        assert answer[""] == change.machine(service, MACHINE).snapshot.currentSnapshot._moId
    probe.driver.invoke(call("RemoveSnapshot_Task", this=answer[""], removeChildren=False), {})
    with client_of(server) as service:  # this server dies of reading the property alone when it is not set any more
        assert "snapshot" not in everything(service, vim.VirtualMachine, ["snapshot"])[moref(probe)]


def test_a_data_object_goes_out_as_it_was_written(server: Vcsim, probe: Probe) -> None:
    spec = data("VirtualMachineConfigSpec", annotation='said "so" <&>', numCPUs=2)
    probe.driver.invoke(call("ReconfigVM_Task", this=f"VirtualMachine:{moref(probe)}", spec=written(spec)), {})
    with client_of(server) as service:
        config = change.machine(service, MACHINE).config
        assert (config.annotation, config.hardware.numCPU) == ('said "so" <&>', 2)


def test_the_fault_of_a_task_is_told(server: Vcsim, probe: Probe) -> None:
    with pytest.raises(Conflict) as caught:
        probe.driver.invoke(call("PowerOnVM_Task", this=moref(probe)), {})
    assert caught.value.failure.code == "InvalidPowerState"
    assert caught.value.failure.subject == "poweredOn"


def test_a_refusal_of_the_call_itself_is_told(probe: Probe) -> None:
    with pytest.raises(NotFound):
        probe.driver.invoke(call("PowerOffVM_Task", this="vm-that-never-was"), {})


@pytest.mark.parametrize(
    "odd",
    [
        call("Destroy_Task", this="vm-1"),
        call("PowerOffVM_Task"),
        call("PowerOffVM_Task", this="vm-1", force=True),
        call("CreateSnapshot_Task", this="vm-1", name="n", memory="yes", quiesce=False),
        call("ReconfigVM_Task", this="vm-1", spec="no json"),
        call("ReconfigVM_Task", this="vm-1", spec='{"_typeName": "VirtualMachineConfigSpec", "numCpus": 2}'),
        call("ReconfigVM_Task", this="vm-1", spec='{"_typeName": "VirtualMachineConfigSpec", "numCPUs": "2"}'),
        call("ReconfigVM_Task", this="vm-1", spec='{"_typeName": "HostConfigSpec"}'),
    ],
    ids=lambda odd: f"{odd.verb}-{sorted(odd.args)}",
)
def test_what_does_not_fit_is_never_sent(server: Vcsim, probe: Probe, odd: NativeCall) -> None:
    before = tasks_of(server)
    with pytest.raises(InvalidInput):
        probe.driver.invoke(odd, {})
    assert tasks_of(server) == before


def test_a_server_that_is_gone_was_told_nothing() -> None:
    with (
        or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=1, standalone=0, machines=1)) as own,
        connected(own) as one,
    ):
        target = moref(one)
        own.stop()
        with pytest.raises(Unreachable):
            one.driver.invoke(call("PowerOffVM_Task", this=target), {})


def test_a_session_that_ended_changes_nothing(server: Vcsim, probe: Probe) -> None:
    with client_of(server) as service:
        mine = service.content.sessionManager.currentSession.key
        for session in service.content.sessionManager.sessionList:
            if session.key != mine:
                change.end_session(service, session.key)
        with pytest.raises(Exception, match="not carried out: the session") as caught:
            probe.driver.invoke(call("PowerOffVM_Task", this=moref(probe)), {})
        assert not isinstance(caught.value, OutcomeUnknown)
        assert change.machine(service, MACHINE).runtime.powerState == "poweredOn"
