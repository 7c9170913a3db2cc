"""Plans of a machine's disks: one added on a new or an existing volume, one taken away."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from itertools import count, product
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.domxml_disks import source_of
from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.places import Places, Pool
from novatui.backends.libvirt.planning import Planning, inverse, reference, shows, whole
from novatui.backends.libvirt.reach import Reach, reach_of
from novatui.backends.libvirt.roster import Roster
from novatui.backends.libvirt.xmlform import cut, form, written
from novatui.backends.libvirt.xmltree import attribute_at
from novatui.core.errors import Busy, Conflict, InvalidInput, NotFound, NotSupported
from novatui.core.ids import key
from novatui.core.operations import Expectation, NativeCall, Operation, Plan
from novatui.core.states import Kind
from novatui.core.units import size

_PREFIXES = {"virtio": "vd", "scsi": "sd", "sata": "sd", "usb": "sd", "ide": "hd"}
"""Beginning of a disk's target by its bus, as libvirt names them."""

_PLUGGABLE = {"virtio", "scsi", "usb"}
"""Buses on which QEMU plugs disks in and out while the machine runs."""

_DISKS = {"disk", "lun"}
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


class DiskPlans:
    """Plans `edit.disk_add` and `edit.disk_remove`."""

    def __init__(self, planning: Planning, places: Places, roster: Roster) -> None:
        self._planning = planning
        self._places = places
        self._roster = roster

    def add(self, machine: Machine, operation: Operation) -> Plan:
        """A new volume of a size, or one that is there, becomes a disk."""
        said = operation.arguments
        if bool(said.get("size")) == bool(said.get("volume")):
            raise InvalidInput("say either the size of a new disk or the volume that is there", subject="size, volume")
        pool = self._places.pool(said.get("store", ""))
        if not pool.source_type:
            raise NotSupported(
                f"disks on {pool.name} are not offered",
                meaning=f"a pool of type {pool.type} has no files or block devices",
                hint=f"virsh attach-device {machine.name} FILE",
                subject=pool.type,
            )
        bus = said.get("bus") or _bus_of(machine)
        if bus not in _PREFIXES:
            raise InvalidInput(f"bus: one of {', '.join(_PREFIXES)}, not {bus}", subject="bus")
        reach = reach_of(machine, operation, not_live=_not_live(machine, bus))
        target = _free_target(machine, bus)
        if name := said.get("volume"):
            return self._existing(machine, reach, pool, name, bus, target)
        return self._new(machine, reach, pool, whole(operation, "size", least=1), bus, target)

    def _existing(self, machine: Machine, reach: Reach, pool: Pool, name: str, bus: str, target: str) -> Plan:
        volume = self._places.volume(pool, name)
        self._refuse_held(pool, volume.name, volume.path)
        if others := self._places.grown_from(pool, volume.path):
            raise Busy(
                f"{name} is what {', '.join(others)} grew from",
                meaning="a machine that writes to it destroys them",
                hint="make a volume of its own that grows from it (virsh vol-create-as --backing-vol)",
                subject=", ".join(others),
            )
        call, command = self._attaching(1, machine, reach, pool, volume.path, volume.format or "raw", bus, target)
        return self._planning.plan(
            machine,
            call,
            commands=(command,),
            warnings=reach.warnings,
            effect=reach.effect,
            inverse=inverse("edit.disk_remove", machine, target=target, apply=reach.word),
            irreversible=_new_controller(machine, bus),
            expects=_one_more(machine, reach, 1),
        )

    def _new(self, machine: Machine, reach: Reach, pool: Pool, capacity: int, bus: str, target: str) -> Plan:
        kind = pool.new_format
        name = self._free_name(pool, f"{_ODD.sub('-', machine.name).strip('-.') or 'disk'}-{target}", kind)
        volume = form(
            "volume",
            form("name", name),
            form("capacity", str(capacity), unit="bytes"),
            form("allocation", "0", unit="bytes") if pool.source_type == "file" else None,
            form("target", form("format", type=kind)),
        )
        made = self._planning.call(
            1, "virStorageVolCreateXML", long=True, pool=pool.uuid, xmlDesc=written(volume), flags=0
        )
        thin = ("--allocation", "0") if pool.source_type == "file" else ()
        call, command = self._attaching(2, machine, reach, pool, f"{pool.path}/{name}", kind, bus, target)
        return self._planning.plan(
            machine,
            made,
            call,
            commands=(
                self._planning.virsh("vol-create-as", pool.name, name, f"{capacity}B", "--format", kind, *thin),
                command,
            ),
            warnings=(*reach.warnings, *_room(pool, capacity)),
            costs=(f"a new volume {name} of {size(capacity)} on {pool.name}",),
            effect=reach.effect,
            inverse=inverse("edit.disk_remove", machine, target=target, apply=reach.word),
            irreversible="; ".join(
                filter(
                    None,
                    (
                        f"the new volume {name} stays on {pool.name}, also when it cannot be attached",
                        _new_controller(machine, bus),
                    ),
                )
            ),
            expects=_one_more(machine, reach, 1),
        )

    def _attaching(
        self, number: int, machine: Machine, reach: Reach, pool: Pool, path: str, kind: str, bus: str, target: str
    ) -> tuple[NativeCall, str]:
        block = pool.source_type == "block"
        disk = form(
            "disk",
            form("driver", name="qemu", type=kind),
            form("source", dev=path) if block else form("source", file=path),
            form("target", dev=target, bus=bus),
            type=pool.source_type,
            device="disk",
        )
        call = self._planning.call(
            number, "virDomainAttachDeviceFlags", dom=machine.uuid, xml=written(disk), flags=reach.flags
        )
        form_of_it = ("--sourcetype", pool.source_type, "--driver", "qemu", "--subdriver", kind, "--targetbus", bus)
        return call, self._planning.virsh("attach-disk", reference(machine), path, target, *form_of_it, *reach.options)

    def remove(self, machine: Machine, operation: Operation) -> Plan:
        """Take a disk away; its volume stays."""
        target = operation.arguments.get("target", "")
        found = [part.root for part in (machine.live, machine.stored) if part is not None]
        disk = next((disk for root in found for disk in _disks(root) if _target(disk) == target), None)
        if disk is None:
            disks = ", ".join(_target(disk) for disk in _disks(machine.now.root))
            raise NotFound(
                f"{machine.name} has no disk {target}", meaning=f"it has {disks or 'none'}", subject="target"
            )
        bus = attribute_at(disk, "target", "bus")
        reach = reach_of(machine, operation, not_live=_not_live(machine, bus))
        for part in reach.of(machine):
            if target not in map(_target, _disks(part.root)):
                place = "while it runs" if part is machine.live else "in what is stored"
                raise Conflict(
                    f"{machine.name} has no disk {target} {place}",
                    hint="apply=persistent" if part is machine.live else "apply=live",
                    subject="target",
                )
        if disk.find("mirror") is not None and reach.live:
            raise Busy(
                f"a block job works on {target} of {machine.name}",
                hint="wait for it, or cancel its task",
                subject=target,
            )
        back, lost = self._way_back(machine, reach, disk, bus)
        return self._planning.plan(
            machine,
            self._planning.call(
                1,
                "virDomainDetachDeviceFlags",
                dom=machine.uuid,
                xml=written(cut(disk, "driver", "source", "target")),
                flags=reach.flags,
            ),
            commands=(self._planning.virsh("detach-disk", reference(machine), target, *reach.options),),
            warnings=(*reach.warnings, *self._removal_warnings(machine, reach, disk, target)),
            effect=reach.effect,
            inverse=back,
            irreversible=lost,
            expects=_one_more(machine, reach, -1),
        )

    def _way_back(self, machine: Machine, reach: Reach, disk: Element, bus: str) -> tuple[Operation | None, str]:
        path = source_of(disk.get("type", ""), disk.find("source"))
        home = self._places.home(path) if path.startswith("/") else None
        if home is None:
            return None, f"{path or 'its source'} is in no storage pool: attach it again with virsh attach-device"
        uuid, _pool, volume = home
        store = key(Kind.DATASTORE, uuid)
        back = inverse("edit.disk_add", machine, store=store, volume=volume, bus=bus, apply=reach.word)
        return back, "undo attaches it with default settings: its cache mode, serial and limits do not come back"

    def _removal_warnings(self, machine: Machine, reach: Reach, disk: Element, target: str) -> Iterable[str]:
        if reach.live:
            yield "the guest should have unmounted it: what it has not written yet is lost"
            yield "a guest that does not let it go keeps it"
        if disk is next(iter(_disks(machine.now.root)), None) or disk.find("boot") is not None:
            yield f"{target} looks like the disk that the machine boots from"
        if self._planning.link.attempt(machine.domain.snapshotNum):
            yield f"snapshots that hold {target} cannot be reverted to without it"

    def _refuse_held(self, pool: Pool, name: str, path: str) -> None:
        """Two machines that write one disk destroy what is on it."""
        for known in self._roster:
            images = known.summary.images if known.summary is not None else ()
            if path in images or f"{pool.name}/{name}" in images:
                raise Busy(f"{name} is a disk of {known.name}", hint="take it away there first", subject=known.name)

    def _free_name(self, pool: Pool, stem: str, kind: str) -> str:
        taken = self._places.volume_names(pool)
        ending = f".{kind}" if pool.source_type == "file" else ""
        names = (f"{stem}{f'-{number}' if number > 1 else ''}{ending}" for number in count(1))
        return next(name for name in names if name not in taken)


