"""Plans of the snapshot operations, made on the machine and all of its snapshots as they are now."""

from __future__ import annotations

from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.planning import Planning
from novatui.backends.libvirt.snapcreate import SnapshotCreation
from novatui.backends.libvirt.snapdelete import SnapshotDeletion
from novatui.backends.libvirt.snaprevert import SnapshotRevert
from novatui.backends.libvirt.snapshots import Snapshots
from novatui.backends.libvirt.snaptree import SnapshotTree
from novatui.core.errors import Busy
from novatui.core.operations import Operation, Plan

_AT_WORK = {1, 2}
"""virDomainJobType of a job that runs: bounded, unbounded."""


class SnapshotPlans:
    """Plans each operation of the noun `snap`."""

    def __init__(self, planning: Planning, snapshots: Snapshots) -> None:
        self._planning = planning
        self._snapshots = snapshots

    def plan(self, operation: Operation) -> Plan:
        """The calls that would do it now. NotSupported, Conflict or Busy with the reason and a way on when nothing
        would: most of them libvirt itself would refuse, some would do harm that it does not see."""
        machine = self._planning.machine(operation)
        self._refuse_while_busy(machine)
        tree = SnapshotTree(self._snapshots.taken(machine.domain))
        version = self._version_of_qemu_driver()
        creation = SnapshotCreation(self._planning, version)
        match operation.verb:
            case "snap.create":
                return creation.plan(machine, tree, operation)
            case "snap.revert":
                return SnapshotRevert(self._planning, creation, version).plan(machine, tree, operation)
            case _:
                return SnapshotDeletion(self._planning, version).plan(machine, tree, operation)

    def _version_of_qemu_driver(self) -> int:
        """Version of the host's libvirt; 0 when it is not told, or when its rules are not those of QEMU's driver."""
        conn = self._planning.link.conn
        is_qemu = self._planning.link.attempt(conn.getType) == "QEMU"
        return (self._planning.link.attempt(conn.getLibVersion) or 0) if is_qemu else 0

    def _refuse_while_busy(self, machine: Machine) -> None:
        """libvirt works on one thing of a machine at a time. A machine whose monitor hangs is not asked."""
        if not machine.active:
            return
        if machine.in_job:
            holder = machine.native_state
        else:
            job = self._planning.link.attempt(machine.domain.jobStats) if machine.answers else None
            holder = "a job of libvirt" if job and job.get("type") in _AT_WORK else ""
        if holder:
            raise Busy(
                f"{machine.name} is busy: {holder}",
                meaning="a migration, save, dump, backup or another snapshot is under way",
                hint="wait for it, or cancel its task",
                code="68",
                subject=holder,
            )
