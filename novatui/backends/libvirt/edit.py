"""Plans of changes of a machine's configuration: each operation by the part that knows its subject."""

from __future__ import annotations

from collections.abc import Callable

from novatui.backends.libvirt.edit_disks import DiskPlans
from novatui.backends.libvirt.edit_media import MediaPlans
from novatui.backends.libvirt.edit_memory import MemoryPlans
from novatui.backends.libvirt.edit_names import NamePlans
from novatui.backends.libvirt.edit_nics import NicPlans
from novatui.backends.libvirt.edit_processors import ProcessorPlans
from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.places import Places
from novatui.backends.libvirt.planning import Planning
from novatui.backends.libvirt.roster import Roster
from novatui.core.operations import Operation, Plan


class EditPlans:
    """Plans each of them on the machine as it is now."""

    def __init__(self, planning: Planning, roster: Roster) -> None:
        self._planning = planning
        places = Places(planning.link)
        processors, memory = ProcessorPlans(planning), MemoryPlans(planning)
        disks, media = DiskPlans(planning, places, roster), MediaPlans(planning, places)
        nics, names = NicPlans(planning, places, roster), NamePlans(planning)
        self._plans: dict[str, Callable[[Machine, Operation], Plan]] = {
            "edit.vcpus": processors.vcpus,
            "edit.pin": processors.pin,
            "edit.memory": memory.memory,
            "edit.memory_add": memory.memory_add,
            "edit.disk_add": disks.add,
            "edit.disk_remove": disks.remove,
            "edit.nic_add": nics.add,
            "edit.nic_remove": nics.remove,
            "edit.iso_insert": media.insert,
            "edit.iso_eject": media.eject,
            "edit.rename": names.rename,
            "edit.notes": names.notes,
        }

    def plan(self, operation: Operation) -> Plan:
        """The calls that would do it now; a NovaError with the reason when it cannot be done."""
        return self._plans[operation.verb](self._planning.machine(operation), operation)
