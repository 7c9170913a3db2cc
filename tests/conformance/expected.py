"""The world as every driver has to tell it: columns by machine, host, store and network."""

from __future__ import annotations

from collections.abc import Callable

from novatui.core.inventory import Value
from novatui.core.states import Power
from tests.conformance.world import Host, Network, Pool, Vm

MIB = 2**20

POWERS: dict[str, Power] = {
    "running": Power.RUNNING,
    "paused": Power.PAUSED,
    "off": Power.OFF,
    "saved": Power.SUSPENDED,
}
"""What a state of the world is in the model."""


def _disks(vm: Vm) -> int:
    return sum(disk.kind == "disk" for disk in vm.disk)


def _size(vm: Vm) -> int:
    return sum(disk.size_mib * MIB for disk in vm.disk if disk.kind == "disk")


MACHINE: dict[str, Callable[[Vm], Value]] = {
    "uuid": lambda vm: vm.uuid,
    "vcpus": lambda vm: vm.vcpus,
    "vcpus_max": lambda vm: vm.vcpu_limit,
    "memory": lambda vm: vm.memory_mib * MIB,
    "memory_max": lambda vm: vm.memory_limit_mib * MIB,
    "disks": _disks,
    "disk_size": _size,
    "nics": lambda vm: len(vm.nic),
    "passthrough": lambda vm: len(vm.device),
    "firmware": lambda vm: vm.firmware,
    "secure_boot": lambda vm: vm.secure_boot,
    "tpm": lambda vm: vm.tpm or "none",
    "autostart": lambda vm: vm.autostart,
    "tags": lambda vm: sorted(vm.tags),
    "snapshots": lambda vm: len(vm.snapshot),
    "snapshot_oldest": lambda vm: min((s.created.timestamp() for s in vm.snapshot), default=None),
}
"""Columns of a machine. Power has a test of its own; secure boot is asked of UEFI machines only."""

HOST: dict[str, Callable[[Host], Value]] = {
    "name": lambda host: host.name,
    "uuid": lambda host: host.uuid,
    "cpus": lambda host: host.cpus,
    "memory_total": lambda host: host.memory_mib * MIB,
    "cpu_model": lambda host: host.cpu_model,
}

STORE: dict[str, Callable[[Pool], Value]] = {
    "store_type": lambda pool: pool.kind,
    "capacity": lambda pool: pool.capacity_mib * MIB,
    "free": lambda pool: (pool.capacity_mib - pool.allocation_mib) * MIB,
    "active": lambda pool: pool.active,
}

NETWORK: dict[str, Callable[[Network], Value]] = {
    "net_type": lambda network: network.kind,
    "bridge": lambda network: network.bridge,
    "vlan": lambda network: "" if network.vlan is None else str(network.vlan),
    "active": lambda network: network.active,
}