def _disks(root: Element) -> list[Element]:
    return [disk for disk in root.findall("devices/disk") if disk.get("device", "disk") in _DISKS]


def _target(disk: Element) -> str:
    return attribute_at(disk, "target", "dev")


def _bus_of(machine: Machine) -> str:
    """That of its first disk: its guest has a driver for it."""
    first = next(iter(_disks(machine.now.root)), None)
    bus = attribute_at(first, "target", "bus") if first is not None else ""
    return bus if bus in _PREFIXES else "virtio"


def _not_live(machine: Machine, bus: str) -> str:
    return "" if bus in _PLUGGABLE or not machine.active else f"disks on {bus} cannot be plugged in or out"


def _free_target(machine: Machine, bus: str) -> str:
    """The first name on this bus that neither the running nor the stored machine has."""
    parts = [part for part in (machine.live, machine.stored) if part is not None]
    taken = {_target(disk) for part in parts for disk in part.devices("disk")}
    letters = string.ascii_lowercase
    names = (f"{_PREFIXES[bus]}{''.join(tail)}" for length in (1, 2) for tail in product(letters, repeat=length))
    return next(name for name in names if name not in taken)


def _new_controller(machine: Machine, bus: str) -> str:
    """A bus that the machine does not have yet comes with its first disk, and stays."""
    there = {controller.get("type") for controller in machine.now.devices("controller")}
    return "" if bus == "virtio" or bus in there else f"the {bus} controller that libvirt adds for it stays"


def _room(pool: Pool, capacity: int) -> tuple[str, ...]:
    if capacity <= pool.free:
        return ()
    return (f"{pool.name} has {size(pool.free)} free: the machine stands still when the disk grows beyond that",)


def _one_more(machine: Machine, reach: Reach, more: int) -> tuple[Expectation, ...]:
    if machine.active and not reach.live:
        return ()
    return shows(machine, "disks", str(len(_disks(machine.now.root)) + more))
