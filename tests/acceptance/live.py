"""What the tests against live hosts share: a fleet of real drivers, what it knows of a machine, counts of calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Failure
from novatui.core.states import Family, Kind, Link
from novatui.engine.fleet import Fleet, Target
from novatui.engine.supervisor_policy import Policy
from tests.fleets import PATIENCE, until
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.processes import is_alive

PERIOD = 2.0
"""libvirt's native period, seconds."""

LISTINGS = frozenset({"virConnectListAllDomains", "virConnectGetAllDomainStats"})
"""libvirt's calls that tell of machines that nobody named: a listing, or a round of metrics."""


def libvirt(name: str, uri: str, **options: str) -> ConnectionSpec:
    """A libvirt connection as the command line would make it."""
    return ConnectionSpec(name=name, family=Family.LIBVIRT, driver="libvirt", uri=uri, options=options)


def demo(name: str = "demo", uri: str = "demo://?family=proxmox&vms=30&seed=5") -> ConnectionSpec:
    """A connection of the demo fleet, which needs nothing and always moves."""
    return ConnectionSpec(name=name, family=Family.PROXMOX, driver="demo", uri=uri)


@asynccontextmanager
async def live(
    *wanted: ConnectionSpec | Target, kinds: Collection[Kind] | None = None, policy: Policy | None = None
) -> AsyncIterator[Fleet]:
    """A started and settled fleet with the program's own workers, ended afterwards without a process left."""
    targets = [each if isinstance(each, Target) else Target(each, dict) for each in wanted]
    fleet = Fleet(targets, policy=policy, **({} if kinds is None else {"kinds": kinds}))
    await fleet.start()
    try:
        await fleet.settled(PATIENCE)
        yield fleet
    finally:
        pids = {one.worker_pid for one in fleet.connections.values() if one.worker_pid}
        await fleet.stop()
        await until(lambda: not any(is_alive(pid) for pid in pids))


def slot_of(fleet: Fleet, conn: str, name: str, kind: Kind = Kind.VM) -> int | None:
    """The one object of this kind and name; None when there is none. Two of them are an error."""
    store = fleet.inventory
    found = [slot for slot in store.slots(kind) if store.conn(slot) == conn and store.name(slot) == name]
    assert len(found) <= 1, f"{name} is there {len(found)} times"
    return found[0] if found else None


def value(fleet: Fleet, conn: str, name: str, field: str, kind: Kind = Kind.VM) -> object:
    """A column of a machine by its name; None when it is unknown or there is no such machine."""
    slot = slot_of(fleet, conn, name, kind)
    return None if slot is None else fleet.inventory.value(slot, field)


def metric(fleet: Fleet, conn: str, name: str, metric: str) -> float | None:
    """The latest sample of a machine by its name."""
    slot = slot_of(fleet, conn, name)
    return None if slot is None else fleet.metrics.latest(slot, metric)


def machines(fleet: Fleet, conn: str) -> list[str]:
    """Names of all machines of a connection, sorted; one that is there twice is named twice."""
    store = fleet.inventory
    return sorted(store.name(slot) for slot in store.slots(Kind.VM) if store.conn(slot) == conn)


def failure(fleet: Fleet, conn: str) -> Failure:
    """Why a connection is down."""
    found = fleet.connections[conn].failure
    assert found is not None, f"{conn} has not failed"
    return found


def is_up(fleet: Fleet, conn: str) -> bool:
    """Connected, and listed in this generation."""
    one = fleet.connections[conn]
    return one.link is Link.UP and one.settled


def listings(host: LibvirtHost) -> int:
    """How often somebody asked for all machines of a host, by the daemon's own log."""
    return sum(call.function in LISTINGS for call in host.api_calls())


def domstats(host: LibvirtHost, name: str) -> dict[str, int]:
    """The numbers of `virsh domstats`."""
    lines = (line.strip().partition("=") for line in host.virsh("domstats", "--nowait", name).splitlines())
    return {key: int(number) for key, _, number in lines if number.isdigit()}


class Arrivals:
    """Notes when each new sample of an object was asked for; `keep` looks far more often than samples come."""

    def __init__(self, fleet: Fleet, slot: int) -> None:
        self.at: list[float] = []
        """Seconds of the event loop's clock."""
        self._fleet = fleet
        self._slot = slot

    def look(self) -> bool:
        """True when there is a sample that was not there before."""
        now = asyncio.get_running_loop().time()
        age = self._fleet.metrics.age(self._slot, now)
        if age is None or (self.at and now - age < self.at[-1] + 0.01):
            return False
        self.at.append(now - age)
        return True

    async def keep(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(0.02)
