"""Plans of a machine's disks: one added, new or from a file that is there; one taken away, its file kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novatui.backends.vsphere.controllers import Place, bus_of, place_on
from novatui.backends.vsphere.dataobjects import data, reference
from novatui.backends.vsphere.fields import at, number, type_of, words
from novatui.backends.vsphere.machine_devices import BUSES, slot_of
from novatui.backends.vsphere.places import Places, Store
from novatui.backends.vsphere.planning import Planning, inverse, shows, whole
from novatui.backends.vsphere.reconfiguring import Machine, device_change, named, new_key, reconfigure
from novatui.backends.vsphere.tree import shown_name
from novatui.core.errors import Busy, InvalidInput, NotFound
from novatui.core.operations import Expectation, NativeCall, Operation, Plan
from novatui.core.units import size

KIB = 1024
MIB = 1 << 20
DISK = "VirtualDisk"
ALLOCATE = "Datastore.AllocateSpace"
"""Privilege on the store that a new disk takes."""

_PLAIN = frozenset({"VirtualDiskFlatVer2BackingInfo", "VirtualDiskSeSparseBackingInfo"})
"""Disks that are files, and can be plugged in again as they are."""


class DiskPlans:
    """Plans `edit.disk_add` and `edit.disk_remove`."""

    def __init__(self, planning: Planning, places: Places) -> None:
        self._planning = planning
        self._places = places

    def add(self, machine: Machine, operation: Operation) -> Plan:
        """A new disk of a size on a store, or one whose file lies there."""
        said = operation.arguments
        if bool(said.get("size")) == bool(said.get("volume")):
            raise InvalidInput("say either the size of a new disk or the volume that is there", subject="size, volume")
        bus = bus_of(machine, said.get("bus", ""))
        _refuse_plugging(machine, bus)
        place = place_on(machine, bus)
        store = self._places.store(machine, said.get("store", ""))
        if said.get("volume"):
            return self._existing(machine, store, said["volume"], place)
        return self._new(machine, store, whole(operation, "size", least=MIB), place)

    def _new(self, machine: Machine, store: Store, wanted: int, place: Place) -> Plan:
        if wanted % MIB:
            raise InvalidInput("disks come in whole MiB", subject="size")
        backing = data(
            "VirtualDiskFlatVer2BackingInfo",
            fileName=f"[{store.name}]",
            datastore=reference(store.ref),
            diskMode="persistent",
            thinProvisioned=True,
        )
        short = store.free is not None and wanted > store.free
        full = f"{shown_name(store.name)} has {size(store.free)} free: the machine stops when the disk outgrows that"
        return self._planning.plan(
            machine.subject,
            self._adding(machine, place, backing, wanted // KIB, create=True),
            needs={store.ref: (ALLOCATE,)},
            warnings=(full,) if short else (),
            costs=(f"up to {size(wanted)} on {shown_name(store.name)}, as the guest writes (thin)",),
            inverse=inverse("edit.disk_remove", machine.subject, target=place.slot),
            irreversible=_stays("the new file stays on its store", place),
            expects=_count(machine, 1),
        )

    def _existing(self, machine: Machine, store: Store, said: str, place: Place) -> Plan:
        _, volume = self._places.file(machine, said, store)
        if volume.format != "vmdk":
            raise InvalidInput(f"{volume.name} is no disk", hint="edit.iso_insert takes media", subject="volume")
        if volume.owner == machine.subject.key:
            raise Busy(f"{machine.name} has {volume.name} already", subject=volume.name)
        if volume.owner:
            ref = self._planning.inventory.refs([volume.owner])[volume.owner]
            whose = words(self._planning.asking.of(ref, ("name",)).values.get("name")) if ref else volume.owner
            raise Busy(
                f"{volume.name} is a disk of {shown_name(whose)}",
                meaning="two machines that write one disk destroy what is on it",
                hint="take it away there first (edit.disk_remove)",
                subject=shown_name(whose),
            )
        backing = data(
            "VirtualDiskFlatVer2BackingInfo",
            fileName=volume.path,
            datastore=reference(store.ref),
            diskMode="persistent",
        )
        return self._planning.plan(
            machine.subject,
            self._adding(machine, place, backing, (volume.capacity or 0) // KIB),
            inverse=inverse("edit.disk_remove", machine.subject, target=place.slot),
            irreversible=_stays("", place),
            expects=_count(machine, 1),
        )

    def _adding(
        self, machine: Machine, place: Place, backing: dict[str, Any], kib: int, *, create: bool = False
    ) -> NativeCall:
        made = [place.made] if place.made is not None else []
        disk = data(
            DISK,
            key=new_key() - len(made),
            controllerKey=place.controller,
            unitNumber=place.unit,
            capacityInKB=kib,
            backing=backing,
        )
        return reconfigure(self._planning, machine, [*made, device_change("add", disk, create=create)])

    def remove(self, machine: Machine, operation: Operation) -> Plan:
        """Take a disk away; its file stays on its store."""
        target = operation.arguments.get("target", "")
        disks = {slot_of(one, machine.hardware): one for one in machine.hardware if type_of(one) == DISK}
        disk = disks.get(target) or next(
            (one for one in disks.values() if target and target == words(one, "deviceInfo.label")), None
        )
        if disk is None:
            raise NotFound(
                f"{machine.name} has no disk {target}", meaning=f"it has {', '.join(disks) or 'none'}", subject="target"
            )
        bus = _bus(machine, disk)
        _refuse_plugging(machine, bus)
        back, lost = self._way_back(machine, disk, bus)
        return self._planning.plan(
            machine.subject,
            reconfigure(self._planning, machine, [device_change("remove", named(disk, "capacityInKB"))]),
            warnings=tuple(_on_removal(machine, disk, next(iter(disks.values())))),
            inverse=back,
            irreversible=lost,
            expects=_count(machine, -1),
        )

    def _way_back(self, machine: Machine, disk: dict[str, Any], bus: str) -> tuple[Operation | None, str]:
        backing = at(disk, "backing")
        path = words(backing, "fileName")
        if type_of(backing) not in _PLAIN or not path.startswith("["):
            return None, f"{path or 'its device'} is no plain disk file: only the vSphere Client attaches it again"
        name = path[1:].partition("]")[0]
        store = self._places.store(machine, name)
        volume = path.partition("] ")[2]
        odd = words(backing, "diskMode") != "persistent" or number(disk, "storageIOAllocation.limit") not in (None, -1)
        here, there = slot_of(disk, machine.hardware), place_on(machine, bus, without=disk).slot
        lost = (
            "its mode and its limits do not come back" if odd else "",
            f"undo plugs it in at {there}, not at {here}" if there != here else "",
        )
        back = inverse("edit.disk_add", machine.subject, store=store.key, volume=volume, bus=bus)
        return back, "; ".join(filter(None, lost))


def _bus(machine: Machine, disk: dict[str, Any]) -> str:
    above = next((one for one in machine.hardware if words(one, "key") == words(disk, "controllerKey")), None)
    return BUSES.get(type_of(above), "") if above is not None else ""


def _refuse_plugging(machine: Machine, bus: str) -> None:
    if bus == "ide":
        machine.need_off("disks on IDE are not plugged in or out while it runs")
    elif not machine.on:
        machine.need_off("the disks of a suspended machine stay as they are")


def _on_removal(machine: Machine, disk: dict[str, Any], first: dict[str, Any]) -> Iterator[str]:
    if machine.on:
        yield "the guest should have unmounted it: what it has not written yet is lost"
    if disk is first:
        yield f"{slot_of(disk, machine.hardware)} looks like the disk that the machine boots from"
    if machine.snapshots:
        yield "its snapshots keep it: going back to one brings it back, and its files are not free for another"
    if words(disk, "backing.sharing") == "sharingMultiWriter":
        yield "other machines may write to it: it is shared"


def _stays(file: str, place: Place) -> str:
    added = "" if place.made is None else f"the controller that is added for it ({place.slot.partition(':')[0]}) stays"
    return "; ".join(filter(None, (file, added)))


def _count(machine: Machine, more: int) -> tuple[Expectation, ...]:
    disks = sum(1 for one in machine.hardware if type_of(one) == DISK)
    return shows(machine.subject, "disks", str(disks + more))
