"""Whether a machine can be on a host: what stands against it and what is to be warned of, host by host.

Which fault stands for which reason is taken from the API reference's lists of migration faults; where it names
several, ASSUMED.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap import devices, machines
from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.machines import ON
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.tasks import Work, start

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

Passthrough = vim.vm.device.VirtualPCIPassthrough
RANKS = {"EPYC-Rome": 2, "EPYC-Milan": 3}
"""Which of the CPUs here has all that the other has."""


def check(vc: Vcenter, vm: Thing, host: Thing, spec: Any = None) -> tuple[list[Any], list[Any]]:
    """Errors and warnings of a move to a host, with its storage where a RelocateSpec says so."""
    errors = [
        *_of_host(vm, host),
        *_of_storage(vc, vm, host, spec),
        *_of_networks(vc, vm, host, spec),
        *_of_devices(vm, host),
        *_of_cpu(vc, vm, host),
        *_of_memory(vc, vm, host),
    ]
    return errors, list(_warnings(vm, host))


def _of_host(vm: Thing, host: Thing) -> Iterable[Any]:
    runtime = host.facts["runtime"]
    if runtime.connectionState != "connected":
        yield vmodl.fault.HostNotConnected(msg=f"Unable to communicate with the remote host {host.name}.")
    if runtime.inMaintenanceMode or host.private.get("entering"):
        yield vim.fault.InvalidHostState(host=host.ref, msg=f"Host {host.name} is in maintenance mode or enters it.")
    if vm.facts["runtime"].connectionState != "connected":
        yield vim.fault.InvalidState(msg="The machine is not connected.")


def _of_storage(vc: Vcenter, vm: Thing, host: Thing, spec: Any) -> Iterable[Any]:
    """A disk that stays has to be on a datastore that the host has; one that moves has to fit."""
    needed: dict[str, int] = {}
    for disk in devices.of_kind(vm.facts["config"].hardware.device, vim.vm.device.VirtualDisk):
        ref = target_of(spec, disk.key) or disk.backing.datastore
        if ref is None:
            continue
        store = vc.site.find(ref)
        if ref not in host.facts["datastore"] or not store.facts["summary"].accessible:
            inside = vim.fault.InaccessibleDatastore(datastore=ref, name=store.name, detail="notAccessible")
            words = f"Unable to access the virtual machine configuration: unable to access file {disk.backing.fileName}"
            yield vim.fault.CannotAccessVmDisk(
                device=disk.deviceInfo.label, backing=disk.backing.fileName, connected=False, fault=inside, msg=words
            )
        elif ref != disk.backing.datastore:
            needed[store.id] = needed.get(store.id, 0) + (disk.capacityInKB << 10)
    for id, size in needed.items():
        store = vc.site.things[id]
        if size > store.facts["summary"].freeSpace:
            yield vim.fault.NoDiskSpace(
                file=f"[{store.name}]", datastore=store.name, msg=f"Insufficient disk space on {store.name}."
            )


def target_of(spec: Any, key: int) -> Any:
    """Where a disk goes by a RelocateSpec; None: it stays."""
    if spec is None:
        return None
    own = next((one.datastore for one in spec.disk if one.diskId == key), None)
    return own or spec.datastore


def _of_networks(vc: Vcenter, vm: Thing, host: Thing, spec: Any) -> Iterable[Any]:
    changed = {change.device.key: change.device for change in spec.deviceChange} if spec else {}
    for card in devices.of_kind(vm.facts["config"].hardware.device, vim.vm.device.VirtualEthernetCard):
        ref = machines.network_of(vc, changed.get(card.key, card))
        if ref is not None and ref not in host.facts["network"]:
            name = vc.site.find(ref).name
            label = card.deviceInfo.label
            words = f"Network interface '{label}' uses network '{name}', which is not accessible."
            yield vim.fault.CannotAccessNetwork(
                device=label,
                backing=name,
                connected=bool(card.connectable and card.connectable.connected),
                network=ref,
                msg=words,
            )


def _of_devices(vm: Thing, host: Thing) -> Iterable[Any]:
    """A device that is passed through whole ties a machine that runs to its host; a vGPU needs its profile there."""
    running = vm.facts["runtime"].powerState == ON
    for device in devices.of_kind(vm.facts["config"].hardware.device, Passthrough):
        backing, label = device.backing, device.deviceInfo.label
        if isinstance(backing, Passthrough.VmiopBackingInfo):
            fits, name = backing.vgpu in host.facts["config"].sharedPassthruGpuTypes, backing.vgpu
        else:
            name = getattr(backing, "id", "") or backing.deviceName
            there = {one.id for one in host.facts["config"].pciPassthruInfo if one.passthruActive}
            fits = not running and (name in there or isinstance(backing, Passthrough.DynamicBackingInfo))
        if not fits:
            words = (
                f"Virtual machine uses DirectPath I/O: device '{label}' uses backing '{name}', which is not accessible."
            )
            yield vim.fault.CannotAccessVmDevice(device=label, backing=name, connected=running, msg=words)


def _of_cpu(vc: Vcenter, vm: Thing, host: Thing) -> Iterable[Any]:
    """A machine that runs keeps the features of the CPU it began on, or of its cluster's EVC mode."""
    source = vc.site.find(vm.facts["runtime"].host)
    if vm.facts["runtime"].powerState == machines.OFF or source is host:
        return
    began = source.facts["summary"].currentEVCModeKey
    has, needs = (RANKS.get(one.facts["summary"].hardware.cpuModel, 0) for one in (host, source))
    if has < (2 if began else needs):
        feature = vim.vm.FeatureRequirement(key="cpuid.pku", featureName="cpuid.pku", value="Bool:Min:1")
        words = "The target host does not support the virtual machine's current hardware requirements."
        yield vim.fault.FeatureRequirementsNotMet(featureRequirement=[feature], vm=vm.ref, host=host.ref, msg=words)


