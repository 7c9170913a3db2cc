"""Plans of new snapshots: what they hold, what they leave out, and what they cost."""

from __future__ import annotations

from typing import Any

from novatui.backends.vsphere.fields import each, number, refs, type_of, words
from novatui.backends.vsphere.machine_devices import slot_of
from novatui.backends.vsphere.planning import Planning, Subject, inverse, not_here, shows, yes
from novatui.backends.vsphere.snaptree import SnapshotTree
from novatui.core.errors import Conflict, InvalidInput
from novatui.core.operations import NativeCall, Operation, Plan
from novatui.core.units import size

DEEPEST = 32
"""Snapshots of one chain at most (VMware's configuration maximums)."""

LONGEST = 80
"""Characters of a name at most (CreateSnapshot_Task)."""

MIB = 1024 * 1024


class SnapshotCreation:
    """Plans `snap.create`, and the snapshot that makes a revert safe."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def plan(self, machine: Subject, tree: SnapshotTree, operation: Operation) -> Plan:
        """The call that takes it now."""
        name = operation.arguments.get("name", "")
        memory, quiesce = yes(operation, "memory") is True, yes(operation, "quiesce") is True
        if memory and quiesce:
            raise InvalidInput(
                "with its memory the machine is caught as it is: there is nothing to quiet",
                hint="choose one of them",
                subject="memory, quiesce",
            )
        self.refuse(machine, tree, name, memory=memory and machine.running)
        if quiesce and machine.running:
            _need_tools(machine)
        return self._planning.plan(
            machine,
            self.call(
                1,
                machine,
                name,
                operation.arguments.get("description", ""),
                memory=memory and machine.running,
                quiesce=quiesce and machine.running,
            ),
            warnings=(
                *of_consolidation(machine),
                *_left_out(machine),
                *_same_name(tree, name),
                *(("it is not running: it has no memory to keep",) if memory and not machine.running else ()),
                *_crash_consistent(machine, memory=memory, quiesce=quiesce),
            ),
            costs=self.costs(machine, memory=memory and machine.running),
            inverse=inverse("snap.delete", machine, snapshot=name) if not _same_name(tree, name) else None,
            irreversible="there are several of that name: delete it by its reference" if _same_name(tree, name) else "",
            expects=shows(machine, "snapshots", str(len(tree) + 1)),
        )

    def refuse(self, machine: Subject, tree: SnapshotTree, name: str, *, memory: bool) -> None:
        """What the server would refuse, said before with a way on."""
        if not name.strip() or len(name) > LONGEST:
            raise InvalidInput(f"give the snapshot a name of 1 to {LONGEST} characters", subject="name")
        if tree.depth >= DEEPEST:
            raise Conflict(
                f"{machine.name} has {tree.depth} snapshots in a row, and vSphere allows {DEEPEST}",
                hint="delete one of them first (snap.delete)",
                code="TooManySnapshotLevels",
                subject="snapshots",
            )
        devices = each(machine.has("config"), "hardware.device")
        if shared := [one for one in devices if words(one, "sharedBus") not in ("", "noSharing")]:
            raise not_here(
                f"{machine.name} shares a disk bus with other machines",
                f"{words(shared[0], 'deviceInfo.label')} has {words(shared[0], 'sharedBus')}: vSphere takes no "
                "snapshot of such a machine",
                hint="use the snapshots of the storage, or of the guest",
                subject="sharedBus",
            )
        if memory:
            _refuse_memory(machine, devices)

    def call(
        self, at: int, machine: Subject, name: str, about: str, *, memory: bool, quiesce: bool = False
    ) -> NativeCall:
        """The native call, the `at`th of its plan."""
        return self._planning.call(
            at,
            "CreateSnapshot_Task",
            machine.ref,
            name=name,
            description=about or None,
            memory=memory,
            quiesce=quiesce,
        )

    def costs(self, machine: Subject, *, memory: bool) -> tuple[str, ...]:
        """Time and space that it takes."""
        free = self._free(machine)
        room = f"; {size(free)} are free on its datastore" if free is not None else ""
        if not memory:
            return (f"what is written from now on goes to new files beside the disks{room}",)
        told = number(machine.values.get("config.hardware.memoryMB"), "")
        much = size(told * MIB) if told is not None else "its whole memory"
        return (
            f"up to {much} of memory are written to its datastore; the guest is slow or stands still meanwhile{room}",
            "what is written from now on goes to new files beside the disks",
        )

    def _free(self, machine: Subject) -> int | None:
        """Bytes free where its snapshots are kept; None when that is not told."""
        folder = words(machine.has("config"), "files.snapshotDirectory")
        name = folder.partition("]")[0].removeprefix("[")
        for store in self._planning.asking.each(refs(machine.values, "datastore"), ("name", "summary.freeSpace")):
            free = store.values.get("summary.freeSpace")
            if store.values.get("name") == name and isinstance(free, int):
                return free
        return None


def of_consolidation(machine: Subject) -> tuple[str, ...]:
    """VirtualMachineRuntimeInfo.consolidationNeeded: a snapshot was deleted, and its files are still in use."""
    if machine.values.get("runtime.consolidationNeeded") is not True:
        return ()
    return ("its disks need consolidation: files of snapshots that were deleted before are still there and still grow",)


def outside(devices: list[dict[str, Any]]) -> list[str]:
    """Disks that no snapshot holds: independent ones, and whole LUNs in physical mode."""
    return [
        slot_of(one, devices)
        for one in devices
        if type_of(one) == "VirtualDisk"
        and (
            words(one, "backing.diskMode").startswith("independent")
            or words(one, "backing.compatibilityMode") == "physicalMode"
        )
    ]


def _refuse_memory(machine: Subject, devices: list[dict[str, Any]]) -> None:
    if found := outside(devices):
        raise not_here(
            f"{machine.name} can have no snapshot with its memory",
            f"{', '.join(found)} is no part of snapshots (independent, or a LUN in physical mode), so that a memory "
            "would not fit its disks",
            hint="take one of the disks only (memory=no)",
            subject="MemorySnapshotOnIndependentDisk",
        )
    given = [
        one
        for one in devices
        if type_of(one) in ("VirtualPCIPassthrough", "VirtualSriovEthernetCard")
        and not type_of(one.get("backing")).endswith("VmiopBackingInfo")
    ]
    if given:
        raise not_here(
            f"{machine.name} can have no snapshot with its memory",
            f"{words(given[0], 'deviceInfo.label')} belongs to its host, whose state is in no snapshot",
            hint="take one of the disks only (memory=no), or while it is off",
            subject="passthrough",
        )


def _need_tools(machine: Subject) -> None:
    if machine.tools:
        return
    raise Conflict(
        "only VMware Tools can quiet the guest's disks",
        meaning=f"they do not run in {machine.name}",
        hint="install or start them in the guest, or take the snapshot without it (quiesce=no)",
        code="ToolsUnavailable",
        subject="quiesce",
    )


def _left_out(machine: Subject) -> tuple[str, ...]:
    found = outside(each(machine.has("config"), "hardware.device"))
    return tuple(f"disk {slot} is independent or a LUN in physical mode: no snapshot holds it" for slot in found)


def _same_name(tree: SnapshotTree, name: str) -> tuple[str, ...]:
    there = any(one.name == name for one in tree.all.values())
    return (
        (f"there is a snapshot '{name}' already; vSphere tells them apart by their references only",) if there else ()
    )


def _crash_consistent(machine: Subject, *, memory: bool, quiesce: bool) -> tuple[str, ...]:
    if not machine.running or memory or quiesce:
        return ()
    return ("the disks are caught as by a power failure: the guest is not asked to write out its caches",)
