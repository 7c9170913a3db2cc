"""The processor that a host can give to machines, and what those of several hosts have in common: EVC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from novatui.backends.found import Unanswered
from novatui.backends.vsphere.fields import each, number, words
from novatui.backends.vsphere.questions import Questions, Read
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Evidence
from novatui.core.hostprofile import Baseline, Loss

CPUID = "cpuid."
"""Feature capabilities whose key begins so are flags of the processor (`cpuid.AVX2`)."""

ABSENT = ("", "0")

MODES = "capability.supportedEVCMode"
"""EVC modes that the vCenter knows."""

FORM = "EVC mode"


class Processor(msgspec.Struct, frozen=True):
    """What is kept of a host's processor."""

    model: str
    vendor: str
    evc: str
    """The highest EVC mode that it fits in; empty where the server does not tell."""
    flags: tuple[str, ...]

    @classmethod
    def of(cls, read: Read) -> tuple[Processor | None, str]:
        """The processor of a host; None with the reason where its flags are not told."""
        try:
            flags = flags_of(read)
        except Unanswered as none:
            return None, none.found.reason
        vendor = next((words(one, "vendor") for one in each(read.values.get("hardware.cpuPkg"))), "")
        model = words(read.values.get("summary.hardware.cpuModel"))
        return cls(model, vendor, words(read.values.get("summary.maxEVCModeKey")), tuple(sorted(flags))), ""


class Mode(msgspec.Struct, frozen=True):
    """One EVC mode of a vCenter."""

    key: str
    label: str
    vendor: str
    tier: int
    flags: frozenset[str]


def flags_of(read: Read) -> frozenset[str]:
    """Flags of the processor, small as everywhere. Unanswered when the host names none."""
    found = _flags(each(read.get("config.featureCapability")))
    if not found:
        raise Unanswered("the host names no feature of its processor", read.quote("config.featureCapability"))
    return found


def baseline_of(questions: Questions, natives: Sequence[str]) -> Baseline:
    """What these processors have in common: one alone keeps all it has, several need an EVC mode that all fit in."""
    try:
        processors = [msgspec.json.decode(native, type=Processor) for native in natives]
    except msgspec.MsgspecError:
        return _none(natives, "a processor is not known here")
    if not processors:
        return Baseline(reason="no processor was named")
    vendors = {one.vendor for one in processors}
    if len(vendors) > 1:
        return _none(natives, f"CPU vendors do not match: {', '.join(sorted(vendors))}")
    shared = frozenset.intersection(*(frozenset(one.flags) for one in processors))
    read = questions.read([Ref("ServiceInstance", "ServiceInstance")], (MODES,))
    service = next(iter(read.values()))
    try:
        modes = [_mode(one) for one in each(service.get(MODES))]
    except Unanswered as none:
        return _none(natives, none.found.reason, none.found.evidence)
    evidence = service.quote(MODES, said=f"{MODES}: {', '.join(mode.key for mode in modes) or 'none'}")
    mode = _common(modes, processors)
    if mode is None and len({one.model for one in processors}) > 1:
        return _none(natives, "the vCenter names no EVC mode that all of them fit in", evidence)
    masked = mode is not None and len(processors) > 1 and bool(mode.flags)
    flags = shared & mode.flags if mode is not None and masked else shared
    return Baseline(
        model=mode.label or mode.key if mode is not None else processors[0].model,
        vendor=processors[0].vendor,
        flags=tuple(sorted(flags)),
        losses=tuple(Loss(flags=tuple(sorted(set(one.flags) - flags)), model=one.model) for one in processors),
        native=mode.key if mode is not None else processors[0].model,
        native_format=FORM,
        basis="the highest EVC mode of all" if masked else "the flags that all of them have",
        evidence=(evidence,),
    )


def _common(modes: Iterable[Mode], processors: Sequence[Processor]) -> Mode | None:
    """The highest mode that is none above any of theirs."""
    by_key = {mode.key: mode for mode in modes}
    highest = [by_key.get(one.evc) for one in processors]
    if any(mode is None for mode in highest):
        return None
    return min((mode for mode in highest if mode is not None), key=lambda mode: mode.tier)


def _mode(mode: dict[str, Any]) -> Mode:
    return Mode(
        key=words(mode, "key"),
        label=words(mode, "label"),
        vendor=words(mode, "vendor"),
        tier=number(mode, "vendorTier") or 0,
        flags=_flags(each(mode, "featureCapability")),
    )


def _flags(capabilities: Iterable[dict[str, Any]]) -> frozenset[str]:
    """`avx2` of `cpuid.AVX2` = 1. Values that are numbers of another kind (`Num:min:…`) are no flags."""
    return frozenset(
        key.removeprefix(CPUID).lower()
        for one in capabilities
        if (key := words(one, "key")).startswith(CPUID) and words(one, "value").rpartition(":")[2] not in ABSENT
    )


def _none(natives: Sequence[str], why: str, evidence: Evidence | None = None) -> Baseline:
    told = (evidence,) if evidence is not None else ()
    return Baseline(reason=why, losses=tuple(Loss(reason=why, evidence=told) for _ in natives), evidence=told)
