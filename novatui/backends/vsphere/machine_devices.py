"""The virtual devices of a machine: VirtualDevice and what extends it, in the words that all families share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from novatui.backends.vsphere.fields import at, each, listed, number, times, truth, type_of, words
from novatui.backends.vsphere.updates import Ref
from novatui.core.vmspec import DiskSpec, HostDevice, NicSpec

KIB = 1024

BUSES: dict[str, str] = {
    "VirtualIDEController": "ide",
    "VirtualAHCIController": "sata",
    "VirtualSATAController": "sata",
    "VirtualNVMEController": "nvme",
    "ParaVirtualSCSIController": "scsi",
    "VirtualLsiLogicController": "scsi",
    "VirtualLsiLogicSASController": "scsi",
    "VirtualBusLogicController": "scsi",
    "VirtualSIOController": "fdc",
}
"""Bus of a disk by the type of its controller."""

DRIVES: dict[str, str] = {"VirtualDisk": "disk", "VirtualCdrom": "cdrom", "VirtualFloppy": "floppy"}

MODELS: dict[str, str] = {
    "VirtualVmxnet3": "vmxnet3",
    "VirtualVmxnet3Vrdma": "vmxnet3 (PVRDMA)",
    "VirtualVmxnet2": "vmxnet2",
    "VirtualVmxnet": "vmxnet",
    "VirtualE1000": "e1000",
    "VirtualE1000e": "e1000e",
    "VirtualPCNet32": "pcnet32",
    "VirtualSriovEthernetCard": "sriov",
}
"""Types that extend VirtualEthernetCard."""

_STORE = re.compile(r"\[([^\]]*)\]")


def controllers(hardware: list[dict[str, Any]]) -> dict[str, str]:
    """Controllers that people choose, by their key: `scsi0 ParaVirtualSCSIController`."""
    return {
        words(one, "key"): f"{_bus(one)}{words(one, 'busNumber')} {type_of(one)}"
        for one in hardware
        if type_of(one) in BUSES or type_of(one).startswith(("VirtualUSBController", "VirtualUSBXHCI"))
    }


def _bus(controller: dict[str, Any]) -> str:
    return BUSES.get(type_of(controller), "usb" if "USB" in type_of(controller) else "")


def slot_of(device: dict[str, Any], hardware: list[dict[str, Any]]) -> str:
    """`scsi0:1`: bus, its number, and the place at it; the product's label when the controller is not told."""
    above = next((one for one in hardware if words(one, "key") == words(device, "controllerKey")), None)
    if above is None or not _bus(above):
        return words(device, "deviceInfo.label") or words(device, "key")
    return f"{_bus(above)}{words(above, 'busNumber')}:{words(device, 'unitNumber')}"


def disks(hardware: list[dict[str, Any]], layout: Any) -> tuple[DiskSpec, ...]:
    """Disks and drives in the order of the configuration."""
    return tuple(_disk(one, hardware, layout) for one in hardware if type_of(one) in DRIVES)


def _disk(device: dict[str, Any], hardware: list[dict[str, Any]], layout: Any) -> DiskSpec:
    kind, backing = type_of(device), at(device, "backing")
    above = next((one for one in hardware if words(one, "key") == words(device, "controllerKey")), None)
    source = words(backing, "fileName") or words(backing, "deviceName")
    store = _STORE.match(source)
    limit = number(device, "storageIOAllocation.limit")
    return DiskSpec(
        target=slot_of(device, hardware),
        device=DRIVES[kind],
        bus=_bus(above) if above is not None else "",
        source_type=_source_kind(type_of(backing)),
        source=source,
        store=store.group(1) if store else "",
        format="vmdk" if kind == "VirtualDisk" else "iso" if source.endswith(".iso") else "",
        size=number(device, "capacityInBytes") or times(device, "capacityInKB", KIB),
        allocation=_allocated(words(device, "key"), layout) if kind == "VirtualDisk" else None,
        serial=words(backing, "uuid"),
        readonly=kind == "VirtualCdrom",
        shareable=words(backing, "sharing") == "sharingMultiWriter",
        backing=tuple(_chain(backing)),
        iops_limit=limit if limit is not None and limit >= 0 else None,
        encrypted=at(backing, "keyId") is not None if kind == "VirtualDisk" else None,
    )


def _source_kind(backing: str) -> str:
    """`VirtualDiskRawDiskMappingVer1BackingInfo` is a LUN, `…RemotePassthroughBackingInfo` the client's drive."""
    if "RawDisk" in backing or "PartitionedRaw" in backing:
        return "block"
    if "Remote" in backing:
        return "client"
    if any(word in backing for word in ("Atapi", "CdromPassthrough", "FloppyDevice")):
        return "block"
    return "file" if backing else ""


def _chain(backing: Any) -> Iterator[str]:
    """Files below the one that is written to, nearest first."""
    below = at(backing, "parent")
    while isinstance(below, dict):
        if name := words(below, "fileName"):
            yield name
        below = below.get("parent")


