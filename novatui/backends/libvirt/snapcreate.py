"""Plans of new snapshots: internal or external by what the disks allow, with what each of them means afterwards."""

from __future__ import annotations

from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.planning import Planning, inverse, reference, shows, yes
from novatui.backends.libvirt.snapshotting import (
    DELETES_EXTERNAL,
    DISK_ONLY,
    QUIESCE,
    REVERTS_EXTERNAL,
    SnapDisk,
    Way,
    against_external,
    against_internal,
    disks,
    next_file,
    refuse_with_block_job,
)
from novatui.backends.libvirt.snapsizes import free_beside
from novatui.backends.libvirt.snaptree import SnapshotTree
from novatui.backends.libvirt.xmlform import form, written
from novatui.core.errors import Conflict, InvalidInput, NotSupported
from novatui.core.operations import NativeCall, Operation, Plan
from novatui.core.units import size

LONG_S = 600.0
"""How long a snapshot may take until the inventory shows it."""


class SnapshotCreation:
    """Plans `snap.create`, and the snapshot that makes a revert safe."""

    def __init__(self, planning: Planning, version: int) -> None:
        self._planning = planning
        self._version = version
        """Of the host's libvirt, in its own counting; 0 when it does not tell."""

    def plan(self, machine: Machine, tree: SnapshotTree, operation: Operation) -> Plan:
        """The call that takes it now."""
        name = checked_name(operation.arguments.get("name", ""), tree)
        about = operation.arguments.get("description", "")
        memory, quiesce = yes(operation, "memory"), yes(operation, "quiesce") is True
        _refuse_contradictions(machine, memory=memory, quiesce=quiesce)
        refuse_with_block_job(machine)
        taken_in = disks(machine)
        way, reasons = self._way(machine, taken_in, memory=memory, quiesce=quiesce)
        external = way is Way.EXTERNAL
        flags = (DISK_ONLY if external else 0) | (QUIESCE if quiesce and machine.active else 0)
        stuck = self._why_not_undone(tree) if external else ""
        return self._planning.plan(
            machine,
            self.call(1, machine, name, about, flags),
            commands=(self.command(machine, name, about, flags),),
            warnings=(
                *(self._of_external(machine, taken_in, name, reasons, quiesce=quiesce) if external else ()),
                *_of_saved(machine),
                *(("it is off: it has no memory to keep",) if memory and not machine.active else ()),
            ),
            costs=self._costs(machine, taken_in, way),
            inverse=None if stuck else inverse("snap.delete", machine, snapshot=name),
            irreversible=stuck,
            expects=shows(machine, "snapshots", str(len(tree) + 1), within=LONG_S),
        )

    def call(self, number: int, machine: Machine, name: str, about: str, flags: int) -> NativeCall:
        """The native call, the `number`th of its plan."""
        xml = written(form("domainsnapshot", form("name", name), form("description", about) if about else None))
        return self._planning.call(
            number, "virDomainSnapshotCreateXML", long=True, dom=machine.uuid, xmlDesc=xml, flags=flags
        )

    def command(self, machine: Machine, name: str, about: str, flags: int) -> str:
        """The same for virsh."""
        words = ["--domain", reference(machine), "--name", name, *(["--description", about] if about else [])]
        words += [option for bit, option in ((DISK_ONLY, "--disk-only"), (QUIESCE, "--quiesce")) if flags & bit]
        return self._planning.virsh("snapshot-create-as", *words)

    def _way(
        self, machine: Machine, taken_in: list[SnapDisk], *, memory: bool | None, quiesce: bool
    ) -> tuple[Way, list[str]]:
        """How it is kept, and why not inside the disks."""
        if not taken_in:
            raise NotSupported(
                f"{machine.name} has no disk that a snapshot could be taken of",
                meaning="libvirt leaves out disks that are read-only, empty, or marked `snapshot='no'`",
                subject="disks",
            )
        reasons = against_internal(machine, taken_in)
        if memory and machine.active and reasons:
            raise NotSupported(
                f"{machine.name} can have no snapshot with its memory",
                meaning="; ".join(reasons),
                hint="take one of the disks only (memory=no)",
                subject="memory",
            )
        disks_only = machine.active and (memory is False or quiesce)
        if not reasons and not disks_only:
            return Way.INTERNAL, []
        if against := against_external(taken_in):
            raise NotSupported(
                f"{machine.name} can have no snapshot that libvirt makes by itself",
                meaning="; ".join((*reasons, *against)),
                hint="snapshot the storage itself, or name the files: `virsh snapshot-create-as … --diskspec`",
                subject="disks",
            )
        return Way.EXTERNAL, reasons

    def _of_external(
        self, machine: Machine, taken_in: list[SnapDisk], name: str, reasons: list[str], *, quiesce: bool
    ) -> tuple[str, ...]:
        files = ", ".join(next_file(disk.source, name) for disk in taken_in)
        told = [
            *reasons,
            f"the machine goes on in new files: {files}; what it has written so far stays behind as it is",
        ]
        if 0 < self._version < REVERTS_EXTERNAL:
            told.append(
                "the libvirt of this host cannot revert to such a snapshot by itself (that needs 9.9 or newer); "
                "it is good for copying the disks and for merging the new files later"
            )
        if machine.active and not quiesce:
            told.append("the disks are caught as by a power failure: the guest is not asked to write out its caches")
        return tuple(told)

    def _why_not_undone(self, tree: SnapshotTree) -> str:
        """An external snapshot is deleted by merging its file into the one below, which libvirt does not always do."""
        if 0 < self._version < DELETES_EXTERNAL:
            return "the libvirt of this host cannot merge its files again (that needs 9.0 or newer)"
        if tree.current is not None and not tree.current.external:
            return f"libvirt does not merge it into files that hold the internal snapshot '{tree.current.name}'"
        return ""

    def _costs(self, machine: Machine, taken_in: list[SnapDisk], way: Way) -> tuple[str, ...]:
        free = free_beside(self._planning.link, taken_in[0].source)
        room = f"; {size(free)} are free there" if free is not None else ""
        if way is Way.EXTERNAL:
            return (f"what is written from now on takes space beside the disks{room}",)
        if not machine.active:
            return (f"what is written from now on takes space in the disks' own files{room}",)
        memory = size(machine.now.spec.memory.size)
        return (
            f"the guest stands still while up to {memory} of memory are written into {taken_in[0].target}{room}; "
            "how long that takes depends on the storage",
        )


