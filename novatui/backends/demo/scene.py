"""One connection of the demo fleet, whole: its site, its clock, what exists and what happens there."""

from __future__ import annotations

from pathlib import Path

import msgspec

from novatui.backends.demo.clock import Clock
from novatui.backends.demo.dialects import DIALECTS
from novatui.backends.demo.ground import Described, Ground, Invented
from novatui.backends.demo.life import Act, Life, Now
from novatui.backends.demo.outage import Outage
from novatui.backends.demo.rows import machine_row
from novatui.backends.demo.shapes import AWAY_FROM_SITE, GIB, Host, Machine, Upkeep
from novatui.config.demo import Site, Wish, parse, sites
from novatui.core.connection import ConnectionSpec
from novatui.core.inventory import Row
from novatui.core.snapshots import Snapshot
from novatui.core.states import Family, Power

ROUTINE_SNAPSHOT = "nightly"
"""Name of the snapshot that the routine takes."""


class Scene:
    """Everything that the roles of the driver tell, at any time of the world."""

    def __init__(self, spec: ConnectionSpec) -> None:
        wish = _wish(spec)
        fleet = sites(wish)
        self.site = _site(wish, fleet)
        self.clock = Clock(wish.speed, wish.at or None)
        self.state = wish.state
        """File of the ledger; empty: none."""
        self.described = bool(wish.world)
        """It is told in a file, and changed there."""
        self.unlisted = frozenset(wish.fails.split(",")) - {""}
        """Kinds that cannot be listed."""
        self.dialect = DIALECTS[self.site.family](self.site, wish.seed)
        self.traits = self.dialect.traits
        self.peer = _peer(self.site, fleet)
        self._ground = self._stand(wish, spec.name)
        self._ground.changed()
        self.upkeep: list[Upkeep] = []
        """What was done to hosts by calls, oldest first."""
        self.decided: dict[str, str] = {}
        """Recommendations that were carried out or dismissed, and the ids of their clusters."""
        self._settle()

    def check(self) -> None:
        """Look whether the fleet can be reached and whether it was changed from outside. Unreachable if it cannot."""
        if self._ground.changed():
            self._settle()

    def _stand(self, wish: Wish, name: str) -> Ground:
        if wish.world:
            return Described(Path(wish.world), wish, self.site, self.clock)
        outage = Outage(name, happens=self.site.outages, speed=self.clock.speed)
        return Invented(wish, self.site, self.peer, self.clock, outage)

    def _settle(self) -> None:
        self.estate, told = self._ground.settle()
        self.life = Life(self.estate.machines, told)

    def now(self, machine: Machine, world: float) -> Now:
        """The machine at that time of the world."""
        return self.life.now(machine, world)

    def host(self, machine: Machine, now: Now) -> Host:
        """The host that it is on."""
        return self.estate.host_of(machine, now.away)

    def name_of(self, wanted: str) -> str:
        """What people call the thing with this key; the key itself when there is none."""
        thing = self.estate.find(wanted)
        return thing.name if thing else wanted

    def row(self, machine: Machine, now: Now) -> Row:
        """The machine as a row of the inventory."""
        return machine_row(self.estate, machine, now, self.snapshots(machine, now), self.since(machine, now))

    def since(self, machine: Machine, now: Now) -> float | None:
        """Epoch second since which it runs; None when it does not."""
        if now.power not in (Power.RUNNING, Power.MIGRATING, Power.PAUSED, Power.STOPPING):
            return None
        return machine.started if now.restarted is None else self.clock.epoch(now.restarted)

    def snapshots(self, machine: Machine, now: Now) -> tuple[Snapshot, ...]:
        """Its snapshot tree, with the one of its routine while there is one."""
        if not now.snap:
            return machine.snapshots
        last = machine.snapshots[-1] if machine.snapshots else None
        taken = now.taken
        mine = Snapshot(
            id=f"{ROUTINE_SNAPSHOT}-{taken.number if taken else 0}",
            name=ROUTINE_SNAPSHOT,
            parent=last.id if last else None,
            created=self.clock.epoch(taken.end) if taken else None,
            memory=False,
            current=True,
            size=GIB // 2,
            description="taken every night, kept for a while",
            native_state=self.traits.states[Power.RUNNING],
        )
        older = tuple(msgspec.structs.replace(snapshot, current=False) for snapshot in machine.snapshots)
        return (*older, mine)

    def ours(self, act: Act) -> bool:
        """This connection carries it out. Of a migration between two connections that is the one it leaves."""
        if act.journey is not None:
            return act.leaves
        return act.machine.away != AWAY_FROM_SITE or act.verb != "migrate" or act.machine.visitor == act.back

    def route(self, act: Act) -> tuple[str, str]:
        """Names of the hosts that a migration leaves and goes to."""
        machine = act.machine
        hosts = self.estate.hosts
        if act.journey is not None and machine.away == AWAY_FROM_SITE:
            here, there = self.site.name, self.peer.name if self.peer else ""
            return (here, there) if act.leaves else (there, here)
        home = hosts[machine.host].name
        if machine.away is None:
            away = ""
        elif machine.away != AWAY_FROM_SITE:
            away = hosts[machine.away].name
        else:
            other = self.peer.name if self.peer else ""
            home, away = (other, self.site.name) if machine.visitor else (self.site.name, other)
        return (away, home) if act.back else (home, away)


def _wish(spec: ConnectionSpec) -> Wish:
    """What the connection is to be. An address that names no site and no family takes the family of the connection."""
    wish = parse(spec.uri)
    return wish if wish.site and not wish.world else msgspec.structs.replace(wish, family=wish.family or spec.family)


def _site(wish: Wish, fleet: tuple[Site, ...]) -> Site:
    """The site of the connection. In a described world the name of a site is the name of a host."""
    if wish.world:
        return msgspec.structs.replace(fleet[0], name=wish.site or fleet[0].name)
    return next((site for site in fleet if site.name == wish.site), fleet[0])


def _peer(site: Site, fleet: tuple[Site, ...]) -> Site | None:
    """The connection between which and this one machines migrate."""
    if site.family is not Family.LIBVIRT:
        return None
    return next((other for other in fleet if other.family is Family.LIBVIRT and other.name != site.name), None)
