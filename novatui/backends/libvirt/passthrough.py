"""Whether this host can give a device away, and what it costs: who loses it, what else goes with it, what it blocks."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.backends.libvirt.giving import IOMMU_HINT, VFIO_HINT, has_vfio, hostdev_of, offers
from novatui.backends.libvirt.host import parsed
from novatui.backends.libvirt.hostdevs import MDEV, PCI, USB
from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.xmltree import attribute_at, text_at
from novatui.core import cpuset
from novatui.core.devices import Device
from novatui.core.errors import Busy, InvalidInput, NotSupported
from novatui.core.units import size

_USED = libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET | libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE

_DEPTH = 8
"""Devices between a disk and its controller: SCSI target, host, port …"""

_FREE_DRIVERS = {"", "vfio-pci", "pci-stub"}
"""Drivers that hold a device for machines, not for the host."""


def refuse_unable_host(link: Link, machine: Machine, kind: str) -> None:
    """NotSupported when libvirt says that this host gives no such devices to such a machine. Only what it tells
    counts: a driver that cannot be asked is not refused."""
    spec = machine.now.spec
    offer = hostdev_of(
        link,
        text_at(machine.now.root, "devices/emulator") or None,
        spec.arch or None,
        spec.machine or None,
        spec.hypervisor or None,
    )
    if offer is None:
        return
    told = offers(offer)
    kinds = told.get("subsysType")
    missing = kinds is not None and kind not in kinds and kind != MDEV
    if offer.get("supported") == "no" or missing:
        raise NotSupported(
            f"this host gives no {kind.upper()} devices to machines",
            meaning=f"libvirt does not list them for {spec.hypervisor or 'this'} machines of type {spec.machine}",
            subject="device",
        )
    if kind in {PCI, MDEV} and has_vfio(told) is False:
        iommu = attribute_at(parsed(link.attempt(link.conn.getCapabilities)), "host/iommu", "support")
        what = "has no IOMMU, or it is switched off" if iommu == "no" else "has no VFIO (libvirt lists no PCI backend)"
        raise NotSupported(
            f"this host cannot give {kind.upper() if kind == PCI else 'mediated'} devices to machines",
            meaning=f"it {what}",
            hint=IOMMU_HINT if iommu == "no" else VFIO_HINT,
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
        yield from _far(machine, device)
    if kind == USB:
        yield "a USB device that is pulled out is gone from the machine, too"


def _far(machine: Machine, device: Device) -> Iterator[str]:
    """The machine is kept on other NUMA nodes than the device: it works, and every transfer crosses the host."""
    numa = machine.now.spec.numa
    nodes = numa.nodeset if numa is not None else ""
    try:
        apart = device.numa_node is not None and bool(nodes) and device.numa_node not in cpuset.parse(nodes)
    except InvalidInput:  # each guest cell has nodes of its own, or it is no set at all
        return
    if apart:
        yield (
            f"{device.name} is on NUMA node {device.numa_node}, the memory of {machine.name} is kept on {nodes}: "
            "its transfers cross between the nodes"
        )


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
