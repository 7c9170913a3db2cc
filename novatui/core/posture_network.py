"""Rules about what travels on networks: isolation of interfaces, their addresses, and disks that are elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.core.posture import HostFacts, Level, MachineFacts, Verdict, unknown
from novatui.core.posture_devices import disks_of, nic_name
from novatui.core.vmspec import DiskSpec, NicSpec

APART = frozenset({"isolated", "nat", "route", "open"})
"""Kinds of network that only machines of the host are on."""

PLAIN = frozenset({"nbd", "http", "ftp", "tftp", "iscsi", "gluster", "sheepdog", "nfs", "vxhs"})
"""Protocols of disks that are plain text unless TLS is switched on."""

ENCRYPTED = frozenset({"https", "ftps", "ssh"})

_VLAN_MOST = 4094


def vlan(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    for nic in machine.vm.nics:
        yield _isolation(nic, machine, host)
    if not machine.vm.nics:
        yield Verdict(level=Level.OK, reason="it has no interface", evidence=(machine.evidence,))


def _isolation(nic: NicSpec, machine: MachineFacts, host: HostFacts) -> Verdict:
    name, given = nic_name(nic), {"mac": nic.mac or "its address", "source": nic.source or "its network"}
    evidence = (machine.evidence, host.networks.evidence)
    networks = host.networks.value or {}
    plugged = networks.get(nic.source) or networks.get(nic.source.partition("/")[0])
    tag = nic.vlan or (plugged.vlan if plugged is not None else "")
    if nic.vlan_trunk or (tag and _is_trunk(tag)):
        reason = f"a trunk: the guest is on every VLAN of {tag}"
        return Verdict(level=Level.WARNING, reason=reason, subject=name, given=given, evidence=evidence)
    if tag:
        return Verdict(level=Level.OK, reason=f"VLAN {tag}", subject=name, evidence=evidence)
    if nic.isolated:
        reason = "kept apart from other ports of its bridge"
        return Verdict(level=Level.OK, reason=reason, subject=name, evidence=evidence)
    if nic.type == "user":
        reason = "behind QEMU's own address translation"
        return Verdict(level=Level.OK, reason=reason, subject=name, evidence=(machine.evidence,))
    if nic.type == "network" and host.networks.value is None:
        return unknown(f"what {nic.source or 'its network'} is like", host.networks, name)
    if nic.type == "network" and plugged is None:
        reason = f"the host tells of no network {nic.source or '?'}"
        return Verdict(level=Level.UNKNOWN, reason=reason, subject=name, evidence=evidence)
    if plugged is not None and plugged.kind in APART:
        reason = f"{nic.source} is a network of the host's own ({plugged.kind})"
        return Verdict(level=Level.OK, reason=reason, subject=name, evidence=evidence)
    reason = f"no VLAN: it is on {nic.source or 'its bridge'} with everything else there"
    return Verdict(level=Level.ADVICE, reason=reason, subject=name, given=given, evidence=evidence)


def _is_trunk(tag: str) -> bool:
    """4095 is VMware's word for all of them; several numbers or a range are several."""
    return not tag.isdecimal() or int(tag) > _VLAN_MOST


def nic_filter(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    del host
    open_ones = [nic for nic in machine.vm.nics if not nic.filter and nic.type not in {"user", "hostdev", "vdpa"}]
    evidence = (machine.evidence,)
    for nic in open_ones:
        reason = "no filter: it can speak with any address, also its neighbours'"
        given = {"mac": nic.mac or "its address", "source": nic.source or "its network"}
        yield Verdict(level=Level.ADVICE, reason=reason, subject=nic_name(nic), given=given, evidence=evidence)
    if not open_ones:
        reason = "its interfaces are filtered" if machine.vm.nics else "it has no interface"
        yield Verdict(level=Level.OK, reason=reason, evidence=evidence)


def disk_transport(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    del host
    remote = [disk for disk in disks_of(machine) if disk.source_type == "network"]
    for disk in remote:
        yield _way(disk, machine)
    if not remote:
        reason = "QEMU reaches none of its disks over a network"
        yield Verdict(level=Level.OK, reason=reason, evidence=(machine.evidence,))


def _way(disk: DiskSpec, machine: MachineFacts) -> Verdict:
    protocol, _, rest = disk.source.partition(":")
    place = rest.partition("@")[2]
    evidence = (machine.evidence,)
    if place.startswith("/"):
        return Verdict(level=Level.OK, reason="over a socket of the host", subject=disk.target, evidence=evidence)
    if disk.tls or protocol in ENCRYPTED:
        return Verdict(level=Level.OK, reason=f"{protocol}, encrypted", subject=disk.target, evidence=evidence)
    if protocol in PLAIN:
        reason = f"{protocol} without TLS: what is read and written can be read on the way"
        given = {"target": disk.target, "protocol": protocol}
        return Verdict(level=Level.ADVICE, reason=reason, subject=disk.target, given=given, evidence=evidence)
    reason = f"whether {protocol or 'the way there'} is encrypted is not told"
    return Verdict(level=Level.UNKNOWN, reason=reason, subject=disk.target, evidence=evidence)
