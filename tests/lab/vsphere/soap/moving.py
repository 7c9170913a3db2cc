"""MigrateVM_Task and RelocateVM_Task: a machine to another host, its storage to another datastore, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap import checking, devices, machines, places
from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.machines import ON
from tests.lab.vsphere.soap.power import require_connected, require_state
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.tasks import Work, begin, start

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

SECONDS_PER_GIB = {"memory": 2.0, "disk": 0.5}
LEAST_S = 6.0
"""ASSUMED: that long a vMotion takes on a quick network; a test sets its own by `takes`."""


@serves("MigrateVM_Task")
def _migrate(call: Call) -> Any:
    """*API*: needs Resource.HotMigrate of a machine that runs, else Resource.ColdMigrate; InvalidPowerState where
    `state` does not fit."""
    vm, given = call.this, call.given
    call.require("Resource.HotMigrate" if vm.facts["runtime"].powerState == ON else "Resource.ColdMigrate")
    require_connected(vm)
    source = call.thing(vm.facts["runtime"].host)
    if given.host is None and given.pool is None:
        raise vmodl.fault.InvalidArgument(invalidProperty="host", msg="Name a host or a pool.")
    host = call.thing(given.host) if given.host else source
    pool = call.thing(given.pool) if given.pool else None
    if host.facts["parent"] != source.facts["parent"] and pool is None:
        raise vmodl.fault.InvalidArgument(invalidProperty="pool", msg="A host of another cluster needs a pool.")
    if given.state:
        require_state(vm, given.state, given.state)
    return start(call, vm, migration(call.vc, vm, host, pool=pool, user=call.user))


@serves("RelocateVM_Task")
def _relocate(call: Call) -> Any:
    """*API, VirtualMachineRelocateSpec*: a host of another cluster needs a pool; what is unset stays."""
    vm, spec = call.this, call.given.spec
    call.require("Resource.HotMigrate" if vm.facts["runtime"].powerState == ON else "Resource.ColdMigrate")
    require_connected(vm)
    source = call.thing(vm.facts["runtime"].host)
    pool = call.thing(spec.pool) if spec.pool else None
    host = call.thing(spec.host) if spec.host else source
    if spec.host is None and pool is not None and call.thing(pool.facts["owner"]).ref != source.facts["parent"]:
        host = call.thing(call.thing(pool.facts["owner"]).facts["host"][0])
    if host.facts["parent"] != source.facts["parent"] and pool is None:
        raise vmodl.fault.InvalidArgument(invalidProperty="spec.pool", msg="A host of another cluster needs a pool.")
    return start(call, vm, migration(call.vc, vm, host, pool=pool, spec=spec, user=call.user))


def migration(
    vc: Vcenter, vm: Thing, host: Thing, *, pool: Thing | None = None, spec: Any = None, user: str = ""
) -> Work:
    """The work of a move: checked when it begins and again before it ends; cancelled it stays where it was."""
    running = vm.facts["runtime"].powerState == ON
    source = vc.site.find(vm.facts["runtime"].host)
    moved = moving_disks(vm, spec)
    memory = vm.facts["config"].hardware.memoryMB / 1024 if running and host is not source else 0
    disk = sum(one.capacityInKB >> 20 for one in moved)
    seconds = LEAST_S + memory * SECONDS_PER_GIB["memory"] + disk * SECONDS_PER_GIB["disk"]

    def first() -> None:
        refuse(vc, vm, host, spec)
        if running and host is not source:
            vc.events.tell(
                vim.event.VmBeingHotMigratedEvent,
                f"Migrating {vm.name} from {source.name} to {host.name}",
                thing=vm,
                user=user,
                template=False,
                destHost=vim.event.HostEventArgument(host=host.ref, name=host.name),
            )

    def end() -> None:
        refuse(vc, vm, host, spec)
        place(vc, vm, host, pool, spec)
        vc.events.tell(
            vim.event.VmMigratedEvent,
            f"{vm.name} moved from {source.name} to {host.name}",
            thing=vm,
            user=user,
            template=False,
            sourceHost=vim.event.HostEventArgument(host=source.ref, name=source.name),
        )

    def check() -> None:
        if host.facts["runtime"].connectionState != "connected":
            raise vmodl.fault.HostNotConnected(msg=f"Host {host.name} was lost on the way.")

    return Work(seconds, end, cancelable=True, first=first, check=check)


def refuse(vc: Vcenter, vm: Thing, host: Thing, spec: Any) -> None:
    """The first thing that stands against it, as the task's fault."""
    errors, _ = checking.check(vc, vm, host, spec)
    if errors:
        raise errors[0]


