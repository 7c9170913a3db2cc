"""Processor, versions, limits, machine types and firmware of a host, as two hosts are compared by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.asking import Asked, ask
from novatui.backends.libvirt.library import version_text
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.profile_asking import tree
from novatui.backends.libvirt.xmltree import attribute_at, integer, scaled, text_at, text_of
from novatui.core.hostprofile import GUEST_CPUS, HOST_FIRMWARE, MEMORY, VENDOR, Item, Part, Section
from novatui.core.units import size

MIB = 1024 * 1024

UNSUPPORTED = frozenset({"3", "84"})
"""VIR_ERR_NO_SUPPORT, VIR_ERR_OPERATION_UNSUPPORTED: this driver of libvirt has no such call."""

_NOT_NAMED = "libvirt's capabilities do not name it"


class HostAnswers:
    """What the host was asked once and several sections are made of."""

    def __init__(self, link: Link) -> None:
        conn = link.conn
        self.capabilities = ask(link, conn.getCapabilities)
        self.domain_capabilities = ask(link, conn.getDomainCapabilities, None, None, None, None)
        """Of the emulator, architecture, machine and virtualisation that libvirt takes when none is named."""
        self.info = ask(link, conn.getInfo)
        self.library = ask(link, conn.getLibVersion)
        self.hypervisor = ask(link, conn.getVersion)
        self.sysinfo = ask(link, conn.getSysinfo, 0)
        self.root, self.why = tree(self.capabilities)
        self.offered, self.why_not_offered = tree(self.domain_capabilities)

    @property
    def offers_failed(self) -> bool:
        """What it offers guests is there to be asked, and was not told: nothing else may stand for it."""
        return self.offered is None and self.domain_capabilities.code not in UNSUPPORTED

    @property
    def arch(self) -> str:
        """Of its processor."""
        return text_at(self.root, "host/cpu/arch")


def host_sections(link: Link, answers: HostAnswers, product: str) -> tuple[Part, ...]:
    """These five sections. `product` is what libvirt's driver is called: QEMU."""
    return (
        _cpu(answers),
        _machines(answers),
        _firmware(answers),
        _versions(answers, product),
        _limits(link, answers),
    )


def _item(name: str, value: str, why: str = _NOT_NAMED, *, amount: float | None = None, beside: str = "") -> Item:
    """A property that every host has: one that is not told is not known."""
    if not value:
        return Item(name=name, value=None, reason=why)
    return Item(name=name, value=value, amount=amount, beside=beside)


# --- processor --------------------------------------------------------------------------------------------------------


def _cpu(answers: HostAnswers) -> Part:
    evidence = (answers.capabilities.evidence, answers.info.evidence, answers.domain_capabilities.evidence)
    if answers.root is None and answers.info.value is None:
        return Part(section=Section.CPU, reason=answers.why, evidence=evidence)
    cpu = answers.root.find("host/cpu") if answers.root is not None else None
    why = answers.why or _NOT_NAMED
    items = (
        _item("architecture", text_at(cpu, "arch"), why),
        _item(VENDOR, text_at(cpu, "vendor"), why),
        _item("model", text_at(cpu, "model"), why),
        _item("family, model, stepping", _signature(cpu), why),
        _item("microcode", attribute_at(cpu, "microcode", "version"), why),
        _item("layout", _layout(answers.info), answers.info.why or "not told", beside=_clock(answers.info)),
        *_guests(answers),
    )
    return Part(section=Section.CPU, items=items, evidence=evidence)


def _signature(cpu: Element | None) -> str:
    numbers = [attribute_at(cpu, "signature", part) for part in ("family", "model", "stepping")]
    return ", ".join(numbers) if all(numbers) else ""


def _layout(info: Asked) -> str:
    """virNodeInfo: model, MiB, processors, MHz, NUMA nodes, sockets per node, cores, threads."""
    if info.value is None or len(info.value) < 8:
        return ""
    counted = zip(info.value[4:8], ("node", "socket", "core", "thread"), strict=True)
    return " × ".join(f"{number} {noun}{'s' if number != 1 else ''}" for number, noun in counted)


def _clock(info: Asked) -> str:
    return f"{info.value[3]} MHz" if info.value is not None and len(info.value) > 3 and info.value[3] else ""


def _guests(answers: HostAnswers) -> Iterator[Item]:
    """How guests are run when nobody says how, and which processor they get by host-model."""
    offered, why = answers.offered, answers.why_not_offered
    yield _item("guests are run by", text_at(offered, "domain"), why or "not told")
    mode = host_model(offered)
    yield _item("host-model", text_at(mode, "model"), why or "this host offers no host-model to guests")


def host_model(offered: Element | None) -> Element | None:
    """The processor that a guest with host-model gets; None when that is not told, or not to be had."""
    if offered is None:
        return None
    modes = offered.findall("cpu/mode")
    return next((each for each in modes if each.get("name") == "host-model" and each.get("supported") == "yes"), None)


# --- machine types and firmware ---------------------------------------------------------------------------------------


def _machines(answers: HostAnswers) -> Part:
    section, evidence = Section.MACHINES, (answers.capabilities.evidence,)
    if answers.root is None:
        return Part(section=section, reason=answers.why, evidence=evidence)
    items = {item.name: item for item in _machine_types(answers.root, answers.arch, _run_by(answers))}
    if not items:
        return Part(section=section, reason="libvirt's capabilities name no machine types", evidence=evidence)
    return Part(section=section, items=tuple(items.values()), basis=f"of {answers.arch}", evidence=evidence)


def _run_by(answers: HostAnswers) -> str:
    return text_at(answers.offered, "domain")


