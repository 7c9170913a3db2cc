"""What a machine has of processors and memory: pinning, NUMA, nesting, sharing, ballooning, huge pages, merging."""

from __future__ import annotations

from novatui.backends.found import Found, Unanswered, no, partly, unknown, yes
from novatui.backends.libvirt import probe_host_memory
from novatui.backends.libvirt.probe_found import need, quoting
from novatui.backends.libvirt.probe_host_memory import VIRTUALISATION, X86
from novatui.backends.libvirt.probe_machine import MachineAnswers
from novatui.core.capabilities import Answer
from novatui.core.units import size

HOSTS_OWN = frozenset({"host-passthrough", "maximum"})


def cpu_pinning(machine: MachineAnswers) -> Found:
    """`cputune`."""
    cpu, evidence = machine.spec.cpu, machine.told("vcpu", "cputune")
    pins = {pin.subject: pin.cpuset for pin in cpu.pins if pin.subject.startswith("vcpu")}
    single = len([name for name in pins if name != "vcpus"])
    if "vcpus" in pins and cpu.maximum:
        return yes(
            evidence,
            f"all to {pins['vcpus']}" + (f", {single} of them closer" if single else ""),
            f"{cpu.maximum}/{cpu.maximum}",
        )
    note = f"{single}/{cpu.maximum}" if cpu.maximum is not None else ""
    if not single:
        return no(evidence, "its vCPUs run on any processor of the host", note)
    if cpu.maximum is not None and single < cpu.maximum:
        return partly(evidence, f"{single} of {cpu.maximum} vCPUs are bound", note)
    return yes(evidence, ", ".join(f"{name}: {cpus}" for name, cpus in pins.items()), note)


def numa(machine: MachineAnswers) -> Found:
    """`numatune`, and the cells that the guest sees."""
    spec, evidence = machine.spec.numa, machine.told("numatune", "cpu/numa")
    if spec is None:
        return no(evidence, "its memory is on any node of the host, and the guest sees one node")
    cells = f"{len(spec.cells)} cells" if spec.cells else ""
    if not spec.nodeset:
        return partly(evidence, f"the guest sees {cells or 'nodes'}; its memory is on any node of the host", cells)
    return yes(evidence, f"memory {spec.mode or 'bound'} on {spec.nodeset}", cells)


def nested_virt(machine: MachineAnswers) -> Found:
    """The flags of its processor: libvirt expands its model. One that takes its host's is answered as its host."""
    spec = machine.spec
    if spec.arch not in X86:
        return unknown(machine.told("os/type"), f"libvirt does not tell it of {spec.arch or 'this architecture'}")
    evidence = machine.told("cpu")
    for feature in spec.cpu.features:
        if feature.name in VIRTUALISATION:
            if feature.policy in {"disable", "forbid"}:
                return no(evidence, f"{feature.name} is taken out of its processor", feature.name)
            if feature.policy in {"require", "force"}:
                return yes(evidence, f"its processor has {feature.name}", feature.name)
    if spec.cpu.mode in HOSTS_OWN | {"host-model"}:
        as_host = probe_host_memory.nested_virt(machine.host)
        words = f"{as_host.reason} (it has {spec.cpu.mode})"
        make = {Answer.YES: yes, Answer.NO: no}.get(as_host.value, unknown)
        return make(as_host.evidence or evidence, words, as_host.note, evidence)
    if not spec.cpu.model:
        return unknown(evidence, "its description names no processor: QEMU chooses one")
    told = machine.processor()
    found = sorted(VIRTUALISATION & need(told))
    if not found:
        return no(told, f"{spec.cpu.model} has neither vmx nor svm", "", evidence)
    decided = quoting(told, "".join(f"<feature policy='require' name='{name}'/>" for name in found))
    return yes(decided, f"{spec.cpu.model} has {' and '.join(found)}", " ".join(found), evidence)


def overcommit(machine: MachineAnswers) -> Found:
    """Whether its memory is taken as it is written, by its backing."""
    memory, evidence = machine.spec.memory, machine.told("memoryBacking", "memtune")
    if memory.locked:
        return no(evidence, "all its memory is locked in the host's")
    if memory.huge_pages:
        return no(evidence, "its memory is of huge pages: they are taken when it starts")
    allocation = machine.root.find("memoryBacking/allocation")
    if allocation is not None and allocation.get("mode") == "immediate":
        return no(evidence, "its memory is taken when it starts (allocation immediate)")
    if machine.pci_addresses:
        return no(
            machine.told("devices/hostdev", "devices/interface[@type='hostdev']"),
            "a device of the host locks its memory",
        )
    source = machine.host.documented(probe_host_memory.OVERCOMMIT)
    return yes(source, "its memory is taken as it is written", "", evidence)


