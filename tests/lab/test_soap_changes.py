"""What clients change on our own vCenter simulator: configuration, devices, hosts, storage; and what it refuses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim, vmodl

from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, finish
from tests.lab.vsphere.soap.running import SoapServer
from tests.lab.vsphere.walk import walk
from tests.lab.workspace import wait_until

pytestmark = pytest.mark.xdist_group("vcsim")
Device = vim.vm.device
Spec = Device.VirtualDeviceSpec


@pytest.fixture(scope="module")
def shared() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02, estate=True)) as running:
        yield running


@pytest.fixture
def server(shared: SoapServer) -> Iterator[SoapServer]:
    """A server without planted faults."""
    yield shared
    shared.steering.clear()


@pytest.fixture
def service(server: SoapServer) -> Iterator[Any]:
    with client_of(server) as service:
        yield service


def host(service: Any, name: str) -> Any:
    return change.found(service, vim.HostSystem, name)


def reconfigured(vm: Any, **wanted: Any) -> None:
    finish(vm.ReconfigVM_Task(vim.vm.ConfigSpec(**wanted)))


def devices(vm: Any, kind: Any) -> list[Any]:
    return [one for one in vm.config.hardware.device if isinstance(one, kind)]


# --- the estate ------------------------------------------------------------------------------------------------------


def test_the_estate_has_what_a_vcenter_has(service: Any) -> None:
    seen = {one.name: one for one in walk(service).values() if one.path[:1] == ("campus",)}
    assert seen["mover-2"].path == ("campus", "teams", "shop")
    assert seen["shared-1"].path == ("campus", "pod")
    assert {"a/b", "50% off / sale"} <= set(seen)
    assert seen["app-front"].path[-1] == "stack"
    assert seen["golden"].facts["config.template"] is True
    assert change.machine(service, "lost").runtime.connectionState == "orphaned"


# --- configuration ---------------------------------------------------------------------------------------------------


def test_hot_add_is_allowed_where_the_machine_allows_it(service: Any) -> None:
    movable = change.machine(service, "mover-1")
    reconfigured(movable, numCPUs=4, memoryMB=4096)
    assert (movable.summary.config.numCpu, movable.summary.config.memorySizeMB) == (4, 4096)
    with pytest.raises(vim.fault.MemoryHotPlugNotSupported):
        reconfigured(movable, memoryMB=2048)
    fixed = change.machine(service, "web-01")
    with pytest.raises(vim.fault.CpuHotPlugNotSupported):
        reconfigured(fixed, numCPUs=4)
    with pytest.raises(vim.fault.MemoryHotPlugNotSupported):
        reconfigured(fixed, memoryMB=4096)
    with pytest.raises(vim.fault.InvalidPowerState):
        reconfigured(fixed, cpuHotAddEnabled=True)
    off = change.machine(service, "cold")
    reconfigured(off, numCPUs=1, memoryMB=1024, cpuHotAddEnabled=False, annotation="small")
    assert (off.config.hardware.numCPU, off.config.annotation, off.config.cpuHotAddEnabled) == (1, "small", False)


def test_a_change_is_told_by_leaves_and_nothing_else(server: SoapServer, service: Any) -> None:
    content, vm = service.content, change.machine(service, "quiet")
    collector = content.propertyCollector.CreatePropertyCollector()
    reading = vmodl.query.PropertyCollector
    paths = ["name", "config.hardware.memoryMB", "summary.config.memorySizeMB", "config.hardware.device", "snapshot"]
    spec = reading.FilterSpec(
        objectSet=[reading.ObjectSpec(obj=vm)], propSet=[reading.PropertySpec(type=vim.VirtualMachine, pathSet=paths)]
    )
    collector.CreateFilter(spec, False)
    version = collector.WaitForUpdatesEx("", None).version

    def told() -> dict[str, tuple[str, Any]]:
        nonlocal version
        update = collector.WaitForUpdatesEx(version, reading.WaitOptions(maxWaitSeconds=30))
        version = update.version
        return {one.name: (one.op, one.val) for one in update.filterSet[0].objectSet[0].changeSet}

    reconfigured(vm, memoryMB=8192)
    assert told() == {"config.hardware.memoryMB": ("assign", 8192), "summary.config.memorySizeMB": ("assign", 8192)}
    change.rename(service, vim.VirtualMachine, "quiet", "still")
    assert told() == {"name": ("assign", "still")}
    change.rename(service, vim.VirtualMachine, "still", "quiet")
    assert told() == {"name": ("assign", "quiet")}
    for way in ("remove", "assign"):
        server.steering.unset_by(operation=way)
        change.snapshot(service, "quiet", "one")
        assert told()["snapshot"][0] == "assign"
        finish(vm.RemoveAllSnapshots_Task())
        assert told() == {"snapshot": (way, None)}
    server.steering.unset_by(operation="remove")


def test_a_method_that_a_product_disabled_is_refused(server: SoapServer, service: Any) -> None:
    vm = change.machine(service, "quiet")
    server.steering.disable(name="quiet", methods=["RelocateVM_Task"])
    assert "RelocateVM_Task" in vm.disabledMethod
    with pytest.raises(vim.fault.MethodDisabled):
        vm.RelocateVM_Task(vim.vm.RelocateSpec(datastore=change.found(service, vim.Datastore, "shared-2")))
    server.steering.disable(name="quiet", methods=[])


def test_an_old_change_version_and_a_taken_name_are_refused(service: Any) -> None:
    vm = change.machine(service, "cold")
    old = vm.config.changeVersion
    reconfigured(vm, changeVersion=old, annotation="mine")
    with pytest.raises(vim.fault.ConcurrentAccess):
        reconfigured(vm, changeVersion=old, annotation="theirs")
    with pytest.raises(vim.fault.DuplicateName):
        reconfigured(vm, name="quiet")
    assert vm.config.annotation == "mine"
    assert vm.name == "cold"


def test_disks_come_grow_and_go(service: Any) -> None:
    vm, store = change.machine(service, "mover-1"), change.found(service, vim.Datastore, "shared-1")
    free = store.summary.freeSpace
    backing = Device.VirtualDisk.FlatVer2BackingInfo(fileName="", diskMode="persistent", thinProvisioned=False)
    new = Device.VirtualDisk(key=-1, controllerKey=1000, capacityInKB=10 << 20, backing=backing)
    reconfigured(vm, deviceChange=[Spec(operation="add", fileOperation="create", device=new)])
    added = devices(vm, Device.VirtualDisk)[-1]
    assert (added.key, added.unitNumber, added.backing.fileName) == (2001, 1, "[shared-1] mover-1/mover-1_1.vmdk")
    assert store.summary.freeSpace == free - (10 << 30)
    added.capacityInKB = 20 << 20
    reconfigured(vm, deviceChange=[Spec(operation="edit", device=added)])
    assert devices(vm, Device.VirtualDisk)[-1].capacityInKB == 20 << 20
    added.capacityInKB = 1 << 20
    with pytest.raises(vim.fault.InvalidDeviceOperation):
        reconfigured(vm, deviceChange=[Spec(operation="edit", device=added)])
    reconfigured(vm, deviceChange=[Spec(operation="remove", fileOperation="destroy", device=added)])
    assert len(devices(vm, Device.VirtualDisk)) == 1
    with pytest.raises(vim.fault.InvalidDeviceSpec):
        reconfigured(vm, deviceChange=[Spec(operation="remove", device=added)])


def test_network_cards_come_and_change_their_network(service: Any) -> None:
    vm = change.machine(service, "mover-1")
    vlan20 = change.found(service, vim.dvs.DistributedVirtualPortgroup, "vlan20")
    port = vim.dvs.PortConnection(switchUuid=vlan20.config.distributedVirtualSwitch.uuid, portgroupKey=vlan20.key)
    backing = Device.VirtualEthernetCard.DistributedVirtualPortBackingInfo(port=port)
    reconfigured(vm, deviceChange=[Spec(operation="add", device=Device.VirtualVmxnet3(key=-1, backing=backing))])
    card = devices(vm, Device.VirtualEthernetCard)[-1]
    assert card.macAddress.startswith("00:50:56")
    assert vlan20 in vm.network
    assert vm in vlan20.vm
    card.connectable.connected = False
    reconfigured(vm, deviceChange=[Spec(operation="edit", device=card)])
    assert devices(vm, Device.VirtualEthernetCard)[-1].connectable.connected is False
    reconfigured(vm, deviceChange=[Spec(operation="remove", device=card)])
    assert vlan20 not in vm.network


def test_passthrough_needs_the_device_and_the_machine_off(service: Any) -> None:
    vm = change.machine(service, "spare")
    share = Device.VirtualPCIPassthrough.VmiopBackingInfo(vgpu="grid_a16-1b")
    card = Spec(operation="add", device=Device.VirtualPCIPassthrough(key=-1, backing=share))
    with pytest.raises(vim.fault.InvalidDeviceBacking):
        reconfigured(vm, deviceChange=[card])
    off = change.machine(service, "[red]x")
    reconfigured(off, deviceChange=[card])
    assert off.summary.config.numVmiopBackings == 1
    with pytest.raises(vim.fault.GenericVmConfigFault, match="reservation"):
        finish(off.PowerOnVM_Task())
    reconfigured(off, memoryReservationLockedToMax=True)
    finish(off.PowerOnVM_Task())
    with pytest.raises(vim.fault.DeviceHotPlugNotSupported):
        reconfigured(off, deviceChange=[Spec(operation="remove", device=devices(off, Device.VirtualPCIPassthrough)[0])])


# --- moving ----------------------------------------------------------------------------------------------------------


def test_checks_say_what_stands_against_which_host(service: Any) -> None:
    names = ["mover-1", "quiet", "local-disk", "direct", "isolated"]
    machines = [change.machine(service, name) for name in names]
    hosts = [host(service, f"campus-{at}") for at in (2, 3)]
    task = service.content.vmProvisioningChecker.QueryVMotionCompatibilityEx_Task(vm=machines, host=hosts)
    told = {
        (one.vm.name, one.host.name): ([type(e) for e in one.error], [type(w) for w in one.warning])
        for one in finish(task)
    }
    assert told["mover-1", "campus-2"] == ([], [])
    assert told["quiet", "campus-2"] == ([], [vim.fault.NoGuestHeartbeat])
    assert told["local-disk", "campus-2"] == ([vim.fault.CannotAccessVmDisk], [])
    assert told["direct", "campus-2"] == ([vim.fault.CannotAccessVmDevice], [])
    assert told["isolated", "campus-3"] == ([vim.fault.CannotAccessNetwork], [])


def test_a_move_goes_by_percent_and_arrives(server: SoapServer, service: Any) -> None:
    vm = change.machine(service, "mover-2")
    server.steering.takes(method="MigrateVM_Task", seconds=20)
    task = vm.MigrateVM_Task(host=host(service, "campus-1"), priority="defaultPriority")
    told = []
    while task.info.state in ("queued", "running"):
        told.append(task.info.progress or 0)
        time.sleep(0.02)
    finish(task)
    assert told == sorted(told)
    assert len(set(told)) > 2
    assert vm.runtime.host.name == "campus-1"
    assert vm in host(service, "campus-1").vm


def test_a_move_is_cancelled_and_stays(server: SoapServer, service: Any) -> None:
    vm = change.machine(service, "mover-2")
    before = vm.runtime.host
    server.steering.takes(method="MigrateVM_Task", seconds=1000)
    task = vm.MigrateVM_Task(host=host(service, "campus-3"), priority="defaultPriority")
    wait_until(lambda: task.info.state == "running", "the move to begin")
    task.CancelTask()
    with pytest.raises(vmodl.fault.RequestCanceled):
        finish(task)
    assert vm.runtime.host == before
    server.steering.takes(method="MigrateVM_Task", seconds=1)


def test_what_a_check_says_is_the_fault_of_the_move(service: Any) -> None:
    vm = change.machine(service, "local-disk")
    with pytest.raises(vim.fault.CannotAccessVmDisk):
        finish(vm.MigrateVM_Task(host=host(service, "campus-2"), priority="defaultPriority"))
    with pytest.raises(vmodl.fault.InvalidArgument):
        vm.MigrateVM_Task(host=host(service, "atlas"), priority="defaultPriority")
    store = change.found(service, vim.Datastore, "shared-2")
    spec = vim.vm.RelocateSpec(host=host(service, "campus-2"), datastore=store)
    assert finish(service.content.vmProvisioningChecker.CheckRelocate_Task(vm, spec))[0].error == []
    finish(vm.RelocateVM_Task(spec))
    assert (vm.runtime.host.name, [one.name for one in vm.datastore]) == ("campus-2", ["shared-2"])
    assert vm.config.files.vmPathName == "[shared-2] local-disk/local-disk.vmx"


# --- hosts and clusters ----------------------------------------------------------------------------------------------


def test_maintenance_waits_for_what_runs(service: Any) -> None:
    last, cluster = host(service, "campus-3"), host(service, "campus-3").parent
    task = last.EnterMaintenanceMode_Task(timeout=0, evacuatePoweredOffVms=False)
    wait_until(lambda: bool(cluster.recommendation), "DRS to recommend")
    assert task.info.state == "running"
    (advised,) = [one for one in cluster.recommendation if one.action[0].target.name == "a%2fb"]
    assert advised.reason == "hostMaint"
    cluster.ApplyRecommendation(advised.key)
    finish(task)
    assert last.runtime.inMaintenanceMode
    assert cluster.summary.numEffectiveHosts == 2
    with pytest.raises(vim.fault.InvalidHostState):
        finish(change.machine(service, "mover-1").MigrateVM_Task(host=last, priority="defaultPriority"))
    finish(last.ExitMaintenanceMode_Task(timeout=0))
    assert not last.runtime.inMaintenanceMode


def test_maintenance_moves_them_by_itself_where_drs_may(server: SoapServer, service: Any) -> None:
    last = host(service, "campus-3")
    server.steering.takes(method="MigrateVM_Task", seconds=1)
    finish(change.machine(service, "mover-1").MigrateVM_Task(host=last, priority="defaultPriority"))
    drs = vim.cluster.DrsConfigInfo(defaultVmBehavior="fullyAutomated")
    finish(last.parent.ReconfigureComputeResource_Task(vim.cluster.ConfigSpecEx(drsConfig=drs), modify=True))
    finish(last.EnterMaintenanceMode_Task(timeout=0, evacuatePoweredOffVms=False))
    assert change.machine(service, "mover-1").runtime.host != last
    finish(last.ExitMaintenanceMode_Task(timeout=0))
    drs.defaultVmBehavior = "manual"
    finish(last.parent.ReconfigureComputeResource_Task(vim.cluster.ConfigSpecEx(drsConfig=drs), modify=True))


def test_maintenance_is_cancelled_or_its_time_is_over(service: Any) -> None:
    first = host(service, "campus-1")
    with pytest.raises(vim.fault.Timedout):
        finish(first.EnterMaintenanceMode_Task(timeout=1, evacuatePoweredOffVms=False))
    task = first.EnterMaintenanceMode_Task(timeout=0, evacuatePoweredOffVms=False)
    wait_until(lambda: task.info.state == "running", "it to begin")
    task.CancelTask()
    with pytest.raises(vmodl.fault.RequestCanceled):
        finish(task)
    assert not first.runtime.inMaintenanceMode
    for one in first.parent.recommendation:
        first.parent.CancelRecommendation(one.key)


def test_recommendations_are_applied_and_cancelled(server: SoapServer, service: Any) -> None:
    cluster = host(service, "campus-1").parent
    key = server.steering.recommend(name="mover-1", host="campus-2", reason="fairnessMemAvg")
    (one,) = [one for one in cluster.recommendation if one.key == key]
    assert (one.reason, one.action[0].drsMigration.destination.name) == ("fairnessMemAvg", "campus-2")
    cluster.CancelRecommendation(key)
    assert key not in [one.key for one in cluster.recommendation]
    with pytest.raises(vmodl.fault.InvalidArgument):
        cluster.ApplyRecommendation(key)
    rated = cluster.RecommendHostsForVm(vm=change.machine(service, "isolated"))
    assert {one.host.name for one in rated} == {"campus-1", "campus-2"}


def test_ha_evc_and_pools_are_read_and_changed(service: Any) -> None:
    cluster = host(service, "campus-1").parent
    assert cluster.configurationEx.dasConfig.enabled
    assert cluster.RetrieveDasAdvancedRuntimeInfo().totalGoodHosts == 3
    assert cluster.EvcManager().evcState.currentEVCModeKey == "amd-zen2"
    pool = change.found(service, vim.ResourcePool, "silver")
    spec = vim.ResourceConfigSpec(
        cpuAllocation=vim.ResourceAllocationInfo(reservation=1000, limit=4000, expandableReservation=False),
        memoryAllocation=vim.ResourceAllocationInfo(shares=vim.SharesInfo(level="high", shares=0)),
    )
    pool.UpdateConfig(name="silver", config=spec)
    assert (pool.config.cpuAllocation.limit, pool.config.memoryAllocation.shares.shares) == (4000, 8000)
    spec.changeVersion = "0"
    with pytest.raises(vim.fault.ConcurrentAccess):
        pool.UpdateConfig(name="silver", config=spec)
