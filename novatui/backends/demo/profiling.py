"""What the hosts of the demo are like, in each family's own words, and what their processors have in common."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence

from novatui.backends.demo import processors
from novatui.backends.demo.dice import noise
from novatui.backends.demo.placing import LACKING, LARGE, SILENCE_S
from novatui.backends.demo.processors import Processor, processor_of
from novatui.backends.demo.profiling_words import (
    ASKED,
    BASELINE,
    DECLARED,
    FIRMWARES,
    MACHINES,
    MOVES_BY,
    UNTOLD,
    VERSIONS,
)
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Host, Net, Store
from novatui.backends.demo.standing import host_of
from novatui.core.capabilities import Evidence
from novatui.core.devices import Device
from novatui.core.errors import Timeout
from novatui.core.hostprofile import (
    GUEST_CPUS,
    HOST_FIRMWARE,
    MEMORY,
    VENDOR,
    Baseline,
    HostProfile,
    Item,
    Loss,
    Part,
    Section,
)
from novatui.core.ids import key
from novatui.core.states import Family, Kind
from novatui.core.units import size


def profile_of(scene: Scene, wanted: str) -> HostProfile:
    """What a host tells of itself. NotFound when it is none."""
    host = host_of(scene, wanted)
    if len(scene.estate.hosts) >= LARGE and LACKING.get(host.at) == "answer":
        if scene.clock.speed:
            time.sleep(SILENCE_S)
        raise Timeout(f"{host.name} did not answer within {SILENCE_S:.0f} s", subject=host.name)
    processor = processor_of(host.cpu_model)
    return HostProfile(
        host=key(Kind.HOST, host.id),
        name=host.name,
        family=scene.site.family,
        product=host.product,
        parts=tuple(_part(scene, host, section) for section in Section),
        native=processor.key if processor is not None and scene.site.family not in UNCOMMON else "",
        native_reason="" if processor is not None and scene.site.family not in UNCOMMON else _why(scene, processor),
        at=scene.clock.now(),
        ms=round(sum(_ms(host, section) for section in Section), 1),
    )


UNCOMMON = frozenset({Family.HYPERV})
"""Families that are not asked for a common processor."""

BRIDGED = frozenset({Family.LIBVIRT, Family.PROXMOX})
"""Families whose hosts have bridges that machines are plugged into."""


def _why(scene: Scene, processor: Processor | None) -> str:
    return UNTOLD[scene.site.family, Section.FLAGS] if processor is not None else "its processor is not known"


def _part(scene: Scene, host: Host, section: Section) -> Part:
    family = scene.site.family
    if reason := UNTOLD.get((family, section)):
        return Part(section=section, reason=reason, evidence=(Evidence(kind="declared", source=reason),))
    if source := DECLARED.get((family, section)):
        evidence = Evidence(kind="declared", source=source)
    else:
        call = ASKED[family, section].format(node=host.name)
        evidence = Evidence(kind="asked", call=call, args=host.id, at=scene.clock.now(), ms=_ms(host, section))
    items = _ITEMS[section](scene, host)
    return Part(section=section, items=tuple(items), evidence=(evidence,))


def _ms(host: Host, section: Section) -> float:
    return round(1.0 + 6 * noise(host.noise, float(list(Section).index(section))), 1)


def _cpu(scene: Scene, host: Host) -> list[Item]:
    del scene
    kind = processor_of(host.cpu_model)
    nodes = max(1, host.numa_nodes)
    layout = f"{nodes} nodes × 1 socket × {max(1, host.cpus // nodes // 2)} cores × 2 threads"
    items = [Item(name="architecture", value="x86_64"), Item(name="model", value=host.cpu_model)]
    untold = "its processor is not known"
    for name, value in ((VENDOR, kind and kind.vendor), ("family, model, stepping", kind and kind.signature)):
        items.append(Item(name=name, value=value, reason="" if value else untold))
    return [*items, Item(name="microcode", value=_microcode(host)), Item(name="layout", value=layout)]


def _microcode(host: Host) -> str:
    return f"0xa0011{0xD1 + 4 * (host.noise % 2):x}"


def _flags(scene: Scene, host: Host) -> list[Item]:
    del scene
    kind = processor_of(host.cpu_model)
    return [Item(name=flag) for flag in sorted(kind.flags)] if kind is not None else []


def _machines(scene: Scene, host: Host) -> list[Item]:
    del host
    return [Item(name=name) for name in MACHINES[scene.site.family]]


def _firmware(scene: Scene, host: Host) -> list[Item]:
    del host
    return [Item(name=name) for name in FIRMWARES[scene.site.family]]


def _versions(scene: Scene, host: Host) -> list[Item]:
    items = [Item(name=name, value=value) for name, value in VERSIONS[scene.site.family]]
    board = host.vendor or "Dell PowerEdge R7525"
    bios = Item(name=HOST_FIRMWARE, value=f"2.{12 + host.noise // 2 % 3}.{host.noise // 7 % 5}")
    return [*items, Item(name="system", value=board), bios]


def _devices(scene: Scene, host: Host) -> list[Item]:
    del scene
    alike: dict[str, list[Device]] = defaultdict(list)
    for device in host.devices:
        alike[f"{device.device_class} {device.ids or device.product}"].append(device)
    return [_device(identity, devices) for identity, devices in sorted(alike.items())]


def _device(identity: str, devices: Sequence[Device]) -> Item:
    first = devices[0]
    types = sorted({each.id for device in devices for each in device.mdev_types})
    value = [f"{len(devices)}×"]
    value += [f"{first.functions_max} VFs at most"] if first.functions_max is not None else []
    value += [f"makes {', '.join(types)}"] if types else []
    name = " ".join(filter(None, (first.device_class, first.vendor, first.product)))
    where = ", ".join(each.address for each in devices)
    return Item(id=identity, name=name, value=", ".join(value), amount=len(devices), beside=where)


def _networks(scene: Scene, host: Host) -> list[Item]:
    nets = [net for net in scene.estate.nets if _reaches(scene, host, net)]
    return [Item(name=net.name, value=_net(net)) for net in nets]


def _net(net: Net) -> str:
    said = (net.type, net.bridge, f"vlan {net.vlan}" if net.vlan else "", "" if net.active else "inactive")
    return ", ".join(filter(None, said))


def _bridges(scene: Scene, host: Host) -> list[Item]:
    if scene.site.family not in BRIDGED:
        return []
    nets = [net for net in scene.estate.nets if _reaches(scene, host, net)]
    return [Item(name=name) for name in sorted({net.bridge for net in nets} - {""})]


def _storage(scene: Scene, host: Host) -> list[Item]:
    return [_store(store) for store in scene.estate.stores if _reaches(scene, host, store)]


def _store(store: Store) -> Item:
    value = f"{store.type}, {'shared' if store.shared else 'local'}{'' if store.active else ', inactive'}"
    return Item(name=store.name, value=value, beside=f"{size(store.free)} of {size(store.capacity)} free")


def _reaches(scene: Scene, host: Host, thing: Net | Store) -> bool:
    first, last = thing.hosts or (0, len(scene.estate.hosts))
    return first <= host.at < last


def _limits(scene: Scene, host: Host) -> list[Item]:
    family = scene.site.family
    most = host.cpus * 2
    return [
        Item(name="logical processors", value=str(host.cpus), amount=host.cpus),
        Item(name=MEMORY, value=size(host.memory), amount=host.memory),
        Item(name=GUEST_CPUS, value=str(most), amount=most),
        Item(name="NUMA nodes", value=str(host.numa_nodes)),
        Item(name="IOMMU", value="yes" if any(each.iommu_group is not None for each in host.devices) else "no"),
        Item(name="live migration by", value=MOVES_BY[family]),
    ]


_ITEMS = {
    Section.CPU: _cpu,
    Section.FLAGS: _flags,
    Section.MACHINES: _machines,
    Section.FIRMWARE: _firmware,
    Section.VERSIONS: _versions,
    Section.DEVICES: _devices,
    Section.NETWORKS: _networks,
    Section.BRIDGES: _bridges,
    Section.STORAGE: _storage,
    Section.LIMITS: _limits,
}


# --- what processors have in common -----------------------------------------------------------------------------------


def baseline_of(scene: Scene, wanted: Sequence[str]) -> Baseline:
    """What these processors have in common, and what each loses."""
    family = scene.site.family
    call = BASELINE.get(family, "").format(node=scene.estate.hosts[0].name)
    if not call:
        return Baseline(reason=UNTOLD[family, Section.FLAGS])
    evidence = (Evidence(kind="asked", call=call, at=scene.clock.now(), ms=2.4),)
    kinds = [processors.named(each) for each in wanted]
    known = [kind for kind in kinds if kind is not None]
    shared = processors.common(known) if known and len(known) == len(kinds) else None
    if shared is None:
        why = "CPU vendors do not match" if len(known) == len(kinds) else "a processor is not known here"
        losses = tuple(Loss(reason=why, model=kind.model if kind is not None else "") for kind in kinds)
        return Baseline(losses=losses, reason=why, basis=call, evidence=evidence)
    model, form, named = processors.native(family, shared)
    return Baseline(
        model=model,
        vendor=shared.vendor,
        flags=tuple(sorted(shared.flags)),
        losses=tuple(Loss(flags=tuple(sorted(kind.flags - shared.flags)), model=kind.model) for kind in known),
        native=form,
        native_format=named,
        basis=call,
        evidence=evidence,
    )
