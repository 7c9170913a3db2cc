"""Loads the seeded world: `load()` gives world.toml as frozen dataclasses. Keys are explained in world.toml.

Standard library only, so that a lab can be run by a bare Python.
"""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

WORLD_FILE = Path(__file__).with_name("world.toml")

Only = Mapping[str, Mapping[str, Any]]


class WorldError(Exception):
    """The file does not describe a world; the text says where."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One NUMA node, of a host or of a machine."""

    id: int
    cpus: str
    memory_mib: int


@dataclass(frozen=True, kw_only=True)
class Network:
    name: str
    uuid: str
    kind: str
    bridge: str = ""
    vlan: int | None = None
    address: str = ""
    active: bool = True
    autostart: bool = False
    only: Only = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Volume:
    name: str
    format: str
    capacity_mib: int
    allocation_mib: int


@dataclass(frozen=True, kw_only=True)
class Pool:
    name: str
    uuid: str
    kind: str
    path: str
    capacity_mib: int
    active: bool = True
    autostart: bool = False
    volume: tuple[Volume, ...] = ()
    only: Only = field(default_factory=dict)

    @property
    def allocation_mib(self) -> int:
        return sum(volume.allocation_mib for volume in self.volume)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A type of mediated device that a GPU offers."""

    id: str
    name: str
    api: str
    available: int


@dataclass(frozen=True, kw_only=True)
class PciDevice:
    address: str
    class_: str
    vendor: str
    vendor_id: str
    product: str
    product_id: str
    driver: str = ""
    iommu_group: int | None = None
    numa_node: int | None = None
    interface: str = ""
    mac: str = ""
    max_functions: int = 0
    functions: tuple[str, ...] = ()
    parent_function: str = ""
    profile: tuple[Profile, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Mediated:
    uuid: str
    parent: str
    profile: str
    iommu_group: int | None = None


@dataclass(frozen=True, kw_only=True)
class Host:
    name: str
    uuid: str
    vendor: str
    model: str
    cpu_model: str
    cpu_mhz: int
    sockets: int
    cores: int
    threads: int
    memory_mib: int
    cell: tuple[Cell, ...] = ()
    network: tuple[Network, ...] = ()
    pool: tuple[Pool, ...] = ()
    device: tuple[PciDevice, ...] = ()
    mediated: tuple[Mediated, ...] = ()
    only: Only = field(default_factory=dict)

    @property
    def cpus(self) -> int:
        """Logical processors."""
        return self.sockets * self.cores * self.threads

    def find_pool(self, name: str) -> Pool:
        return next(pool for pool in self.pool if pool.name == name)

    def find_network(self, name: str) -> Network:
        return next(network for network in self.network if network.name == name)


@dataclass(frozen=True, kw_only=True)
class Topology:
    sockets: int
    dies: int = 1
    cores: int
    threads: int


@dataclass(frozen=True, kw_only=True)
class Feature:
    name: str
    policy: str


@dataclass(frozen=True, kw_only=True)
class Cpu:
    mode: str
    model: str = ""
    features: tuple[Feature, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HotAdd:
    """Memory that can be plugged in beyond the balloon's limit."""

    slots: int
    limit_mib: int


@dataclass(frozen=True, kw_only=True)
class Pin:
    vcpu: int
    cpus: str


@dataclass(frozen=True, kw_only=True)
class Disk:
    target: str
    bus: str
    pool: str
    volume: str
    format: str
    size_mib: int
    kind: str = "disk"
    cache: str = ""
    io: str = ""
    discard: str = ""
    queues: int | None = None
    read_only: bool = False
    serial: str = ""


@dataclass(frozen=True, kw_only=True)
class Nic:
    mac: str
    network: str
    model: str
    vlan: int | None = None
    queues: int | None = None
    connected: bool = True


@dataclass(frozen=True, kw_only=True)
class PassedThrough:
    kind: str
    address: str = ""
    uuid: str = ""


