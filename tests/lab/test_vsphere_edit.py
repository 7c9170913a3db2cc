"""Configuration of machines and pools on vSphere, on a vCenter simulator: another client sees what was planned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.errors import Busy, Conflict, InvalidInput, NotFound, NotSupported, NovaError
from novatui.core.operations import Operation, Plan
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, finish
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINE, OTHER, LONE = "DC0_C0_RP0_VM0", "DC0_C0_RP0_VM1", "DC0_H0_VM0"
STORE, PORTS, PLAIN = "LocalDS_0", "DC0_DVPG0", "VM Network"
MIB, KIB = 1 << 20, 1024


@pytest.fixture
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=1, standalone=1, machines=2, pools=1, vapps=1)) as one:
        yield one


@pytest.fixture
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def off(server: Vcsim, *names: str) -> None:
    with client_of(server) as service:
        for name in names or (MACHINE,):
            change.power(service, name, "off")


def reconfigured(server: Vcsim, name: str = MACHINE, **fields: Any) -> None:
    """By another administrator."""
    with client_of(server) as service:
        finish(change.machine(service, name).ReconfigVM_Task(spec=vim.vm.ConfigSpec(**fields)))


def planned(probe: Probe, verb: str, key: str = "", **arguments: str) -> Plan:
    key = key or probe.sink.key_of(MACHINE)
    return probe.driver.plan_edit(Operation(verb=f"edit.{verb}", key=key, arguments=arguments))


def carried_out(probe: Probe, plan: Plan) -> None:
    for call in plan.calls:
        probe.driver.invoke(call, {})


def done(probe: Probe, verb: str, key: str = "", **arguments: str) -> Plan:
    plan = planned(probe, verb, key, **arguments)
    carried_out(probe, plan)
    return plan


def undone(probe: Probe, plan: Plan) -> None:
    assert plan.inverse is not None, plan.irreversible
    carried_out(probe, probe.driver.plan_edit(plan.inverse))


def spec(plan: Plan) -> dict[str, Any]:
    [call] = plan.calls
    assert call.verb == "ReconfigVM_Task"
    return msgspec.json.decode(str(call.args["spec"]))


def config(server: Vcsim, name: str = MACHINE) -> Any:
    with client_of(server) as service:
        found = change.machine(service, name).config
        found.hardware.device  # noqa: B018 - read while the session lasts
        return found


def devices(server: Vcsim, kind: type, name: str = MACHINE) -> list[Any]:
    return [one for one in config(server, name).hardware.device if isinstance(one, kind)]


# --- processors and memory --------------------------------------------------------------------------------------------


def test_processors_of_a_machine_that_is_off(server: Vcsim, probe: Probe) -> None:
    off(server)
    plan = done(probe, "vcpus", count="4")
    assert spec(plan)["numCPUs"] == config(server).hardware.numCPU == 4
    assert plan.expects[0].values == ("4",)
    undone(probe, plan)
    assert config(server).hardware.numCPU == 1


def test_processors_that_do_not_fill_sockets_make_smaller_ones(server: Vcsim, probe: Probe) -> None:
    off(server)
    reconfigured(server, numCPUs=8, numCoresPerSocket=4)
    plan = planned(probe, "vcpus", count="6")
    assert (spec(plan)["numCPUs"], spec(plan)["numCoresPerSocket"]) == (6, 3)
    assert any("3 cores then instead of 4" in each for each in plan.warnings)
    assert plan.irreversible


def test_processors_while_it_runs_only_where_that_was_switched_on(server: Vcsim, probe: Probe) -> None:
    with pytest.raises(Conflict) as caught:
        planned(probe, "vcpus", count="2")
    assert "cpuHotAddEnabled" in caught.value.failure.meaning
    reconfigured(server, cpuHotAddEnabled=True)
    plan = done(probe, "vcpus", count="2")
    assert config(server).hardware.numCPU == 2
    assert plan.inverse is None
    assert "while it runs" in plan.irreversible
    with pytest.raises(Conflict):
        planned(probe, "vcpus", count="1")


def test_memory_off_and_running(server: Vcsim, probe: Probe) -> None:
    with pytest.raises(Conflict):
        planned(probe, "memory", size=str(1024 * MIB))
    reconfigured(server, memoryHotAddEnabled=True)
    plan = done(probe, "memory_add", size=str(96 * MIB))
    assert config(server).hardware.memoryMB == 32 + 96
    assert plan.expects[0].values == (str(128 * MIB),)
    assert plan.inverse is None
    with pytest.raises(Conflict, match="poweredOn"):
        planned(probe, "memory", size=str(64 * MIB))
    off(server)
    plan = done(probe, "memory", size=str(64 * MIB))
    assert config(server).hardware.memoryMB == 64
    undone(probe, plan)
    assert config(server).hardware.memoryMB == 128


@pytest.mark.parametrize("size", [str(33 * MIB), "0", str(34 * MIB + 1), "x"])
def test_memory_comes_in_steps(server: Vcsim, probe: Probe, size: str) -> None:
    off(server)
    with pytest.raises(InvalidInput):
        planned(probe, "memory", size=size)


def test_one_configuration_applies_at_once(server: Vcsim, probe: Probe) -> None:
    reconfigured(server, cpuHotAddEnabled=True)
    with pytest.raises(NotSupported, match="one configuration"):
        planned(probe, "vcpus", count="2", apply="persistent")
    with pytest.raises(NotSupported):
        planned(probe, "vcpus", count="2", apply="live")
    assert planned(probe, "vcpus", count="2", apply="both").calls
    off(server)
    with pytest.raises(Conflict, match="poweredOff"):
        planned(probe, "vcpus", count="2", apply="live")
    assert planned(probe, "vcpus", count="2", apply="persistent").calls


# --- disks ------------------------------------------------------------------------------------------------------------


def test_a_new_disk_and_its_removal_keep_the_file(server: Vcsim, probe: Probe) -> None:
    plan = done(probe, "disk_add", store=STORE, size=str(64 * MIB))
    first, added = devices(server, vim.vm.device.VirtualDisk)
    assert (added.capacityInKB, added.backing.thinProvisioned) == (64 * KIB, True)
    assert (added.controllerKey, added.unitNumber) == (first.controllerKey, first.unitNumber + 1)
    assert plan.expects[0].values == ("2",)
    assert plan.inverse is not None
    assert plan.inverse.arguments == {"target": "scsi0:1"}
    path = added.backing.fileName
    removal = probe.driver.plan_edit(plan.inverse)
    carried_out(probe, removal)
    assert len(devices(server, vim.vm.device.VirtualDisk)) == 1
    store = probe.sink.key_of(STORE, "datastore")
    left = {one.path: one.owner for one in probe.driver.volumes(store)}
    assert left[path] == ""
    assert not removal.irreversible
    undone(probe, removal)
    assert devices(server, vim.vm.device.VirtualDisk)[-1].backing.fileName == path


def test_a_full_controller_gets_another_one(server: Vcsim, probe: Probe) -> None:
    [first] = devices(server, vim.vm.device.VirtualDisk)
    with client_of(server) as service:
        for unit in [*range(1, 7), *range(8, 16)]:
            backing = vim.vm.device.VirtualDisk.FlatVer2BackingInfo(fileName=f"[{STORE}]", diskMode="persistent")
            disk = vim.vm.device.VirtualDisk(
                key=-unit, controllerKey=first.controllerKey, unitNumber=unit, capacityInKB=KIB, backing=backing
            )
            added = vim.vm.device.VirtualDeviceSpec(operation="add", fileOperation="create", device=disk)
            finish(change.machine(service, MACHINE).ReconfigVM_Task(spec=vim.vm.ConfigSpec(deviceChange=[added])))
    plan = planned(probe, "disk_add", store=STORE, size=str(MIB))
    made, disk = spec(plan)["deviceChange"]
    assert made["device"]["_typeName"] == "ParaVirtualSCSIController"
    assert (made["device"]["busNumber"], disk["device"]["controllerKey"]) == (1, made["device"]["key"])
    assert disk["device"]["key"] != made["device"]["key"]
    assert "stays" in plan.irreversible
    carried_out(probe, plan)
    kind = vim.vm.device.VirtualSCSIController
    assert sorted(one.busNumber for one in devices(server, kind)) == [0, 1]
    assert len(devices(server, vim.vm.device.VirtualDisk)) == 16


def test_a_disk_of_another_machine_is_not_given(server: Vcsim, probe: Probe) -> None:
    [disk] = devices(server, vim.vm.device.VirtualDisk, OTHER)
    name = disk.backing.fileName.partition("] ")[2]
    with pytest.raises(Busy, match=OTHER):
        planned(probe, "disk_add", store=STORE, volume=name)
    with pytest.raises(NotFound):
        planned(probe, "disk_add", store=STORE, volume="nowhere.vmdk")


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"store": STORE}, InvalidInput),
        ({"store": STORE, "size": "1048576", "volume": "x.vmdk"}, InvalidInput),
        ({"store": STORE, "size": "1048577"}, InvalidInput),
        ({"store": "nowhere", "size": "1048576"}, NotFound),
        ({"store": STORE, "size": "1048576", "bus": "virtio"}, InvalidInput),
    ],
)
def test_disks_that_make_no_sense(probe: Probe, arguments: dict[str, str], kind: type[NovaError]) -> None:
    with pytest.raises(kind):
        planned(probe, "disk_add", **arguments)


def test_a_disk_that_it_does_not_have(probe: Probe) -> None:
    with pytest.raises(NotFound) as caught:
        planned(probe, "disk_remove", target="scsi3:3")
    assert "scsi0:0" in caught.value.failure.meaning


# --- networks ---------------------------------------------------------------------------------------------------------


def test_an_interface_at_a_distributed_port_group(server: Vcsim, probe: Probe) -> None:
    before = {one.macAddress for one in devices(server, vim.vm.device.VirtualEthernetCard)}
    plan = done(probe, "nic_add", network=PORTS, mac="00:50:56:01:02:03")
    [added] = [one for one in devices(server, vim.vm.device.VirtualEthernetCard) if one.macAddress not in before]
    with client_of(server) as service:
        group = change.found(service, vim.dvs.DistributedVirtualPortgroup, PORTS)
        wanted = group.key, group.config.distributedVirtualSwitch.uuid
    assert (added.backing.port.portgroupKey, added.backing.port.switchUuid) == wanted
    assert added.macAddress == "00:50:56:01:02:03"
    undone(probe, plan)
    assert {one.macAddress for one in devices(server, vim.vm.device.VirtualEthernetCard)} == before


def test_an_interface_at_a_standard_network_gets_an_address(server: Vcsim, probe: Probe) -> None:
    plan = done(probe, "nic_add", key=probe.sink.key_of(LONE), network=PLAIN, model="e1000e")
    added = devices(server, vim.vm.device.VirtualE1000e, LONE)[-1]
    assert added.backing.deviceName == PLAIN
    assert added.macAddress
    assert plan.inverse is None
    assert "nic_remove" in plan.irreversible
    removal = done(probe, "nic_remove", key=probe.sink.key_of(LONE), mac=added.macAddress.upper())
    assert added.macAddress not in {one.macAddress for one in devices(server, vim.vm.device.VirtualEthernetCard, LONE)}
    assert removal.inverse is not None
    assert removal.inverse.arguments["model"] == "e1000e"
    assert "by hand" in removal.irreversible


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"network": "nowhere"}, NotFound),
        ({"network": PORTS, "model": "virtio"}, InvalidInput),
        ({"network": PORTS, "model": "sriov"}, InvalidInput),
        ({"network": PORTS, "mac": "01:50:56:01:02:03"}, InvalidInput),
        ({"network": PORTS, "mac": "zz"}, InvalidInput),
        ({"network": ""}, InvalidInput),
    ],
)
def test_interfaces_that_make_no_sense(probe: Probe, arguments: dict[str, str], kind: type[NovaError]) -> None:
    with pytest.raises(kind):
        planned(probe, "nic_add", **arguments)


def test_uplinks_take_no_machine(server: Vcsim, probe: Probe) -> None:
    with client_of(server) as service:
        view = change.found(service, vim.DistributedVirtualSwitch, "DVS0")
        uplinks = [one.name for one in view.config.uplinkPortgroup]
    if not uplinks or uplinks[0] not in {values.get("name") for values in probe.sink.objects.values()}:
        pytest.skip("the simulator shows no uplink port group")
    with pytest.raises((InvalidInput, Conflict)):
        planned(probe, "nic_add", network=uplinks[0])


# --- media ------------------------------------------------------------------------------------------------------------


def iso(server: Vcsim, probe: Probe) -> str:
    """A file of the store that ends in `.iso`, put there by another client."""
    with client_of(server) as service:
        centre = change.found(service, vim.Datacenter, "DC0")
        url = change.found(service, vim.Datastore, STORE).summary.url
        service.content.fileManager.MakeDirectory(f"[{STORE}] iso", centre, True)
    from pathlib import Path

    Path(url.removeprefix("file://"), "iso", "debian.iso").write_bytes(b"x" * 2048)
    return f"{STORE}/iso/debian.iso"


def drive(server: Vcsim) -> None:
    """The machine gets an empty one."""
    empty = vim.vm.device.VirtualCdrom.RemotePassthroughBackingInfo(deviceName="", exclusive=False)
    state = vim.vm.device.VirtualDevice.ConnectInfo(startConnected=False, allowGuestControl=True, connected=False)
    [ide, *_] = devices(server, vim.vm.device.VirtualIDEController)
    with client_of(server) as service:
        for one in change.machine(service, MACHINE).config.hardware.device:
            if isinstance(one, vim.vm.device.VirtualCdrom):
                gone = vim.vm.device.VirtualDeviceSpec(operation="remove", device=one)
                finish(change.machine(service, MACHINE).ReconfigVM_Task(spec=vim.vm.ConfigSpec(deviceChange=[gone])))
        made = vim.vm.device.VirtualCdrom(key=-1, controllerKey=ide.key, unitNumber=0, backing=empty, connectable=state)
        change.add_device(service, MACHINE, made)


def test_a_medium_goes_in_and_out(server: Vcsim, probe: Probe) -> None:
    drive(server)
    source, key = iso(server, probe), probe.sink.key_of(MACHINE)
    before = probe.driver.fingerprint(key)
    plan = done(probe, "iso_insert", source=source)
    [found] = devices(server, vim.vm.device.VirtualCdrom)
    assert found.backing.fileName == f"[{STORE}] iso/debian.iso"
    assert (found.connectable.connected, found.connectable.startConnected) == (True, True)
    assert probe.driver.fingerprint(key) != before
    with pytest.raises(Conflict, match="already"):
        planned(probe, "iso_insert", source=source)
    undone(probe, plan)
    [found] = devices(server, vim.vm.device.VirtualCdrom)
    assert isinstance(found.backing, vim.vm.device.VirtualCdrom.RemotePassthroughBackingInfo)
    assert found.connectable.connected is False
    assert probe.driver.fingerprint(key) == before
    with pytest.raises(Conflict, match="empty"):
        planned(probe, "iso_eject")


@pytest.mark.parametrize(
    ("source", "kind"), [("nowhere/x.iso", NotFound), (f"{STORE}/no.iso", NotFound), ("plain", InvalidInput)]
)
def test_media_that_are_not_there(server: Vcsim, probe: Probe, source: str, kind: type[NovaError]) -> None:
    drive(server)
    with pytest.raises(kind):
        planned(probe, "iso_insert", source=source)


# --- names, pinning ---------------------------------------------------------------------------------------------------


def test_rename_and_notes_and_back(server: Vcsim, probe: Probe) -> None:
    key = probe.sink.key_of(MACHINE)
    reconfigured(server, annotation="before")  # this server never takes an annotation away
    before = probe.driver.fingerprint(key)
    plan = done(probe, "rename", name="a/b 100%")
    assert plan.calls[0].verb == "Rename_Task"
    with client_of(server) as service:
        assert change.machine(service, "a%2fb 100%25")._moId == key.partition(":")[2]
    undone(probe, plan)
    notes = done(probe, "notes", key=key, text="call ana first")
    assert config(server).annotation == "call ana first"
    undone(probe, notes)
    assert config(server).annotation == "before"
    assert spec(planned(probe, "notes", key=key, text=""))["annotation"] == ""
    assert probe.driver.fingerprint(key) == before
    for wrong in ("", MACHINE, "x" * 81, "a\nb"):
        with pytest.raises((InvalidInput, Conflict)):
            planned(probe, "rename", name=wrong)


def test_pinning_is_for_hosts_without_drs(server: Vcsim, probe: Probe) -> None:
    with pytest.raises(NotSupported, match="DRS"):
        planned(probe, "pin", vcpu="0", cpus="0-1")
    lone = probe.sink.key_of(LONE)
    plan = planned(probe, "pin", key=lone, vcpu="0", cpus="0")
    assert spec(plan)["cpuAffinity"]["affinitySet"] == [0]
    assert any("as a whole" in each for each in plan.warnings)
    assert plan.inverse is not None
    with pytest.raises(InvalidInput):
        planned(probe, "pin", key=lone, vcpu="0", cpus="0-9999")
    with pytest.raises(InvalidInput):
        planned(probe, "pin", key=lone, vcpu="1", cpus="0")


# --- pools ------------------------------------------------------------------------------------------------------------


def pool_of(server: Vcsim, name: str = "DC0_C0_RP1") -> Any:
    with client_of(server) as service:
        return change.found(service, vim.ResourcePool, name).config


def test_a_pool_and_back(server: Vcsim, probe: Probe) -> None:
    key = probe.sink.key_of("DC0_C0_RP1", "resource_pool")
    before = probe.driver.fingerprint(key)
    plan = done(probe, "pool", key=key, cpu_reservation="200", cpu_limit="900", memory_limit="512M", cpu_shares="high")
    found = pool_of(server)
    assert (found.cpuAllocation.reservation, found.cpuAllocation.limit) == (200, 900)
    assert found.memoryAllocation.limit == 512
    assert found.cpuAllocation.shares.level == "high"
    assert plan.calls[0].verb == "UpdateConfig"
    assert not plan.calls[0].long
    undone(probe, plan)
    found = pool_of(server)
    assert (found.cpuAllocation.limit, found.memoryAllocation.limit) == (-1, -1)
    assert found.cpuAllocation.shares.level == "normal"
    assert probe.driver.fingerprint(key) == before


@pytest.mark.parametrize(
    "arguments",
    [
        {"cpu_limit": "much"},
        {"cpu_shares": "0"},
        {"cpu_reservation": "900", "cpu_limit": "100"},
        {"memory_reservation": "1000"},
        {"cpu_expandable": "maybe"},
        {},
        {"cpu_limit": "none", "memory_limit": "none"},
    ],
)
def test_pools_that_make_no_sense(probe: Probe, arguments: dict[str, str]) -> None:
    with pytest.raises((InvalidInput, Conflict)):
        planned(probe, "pool", key=probe.sink.key_of("DC0_C0_RP1", "resource_pool"), **arguments)


def test_a_pool_is_no_machine(probe: Probe) -> None:
    with pytest.raises(NotFound):
        planned(probe, "pool", cpu_limit="100")
    with pytest.raises(NotFound):
        planned(probe, "pool", key="resource_pool:resgroup-9999", cpu_limit="100")


# --- somebody else ----------------------------------------------------------------------------------------------------


def test_a_template_is_not_changed(server: Vcsim, probe: Probe) -> None:
    off(server)
    with client_of(server) as service:
        change.make_template(service, MACHINE)
    with pytest.raises(Conflict, match="template"):
        planned(probe, "vcpus", count="2")


@pytest.mark.parametrize("verb", ["vcpus", "notes", "disk_add"])
def test_what_is_gone(probe: Probe, verb: str) -> None:
    with pytest.raises(NotFound):
        planned(probe, verb, key="vm:vm-999999", count="2", text="x", store=STORE, size="1048576")
