"""What posture needs to know of a host: asked at once, and kept for the machines that are judged with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from novatui.backends.found import Unanswered, declared
from novatui.backends.vsphere.fields import at, each, listed, number, refs, truth, words
from novatui.backends.vsphere.probe_host_life import guests
from novatui.backends.vsphere.probe_host_trust import SEV, SEV_READY, TDX, TDX_READY
from novatui.backends.vsphere.probe_survey import HostAnswers, Survey
from novatui.backends.vsphere.questions import Questions, Read
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.core.needs import Told
from novatui.core.posture import Claim, HostCell, HostFacts, PageMerging, Plugged
from novatui.core.states import Family

MIB = 1024 * 1024

POSTURE = (
    "name", "vm", "network", "summary.hardware.numCpuThreads", "summary.hardware.memorySize", "hardware.numaInfo",
    "capability.encryptedVMotionSupported", "config.network.portgroup",
)  # fmt: skip

RUNNING = (
    "name", "runtime.powerState", "config.hardware.numCPU", "config.hardware.memoryMB", "config.cpuAffinity",
)  # fmt: skip

PORTS = "config.defaultPortConfig"

T = TypeVar("T")


class Looked:
    """A host as it was when it was asked."""

    def __init__(self, questions: Questions, ref: Ref, key: str, transport: Told[str]) -> None:
        self.since = time.monotonic()
        self._questions = questions
        self._read = questions.of(ref, POSTURE)
        self._host = HostAnswers(Survey(questions, [ref]), ref)
        self.filtered: frozenset[str] = frozenset()
        """Names of networks on which a machine can use no address but its own."""
        self.facts = HostFacts(
            key=key,
            name=shown_name(words(self._read.values.get("name"))) or ref.id,
            family=Family.VSPHERE,
            cpus=self._told(lambda: self._read.set("summary.hardware.numCpuThreads"), "summary.hardware.numCpuThreads"),
            memory=self._told(lambda: self._read.set("summary.hardware.memorySize"), "summary.hardware.memorySize"),
            cells=self._told(self._cells, "hardware.numaInfo"),
            huge_pages=_untold("ESXi backs memory with large pages by itself, and tells of none"),
            claim=self._of_machines(self._claim),
            pinned=self._of_machines(self._pinned),
            merging=self._merging(),
            accelerated=Told(value=True, evidence=declared("ESXi executes machines by the processor only")),
            nested=self._nested(),
            secure_boot=self._offered("supportsSecureBoot"),
            tpm=self._offered("supportsTPM20"),
            encryption=self._encryption(),
            networks=self._networks(),
            transport=transport,
            moves=self._told(self._moves, "capability.encryptedVMotionSupported"),
        )

    def _told(self, find: Callable[[], T], path: str) -> Told[T]:
        return _told(find, self._read, path)

    def _cells(self) -> tuple[HostCell, ...]:
        nodes = each(self._read.set("hardware.numaInfo"), "numaNode")
        if not nodes:
            raise Unanswered("the host tells of no NUMA node", self._read.quote("hardware.numaInfo"))
        return tuple(
            HostCell(
                id=number(node, "typeId") or 0,
                cpus=frozenset(int(cpu) for cpu in listed(node, "cpuID") if cpu.isdecimal()),
                memory=number(node, "memoryRangeLength"),
            )
            for node in nodes
        )

    def _of_machines(self, find: Callable[[list[Read]], T]) -> Told[T]:
        try:
            told = self._questions.read(sorted(refs(self._read.get("vm"), "")), RUNNING).values()
            found = [read for read in told if not read.is_gone]
            running = [read for read in found if read.set("runtime.powerState") == "poweredOn"]
            evidence = found[0].evidence if found else self._read.quote("vm")
            return Told(value=find(running), evidence=evidence)
        except Unanswered as none:
            return Told(said=none.found.reason, evidence=none.found.evidence)

    def _claim(self, running: list[Read]) -> Claim:
        return Claim(
            machines=len(running),
            vcpus=sum(read.set("config.hardware.numCPU") for read in running),
            memory=sum(read.set("config.hardware.memoryMB") for read in running) * MIB,
        )

    def _pinned(self, running: list[Read]) -> Mapping[int, tuple[str, ...]]:
        """Machines that are bound to one processor alone."""
        found: dict[int, tuple[str, ...]] = {}
        for read in running:
            bound = listed(read.get("config.cpuAffinity"), "affinitySet")
            if len(bound) == 1 and bound[0].isdecimal():
                cpu = int(bound[0])
                found[cpu] = (*found.get(cpu, ()), shown_name(words(read.values.get("name"))))
        return found

    def _merging(self) -> Told[PageMerging]:
        try:
            salting, asked = self._host.option("Mem.ShareForceSalting")
        except Unanswered as none:
            return Told(said=none.found.reason, evidence=none.found.evidence)
        said = "ESXi does not tell whether pages of several NUMA nodes are merged"
        value = PageMerging(active=salting == 0)
        return Told(value=value, said=said, evidence=asked.quote(f"Mem.ShareForceSalting = {salting}"))

    def _nested(self) -> Told[bool]:
        path = "capability.nestedHVSupported"
        return _told(lambda: self._host.read.truth(path), self._host.read, path)

    def _offered(self, field: str) -> Told[bool]:
        try:
            asked, _ = guests(self._host, field)
        except Unanswered as none:
            return Told(said=none.found.reason, evidence=none.found.evidence)
        return Told(value=True, evidence=asked.quote(f"guestOSDescriptor[].{field}: true"))

    def _encryption(self) -> Told[frozenset[str]]:
        read = self._host.read

        def find() -> frozenset[str]:
            read.need()
            sev, tdx = (read.values.get(path) for path in (SEV, TDX))
            if sev is None and tdx is None:
                raise Unanswered("the server tells neither SEV nor TDX of it", read.quote(SEV, TDX))
            return frozenset({*(["sev"] if sev in SEV_READY else []), *(["tdx"] if tdx == TDX_READY else [])})

        return _told(find, read, SEV, TDX)

    def _moves(self) -> str:
        """Machines are encrypted on their way wherever both hosts can, unless they were told otherwise."""
        return "encrypted" if self._read.truth("capability.encryptedVMotionSupported") else "plain"

    def _networks(self) -> Told[Mapping[str, Plugged]]:
        filtered: set[str] = set()

        def find() -> Mapping[str, Plugged]:
            found: dict[str, Plugged] = {}
            for port in each(self._read.get("config.network.portgroup")):
                name, tag = shown_name(words(port, "spec.name")), words(port, "spec.vlanId")
                found[name] = Plugged(kind="bridge", vlan=_tag(tag))
                policy = at(port, "computedPolicy.security")
                if truth(policy, "macChanges") is False and truth(policy, "forgedTransmits") is False:
                    filtered.add(name)
            several = [ref for ref in refs(self._read.get("network"), "") if ref.type == "DistributedVirtualPortgroup"]
            for read in self._questions.read(sorted(several), ("name", PORTS)).values():
                if read.is_gone:
                    continue
                name, ports = shown_name(words(read.set("name"))), read.get(PORTS)
                found[name] = Plugged(kind="bridge", vlan=vlan_of(at(ports, "vlan")))
                if all(
                    truth(ports, f"securityPolicy.{what}.value") is False for what in ("macChanges", "forgedTransmits")
                ):
                    filtered.add(name)
            return found

        told: Told[Mapping[str, Plugged]] = _told(find, self._read, "config.network.portgroup", "network")
        self.filtered = frozenset(filtered) if told.value is not None else frozenset()
        return told


def _told(find: Callable[[], T], read: Read, *paths: str) -> Told[T]:
    try:
        return Told(value=find(), evidence=read.quote(*paths))
    except Unanswered as none:
        return Told(said=none.found.reason, evidence=none.found.evidence or read.evidence)


def _untold(why: str) -> Told[Any]:
    return Told(said=why, evidence=declared(why))


def _tag(tag: str) -> str:
    """0 is none."""
    return "" if tag == "0" else tag


def vlan_of(vlan: Any) -> str:
    """One id, the ranges of a trunk, or a private VLAN."""
    if private := words(vlan, "pvlanId"):
        return private
    if ranges := each(vlan, "vlanId"):
        return ",".join(f"{words(one, 'start')}-{words(one, 'end')}" for one in ranges)
    return _tag(words(vlan, "vlanId"))
