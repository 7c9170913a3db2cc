"""The questions about a host: each asked once in a probe, when the first feature wants it, and shared by all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, tostring

import msgspec

from novatui.backends.found import Unanswered
from novatui.backends.libvirt.asking import Asked, ask
from novatui.backends.libvirt.host import parsed
from novatui.backends.libvirt.library import NOWAIT, libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.probe_domcaps import DomainCapabilities
from novatui.backends.libvirt.probe_found import Documented, documented, need, quoting
from novatui.backends.libvirt.probe_nodes import TAPS, Interface, PciDevice, interface, pci_device
from novatui.core.capabilities import Evidence
from novatui.core.errors import BackendFault
from novatui.core.once import once

CAP_PCI, CAP_NET = 1 << 1, 1 << 4
"""VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV and _NET."""

ACTIVE = 2
"""VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE, VIR_CONNECT_LIST_NETWORKS_ACTIVE."""

LOAD = (
    libvirt.VIR_DOMAIN_STATS_CPU_TOTAL
    | libvirt.VIR_DOMAIN_STATS_BALLOON
    | libvirt.VIR_DOMAIN_STATS_VCPU
    | libvirt.VIR_DOMAIN_STATS_INTERFACE
    | libvirt.VIR_DOMAIN_STATS_BLOCK
)
"""The statistics that the console draws."""

OF_NOBODY = (
    libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS
    | libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE
    | libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT
    | NOWAIT
)
"""Refuses statistics that the driver does not have, and measures no machine: one that is off is never transient."""

NO_DEVICE = "53"
UNREADABLE = BackendFault("libvirt's answer is no XML that can be read").failure


class Members(msgspec.Struct, frozen=True):
    """Objects of a kind with their descriptions: two questions, both needed."""

    listed: Asked
    described: Asked
    """Evidence of reading them; its value: the trees, by name."""
    unread: int = 0
    """Objects whose description was refused, or not asked for any more."""

    @property
    def trees(self) -> Mapping[str, Element]:
        """By name. Unanswered when they could not be listed or when none could be read."""
        need(self.listed)
        return need(self.described)

    @property
    def lacking(self) -> str:
        """What is to be said behind anything that is counted; empty when all were read."""
        return f"; {self.unread} more could not be read" if self.unread else ""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """How they were read; nothing was read of none."""
        return (self.listed.evidence, self.described.evidence) if self.listed.value else (self.listed.evidence,)


class HostAnswers:
    """What one host tells."""

    patience = 10.0
    """Seconds for the descriptions of one kind of objects: over a slow line a host with hundreds of devices is told in
    part, and that is said, rather than not at all."""

    def __init__(self, link: Link, holders: Mapping[str, str] | None) -> None:
        """`holders`: keys of machines by the address of the device that they have; None: nobody knows."""
        self.link = link
        self.holders = holders
        self._domain_capabilities: dict[str, Asked] = {}

    # --- who it is

    @once
    def kind(self) -> Asked:
        """Name of libvirt's driver: QEMU, TEST …"""
        return ask(self.link, self.link.conn.getType)

    @once
    def version(self) -> Asked:
        """libvirt's version number."""
        return ask(self.link, self.link.conn.getLibVersion)

    def documented(self, what: Documented) -> Evidence:
        """A declaration for this driver in this version. Unanswered when there is none for it."""
        return documented(self.kind, self.version, what)

    # --- what it tells of itself and of its machines

    @once
    def capabilities_asked(self) -> Asked:
        """Tree of the capabilities."""
        return read(ask(self.link, self.link.conn.getCapabilities))

    @property
    def capabilities(self) -> Element:
        """The same. Unanswered when there are none."""
        return need(self.capabilities_asked)

    def told(self, path: str) -> Evidence:
        """Evidence of the capabilities: what is at this path, or that there is nothing."""
        return quoting(self.capabilities_asked, self.capabilities.find(path), path)

    def domain_told(self, path: str) -> Evidence:
        """The same of the domain capabilities."""
        return quoting(self.domain_asked(), self.domain.element(path), path)

    def domain_asked(self, machine: str = "") -> Asked:
        """Domain capabilities of the machine type, else of the one that libvirt takes by itself."""
        if machine not in self._domain_capabilities:
            arguments = (None, None, machine or None, None, 0)
            asked = read(ask(self.link, self.link.conn.getDomainCapabilities, *arguments))
            if asked.failure is None:
                asked = msgspec.structs.replace(asked, value=DomainCapabilities(asked.value))
            self._domain_capabilities[machine] = asked
        return self._domain_capabilities[machine]

    @property
    def domain(self) -> DomainCapabilities:
        """Of the machine type that libvirt takes by itself. Unanswered when there are none."""
        return need(self.domain_asked())

    @once
    def processor_asked(self) -> Asked:
        """Names of the flags that a machine with the host's own model would have. Unanswered when it has none."""
        cpu = self.domain.host_model()
        if cpu is None:
            raise Unanswered(
                "libvirt names no processor that a machine of this host would get", self.domain_asked().evidence
            )
        return flags_of(self.link, cpu)

    # --- devices, pools, networks

    @once
    def devices(self) -> Members:
        """PCI devices and network interfaces."""
        listed = ask(self.link, self.link.conn.listAllDevices, CAP_PCI | CAP_NET, shown=_names)
        return self._members(listed, lambda each: not each.name().startswith(TAPS), NO_DEVICE)

    @property
    def pci(self) -> list[PciDevice]:
        """PCI devices. Unanswered when they could not be read."""
        return [found for tree in self.devices.trees.values() if (found := pci_device(tree)) is not None]

    @property
    def interfaces(self) -> list[Interface]:
        """Network interfaces with a card behind. Unanswered when they could not be read."""
        return [found for tree in self.devices.trees.values() if (found := interface(tree)) is not None]

    @once
    def pools(self) -> Members:
        """Active storage pools."""
        return self._members(ask(self.link, self.link.conn.listAllStoragePools, ACTIVE, shown=_names))

    @once
    def pool_kinds(self) -> Asked:
        """Tree of what pools there could be."""
        return read(ask(self.link, self.link.conn.getStoragePoolCapabilities, 0))

    @once
    def networks(self) -> Members:
        """Active networks."""
        return self._members(ask(self.link, self.link.conn.listAllNetworks, ACTIVE, shown=_names))

    def _members(self, listed: Asked, wanted: Callable[[Any], bool] = lambda _: True, gone: str = "") -> Members:
        """`gone`: the code that says that an object went away meanwhile."""
        if listed.failure is not None:
            return Members(listed, listed)
        trees: dict[str, Element] = {}
        last, refused, late = listed, [], 0
        until = time.monotonic() + self.patience
        for each in filter(wanted, listed.value):
            if time.monotonic() >= until:
                late += 1
                continue
            asked = read(ask(self.link, each.XMLDesc, 0))
            if asked.failure is None:
                trees[each.name()] = asked.value
                last = asked
            elif not gone or asked.code != gone:
                refused.append(asked)
        if refused and not trees:
            return Members(listed, refused[0], len(refused))
        return Members(listed, msgspec.structs.replace(last, value=trees), len(refused) + late)

    # --- its memory, its load

    @once
    def merging(self) -> Asked:
        """Parameters of page merging (KSM) by name."""
        return ask(self.link, self.link.conn.getMemoryParameters)

    def free_pages(self, sizes: Iterable[int]) -> Asked:
        """Free pages of these sizes (KiB) of all nodes."""
        return ask(self.link, self.link.conn.getFreePages, list(sizes), -1, 1)

    @once
    def load(self) -> Asked:
        """Whether all the statistics that the console draws can be had in one call."""
        return ask(self.link, self.link.conn.getAllDomainStats, LOAD, OF_NOBODY)


def flags_of(link: Link, cpu: Element) -> Asked:
    """Names of all flags of a processor, also of those that its model stands for: libvirt expands it."""
    document = tostring(cpu, encoding="unicode")
    expand = libvirt.VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES
    asked = read(ask(link, link.conn.baselineHypervisorCPU, None, None, None, None, [document], expand))
    if asked.failure is not None:
        return asked
    found = {
        each.get("name", "") for each in asked.value.findall("feature") if each.get("policy") in {"require", "force"}
    }
    return msgspec.structs.replace(asked, value=frozenset(found))


def read(asked: Asked) -> Asked:
    """The tree of an answer that is XML; a failure when it cannot be read."""
    if asked.failure is not None:
        return asked
    root = parsed(asked.value)
    if root is None:
        return msgspec.structs.replace(asked, value=None, failure=UNREADABLE)
    return msgspec.structs.replace(asked, value=root)


def _names(found: Iterable[Any]) -> str:
    return ", ".join(each.name() for each in found) or "none"
