"""Machines with other hardware, and hosts with other devices: what calls that change a configuration leave behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from novatui.backends.demo.devices import FUNCTIONS, device_id
from novatui.backends.demo.estate import kind_of
from novatui.backends.demo.shapes import MIB, Disk, Host, Machine, Net, Nic, Store
from novatui.backends.demo.standing import Standing
from novatui.core.devices import Device
from novatui.core.errors import Busy, Conflict, InvalidInput, NotFound
from novatui.core.ids import key
from novatui.core.operations import Argument
from novatui.core.states import Family

MOST_DISKS = 8
Given = Mapping[str, Argument]
Changed = tuple[Machine, dict[str, Argument]]


def whole(given: Given, name: str) -> int:
    """A number among the arguments."""
    return int(str(given[name]))


def device_of(host: Host, wanted: str) -> Device:
    """A device by its id. NotFound when the host has none such."""
    device = next((each for each in host.devices if each.id == wanted), None)
    if device is None:
        raise NotFound(f"{host.name} has no device {wanted}", subject=wanted)
    return device


def free_of(one: Standing, wanted: str) -> Device:
    """A device that the machine can be given now. Busy with its holder, Conflict when something else is in the way."""
    host, machine = one.host, one.machine
    device = device_of(host, wanted)
    if device.holder:
        raise Busy(f"{device.name} is held by {one.scene.name_of(device.holder)}", subject=device.holder)
    if device.mdev_types and any(each.parent == device.id for each in host.devices):
        raise Busy(f"{device.name} is shared out as mediated devices", subject=device.id)
    if device.functions and device.device_class == "nic":
        raise Busy(f"{device.name} has {device.functions} virtual functions in use", hint="set them to 0 first")
    need_cold(one, "a device")
    others = [each for each in host.devices if each.iommu_group == device.iommu_group and each.id != device.id]
    for other in others:
        if other.holder and other.holder != key(machine.kind, machine.id):
            raise Conflict(
                f"{other.name} is in the same IOMMU group and held by {one.scene.name_of(other.holder)}",
                subject=str(device.iommu_group),
            )
    return device


def need_cold(one: Standing, what: str) -> None:
    """Conflict when the product plugs that into no running machine, and this one runs."""
    if not one.cold and one.family is not Family.LIBVIRT:
        raise Conflict(
            f"{one.machine.name} runs: {what} is plugged in and out while it is off",
            hint="shut it down first (power.shutdown)",
            subject=one.power.value,
        )


def _attach(one: Standing, given: Given) -> Changed:
    device = free_of(one, str(given["device"]))
    _hold(one, device, key(one.machine.kind, one.machine.id))
    return msgspec.structs.replace(one.machine, devices=(*one.machine.devices, device.id)), {}


def _detach(one: Standing, given: Given) -> Changed:
    wanted, machine = str(given["device"]), one.machine
    if wanted not in machine.devices:
        raise NotFound(f"{machine.name} holds no {wanted}", subject=wanted)
    need_cold(one, "a device")
    _hold(one, device_of(one.host, wanted), "")
    return msgspec.structs.replace(machine, devices=tuple(each for each in machine.devices if each != wanted)), {}


def _hold(one: Standing, device: Device, holder: str) -> None:
    driver = "vfio-pci" if holder else device.driver
    held = msgspec.structs.replace(device, holder=holder, driver=driver)
    devices = tuple(held if each.id == device.id else each for each in one.host.devices)
    one.scene.estate.put_host(msgspec.structs.replace(one.host, devices=devices))


def _vcpus(one: Standing, given: Given) -> Changed:
    count, machine = whole(given, "count"), one.machine
    if not 0 < count <= one.host.cpus:
        raise InvalidInput(f"{one.host.name} has {one.host.cpus} processors", subject="count")
    if not one.cold and count < machine.vcpus:
        raise Conflict("processors are taken from a machine while it is off", subject=one.power.value)
    if not one.cold and count > machine.vcpus_max:
        raise Conflict(f"it can have {machine.vcpus_max} processors until it is off", subject=one.power.value)
    return msgspec.structs.replace(machine, vcpus=count, vcpus_max=max(count, machine.vcpus_max)), {}


def _memory(one: Standing, given: Given) -> Changed:
    size, machine = whole(given, "size"), one.machine
    if not 64 * MIB <= size <= one.host.memory:
        raise InvalidInput(f"from 64 MiB up to the memory of {one.host.name}", subject="size")
    if not one.cold and size > machine.memory_max:
        raise Conflict("it can grow beyond its limit while it is off", subject=one.power.value)
    flaw = "" if size < machine.memory and machine.flaw == "refused" else machine.flaw  # there is room for less
    return msgspec.structs.replace(machine, memory=size, memory_max=max(size, machine.memory_max), flaw=flaw), {}


def _disk_add(one: Standing, given: Given) -> Changed:
    estate, machine, size = one.scene.estate, one.machine, whole(given, "size")
    at = place_of(one, estate.stores, str(given["store"]))
    if len(machine.disks) >= MOST_DISKS:
        raise Conflict(f"{machine.name} has {MOST_DISKS} disks, which is all it can have", subject="disks")
    if size > estate.stores[at].free:
        raise Conflict(f"{estate.stores[at].name} has not enough room", subject=estate.stores[at].name)
    disks = (*machine.disks, Disk(size, at, True))
    return msgspec.structs.replace(machine, disks=disks), {"target": target_of(one, len(disks) - 1)}


def _disk_remove(one: Standing, given: Given) -> Changed:
    at = disk_at(one, str(given["target"]))
    if at == 0:
        raise Conflict("the machine starts from this disk", subject=str(given["target"]))
    if at < len(one.machine.disks) - 1:
        raise Conflict("a disk behind it would change its name: take the last one first", subject=str(given["target"]))
    return msgspec.structs.replace(one.machine, disks=one.machine.disks[:-1]), {}


def target_of(one: Standing, number: int) -> str:
    """The name of a disk in the machine."""
    return one.scene.traits.disk_target.format(number=number, letter="abcdefgh"[number])


def disk_at(one: Standing, target: str) -> int:
    """The number of a disk by its name. NotFound when there is none such."""
    targets = [target_of(one, number) for number in range(len(one.machine.disks))]
    if target not in targets:
        raise NotFound(f"{one.machine.name} has no disk {target}", subject="target")
    return targets.index(target)


def _nic_add(one: Standing, given: Given) -> Changed:
    at = place_of(one, one.scene.estate.nets, str(given["network"]))
    mac = str(given["mac"]).lower()
    if any(nic.mac == mac for nic in one.machine.nics):
        raise Conflict(f"{one.machine.name} has an interface {mac} already", subject=mac)
    return msgspec.structs.replace(one.machine, nics=(*one.machine.nics, Nic(at, mac))), {"mac": mac}


def _nic_remove(one: Standing, given: Given) -> Changed:
    mac = nic_of(one, str(given["mac"])).mac
    return msgspec.structs.replace(one.machine, nics=tuple(nic for nic in one.machine.nics if nic.mac != mac)), {}


def place_of(one: Standing, places: Sequence[Store] | Sequence[Net], wanted: str) -> int:
    """The number of a store or network by its id, key or name, that the machine's host reaches. NotFound otherwise."""
    for at, each in enumerate(places):
        first, last = each.hosts or (0, len(one.scene.estate.hosts))
        if first <= one.machine.host < last and wanted in (each.id, each.name, key(kind_of(each), each.id)):
            return at
    raise NotFound(f"{one.host.name} reaches no {wanted}", subject=wanted)


