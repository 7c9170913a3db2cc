"""Whether this host can give a device away, and what it costs: who loses it, what else goes with it, what it blocks."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.backends.libvirt.host import parsed
from novatui.backends.libvirt.hostdevs import MDEV, PCI, USB
from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.xmltree import attribute_at, text_at
from novatui.core.devices import Device
from novatui.core.errors import Busy, NotSupported
from novatui.core.units import size

_USED = libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET | libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE

_DEPTH = 8
"""Devices between a disk and its controller: SCSI target, host, port …"""

_FREE_DRIVERS = {"", "vfio-pci", "pci-stub"}
"""Drivers that hold a device for machines, not for the host."""

_IOMMU_HINT = (
    "switch VT-d/AMD-Vi on in the firmware, boot with intel_iommu=on (AMD needs nothing), then: modprobe vfio-pci"
)


def refuse_unable_host(link: Link, machine: Machine, kind: str) -> None:
    """NotSupported when libvirt says that this host gives no such devices to such a machine. Only what it tells
    counts: a driver that cannot be asked is not refused."""
    spec = machine.now.spec
    capabilities = parsed(
        link.attempt(
            link.conn.getDomainCapabilities,
            text_at(machine.now.root, "devices/emulator") or None,
            spec.arch or None,
            spec.machine or None,
            spec.hypervisor or None,
            0,
        )
    )
    offer = capabilities.find("devices/hostdev") if capabilities is not None else None
    if offer is None:
        return
    told = {enum.get("name"): [value.text or "" for value in enum.findall("value")] for enum in offer.findall("enum")}
    kinds = told.get("subsysType")
    missing = kinds is not None and kind not in kinds and kind != MDEV
    if offer.get("supported") == "no" or missing:
        raise NotSupported(
            f"this host gives no {kind.upper()} devices to machines",
            meaning=f"libvirt does not list them for {spec.hypervisor or 'this'} machines of type {spec.machine}",
            subject="device",
        )
    if kind in {PCI, MDEV} and told.get("pciBackend") == []:
        iommu = attribute_at(parsed(link.attempt(link.conn.getCapabilities)), "host/iommu", "support")
        what = "has no IOMMU, or it is switched off" if iommu == "no" else "has no VFIO (libvirt lists no PCI backend)"
        raise NotSupported(
            f"this host cannot give {kind.upper() if kind == PCI else 'mediated'} devices to machines",
            meaning=f"it {what}",
            hint=_IOMMU_HINT,
            code="67",
            subject="iommu",
        )


def refuse_held(link: Link, machine: Machine, device: Device, everything: list[Device]) -> None:
    """Busy when a running machine holds it, or what cannot be parted from it."""
    for other, why in _inseparable(device, everything):
        if other.holder and other.holder != machine.key and (name := running_name(link, other.holder)):
            raise Busy(
                f"{other.name} is held by {name}",
                meaning=why,
                hint=f"detach it from {name} first, or shut that machine down",
                subject=name,
            )


def _inseparable(device: Device, everything: list[Device]) -> Iterator[tuple[Device, str]]:
    yield device, "a device of the host serves one running machine at a time"
    for other in group_of(device, everything):
        yield other, f"both are in IOMMU group {device.iommu_group}, which goes to one machine as a whole"
    for other in everything:
        if device.functions and other.parent == device.id and other.device_class in {"vf", "mdev"}:
            yield other, f"it is a part of {device.name} and would vanish with it"


def group_of(device: Device, everything: list[Device]) -> list[Device]:
    """The others of its IOMMU group; bridges are none of them."""
    if device.iommu_group is None:
        return []
    return [each for each in everything if each.iommu_group == device.iommu_group and each.id != device.id]


def consequences(machine: Machine, device: Device, kind: str, everything: list[Device]) -> Iterator[str]:
    """What attaching would take away or block."""
    if device.holder and device.holder != machine.key:
        yield "another machine that is off has it in its configuration: only one of them can run at a time"
    for other in group_of(device, everything):
        if other.driver not in _FREE_DRIVERS:
            yield (
                f"{other.name} is in the same IOMMU group {device.iommu_group} and is held by the host's driver "
                f"{other.driver}: QEMU refuses the group until it is let go (virsh nodedev-detach {other.id})"
            )
        elif other.device_class != "mdev":
            yield f"{other.name} is in the same IOMMU group {device.iommu_group}: no other machine can have it then"
    if kind == PCI and device.functions:
        yield f"its {device.functions} virtual functions vanish: no machine can have them then"
    if kind in {PCI, MDEV}:
        memory = size(machine.now.spec.memory.size)
        yield "while it holds the device it cannot be migrated live, suspended to disk, or snapshotted with its memory"
        yield f"all its memory ({memory}) is held in the host's memory: ballooning gives nothing back"
    if kind == USB:
        yield "a USB device that is pulled out is gone from the machine, too"


def taken_from_host(link: Link, device: Device, kind: str) -> list[str]:
    """What the host itself loses with it: its interfaces and disks, its driver."""
    if kind != PCI:
        return []
    lost = [f"the host loses {part}" for part in _used_parts(link, device.id)]
    if not lost and device.driver not in _FREE_DRIVERS:
        return [f"the host's driver {device.driver} lets go of it"]
    return lost


def _used_parts(link: Link, name: str) -> Iterator[str]:
    for found in link.attempt(link.conn.listAllDevices, _USED) or ():
        root = parsed(link.attempt(found.XMLDesc))
        if root is None or not _lies_on(link, text_at(root, "parent"), name):
            continue
        capability = root.find("capability")
        interface, block = text_at(capability, "interface"), text_at(capability, "block")
        if interface:
            yield f"its network interface {interface}"
        elif block:
            yield f"its disk {block}"


def _lies_on(link: Link, parent: str, name: str) -> bool:
    """Whether this device is below the named one, at any depth."""
    for _ in range(_DEPTH):
        if parent == name:
            return True
        if not parent or parent == "computer" or parent.startswith("pci_"):
            return False
        above = link.attempt(link.conn.nodeDeviceLookupByName, parent)
        parent = text_at(parsed(link.attempt(above.XMLDesc)), "parent") if above is not None else ""
    return False


def running_name(link: Link, holder: str) -> str:
    """Name of the machine with this key when it runs; empty when it is off or gone."""
    domain = link.attempt(link.conn.lookupByUUIDString, holder.partition(":")[2])
    return domain.name() if domain is not None and link.attempt(domain.isActive) == 1 else ""
