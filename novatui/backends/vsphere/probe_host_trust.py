"""What a host offers for trust, processors and memory: secure boot, TPM, encryption, NUMA, nesting, reclaiming."""

from __future__ import annotations

from typing import Any

from novatui.backends.found import Found, Unanswered, declared, no, partly, yes
from novatui.backends.vsphere.probe_host_life import guests
from novatui.backends.vsphere.probe_survey import HostAnswers
from novatui.backends.vsphere.questions import Asked, short
from novatui.core.capabilities import Evidence

AFFINITY = declared("vSphere Web Services API: VirtualMachineConfigInfo.cpuAffinity, since 2.0")
RESERVATION = declared(
    "vSphere Web Services API: ResourceAllocationInfo.reservation, without which nothing is kept back for a machine"
)

SEV, TDX = "hardware.sevInfo.sevState", "hardware.tdxInfo.tdxState"
SEV_READY = frozenset({"initialized", "working"})
TDX_READY = "ready"

DRS = "configurationEx.drsConfig"

SALTED = frozenset({1, 2})
"""Mem.ShareForceSalting: 0 shares between all machines, 1 and 2 between those with the same salt."""


def secure_boot(host: HostAnswers) -> Found:
    """Guest systems with it, in what machines on this host can be like."""
    asked, told = guests(host, "supportsSecureBoot")
    able = sum(told.values())
    evidence = asked.quote(f"guestOSDescriptor[].supportsSecureBoot: true of {able} of {len(told)}")
    return yes(evidence, f"for {able} of {len(told)} guest systems that were asked about, with EFI firmware", "EFI")


def tpm(host: HostAnswers) -> Found:
    """Virtual TPMs: offered by the host, and kept by a key provider."""
    asked, told = guests(host, "supportsTPM20")
    evidence = asked.quote(f"guestOSDescriptor[].supportsTPM20: true of {sum(told.values())} of {len(told)}")
    if not host.survey.is_vcenter:
        kind = host.survey.service.quote("content.about.apiType")
        return no(kind, "a virtual TPM needs a vCenter with a key provider", "no vCenter", evidence)
    keys = host.survey.keys
    if not keys.need():
        return partly(keys, "no key provider is set up, and a virtual TPM needs one", "no keys", evidence)
    return yes(keys, "a key provider is set up", "2.0", evidence)


def memory_encryption(host: HostAnswers) -> Found:
    """SEV or TDX of the host, and what state it is in."""
    read, evidence = host.read, host.read.quote(SEV, TDX)
    read.need()
    sev, tdx = (None if path in read.unread else read.values.get(path) for path in (SEV, TDX))
    if sev in SEV_READY:
        return yes(evidence, "SEV-ES of its processors", "SEV-ES")
    if tdx == TDX_READY:
        return yes(evidence, "TDX of its processors", "TDX")
    if sev is not None or tdx is not None:
        return no(evidence, f"SEV is {sev or 'not there'}, TDX is {tdx or 'not there'}", "not ready")
    if SEV in read.unread:
        raise Unanswered(f"{SEV}: {read.unread[SEV]}", evidence)
    raise Unanswered("the server tells neither SEV nor TDX of it", evidence)


def cpu_pinning(host: HostAnswers) -> Found:
    """Declared; and whether DRS of the cluster moves machines by itself, with which it does not go together."""
    compute = host.compute
    if compute.ref.type != "ClusterComputeResource":
        return yes(AFFINITY, "of each machine, to processors of the host", "", host.read)
    told = compute.quote(f"{DRS}.enabled", f"{DRS}.defaultVmBehavior")
    if compute.get(f"{DRS}.enabled") is True and compute.get(f"{DRS}.defaultVmBehavior") == "fullyAutomated":
        return partly(AFFINITY, "not for machines that DRS moves by itself, as in this cluster", "not by DRS", told)
    return yes(AFFINITY, "of each machine, to processors of the host", "", told)


def numa(host: HostAnswers) -> Found:
    """Nodes of the host."""
    nodes, evidence = host.read.set("hardware.numaInfo.numNodes"), host.read.quote("hardware.numaInfo.numNodes")
    if not isinstance(nodes, int) or nodes < 1:  # 0 where the host does not tell
        raise Unanswered(f"the host tells {nodes} NUMA nodes", evidence)
    if nodes == 1:
        return no(evidence, f"{host.name} has one node: there is nothing to place", "1 node")
    return yes(evidence, "machines are kept on a node as far as they fit", f"{nodes} nodes")


def nested_virt(host: HostAnswers) -> Found:
    """`nestedHVSupported`."""
    evidence = host.read.quote("capability.nestedHVSupported")
    if host.read.truth("capability.nestedHVSupported"):
        return yes(evidence, "where it is switched on for the machine")
    return no(evidence, "its processors, or their firmware, do not allow it")


def overcommit(host: HostAnswers) -> Found:
    """Declared: no call tells it of a host."""
    del host
    return yes(RESERVATION, "as far as machines are not promised theirs by reservations")


def ballooning(host: HostAnswers) -> Found:
    """`Mem.CtlMaxPercent`: how much of a machine's memory its balloon may take."""
    value, asked = host.option("Mem.CtlMaxPercent")
    evidence = _option(asked, "Mem.CtlMaxPercent", value)
    if not value:
        return no(evidence, "balloons may take nothing on this host")
    return yes(evidence, f"up to {value} % of a machine's memory, with tools in the guest", f"to {value} %")


def huge_pages(host: HostAnswers) -> Found:
    """`Mem.AllocGuestLargePage`."""
    value, asked = host.option("Mem.AllocGuestLargePage")
    evidence = _option(asked, "Mem.AllocGuestLargePage", value)
    if not value:
        return no(evidence, "switched off on this host")
    return yes(evidence, "as long as the host has memory to spare", "2 MiB")


def memory_compression(host: HostAnswers) -> Found:
    """`Mem.MemZipEnable`."""
    value, asked = host.option("Mem.MemZipEnable")
    evidence = _option(asked, "Mem.MemZipEnable", value)
    return yes(evidence, "before the host swaps") if value else no(evidence, "switched off on this host")


def page_dedup(host: HostAnswers) -> Found:
    """`Mem.ShareForceSalting`, and whether pages are looked through at all."""
    rate, asked = host.option("Mem.ShareScanGHz")
    if not rate:
        return no(_option(asked, "Mem.ShareScanGHz", rate), "pages are not looked through on this host")
    salting, _ = host.option("Mem.ShareForceSalting")
    evidence = _option(asked, "Mem.ShareForceSalting", salting)
    if salting in SALTED:
        return partly(evidence, "inside a machine, and between machines with the same salt", "in one VM")
    return yes(evidence, "between all machines of the host", "between VMs")


def _option(asked: Asked, name: str, value: Any) -> Evidence:
    return asked.quote(f"{name} = {short(value)}")
