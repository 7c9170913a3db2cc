"""What a host can do for trust (secure boot, TPM, encrypted memory), and what it tells of itself (load, health)."""

from __future__ import annotations

from novatui.backends.found import Found, Unanswered, declared, no, partly, yes
from novatui.backends.libvirt.probe_found import need, quoting
from novatui.backends.libvirt.probe_host import HostAnswers

Q35 = "q35"
"""The machine type of x86 whose firmware can have secure boot: it needs SMM, which the older one lacks."""

NOT_HAD = "74"
"""VIR_ERR_ARGUMENT_UNSUPPORTED: with ENFORCE_STATS, that the driver does not have some of the statistics."""

NO_SENSORS = declared("libvirt: no call tells of sensors, power supplies or disks of a host")

_NAMES = {"sev": "SEV", "sev-snp": "SEV-SNP", "tdx": "TDX", "s390-pv": "Secure Execution"}


def secure_boot(host: HostAnswers) -> Found:
    """`os/loader` of the domain capabilities: of the usual machine type, then of q35."""
    usual = host.domain
    secure = usual.values("os/loader", "secure")
    if secure and "yes" in secure:
        return yes(host.domain_told("os/loader"), f"with machine type {usual.machine}", "UEFI")
    if usual.arch == "x86_64":
        return _with_q35(host)
    if secure is None:
        raise Unanswered("its domain capabilities say nothing of secure boot", host.domain_asked().evidence)
    return no(host.domain_told("os/loader"), _no_firmware(usual.values("os", "firmware")))


def _with_q35(host: HostAnswers) -> Found:
    asked = host.domain_asked(Q35)
    found = need(asked)
    secure = found.values("os/loader", "secure")
    if secure is None:
        raise Unanswered("its domain capabilities say nothing of secure boot", asked.evidence)
    decided = quoting(asked, found.element("os"))
    if "yes" in secure:
        return yes(decided, "with machine type q35 and UEFI", "q35, UEFI", host.domain_asked())
    return no(decided, _no_firmware(found.values("os", "firmware")), "", host.domain_asked())


def _no_firmware(firmware: frozenset[str] | None) -> str:
    if not firmware or "efi" not in firmware:
        return "no UEFI firmware is installed on the host (package ovmf or edk2-ovmf)"
    return "none of its UEFI firmwares has secure boot"


def tpm(host: HostAnswers) -> Found:
    """`devices/tpm` of the domain capabilities."""
    supported, told = host.domain.supported("devices/tpm"), host.domain_asked()
    if supported is None:
        raise Unanswered("its domain capabilities say nothing of TPMs", told.evidence)
    decided = host.domain_told("devices/tpm")
    backends = host.domain.values("devices/tpm", "backendModel") or frozenset()
    if not supported or not backends:
        return no(decided, "its QEMU has no TPM to give")
    versions = sorted(host.domain.values("devices/tpm", "backendVersion") or ())
    models = ", ".join(sorted(host.domain.values("devices/tpm", "model") or ()))
    if "emulator" in backends:
        return yes(decided, f"emulated by swtpm: {models}", ", ".join(versions))
    if backends == {"passthrough"}:
        words = "only the host's own, if it has one, to one machine: swtpm is not installed on the host"
        return partly(decided, words, "host's own")
    return partly(decided, f"from outside only: {', '.join(sorted(backends))}", ", ".join(sorted(backends))[:12])


def memory_encryption(host: HostAnswers) -> Found:
    """`launchSecurity` and the features of the domain capabilities."""
    kinds, told = host.domain.encryption(), host.domain_asked()
    if kinds is None:
        raise Unanswered("its domain capabilities say nothing of encrypted memory", told.evidence)
    names = [_NAMES.get(each, each) for each in sorted(kinds)]
    element = host.domain.element("launchSecurity")
    decided = quoting(told, element if element is not None else host.domain.element("features"))
    if not names:
        return no(decided, "neither the processor's SEV nor TDX is offered to machines")
    return yes(decided, ", ".join(names), ", ".join(names)[:12])


def metrics(host: HostAnswers) -> Found:
    """Whether the statistics that are drawn can be had of all machines in one call."""
    asked = host.load
    if asked.code == NOT_HAD:
        return partly(asked, f"machine by machine, and not all of them: {asked.why}")
    need(asked)
    return yes(asked, "processors, memory, disks and networks of all machines in one call", "bulk")


def health(host: HostAnswers) -> Found:
    """States of pools and machines are told; of the host itself there is no call."""
    pools = need(host.pools.listed)
    stores = f"{len(pools)} storage pool{'' if len(pools) == 1 else 's'}"
    words = f"states of machines and of {stores}; of the host itself libvirt tells nothing"
    return partly(host.pools.listed, words, "no host", NO_SENSORS)
