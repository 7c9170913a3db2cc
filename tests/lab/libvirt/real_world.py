"""The seeded world defined on a real rootless host: what QEMU's driver makes of the same machines.

It says what the mock driver cannot (autostart, an inactive network), and lacks what a small unprivileged machine cannot
give: every machine is off; NAT and isolated networks cannot be started; a pool is as big as its file system, and its
volumes take no space; without swtpm there is no TPM.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

from tests.conformance.world import Network, Pool, Snapshot, Vm, World
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.domain_xml import domain_xml
from tests.lab.libvirt.host_xml import network_xml, pool_xml, volume_xml
from tests.lab.missing import LabUnavailable, program

SNAPSHOT_STATES = {"running": "running", "paused": "paused", "off": "shutoff"}


def define_world(host: LibvirtHost, world: World, name: str) -> World:
    """Define everything that the world says of its host `name`; returns the world as this host can have it."""
    wanted = world.find_host(name)
    for network in wanted.network:
        _define_network(host, network)
    for pool in wanted.pool:
        _define_pool(host, pool)
    machines = tuple(_possible(vm) for vm in world.vms_of(name))
    for vm in machines:
        _define_machine(host, vm)
    networks = tuple(replace(network, active=_can_start(network)) for network in wanted.network)
    return replace(world, host=(replace(wanted, network=networks),), vm=machines)


def _possible(vm: Vm) -> Vm:
    try:
        program("swtpm")
    except LabUnavailable:
        vm = replace(vm, tpm="")
    return replace(vm, state="off")


def _define_network(host: LibvirtHost, network: Network) -> None:
    host.define(network_xml(network), "net-define")
    if _can_start(network):
        host.virsh("net-start", network.name)
    if network.autostart:
        host.virsh("net-autostart", network.name)


def _can_start(network: Network) -> bool:
    """A bridge that is there already needs no privilege (and its absence is not looked at)."""
    return network.active and network.kind == "bridge"


def _define_pool(host: LibvirtHost, pool: Pool) -> None:
    folder = _folder(host, pool.name)
    host.define(pool_xml(pool, str(folder)), "pool-define")
    host.virsh("pool-build", pool.name)
    host.virsh("pool-start", pool.name)
    if pool.autostart:
        host.virsh("pool-autostart", pool.name)
    for volume in pool.volume:
        host.define(volume_xml(replace(volume, allocation_mib=0), str(folder / volume.name)), "vol-create", pool.name)


def _define_machine(host: LibvirtHost, vm: Vm) -> None:
    plain = domain_xml(vm, "qemu", lambda pool, volume: str(_folder(host, pool) / volume))
    host.define(plain)
    if vm.autostart:
        host.virsh("autostart", vm.uuid)
    for snapshot in vm.snapshot:
        current = ["--current"] if snapshot.current else []
        host.define(_snapshot_xml(snapshot, vm, plain), "snapshot-create", "--redefine", *current, vm.uuid)


def _snapshot_xml(snapshot: Snapshot, vm: Vm, domain: str) -> str:
    """An internal snapshot that is only known, not on the disks."""
    memory = "no" if snapshot.state == "off" else "internal"
    disks = "".join(f"<disk name='{disk.target}' snapshot='internal'/>" for disk in vm.disk if disk.kind == "disk")
    return (
        f"<domainsnapshot><name>{escape(snapshot.name)}</name><description>{escape(snapshot.description)}</description>"
        + (f"<parent><name>{escape(snapshot.parent)}</name></parent>" if snapshot.parent else "")
        + f"<state>{SNAPSHOT_STATES[snapshot.state]}</state>"
        f"<creationTime>{int(snapshot.created.timestamp())}</creationTime>"
        f"<memory snapshot='{memory}'/><disks>{disks}</disks>{domain}</domainsnapshot>"
    )


def _folder(host: LibvirtHost, pool: str) -> Path:
    return host.images / pool
