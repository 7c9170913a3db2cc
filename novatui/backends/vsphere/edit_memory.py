"""Plans of a machine's memory: how much it has, more of it while it runs."""

from __future__ import annotations

from novatui.backends.vsphere.planning import Planning, inverse, shows, whole
from novatui.backends.vsphere.reconfiguring import Machine, reconfigure
from novatui.core.errors import Conflict, InvalidInput
from novatui.core.operations import Operation, Plan
from novatui.core.units import size

MIB = 1 << 20
STEP = 4
"""Memory of a machine is a multiple of so many MiB (VirtualMachineConfigSpec.memoryMB)."""


class MemoryPlans:
    """Plans `edit.memory` and `edit.memory_add`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def memory(self, machine: Machine, operation: Operation) -> Plan:
        """How much it has: more while it runs where that was switched on, any while it is off."""
        return self._set(machine, whole(operation, "size", least=MIB))

    def memory_add(self, machine: Machine, operation: Operation) -> Plan:
        """So much more than it has."""
        return self._set(machine, _now(machine) * MIB + whole(operation, "size", least=MIB))

    def _set(self, machine: Machine, wanted: int) -> Plan:
        now = _now(machine)
        if wanted % (STEP * MIB):
            raise InvalidInput(f"memory comes in steps of {STEP} MiB", subject="size")
        if wanted == now * MIB:
            raise Conflict(f"{machine.name} has {size(wanted)} of memory already", subject="size")
        hot = _refuse_running(machine, now, wanted // MIB)
        return self._planning.plan(
            machine.subject,
            reconfigure(self._planning, machine, memoryMB=wanted // MIB),
            warnings=tuple(_said(machine, wanted)),
            inverse=None if hot else inverse("edit.memory", machine.subject, size=str(now * MIB)),
            irreversible="vSphere takes no memory out of a machine while it runs" if hot else "",
            expects=shows(machine.subject, "memory", str(wanted)),
        )


def _now(machine: Machine) -> int:
    found = machine.number("hardware.memoryMB")
    if found is None:
        raise Conflict(f"the server does not tell how much memory {machine.name} has", subject="memory")
    return found


def _refuse_running(machine: Machine, now: int, wanted: int) -> bool:
    """True when it is done while the machine runs. All in MiB."""
    if not machine.on:
        machine.need_off("the memory of a suspended machine stays as it is")
        return False
    if wanted < now:
        machine.need_off("vSphere takes no memory out of a machine while it runs")
    if machine.truth("memoryHotAddEnabled") is not True:
        machine.need_off("it was not set up to get more memory while it runs (memoryHotAddEnabled)")
    limit, step = machine.number("hotPlugMemoryLimit"), machine.number("hotPlugMemoryIncrementSize")
    if limit is not None and wanted > limit:
        raise InvalidInput(
            f"{machine.name} takes {size(max(0, limit - now) * MIB)} more memory at most while it runs",
            meaning=f"it was started with {size(now * MIB)} and can grow to {size(limit * MIB)}",
            hint="more of it while it is off (power.shutdown)",
            subject="size",
        )
    if step and (wanted - now) % step:
        raise InvalidInput(f"while it runs memory is added in steps of {step} MiB", subject="size")
    return True


def _said(machine: Machine, wanted: int) -> list[str]:
    kept, limit = machine.number("memoryAllocation.reservation"), machine.number("memoryAllocation.limit")
    said: list[str] = []
    if machine.truth("memoryReservationLockedToMax"):
        said.append(f"all of it ({size(wanted)}) is reserved on the host: it starts only where that is free")
    elif kept is not None and kept * MIB > wanted:
        said.append(f"its reservation of {size(kept * MIB)} is more than that, and is lowered by the server or refused")
    if limit is not None and 0 <= limit * MIB < wanted:
        said.append(f"it is limited to {size(limit * MIB)}: what is beyond that comes from the host's disk")
    return said
