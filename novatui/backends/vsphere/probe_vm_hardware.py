"""What a machine is made of and made for: firmware, TPM, encryption, processors, memory, devices."""

from __future__ import annotations

from novatui.backends.found import Found, no, partly, yes
from novatui.backends.vsphere import probe_host_devices, probe_host_trust
from novatui.backends.vsphere.fields import listed, type_of, words
from novatui.backends.vsphere.probe_machine import MachineAnswers
from novatui.backends.vsphere.probe_vm_life import called, option_is_false

SECURE = "config.bootOptions.efiSecureBootEnabled"
ENCRYPTIONS = {"config.sevEnabled": "SEV-ES", "config.sevSnpEnabled": "SEV-SNP", "config.tdxEnabled": "TDX"}
RESERVED = "config.memoryAllocation.reservation"
LOCKED = "config.memoryReservationLockedToMax"
MODERN = ("VirtualVmxnet3", "VirtualVmxnet3Vrdma")
EVERY_PAGE = "high"
"""Latency sensitivity with which a machine has its memory and processors for itself."""


def secure_boot(machine: MachineAnswers) -> Found:
    """Firmware and its switch."""
    firmware = str(machine.read.set("config.firmware"))
    if firmware != "efi":
        return no(machine.read.quote("config.firmware"), "it starts with BIOS, which checks nothing", "BIOS")
    evidence = machine.read.quote("config.firmware", SECURE)
    if machine.read.truth(SECURE):
        return yes(evidence, "", "on")
    return no(evidence, "it is switched off", "off")


def tpm(machine: MachineAnswers) -> Found:
    """A VirtualTPM among its devices."""
    if machine.of_type("VirtualTPM"):
        return yes(machine.said("VirtualTPM"), "", "2.0")
    return no(machine.said("no VirtualTPM"), "it was set up without one")


def memory_encryption(machine: MachineAnswers) -> Found:
    """SEV-ES, SEV-SNP or TDX of its configuration."""
    known = [path for path in ENCRYPTIONS if path not in machine.read.unread]
    machine.read.get(known[0] if known else next(iter(ENCRYPTIONS)))
    evidence = machine.read.quote(*known)
    for path in known:
        if machine.on(path):
            return yes(evidence, f"{ENCRYPTIONS[path]} of the processors of its host", ENCRYPTIONS[path])
    return no(evidence, "it was set up without it")


def cpu_pinning(machine: MachineAnswers) -> Found:
    """`cpuAffinity`."""
    bound = listed(machine.read.get("config.cpuAffinity"), "affinitySet")
    evidence = machine.read.quote("config.cpuAffinity")
    if not bound:
        return no(evidence, "its vCPUs run wherever there is room")
    return yes(evidence, f"bound to processors {', '.join(bound)}", f"{len(bound)} CPUs")


def numa(machine: MachineAnswers) -> Found:
    """The option `numa.nodeAffinity`."""
    nodes = machine.option("numa.nodeAffinity")
    evidence = machine.optioned("numa.nodeAffinity", nodes)
    if nodes:
        return yes(evidence, f"bound to node {nodes}", f"node {nodes}"[:14])
    return no(evidence, "the host chooses its nodes, and may change them")


def nested_virt(machine: MachineAnswers) -> Found:
    """`nestedHVEnabled`."""
    evidence = machine.read.quote("config.nestedHVEnabled")
    if machine.on("config.nestedHVEnabled"):
        return yes(evidence, "virtualisation is exposed to it")
    return no(evidence, "virtualisation is not exposed to it")


def overcommit(machine: MachineAnswers) -> Found:
    """How much of its memory is kept for it."""
    kept, whole = machine.read.get(RESERVED) or 0, machine.read.set("config.hardware.memoryMB")
    evidence = machine.read.quote(RESERVED, LOCKED, "config.hardware.memoryMB")
    if machine.on(LOCKED) or kept >= whole:
        return no(evidence, "all its memory is reserved", "reserved")
    if kept > 0:
        return partly(evidence, f"{kept} of its {whole} MiB are reserved", f"{kept} MiB kept"[:14])
    return yes(evidence, "nothing of its memory is reserved")


def ballooning(machine: MachineAnswers) -> Found:
    """Its options, its reservation, and whether somebody in the guest blows the balloon up."""
    if overcommit(machine).value == "no":
        return no(machine.read.quote(RESERVED, LOCKED), "all its memory is reserved: there is nothing to take")
    limit = option_is_false(machine, "sched.mem.maxmemctl")
    if limit is not None:
        return no(limit, "its balloon may take nothing (sched.mem.maxmemctl)")
    tools = str(machine.read.set("guest.toolsRunningStatus"))
    evidence = machine.read.quote("guest.toolsRunningStatus")
    if tools != "guestToolsRunning":
        return partly(evidence, "nobody in the guest gives memory back: its tools do not run", "no tools")
    return yes(evidence, "by the driver of its tools", "vmmemctl")