def ballooning(machine: MachineAnswers) -> Found:
    """Its balloon device."""
    memory, evidence = machine.spec.memory, machine.told("devices/memballoon", "currentMemory")
    if memory.balloon in {"", "none"}:
        return no(evidence, "it has no balloon")
    note = f"{size(memory.current)}/{size(memory.size)}"
    if machine.pci_addresses:
        return partly(evidence, "a device of the host locks its memory: what the balloon takes may come back", note)
    return yes(evidence, f"{memory.balloon}, {size(memory.current)} of {size(memory.size)} now", note)


def huge_pages(machine: MachineAnswers) -> Found:
    """`memoryBacking/hugepages`."""
    pages, evidence = machine.spec.memory.huge_pages, machine.told("memoryBacking")
    if not pages:
        return no(evidence, "its memory is of ordinary pages")
    sizes = [size(page.size) if page.size is not None else "the host's default" for page in pages]
    return yes(evidence, f"of {', '.join(dict.fromkeys(sizes))}", sizes[0] if pages[0].size is not None else "")


def memory_compression(machine: MachineAnswers) -> Found:
    """As of its host."""
    return probe_host_memory.memory_compression(machine.host)


def page_dedup(machine: MachineAnswers) -> Found:
    """Whether its pages may be merged, by its backing; then as its host."""
    memory, evidence = machine.spec.memory, machine.told("memoryBacking")
    if memory.page_sharing is False:
        return no(evidence, "its pages are kept apart (nosharepages)")
    if memory.huge_pages:
        return no(evidence, "huge pages are not merged")
    as_host = probe_host_memory.page_dedup(machine.host)
    make = {Answer.YES: yes, Answer.PARTLY: partly}.get(as_host.value)
    if make is None or as_host.evidence is None:
        raise Unanswered(as_host.reason, as_host.evidence)
    return make(
        as_host.evidence, f"its pages may be merged; on its host: {as_host.reason}", "", *as_host.more, evidence
    )


def secure_boot(machine: MachineAnswers) -> Found:
    """Its firmware."""
    firmware, evidence = machine.spec.firmware, machine.told("os")
    if firmware.type == "bios":
        return no(evidence, "it starts with a BIOS")
    if firmware.secure_boot is None:
        return unknown(
            evidence, "its description does not say whether its firmware has secure boot, and with which keys"
        )
    if firmware.secure_boot:
        return yes(evidence, "UEFI with secure boot", "UEFI")
    return no(evidence, "its UEFI has no secure boot, or no keys")


def tpm(machine: MachineAnswers) -> Found:
    """Its TPM devices."""
    found, evidence = machine.spec.tpm, machine.told("devices/tpm")
    if not found:
        return no(evidence, "it has none")
    first = found[0]
    return yes(evidence, " ".join(filter(None, (first.model, first.backend, first.version))), first.version)


def memory_encryption(machine: MachineAnswers) -> Found:
    """`launchSecurity`."""
    found, evidence = machine.spec.launch_security, machine.told("launchSecurity")
    if found is None:
        return no(evidence, "its memory is open to its host")
    return yes(evidence, f"{found.type}" + (f", policy {found.policy}" if found.policy else ""), found.type[:12])


def health(machine: MachineAnswers) -> Found:
    """Its state; what in it would notice that its system hangs."""
    evidence = machine.told("devices/watchdog", "devices/panic", "devices/channel")
    watchers = [
        f"{tag} {each.get('model', '')}".strip()
        for tag in ("watchdog", "panic")
        for each in machine.root.findall(f"devices/{tag}")
    ]
    agent = [
        each for each in machine.root.findall("devices/channel/target") if each.get("name") == "org.qemu.guest_agent.0"
    ]
    watchers += ["guest agent" if each.get("state") == "connected" else "guest agent, silent" for each in agent]
    words = machine.state_words
    if not watchers:
        return partly(
            machine.state_asked,
            f"{words}; no watchdog, panic device or agent tells of its system",
            "state only",
            evidence,
        )
    return yes(evidence, f"{words}; {', '.join(watchers)}", watchers[0][:12], machine.state_asked)
