"""What a host is like, section by section, and what the processors of several hosts have in common."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from novatui.backends.found import Unanswered, declared
from novatui.backends.vsphere.fields import each, listed, number, refs, truth, words
from novatui.backends.vsphere.posture_host import vlan_of
from novatui.backends.vsphere.probe_host_devices import base_class
from novatui.backends.vsphere.probe_survey import HostAnswers, Survey
from novatui.backends.vsphere.profile_cpu import Processor, flags_of
from novatui.backends.vsphere.questions import Questions, Read
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Evidence
from novatui.core.hostprofile import GUEST_CPUS, HOST_FIRMWARE, MEMORY, VENDOR, HostProfile, Item, Part, Section
from novatui.core.once import once
from novatui.core.states import Family
from novatui.core.units import size

MIB = 1024 * 1024

HARDWARE = "summary.hardware."
PROFILE = (
    "name", "parent", "network", "datastore", "config.product", "config.featureCapability", "config.pciPassthruInfo",
    "config.network.portgroup", "config.network.vnic",
    "hardware.biosInfo", "hardware.cpuPkg", "hardware.numaInfo.numNodes", "hardware.pciDevice",
    "summary.maxEVCModeKey", "summary.currentEVCModeKey", "capability.maxHostSupportedVcpus",
    "capability.maxSupportedVmMemory", "capability.maxHostRunningVms", "capability.vmotionSupported",
    *(HARDWARE + name for name in (
        "vendor", "model", "cpuModel", "cpuMhz", "numCpuPkgs", "numCpuCores", "numCpuThreads", "memorySize",
    )),
)  # fmt: skip

NETWORKS = {
    "DistributedVirtualPortgroup": ("name", "config.defaultPortConfig.vlan"),
    "OpaqueNetwork": ("name",),
}
"""Networks that a host reaches and does not make itself, by type; its own are its port groups."""

STORE = ("name", "summary.type", "summary.capacity", "summary.freeSpace", "summary.multipleHostAccess")

CLASSES = {0x01: "disk", 0x02: "nic", 0x03: "gpu"}
"""PCI base classes of what a machine is given."""

NO_BRIDGES = declared("vSphere Web Services API: machines are plugged into networks; a host tells of no bridges beside")


def profile_of(questions: Questions, ref: Ref, key: str, conn: str, product: str) -> HostProfile:
    """Ask it now. A question that fails leaves what it was about unknown, and nothing else."""
    begun = time.time()
    read = questions.of(ref, PROFILE)
    told = _Sections(questions, read)
    makers: dict[Section, Callable[[], Part]] = {
        Section.CPU: told.cpu,
        Section.FLAGS: told.flags,
        Section.MACHINES: told.machines,
        Section.FIRMWARE: told.firmware,
        Section.VERSIONS: told.versions,
        Section.DEVICES: told.devices,
        Section.NETWORKS: told.networks,
        Section.BRIDGES: lambda: Part(section=Section.BRIDGES, items=(), evidence=(NO_BRIDGES,)),
        Section.STORAGE: told.storage,
        Section.LIMITS: told.limits,
    }
    processor, why = Processor.of(read)
    return HostProfile(
        host=key,
        name=shown_name(words(read.values.get("name"))) or ref.id,
        conn=conn,
        family=Family.VSPHERE,
        product=product,
        parts=tuple(_settled(section, makers[section], read.evidence) for section in Section),
        native=msgspec.json.encode(processor).decode() if processor is not None else "",
        native_reason=why,
        at=begun,
        ms=(time.time() - begun) * 1000,
    )


def _settled(section: Section, make: Callable[[], Part], otherwise: Evidence) -> Part:
    try:
        return make()
    except Unanswered as none:
        evidence = none.found.evidence or otherwise
        return Part(section=section, reason=none.found.reason, evidence=(evidence,))


class _Sections:
    """Each section of one host."""

    def __init__(self, questions: Questions, read: Read) -> None:
        self._questions = questions
        self._read = read

    @once
    def _host(self) -> HostAnswers:
        return HostAnswers(Survey(self._questions, [self._read.ref]), self._read.ref)

    def cpu(self) -> Part:
        read = self._read
        read.need()
        packages, cores, threads = (
            read.values.get(HARDWARE + f"numCpu{name}") for name in ("Pkgs", "Cores", "Threads")
        )
        clock = read.values.get(HARDWARE + "cpuMhz")
        layout = f"{packages} packages, {cores} cores, {threads} threads" if packages and cores and threads else ""
        items = (
            self._item(VENDOR, _vendor(read), "hardware.cpuPkg"),
            self._item("model", words(read.values.get(HARDWARE + "cpuModel")), HARDWARE + "cpuModel"),
            self._item("layout", layout, HARDWARE + "numCpuPkgs", beside=f"{clock} MHz" if clock else ""),
            self._item("highest EVC mode", words(read.values.get("summary.maxEVCModeKey")), "summary.maxEVCModeKey"),
        )
        evidence = read.quote(HARDWARE + "cpuModel", "summary.maxEVCModeKey")
        return Part(section=Section.CPU, items=items, evidence=(evidence,))

    def flags(self) -> Part:
        found = flags_of(self._read)
        return Part(
            section=Section.FLAGS,
            items=tuple(Item(name=flag) for flag in sorted(found)),
            basis="what this ESXi can give to machines (featureCapability)",
            evidence=(self._read.quote("config.featureCapability", said=f"featureCapability: {len(found)} of cpuid"),),
        )

    def machines(self) -> Part:
        browser: Ref = self._host.compute.set("environmentBrowser")
        asked = self._questions.ask("QueryConfigOptionDescriptor", browser, "", shown=_versions)
        offered = [one for one in asked.need() if self._is_here(one) and truth(one, "runSupported") is not False]
        if not offered:
            raise Unanswered("the server names no version of virtual hardware for it", asked.evidence)
        items = tuple(Item(name=name) for name in sorted({words(one, "key") for one in offered}))
        return Part(section=Section.MACHINES, items=items, evidence=(asked.evidence,))

    def _is_here(self, option: dict[str, Any]) -> bool:
        hosts = option.get("host")
        return hosts is None or self._read.ref in ([hosts] if isinstance(hosts, Ref) else list(hosts))

    def firmware(self) -> Part:
        asked, option = self._host.config_option()
        guests = each(option, "guestOSDescriptor")
        kinds = {kind for guest in guests for kind in listed(guest, "supportedFirmware")}
        if not kinds:
            raise Unanswered("the server names no firmware of any guest system", asked.evidence)
        names = [*sorted(kinds), *(["secure boot"] if any(truth(one, "supportsSecureBoot") for one in guests) else [])]
        quoted = asked.quote(f"guestOSDescriptor[].supportedFirmware: {', '.join(sorted(kinds))}")
        return Part(section=Section.FIRMWARE, items=tuple(Item(name=name) for name in names), evidence=(quoted,))

    def versions(self) -> Part:
        product, bios = self._read.get("config.product"), self._read.values.get("hardware.biosInfo")
        system = " ".join(filter(None, (words(self._read.values.get(HARDWARE + name)) for name in ("vendor", "model"))))
        build = words(product, "build")
        version = words(product, "version")
        items = (
            self._item("ESXi", f"{version} build {build}" if version and build else version, "config.product"),
            self._item("API", words(product, "apiVersion"), "config.product"),
            self._item("system", system, HARDWARE + "vendor"),
            self._item(HOST_FIRMWARE, words(bios, "biosVersion"), "hardware.biosInfo"),
        )
        evidence = self._read.quote("config.product", said=f"config.product: {words(product, 'fullName')}")
        return Part(section=Section.VERSIONS, items=items, evidence=(evidence,))

    def devices(self) -> Part:
        """Devices that a machine could be given, those of one kind together: addresses differ from host to host."""
        standing = {words(one, "id"): one for one in each(self._read.get("config.pciPassthruInfo"))}
        alike: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for one in each(self._read.set("hardware.pciDevice")):
            if base_class(one) in CLASSES:
                alike[_identity(one)].append(one)
        items = sorted((_device(name, found, standing) for name, found in alike.items()), key=lambda item: item.name)
        evidence = self._read.quote("hardware.pciDevice", said=f"hardware.pciDevice: {len(items)} kinds of devices")
        return Part(section=Section.DEVICES, items=tuple(items), evidence=(evidence,))

    def networks(self) -> Part:
        """Its own port groups, without those of its own interfaces, and those of distributed switches."""
        kernel = {words(one, "portgroup") for one in each(self._read.get("config.network.vnic"))}
        every = each(self._read.get("config.network.portgroup"))
        own = [one for one in every if words(one, "spec.name") not in kernel]
        names = ", ".join(words(one, "spec.name") for one in own)
        items = [_port_group(one) for one in own]
        evidence = [self._read.quote("network", said=f"config.network.portgroup: {names or 'none'}")]
        for type_, paths in NETWORKS.items():
            for read in self._those("network", type_, paths):
                items.append(Item(name=_name(read), value=_vlan(read.values.get("config.defaultPortConfig.vlan"))))
                evidence.append(read.evidence)
        return self._listed(Section.NETWORKS, items, evidence)

    def storage(self) -> Part:
        stores = self._those("datastore", "Datastore", STORE)
        evidence = [self._read.quote("datastore"), *(read.evidence for read in stores)]
        return self._listed(Section.STORAGE, [_store(read) for read in stores], evidence)

    def _those(self, path: str, type_: str, paths: Iterable[str]) -> list[Read]:
        """What the host refers to, of one type, and is there. Unanswered when one of them does not tell its name."""
        found = self._questions.read(sorted(ref for ref in refs(self._read.get(path), "") if ref.type == type_), paths)
        there = [read for read in found.values() if not read.is_gone]
        for read in there:
            read.set("name")
        return there

    def _listed(self, section: Section, items: Iterable[Item], evidence: Iterable[Evidence]) -> Part:
        """Things of one name are numbered: there may be several, as of networks of two switches."""
        several: Counter[str] = Counter()
        named: list[Item] = []
        for item in sorted(items, key=lambda item: (item.name, item.value or "")):
            several[item.name] += 1
            name = item.name if several[item.name] == 1 else f"{item.name} #{several[item.name]}"
            named.append(msgspec.structs.replace(item, name=name))
        return Part(section=section, items=tuple(named), evidence=tuple(dict.fromkeys(evidence)))

    def limits(self) -> Part:
        read = self._read
        read.need()
        memory = read.values.get(HARDWARE + "memorySize")
        largest = read.values.get("capability.maxSupportedVmMemory")
        able = read.values.get("capability.vmotionSupported")
        moves = "vMotion" if able is True else "none" if able is False else ""
        items = (
            self._count("logical processors", HARDWARE + "numCpuThreads"),
            self._item(MEMORY, size(memory) if memory else "", HARDWARE + "memorySize", amount=memory),
            self._count(GUEST_CPUS, "capability.maxHostSupportedVcpus"),
            self._item("memory of a guest", size(largest * MIB) if largest else "", "capability.maxSupportedVmMemory"),
            self._count("running machines", "capability.maxHostRunningVms"),
            self._count("NUMA nodes", "hardware.numaInfo.numNodes"),
            self._item(
                "live migration by",
                "vMotion" if moves else "none" if moves is False else "",
                "capability.vmotionSupported",
            ),
        )
        evidence = read.quote(HARDWARE + "numCpuThreads", HARDWARE + "memorySize", "capability.maxHostSupportedVcpus")
        return Part(section=Section.LIMITS, items=items, evidence=(evidence,))

    def _count(self, name: str, path: str) -> Item:
        found = self._read.values.get(path)
        return self._item(name, str(found) if isinstance(found, int) and found > 0 else "", path, amount=found)

    def _item(self, name: str, value: str, path: str, *, amount: float | None = None, beside: str = "") -> Item:
        """A property that every host has: one that is not told is not known."""
        if value:
            return Item(name=name, value=value, amount=amount, beside=beside)
        return Item(name=name, value=None, reason=self._read.unread.get(path, f"the server does not tell {path}"))


def _vendor(read: Read) -> str:
    return next((words(one, "vendor") for one in each(read.values.get("hardware.cpuPkg"))), "")


def _versions(found: list[Any]) -> str:
    return ", ".join(words(one, "key") for one in found) or "none"


def _identity(device: dict[str, Any]) -> str:
    numbers = (number(device, name) for name in ("vendorId", "deviceId"))
    return ":".join("????" if value is None else f"{value & 0xFFFF:04x}" for value in numbers)


def _device(identity: str, found: list[dict[str, Any]], standing: dict[str, dict[str, Any]]) -> Item:
    first = found[0]
    most = {count for one in found if (count := number(standing.get(words(one, "id")), "maxVirtualFunctionSupported"))}
    value = [f"{len(found)}×", *(f"{count} VFs at most" for count in sorted(most))]
    kind = CLASSES[base_class(first)]
    said = " ".join(filter(None, (words(first, "vendorName"), words(first, "deviceName")))) or identity
    return Item(
        id=f"{kind} {identity}",
        name=f"{kind} {said}",
        value=", ".join(value),
        amount=len(found),
        beside=", ".join(words(one, "id") for one in found),
    )


def _port_group(one: dict[str, Any]) -> Item:
    tag = words(one, "spec.vlanId")
    told = (words(one, "spec.vswitchName"), f"VLAN {tag}" if tag not in ("", "0") else "")
    return Item(name=shown_name(words(one, "spec.name")), value=", ".join(filter(None, told)))


def _vlan(vlan: Any) -> str:
    tag = vlan_of(vlan)
    return f"VLAN {tag}" if tag else ""


def _name(read: Read) -> str:
    return shown_name(words(read.values.get("name"))) or read.ref.id


def _store(read: Read) -> Item:
    whole, free = (read.values.get(f"summary.{name}") for name in ("capacity", "freeSpace"))
    shared = read.values.get("summary.multipleHostAccess")
    told: Iterator[str] = filter(
        None,
        (
            words(read.values.get("summary.type")),
            size(whole) if isinstance(whole, int) else "",
            "shared" if shared is True else "local" if shared is False else "",
        ),
    )
    beside = f"{size(free)} free" if isinstance(free, int) else ""
    return Item(
        name=_name(read), value=", ".join(told), amount=whole if isinstance(whole, int) else None, beside=beside
    )