def moving_disks(vm: Thing, spec: Any) -> list[Any]:
    """Disks that a RelocateSpec brings elsewhere."""
    disks = devices.of_kind(vm.facts["config"].hardware.device, vim.vm.device.VirtualDisk)
    return [one for one in disks if checking.target_of(spec, one.key) not in (None, one.backing.datastore)]


def place(vc: Vcenter, vm: Thing, host: Thing, pool: Thing | None, spec: Any = None) -> None:
    """It is there."""
    source = vc.site.find(vm.facts["runtime"].host)
    if host is not source:
        places.unlisted(vc, vm, source, "vm")
        vm.facts["runtime"].host = host.ref
        places.listed(vc, vm, host, "vm")
    if pool is not None and vm.facts.get("resourcePool") != pool.ref:
        if vm.facts.get("resourcePool"):
            places.unlisted(vc, vm, vc.site.find(vm.facts["resourcePool"]), "vm")
        vm.facts["resourcePool"] = pool.ref
        places.listed(vc, vm, pool, "vm")
    if spec is not None:
        _take_storage(vc, vm, spec)
        _take_networks(vm, spec)
        _take_folder(vc, vm, host, spec)
    machines.changed(vc, vm)
    vc.site.reshaped(vm)


def _take_storage(vc: Vcenter, vm: Thing, spec: Any) -> None:
    for disk in moving_disks(vm, spec):
        old, new = vc.site.find(disk.backing.datastore), vc.site.find(checking.target_of(spec, disk.key))
        size = (disk.capacityInKB << 10) // (10 if disk.backing.thinProvisioned else 1)
        old.facts["summary"].freeSpace += size
        new.facts["summary"].freeSpace -= size
        disk.backing.datastore = new.ref
        disk.backing.fileName = f"[{new.name}]{disk.backing.fileName.partition(']')[2]}"
        vc.site.touch(old)
        vc.site.touch(new)
    if spec.datastore:
        home = vc.site.find(spec.datastore)
        vm.private["home"] = home
        files = vm.facts["config"].files
        for name in ("vmPathName", "snapshotDirectory", "suspendDirectory", "logDirectory"):
            setattr(files, name, f"[{home.name}]{getattr(files, name).partition(']')[2]}")


def _take_networks(vm: Thing, spec: Any) -> None:
    for change in spec.deviceChange:
        for device in vm.facts["config"].hardware.device:
            if device.key == change.device.key and change.device.backing is not None:
                device.backing = change.device.backing


def _take_folder(vc: Vcenter, vm: Thing, host: Thing, spec: Any) -> None:
    """ASSUMED: in another datacenter without a folder it goes to that datacenter's own."""
    center = places.datacenter_of(vc, host)
    parent = vm.facts["parent"]
    wanted = spec.folder
    if wanted is None and parent is not None and places.datacenter_of(vc, vc.site.find(parent)) is not center:
        wanted = center.facts["vmFolder"]
    if wanted is not None and wanted != parent:
        if parent is not None:
            places.unlisted(vc, vm, vc.site.find(parent), "childEntity")
        vm.facts["parent"] = wanted
        places.listed(vc, vm, vc.site.find(wanted), "childEntity")


def begin_move(vc: Vcenter, vm: Thing, host: Thing, user: str) -> Thing:
    """A move that the product itself starts, as of a recommendation; its task."""
    return begin(vc, "MigrateVM_Task", vm, migration(vc, vm, host, user=user), user)
