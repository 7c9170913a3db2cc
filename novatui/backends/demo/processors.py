"""What the processors of the demo can do: vendor, flags, and the names that each family has for a common one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from novatui.core.states import Family

_ALL = (
    "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu "
    "fsgsbase fsrm fxsr invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmuldq pdpe1gb pge pku pni "
    "popcnt pse pse36 rdpid rdrand rdseed rdtscp sep sha-ni smap smep sse sse2 sse4.1 sse4.2 ssse3 syscall tsc "
    "tsc-deadline umip vaes vme vpclmulqdq wbnoinvd x2apic xgetbv1 xsave xsavec xsaveopt xsaves"
)
"""Every processor of the last years (x86-64-v3, and more)."""

_AVX512 = (
    "avx512-vpopcntdq avx512bitalg avx512bw avx512cd avx512dq avx512f avx512ifma avx512vbmi avx512vbmi2 avx512vl "
    "avx512vnni gfni la57"
)

_INTEL = "arch-capabilities md-clear spec-ctrl ss ssbd stibp vmx"

_AMD = (
    "amd-ssbd amd-stibp clzero cmp_legacy cr8legacy fxsr_opt ibpb ibrs misalignsse mmxext npt nrip-save osvw "
    "perfctr_core sse4a svm topoext virt-ssbd xsaveerptr"
)


class Processor(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of processor."""

    vendor: str
    model: str
    """As libvirt and QEMU call the kind."""
    signature: str
    """Family, model, stepping."""
    flags: frozenset[str]
    evc: str
    """As vSphere calls the kind."""

    @property
    def key(self) -> str:
        """What stands for it in the demo's own form."""
        return f"{self.vendor} {self.model}"


def _flags(*named: str) -> frozenset[str]:
    return frozenset(" ".join(named).split())


_ICE_LAKE = Processor(
    vendor="Intel",
    model="Icelake-Server",
    signature="6, 106, 6",
    flags=_flags(_ALL, _AVX512, _INTEL),
    evc="intel-icelake",
)
_MILAN = Processor(vendor="AMD", model="EPYC-Milan", signature="25, 1, 1", flags=_flags(_ALL, _AMD), evc="amd-zen3")
_GENOA = Processor(
    vendor="AMD",
    model="EPYC-Genoa",
    signature="25, 17, 1",
    flags=_flags(_ALL, _AVX512, _AMD, "auto-ibrs avx512-bf16 vnmi"),
    evc="amd-zen4",
)
KINDS: Sequence[Processor] = (_MILAN, _GENOA, _ICE_LAKE)
"""Of one vendor the lesser one first."""

_NAMES: Mapping[str, Processor] = {
    "Gold 6338": _ICE_LAKE,
    "Platinum 8358": _ICE_LAKE,
    "EPYC 7543": _MILAN,
    "EPYC 9354": _GENOA,
}


def processor_of(cpu_model: str) -> Processor | None:
    """What a processor is by its name; None for one that the demo knows nothing of."""
    return next((found for name, found in _NAMES.items() if name in cpu_model), None)


def named(key: str) -> Processor | None:
    """What `Processor.key` stands for."""
    return next((each for each in KINDS if each.key == key), None)


def common(processors: Sequence[Processor]) -> Processor | None:
    """The one that all of them can stand for; None between vendors."""
    if len({each.vendor for each in processors}) != 1:
        return None
    return next(each for each in KINDS if each in processors)


def native(family: Family, processor: Processor) -> tuple[str, str, str]:
    """A common processor as the family names it: its model, how that is written in a configuration, in which form."""
    match family:
        case Family.LIBVIRT:
            xml = (
                "<cpu mode='custom' match='exact'>\n"
                f"  <model fallback='forbid'>{processor.model}</model>\n"
                f"  <vendor>{processor.vendor}</vendor>\n</cpu>\n"
            )
            return processor.model, xml, "xml"
        case Family.VSPHERE:
            return processor.evc, f'{{"currentEVCModeKey": "{processor.evc}"}}\n', "json"
        case Family.PROXMOX:
            return processor.model, f"cpu: {processor.model}\n", "text"
        case _:
            return processor.model, "\n".join(sorted(processor.flags)) + "\n", "text"