@dataclass(frozen=True, kw_only=True)
class Graphics:
    kind: str
    listen: str = ""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    name: str
    state: str
    created: datetime
    parent: str = ""
    current: bool = False
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Vm:
    host: str
    name: str
    uuid: str
    state: str
    vcpus: int
    memory_mib: int
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    autostart: bool = False
    guest_os: str = ""
    firmware: str = "bios"
    secure_boot: bool = False
    tpm: str = ""
    vcpus_max: int = 0
    memory_max_mib: int = 0
    hot_add: HotAdd | None = None
    hugepages_kib: int | None = None
    topology: Topology | None = None
    cpu: Cpu | None = None
    cell: tuple[Cell, ...] = ()
    pin: tuple[Pin, ...] = ()
    disk: tuple[Disk, ...] = ()
    nic: tuple[Nic, ...] = ()
    device: tuple[PassedThrough, ...] = ()
    graphics: tuple[Graphics, ...] = ()
    snapshot: tuple[Snapshot, ...] = ()
    only: Only = field(default_factory=dict)

    @property
    def vcpu_limit(self) -> int:
        """Most vCPUs the machine can be given while it runs."""
        return self.vcpus_max or self.vcpus

    @property
    def memory_limit_mib(self) -> int:
        """Most memory the balloon can give the machine; what it was started with."""
        return self.memory_max_mib or self.memory_mib


@dataclass(frozen=True, kw_only=True)
class World:
    seed: int
    epoch: datetime
    host: tuple[Host, ...]
    vm: tuple[Vm, ...]

    def find_host(self, name: str) -> Host:
        return next(host for host in self.host if host.name == name)

    def vms_of(self, host: str) -> tuple[Vm, ...]:
        return tuple(vm for vm in self.vm if vm.host == host)


def load(file: Path = WORLD_FILE) -> World:
    """Read a world; WorldError names the place of an unknown key, a wrong type or a reference to nothing."""
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    merged = {**data.pop("world", {}), **data}
    world: World = _build(World, merged, file.name)
    _check_references(world)
    return world


def _build(kind: type[Any], data: Mapping[str, Any], where: str) -> Any:
    """An instance of a dataclass from a table; a key that is a Python keyword has an underscore behind it in Python."""
    types_of = typing.get_type_hints(kind)
    values = {(f"{key}_" if key == "class" else key): value for key, value in data.items()}
    if unknown := values.keys() - types_of.keys():
        raise WorldError(f"{where}: unknown key {', '.join(sorted(unknown))}")
    needed = {f.name for f in dataclasses.fields(kind) if _has_no_default(f)}
    if missing := needed - values.keys():
        raise WorldError(f"{where}: no {', '.join(sorted(missing))}")
    return kind(**{key: _convert(types_of[key], value, f"{where}.{key}") for key, value in values.items()})


def _has_no_default(described: dataclasses.Field[Any]) -> bool:
    return described.default is dataclasses.MISSING and described.default_factory is dataclasses.MISSING


def _convert(wanted: Any, value: Any, where: str) -> Any:
    if isinstance(wanted, types.UnionType):
        wanted = next(part for part in wanted.__args__ if part is not types.NoneType)
    if dataclasses.is_dataclass(wanted) and isinstance(value, dict):
        return _build(typing.cast(type[Any], wanted), value, where)
    origin = typing.get_origin(wanted) or wanted
    if origin is tuple and isinstance(value, list):
        item = typing.get_args(wanted)[0]
        return tuple(_convert(item, part, f"{where}[{at}]") for at, part in enumerate(value))
    if type(value) is origin or (origin is Mapping and isinstance(value, dict)) or isinstance(value, origin):
        return value
    raise WorldError(f"{where}: {value!r} is not {wanted}")


def _check_references(world: World) -> None:
    hosts = {host.name: host for host in world.host}
    for vm in world.vm:
        if vm.host not in hosts:
            raise WorldError(f"{vm.name}: no host {vm.host}")
        host = hosts[vm.host]
        volumes = {(pool.name, volume.name) for pool in host.pool for volume in pool.volume}
        devices = {device.address for device in host.device} | {device.uuid for device in host.mediated}
        snapshots = {snapshot.name for snapshot in vm.snapshot} | {""}
        wrong = [
            *(disk.volume for disk in vm.disk if (disk.pool, disk.volume) not in volumes),
            *(nic.network for nic in vm.nic if nic.network not in {network.name for network in host.network}),
            *(device.address or device.uuid for device in vm.device if (device.address or device.uuid) not in devices),
            *(snapshot.parent for snapshot in vm.snapshot if snapshot.parent not in snapshots),
        ]
        if wrong:
            raise WorldError(f"{vm.name}: refers to nothing: {', '.join(wrong)}")
