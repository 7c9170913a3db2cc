"""What a host can give to machines: graphics cards, virtual functions, NVMe; and how its networks are driven."""

from __future__ import annotations

from typing import Any

from novatui.backends.found import Found, Unanswered, declared, no, partly, yes
from novatui.backends.vsphere.fields import each, listed, number, truth, type_of, words
from novatui.backends.vsphere.probe_survey import HostAnswers
from novatui.backends.vsphere.questions import short
from novatui.core.capabilities import Evidence

DISPLAY = 0x03
"""PCI base class."""

NVME = "VirtualNVMEControllerOption"
PASSTHROUGH = "config.pciPassthruInfo"
SHARED = "config.sharedPassthruGpuTypes"
SWITCHES = "config.network.proxySwitch"

QUEUES = declared("vSphere Web Services API: VirtualVmxnet3, whose guest driver takes a queue for each vCPU")


def base_class(device: dict[str, Any]) -> int:
    """PCI base class; the server counts the 16 bits of classId with a sign."""
    return (number(device, "classId") or 0) >> 8 & 0xFF


def gpu_passthrough(host: HostAnswers) -> Found:
    """Graphics cards that are active for passthrough, and profiles of shared ones."""
    cards = [one for one in host.devices if base_class(one) == DISPLAY]
    shared = [] if SHARED in host.read.unread else listed(host.read.get(SHARED), "")
    profiles = host.read.quote(SHARED)
    active = [one for one in cards if truth(one, "passthrough.passthruActive")]
    capable = [one for one in cards if truth(one, "passthrough.passthruCapable")]
    evidence = _of(host, cards)
    if shared:
        return yes(profiles, f"vGPU profiles {', '.join(shared[:4])}", f"{len(shared)} profiles", evidence)
    if active:
        return yes(
            evidence, f"{', '.join(map(called, active))}: active for passthrough", f"{len(active)} active", profiles
        )
    if capable:
        why = f"{', '.join(map(called, capable))}: passthrough is not switched on"
        return partly(evidence, why, "not active", profiles)
    if cards:
        return no(evidence, f"{', '.join(map(called, cards))}: not fit for passthrough", "not fit", profiles)
    return no(evidence, f"{host.name} has no graphics card", "none", profiles)


def called(device: dict[str, Any]) -> str:
    """`0000:3b:00.0 Tesla T4`."""
    return " ".join(filter(None, (words(device, "id"), words(device, "deviceName"))))


def _of(host: HostAnswers, devices: list[dict[str, Any]]) -> Evidence:
    told = [
        f"{called(one)}: capable {short(truth(one, 'passthrough.passthruCapable'))}, "
        f"active {short(truth(one, 'passthrough.passthruActive'))}"
        for one in devices
    ]
    return host.read.quote(PASSTHROUGH, said="; ".join(told) or f"none of {len(host.devices)} PCI devices")


def sriov(host: HostAnswers) -> Found:
    """HostSriovInfo of its devices."""
    ports = [one for one in each(host.read.set(PASSTHROUGH)) if type_of(one) == "HostSriovInfo"]
    capable = [one for one in ports if truth(one, "sriovCapable")]
    active = [one for one in capable if truth(one, "sriovActive")]
    said = "; ".join(
        f"{words(one, 'id')}: {words(one, 'numVirtualFunction')} of {words(one, 'maxVirtualFunctionSupported')} made"
        for one in capable
    )
    evidence = host.read.quote(PASSTHROUGH, said=said or "no HostSriovInfo with sriovCapable")
    if not capable:
        return no(evidence, f"{host.name} has no device with virtual functions", "none")
    made = sum(number(one, "numVirtualFunction") or 0 for one in active)
    most = sum(number(one, "maxVirtualFunctionSupported") or 0 for one in capable)
    if not made:
        return partly(evidence, "no virtual functions until their number is set", f"0/{most} made")
    return yes(evidence, f"{made} virtual functions of {len(active)} devices", f"{made}/{most} made")


def nvme(host: HostAnswers) -> Found:
    """A VirtualNVMEController among what machines on it can have."""
    asked, option = host.config_option()
    offered = [type_of(one) for one in each(option, "hardwareOptions.virtualDeviceOption")]
    if not offered:
        why = "the server does not tell which devices machines on it can have"
        raise Unanswered(why, asked.quote("hardwareOptions.virtualDeviceOption: not set"))
    if NVME not in offered:
        evidence = asked.quote(f"virtualDeviceOption: {len(offered)} devices, no {NVME}")
        return no(evidence, "machines on it can have no NVMe controller")
    return yes(asked.quote(f"virtualDeviceOption: {NVME}, {words(option, 'version')}"), "", "emulated")


def dpdk(host: HostAnswers) -> Found:
    """`ensEnabled` of its distributed switches: the enhanced data path polls, as DPDK does."""
    switches = each(host.read.get(SWITCHES))
    told = {words(one, "dvsName"): truth(one, "ensEnabled") for one in switches}
    evidence = host.read.quote(
        SWITCHES, said="; ".join(f"{name}: ensEnabled = {short(on)}" for name, on in told.items())
    )
    fast = [name for name, on in told.items() if on]
    if fast:
        return yes(evidence, f"enhanced data path of {', '.join(fast)}", "enhanced")
    if not told:
        empty = host.read.quote(SWITCHES, said=f"{SWITCHES}: none")
        return no(empty, "it has no distributed switch, and standard switches have no enhanced data path")
    if None in told.values():
        raise Unanswered("the server does not tell whether its switches have the enhanced data path", evidence)
    return no(evidence, f"{', '.join(told)}: the enhanced data path is off")


def multiqueue(host: HostAnswers) -> Found:
    """Declared: no call tells it."""
    del host
    return yes(QUEUES, "of vmxnet3, with a guest driver that uses them", "vmxnet3")


def offloads(host: HostAnswers) -> Found:
    """HostNetOffloadCapabilities."""
    paths = ("config.offloadCapabilities.csumOffload", "config.offloadCapabilities.tcpSegmentation")
    checksums, segments = (host.read.truth(path) for path in paths)
    evidence = host.read.quote(*paths)
    if checksums and segments:
        return yes(evidence, "checksums and segmentation", "checksum, TSO")
    if not checksums and not segments:
        return no(evidence, "neither checksums nor segmentation")
    return partly(evidence, "checksums only" if checksums else "segmentation only", "one of two")
