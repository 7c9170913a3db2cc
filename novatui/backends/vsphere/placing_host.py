"""What a host's own properties say of a machine that is to run there: state, processor, hardware versions, room."""

from __future__ import annotations

from typing import Any

from novatui.backends.vsphere.fields import each, words
from novatui.backends.vsphere.needs import MIB, Carried
from novatui.backends.vsphere.reading_now import Now
from novatui.core.capabilities import Evidence
from novatui.core.needs import Needs, Told, TpmOffer

INTERFACES = "config.network.vnic"
STACK = "vmotion"
"""Key of the TCP/IP stack that is only for vMotion."""

HOST = (
    "name",
    "parent",
    "datastore",
    "network",
    "vm",
    "runtime.connectionState",
    "runtime.powerState",
    "runtime.inMaintenanceMode",
    "runtime.inQuarantineMode",  # 6.5
    "runtime.cryptoState",  # 6.5
    "summary.hardware.uuid",
    "summary.hardware.cpuModel",
    "summary.hardware.cpuMhz",
    "summary.hardware.numCpuCores",
    "summary.hardware.numCpuThreads",
    "summary.hardware.memorySize",
    "summary.quickStats.overallCpuUsage",
    "summary.quickStats.overallMemoryUsage",
    "summary.config.product.version",
    "summary.config.vmotionEnabled",
    "summary.maxEVCModeKey",
    "summary.currentEVCModeKey",
    "capability.vmotionSupported",
    "capability.maxSupportedVcpus",
    "capability.uefiSecureBoot",
    "hardware.cpuPkg",
    INTERFACES,
)
"""Of every host that is asked."""

FEATURES = "config.maskedFeatureCapability"
"""What EVC leaves of the processor; hundreds of entries, so only for a machine that runs."""

HARDWARE: tuple[tuple[tuple[int, ...], int], ...] = (
    ((9, 0), 22),
    ((8, 0, 2), 21),
    ((8, 0), 20),
    ((7, 0, 2), 19),
    ((7, 0, 1), 18),
    ((7, 0), 17),
    ((6, 7, 2), 15),
    ((6, 7), 14),
    ((6, 5), 13),
)
"""The newest virtual hardware by the release of ESXi (Broadcom knowledge base 315655)."""

OLDEST_HARDWARE = 3

X86 = frozenset({"intel", "amd", "hygon"})
"""HostCpuPackage.vendor of processors that execute x86_64."""


def connected(host: Now) -> Told[bool]:
    """It can be reached, and it is on."""
    state, power = host.words("runtime.connectionState"), host.words("runtime.powerState")
    if not state:
        return Told(said=host.why("runtime.connectionState"), evidence=host.evidence)
    if state != "connected":
        return host.tell(False, f"it is {'not responding' if state == 'notResponding' else state}")
    if power in ("poweredOff", "standBy"):
        return host.tell(False, f"it is {'in standby' if power == 'standBy' else 'off'}")
    return host.tell(True)


def maintenance(host: Now) -> Told[bool]:
    """Nothing can be moved there, or vCenter keeps it free of machines because its hardware is failing."""
    if host["runtime.inQuarantineMode"] is True:
        return host.tell(True, "it is in quarantine: vCenter was told that its hardware is failing")
    found = host["runtime.inMaintenanceMode"]
    return host.unless_known(found if isinstance(found, bool) else None, "runtime.inMaintenanceMode")


def migrates(host: Now) -> Told[bool]:
    """It has vMotion, and an interface for it: one that was chosen for it, or one in a TCP/IP stack of its own."""
    if host["capability.vmotionSupported"] is False:
        return host.tell(False, "it has no vMotion")
    if host["summary.config.vmotionEnabled"] is True:
        return host.tell(True)
    interfaces = host[INTERFACES]
    if interfaces is None:
        return Told(said=host.why(INTERFACES), evidence=host.evidence)
    stacks = {words(one, "spec.netStackInstanceKey") for one in each(interfaces)}
    return host.tell(True) if STACK in stacks else host.tell(False, "none of its interfaces carries vMotion")


def guests(host: Now) -> Told[frozenset[tuple[str, str]]]:
    """Architectures, by the vendor of its processors."""
    vendors = {words(one, "vendor").lower() for one in each(host["hardware.cpuPkg"])} - {""}
    if not vendors:
        vendors = {name for name in X86 if name in host.words("summary.hardware.cpuModel").lower()}
    if vendors & X86:
        return host.tell(frozenset({("x86_64", "esxi")}))
    if "arm" in vendors:
        return host.tell(frozenset({("aarch64", "esxi")}))
    return Told(said=host.why("hardware.cpuPkg"), evidence=host.evidence)


