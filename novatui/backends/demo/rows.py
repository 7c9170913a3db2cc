"""Things of a site as rows of the inventory: what its family tells, as it is at one time of the world."""

from __future__ import annotations

from ipaddress import ip_interface

from novatui.backends.demo.dialects.base import Dialect
from novatui.backends.demo.estate import Estate, kind_of
from novatui.backends.demo.life import AWAKE, Now
from novatui.backends.demo.shapes import Host, Machine, Net, Place, Store
from novatui.core.devices import Device
from novatui.core.ids import key
from novatui.core.inventory import Row, Value
from novatui.core.snapshots import Snapshot
from novatui.core.states import Family, Health, Kind, Power

PATCHED = "patched"
"""Tag that the routine `edit` puts on and takes off."""


def machine_row(
    estate: Estate, machine: Machine, now: Now, snapshots: tuple[Snapshot, ...], since: float | None
) -> Row:
    """A machine, container or template; `since` is the epoch second since which it runs."""
    dialect = estate.dialect
    template = machine.kind is Kind.TEMPLATE
    home = estate.host_of(machine, now.away)
    host = None if dialect.homeless(machine, now.power) else home
    values: dict[str, Value] = {
        "name": machine.name,
        "parent": dialect.parent(machine, host),
        "host": key(Kind.HOST, host.id) if host else "",
        "uuid": machine.uuid,
        "native_id": machine.id,
        "native_type": dialect.traits.types[machine.kind],
        "power": now.power.value,
        "native_state": dialect.state(machine, now) or None,
        "since": since,
        "health": dialect.health(now),
        "job": now.act.verb if now.act else "",
        "alarms": int(now.alarm),
        "vcpus": machine.vcpus,
        "vcpus_max": machine.vcpus_max,
        "memory": machine.memory,
        "memory_max": machine.memory_max,
        "disks": len(machine.disks),
        "disk_size": sum(disk.size for disk in machine.disks),
        "nics": len(machine.nics),
        "passthrough": len(machine.devices),
        "firmware": machine.firmware or None,
        "secure_boot": machine.secure_boot,
        "tpm": machine.tpm or None,
        "machine": machine.hardware or None,
        "autostart": machine.autostart,
        "persistent": True,
        "tags": [*machine.tags, *([PATCHED] if now.edited else [])],
        "description": machine.description,
        "guest_os": machine.guest_os or None,
    }
    if not template:
        values |= _guest(estate, machine, now)
        values["snapshots"] = len(snapshots)
        values["snapshot_oldest"] = min((s.created for s in snapshots if s.created is not None), default=None)
    return Row(machine.kind, machine.id, _told(dialect, values))


def thing_row(estate: Estate, thing: Place | Host | Store | Net) -> Row:
    """Anything that is no machine."""
    match thing:
        case Place():
            values: dict[str, Value] = dict(thing.values)
        case Host():
            values = _host(thing)
        case Store():
            values = {
                "store_type": thing.type,
                "capacity": thing.capacity,
                "free": thing.free,
                "shared": thing.shared,
                "active": thing.active,
            }
        case Net():
            values = {
                "net_type": thing.type,
                "bridge": thing.bridge,
                "vlan": thing.vlan,
                "active": thing.active,
                "net_active": thing.active,
            }
    kind = kind_of(thing)
    values |= {
        "name": thing.name,
        "parent": thing.parent,
        "native_id": thing.id,
        "native_type": estate.dialect.traits.types[kind],
    }
    return Row(kind, thing.id, _told(estate.dialect, values))


def device_row(dialect: Dialect, host: Host, device: Device) -> Row:
    """A device of a host."""
    values: dict[str, Value] = {
        "name": device.name,
        "parent": key(Kind.HOST, host.id),
        "host": key(Kind.HOST, host.id),
        "native_id": device.id,
        "native_type": "node device" if dialect.site.family is Family.LIBVIRT else "PCI device",
        "device_class": device.device_class,
        "vendor": f"{device.vendor} {device.product}".strip() or None,
        "iommu_group": device.iommu_group,
        "numa_node": device.numa_node,
        "driver": device.driver,
        "holder": device.holder,
        "vfs": device.functions,
        "vfs_free": _free(host, device),
        "vgpus_free": device.mdevs_free,
    }
    return Row(Kind.DEVICE, dialect.device_key(host, device.id), values)


def snapshot_row(machine: Machine, snapshot: Snapshot) -> Row:
    """A snapshot of a machine."""
    values: dict[str, Value] = {
        "name": snapshot.name,
        "parent": key(machine.kind, machine.id),
        "vm": key(machine.kind, machine.id),
        "native_id": snapshot.id,
        "created": snapshot.created,
        "current": snapshot.current,
        "snapshot_kind": None if snapshot.memory is None else "memory" if snapshot.memory else "disk",
        "description": snapshot.description,
        "snapshot_parent": next((each.name for each in machine.snapshots if each.id == snapshot.parent), ""),
        "snapshot_size": snapshot.size,
    }
    return Row(Kind.SNAPSHOT, f"{machine.id}/{snapshot.id}", values)


def address(estate: Estate, machine: Machine) -> str:
    """The address of its guest: the one that its network gave out, or one of its own."""
    net = estate.nets[machine.nics[0].network]
    if net.address:
        return leased(net, machine)
    number = machine.number
    return f"10.{20 + number // 62_500}.{number // 250 % 250}.{number % 250 + 2}"


def leased(net: Net, machine: Machine) -> str:
    """The address that a network gave to a machine."""
    network = ip_interface(net.address).network
    return str(network[2 + machine.number % (network.num_addresses - 4)])


def _guest(estate: Estate, machine: Machine, now: Now) -> dict[str, Value]:
    answers = machine.tools and now.power in AWAKE
    return {
        "tools": estate.dialect.tools(machine, now.power in AWAKE) if machine.kind is Kind.VM else None,
        "ip": [address(estate, machine)] if answers and machine.nics else None,
        "guest_name": machine.name if answers else None,
    }


def _host(host: Host) -> dict[str, Value]:
    return {
        "uuid": host.uuid,
        "power": Power.RUNNING.value,
        "health": (Health.WARNING if host.maintenance else Health.OK).value,
        "maintenance": host.maintenance,
        "cpus": host.cpus,
        "cpu_model": host.cpu_model,
        "memory_total": host.memory,
        "product": host.product,
    }


def _told(dialect: Dialect, values: dict[str, Value]) -> dict[str, Value]:
    """Only what the family fills; a column that it never fills is not named."""
    silent = dialect.traits.silent
    return {name: value for name, value in values.items() if name not in silent}


def _free(host: Host, device: Device) -> int | None:
    """Virtual functions of a port that nobody holds; None where it has none."""
    if device.functions is None:
        return None
    return sum(1 for each in host.devices if each.parent == device.id and not each.holder)
