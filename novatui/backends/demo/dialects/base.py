"""What the demo asks of a family: its ids, its tree, its words, and what it does not tell."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import msgspec

from novatui.backends.demo.dice import Dice
from novatui.backends.demo.life import Now
from novatui.backends.demo.shapes import GIB, TIB, Host, Machine, Net, Place, Store
from novatui.backends.demo.words import PROCESSORS
from novatui.config.demo import Site
from novatui.core.errors import Failure
from novatui.core.ids import Key, key
from novatui.core.migration import Fidelity
from novatui.core.states import Health, Kind, Power


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a site but its machines."""

    places: tuple[Place, ...] = ()
    hosts: tuple[Host, ...] = ()
    stores: tuple[Store, ...] = ()
    nets: tuple[Net, ...] = ()


class Star(msgspec.Struct, frozen=True, kw_only=True):
    """A machine with a part of its own in what the demo shows."""

    name: str
    tier: str
    site: str = ""
    """The one site where it plays; empty: wherever its family is."""
    routine: str = ""
    power: Power = Power.RUNNING
    vcpus: int = 0
    gib: int = 0
    cpu: float = 0
    """Percent of its vCPUs on an average day; 0: as its tier."""
    windows: bool = False
    gpu: bool = False
    """Holds a graphics device of its host."""
    vf: bool = False
    """Holds a virtual function of a network card."""
    snapshots: int = 0
    tags: tuple[str, ...] = ()


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """What a family is like, as data."""

    product: str
    version: str
    transport: str = "https"
    user: str = "novatui"
    period: float
    """Native period of its metrics, seconds."""
    look: float = 1.0
    """Seconds between two looks at what changed: short where the product pushes."""
    pushes: bool = True
    migration: Fidelity = Fidelity.PERCENT
    remembers: bool = True
    """It keeps events and ended tasks for those who come later."""
    archives: bool = False
    """It keeps means of its metrics for a month."""
    blind: frozenset[str] = frozenset()
    """Metrics that it never gives."""
    silent: frozenset[str] = frozenset()
    """Columns that it never fills."""
    mac: str
    """Beginning of the network addresses it gives out, three bytes."""
    types: dict[Kind, str]
    """Its own word for each kind of object."""
    states: dict[Power, str]
    """Its own word for each power state."""
    verbs: dict[str, str]
    """Its own name of what we call start, migrate, …; what has none does not happen there."""
    tasks: frozenset[str]
    """Verbs that become tasks one can watch."""
    percents: frozenset[str] = frozenset()
    """Verbs whose tasks state a percentage."""
    happenings: dict[str, str]
    """Its own event type for `verb` (it began), `verb.done` and `verb.failed`; others are not told."""
    hypervisor: str
    """What executes the machines."""
    disk_bus: str
    disk_target: str
    """Name of a disk, with `{number}` or `{letter}` in it."""
    disk_format: str
    disk_path: str
    """Where a disk lies, with `{store}`, `{vm}`, `{id}`, `{number}` in it."""
    nic_model: str
    gives_leases: bool = False
    """Its networks give out addresses, and tell which."""
    policies: tuple[tuple[str, str], ...] = ()
    """What its machines are subject to: name and value."""
    promises: tuple[tuple[str, str], ...] = ()
    """What its clusters do for their machines: name and value."""
    things_under_host: bool = True
    """Stores and networks of one host stand below it in the tree."""
    routines: tuple[str, ...]
    """What may happen again and again to its machines."""
    stars: tuple[Star, ...] = ()


class Dialect(ABC):
    """One family: its traits, and methods that make what is its own."""

    traits: ClassVar[Traits]

    def __init__(self, site: Site, seed: int) -> None:
        self.site = site
        self.seed = seed

    def dice(self, *words: object) -> Dice:
        """Draws of this site, named by words."""
        return Dice(self.seed, self.site.name, *words)

    @abstractmethod
    def layout(self) -> Layout:
        """Tree, hosts, stores and networks."""

    @abstractmethod
    def machine_id(self, kind: Kind, at: int, uuid: str) -> str:
        """The native id of a machine by its number in the site."""

    @abstractmethod
    def roof(self) -> tuple[Place, ...]:
        """The places above the hosts of a small site, from the top; none where the connection is the host."""

    @abstractmethod
    def described_id(self, kind: Kind, number: int, host: str, name: str, uuid: str) -> str:
        """The native id of a described host, store or network; `host` is the name of the host it belongs to."""

    @abstractmethod
    def hardware(self, windows: bool) -> str:
        """Machine type or virtual hardware version."""

    @abstractmethod
    def task_id(self, verb: str, machine: Machine, began: float, number: int, host: Host) -> str:
        """The native id of a task; `began` in epoch seconds, `number` unique in the life of the site."""

    @abstractmethod
    def failure(self, verb: str, machine: Machine, host: Host) -> Failure:
        """Why it did not work, in the product's own words."""

    def state(self, machine: Machine, now: Now) -> str:
        """Its state in the product's words; empty when it has none."""
        return self.traits.states.get(now.power, "")

    def parent(self, machine: Machine, host: Host | None) -> str:
        """Key of the object above a machine; `host` is where it is now, None when it is nowhere."""
        return key(Kind.HOST, host.id) if host else ""

    def snapshot_id(self, machine: str, number: int, name: str) -> str:
        """The native id of a snapshot of a machine with that uuid."""
        return Dice("snapshot", machine, number).uuid()

    def device_key(self, host: Host, device: str) -> str:
        """The id of a device, unique in the connection."""
        return f"{host.id}/{device}"

    def health(self, now: Now) -> str | None:
        """What the product says of a machine's condition; None when it says nothing."""
        if now.power is Power.UNKNOWN:
            return Health.UNKNOWN.value
        if now.power is Power.CRASHED:
            return Health.CRITICAL.value
        return (Health.WARNING if now.alarm else Health.OK).value

    def homeless(self, machine: Machine, power: Power) -> bool:
        """A machine in this state belongs to no host."""
        return False

    def tools(self, machine: Machine, running: bool) -> str | None:
        """State of the guest agent in the product's words; None when it does not tell."""
        return ("running" if running else "not running") if machine.tools else "not installed"

    # --- what most layouts share ------------------------------------------------------------------------------------

    def invent_host(self, at: int, native: str, name: str, parent: str, product: str) -> Host:
        """A believable host."""
        dice = self.dice("host", at)
        model, cpus = PROCESSORS[(self.seed + at // 4) % len(PROCESSORS)]
        return Host(
            at=at,
            id=native,
            name=name,
            parent=parent,
            uuid=dice.uuid(),
            cpus=cpus,
            cpu_model=model,
            memory=dice.pick((512, 768, 1024)) * GIB,
            product=product,
            noise=dice.below(2**30),
            busy=dice.between(28, 74),
            numa_nodes=2,
        )

    def invent_store(
        self, native: str, name: str, kind: str, parent: str, hosts: tuple[int, int] | None = None
    ) -> Store:
        """A believable store; one that a single host reaches is local and smaller."""
        dice = self.dice("store", native)
        shared = hosts is None or hosts[1] - hosts[0] > 1
        capacity = dice.between(8, 40) * TIB if shared else dice.between(1, 4) * TIB
        free = int(capacity * dice.between(6, 60) / 100)
        return Store(
            id=native, name=name, parent=parent, type=kind, capacity=capacity, free=free, shared=shared, hosts=hosts
        )


def place_key(place: Place) -> Key:
    return key(place.kind, place.id)