def processor(host: Now, needs: Needs, carried: Carried) -> Told[bool]:
    """The features that the machine was started with, against those that the host has; by EVC or model without them."""
    model = host.words("summary.hardware.cpuModel")
    if not needs.running:
        return host.tell(True, f"it starts with what {model or 'the processor'} can do")
    has = {words(one, "key"): words(one, "value") for one in each(host[FEATURES])}
    if carried.features and has:
        lacks = sorted(key for key, wanted in carried.features.items() if not _met(wanted, has.get(key, "")))
        if not lacks:
            return host.tell(True, f"has all {len(carried.features)} features that it uses")
        more = f" and {len(lacks) - 3} more" if len(lacks) > 3 else ""
        return host.tell(False, f"lacks {', '.join(key.removeprefix('cpuid.') for key in lacks[:3])}{more}")
    here, there = carried.evc, host.words("summary.currentEVCModeKey")
    if here and there and here == there:
        return host.tell(True, f"runs in the EVC mode {there}, which it was started in")
    if model and model == needs.native_host:
        return host.tell(True, f"the same processor, {model}")
    return Told(
        said=f"the server tells no features; it runs on {needs.native_host or '?'}, there is {model or '?'}",
        evidence=host.evidence,
    )


def _met(wanted: str, has: str) -> bool:
    """VirtualMachineFeatureRequirement.value is `Bool:Min:1`, `Num:Min:2` or `Num:Eq:2`; a capability plain `1`."""
    *how, least = wanted.split(":")
    if not has:
        return False
    found = has.rpartition(":")[2]
    if "Eq" in how or not (least.isdigit() and found.isdigit()):
        return found == least
    return int(found) >= int(least)


def hardware_versions(host: Now) -> Told[frozenset[str]]:
    """Versions of virtual hardware by its release; a machine of an older one runs, too."""
    release = tuple(int(part) for part in host.words("summary.config.product.version").split(".") if part.isdigit())
    newest = next((version for since, version in HARDWARE if release >= since), None)
    if newest is None:
        return Told(said="virtual hardware of its release is not known here", evidence=host.evidence)
    found = frozenset(f"vmx-{number:02d}" for number in range(OLDEST_HARDWARE, newest + 1))
    declared = Evidence(
        kind="declared", source=f"virtual hardware up to {newest} on ESXi {'.'.join(map(str, release))}"
    )
    return Told(value=found, evidence=declared)


def firmwares(host: Now) -> Told[frozenset[str]]:
    """ESXi brings both; on Arm only UEFI."""
    arm = ("aarch64", "esxi") in (guests(host).value or ())
    source = "ESXi brings BIOS and UEFI for x86_64, UEFI for Arm"
    found = frozenset({"uefi"} if arm else {"bios", "uefi"})
    return Told(value=found, evidence=Evidence(kind="declared", source=source))


def secure_boot(host: Now) -> Told[bool]:
    """Since 6.5."""
    found = host["capability.uefiSecureBoot"]
    return host.unless_known(found if isinstance(found, bool) else None, "capability.uefiSecureBoot")


def trusted(host: Now) -> Told[TpmOffer]:
    """A virtual TPM lies encrypted on its store: the host needs a key provider."""
    state = host.words("runtime.cryptoState")
    if not state:
        return Told(said=host.why("runtime.cryptoState"), evidence=host.evidence)
    if state in ("safe", "prepared"):
        return host.tell(TpmOffer(models=frozenset({"vTPM"}), versions=frozenset({"2.0"})))
    return host.tell(TpmOffer(), f"its encryption is {state}")


def memory_free(host: Now) -> Told[int]:
    """Memory that nobody uses now."""
    whole, used = host["summary.hardware.memorySize"], host["summary.quickStats.overallMemoryUsage"]
    if not isinstance(whole, int) or not isinstance(used, int):
        return Told(said=host.why("summary.quickStats.overallMemoryUsage"), evidence=host.evidence)
    return host.tell(max(0, whole - used * MIB))


def vcpus_max(host: Now) -> Told[int]:
    """As many as it has logical processors, and no more than its release allows."""
    threads, most = host["summary.hardware.numCpuThreads"], host["capability.maxSupportedVcpus"]
    known = [each_ for each_ in (threads, most) if isinstance(each_, int) and each_ > 0]
    return host.unless_known(min(known, default=None), "summary.hardware.numCpuThreads")


def cpu_used(host: Now) -> float | None:
    """Percent of all its cores."""
    used: Any = host["summary.quickStats.overallCpuUsage"]
    mhz, cores = host["summary.hardware.cpuMhz"], host["summary.hardware.numCpuCores"]
    if not (isinstance(used, int) and isinstance(mhz, int) and isinstance(cores, int)) or mhz * cores <= 0:
        return None
    return min(100.0, 100.0 * used / (mhz * cores))
