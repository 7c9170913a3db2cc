"""Snapshots on vSphere, on a vCenter simulator: the tree, what plans say of costs and losses, and what is then done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.errors import Conflict, InvalidInput, NotFound, NotSupported
from novatui.core.operations import Operation, Plan
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, everything, finish
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINE = "DC0_C0_RP0_VM0"


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=1, standalone=0, machines=1)) as one:
        yield one


@pytest.fixture(scope="module")
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


@pytest.fixture(autouse=True)
def fresh(server: Vcsim) -> None:
    """The machine is off and has no snapshots."""
    with client_of(server) as service:
        machine = change.machine(service, MACHINE)
        if machine.runtime.powerState != "poweredOff":
            change.power(service, MACHINE, "off")
        if tree(server):
            finish(machine.RemoveAllSnapshots_Task())


def tree(server: Vcsim) -> dict[str, tuple[str, str]]:
    """By reference: name, and name of what it grew from; read by another client."""

    def walk(nodes: Any, above: str) -> Iterator[tuple[str, tuple[str, str]]]:
        for node in nodes:
            yield node.snapshot._moId, (node.name, above)
            yield from walk(node.childSnapshotList, node.name)

    with client_of(server) as service:
        machine = change.machine(service, MACHINE)
        told = everything(service, vim.VirtualMachine, ["snapshot"])[machine._moId].get("snapshot")
    return dict(walk(told.rootSnapshotList, "")) if told else {}


def plan(probe: Probe, verb: str, **arguments: str) -> Plan:
    operation = Operation(verb=f"snap.{verb}", key=probe.sink.key_of(MACHINE), arguments=arguments)
    return probe.driver.plan_snap(operation)


def run(probe: Probe, made: Plan) -> list[Any]:
    return [probe.driver.invoke(call, {}) for call in made.calls]


def grow(probe: Probe, *names: str) -> None:
    for name in names:
        run(probe, plan(probe, "create", name=name))


def test_what_is_planned_is_taken_and_taken_back(server: Vcsim, probe: Probe) -> None:
    key = probe.sink.key_of(MACHINE)
    before = probe.driver.fingerprint(key)
    made = plan(probe, "create", name="first", description="by a test")
    assert tree(server) == {}
    assert [call.verb for call in made.calls] == ["CreateSnapshot_Task"]
    assert made.calls[0].args == {
        "this": key[3:], "name": "first", "description": "by a test", "memory": False, "quiesce": False,
    }  # fmt: skip
    run(probe, made)
    assert list(tree(server).values()) == [("first", "")]
    assert probe.driver.fingerprint(key) != before
    probe.sink.until(lambda: str(probe.sink.objects[key]["snapshots"]) in made.expects[0].values, "it is in the row")
    assert made.inverse is not None
    run(probe, probe.driver.plan_snap(made.inverse))
    assert tree(server) == {}
    assert probe.driver.fingerprint(key) == before


def test_the_tree_with_who_grew_from_whom(server: Vcsim, probe: Probe) -> None:
    grow(probe, "base", "patched", "upgraded")
    told = {one.id: one for one in probe.driver.snapshots(probe.sink.key_of(MACHINE))}
    assert {each: (one.name, told[one.parent].name if one.parent else "") for each, one in told.items()} == tree(server)
    assert [one.name for one in told.values() if one.current] == ["upgraded"]


def test_costs_are_told_before(server: Vcsim, probe: Probe) -> None:
    with client_of(server) as service:
        change.power(service, MACHINE, "on")
    made = plan(probe, "create", name="warm", memory="yes")
    assert made.calls[0].args["memory"] is True
    assert "description" not in made.calls[0].args
    assert "memory are written" in made.costs[0]
    assert "free on its datastore" in made.costs[0]
    cold = plan(probe, "create", name="cold")
    assert any("power failure" in each for each in cold.warnings)


def test_what_cannot_be_taken(server: Vcsim, probe: Probe) -> None:
    for name in ("", "   ", "n" * 81):
        with pytest.raises(InvalidInput):
            plan(probe, "create", name=name)
    with pytest.raises(InvalidInput):
        plan(probe, "create", name="both", memory="yes", quiesce="yes")
    with client_of(server) as service:
        change.power(service, MACHINE, "on")
    with pytest.raises(Conflict, match="only VMware Tools"):
        plan(probe, "create", name="quiet", quiesce="yes")
    assert tree(server) == {}


def test_an_independent_disk_is_named(server: Vcsim, probe: Probe) -> None:
    with client_of(server) as service:
        machine = change.machine(service, MACHINE)
        disk = next(each for each in machine.config.hardware.device if isinstance(each, vim.vm.device.VirtualDisk))
        before = disk.backing.diskMode
        _set_mode(machine, disk, "independent_persistent")
        try:
            made = plan(probe, "create", name="partly")
            assert any("independent" in each for each in made.warnings)
            change.power(service, MACHINE, "on")
            with pytest.raises(NotSupported, match="no snapshot with its memory"):
                plan(probe, "create", name="warm", memory="yes")
        finally:
            _set_mode(machine, disk, before)


def _set_mode(machine: Any, disk: Any, mode: str) -> None:
    disk.backing.diskMode = mode
    edited = vim.vm.device.VirtualDeviceSpec(operation="edit", device=disk)
    finish(machine.ReconfigVM_Task(spec=vim.vm.ConfigSpec(deviceChange=[edited])))


def test_going_back_says_what_is_lost(server: Vcsim, probe: Probe) -> None:
    grow(probe, "base", "patched")
    made = plan(probe, "revert", snapshot="base")
    (base,) = [each for each, (name, _) in tree(server).items() if name == "base"]
    assert [(call.verb, call.args) for call in made.calls] == [
        ("RevertToSnapshot_Task", {"this": base, "suppressPowerOn": False})
    ]
    assert made.inverse is None
    assert "safety" in made.irreversible
    assert any("since 'patched' was taken" in each for each in made.losses)
    run(probe, made)
    with client_of(server) as service:
        assert change.machine(service, MACHINE).snapshot.currentSnapshot._moId == base


def test_going_back_by_reference_and_then_running(server: Vcsim, probe: Probe) -> None:
    grow(probe, "base")
    (base,) = tree(server)
    made = plan(probe, "revert", snapshot=base, then="running")
    assert [call.verb for call in made.calls] == ["RevertToSnapshot_Task", "PowerOnVM_Task"]
    assert any("boots from its disks" in each for each in made.warnings)
    run(probe, made)
    with client_of(server) as service:
        assert change.machine(service, MACHINE).runtime.powerState == "poweredOn"
    with pytest.raises(NotSupported):
        plan(probe, "revert", snapshot=base, then="paused")


def test_the_present_state_is_kept_before_going_back(server: Vcsim, probe: Probe) -> None:
    grow(probe, "base")
    made = plan(probe, "revert", snapshot="base", safety="yes")
    assert [call.verb for call in made.calls] == ["CreateSnapshot_Task", "RevertToSnapshot_Task"]
    assert made.losses == ()
    run(probe, made)
    kept = next(name for name, _ in tree(server).values() if name.startswith("novatui-undo-"))
    assert made.inverse is not None
    back = probe.driver.plan_snap(made.inverse)
    run(probe, back)
    with client_of(server) as service:
        current = change.machine(service, MACHINE).snapshot.currentSnapshot._moId
    assert tree(server)[current][0] == kept


def test_a_configuration_that_goes_back_is_told(server: Vcsim, probe: Probe) -> None:
    grow(probe, "base")
    with client_of(server) as service:
        machine = change.machine(service, MACHINE)
        before = machine.config.hardware.numCPU
        finish(machine.ReconfigVM_Task(spec=vim.vm.ConfigSpec(numCPUs=before + 3)))
    try:
        made = plan(probe, "revert", snapshot="base")
        assert any("its configuration goes back too" in each for each in made.warnings)
    finally:
        with client_of(server) as service:
            finish(change.machine(service, MACHINE).ReconfigVM_Task(spec=vim.vm.ConfigSpec(numCPUs=before)))


@pytest.mark.parametrize(
    ("children", "calls", "left"),
    [("keep", 1, {"base", "upgraded"}), ("with", 1, {"base"}), ("only", 1, {"base", "patched"})],
)
def test_deleting_with_and_without_what_grew_from_it(
    server: Vcsim, probe: Probe, children: str, calls: int, left: set[str]
) -> None:
    grow(probe, "base", "patched", "upgraded")
    made = plan(probe, "delete", snapshot="patched", children=children)
    assert [call.verb for call in made.calls] == ["RemoveSnapshot_Task"] * calls
    assert made.calls[0].args["removeChildren"] is (children != "keep")
    assert len(made.losses) == 3 - len(left)
    run(probe, made)
    assert {name for name, _ in tree(server).values()} == left
    key = probe.sink.key_of(MACHINE)
    probe.sink.until(lambda: str(probe.sink.objects[key]["snapshots"]) in made.expects[0].values, "it is in the row")


def test_what_cannot_be_deleted(probe: Probe) -> None:
    grow(probe, "base")
    with pytest.raises(NotFound, match="there is no snapshot 'other'"):
        plan(probe, "delete", snapshot="other")
    with pytest.raises(Conflict, match="nothing grew"):
        plan(probe, "delete", snapshot="base", children="only")
    with pytest.raises(NotSupported):
        plan(probe, "delete", snapshot="base", metadata="yes")
    grow(probe, "base")
    with pytest.raises(Conflict, match="2 snapshots are named 'base'"):
        plan(probe, "delete", snapshot="base")
