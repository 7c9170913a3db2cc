"""Plans of a machine's optical drives: a medium put in, a medium taken out."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.domxml_disks import source_of
from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.places import Places
from novatui.backends.libvirt.planning import Planning, inverse, reference
from novatui.backends.libvirt.reach import Reach, reach_of
from novatui.backends.libvirt.xmlform import form, written
from novatui.backends.libvirt.xmltree import attribute_at
from novatui.core.errors import Conflict, InvalidInput, NotFound, NotSupported
from novatui.core.operations import Operation, Plan

_REMOVABLE = {"cdrom", "floppy"}


class MediaPlans:
    """Plans `edit.iso_insert` and `edit.iso_eject`."""

    def __init__(self, planning: Planning, places: Places) -> None:
        self._planning = planning
        self._places = places

    def insert(self, machine: Machine, operation: Operation) -> Plan:
        """Put a file into a drive; without a drive named, into the first one that is empty."""
        reach = reach_of(machine, operation)
        drive = _drive(machine, reach, operation.arguments.get("target", ""), prefer_empty=True)
        path, known = self._path(operation.arguments.get("source", ""))
        target, before = _target(drive), _medium(drive)
        if before == path:
            raise Conflict(f"{path} is in {target} of {machine.name} already", subject="source")
        changed = form("source", file=path)
        word = "--update" if before else "--insert"
        words = (reference(machine), target, path, word, *reach.options)
        return self._plan(
            machine,
            reach,
            drive,
            changed,
            self._planning.virsh("change-media", *words),
            warnings=_on_inserting(drive, before, known=known, path=path),
            back=self._back(machine, reach, target, before),
        )

    def eject(self, machine: Machine, operation: Operation) -> Plan:
        """Take the medium out of a drive; without a drive named, out of the only one that holds one."""
        reach = reach_of(machine, operation)
        drive = _drive(machine, reach, operation.arguments.get("target", ""), prefer_empty=False)
        target, before = _target(drive), _medium(drive)
        if not before:
            raise Conflict(f"{target} of {machine.name} is empty", subject="target")
        return self._plan(
            machine,
            reach,
            drive,
            None,
            self._planning.virsh("change-media", reference(machine), target, "--eject", *reach.options),
            warnings=("a guest that has locked the drive keeps the medium: eject it there first",)
            if reach.live
            else (),
            back=self._back(machine, reach, target, before),
        )

    def _plan(
        self,
        machine: Machine,
        reach: Reach,
        drive: Element,
        source: Element | None,
        command: str,
        *,
        warnings: Iterable[str],
        back: tuple[Operation | None, str],
    ) -> Plan:
        disk = form(
            "disk",
            form("driver", name=attribute_at(drive, "driver", "name") or "qemu", type="raw"),
            source,
            form("target", dev=_target(drive), bus=attribute_at(drive, "target", "bus")),
            form("readonly"),
            type="file",
            device=drive.get("device", "cdrom"),
        )
        return self._planning.plan(
            machine,
            self._planning.call(
                1, "virDomainUpdateDeviceFlags", dom=machine.uuid, xml=written(disk), flags=reach.flags
            ),
            commands=(command,),
            warnings=(*reach.warnings, *warnings),
            effect=reach.effect,
            inverse=back[0],
            irreversible=back[1],
        )

    def _back(self, machine: Machine, reach: Reach, target: str, before: str) -> tuple[Operation | None, str]:
        if not before:
            return inverse("edit.iso_eject", machine, target=target, apply=reach.word), ""
        if not before.startswith("/"):
            return None, f"{before} was no file: only virsh puts it in again"
        return inverse("edit.iso_insert", machine, source=before, target=target, apply=reach.word), ""

    def _path(self, said: str) -> tuple[str, bool]:
        """Path of a file, and whether a storage pool knows it: a path, or `store/volume`."""
        if said.startswith("/"):
            return said, self._places.home(said) is not None
        store, slash, name = said.partition("/")
        if not slash or not name:
            raise InvalidInput(
                f"{said!r} is neither a path nor a volume",
                hint="/path/on/the/host.iso, or store/volume",
                subject="source",
            )
        return self._places.volume(self._places.pool(store), name).path, True


def _drive(machine: Machine, reach: Reach, target: str, *, prefer_empty: bool) -> Element:
    """The drive that is meant, as it is now. It has to be in everything that is changed."""
    parts = reach.of(machine)
    names = [{_target(drive) for drive in _drives(part.root)} for part in parts]
    drives = [drive for drive in _drives(parts[0].root) if all(_target(drive) in each for each in names)]
    if not drives:
        raise NotSupported(
            f"{machine.name} has no optical drive",
            meaning="a drive can only be added while the machine is off",
            hint=f"virsh attach-disk {reference(machine)} '' sda --type cdrom --targetbus sata --config",
            subject="cdrom",
        )
    if target:
        found = next((drive for drive in drives if _target(drive) == target), None)
        if found is None:
            has = ", ".join(map(_target, drives))
            raise NotFound(f"{machine.name} has no drive {target}", meaning=f"it has {has}", subject="target")
        return found
    fitting = [drive for drive in drives if bool(_medium(drive)) is not prefer_empty]
    if len(fitting) > 1 and not prefer_empty:
        has = ", ".join(map(_target, fitting))
        raise InvalidInput(f"say which drive: {has}", subject="target")
    return (fitting or drives)[0]


def _drives(root: Element) -> list[Element]:
    return [disk for disk in root.findall("devices/disk") if disk.get("device") in _REMOVABLE]


def _target(drive: Element) -> str:
    return attribute_at(drive, "target", "dev")


def _medium(drive: Element) -> str:
    return source_of(drive.get("type", ""), drive.find("source"))


def _on_inserting(drive: Element, before: str, *, known: bool, path: str) -> Iterable[str]:
    if before:
        yield f"{before} is taken out of {_target(drive)}"
    if not known:
        yield f"no storage pool knows {path}: whether it is there shows when it is put in"