def huge_pages(machine: MachineAnswers) -> Found:
    """The option that asks for pages of 1 GiB; else as with its host."""
    value = machine.option("sched.mem.lpage.enable1GPage")
    if value is not None and value.upper() in ("TRUE", "1"):
        return yes(machine.optioned("sched.mem.lpage.enable1GPage", value), "pages of 1 GiB are asked for", "1 GiB")
    return probe_host_trust.huge_pages(machine.host)


def memory_compression(machine: MachineAnswers) -> Found:
    """As with its host."""
    return probe_host_trust.memory_compression(machine.host)


def page_dedup(machine: MachineAnswers) -> Found:
    """The option that switches it off for this machine; else as with its host."""
    off = option_is_false(machine, "sched.mem.pshare.enable")
    if off is not None:
        return no(off, "its pages are not shared (sched.mem.pshare.enable)")
    return probe_host_trust.page_dedup(machine.host)


def gpu_passthrough(machine: MachineAnswers) -> Found:
    """A vGPU, or a graphics card of its host."""
    if machine.vgpus:
        profiles = ", ".join(words(one, "backing.vgpu") for one in machine.vgpus)
        return yes(machine.said(f"vGPU {profiles}"), f"vGPU {profiles}", f"{len(machine.vgpus)} vGPU")
    whole = machine.of_type("VirtualPCIPassthrough")
    if whole:
        display = probe_host_devices.DISPLAY
        cards = {words(one, "id") for one in machine.host.devices if probe_host_devices.base_class(one) == display}
        held = [called(one) for one in whole if words(one, "backing.id") in cards]
        if held:
            return yes(
                machine.said("; ".join(held)), f"it holds {', '.join(held)}", f"has {len(held)}", machine.host.read
            )
    of_host = probe_host_devices.gpu_passthrough(machine.host)
    said = machine.said("no vGPU, no VirtualPCIPassthrough of a graphics card")
    if of_host.value == "yes" and of_host.evidence is not None:
        return partly(of_host.evidence, f"it has none; on its host: {of_host.reason}", of_host.note, said)
    return no(said, "it has none, and its host has none to give", "", *of_host.more)


def sriov(machine: MachineAnswers) -> Found:
    """VirtualSriovEthernetCard among its devices."""
    cards = machine.of_type("VirtualSriovEthernetCard")
    if cards:
        labels = ", ".join(called(one) for one in cards)
        return yes(machine.said(labels), labels, f"has {len(cards)}")
    of_host, said = probe_host_devices.sriov(machine.host), machine.said("no VirtualSriovEthernetCard")
    if of_host.value == "yes" and of_host.evidence is not None:
        return partly(of_host.evidence, f"it has none; on its host: {of_host.reason}", of_host.note, said)
    return no(said, "it has none, and its host has none to give")


def nvme(machine: MachineAnswers) -> Found:
    """A VirtualNVMEController among its devices."""
    found = machine.of_type("VirtualNVMEController")
    if found:
        labels = ", ".join(words(one, "deviceInfo.label") or type_of(one) for one in found)
        return yes(machine.said(labels), labels, "emulated")
    return no(machine.said("no VirtualNVMEController"), "it has no NVMe controller")


def dpdk(machine: MachineAnswers) -> Found:
    """As with its host, for cards that go with it."""
    if not [one for one in machine.cards if type_of(one) in MODERN]:
        return no(machine.said("no VirtualVmxnet3"), "it has no vmxnet3 card, which the fast path needs")
    return probe_host_devices.dpdk(machine.host)


def multiqueue(machine: MachineAnswers) -> Found:
    """vmxnet3 cards, and more than one vCPU."""
    modern = [one for one in machine.cards if type_of(one) in MODERN]
    kinds = machine.said(", ".join(type_of(one) for one in machine.cards) or "no network card")
    if not modern:
        return no(kinds, "it has no vmxnet3 card")
    if machine.cpus == 1:
        return no(machine.read.quote("config.hardware.numCPU"), "with one vCPU there is one queue", "1 vCPU", kinds)
    return yes(probe_host_devices.QUEUES, "with a guest driver that uses them", "vmxnet3", kinds)


def offloads(machine: MachineAnswers) -> Found:
    """As with its host, for cards that ask for it."""
    modern = [one for one in machine.cards if type_of(one) in MODERN]
    kinds = machine.said(", ".join(type_of(one) for one in machine.cards) or "no network card")
    if not machine.cards:
        return no(kinds, "it has no network card")
    if not modern:
        return partly(kinds, "its cards are emulated: the host does by software what they ask for", "emulated")
    return probe_host_devices.offloads(machine.host)
