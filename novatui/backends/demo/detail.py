"""One object in full: configuration, snapshots, devices, volumes, leases, and its native form."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from novatui.backends.demo import balancer, pools
from novatui.backends.demo.devices import LISTED
from novatui.backends.demo.documents import document
from novatui.backends.demo.estate import Thing
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Host, Machine, Net, Place, Store
from novatui.backends.demo.specs import spec_of
from novatui.backends.demo.standing import Standing
from novatui.backends.demo.storage import leases_of, users_of, volumes_of
from novatui.backends.demo.traffic import rates_of
from novatui.backends.demo.ways import way
from novatui.core.capabilities import Evidence
from novatui.core.detail import Detail, Property
from novatui.core.devices import Device, Giving
from novatui.core.ids import key
from novatui.core.snapshots import Snapshot
from novatui.core.states import Kind


def detail_of(scene: Scene, wanted: str, thing: Thing, parts: Collection[str], world: float) -> Detail:
    """Those parts of a thing that apply to its kind; all of them when none is named."""

    def asked(part: str) -> bool:
        return not parts or part in parts

    machine = thing if isinstance(thing, Machine) else None
    rates = rates_of(scene, machine, world) if machine is not None and "rates" in parts else None
    if set(parts) == {"rates"}:
        return Detail(key=wanted, rates=rates)
    raw, raw_format = document(scene, thing, world) if asked("raw") else ("", "")
    return Detail(
        key=wanted,
        vm=spec_of(scene.estate, machine) if machine and asked("vm") else None,
        snapshots=scene.snapshots(machine, scene.now(machine, world))
        if machine and machine.kind is not Kind.TEMPLATE and asked("snapshots")
        else None,
        devices=_devices(scene, thing) if asked("devices") else None,
        giving=giving_of(scene, thing) if isinstance(thing, Host) and asked("devices") else None,
        volumes=volumes_of(scene, thing) if isinstance(thing, Store) and asked("volumes") else None,
        leases=leases_of(scene, thing, world)
        if isinstance(thing, Net) and scene.traits.gives_leases and asked("leases")
        else None,
        users=users_of(scene, thing, world) if isinstance(thing, Store | Net) and asked("users") else None,
        rates=rates,
        properties=tuple(_properties(scene, thing)),
        raw=raw,
        raw_format=raw_format,
    )


def snapshot_detail(scene: Scene, machine: Machine, snapshot: Snapshot, parts: Collection[str], world: float) -> Detail:
    """One snapshot: the machine as it was when that was taken, and as it is."""
    one = Standing(scene, machine, world)
    wanted = not parts or "vm" in parts
    return Detail(
        key=key(Kind.SNAPSHOT, f"{machine.id}/{snapshot.id}"),
        vm=spec_of(scene.estate, one.configured(snapshot.id)) if wanted else None,
        now=spec_of(scene.estate, machine) if wanted else None,
        snapshots=(snapshot,) if not parts or "snapshots" in parts else None,
    )


def device_detail(scene: Scene, wanted: str) -> Detail | None:
    """A device of a host as an object of its own; None when there is none with this key."""
    dialect = scene.estate.dialect
    for host in scene.estate.hosts:
        for device in host.devices:
            if key(Kind.DEVICE, dialect.device_key(host, device.id)) == wanted:
                raw = msgspec.json.format(msgspec.json.encode(device)).decode()
                return Detail(key=wanted, devices=(device,), raw=raw, raw_format="json")
    return None


def giving_of(scene: Scene, host: Host) -> Giving:
    """Every host of the demo gives its devices away."""
    card = next((each.address for each in host.devices if each.mdev_types), "")
    calls = (call for call in LISTED[scene.site.family] if card or "{card}" not in call)
    calls = [call.format(node=host.name, card=card) for call in calls]
    evidence = tuple(Evidence(kind="asked", call=call, at=scene.clock.now(), ms=2.5) for call in calls)
    return Giving(iommu=True, vfio=True, evidence=evidence)


def _devices(scene: Scene, thing: Thing) -> tuple[Device, ...] | None:
    """Of a host all that it has to give, of a machine those that it was given."""
    match thing:
        case Host():
            return thing.devices
        case Machine():
            return tuple(each for each in scene.estate.hosts[thing.host].devices if each.id in thing.devices)
        case _:
            return None


def _properties(scene: Scene, thing: Thing) -> list[Property]:
    """Facts that have no column of their own."""
    match thing:
        case Machine():
            return _policies(scene.traits.policies, scene.estate.automation(scene.estate.hosts[thing.host].parent))
        case Place(kind=Kind.RESOURCE_POOL):
            return pools.properties(thing) if way(scene.site.family, pools.DEED) else []
        case Place(kind=Kind.CLUSTER):
            promised = _policies(scene.traits.promises, thing.automation)
            return [*promised, *balancer.properties(scene, thing, scene.clock.world())]
        case Host():
            here = [m for m in scene.estate.machines if m.host == thing.at]
            return [
                Property("hardware", "model", thing.vendor),
                Property("hardware", "NUMA nodes", str(thing.numa_nodes)),
                Property("machines", "at home here", str(len(here))),
                Property("machines", "vCPUs per processor", f"{sum(m.vcpus for m in here) / thing.cpus:.1f}"),
            ]
        case _:
            return []


def _policies(told: Iterable[tuple[str, str]], automation: str) -> list[Property]:
    """With what the balancer of that cluster may do by itself."""
    return [Property("policy", name, text.format(automation=automation)) for name, text in told]
