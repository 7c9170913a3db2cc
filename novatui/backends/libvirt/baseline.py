"""Processors that guests get: all their flags, and what several of them have in common. libvirt computes both."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, tostring

import msgspec

from novatui.backends.libvirt.asking import Asked, ask
from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.profile_asking import tree
from novatui.backends.libvirt.profile_host import UNSUPPORTED, HostAnswers, host_model
from novatui.backends.libvirt.xmltree import text_at
from novatui.core.hostprofile import Baseline, Item, Loss, Part, Section

_EXPANDED = libvirt.VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES


class Guests(msgspec.Struct, frozen=True):
    """What runs guests here when nobody says what: whose processors libvirt is asked about."""

    emulator: str | None = None
    arch: str | None = None
    machine: str | None = None
    run_by: str | None = None

    @property
    def basis(self) -> str:
        """What its processors are."""
        return f"what {self.run_by or 'the hypervisor'} can give guests (host-model)"

    @classmethod
    def of(cls, offered: Element | None) -> Guests:
        """By the domain capabilities of the host."""
        named = [text_at(offered, part) or None for part in ("path", "arch", "machine", "domain")]
        return cls(*named)


_ITSELF = "the processor itself"


def processor(answers: HostAnswers) -> tuple[str, str, str]:
    """The processor that this host can give guests, as libvirt takes it; what it is; or why there is none."""
    mode = host_model(answers.offered)
    if mode is not None:
        cpu = Element("cpu")
        cpu.extend(mode)
        return tostring(cpu, encoding="unicode"), Guests.of(answers.offered).basis, ""
    if answers.offers_failed:
        return "", "", answers.why_not_offered
    cpu = answers.root.find("host/cpu") if answers.root is not None else None
    if cpu is not None and cpu.find("model") is not None:
        return tostring(cpu, encoding="unicode"), _ITSELF, ""
    if answers.root is None:
        return "", "", answers.why
    offered = answers.why_not_offered or "the domain capabilities offer no host-model"
    return "", "", f"libvirt names no model of its processor, and {offered}"


def flags_of(link: Link, answers: HostAnswers) -> Part:
    """The section of all flags that guests can be given here."""
    section = Section.FLAGS
    asked_before = (answers.capabilities.evidence, answers.domain_capabilities.evidence)
    native, basis, why = processor(answers)
    if not native:
        return Part(section=section, reason=why, evidence=asked_before)
    asked = _Computing(link, Guests.of(answers.offered)).common([native], _EXPANDED)
    flags, why = _flags(asked)
    evidence = (asked.evidence, *asked_before)
    if flags is None:
        return Part(section=section, reason=why, basis=basis, evidence=evidence)
    return Part(section=section, items=tuple(Item(name=flag) for flag in flags), basis=basis, evidence=evidence)


def baseline_of(link: Link, processors: Sequence[str]) -> Baseline:
    """What these processors have in common, and what each of them has beside."""
    offered, _ = tree(ask(link, link.conn.getDomainCapabilities, None, None, None, None))
    computing = _Computing(link, Guests.of(offered))
    common = computing.common(list(processors), 0)
    root, why = tree(common)
    expanded = computing.common(list(processors), _EXPANDED) if root is not None else common
    flags, why_no_flags = _flags(expanded)
    return Baseline(
        model=text_at(root, "model"),
        vendor=text_at(root, "vendor"),
        flags=flags,
        losses=tuple(_loss(computing, each, flags, why_no_flags) for each in processors),
        native=common.value or "",
        native_format="xml",
        reason=why or why_no_flags,
        basis=common.evidence.call,
        evidence=(common.evidence, *((expanded.evidence,) if expanded is not common else ())),
    )


def _loss(computing: _Computing, native: str, common: tuple[str, ...] | None, why: str) -> Loss:
    """What one of them loses."""
    asked = computing.common([native], _EXPANDED)
    root, _ = tree(asked)
    own, own_why = _flags(asked)
    model = text_at(root, "model")
    if own is None or common is None:
        return Loss(reason=own_why or why, model=model, evidence=(asked.evidence,))
    lost = tuple(flag for flag in own if flag not in set(common))
    return Loss(flags=lost, model=model, evidence=(asked.evidence,))


def _flags(asked: Asked) -> tuple[tuple[str, ...] | None, str]:
    """Names of the flags that an expanded processor has; those that it must not have are listed, too."""
    root, why = tree(asked)
    if root is None:
        return None, why
    found = {each.get("name", "") for each in root.findall("feature") if each.get("policy", "require") == "require"}
    return tuple(sorted(found - {""})), ""


class _Computing:
    """libvirt's two ways: for guests of a hypervisor, and, where it has not that one, for processors as they are."""

    def __init__(self, link: Link, guests: Guests) -> None:
        self._link = link
        self._guests = guests
        self._plain = False
        """The first way is not to be had."""

    def common(self, processors: list[str], flags: int) -> Asked:
        """What they have in common. Evidence and reason are those of the way that counts."""
        conn, guests = self._link.conn, self._guests
        if not self._plain:
            named = (guests.emulator, guests.arch, guests.machine, guests.run_by)
            asked = ask(self._link, conn.baselineHypervisorCPU, *named, processors, flags)
            if asked.code not in UNSUPPORTED:
                return asked
            self._plain = True
        return ask(self._link, conn.baselineCPU, processors, flags)
