"""Devices in a reconfiguration: adding, editing and removing them, with the faults that name which change was wrong."""

from __future__ import annotations

from typing import Any

from pyVmomi import vim

from tests.lab.vsphere.soap import devices, files, machines
from tests.lab.vsphere.soap.calling import Call
from tests.lab.vsphere.soap.machines import ON
from tests.lab.vsphere.soap.state import Thing

Device = vim.vm.device
Operation = Device.VirtualDeviceSpec.Operation
FIRST_KEYS: dict[Any, int] = {
    Device.VirtualDisk: 2000,
    Device.VirtualCdrom: 16000,
    Device.VirtualEthernetCard: 4000,
    Device.VirtualPCIPassthrough: 13000,
    Device.VirtualTPM: 11000,
    Device.VirtualController: 1000,
}
COLD = (Device.VirtualPCIPassthrough, Device.VirtualSriovEthernetCard, Device.VirtualTPM)
"""Devices that come and go only while the machine is off; *API, DeviceHotPlugNotSupported*."""

TITLES = {
    2000: "Hard disk",
    16000: "CD/DVD drive",
    4000: "Network adapter",
    13000: "PCI device",
    11000: "Virtual TPM",
    1000: "Controller",
}


def privilege_of(change: Any) -> str:
    """*API, ReconfigVM_Task*: which privilege a device change needs."""
    device = change.device
    if isinstance(device, Device.VirtualDisk):
        if change.operation == Operation.remove:
            return "VirtualMachine.Config.RemoveDisk"
        if change.operation == Operation.edit:
            return "VirtualMachine.Config.DiskExtend"
        return "VirtualMachine.Config.AddNewDisk" if change.fileOperation else "VirtualMachine.Config.AddExistingDisk"
    if isinstance(device, Device.VirtualPCIPassthrough):
        return "VirtualMachine.Config.RawDevice"
    if isinstance(device, Device.VirtualCdrom) and change.operation == Operation.edit:
        return "VirtualMachine.Interact.SetCDMedia"
    return (
        "VirtualMachine.Config.EditDevice"
        if change.operation == Operation.edit
        else "VirtualMachine.Config.AddRemoveDevice"
    )


def check(call: Call, vm: Thing, spec: Any) -> None:
    """Raise the fault of the first change that cannot be."""
    for index, change in enumerate(spec.deviceChange):
        device, running = change.device, vm.facts["runtime"].powerState == ON
        there = _find(vm, device.key)
        if change.operation in (Operation.edit, Operation.remove) and there is None:
            raise vim.fault.InvalidDeviceSpec(
                deviceIndex=index, property="virtualDeviceSpec.device.key", msg=f"No device {device.key}."
            )
        if running and change.operation != Operation.edit and isinstance(device, COLD):
            words = "The device cannot be added or removed while the machine runs."
            raise vim.fault.DeviceHotPlugNotSupported(deviceIndex=index, msg=words)
        if isinstance(device, Device.VirtualDisk):
            _check_disk(call, vm, index, change, there)
        elif isinstance(device, Device.VirtualEthernetCard) and change.operation != Operation.remove:
            _check_card(call, vm, index, change)
        elif isinstance(device, Device.VirtualPCIPassthrough) and change.operation == Operation.add:
            _check_passthrough(call, vm, index, change)
        elif isinstance(device, Device.VirtualCdrom) and isinstance(device.backing, Device.VirtualCdrom.IsoBackingInfo):
            _store_of(call, vm, device.backing, index)


def _find(vm: Thing, key: int) -> Any:
    return next((one for one in vm.facts["config"].hardware.device if one.key == key), None)


def _check_disk(call: Call, vm: Thing, index: int, change: Any, there: Any) -> None:
    """ASSUMED: a smaller disk and one that grows below a snapshot are InvalidDeviceOperation."""
    device = change.device
    if change.operation == Operation.add:
        store = _store_of(call, vm, device.backing, index)
        if change.fileOperation and store.facts["summary"].freeSpace < device.capacityInKB << 10:
            words = f"Insufficient disk space on datastore '{store.name}'."
            raise vim.fault.NoDiskSpace(
                file=device.backing.fileName or f"[{store.name}]", datastore=store.name, msg=words
            )
        if not change.fileOperation and not device.backing.fileName.endswith(".vmdk"):
            raise vim.fault.InvalidDeviceBacking(
                deviceIndex=index, property="virtualDeviceSpec.device.backing.fileName", msg="No such disk."
            )
        if not change.fileOperation and files.split(device.backing.fileName)[1] not in files.there(call.vc, store):
            words = f"File {device.backing.fileName} was not found"
            raise vim.fault.FileNotFound(file=device.backing.fileName, msg=words)
    elif change.operation == Operation.edit:
        smaller = device.capacityInKB < there.capacityInKB
        if smaller or (device.capacityInKB > there.capacityInKB and vm.facts.get("snapshot")):
            words = "A disk cannot be made smaller." if smaller else "A disk of a machine with snapshots cannot grow."
            raise vim.fault.InvalidDeviceOperation(
                deviceIndex=index, badOp=change.operation, property="virtualDeviceSpec.device.capacityInKB", msg=words
            )


