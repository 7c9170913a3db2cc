"""The demo fleet through real workers: a machine that moves between two connections is one machine all the way."""

from __future__ import annotations

import asyncio
from collections import Counter

from novatui.config.demo import expand
from novatui.core.states import Family, Kind, Link
from novatui.engine.fleet import Fleet, Target
from tests.conformance.recording import PATIENCE
from tests.fleets import until


def _shown(fleet: Fleet) -> Counter[str]:
    """How many visible rows each machine has, by its uuid."""
    slots = [slot for slot in fleet.inventory.slots(Kind.VM) if fleet.identity.visible(slot)]
    return Counter(str(fleet.inventory.value(slot, "uuid")) for slot in slots)


async def test_a_machine_that_moves_is_always_one_row() -> None:
    specs = [spec for spec in expand("demo://?speed=10") if spec.family is Family.LIBVIRT]
    fleet = Fleet([Target(spec=spec, secrets=dict) for spec in specs])
    await fleet.start()
    try:
        await fleet.settled(PATIENCE)
        assert all(connection.link is Link.UP for connection in fleet.connections.values())
        fleet.drain()
        known = set(_shown(fleet))
        folds = 0
        async with asyncio.timeout(PATIENCE):
            while folds < 20:
                await asyncio.sleep(0.1)
                fleet.drain()
                assert _shown(fleet) == Counter(known)
                folds += bool(fleet.identity.hidden)
    finally:
        await fleet.stop()


async def test_kinds_on_demand_come_when_they_are_wanted_and_go_when_they_are_not() -> None:
    specs = [spec for spec in expand("demo://?vms=300") if spec.family in (Family.LIBVIRT, Family.VSPHERE)][:2]
    fleet = Fleet([Target(spec=spec, secrets=dict) for spec in specs])
    wanted = (Kind.SNAPSHOT, Kind.DEVICE)
    await fleet.start()
    try:
        await fleet.settled(PATIENCE)
        assert not [slot for kind in wanted for slot in fleet.inventory.slots(kind)]
        machines = len(list(fleet.inventory.slots(Kind.VM)))
        fleet.want(wanted)
        await until(lambda: all(one.loaded >= set(wanted) for one in fleet.connections.values()))
        for kind in wanted:
            assert {fleet.inventory.conn(slot) for slot in fleet.inventory.slots(kind)} <= set(fleet.connections)
            assert list(fleet.inventory.slots(kind)), kind
        slot = next(iter(fleet.inventory.slots(Kind.SNAPSHOT)))
        assert fleet.inventory.kind(fleet.inventory.parent(slot) or 0) in (Kind.VM, Kind.CONTAINER)
        fleet.want([Kind.DEVICE])
        assert not list(fleet.inventory.slots(Kind.SNAPSHOT))
        assert list(fleet.inventory.slots(Kind.DEVICE))
        assert all("snapshot" not in one.loaded for one in fleet.connections.values())
        fleet.want([])
        assert len(list(fleet.inventory.slots(Kind.VM))) == machines
        assert all(Kind.VM in one.loaded for one in fleet.connections.values())
        changes = fleet.drain()
        assert changes.gone
    finally:
        await fleet.stop()


async def test_all_connections_of_the_fleet_come_up() -> None:
    specs = expand("demo://?vms=600")
    fleet = Fleet([Target(spec=spec, secrets=dict) for spec in specs])
    await fleet.start()
    try:
        await fleet.settled(PATIENCE)
        assert {name: connection.failure for name, connection in fleet.connections.items()} == {
            spec.name: None for spec in specs
        }
        kinds = {fleet.inventory.kind(slot) for slot in fleet.inventory.slots()}
        assert {Kind.DATACENTER, Kind.CLUSTER, Kind.HOST, Kind.VM, Kind.CONTAINER, Kind.TEMPLATE} <= kinds
    finally:
        await fleet.stop()
