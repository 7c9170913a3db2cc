"""What lies on a store, and the addresses that a network gave out."""

from __future__ import annotations

from novatui.backends.demo.rows import leased
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Net, Store
from novatui.backends.demo.specs import allocated, disk_path
from novatui.core.detail import Lease, Volume
from novatui.core.states import Power

LEASE_TIME = 3600.0
"""Seconds for which an address is given out."""


def volumes_of(scene: Scene, store: Store) -> tuple[Volume, ...]:
    """All volumes of a store: the disks of the machines that lie there."""
    if store.volumes is not None:
        return store.volumes
    estate = scene.estate
    found: list[Volume] = []
    for machine in estate.machines:
        for number, disk in enumerate(machine.disks):
            if estate.stores[disk.store].id == store.id:
                path = disk_path(estate, machine, number, disk)
                found.append(
                    Volume(
                        name=path.replace("\\", "/").rsplit("/", 1)[-1],
                        path=path,
                        format=scene.traits.disk_format,
                        capacity=disk.size,
                        allocation=allocated(machine, disk),
                    )
                )
    return tuple(found)


def leases_of(scene: Scene, net: Net, world: float) -> tuple[Lease, ...]:
    """Addresses of the machines that run and are plugged into a network which gives them out."""
    if not net.address:
        return ()
    number = next(at for at, each in enumerate(scene.estate.nets) if each.id == net.id)
    return tuple(
        Lease(
            mac=nic.mac,
            ip=leased(net, machine),
            hostname=machine.name,
            expires=scene.clock.epoch(world - world % LEASE_TIME + LEASE_TIME),
        )
        for machine in scene.estate.machines
        for nic in machine.nics
        if nic.network == number and scene.now(machine, world).here and scene.now(machine, world).power is Power.RUNNING
    )
