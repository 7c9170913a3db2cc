"""Power on vSphere, on a vCenter simulator: what is planned is what is done, and what cannot be done is said why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.core.errors import Conflict, InvalidInput, NotFound, NotSupported
from novatui.core.operations import Operation, Plan
from novatui.core.states import Power
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINE = "DC0_C0_RP0_VM0"

STATES = {"on": "poweredOn", "off": "poweredOff", "suspended": "suspended"}


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=1, standalone=0, machines=2)) as one:
        yield one


@pytest.fixture(scope="module")
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def bring(server: Vcsim, state: str) -> None:
    """The machine in this state, by another administrator."""
    with client_of(server) as service:
        if change.machine(service, MACHINE).runtime.powerState == STATES[state]:
            return
        if state == "suspended":
            bring(server, "on")
        change.power(service, MACHINE, state)


def state_of(server: Vcsim) -> str:
    with client_of(server) as service:
        return str(change.machine(service, MACHINE).runtime.powerState)


def plan(probe: Probe, verb: str, **arguments: str) -> Plan:
    operation = Operation(verb=f"power.{verb}", key=probe.sink.key_of(MACHINE), arguments=arguments)
    return probe.driver.plan_power(operation)


DONE = [
    ("start", "off", "PowerOnVM_Task", "poweredOn", "power.off"),
    ("off", "on", "PowerOffVM_Task", "poweredOff", "power.start"),
    ("suspend", "on", "SuspendVM_Task", "suspended", "power.wake"),
    ("wake", "suspended", "PowerOnVM_Task", "poweredOn", "power.suspend"),
    ("reset", "on", "ResetVM_Task", "poweredOn", ""),
]


@pytest.mark.parametrize(("verb", "before", "method", "after", "back"), DONE, ids=[each[0] for each in DONE])
def test_what_is_planned_is_done(
    server: Vcsim, probe: Probe, verb: str, before: str, method: str, after: str, back: str
) -> None:
    bring(server, before)
    made = plan(probe, verb)
    assert state_of(server) == STATES[before], "planning changed something"
    (call,) = made.calls
    assert (call.verb, call.args, call.long) == (method, {"this": probe.sink.key_of(MACHINE)[3:]}, True)
    assert made.state == probe.driver.fingerprint(made.expects[0].key if made.expects else probe.sink.key_of(MACHINE))
    probe.driver.invoke(call, {})
    assert state_of(server) == after
    assert (made.inverse.verb if made.inverse else "") == back
    for wanted in made.expects:
        probe.sink.until(lambda wanted=wanted: probe.sink.objects[wanted.key]["power"] in wanted.values, str(wanted))


def test_a_fingerprint_comes_back_with_the_state(server: Vcsim, probe: Probe) -> None:
    bring(server, "on")
    key = probe.sink.key_of(MACHINE)
    before = probe.driver.fingerprint(key)
    assert before
    probe.driver.invoke(plan(probe, "off").calls[0], {})
    assert probe.driver.fingerprint(key) not in ("", before)
    probe.driver.invoke(plan(probe, "start").calls[0], {})
    assert probe.driver.fingerprint(key) == before


WRONG = [
    ("start", "on", "already"),
    ("start", "suspended", "suspended"),
    ("off", "off", "already"),
    ("reset", "off", "poweredOff"),
    ("suspend", "off", "poweredOff"),
    ("wake", "off", "poweredOff"),
    ("shutdown", "off", "already"),
]


@pytest.mark.parametrize(("verb", "state", "word"), WRONG, ids=[f"{each[0]}-{each[1]}" for each in WRONG])
def test_it_is_refused_in_a_wrong_state(server: Vcsim, probe: Probe, verb: str, state: str, word: str) -> None:
    bring(server, state)
    with pytest.raises(Conflict, match=word):
        plan(probe, verb)


@pytest.mark.parametrize("verb", ["shutdown", "reboot"])
def test_a_guest_without_tools_cannot_be_asked(server: Vcsim, probe: Probe, verb: str) -> None:
    bring(server, "on")
    with pytest.raises(Conflict, match="VMware Tools do not run") as caught:
        plan(probe, verb)
    assert caught.value.failure.subject == "guest tools"
    assert "power." in caught.value.failure.hint


def test_what_vsphere_has_not_is_not_offered(server: Vcsim, probe: Probe) -> None:
    offers = probe.driver.offers()
    assert {"power.start", "power.shutdown", "power.suspend", "power.wake", "snap.create", "task.cancel"} <= offers
    assert not {"power.pause", "power.resume", "migrate.postcopy", "device.mdev_create"} & offers
    bring(server, "on")
    with pytest.raises(NotSupported):
        plan(probe, "pause")


def test_autostart_without_a_manager_is_not_there(server: Vcsim, probe: Probe) -> None:
    """vcsim's hosts have none."""
    with pytest.raises(NotSupported, match="starts no machines by itself"):
        plan(probe, "autostart", to="on")
    with pytest.raises(InvalidInput):
        plan(probe, "autostart", to="maybe")


def test_a_machine_that_is_gone(probe: Probe) -> None:
    with pytest.raises(NotFound):
        probe.driver.plan_power(Operation(verb="power.off", key="vm:vm-never"))
    assert probe.driver.fingerprint("vm:vm-never") == ""


def test_its_row_tells_the_state(server: Vcsim, probe: Probe) -> None:
    bring(server, "on")
    key = probe.sink.key_of(MACHINE)
    probe.sink.until(lambda: probe.sink.objects[key]["power"] == Power.RUNNING.value, "the machine runs")


def test_tasks_that_ended_cannot_be_cancelled(server: Vcsim, probe: Probe) -> None:
    bring(server, "on")
    answer = probe.driver.invoke(plan(probe, "off").calls[0], {})
    key = probe.sink.key_of(MACHINE)
    ended = Operation(verb="task.cancel", key=key, arguments={"task": str(answer["task"])})
    with pytest.raises(Conflict, match=r"off of .* has ended: done"):
        probe.driver.plan_task(ended)
    with pytest.raises(NotFound):
        probe.driver.plan_task(Operation(verb="task.cancel", key=key, arguments={"task": "task-never"}))
    with pytest.raises(InvalidInput):
        probe.driver.plan_task(Operation(verb="task.cancel", key=key))