def nic_of(one: Standing, mac: str) -> Nic:
    """An interface by its address. NotFound when there is none such."""
    nic = next((nic for nic in one.machine.nics if nic.mac == mac.lower()), None)
    if nic is None:
        raise NotFound(f"{one.machine.name} has no interface {mac}", subject="mac")
    return nic


def _iso(one: Standing, given: Given) -> Changed:
    return msgspec.structs.replace(one.machine, iso=str(given["source"] or "")), {}


def _pin(one: Standing, given: Given) -> Changed:
    vcpu, cpus = whole(given, "vcpu"), str(given["cpus"])
    if vcpu >= one.machine.vcpus:
        raise InvalidInput(f"{one.machine.name} has {one.machine.vcpus} virtual processors", subject="vcpu")
    if not _CPUS.fullmatch(cpus) or max(map(int, re.findall(r"[0-9]+", cpus))) >= one.host.cpus:
        raise InvalidInput(f"{one.host.name} has processors 0-{one.host.cpus - 1}", subject="cpus")
    pins = {at: where for at, where in one.machine.pins if at != vcpu}
    if cpus != anywhere(one):
        pins[vcpu] = cpus
    return msgspec.structs.replace(one.machine, pins=tuple(sorted(pins.items()))), {}


def anywhere(one: Standing) -> str:
    """All processors of the host: not pinned."""
    return f"0-{one.host.cpus - 1}"


_CPUS = re.compile(r"[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*")


