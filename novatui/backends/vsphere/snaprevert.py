"""Plans of going back to a snapshot: what is lost, what the machine is then, and how the present state is kept."""

from __future__ import annotations

import re
import time

from novatui.backends.vsphere.fields import each
from novatui.backends.vsphere.machine_spec import vm_spec
from novatui.backends.vsphere.planning import Planning, Subject, inverse, not_here, shows
from novatui.backends.vsphere.snapcreate import SnapshotCreation, of_consolidation, outside
from novatui.backends.vsphere.snaptree import SnapshotTree, age_of
from novatui.backends.vsphere.updates import Ref
from novatui.backends.vsphere.words import POWER
from novatui.core.errors import InvalidInput, NovaError
from novatui.core.operations import NativeCall, Operation, Plan
from novatui.core.snapshots import Snapshot
from novatui.core.specdiff import differences
from novatui.core.states import Power

_THEN = frozenset({"", "as-saved", "running", "paused"})

_OF_DISKS = re.compile(r"^name$|^disk \S+ (source|backing|format|size|allocation)$")
"""What differs because of the snapshots themselves, and the name, which a revert keeps."""

_SHOWN = 3
"""Settings that a warning names one by one."""


class SnapshotRevert:
    """Plans `snap.revert`."""

    def __init__(self, planning: Planning, creation: SnapshotCreation) -> None:
        self._planning = planning
        self._creation = creation

    def plan(self, machine: Subject, tree: SnapshotTree, operation: Operation) -> Plan:
        """The calls that go back now."""
        target = tree.find(operation.arguments.get("snapshot", ""))
        then = operation.arguments.get("then", "")
        _refuse_then(then)
        saved = POWER.get(target.native_state, Power.UNKNOWN)
        after = Power.RUNNING if then == "running" else saved
        safety = self._safety(machine, tree, operation.arguments.get("safety", ""))
        calls: list[NativeCall] = []
        if safety:
            calls.append(self._creation.call(1, machine, safety, "taken before a revert", memory=machine.running))
        back = Ref("VirtualMachineSnapshot", target.id)
        calls.append(self._planning.call(len(calls) + 1, "RevertToSnapshot_Task", back, suppressPowerOn=False))
        if after is Power.RUNNING and saved is not Power.RUNNING:
            calls.append(self._planning.call(len(calls) + 1, "PowerOnVM_Task", machine.ref))
        return self._planning.plan(
            machine,
            *calls,
            warnings=(
                *of_consolidation(machine),
                *_ends_as(machine, target, saved, after),
                *_stays(machine),
                *self._configuration(machine, target),
            ),
            losses=_losses(machine, tree, kept=bool(safety)),
            costs=_costs(machine, target, safety),
            inverse=inverse("snap.revert", machine, snapshot=safety) if safety else None,
            irreversible=f"the safety snapshot '{safety}' stays until it is deleted"
            if safety
            else "nothing keeps the present state: ask for a safety snapshot (safety=yes)",
            expects=shows(machine, "power", after) if after is not Power.UNKNOWN else (),
        )

    def _safety(self, machine: Subject, tree: SnapshotTree, wanted: str) -> str:
        """Name of the safety snapshot; empty when none is wanted. NovaError when none can be taken."""
        if wanted in {"", "no"}:
            return ""
        name = time.strftime("novatui-undo-%Y%m%d-%H%M%S") if wanted == "yes" else wanted
        self._creation.refuse(machine, tree, name, memory=machine.running)
        return name

    def _configuration(self, machine: Subject, target: Snapshot) -> tuple[str, ...]:
        """What the machine's hardware was then, where that differs: it goes back too."""
        try:
            told = self._planning.asking.of(Ref("VirtualMachineSnapshot", target.id), ("config",))
            then, now = (vm_spec(one.has("config"), None, self._planning.name_of) for one in (told, machine.told))
        except NovaError:
            return ("what the machine was like then is not told: its configuration may go back too",)
        found = [one for one in differences(now, then) if not _OF_DISKS.search(one.field)]
        if not found:
            return ()
        named = ", ".join(f"{one.field} {one.before or 'none'} -> {one.after or 'none'}" for one in found[:_SHOWN])
        rest = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return (f"its configuration goes back too: {named}{rest}",)


def _refuse_then(then: str) -> None:
    if then not in _THEN:
        raise InvalidInput("the machine is then as-saved or running", subject="then")
    if then == "paused":
        raise not_here(
            "vSphere holds no machine in memory without running it",
            "after a revert it is as it was saved, or running",
            hint="revert with then=as-saved or then=running",
            subject="then",
        )


def _ends_as(machine: Subject, target: Snapshot, saved: Power, after: Power) -> tuple[str, ...]:
    if after is Power.OFF and machine.power is not Power.OFF:
        return (f"'{target.name}' holds no memory: the machine is off afterwards",)
    if after is Power.RUNNING and saved is Power.OFF:
        return (f"'{target.name}' holds no memory: the machine boots from its disks as they were",)
    return (f"the machine is {after.value} afterwards",) if after is not machine.power else ()


def _stays(machine: Subject) -> tuple[str, ...]:
    found = outside(each(machine.has("config"), "hardware.device"))
    return tuple(f"disk {slot} is no part of snapshots: it stays as it is now" for slot in found)


def _losses(machine: Subject, tree: SnapshotTree, *, kept: bool) -> tuple[str, ...]:
    if kept:
        return ()
    current = tree.current
    since = f"since '{current.name}' was taken, {age_of(current)}" if current else "that no snapshot holds"
    found = [f"everything written to its disks {since}"]
    if machine.running:
        found.append("what the guest holds in memory now")
    if machine.power is Power.SUSPENDED:
        found.append("the machine's memory that is saved on disk")
    return tuple(found)


def _costs(machine: Subject, target: Snapshot, safety: str) -> tuple[str, ...]:
    found: list[str] = []
    if safety and machine.running:
        found.append("the guest is slow or stands still while its memory is written for the safety snapshot")
    if machine.running:
        found.append("the machine is stopped for the revert: connections to it break")
    if target.memory:
        found.append("its memory is read from its datastore; how long that takes depends on the storage")
    return tuple(found)
