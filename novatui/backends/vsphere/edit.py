"""Plans of changes of a machine's or a pool's configuration: each operation by the part that knows its subject."""

from __future__ import annotations

from collections.abc import Callable

from novatui.backends.vsphere.edit_disks import DiskPlans
from novatui.backends.vsphere.edit_media import MediaPlans
from novatui.backends.vsphere.edit_memory import MemoryPlans
from novatui.backends.vsphere.edit_names import NamePlans
from novatui.backends.vsphere.edit_nics import NicPlans
from novatui.backends.vsphere.edit_pools import PoolPlans
from novatui.backends.vsphere.edit_processors import ProcessorPlans
from novatui.backends.vsphere.places import Places
from novatui.backends.vsphere.planning import Planning
from novatui.backends.vsphere.reconfiguring import Machine
from novatui.backends.vsphere.volumes import Volumes
from novatui.core.operations import Operation, Plan


class EditPlans:
    """Plans each of them on the object as it is now."""

    def __init__(self, planning: Planning, volumes: Volumes) -> None:
        self._planning = planning
        places = Places(planning, volumes)
        processors, memory, names = ProcessorPlans(planning), MemoryPlans(planning), NamePlans(planning)
        disks, media, nics = DiskPlans(planning, places), MediaPlans(planning, places), NicPlans(planning, places)
        self._pools = PoolPlans(planning)
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
        if operation.verb == "edit.pool":
            return self._pools.plan(operation)
        return self._plans[operation.verb](Machine(self._planning, operation), operation)
