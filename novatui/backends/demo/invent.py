"""Invents a site: the layout of its family, and machines with names, sizes, snapshots and parts to play."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from novatui.backends.demo.clock import DAY
from novatui.backends.demo.devices import devices_of, free_device
from novatui.backends.demo.dialects.base import Dialect, Star
from novatui.backends.demo.dice import Dice
from novatui.backends.demo.estate import Estate
from novatui.backends.demo.shapes import AWAY_FROM_SITE, GIB, Disk, Host, Load, Machine, Nic
from novatui.backends.demo.words import (
    HOSTILE,
    LINUX,
    NOTES,
    SNAPSHOT_NAMES,
    TEAMS,
    TIERS,
    WINDOWS,
    Tier,
    machine_name,
)
from novatui.core.ids import key
from novatui.core.snapshots import Snapshot
from novatui.core.states import Family, Kind, Power

LIVELY = 48
"""Machines of one site that have a routine, at most: what bounds the rate of events."""

RESTS = 2.5
"""How much more seldom something happens to ordinary machines than to those that have a part to play."""

CONTAINER_ROUTINES = frozenset({"recycle", "reboot", "snapshot", "backup"})
TIER = {tier.name: tier for tier in TIERS}
SMALL_FLEET = 20
"""Below so many machines there is no room for extras: machines are exactly as many as asked for."""


class Inventor:
    """Makes up one site; the same seed makes the same site."""

    def __init__(self, dialect: Dialect, *, today: float, peers: bool, hostile: bool) -> None:
        self._dialect = dialect
        self._site = dialect.site
        self._today = today
        self._peers = peers
        self._hostile = hostile
        family = self._site.family
        layout = dialect.layout()
        hosts = tuple(msgspec.structs.replace(host, devices=devices_of(host, family)) for host in layout.hosts)
        self._layout = msgspec.structs.replace(layout, hosts=hosts)
        self._open = [host for host in hosts if not host.maintenance] or list(hosts)
        self._neighbours: dict[str, list[Host]] = defaultdict(list)
        for host in self._open:
            self._neighbours[host.parent].append(host)
        self._stores = [_reached(host, layout.stores) for host in hosts]
        self._nets = [_reached(host, layout.nets) for host in hosts]
        self._cast_here = [star for star in dialect.traits.stars if star.site in ("", self._site.name)]
        self._taken: dict[int, set[str]] = defaultdict(set)

    def estate(self) -> Estate:
        """The whole site."""
        machines = [*self._machines(), *self._templates(), *self._clones()]
        holders = {(m.host, device): key(m.kind, m.id) for m in machines for device in m.devices}
        hosts = tuple(
            msgspec.structs.replace(
                host,
                devices=tuple(
                    msgspec.structs.replace(d, holder=holder) if (holder := holders.get((host.at, d.id))) else d
                    for d in host.devices
                ),
            )
            for host in self._layout.hosts
        )
        return Estate(self._dialect, msgspec.structs.replace(self._layout, hosts=hosts), machines)

    def _machines(self) -> Iterator[Machine]:
        cast = [star for star in self._cast_here if star.routine != "clone"]
        step = max(4, self._site.vms // LIVELY)
        routines = self._dialect.traits.routines
        for at in range(self._site.vms):
            if at < len(cast):
                yield self._star(at, cast[at])
                continue
            routine = routines[at // step % len(routines)] if at % step == step - 1 else ""
            yield self._ordinary(at, routine)

    def _clones(self) -> Iterator[Machine]:
        """Machines that come and go, beside the number that was asked for."""
        if self._site.vms < SMALL_FLEET:
            return
        for nth, star in enumerate(star for star in self._cast_here if star.routine == "clone"):
            yield self._star(self._site.vms + self._template_count() + nth, star)

    def _templates(self) -> Iterator[Machine]:
        for nth in range(self._template_count()):
            made = self._ordinary(self._site.vms + nth, "", Kind.TEMPLATE)
            system = made.guest_os or "debian12"
            yield msgspec.structs.replace(
                made, name=f"tmpl-{system}-{nth + 1}", snapshots=(), power=Power.OFF, started=None, devices=()
            )

    def _template_count(self) -> int:
        if self._site.family is Family.LIBVIRT or self._site.vms < SMALL_FLEET:
            return 0
        return max(2, self._site.vms // 100)

    def _star(self, at: int, star: Star) -> Machine:
        dice = self._dialect.dice("star", star.name)
        tier = TIER[star.tier]
        host = self._open[(6 + at // 2) % len(self._open)]
        made = self._machine(at, Kind.VM, star.name, tier, host, dice, star.windows)
        load = Load(star.cpu or tier.load.cpu, tier.load.memory, tier.load.disk, tier.load.net)
        memory = star.gib * GIB or made.memory
        made = msgspec.structs.replace(
            made,
            power=star.power,
            load=load,
            vcpus=star.vcpus or made.vcpus,
            vcpus_max=max(star.vcpus, made.vcpus) * 2,
            memory=memory,
            memory_max=memory * 2,
            tags=star.tags,
            tools=True,
            snapshots=self._snapshots(made.uuid, dice, star.snapshots) if star.snapshots else (),
            devices=self._devices(host, ("gpu",) * star.gpu + ("vf",) * star.vf),
            started=made.started if star.power is Power.RUNNING else None,
        )
        return self._cast(made, star.routine, dice)

    def _ordinary(self, at: int, routine: str, kind: Kind | None = None) -> Machine:
        number = self._site.first + at
        dice = Dice(self._dialect.seed, self._site.name, at)
        name, tier = machine_name(number, self._dialect.seed)
        if self._hostile and at % 7 == 6:
            name = HOSTILE[at // 7 % len(HOSTILE)] + (f" {at}" if at >= 7 * len(HOSTILE) else "")
        if kind is None:
            container = self._site.family is Family.PROXMOX and not tier.windows and dice.chance(35)
            kind = Kind.CONTAINER if container else Kind.VM
        host = self._open[dice.below(len(self._open))]
        made = self._machine(at, kind, name, tier, host, dice, tier.windows)
        if kind is Kind.CONTAINER and routine not in CONTAINER_ROUTINES:
            routine = "reboot" if routine else ""
        if routine:
            made = msgspec.structs.replace(made, power=Power.RUNNING, devices=(), rests=RESTS)
            return self._cast(made, routine, dice)
        return made

    def _cast(self, machine: Machine, routine: str, dice: Dice) -> Machine:
        """The machine with its routine, if it can play it; travellers get a way to go."""
        if routine in ("travel", "stall"):
            others = [h.at for h in self._neighbours[self._layout.hosts[machine.host].parent] if h.at != machine.host]
            if self._peers:
                machine = msgspec.structs.replace(machine, away=AWAY_FROM_SITE, devices=())
            elif others:
                machine = msgspec.structs.replace(machine, away=dice.pick(others), devices=())
            else:
                routine = "reboot"
        started = machine.started or self._today - dice.between(1, 60) * DAY
        off = routine in ("refused", "clone")
        power = machine.power if not routine else Power.OFF if off else Power.RUNNING
        return msgspec.structs.replace(
            machine, routine=routine, power=power, started=started if power is Power.RUNNING else None
        )

    def _machine(self, at: int, kind: Kind, name: str, tier: Tier, host: Host, dice: Dice, windows: bool) -> Machine:
        uuid = dice.uuid()
        dialect = self._dialect
        vcpus, memory = dice.pick(tier.vcpus), dice.pick(tier.gib) * GIB
        power = _power(dice, dialect) if kind is not Kind.TEMPLATE else Power.OFF
        container = kind is Kind.CONTAINER
        modern = not container and (windows or dice.chance(40))
        tpm = "2.0" if modern and windows else "none"
        load = tier.load
        spread = 0.6 + dice.share() * 0.8
        return Machine(
            number=self._site.first + at,
            kind=kind,
            id=dialect.machine_id(kind, at, uuid),
            name=name,
            uuid=uuid,
            host=host.at,
            power=power,
            load=Load(load.cpu * spread, load.memory, load.disk * spread, load.net * spread),
            noise=dice.below(2**30),
            vcpus=vcpus,
            vcpus_max=vcpus * 2 if dice.chance(50) else vcpus,
            memory=memory,
            memory_max=memory * 2 if dice.chance(50) else memory,
            disks=self._disks(dice, tier, host),
            nics=tuple(self._nic(dice, host) for _ in range(2 if dice.chance(20) else 1)),
            devices=self._devices(host, ("vf",)) if tier.name == "edge" and dice.chance(30) and not container else (),
            firmware="" if container else "uefi" if modern else "bios",
            secure_boot=None if container else modern and dice.chance(70),
            tpm="" if container else tpm,
            hardware="" if container else dialect.hardware(windows),
            autostart=dice.chance(60),
            tags=_tags(dice, tier),
            description=dice.pick(NOTES).format(team=dice.pick(TEAMS)) if dice.chance(40) else "",
            guest_os=dice.pick(WINDOWS if windows else LINUX),
            tools=dice.chance(85),
            started=self._today - dice.between(1, 90) * DAY - dice.below(80000) if power is Power.RUNNING else None,
            snapshots=self._snapshots(uuid, dice, dice.between(1, 4)) if dice.chance(14) and not container else (),
        )

    def _disks(self, dice: Dice, tier: Tier, host: Host) -> tuple[Disk, ...]:
        stores = self._stores[host.at]
        count = 2 if tier.name in ("db", "file", "log") else 1
        return tuple(Disk(dice.pick(tier.disk_gib) * GIB, dice.pick(stores), dice.chance(70)) for _ in range(count))

    def _nic(self, dice: Dice, host: Host) -> Nic:
        tail = dice.below(2**24)
        mac = f"{self._dialect.traits.mac}:{tail >> 16:02x}:{tail >> 8 & 255:02x}:{tail & 255:02x}"
        return Nic(dice.pick(self._nets[host.at]), mac)

    def _devices(self, host: Host, classes: tuple[str, ...]) -> tuple[str, ...]:
        taken = self._taken[host.at]
        given: list[str] = []
        for device_class in classes:
            if found := free_device(host.devices, device_class, taken):
                taken.add(found)
                given.append(found)
        return tuple(given)

    def _snapshots(self, uuid: str, dice: Dice, count: int) -> tuple[Snapshot, ...]:
        """A tree: mostly a chain, now and then a branch; the last one is the current."""
        made: list[Snapshot] = []
        days = dice.between(20, 90)
        for nth in range(count):
            parent = made[-1 if nth < 2 or dice.chance(70) else -2].id if made else None
            memory = dice.chance(30)
            name = SNAPSHOT_NAMES[nth % len(SNAPSHOT_NAMES)] + (f"-{nth + 1}" if nth else "")
            made.append(
                Snapshot(
                    id=self._dialect.snapshot_id(uuid, nth, name),
                    name=name,
                    parent=parent,
                    created=self._today - days * DAY * (count - nth) / count - dice.below(40000),
                    memory=memory,
                    current=nth == count - 1,
                    size=dice.between(1, 240) * GIB // 10,
                    description="before the monthly patch" if nth % 2 else "",
                    native_state=self._dialect.traits.states[Power.RUNNING if memory else Power.OFF],
                )
            )
        return tuple(made)


def _power(dice: Dice, dialect: Dialect) -> Power:
    throw = dice.below(100)
    if throw < 73:
        return Power.RUNNING
    rare = Power.SUSPENDED if throw % 2 or "pause" not in dialect.traits.verbs else Power.PAUSED
    return rare if throw > 97 else Power.OFF


def _tags(dice: Dice, tier: Tier) -> tuple[str, ...]:
    place = dice.pick(("prod", "prod", "prod", "test", "lab"))
    return (place, tier.name) if dice.chance(60) else (place,)


def _reached(host: Host, things: tuple[object, ...]) -> list[int]:
    """Numbers of the stores or networks that a host reaches."""
    reach = [getattr(thing, "hosts", None) for thing in things]
    return [number for number, span in enumerate(reach) if span is None or span[0] <= host.at < span[1]]