def _store_of(call: Call, vm: Thing, backing: Any, index: int) -> Thing:
    """The datastore of a file: by its reference, its name in brackets, or the machine's own; InvalidDatastore."""
    name = (backing.fileName or "").partition("]")[0].lstrip("[")
    host = call.thing(vm.facts["runtime"].host)
    if backing.datastore:
        found = [one for one in map(call.thing, host.facts["datastore"]) if one.ref == backing.datastore]
    elif name:
        found = [one for one in map(call.thing, host.facts["datastore"]) if one.name == name]
    else:
        found = [vm.private["home"]]
    if not found:
        raise vim.fault.InvalidDatastore(
            datastore=backing.datastore, name=name, msg=f"The host has no datastore {name}."
        )
    if not found[0].facts["summary"].accessible:
        raise vim.fault.InaccessibleDatastore(
            datastore=found[0].ref, name=found[0].name, msg="The datastore is not accessible."
        )
    return found[0]


def _check_card(call: Call, vm: Thing, index: int, change: Any) -> None:
    """*API, InvalidDeviceBacking*: a network that the host does not have."""
    if change.device.backing is None:
        return
    ref = machines.network_of(call.vc, change.device)
    host = call.thing(vm.facts["runtime"].host)
    name = getattr(change.device.backing, "deviceName", "")
    by_name = next((one.ref for one in map(call.thing, host.facts["network"]) if name and one.name == name), None)
    if (ref or by_name) not in host.facts["network"]:
        raise vim.fault.InvalidDeviceBacking(
            deviceIndex=index, property="virtualDeviceSpec.device.backing", msg="No such network here."
        )
    if ref is None and by_name:
        change.device.backing.network = by_name


def _check_passthrough(call: Call, vm: Thing, index: int, change: Any) -> None:
    """The host has the device, ready for passthrough, or shares a GPU by that profile; ASSUMED fault:
    InvalidDeviceBacking."""
    backing, config = change.device.backing, call.thing(vm.facts["runtime"].host).facts["config"]
    Backing = Device.VirtualPCIPassthrough
    if isinstance(backing, Backing.VmiopBackingInfo):
        fits = backing.vgpu in config.sharedPassthruGpuTypes
    elif isinstance(backing, Backing.DynamicBackingInfo):
        ids = {(one.vendorId & 0xFFFF, one.deviceId & 0xFFFF) for one in backing.allowedDevice}
        pci = {
            one.id: (one.vendorId & 0xFFFF, one.deviceId & 0xFFFF)
            for one in call.thing(vm.facts["runtime"].host).facts["hardware"].pciDevice
        }
        fits = any(one.passthruActive and pci[one.id] in ids for one in config.pciPassthruInfo)
    else:
        fits = any(one.id == backing.id and one.passthruActive for one in config.pciPassthruInfo)
    if not fits:
        raise vim.fault.InvalidDeviceBacking(
            deviceIndex=index, property="virtualDeviceSpec.device.backing", msg="The host has no such device."
        )


def apply(call: Call, vm: Thing, spec: Any) -> None:
    """Carry out changes that were checked; a negative key is one that the client chose for now."""
    hardware = vm.facts["config"].hardware
    given: dict[int, int] = {}
    for change in spec.deviceChange:
        device = change.device
        if change.operation == Operation.remove:
            gone = _find(vm, device.key)
            hardware.device = [one for one in hardware.device if one is not gone]
            if change.fileOperation == "destroy" and isinstance(gone, Device.VirtualDisk):
                files.destroyed(call.vc, gone)
                _use_space(call, gone, -1)
            elif isinstance(gone, Device.VirtualDisk):
                files.left(call.vc, gone)
        elif change.operation == Operation.edit:
            _edit(call, vm, _find(vm, device.key), device)
        else:
            _add(call, vm, change, given)
    devices.linked(hardware.device)


