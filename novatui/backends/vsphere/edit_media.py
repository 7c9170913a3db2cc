"""Plans of a machine's optical drives: a medium put in, a medium taken out."""

from __future__ import annotations

from typing import Any

from novatui.backends.vsphere.dataobjects import data, form_of, reference
from novatui.backends.vsphere.fields import at, truth, type_of, words
from novatui.backends.vsphere.machine_devices import slot_of
from novatui.backends.vsphere.places import Places
from novatui.backends.vsphere.planning import Planning, inverse
from novatui.backends.vsphere.reconfiguring import Machine, device_change, reconfigure, text
from novatui.core.errors import Conflict, InvalidInput, NotFound
from novatui.core.operations import NativeCall, Operation, Plan

DRIVE = "VirtualCdrom"
_FILE = "VirtualCdromIsoBackingInfo"
_EMPTY = "VirtualCdromRemotePassthroughBackingInfo"
"""Backing of a drive that holds nothing: the client's own, which is not connected."""

BROWSE = "Datastore.Browse"
"""Privilege on the store whose files are read."""

LOCKED = "a guest that has locked the drive keeps the medium, and the machine waits for an answer then"


class MediaPlans:
    """Plans `edit.iso_insert` and `edit.iso_eject`."""

    def __init__(self, planning: Planning, places: Places) -> None:
        self._planning = planning
        self._places = places

    def insert(self, machine: Machine, operation: Operation) -> Plan:
        """Put a file into a drive; without a drive named, into the first one that is empty."""
        drive = _drive(machine, operation.arguments.get("target", ""), holding=False)
        store, volume = self._places.file(machine, text(operation, "source"))
        if volume.format != "iso":
            raise InvalidInput(f"{volume.name} is no ISO image", subject="source")
        before = _medium(drive)
        if before == volume.path:
            raise Conflict(f"{volume.path} is in {slot_of(drive, machine.hardware)} already", subject="source")
        backing = data(_FILE, fileName=volume.path, datastore=reference(store.ref))
        return self._planning.plan(
            machine.subject,
            self._changing(machine, drive, backing, holds=True),
            needs={store.ref: (BROWSE,)},
            warnings=(f"{before} goes out of it first", LOCKED) if before and machine.on else (),
            inverse=self._back(machine, drive),
            irreversible=_lost(drive),
        )

    def eject(self, machine: Machine, operation: Operation) -> Plan:
        """Take the medium out of a drive; without a drive named, out of the first one that holds one."""
        drive = _drive(machine, operation.arguments.get("target", ""), holding=True)
        slot = slot_of(drive, machine.hardware)
        if not _medium(drive):
            raise Conflict(f"{slot} of {machine.name} is empty", subject="target")
        backing = data(_EMPTY, deviceName="", exclusive=False)
        return self._planning.plan(
            machine.subject,
            self._changing(machine, drive, backing, holds=False),
            warnings=(LOCKED,) if machine.on else (),
            inverse=self._back(machine, drive),
            irreversible="" if truth(drive, "connectable.startConnected") else "it is connected at the start then",
        )

    def _changing(self, machine: Machine, drive: dict[str, Any], backing: dict[str, Any], *, holds: bool) -> NativeCall:
        connection = data(
            "VirtualDeviceConnectInfo", startConnected=holds, allowGuestControl=True, connected=holds and machine.on
        )
        changed = form_of(drive) | {"backing": backing, "connectable": connection}
        return reconfigure(self._planning, machine, [device_change("edit", changed)])

    def _back(self, machine: Machine, drive: dict[str, Any]) -> Operation | None:
        slot, before = slot_of(drive, machine.hardware), _medium(drive)
        if before:
            return inverse("edit.iso_insert", machine.subject, source=before, target=slot)
        return None if _lost(drive) else inverse("edit.iso_eject", machine.subject, target=slot)


def _drive(machine: Machine, target: str, *, holding: bool) -> dict[str, Any]:
    drives = {slot_of(one, machine.hardware): one for one in machine.hardware if type_of(one) == DRIVE}
    if target:
        found = drives.get(target) or next(
            (one for one in drives.values() if words(one, "deviceInfo.label") == target), None
        )
        if found is None:
            there = ", ".join(drives) or "none"
            raise NotFound(f"{machine.name} has no drive {target}", meaning=f"it has {there}", subject="target")
        return found
    if not drives:
        raise NotFound(
            f"{machine.name} has no optical drive",
            hint="add one in the vSphere Client while it is off",
            subject="target",
        )
    fitting = [one for one in drives.values() if bool(_medium(one)) is holding]
    return fitting[0] if fitting else next(iter(drives.values()))


def _medium(drive: dict[str, Any]) -> str:
    """The file in it; empty when there is none."""
    backing = at(drive, "backing")
    return words(backing, "fileName") if type_of(backing) == _FILE else ""


def _lost(drive: dict[str, Any]) -> str:
    """A drive of the host or of a client is not what undo leaves."""
    backing = at(drive, "backing")
    if type_of(backing) in (_FILE, _EMPTY) or backing is None:
        return ""
    connected = words(backing, "deviceName") or "a drive of the host"
    return f"it was connected to {connected}: only the vSphere Client does that"