def _rename(one: Standing, given: Given) -> Changed:
    name = str(given["name"])
    if any(each.name == name and each.id != one.machine.id for each in one.scene.estate.machines):
        raise Conflict(f"another machine is called {name}", subject=name)
    if one.family is Family.LIBVIRT and not one.cold:
        raise Conflict("libvirt renames machines that are off", hint="shut it down first", subject=one.power.value)
    return msgspec.structs.replace(one.machine, name=name), {}


HARDWARE: dict[str, Callable[[Standing, Given], Changed]] = {
    "attach": _attach,
    "detach": _detach,
    "vcpus": _vcpus,
    "memory": _memory,
    "disk-add": _disk_add,
    "disk-remove": _disk_remove,
    "nic-add": _nic_add,
    "nic-remove": _nic_remove,
    "iso": _iso,
    "pin": _pin,
    "rename": _rename,
    "notes": lambda one, given: (msgspec.structs.replace(one.machine, description=str(given["text"] or "")), {}),
    "autostart": lambda one, given: (msgspec.structs.replace(one.machine, autostart=bool(given["on"])), {}),
}
"""What the machine is after it. They raise when the product refuses, before anything has changed."""


def change_host(family: Family, host: Host, deed: str, given: Given) -> tuple[Host, dict[str, Argument]]:
    """The host with a mediated device more or less, or another number of virtual functions."""
    device = device_of(host, str(given["device"]))
    if deed == "vfs":
        return _with_functions(family, host, device, whole(given, "count")), {}
    if deed == "mdev-remove":
        if device.device_class != "mdev":
            raise Conflict(f"{device.name} is no mediated device", subject=device.id)
        if device.holder:
            raise Busy(f"{device.name} is in use", subject=device.holder)
        devices = [_room(each, device, 1) for each in host.devices if each.id != device.id]
        return msgspec.structs.replace(host, devices=tuple(devices)), {}
    wanted, uuid = str(given["type"]), str(given["uuid"])
    kind = next((each for each in device.mdev_types if wanted in (each.id, each.name)), None)
    if kind is None:
        raise NotFound(f"{device.name} makes no mediated devices of type {wanted}", subject="type")
    if not kind.available or device.holder:
        raise Conflict(f"{device.name} has no room for another {kind.name}", subject="type")
    made = Device(
        id=mdev_id(uuid), name=kind.name, device_class="mdev", address=uuid, vendor=device.vendor, product=kind.id,
        iommu_group=device.iommu_group, numa_node=device.numa_node, parent=device.id,
    )  # fmt: skip
    devices = [_room(each, made, -1) for each in host.devices]
    return msgspec.structs.replace(host, devices=(*devices, made)), {"device": made.id}


def mdev_id(uuid: str) -> str:
    """How libvirt names a mediated device."""
    return f"mdev_{uuid.replace('-', '_')}"


def _room(device: Device, mdev: Device, more: int) -> Device:
    """A parent with room for one mediated device of that type more or less."""
    if device.id != mdev.parent:
        return device
    types = [
        msgspec.structs.replace(each, available=(each.available or 0) + more) if each.id == mdev.product else each
        for each in device.mdev_types
    ]
    return msgspec.structs.replace(device, mdev_types=tuple(types))


def _with_functions(family: Family, host: Host, device: Device, count: int) -> Host:
    if device.functions_max is None:
        raise Conflict(f"{device.name} has no virtual functions", subject=device.id)
    if count > device.functions_max:
        raise InvalidInput(f"{device.name} can have {device.functions_max} virtual functions", subject="count")
    mine = [each for each in host.devices if each.parent == device.id and each.device_class == "vf"]
    if held := [each for each in mine if each.holder]:
        raise Busy(f"{held[0].name} is in use; a new number takes all of them away first", subject=held[0].holder)
    others = [
        msgspec.structs.replace(each, functions=count) if each.id == device.id else each
        for each in host.devices
        if each not in mine
    ]
    made = [_function(family, device, number) for number in range(count)]
    return msgspec.structs.replace(host, devices=(*others, *made))


def _function(family: Family, parent: Device, number: int) -> Device:
    """A virtual function; the first ones are where they always were."""
    bus, _, port = parent.address.rpartition(".")
    place = int(port) * FUNCTIONS + number + (FUNCTIONS if number >= FUNCTIONS else 0)
    slot, part = divmod(2 + place, 8)
    address = f"{bus[:-2]}{slot:02x}.{part}"
    return Device(
        id=device_id(family, address), name=f"{parent.name}v{number}", device_class="vf", address=address,
        vendor=parent.vendor, product=f"{parent.product} Virtual Function", ids="15b3:1018", driver=parent.driver,
        iommu_group=(parent.iommu_group or 0) - int(port) + 2 + place, numa_node=parent.numa_node, parent=parent.id,
    )  # fmt: skip
