"""What the demo fleet is made of: hosts, machines, stores, networks and the places of the tree. Plain data."""

from __future__ import annotations

import msgspec

from novatui.core.detail import Volume
from novatui.core.devices import Device
from novatui.core.inventory import Value
from novatui.core.snapshots import Snapshot
from novatui.core.states import Kind, Power
from novatui.core.tasks import TaskState
from novatui.core.vmspec import VmSpec

AWAY_FROM_SITE = -1
"""As `Machine.away`: it travels to a host of another connection."""

KIB, MIB, GIB, TIB = 2**10, 2**20, 2**30, 2**40


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the tree that only holds others: datacenter, folder, cluster, resource pool."""

    kind: Kind
    id: str
    name: str
    parent: str = ""
    values: dict[str, Value] = {}
    allocation: dict[str, str] = {}
    """Of a resource pool what somebody set of it: see `pools`."""
    automation: str = ""
    """Of a cluster what its balancer may do by itself; empty: there is none."""


class Host(msgspec.Struct, frozen=True, kw_only=True):
    at: int
    """Its number in the site, from 0."""
    id: str
    name: str
    parent: str = ""
    uuid: str = ""
    cpus: int
    cpu_model: str
    memory: int
    product: str
    vendor: str = ""
    maintenance: bool = False
    closing: bool = False
    """On its way into maintenance: it takes no more machines."""
    noise: int = 0
    """What its load curves are drawn from."""
    busy: float = 50.0
    """Percent of its processors that are in use on an average day."""
    numa_nodes: int = 2
    devices: tuple[Device, ...] = ()


class Store(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    parent: str = ""
    type: str
    capacity: int
    free: int
    shared: bool
    hosts: tuple[int, int] | None = None
    """Numbers of the hosts that reach it, from and up to but not including; None: all of them."""
    active: bool = True
    volumes: tuple[Volume, ...] | None = None
    """None: they follow from the machines whose disks lie here."""


class Net(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    parent: str = ""
    type: str
    bridge: str = ""
    vlan: str = ""
    hosts: tuple[int, int] | None = None
    """Numbers of the hosts that are plugged into it, as for stores."""
    active: bool = True
    address: str = ""
    """Address and prefix of the host on it, where it gives out addresses."""


class Disk(msgspec.Struct, frozen=True, gc=False):
    size: int
    store: int
    """Number of the store in the site."""
    thin: bool


class Nic(msgspec.Struct, frozen=True, gc=False):
    network: int
    """Number of the network in the site."""
    mac: str


class Load(msgspec.Struct, frozen=True, gc=False):
    """How hard a kind of machine works on an average day."""

    cpu: float
    """Percent of its vCPUs."""
    memory: float
    """Part of its memory that the guest uses, 0 to 1."""
    disk: float
    """Bytes per second, read and written."""
    net: float
    """Bytes per second, received and sent."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A virtual machine, container or template as it was set up; what it does now is in `life`."""

    number: int
    """Its number in the whole fleet."""
    kind: Kind
    id: str
    name: str
    uuid: str
    host: int
    """Number of its home host."""
    away: int | None = None
    """Number of the host it travels to, if its routine is to travel; AWAY_FROM_SITE: a host of another connection."""
    power: Power
    load: Load
    noise: int
    vcpus: int
    vcpus_max: int
    memory: int
    memory_max: int
    disks: tuple[Disk, ...] = ()
    nics: tuple[Nic, ...] = ()
    devices: tuple[str, ...] = ()
    """Ids of the host devices that it holds."""
    firmware: str = ""
    secure_boot: bool | None = None
    tpm: str = ""
    hardware: str = ""
    """Machine type or virtual hardware version."""
    autostart: bool = False
    tags: tuple[str, ...] = ()
    description: str = ""
    guest_os: str = ""
    iso: str = ""
    """Medium in its optical drive."""
    pins: tuple[tuple[int, str], ...] = ()
    """Processors of the host by virtual processor, where somebody pinned one."""
    flaw: str = ""
    """What goes wrong with it again and again, kept when it leaves its routine: `refused`, `snapshot-fails`."""
    kept: tuple[tuple[str, Machine], ...] = ()
    """By snapshot: the machine as it was when that was taken, where somebody took it by a call."""
    tools: bool = False
    """A guest agent answers when it runs."""
    started: float | None = None
    """Epoch second since which it runs, as long as nothing happens to it."""
    snapshots: tuple[Snapshot, ...] = ()
    routine: str = ""
    """What happens to it again and again; empty: nothing."""
    rests: float = 1.0
    """How many times as long as its story the circle of its routine is."""
    visitor: bool = False
    """Its home is another connection: it is here only while it travels."""
    spec: VmSpec | None = None
    """The whole of it, where a described world says more than the fields above."""


class Upkeep(msgspec.Struct, frozen=True, kw_only=True):
    """A host that was taken into maintenance by a call, or out of it."""

    number: int
    """Of the call."""
    host: int
    verb: str
    who: str
    began: float
    """World time."""
    leaving: int = 0
    """Machines that had to leave when it began."""
    gone: float | None = None
    """When the last of them has left if nobody steps in; None: one of them cannot."""
    moved: tuple[Machine, ...] = ()
    """Machines that were sent away, or are to be."""
    ended: float | None = None
    outcome: TaskState = TaskState.DONE
