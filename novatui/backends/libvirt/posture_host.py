"""What posture needs to know of a libvirt host: asked at once, and kept for the machines that are judged with it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.asking import Asked, ask
from novatui.backends.libvirt.domxml import spec_of
from novatui.backends.libvirt.host import Host, parsed
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.xmltree import attribute_at, integer, size_of, text_at, text_of
from novatui.core.capabilities import Evidence
from novatui.core.cpuset import parse
from novatui.core.errors import InvalidInput
from novatui.core.needs import Told
from novatui.core.posture import Claim, HostCell, HostFacts, PageMerging, Plugged
from novatui.core.states import Family
from novatui.core.vmspec import VmSpec

KIB = 1024
ACTIVE = 1
"""VIR_CONNECT_LIST_DOMAINS_ACTIVE."""

SAMPLE = 400
"""Characters of one machine's description that stand for those of all."""


class Looked:
    """A host as it was when it was asked."""

    def __init__(self, link: Link, host: Host, transport: Told[str]) -> None:
        self._link, self._host = link, host
        self.at = time.time()
        self.since = time.monotonic()
        self._asked = ask(link, link.conn.getCapabilities)
        self._caps = parsed(self._asked.value)
        self._domain = self._domain_capabilities()
        self._domcaps = parsed(self._domain.value)
        self.running: dict[str, Asked] = {}
        """Descriptions of the machines that run, by uuid."""
        self._listed = self._list()
        self._specs = [spec_of(root) for each in self.running.values() if (root := parsed(each.value)) is not None]
        self.facts = self._facts(transport)

    def _facts(self, transport: Told[str]) -> HostFacts:
        info = ask(self._link, self._link.conn.getInfo)
        return HostFacts(
            key=self._host.key,
            name=self._host.name,
            family=Family.LIBVIRT,
            cpus=info.tell(info.value[2]) if info.value else info.untold(),
            memory=self._memory(info),
            cells=self._from_capabilities(self._cells),
            huge_pages=self._huge_pages(),
            claim=self._claim(),
            pinned=self._pinned(),
            merging=self._merging(),
            accelerated=self._from_capabilities(lambda caps: caps.find("guest/arch/domain[@type='kvm']") is not None),
            nested=self._nested(),
            secure_boot=self._offer("os/loader", "secure", {"yes"}),
            tpm=self._offer("devices/tpm", "backendModel", {"emulator", "external", "passthrough"}),
            encryption=self._encryption(),
            networks=self._networks(),
            confinement=self._from_capabilities(_security),
            transport=transport,
            moves=self._moves(),
        )

    # --- what it says of itself

    def _from_capabilities(self, read: Any) -> Told[Any]:
        return self._asked.tell(read(self._caps)) if self._caps is not None else self._asked.untold()

    def _cells(self, caps: Element) -> tuple[HostCell, ...]:
        return tuple(
            HostCell(
                id=number,
                cpus=frozenset(
                    cpu for each in cell.findall("cpus/cpu") if (cpu := integer(each.get("id"))) is not None
                ),
                memory=size_of(cell.find("memory")),
            )
            for cell in caps.findall("host/topology/cells/cell")
            if (number := integer(cell.get("id"))) is not None
        )

    def _memory(self, info: Asked) -> Told[int]:
        """Of the node's statistics (KiB), else of its description (MiB)."""
        stats = ask(self._link, self._link.conn.getMemoryStats, -1)
        if stats.value and "total" in stats.value:
            return stats.tell(stats.value["total"] * KIB)
        return info.tell(info.value[1] * KIB * KIB) if info.value else stats.untold()

    def _huge_pages(self) -> Told[Mapping[int, int]]:
        """Over all cells. The smallest size is what memory is made of, and no huge page."""
        caps = self._caps
        sizes = sorted(
            kib for each in (caps.findall("host/cpu/pages") if caps is not None else ())
            if (kib := integer(each.get("size"))) is not None
        )  # fmt: skip
        cells = len(self._cells(caps)) if caps is not None else 0
        if not sizes or not cells:
            return self._asked.untold(self._asked.why or "libvirt tells of no page sizes or NUMA cells")
        asked = ask(self._link, self._link.conn.getFreePages, sizes, 0, cells)
        if not asked.value:
            return asked.untold(asked.why or "libvirt told nothing")
        free = {kib * KIB: sum(cell.get(kib, 0) for cell in asked.value.values()) for kib in sizes[1:]}
        return asked.tell(free)

    def _merging(self) -> Told[PageMerging]:
        asked = ask(self._link, self._link.conn.getMemoryParameters)
        shared = asked.value.get("shm_pages_shared") if asked.value else None
        if shared is None:
            return asked.untold(asked.why or "libvirt tells of no merged pages")
        across = asked.value.get("shm_merge_across_nodes")
        return asked.tell(PageMerging(active=shared > 0, across_cells=None if across is None else bool(across)))

    def _moves(self) -> Told[str]:
        """Whether TLS is set up for moves is written in the host's qemu.conf, which no call tells."""
        if self._caps is None:
            return self._asked.untold()
        if self._caps.find("host/migration_features/live") is None:
            return self._asked.untold("its libvirt driver tells of no live migration")
        said = "memory travels in plain text unless a move asks for TLS (VIR_MIGRATE_TLS)"
        return self._asked.tell("asked", said)

    def _networks(self) -> Told[Mapping[str, Plugged]]:
        asked = ask(self._link, self._link.conn.listAllNetworks, 0, shown=lambda found: f"{len(found)} networks")
        if asked.value is None:
            return asked.untold()
        found: dict[str, Plugged] = {}
        for network in asked.value:
            root = parsed(self._link.attempt(network.XMLDesc))
            found.update(_plugs(root) if root is not None else ())
        return asked.tell(found)

    # --- what it offers machines

    def _domain_capabilities(self) -> Asked:
        """Of the machine type that can do most: q35 where there is one; secure boot needs it."""
        caps = self._caps
        name = text_at(caps, "host/cpu/arch")
        arches = caps.findall("guest/arch") if caps is not None else []
        arch = next((each for each in arches if each.get("name") == name), None)
        by = "kvm" if arch is not None and arch.find("domain[@type='kvm']") is not None else None
        machines = {text_of(each) for each in arch.findall("machine")} if arch is not None else set()
        machine = "q35" if "q35" in machines else None
        return ask(self._link, self._link.conn.getDomainCapabilities, None, name or None, machine, by, 0)

    def _offer(self, path: str, enum: str, wanted: set[str]) -> Told[bool]:
        """One of these values is among those of an enumeration."""
        parent = self._domcaps.find(path) if self._domcaps is not None else None
        if parent is None:
            return self._domain.untold(self._domain.why or f"libvirt says nothing of {path}")
        values = {text_of(each) for each in parent.findall(f"enum[@name='{enum}']/value")}
        return self._domain.tell(bool(values & wanted) and parent.get("supported", "yes") == "yes")

    def _encryption(self) -> Told[frozenset[str]]:
        features = self._domcaps.find("features") if self._domcaps is not None else None
        if features is None:
            return self._domain.untold(self._domain.why or "libvirt says nothing of it")
        found = {text_of(each) for each in features.findall("launchSecurity/enum[@name='sectype']/value")}
        if attribute_at(features, "sev", "supported") == "yes":
            found.add("sev")
        return self._domain.tell(frozenset(found))

    def _nested(self) -> Told[bool]:
        """Whether `host-model` brings the flag: named when it differs from what the model itself has."""
        if self._caps is not None and self._caps.find("guest/arch/domain[@type='kvm']") is None:
            return self._asked.tell(False, "the host has no KVM")
        model = self._domcaps.find("cpu/mode[@name='host-model']") if self._domcaps is not None else None
        if model is None or model.get("supported") == "no":
            return self._domain.untold(self._domain.why or "libvirt does not tell what host-model is")
        for feature in model.findall("feature"):
            if feature.get("name") in {"vmx", "svm"}:
                return self._domain.tell(feature.get("policy") in {"require", "force"})
        if text_at(model, "vendor") == "Intel":
            return self._domain.tell(False)
        return self._domain.untold(f"{text_at(model, 'model') or 'its model'} may bring it along, libvirt does not say")

    # --- what runs there

    def _list(self) -> Asked:
        """Descriptions tell what is promised, and wait for no monitor: statistics would."""
        listed = ask(
            self._link, self._link.conn.listAllDomains, ACTIVE, shown=lambda found: f"{len(found)} machines run"
        )
        for domain in listed.value or ():
            self.running[domain.UUIDString()] = ask(self._link, domain.XMLDesc)
        return listed

    def _claim(self) -> Told[Claim]:
        evidence = self._read()
        if why := self._unread():
            return Told(said=why, evidence=evidence)
        counts, sizes = [vm.cpu.count for vm in self._specs], [vm.memory.size for vm in self._specs]
        if None in counts or None in sizes:
            return Told(said="a machine does not say how large it is", evidence=evidence)
        vcpus, memory = sum(filter(None, counts)), sum(filter(None, sizes))
        return Told(value=Claim(machines=len(self._specs), vcpus=vcpus, memory=memory), evidence=evidence)

    def _pinned(self) -> Told[Mapping[int, tuple[str, ...]]]:
        if why := self._unread():
            return Told(said=why, evidence=self._read())
        found: dict[int, tuple[str, ...]] = {}
        for vm in self._specs:
            for cpu in set(_alone(vm)):
                found[cpu] = (*found.get(cpu, ()), vm.name)
        return Told(value=found, evidence=self._read())

    def _unread(self) -> str:
        """Why what runs there is not known whole; empty when it is."""
        if self._listed.value is None:
            return self._listed.why
        lost = len(self._listed.value) - len(self._specs)
        return f"{lost} of {len(self._listed.value)} machines that run could not be read" if lost else ""

    def _read(self) -> Evidence:
        """How all of them were read: one call for each."""
        if not self.running:
            return self._listed.evidence
        each = [asked.evidence for asked in self.running.values()]
        took = sum(evidence.ms or 0.0 for evidence in each)
        sample = f"{len(each)} machines that run; the first: {each[0].excerpt}"
        return Evidence(kind="asked", call=each[0].call, at=each[0].at, ms=took, excerpt=sample[:SAMPLE])


def _security(caps: Element) -> frozenset[str]:
    return frozenset(filter(None, (text_at(each, "model") for each in caps.findall("host/secmodel"))))


def _plugs(root: Element) -> Iterator[tuple[str, Plugged]]:
    """A network, and each of its port groups as `network/group`."""
    forward = root.find("forward")
    kind = "isolated" if forward is None else forward.get("mode", "nat")
    name, own = text_at(root, "name"), _tags(root)
    yield name, Plugged(kind=kind, vlan=own)
    for group in root.findall("portgroup"):
        yield f"{name}/{group.get('name', '')}", Plugged(kind=kind, vlan=_tags(group) or own)


def _tags(element: Element) -> str:
    return ",".join(filter(None, (tag.get("id", "") for tag in element.findall("vlan/tag"))))


def _alone(vm: VmSpec) -> Iterator[int]:
    """Processors that one of its vCPUs is tied to, and to no other."""
    for pin in vm.cpu.pins:
        try:
            chosen = parse(pin.cpuset)
        except InvalidInput:
            continue
        if pin.subject.startswith("vcpu ") and len(chosen) == 1:
            yield min(chosen)
