"""What a host can give to machines: graphics cards, virtual functions, NVMe; and how its networks are driven."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from novatui.backends.found import Found, Source, Unanswered, no, partly, unknown, yes
from novatui.backends.libvirt.probe_found import Documented, quoting
from novatui.backends.libvirt.probe_host import HostAnswers
from novatui.backends.libvirt.probe_nodes import PciDevice
from novatui.backends.libvirt.xmltree import attribute_at
from novatui.core.capabilities import Evidence

NETWORK = 0x02
"""PCI base class."""

VHOST_USER = Documented(1_002_007, "libvirt formatdomain: interface type vhostuser, since 1.2.7, QEMU and KVM only")
QUEUES = Documented(
    3_009_000, "libvirt formatdomain: driver queues of virtio interfaces (1.0.6) and of virtio disks (3.9.0)"
)


class Giving(NamedTuple):
    """Whether the host can give away PCI devices."""

    in_the_way: str
    """Empty: nothing."""
    evidence: tuple[Evidence, ...]
    """What decided it first."""


def giving(host: HostAnswers) -> Giving:
    """IOMMU and VFIO. Unanswered when libvirt does not tell."""
    support = attribute_at(host.capabilities, "host/iommu", "support")
    iommu = host.told("host/iommu")
    if support == "no":
        words = "the IOMMU of the host is off: switch on VT-d or AMD-Vi in its firmware, and intel_iommu=on for Intel"
        return Giving(words, (iommu,))
    if not support and not any(device.iommu_group is not None for device in host.pci):
        raise Unanswered("its capabilities say nothing of an IOMMU", host.capabilities_asked.evidence)
    backends = host.domain.values("devices/hostdev", "pciBackend")
    kinds = host.domain.values("devices/hostdev", "subsysType")
    domain = host.domain_told("devices/hostdev")
    if backends is None:
        raise Unanswered("its domain capabilities say nothing of devices that are given away", domain)
    if not backends or (kinds is not None and "pci" not in kinds):
        return Giving("its QEMU finds no VFIO: load the module vfio-pci", (domain, iommu))
    return Giving("", (domain, iommu))


def gpu_passthrough(host: HostAnswers) -> Found:
    """Graphics cards and vGPU types among the devices; then whether the host can give them away."""
    cards = [device for device in host.pci if device.is_gpu and not device.is_function]
    parts = [device for device in host.pci if device.is_gpu and device.is_function]
    if not cards and not parts:
        return _none(host, "there is no graphics card")
    free = _free(host, cards + parts)
    names = ", ".join(f"{each.name or 'a graphics card'} at {each.address}" for each in cards + parts)
    vgpus = [
        f"{name} × {left if left is not None else '?'}" for card in cards for name, left in card.vgpus if left != 0
    ]
    words = names + (f"; vGPUs that can be made: {', '.join(vgpus)}" if vgpus else "")
    return _given(host, words, f"{free}/{len(cards + parts)}" if free is not None else str(len(cards + parts)))


def sriov(host: HostAnswers) -> Found:
    """Network cards with virtual functions among the devices; then whether the host can give them away."""
    cards = [device for device in host.pci if device.code >> 16 == NETWORK and device.functions_max]
    made = {address for card in cards for address in card.functions if address}
    made |= {device.address for device in host.pci if device.code >> 16 == NETWORK and device.is_function}
    most = sum(card.functions_max for card in cards)
    if not cards and not made:
        return _none(host, "no network card tells of virtual functions")
    told = host.devices
    if not made:
        where = ", ".join(card.address for card in cards)
        words = f"none of {most} is made: write their number to sriov_numvfs of {where}{told.lacking}"
        return partly(told.listed, words, "" if told.unread else f"0/{most}", *told.evidence[1:])
    free = None if host.holders is None else sum(address not in host.holders for address in made)
    words = f"{len(made)} virtual functions are made" + (f" of {most}" if most else "") + _pooled(host)
    return _given(host, words, f"{free}/{len(made)}" if free is not None else str(len(made)))


def _pooled(host: HostAnswers) -> str:
    """Networks that hand out virtual functions, as far as told."""
    trees = host.networks.described.value if host.networks.described.failure is None else None
    names = [name for name, tree in (trees or {}).items() if attribute_at(tree, "forward", "mode") == "hostdev"]
    return f"; handed out by network {', '.join(names)}" if names else ""


def nvme(host: HostAnswers) -> Found:
    """Emulated controllers by the domain capabilities, else controllers among the devices that can be given away."""
    buses = host.domain_asked().value.values("devices/disk", "bus") if host.domain_asked().failure is None else None
    if buses and "nvme" in buses:
        decided = host.domain_told("devices/disk")
        return yes(decided, "machines can have emulated NVMe controllers", "emulated")
    found = [device for device in host.pci if device.is_nvme]
    if not found:
        return _none(host, "there is no NVMe controller to give to a machine")
    free = _free(host, found)
    words = ", ".join(f"{each.name or 'NVMe controller'} at {each.address}" for each in found)
    return _given(host, words, f"{free}/{len(found)}" if free is not None else str(len(found)))


def _given(host: HostAnswers, words: str, note: str) -> Found:
    way, devices = giving(host), host.devices.evidence
    first, *others = way.evidence
    if host.devices.unread:
        words, note = words + host.devices.lacking, ""
    if way.in_the_way:
        return partly(first, f"{words}; {way.in_the_way}", note, *others, *devices)
    return yes(first, words, note, *others, *devices)


def _none(host: HostAnswers, words: str) -> Found:
    """No is said only when every device was read."""
    devices = host.devices
    seen = ", ".join(f"{each.address} of class {each.code:#08x}" for each in host.pci) or "no PCI device"
    listed, more = quoting(devices.listed, f"{len(devices.listed.value)} devices: {seen}"), devices.evidence[1:]
    if devices.unread:
        return unknown(listed, f"{words} among those that were read{devices.lacking}", "", *more)
    return no(listed, words, "", *more)


def _free(host: HostAnswers, devices: Sequence[PciDevice]) -> int | None:
    return None if host.holders is None else sum(each.address not in host.holders for each in devices)


def offloads(host: HostAnswers) -> Found:
    """Offloads that are on, interface by interface."""
    told, interfaces = host.devices, host.interfaces
    if not interfaces:
        words = f"libvirt lists no network interface with a card behind{told.lacking}"
        return unknown(told.listed, words, "", *told.evidence[1:])
    working = [each for each in interfaces if each.offloads]
    if not working:
        words = f"libvirt tells of no offload of {', '.join(each.name for each in interfaces)}"
        return unknown(told.listed, words, "", *told.evidence[1:])
    words = "; ".join(f"{each.name}: {', '.join(sorted(each.offloads))}" for each in working)
    note = f"{len(working)}/{len(interfaces)}"
    if told.unread:
        return partly(told.listed, words + told.lacking, "", *told.evidence[1:])
    if len(working) < len(interfaces):
        without = ", ".join(each.name for each in interfaces if not each.offloads)
        return partly(told.listed, f"{words}; none is told of {without}", note, *told.evidence[1:])
    return yes(told.listed, words, note, *told.evidence[1:])


def dpdk(host: HostAnswers) -> Found:
    """Interfaces of that kind are documented and need shared memory, which is asked; the switch is not libvirt's."""
    source = host.documented(VHOST_USER)
    sources = host.domain.values("memoryBacking", "sourceType")
    told = host.domain_told("memoryBacking")
    if sources is not None and not sources & {"memfd", "file"}:
        return no(told, "machines cannot have memory that is shared with another program")
    words = "machines can be plugged in; whether a switch runs beside the kernel libvirt has no call to tell"
    return partly(source, f"{words}{_switched(host)}", "vhost-user", told)


def _switched(host: HostAnswers) -> str:
    trees = host.networks.described.value if host.networks.described.failure is None else None
    names = [name for name, tree in (trees or {}).items() if attribute_at(tree, "virtualport", "type") == "openvswitch"]
    return f"; on Open vSwitch: network {', '.join(names)}" if names else ""


def multiqueue(host: HostAnswers) -> Found:
    """Queues are documented for virtio, which is asked."""
    source = host.documented(QUEUES)
    buses = host.domain.values("devices/disk", "bus")
    told: Source = host.domain_told("devices/disk")
    if buses is not None and "virtio" not in buses:
        return no(told, "its QEMU has no virtio devices")
    return yes(source, "of virtio network cards and disks, when the machine is defined with them", "virtio", told)
