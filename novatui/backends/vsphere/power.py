"""Plans of the power operations: which vSphere call does it now, what to know before, what takes it back.

vSphere's suspend writes the memory to disk, which is our suspend; it holds no machine in memory without running it.
"""

from __future__ import annotations

from collections.abc import Callable

from novatui.backends.vsphere.autostart import Autostart
from novatui.backends.vsphere.fields import number, words
from novatui.backends.vsphere.planning import Planning, Subject, inverse, not_here, shows
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Conflict
from novatui.core.operations import Operation, Plan
from novatui.core.states import Power
from novatui.core.units import size

GUEST_S = 180.0
"""How long a guest may take to shut down."""

MIB = 1024 * 1024

_LOST = "what the guest holds in memory and has not written to its disks"
_ANEW = "undo starts it anew: what ran in the guest does not come back by that"


class PowerPlans:
    """Plans each operation of the noun `power`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning
        self._plans: dict[str, Callable[[Subject, Operation], Plan]] = {
            "power.start": self._start,
            "power.shutdown": self._shutdown,
            "power.reboot": self._reboot,
            "power.reset": self._reset,
            "power.off": self._off,
            "power.suspend": self._suspend,
            "power.wake": self._wake,
            "power.autostart": Autostart(planning).plan,
        }

    def plan(self, operation: Operation) -> Plan:
        """The call that would do it now. Conflict, Busy, Denied or NotSupported with the reason when it cannot be."""
        make = self._plans.get(operation.verb)
        if make is None:
            raise not_here(
                "vSphere holds no machine in memory without running it",
                "its suspend writes the memory to disk",
                hint="suspend it instead (power.suspend)",
                subject=operation.verb,
            )
        return make(self._planning.machine(operation), operation)

    # On

    def _start(self, machine: Subject, _operation: Operation) -> Plan:
        return self._planning.plan(
            machine,
            self._planning.call(1, "PowerOnVM_Task", machine.ref),
            costs=tuple(f"up to {memory} of memory{self._on_host(machine)}" for memory in _memory(machine)),
            inverse=inverse("power.off", machine),
            irreversible="undo pulls the plug again; what the guest wrote meanwhile stays on its disks",
            expects=shows(machine, "power", Power.RUNNING),
        )

    def _wake(self, machine: Subject, _operation: Operation) -> Plan:
        return self._planning.plan(
            machine,
            self._planning.call(1, "PowerOnVM_Task", machine.ref),
            costs=tuple(f"reads up to {memory} of memory from its datastore" for memory in _memory(machine)),
            inverse=inverse("power.suspend", machine),
            expects=shows(machine, "power", Power.RUNNING),
        )

    # Asking the guest

    def _shutdown(self, machine: Subject, _operation: Operation) -> Plan:
        _need_tools(machine, "power it off instead (power.off): the guest is not asked then")
        return self._planning.plan(
            machine,
            self._planning.call(1, "ShutdownGuest", machine.ref),
            inverse=inverse("power.start", machine),
            irreversible=_ANEW,
            expects=shows(machine, "power", Power.OFF, within=GUEST_S),
        )

    def _reboot(self, machine: Subject, _operation: Operation) -> Plan:
        _need_tools(machine, "reset it instead (power.reset): the guest is not asked then")
        return self._planning.plan(
            machine,
            self._planning.call(1, "RebootGuest", machine.ref),
            irreversible="a reboot cannot be taken back",
        )

    # Not asking

    def _reset(self, machine: Subject, _operation: Operation) -> Plan:
        return self._planning.plan(
            machine,
            self._planning.call(1, "ResetVM_Task", machine.ref),
            losses=(_LOST,),
            irreversible="a reset cannot be taken back",
        )

    def _off(self, machine: Subject, _operation: Operation) -> Plan:
        return self._planning.plan(
            machine,
            self._planning.call(1, "PowerOffVM_Task", machine.ref),
            losses=(_LOST,),
            inverse=inverse("power.start", machine),
            irreversible=_ANEW,
            expects=shows(machine, "power", Power.OFF),
        )

    # Holding it

    def _suspend(self, machine: Subject, _operation: Operation) -> Plan:
        return self._planning.plan(
            machine,
            self._planning.call(1, "SuspendVM_Task", machine.ref),
            warnings=("connections to it break; its clock stands still until it is woken",),
            costs=tuple(f"writes up to {memory} of memory to its datastore" for memory in _memory(machine)),
            inverse=inverse("power.wake", machine),
            expects=shows(machine, "power", Power.SUSPENDED),
        )

    def _on_host(self, machine: Subject) -> str:
        host = machine.values.get("runtime.host")
        return f" on {self._planning.name_of(host)}, or where DRS puts it" if isinstance(host, Ref) else ""


def _memory(machine: Subject) -> tuple[str, ...]:
    told = number(machine.values.get("config.hardware.memoryMB"), "")
    return () if told is None else (size(told * MIB),)


def _need_tools(machine: Subject, hint: str) -> None:
    """ShutdownGuest and RebootGuest go through VMware Tools (fault ToolsUnavailable)."""
    if machine.tools:
        return
    state = words(machine.values.get("guest.toolsVersionStatus2"))
    installed = state and state != "guestToolsNotInstalled"
    raise Conflict(
        f"{machine.name} cannot be asked: VMware Tools do not run in it",
        meaning="they are installed and do not answer" if installed else "they are not installed in the guest",
        hint=hint,
        code="ToolsUnavailable",
        subject="guest tools",
    )
