"""What a machine has of its host's devices, and how its network cards and disks are driven; what is told of it."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from novatui.backends.found import Found, Source, no, partly, unknown, yes
from novatui.backends.libvirt.probe_found import need
from novatui.backends.libvirt.probe_host_devices import NETWORK
from novatui.backends.libvirt.probe_host_trust import NOT_HAD
from novatui.backends.libvirt.probe_machine import MachineAnswers
from novatui.backends.libvirt.xmltree import attribute_at, flag, integer

GIVEN = ("devices/hostdev", "devices/interface[@type='hostdev']")
VIRTIO = frozenset({"virtio", "virtio-transitional", "virtio-non-transitional"})


def _looked_at(machine: MachineAnswers) -> tuple[Source, ...]:
    return tuple(machine.devices.values())


def _has_none(machine: MachineAnswers, words: str, *more: Source) -> Found:
    """No is said only when every device that it has was looked at."""
    evidence, unseen = machine.told(*GIVEN), machine.unseen
    if unseen:
        said = f"what {', '.join(unseen)} is could not be asked: {machine.devices[unseen[0]].failed}"
        return unknown(evidence, said, "", *_looked_at(machine), *more)
    return no(evidence, words, "", *_looked_at(machine), *more)


def gpu_passthrough(machine: MachineAnswers) -> Found:
    """Graphics cards among the devices that it has; mediated ones are told by its description."""
    vgpus = [each.address for each in machine.spec.host_devices if each.type == "mdev" and each.model != "vfio-ccw"]
    cards = [f"{each.name or 'a graphics card'} at {each.address}" for each in machine.pci if each.is_gpu]
    if not cards and not vgpus:
        return _has_none(machine, "it has no graphics card of its host")
    words = ", ".join([*cards, *(f"vGPU {address}" for address in vgpus)])
    return yes(machine.told(*GIVEN), words, str(len(cards) + len(vgpus)), *_looked_at(machine))


def sriov(machine: MachineAnswers) -> Found:
    """Virtual functions among the devices that it has, or a network that hands them out."""
    found = [each.address for each in machine.pci if each.is_function and each.code >> 16 == NETWORK]
    if found:
        return yes(machine.told(*GIVEN), ", ".join(found), str(len(found)), *_looked_at(machine))
    plugged = {nic.source.partition("/")[0] for nic in machine.spec.nics if nic.type == "network"}
    if not plugged:
        return _has_none(machine, "it has no virtual function of a network card")
    networks = machine.host.networks
    pools = [name for name, tree in networks.trees.items() if attribute_at(tree, "forward", "mode") == "hostdev"]
    handed = sorted(plugged & set(pools))
    if handed:
        words = f"network {', '.join(handed)} hands it one when it starts"
        return yes(machine.told("devices/interface"), words, str(len(handed)), *networks.evidence)
    if networks.unread:
        return unknown(machine.told("devices/interface"), f"no network that was read hands out any{networks.lacking}")
    return _has_none(machine, "it has no virtual function of a network card", *networks.evidence)


def nvme(machine: MachineAnswers) -> Found:
    """NVMe disks, controllers that it has of its host, emulated ones."""
    disks = [disk.target for disk in machine.spec.disks if disk.source_type == "nvme" or disk.bus == "nvme"]
    given = [each.address for each in machine.pci if each.is_nvme]
    if not disks and not given:
        return _has_none(machine, "it has no NVMe controller", machine.told("devices/disk"))
    words = ", ".join([*disks, *given])
    return yes(machine.told("devices/disk", *GIVEN), words, str(len(disks) + len(given)), *_looked_at(machine))


def dpdk(machine: MachineAnswers) -> Found:
    """Interfaces of the kind vhostuser, and memory that is shared with their switch."""
    plugged = [nic for nic in machine.spec.nics if nic.type == "vhostuser"]
    evidence = machine.told("devices/interface", "memoryBacking")
    if not plugged:
        return no(evidence, "none of its interfaces is plugged into a switch beside the kernel (vhostuser)")
    words, note = ", ".join(nic.vhost_socket or nic.mac for nic in plugged), f"{len(plugged)}/{len(machine.spec.nics)}"
    numa = machine.spec.numa
    shared = machine.spec.memory.access == "shared" or (
        numa is not None and any(cell.access == "shared" for cell in numa.cells)
    )
    if not shared:
        return partly(evidence, f"{words}; but its memory is not shared: no packet comes through", note)
    return yes(evidence, words, note)


def multiqueue(machine: MachineAnswers) -> Found:
    """Queues of its virtio network cards, else of its disks, of which QEMU decides what the description leaves open."""
    evidence = machine.told("devices/interface", "devices/disk/driver", "devices/controller/driver")
    cards = {nic.mac or nic.target or nic.source: nic.queues or 1 for nic in machine.spec.nics if nic.model in VIRTIO}
    stores = {disk.target: disk.queues for disk in machine.spec.disks if disk.bus == "virtio"}
    stores |= {
        f"scsi{each.get('index', '')}": integer(attribute_at(each, "driver", "queues"))
        for each in machine.root.findall("devices/controller[@type='scsi']")
        if each.get("model", "").startswith("virtio")
    }
    if not cards and not stores:
        return no(evidence, "it has no virtio network card or disk")
    several = {name: count for name, count in {**cards, **stores}.items() if count is not None and count > 1}
    words, note = (
        ", ".join(f"{name}: {count}" for name, count in several.items()),
        f"{len(several)}/{len(cards) + len(stores)}",
    )
    open_ones = [name for name, count in stores.items() if count is None]
    left = f"; of {', '.join(open_ones)} QEMU decides" if open_ones else ""
    if not several:
        if not cards and open_ones:
            return unknown(
                evidence, f"how many queues {', '.join(open_ones)} has QEMU decides, libvirt does not tell", note
            )
        return no(evidence, f"its {'network cards' if cards else 'disks'} have one queue each{left}", note)
    single = [name for name, count in {**cards, **stores}.items() if count is not None and count <= 1]
    return (
        partly(evidence, f"{words}; one of {', '.join(single)}{left}", note)
        if single
        else yes(evidence, words + left, note)
    )


def offloads(machine: MachineAnswers) -> Found:
    """Its virtio network cards, less what its description switches off (formatdomain: on unless said otherwise)."""
    cards, evidence = machine.root.findall("devices/interface"), machine.told("devices/interface")
    if not cards:
        return no(evidence, "it has no network card")
    able = [card for card in cards if attribute_at(card, "model", "type") in VIRTIO]
    other = [attribute_at(card, "model", "type") or "one whose model is not told" for card in cards if card not in able]
    if not able:
        return unknown(
            evidence, f"libvirt tells of offloads of virtio cards only; it has {', '.join(dict.fromkeys(other))}"
        )
    off = [f"{side} {name}" for card in able for side in ("host", "guest") for name in _off(card, side)]
    note = f"{len(able)}/{len(cards)}"
    if off:
        return partly(evidence, f"switched off: {', '.join(dict.fromkeys(off))}", note)
    if other:
        return partly(
            evidence, f"of its virtio cards; of {', '.join(dict.fromkeys(other))} libvirt does not tell", note
        )
    return yes(evidence, "those of virtio, on unless the guest says otherwise", note)


def _off(card: Element, side: str) -> list[str]:
    said = card.find(f"driver/{side}")
    return [name for name, value in said.attrib.items() if flag(value) is False] if said is not None else []


def metrics(machine: MachineAnswers) -> Found:
    """As of its host; memory as its guest sees it needs the balloon's statistics."""
    asked = machine.host.load
    if asked.code == NOT_HAD:
        return partly(asked, f"its libvirt driver does not have all statistics: {asked.why}")
    need(asked)
    evidence = machine.told("devices/memballoon")
    if machine.spec.memory.balloon_stats:
        return yes(asked, "also memory as its guest sees it", "", evidence)
    return yes(asked, "not memory as its guest sees it: virsh dommemstat --period switches that on", "", evidence)
