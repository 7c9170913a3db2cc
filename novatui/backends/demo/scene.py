"""One connection of the demo fleet, whole: its site, its clock, what exists and what happens there."""

from __future__ import annotations

import msgspec

from novatui.backends.demo.clock import Clock
from novatui.backends.demo.dialects import DIALECTS
from novatui.backends.demo.estate import Estate
from novatui.backends.demo.invent import Inventor
from novatui.backends.demo.life import AWAY_FROM_SITE, Act, Life, Now
from novatui.backends.demo.rows import machine_row
from novatui.backends.demo.shapes import GIB, Host, Machine
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
        wish = parse(spec.uri)
        fleet = sites(wish if wish.site or wish.world else msgspec.structs.replace(wish, family=spec.family))
        self.site = next((site for site in fleet if site.name == wish.site), fleet[0])
        self.clock = Clock(wish.speed)
        self.peer = _peer(self.site, fleet)
        self.estate = _settle(wish, self.site, self.peer, self.clock)
        self.dialect = self.estate.dialect
        self.traits = self.dialect.traits
        self.life = Life(self.estate.machines)

    def now(self, machine: Machine, world: float) -> Now:
        """The machine at that time of the world."""
        return self.life.now(machine, world)

    def host(self, machine: Machine, now: Now) -> Host:
        """The host that it is on."""
        return self.estate.host_of(machine, now.away)

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
        taken = self.life.last(machine, "snapshot", self.clock.world())
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
        return act.machine.away != AWAY_FROM_SITE or act.verb != "migrate" or act.machine.visitor == act.back

    def route(self, act: Act) -> tuple[str, str]:
        """Names of the hosts that a migration leaves and goes to."""
        machine = act.machine
        hosts = self.estate.hosts
        home = hosts[machine.host].name
        if machine.away != AWAY_FROM_SITE:
            away = hosts[machine.away].name
        else:
            other = self.peer.name if self.peer else ""
            home, away = (other, self.site.name) if machine.visitor else (self.site.name, other)
        return (away, home) if act.back else (home, away)


def _settle(wish: Wish, site: Site, peer: Site | None, clock: Clock) -> Estate:
    """The estate of a site, with those machines of its peer that visit it."""
    estate = _invent(wish, site, peer, clock)
    if peer is None:
        return estate
    visitors = [
        msgspec.structs.replace(machine, visitor=True)
        for machine in _invent(wish, peer, site, clock).machines
        if machine.routine in ("travel", "stall") and machine.away == AWAY_FROM_SITE
    ]
    return Estate(estate.dialect, estate.layout, [*estate.machines, *visitors])


def _invent(wish: Wish, site: Site, peer: Site | None, clock: Clock) -> Estate:
    dialect = DIALECTS[site.family](site, wish.seed)
    return Inventor(dialect, today=clock.today, peers=peer is not None, hostile=wish.hostile).estate()


def _peer(site: Site, fleet: tuple[Site, ...]) -> Site | None:
    """The connection between which and this one machines migrate."""
    if site.family is not Family.LIBVIRT:
        return None
    return next((other for other in fleet if other.family is Family.LIBVIRT and other.name != site.name), None)