def _of_memory(vc: Vcenter, vm: Thing, host: Thing) -> Iterable[Any]:
    """ASSUMED: what the machine has reserved has to be free; what is given is not counted."""
    there = [vc.site.find(ref) for ref in host.facts["vm"] if ref != vm.ref]
    taken = sum(
        (one.facts["config"].memoryAllocation.reservation or 0) << 20
        for one in there
        if one.facts["runtime"].powerState == ON
    )
    asked = max(vm.facts["config"].memoryAllocation.reservation or 0, 0) << 20
    free = host.facts["hardware"].memorySize - taken
    if vm.facts["config"].hardware.memoryMB << 20 > host.facts["hardware"].memorySize or asked > free:
        words = "The host does not have sufficient memory for the reservation."
        yield vim.fault.InsufficientHostMemoryCapacityFault(host=host.ref, unreserved=free, requested=asked, msg=words)


def _warnings(vm: Thing, host: Thing) -> Iterable[Any]:
    if vm.facts["runtime"].powerState == ON and vm.facts["guest"].toolsRunningStatus != "guestToolsRunning":
        yield vim.fault.NoGuestHeartbeat(msg="No guest OS heartbeats are being received.")
    if vm.facts.get("snapshot"):
        yield vim.fault.MigrationFeatureNotSupported(
            atSourceHost=False, failedHostName=host.name, failedHost=host.ref, msg="The machine has snapshots."
        )


def result(vc: Vcenter, vm: Thing, host: Thing, spec: Any = None) -> Any:
    """*API, CheckResult*."""
    errors, warnings = check(vc, vm, host, spec)
    return vim.vm.check.Result(vm=vm.ref, host=host.ref, error=errors, warning=warnings)


def _told(call: Call, entity: Thing, make: Callable[[], list[Any]]) -> Any:
    typed = vim.vm.check.Result.Array
    return start(call, entity, Work(0.5, lambda: typed(make()), exclusive=False))


def _hosts_of(call: Call, given: Any) -> list[Thing]:
    """The host that was named, or all of the pool's owner."""
    if given.host:
        return [call.thing(given.host)]
    if given.pool:
        owner = call.thing(call.thing(given.pool).facts["owner"])
        return [call.thing(ref) for ref in owner.facts["host"]]
    raise vmodl.fault.InvalidArgument(invalidProperty="host", msg="Name a host or a pool.")


@serves("CheckMigrate_Task", "CheckCompatibility_Task", "CheckPowerOn_Task")
def _check_migrate(call: Call) -> Any:
    vm, chosen = call.thing(call.given.vm), _hosts_of(call, call.given)
    return _told(call, vm, lambda: [result(call.vc, vm, host) for host in chosen])


@serves("CheckRelocate_Task")
def _check_relocate(call: Call) -> Any:
    """*API*: without a host in the spec the machine stays on its own, or goes to one of the pool."""
    vm, spec = call.thing(call.given.vm), call.given.spec
    chosen = _hosts_of(call, spec) if spec.host or spec.pool else [call.thing(vm.facts["runtime"].host)]
    return _told(call, vm, lambda: [result(call.vc, vm, host, spec) for host in chosen])


@serves("QueryVMotionCompatibilityEx_Task")
def _compatibility(call: Call) -> Any:
    """Every machine on every host."""
    pairs = [(call.thing(vm), call.thing(host)) for vm in call.given.vm for host in call.given.host]
    return _told(call, pairs[0][0], lambda: [result(call.vc, vm, host) for vm, host in pairs])
