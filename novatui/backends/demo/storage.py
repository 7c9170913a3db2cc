"""What lies on a store, the addresses that a network gave out, and which machines use either."""

from __future__ import annotations

from novatui.backends.demo.estate import Estate
from novatui.backends.demo.rows import leased
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Machine, Net, Store
from novatui.backends.demo.specs import allocated, disk_path, spec_of
from novatui.core.detail import Lease, User, Users, Volume
from novatui.core.ids import key
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


def users_of(scene: Scene, thing: Store | Net, world: float) -> Users:
    """Machines that are here with a disk on this store, or an interface on this network."""
    estate = scene.estate
    here = (machine for machine in estate.machines if scene.now(machine, world).here)
    through = _disks_on if isinstance(thing, Store) else _nics_on
    found = ((machine, through(estate, machine, thing)) for machine in here)
    return Users(
        machines=tuple(
            User(key=key(machine.kind, machine.id), through=devices) for machine, devices in found if devices
        )
    )


def _disks_on(estate: Estate, machine: Machine, store: Store | Net) -> tuple[str, ...]:
    """Those of a described machine by the name of the store: its drives for media are told nowhere else."""
    if machine.spec is not None:
        reached = store.hosts is None or machine.host in range(*store.hosts)
        return tuple(disk.target for disk in machine.spec.disks if reached and disk.store == store.name)
    there = [number for number, disk in enumerate(machine.disks) if estate.stores[disk.store].id == store.id]
    disks = spec_of(estate, machine).disks if there else ()
    return tuple(disks[number].target for number in there)


def _nics_on(estate: Estate, machine: Machine, net: Store | Net) -> tuple[str, ...]:
    return tuple(nic.mac for nic in machine.nics if estate.nets[nic.network].id == net.id)
