"""Posture of a libvirt machine or host: what is asked for it, and the part of a description that a finding rests on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, tostring

import msgspec

from novatui.backends.libvirt.asking import EXCERPT, Asked, ask
from novatui.backends.libvirt.domxml import spec_of
from novatui.backends.libvirt.host import Host, parsed
from novatui.backends.libvirt.link import Link, truth
from novatui.backends.libvirt.posture_host import Looked
from novatui.backends.libvirt.xmltree import attribute_at, integer, text_at
from novatui.core.capabilities import Evidence
from novatui.core.errors import BackendFault, NotFound
from novatui.core.ids import key, split_key
from novatui.core.needs import Told
from novatui.core.posture import Finding, HostFacts, MachineFacts, Posture
from novatui.core.posture_judge import judge_host, judge_machine
from novatui.core.states import Family, Kind
from novatui.core.vmspec import VmSpec

FRESH_S = 20.0
"""A host that was asked so lately is not asked again for the next of its machines."""

PLACES: Mapping[str, tuple[str, ...]] = {
    "console": ("devices/graphics",),
    "console_password": ("devices/graphics",),
    "serial": ("devices/serial", "devices/channel", "devices/parallel"),
    "confinement": ("seclabel",),
    "secure_boot": ("os",),
    "tpm": ("devices/tpm",),
    "memory_encryption": ("launchSecurity",),
    "vlan": ("devices/interface",),
    "nic_filter": ("devices/interface",),
    "disk_transport": ("devices/disk",),
    "disk_cache": ("devices/disk",),
    "cpu_mode": ("cpu",),
    "cpu_count": ("vcpu",),
    "pinning": ("vcpu", "cputune"),
    "numa": ("cputune", "numatune", "cpu/numa"),
    "huge_pages": ("memory", "memoryBacking"),
    "ballooning": ("devices/memballoon",),
    "disk_bus": ("devices/disk",),
    "iothreads": ("iothreads", "devices/disk"),
    "nic_model": ("devices/interface",),
    "multiqueue": ("devices/interface",),
    "nested": ("cpu",),
}
"""Where in the description stands what a rule judges."""


class Postures:
    """Judges machines of one host."""

    def __init__(self, link: Link, host: Host, transport: str, *, unchecked: bool) -> None:
        """`unchecked`: whoever answers on the other end of the connection was not checked."""
        self._link, self._host = link, host
        evidence = Evidence(kind="asked", call="virConnectOpenAuth", at=time.time(), excerpt=f"over {transport}")
        said = "but the certificate of the host is not checked" if unchecked else ""
        self._transport: Told[str] = Told(value=transport, said=said, evidence=evidence)
        self._looking = threading.Lock()
        self._looked: Looked | None = None

    def judge(self, wanted: str) -> Posture:
        """The machine or the host with this key. NotFound when there is none."""
        begun = time.monotonic()
        try:
            kind, identifier = split_key(wanted)
        except ValueError as error:
            raise NotFound(str(error)) from None
        if kind is Kind.HOST and identifier == self._host.id:
            looked = self._look()
            findings = judge_host(looked.facts)
        elif kind is Kind.VM:
            findings = self._machine(identifier)
        else:
            raise NotFound(f"no machine or host {wanted} on this connection")
        return Posture(key=wanted, findings=findings, at=time.time(), ms=(time.monotonic() - begun) * 1000)

    def _look(self) -> Looked:
        """The host, asked now or a moment ago; two machines at the same time share one asking."""
        with self._looking:
            if self._looked is None or time.monotonic() - self._looked.since > FRESH_S:
                self._looked = Looked(self._link, self._host, self._transport)
            return self._looked

    def _machine(self, uuid: str) -> tuple[Finding, ...]:
        domain = self._link.domain(uuid)
        running = truth(self._link.attempt(domain.isActive)) or False
        looked = self._look()
        asked = looked.running.get(uuid) if running else None
        if asked is None or asked.value is None:
            asked = ask(self._link, domain.XMLDesc)
        root = parsed(asked.value)
        if root is None:
            raise BackendFault("the machine's description cannot be read", native=asked.why)
        spec = spec_of(root)
        facts = MachineFacts(
            key=key(Kind.VM, uuid),
            name=spec.name,
            native_id=uuid,
            family=Family.LIBVIRT,
            running=running,
            vm=spec,
            confined=asked.tell(_labels(root, looked.facts, running=running)),
            device_cells=dict(self._cells_of(spec, looked.facts)),
            evidence=asked.evidence,
        )
        return tuple(_shown(each, root, asked) for each in judge_machine(facts, looked.facts))

    def _cells_of(self, spec: VmSpec, host: HostFacts) -> Iterator[tuple[str, Told[int]]]:
        """NUMA nodes of its PCI devices; on a host with one cell nobody needs to know."""
        if len(host.cells.value or ()) < 2:
            return
        given = [device.address for device in spec.host_devices if device.type == "pci"]
        given += [nic.source for nic in spec.nics if nic.type == "hostdev"]
        for address in filter(None, given):
            yield address, self._cell_of(address)

    def _cell_of(self, address: str) -> Told[int]:
        name = "pci_" + address.replace(":", "_").replace(".", "_")
        found = ask(self._link, self._link.conn.nodeDeviceLookupByName, name, shown=lambda _: name)
        if found.value is None:
            return found.untold()
        told = ask(self._link, found.value.XMLDesc)
        root = parsed(told.value)
        node = integer(attribute_at(root, "capability[@type='pci']/numa", "node"))
        return told.tell(node) if node is not None else told.untold(told.why or "libvirt tells of no NUMA node for it")


def _labels(root: Element, host: HostFacts, *, running: bool) -> frozenset[str]:
    """Security drivers that label it. One that is off gets a label of each when it starts, unless it refuses."""
    written = root.findall("seclabel")
    if running:
        return frozenset(each.get("model", "") for each in written if text_at(each, "label"))
    refused = {each.get("model", "") for each in written if each.get("type") == "none"}
    return frozenset() if "" in refused else (host.confinement.value or frozenset()) - refused


def _shown(finding: Finding, root: Element, asked: Asked) -> Finding:
    """The same with the part of the description that was judged in place of its beginning."""
    places = PLACES.get(finding.rule)
    if places is None or asked.evidence not in finding.evidence:
        return finding
    parts = [part for path in places for part in root.findall(path) if _is_about(part, finding.subject)]
    text = "\n".join(tostring(part, encoding="unicode").strip() for part in parts) or f"no {', '.join(places)}"
    narrowed = msgspec.structs.replace(asked.evidence, excerpt=text[:EXCERPT])
    evidence = tuple(narrowed if each == asked.evidence else each for each in finding.evidence)
    return msgspec.structs.replace(finding, evidence=evidence)


def _is_about(part: Element, subject: str) -> bool:
    """An element that names the subject, or one of a finding about everything."""
    names = {attribute_at(part, "target", "dev"), attribute_at(part, "mac", "address")}
    return not subject or part.tag not in {"disk", "interface"} or subject in names