def checked_name(name: str, tree: SnapshotTree) -> str:
    """A name that libvirt takes for a new snapshot. InvalidInput or Conflict when it does not."""
    if not name.strip():
        raise InvalidInput("give the snapshot a name", subject="name")
    if "/" in name or name.startswith(".") or not name.isprintable():
        raise InvalidInput(
            "libvirt does not take this name",
            meaning="a snapshot's name has no slash and no control characters, and does not begin with a dot",
            subject="name",
        )
    if name in tree.all:
        raise Conflict(f"there is a snapshot '{name}' already", hint="choose another name", subject=name)
    return name


def _refuse_contradictions(machine: Machine, *, memory: bool | None, quiesce: bool) -> None:
    if memory and quiesce:
        raise InvalidInput(
            "with its memory the machine is caught as it is: there is nothing to quiet",
            hint="choose one of them",
            subject="memory, quiesce",
        )
    if quiesce and machine.active and machine.agent != "connected":
        state = "it does not answer" if machine.agent else "the machine has no channel for it"
        raise Conflict(
            "only the guest agent can quiet the guest's disks",
            meaning=state,
            hint="install qemu-guest-agent in the guest, or take the snapshot without it (quiesce=no)",
            code="86",
            subject="quiesce",
        )


def _of_saved(machine: Machine) -> tuple[str, ...]:
    if machine.active or not machine.saved:
        return ()
    return ("its memory is saved on disk and no part of the snapshot: a revert starts the disks without it",)