def _machine_types(root: Element, arch: str, run_by: str) -> Iterator[Item]:
    for guest in root.findall("guest/arch"):
        if guest.get("name") != arch:
            continue
        own = [
            domain
            for domain in guest.findall("domain")
            if domain.get("type") == run_by and domain.find("machine") is not None
        ]
        for machine in own[0].findall("machine") if own else guest.findall("machine"):
            most, canonical = integer(machine.get("maxCpus")), machine.get("canonical", "")
            told = [f"is {canonical}" if canonical else "", f"{most} vCPUs at most" if most is not None else ""]
            yield Item(name=text_of(machine), value=", ".join(filter(None, told)), amount=most)


def _firmware(answers: HostAnswers) -> Part:
    section, evidence = Section.FIRMWARE, (answers.domain_capabilities.evidence,)
    os = answers.offered.find("os") if answers.offered is not None else None
    if os is None:
        reason = answers.why_not_offered or "its domain capabilities say nothing of firmware"
        return Part(section=section, reason=reason, evidence=evidence)
    return Part(section=section, items=tuple(_firmwares(os)), evidence=evidence)


def _firmwares(os: Element) -> Iterator[Item]:
    """Firmware that libvirt finds by itself, files of firmware that it knows, and kinds of loaders."""
    kinds = (("firmware", "automatic"), ("loader/type", "loader"), ("loader/secure", "secure boot"))
    for path, words in kinds:
        folder, _, name = path.rpartition("/")
        holder = os.find(folder) if folder else os
        for value in _enum(holder, name):
            if name != "secure" or value == "yes":
                yield Item(name=words if name == "secure" else f"{words} {value}")
    yield from (Item(name=text_of(each)) for each in os.findall("loader/value") if text_of(each))


def _enum(holder: Element | None, name: str) -> list[str]:
    enums = holder.findall("enum") if holder is not None else []
    return [text_of(value) for enum in enums if enum.get("name") == name for value in enum.findall("value")]


# --- versions and limits ----------------------------------------------------------------------------------------------


def _versions(answers: HostAnswers, product: str) -> Part:
    asked = (answers.library, answers.hypervisor, answers.sysinfo)
    items = (
        _item("libvirt", _version(answers.library), answers.library.why or "not told"),
        _item(product or "hypervisor", _version(answers.hypervisor), answers.hypervisor.why or "not told"),
        *_board(answers.sysinfo),
    )
    return Part(section=Section.VERSIONS, items=items, evidence=tuple(each.evidence for each in asked))


def _version(asked: Asked) -> str:
    return version_text(asked.value) if asked.value else ""


def _board(sysinfo: Asked) -> Iterator[Item]:
    root, why = tree(sysinfo)
    for path, name in (("system", "system"), ("bios", HOST_FIRMWARE)):
        element = root.find(path) if root is not None else None
        words = [text_of(entry) for entry in (element if element is not None else ()) if entry.get("name") in _BOARD]
        yield _item(name, " ".join(filter(None, words)), why or "the board does not tell it")


_BOARD = {"manufacturer", "vendor", "product", "version", "date"}


def _limits(link: Link, answers: HostAnswers) -> Part:
    most = ask(link, link.conn.getMaxVcpus, None)
    info: list[Any] = answers.info.value or []
    why = answers.info.why or "not told"
    host = answers.root.find("host") if answers.root is not None else None
    untold = answers.why or _NOT_NAMED
    cpus, memory = (info[2], info[1] * MIB) if len(info) > 2 else (None, None)
    guest = integer(attribute_at(answers.offered, "vcpu", "max"))
    guest = most.value if guest is None and not answers.offers_failed else guest
    items = (
        _item("logical processors", _number(cpus), why, amount=cpus),
        _item(MEMORY, size(memory) if memory else "", why, amount=memory),
        _item(GUEST_CPUS, _number(guest), answers.why_not_offered or most.why or "not told", amount=guest),
        _item("NUMA nodes", _number(len(host.findall("topology/cells/cell")) if host is not None else None), untold),
        *_huge_pages(host, untold),
        _item("IOMMU", attribute_at(host, "iommu", "support"), untold),
        _item("live migration by", _transports(host), untold),
        _item("security models", ", ".join(_models(host)), untold),
    )
    asked = (answers.info, answers.capabilities, answers.domain_capabilities, most)
    return Part(section=Section.LIMITS, items=items, evidence=tuple(each.evidence for each in asked))


def _number(value: int | None) -> str:
    return str(value) if value else ""


def _transports(host: Element | None) -> str:
    if host is None or host.find("migration_features/live") is None:
        return ""
    found = (text_of(each) for each in host.findall("migration_features/uri_transports/uri_transport"))
    return ", ".join(sorted(filter(None, found))) or "libvirt"


def _models(host: Element | None) -> Iterable[str]:
    return (
        sorted(filter(None, (text_at(each, "model") for each in host.findall("secmodel")))) if host is not None else ()
    )


def _huge_pages(host: Element | None, untold: str) -> Iterator[Item]:
    """Pages of other sizes than the smallest, over all NUMA nodes. What is reserved, not what is free."""
    sizes: Counter[int] = Counter()
    for each in host.findall("topology/cells/cell/pages") if host is not None else ():
        unit, number = scaled(each.get("size"), each.get("unit", "KiB")), integer(text_of(each))
        if unit is not None and number is not None:
            sizes[unit] += number
    if not sizes:
        yield Item(name="huge pages", value=None, reason=untold)
    for unit in sorted(sizes)[1:]:
        yield Item(name=f"huge pages of {size(unit)}", value=str(sizes[unit]), amount=sizes[unit])
