"""A described world in a TOML file, as typed data. Sizes end in _mib or _kib; what a key means is told in the file."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path

import msgspec

from novatui.core.errors import BackendFault, Unreachable


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A NUMA node."""

    id: int
    cpus: str = ""
    memory_mib: int = 0


class Network(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    uuid: str
    kind: str
    bridge: str = ""
    vlan: int | None = None
    address: str = ""
    active: bool = True


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    format: str
    capacity_mib: int
    allocation_mib: int


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    uuid: str
    kind: str
    path: str = ""
    capacity_mib: int
    active: bool = True
    volume: tuple[Volume, ...] = ()


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A type of mediated device."""

    id: str
    name: str = ""
    available: int | None = None


class PciDevice(msgspec.Struct, frozen=True, kw_only=True, rename={"device_class": "class"}):
    address: str
    device_class: str
    vendor: str = ""
    product: str = ""
    driver: str = ""
    iommu_group: int | None = None
    numa_node: int | None = None
    interface: str = ""
    max_functions: int = 0
    functions: tuple[str, ...] = ()
    parent_function: str = ""
    profile: tuple[Profile, ...] = ()


class Mediated(msgspec.Struct, frozen=True, kw_only=True):
    uuid: str
    parent: str
    profile: str
    iommu_group: int | None = None


class WorldHost(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    uuid: str
    vendor: str = ""
    model: str = ""
    cpu_model: str
    sockets: int
    cores: int
    threads: int
    memory_mib: int
    cell: tuple[Cell, ...] = ()
    network: tuple[Network, ...] = ()
    pool: tuple[Pool, ...] = ()
    device: tuple[PciDevice, ...] = ()
    mediated: tuple[Mediated, ...] = ()


class Topology(msgspec.Struct, frozen=True, kw_only=True):
    sockets: int
    dies: int = 1
    cores: int
    threads: int = 1


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    policy: str


class Cpu(msgspec.Struct, frozen=True, kw_only=True):
    mode: str
    model: str = ""
    features: tuple[Feature, ...] = ()


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    vcpu: int
    cpus: str


class WorldDisk(msgspec.Struct, frozen=True, kw_only=True):
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


class WorldNic(msgspec.Struct, frozen=True, kw_only=True):
    mac: str
    network: str
    model: str
    vlan: int | None = None
    queues: int | None = None
    connected: bool = True


class PassedThrough(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    address: str = ""
    uuid: str = ""


class Graphics(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    listen: str = ""


class WorldSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    state: str
    created: datetime
    parent: str = ""
    current: bool = False
    description: str = ""


class HotAdd(msgspec.Struct, frozen=True, kw_only=True):
    """Memory that can be plugged in."""

    slots: int
    limit_mib: int


class WorldVm(msgspec.Struct, frozen=True, kw_only=True):
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
    disk: tuple[WorldDisk, ...] = ()
    nic: tuple[WorldNic, ...] = ()
    device: tuple[PassedThrough, ...] = ()
    graphics: tuple[Graphics, ...] = ()
    snapshot: tuple[WorldSnapshot, ...] = ()


class WorldTask(msgspec.Struct, frozen=True, kw_only=True):
    """Work that is under way in the world: the demo's own addition to the format."""

    vm: str
    """uuid of the machine."""
    verb: str
    began: datetime
    takes: float
    """Seconds."""


class World(msgspec.Struct, frozen=True, kw_only=True):
    host: tuple[WorldHost, ...]
    vm: tuple[WorldVm, ...] = ()
    task: tuple[WorldTask, ...] = ()


def read_world(file: Path) -> World:
    """Read a world. Unreachable when there is no such file, BackendFault when it describes no world."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise Unreachable(
            f"the world {file} cannot be read",
            meaning="the demo serves what this file describes",
            native=str(error),
        ) from None
    try:
        return msgspec.convert(tomllib.loads(text), World)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise BackendFault(f"{file} describes no world", native=str(error)) from None