def _allocated(disk: str, layout: Any) -> int | None:
    """Bytes of the files of a disk's whole chain: VirtualMachineFileLayoutEx."""
    sizes = {words(one, "key"): number(one, "size") for one in each(layout, "file")}
    for one in each(layout, "disk"):
        if words(one, "key") == disk:
            taken = [sizes.get(name) for link in each(one, "chain") for name in listed(link, "fileKey")]
            known = [size for size in taken if size is not None]
            return sum(known) if known and len(known) == len(taken) else None
    return None


def provisioning(disk: dict[str, Any]) -> str:
    """How a disk takes its space and what a snapshot or a power-off does to it: `thin, persistent`."""
    thin, eager = truth(disk, "backing.thinProvisioned"), truth(disk, "backing.eagerlyScrub")
    told = "thin" if thin else "thick, zeroed at once" if eager else "thick" if thin is False else ""
    sharing = words(disk, "backing.sharing")
    return ", ".join(
        filter(
            None,
            (
                told,
                words(disk, "backing.diskMode").replace("_", " "),
                sharing if sharing != "sharingNone" else "",
            ),
        )
    )


# --- networks ---------------------------------------------------------------------------------------------------------


def nics(hardware: list[dict[str, Any]], called: Callable[[Ref], str]) -> tuple[NicSpec, ...]:
    """Interfaces in the order of the configuration."""
    return tuple(_nic(one, called) for one in hardware if is_nic(one))


def is_nic(device: dict[str, Any]) -> bool:
    """A type that is not known here has an address as all of them have."""
    return type_of(device) in MODELS or at(device, "macAddress") is not None


def _nic(device: dict[str, Any], called: Callable[[Ref], str]) -> NicSpec:
    backing = at(device, "backing")
    limit = number(device, "resourceAllocation.limit")
    return NicSpec(
        type="network",
        source=_network(backing, called),
        model=MODELS.get(type_of(device), type_of(device)),
        mac=words(device, "macAddress").lower(),
        port_type="distributed switch" if at(backing, "port") is not None else "",
        port_id=words(backing, "port.portKey"),
        link_up=truth(device, "connectable.connected"),
        rate_out=limit * 1_000_000 // 8 if limit is not None and limit >= 0 else None,
    )


def _network(backing: Any, called: Callable[[Ref], str]) -> str:
    """Name of the network: that of the distributed port group, the opaque network, or as the configuration says it."""
    group = words(backing, "port.portgroupKey")
    if group:
        return called(Ref("DistributedVirtualPortgroup", group)) or group
    return words(backing, "deviceName") or words(backing, "opaqueNetworkId")


# --- devices of the host ----------------------------------------------------------------------------------------------


def host_devices(hardware: list[dict[str, Any]]) -> tuple[HostDevice, ...]:
    """PCI devices (fixed or chosen at power-on), vGPUs, virtual functions, USB and SCSI devices of the host."""
    return tuple(filter(None, (_given(one) for one in hardware)))


def _given(device: dict[str, Any]) -> HostDevice | None:
    kind, backing = type_of(device), at(device, "backing")
    label = words(device, "deviceInfo.label")
    if kind == "VirtualPCIPassthrough":
        return _pci(backing, label)
    if kind == "VirtualSriovEthernetCard":
        function = words(device, "sriovBacking.virtualFunctionBacking.id")
        physical = words(device, "sriovBacking.physicalFunctionBacking.id")
        return HostDevice(type="pci", address=function or physical, name=label, model="virtual function")
    if kind == "VirtualUSB":
        return HostDevice(type="usb", address=words(backing, "deviceName"), name=label)
    if kind == "VirtualSCSIPassthrough":
        return HostDevice(type="scsi", address=words(backing, "deviceName"), name=label)
    return None


def _pci(backing: Any, label: str) -> HostDevice:
    if vgpu := words(backing, "vgpu"):
        return HostDevice(type="mdev", name=label, model=vgpu)
    if type_of(backing) == "VirtualPCIPassthroughDynamicBackingInfo":
        allowed = [f"{_hex(one, 'vendorId')}:{_hex(one, 'deviceId')}" for one in each(backing, "allowedDevice")]
        model = words(backing, "customLabel") or ", ".join(allowed)
        return HostDevice(type="pci", address=words(backing, "assignedId"), name=label, model=model)
    return HostDevice(type="pci", address=words(backing, "id"), name=words(backing, "deviceName") or label)


def _hex(tree: Any, path: str) -> str:
    found = number(tree, path)
    return "????" if found is None else f"{found & 0xFFFF:04x}"


def bootable(entry: dict[str, Any], hardware: list[dict[str, Any]]) -> str:
    """One entry of the boot order: the slot of a disk, the address of an interface, or the kind of drive."""
    named = words(entry, "deviceKey")
    device = next((one for one in hardware if named and words(one, "key") == named), None)
    if device is None:
        return type_of(entry).removeprefix("VirtualMachineBootOptionsBootable").removesuffix("Device").lower()
    return words(device, "macAddress").lower() if is_nic(device) else slot_of(device, hardware)
