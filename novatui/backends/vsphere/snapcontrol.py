"""Plans of the snapshot operations, made on the machine and all of its snapshots as they are now."""

from __future__ import annotations

from novatui.backends.vsphere.planning import Planning
from novatui.backends.vsphere.snapcreate import SnapshotCreation
from novatui.backends.vsphere.snapdelete import SnapshotDeletion
from novatui.backends.vsphere.snaprevert import SnapshotRevert
from novatui.backends.vsphere.snaptree import PATHS, tree_of
from novatui.core.operations import Operation, Plan

MACHINE = (*PATHS, "config", "datastore")


class SnapshotPlans:
    """Plans each operation of the noun `snap`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def plan(self, operation: Operation) -> Plan:
        """The calls that would do it now. NotSupported, Conflict, Busy or Denied with the reason and a way on."""
        machine = self._planning.machine(operation, *MACHINE)
        tree = tree_of(machine.told)
        creation = SnapshotCreation(self._planning)
        match operation.verb:
            case "snap.create":
                return creation.plan(machine, tree, operation)
            case "snap.revert":
                return SnapshotRevert(self._planning, creation).plan(machine, tree, operation)
            case _:
                return SnapshotDeletion(self._planning).plan(machine, tree, operation)