def _add(call: Call, vm: Thing, change: Any, given: dict[int, int]) -> None:
    device, hardware = change.device, vm.facts["config"].hardware
    first = next((key for kind, key in FIRST_KEYS.items() if isinstance(device, kind)), 20000)
    if isinstance(device, Device.VirtualController):
        first = next((key for kind, key, _ in devices.CONTROLLERS.values() if isinstance(device, kind)), first)
    asked, device.key = device.key, devices.free_key(hardware.device, first)
    given[asked] = device.key
    device.controllerKey = given.get(device.controllerKey, device.controllerKey)
    alike = sum(isinstance(one, type(device)) for one in hardware.device)
    base = next((key for kind, key in FIRST_KEYS.items() if isinstance(device, kind)), 0)
    device.deviceInfo = devices.label(f"{TITLES.get(base, 'Device')} {alike + 1}")
    if isinstance(device, Device.VirtualDisk):
        _place_disk(call, vm, change)
    if isinstance(device, Device.VirtualEthernetCard):
        _dress_card(call, vm, device)
    if device.unitNumber is None or device.unitNumber < 0:
        taken = {one.unitNumber for one in hardware.device if one.controllerKey == device.controllerKey} | {7}
        device.unitNumber = next(number for number in range(64) if number not in taken)
    hardware.device = [*hardware.device, device]


def _place_disk(call: Call, vm: Thing, change: Any) -> None:
    """A new disk without a file name gets the machine's next one."""
    device = change.device
    store = _store_of(call, vm, device.backing, 0)
    own = machines.directory(vm.facts["config"].files.vmPathName.partition("] ")[2].partition("/")[0])
    device.backing.datastore = store.ref
    if change.fileOperation and not device.backing.fileName.endswith(".vmdk"):
        device.backing.fileName = devices.file_of(store.name, own, f"{own}_{device.key - 2000}.vmdk")
    device.capacityInBytes = device.capacityInKB << 10
    device.backing.uuid = device.backing.uuid or f"6000C290-{device.key:04x}-0000-0000-{vm.facts['config'].uuid[-12:]}"
    if change.fileOperation:
        _use_space(call, device, 1)
    elif (file := store.private.get("files", {}).get(files.split(device.backing.fileName)[1])) is not None:
        device.backing.thinProvisioned = file.thin  # ASSUMED: how a disk is laid out stands in its file


def _use_space(call: Call, disk: Any, sign: int) -> None:
    """A thick disk takes its size at once; a thin one a tenth of it (ASSUMED)."""
    if not disk.backing.datastore:
        return
    store = call.thing(disk.backing.datastore)
    size = (disk.capacityInKB << 10) // (10 if disk.backing.thinProvisioned else 1)
    store.facts["summary"].freeSpace -= sign * size
    call.site.touch(store)


def _dress_card(call: Call, vm: Thing, device: Any) -> None:
    """*API, VirtualEthernetCard*: without an address vCenter assigns one below 00:50:56."""
    if not device.macAddress:
        device.addressType = "assigned"
        device.macAddress = f"00:50:56:a0:{call.site.number('mac') >> 8:02x}:{call.site.number('mac') & 255:02x}"
    running = vm.facts["runtime"].powerState == ON
    if device.connectable is None:
        device.connectable = Device.VirtualDevice.ConnectInfo(
            startConnected=True, allowGuestControl=True, connected=running
        )
    if not running:
        device.connectable.connected = False
    ref = machines.network_of(call.vc, device)
    device.deviceInfo.summary = call.thing(ref).name if ref else ""


def _edit(call: Call, vm: Thing, there: Any, wanted: Any) -> None:
    """What an edit leaves unset stays."""
    for info in wanted._GetPropertyList():
        value = getattr(wanted, info.name)
        if value is not None and value != [] and info.name not in ("key", "deviceInfo", "capacityInBytes"):
            setattr(there, info.name, value)
    if isinstance(there, Device.VirtualDisk):
        there.capacityInBytes = there.capacityInKB << 10
        there.deviceInfo.summary = f"{there.capacityInKB:,} KB"
    if isinstance(there, Device.VirtualEthernetCard):
        _dress_card(call, vm, there)
    if isinstance(there, Device.VirtualCdrom) and isinstance(there.backing, Device.VirtualCdrom.IsoBackingInfo):
        there.backing.datastore = _store_of(call, vm, there.backing, 0).ref
