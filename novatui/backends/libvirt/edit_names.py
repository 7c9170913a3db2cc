"""Plans of what a machine is called and what is noted about it."""

from __future__ import annotations

from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.planning import Planning, inverse, reference, shows
from novatui.backends.libvirt.reach import Reach
from novatui.backends.libvirt.xmlform import unwritable
from novatui.core.errors import Conflict, InvalidInput, NotSupported
from novatui.core.operations import Operation, Plan
from novatui.core.text import clean


class NamePlans:
    """Plans `edit.rename` and `edit.notes`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def rename(self, machine: Machine, operation: Operation) -> Plan:
        """Give it another name. libvirt does that only with machines that are off and have nothing tied to the old."""
        new = operation.arguments.get("name", "")
        _refuse_name(new)
        if new == machine.name:
            raise Conflict(f"it is called {new} already", subject="name")
        self._refuse_state(machine)
        if self._planning.link.attempt(self._planning.link.conn.lookupByName, new) is not None:
            raise Conflict(f"there is a machine called {new} already", subject="name")
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainRename", dom=machine.uuid, new_name=new, flags=0),
            commands=(self._planning.virsh("domrename", reference(machine), new),),
            warnings=("its disks, its uuid and its name inside the guest stay as they are",),
            inverse=inverse("edit.rename", machine, name=machine.name),
            expects=shows(machine, "name", new),
        )

    def _refuse_state(self, machine: Machine) -> None:
        link = self._planning.link
        if machine.active:
            raise Conflict(
                f"{machine.name} is {machine.native_state}",
                meaning="libvirt renames only machines that are off",
                hint="shut it down first (power.shutdown)",
                subject=machine.power.value,
            )
        if machine.saved:
            raise Conflict(
                f"{machine.name} is suspended to disk",
                meaning="libvirt does not rename it with its memory saved",
                hint="wake it and shut it down first (power.wake)",
                subject=machine.power.value,
            )
        if snapshots := link.attempt(machine.domain.snapshotNum):
            raise NotSupported(
                f"{machine.name} has snapshots: {snapshots}",
                meaning="libvirt does not rename a machine with snapshots, whose files carry its name",
                hint="delete them first (snap.delete)",
                subject="snapshots",
            )
        if checkpoints := link.attempt(machine.domain.listAllCheckpoints):
            raise NotSupported(
                f"{machine.name} has checkpoints of a backup: {len(checkpoints)}",
                meaning="libvirt does not rename a machine with checkpoints",
                hint="virsh checkpoint-delete",
                subject="checkpoints",
            )

    def notes(self, machine: Machine, operation: Operation) -> Plan:
        """Write its description. Without a text it has none afterwards."""
        text = operation.arguments.get("text", "")
        if odd := unwritable(text):
            raise InvalidInput(f"libvirt takes no {odd!r} in notes", subject="text")
        reach = Reach(live=machine.active, persistent=machine.persistent)
        now = machine.now.spec
        before = {part.spec.description for part in reach.of(machine)}
        if before == {text.strip()}:
            raise Conflict(f"the notes of {machine.name} say that already", subject="text")
        return self._planning.plan(
            machine,
            self._planning.call(
                1,
                "virDomainSetMetadata",
                dom=machine.uuid,
                type=libvirt.VIR_DOMAIN_METADATA_DESCRIPTION,
                metadata=text or None,
                key=None,
                uri=None,
                flags=reach.flags,
            ),
            commands=(self._planning.virsh("desc", reference(machine), *reach.options, f"--new-desc={text}"),),
            warnings=("the list shows its title, not its notes",) if now.title else (),
            inverse=inverse("edit.notes", machine, text=now.description),
            irreversible="" if len(before) < 2 else "running and stored machine had different notes",
            expects=shows(machine, "description", text) if _shown_as_it_is(text) and not now.title else (),
        )


def _shown_as_it_is(text: str) -> bool:
    """A list shows one line of notes, without blanks around it."""
    return bool(text) and text == clean(text).strip()


def _refuse_name(name: str) -> None:
    """libvirt names files after machines (virXMLCheckIllegalChars, and `.` and `..`)."""
    if not name.strip() or "/" in name or "\n" in name or name in {".", ".."} or unwritable(name):
        raise InvalidInput(
            f"{name!r} is no name for a machine", meaning="it holds a slash, a line break or nothing", subject="name"
        )
