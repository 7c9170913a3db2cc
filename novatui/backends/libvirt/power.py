"""Plans of the power operations: which libvirt call does it now, what to know before, what takes it back.

libvirt's own words differ from ours: its suspend is our pause, its managed save our suspend.
"""

from __future__ import annotations

from collections.abc import Callable

from novatui.backends.libvirt import states
from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.pending import pending_changes
from novatui.backends.libvirt.planning import SOON_S, Planning, inverse, reference, shows
from novatui.core.errors import Busy, Conflict, InvalidInput, NotSupported
from novatui.core.operations import NativeCall, Operation, Plan
from novatui.core.states import Power
from novatui.core.units import size
from novatui.core.verbs import Effect

GUEST_S = 180.0
"""How long a guest may take to shut down."""

DISK_S = 600.0
"""How long writing or reading the memory of a machine may take."""

_LOST = "what the guest holds in memory and has not written to its disks"


class PowerPlans:
    """Plans each operation of the noun `power`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning
        self._plans: dict[str, Callable[[Machine, Operation], Plan]] = {
            "power.start": self._start,
            "power.shutdown": self._shutdown,
            "power.reboot": self._reboot,
            "power.reset": self._reset,
            "power.off": self._off,
            "power.pause": self._pause,
            "power.resume": self._resume,
            "power.suspend": self._suspend,
            "power.wake": self._wake,
            "power.autostart": self._autostart,
        }

    def plan(self, operation: Operation) -> Plan:
        """The call that would do it now. Conflict, Busy or NotSupported with the reason when it cannot be done."""
        return self._plans[operation.verb](self._planning.machine(operation), operation)

    # On

    def _start(self, machine: Machine, _operation: Operation) -> Plan:
        if machine.active:
            raise Conflict(
                f"{machine.name} crashed and libvirt keeps it for inspection",
                hint="power it off first, or reset it (power.off, power.reset)",
                subject=machine.power.value,
            )
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainCreateWithFlags", long=True, dom=machine.uuid, flags=0),
            commands=(self._planning.virsh("start", reference(machine)),),
            inverse=inverse("power.off", machine),
            irreversible="undo pulls the plug again; what the guest wrote meanwhile stays on its disks",
            expects=shows(machine, "power", Power.RUNNING),
        )

    def _resume(self, machine: Machine, _operation: Operation) -> Plan:
        _refuse_while_busy(machine)
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainResume", dom=machine.uuid),
            commands=(self._planning.virsh("resume", reference(machine)),),
            warnings=_why_paused(machine),
            inverse=inverse("power.pause", machine),
            expects=shows(machine, "power", Power.RUNNING),
        )

    def _wake(self, machine: Machine, _operation: Operation) -> Plan:
        if machine.state == states.PMSUSPENDED:
            return self._planning.plan(
                machine,
                self._planning.call(1, "virDomainPMWakeup", dom=machine.uuid, flags=0),
                commands=(self._planning.virsh("dompmwakeup", reference(machine)),),
                irreversible="the guest itself went to sleep; only the guest does that again",
                expects=shows(machine, "power", Power.RUNNING),
            )
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainCreateWithFlags", long=True, dom=machine.uuid, flags=0),
            commands=(self._planning.virsh("start", reference(machine)),),
            costs=(f"reads up to {_memory(machine)} of memory from the host's disk",),
            inverse=inverse("power.suspend", machine),
            expects=shows(machine, "power", Power.RUNNING, Power.PAUSED, within=DISK_S),
        )

    # Asking the guest

    def _shutdown(self, machine: Machine, _operation: Operation) -> Plan:
        return self._ending(
            machine,
            self._planning.call(1, "virDomainShutdownFlags", dom=machine.uuid, flags=0),
            self._planning.virsh("shutdown", reference(machine)),
            warnings=(*_may_not_listen(machine), *_ends_otherwise(machine, "poweroff"), *_comes_back(machine)),
            within=GUEST_S,
        )

    def _reboot(self, machine: Machine, _operation: Operation) -> Plan:
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainReboot", dom=machine.uuid, flags=0),
            commands=(self._planning.virsh("reboot", reference(machine)),),
            warnings=(*_may_not_listen(machine), *_ends_otherwise(machine, "reboot"), *_still_waiting(machine)),
            irreversible="a reboot cannot be taken back",
        )

    # Not asking

    def _reset(self, machine: Machine, _operation: Operation) -> Plan:
        if not machine.active:
            raise Conflict(f"{machine.name} is off", hint="start it (power.start)", subject=machine.power.value)
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainReset", dom=machine.uuid, flags=0),
            commands=(self._planning.virsh("reset", reference(machine)),),
            warnings=(*_still_waiting(machine), *_at_work(machine)),
            losses=(_LOST,),
            irreversible="a reset cannot be taken back",
        )

    def _off(self, machine: Machine, _operation: Operation) -> Plan:
        if not machine.active:
            raise Conflict(f"{machine.name} is off already", subject=machine.power.value)
        return self._ending(
            machine,
            self._planning.call(1, "virDomainDestroyFlags", dom=machine.uuid, flags=0),
            self._planning.virsh("destroy", reference(machine)),
            warnings=(*_at_work(machine), *_comes_back(machine)),
            losses=(_LOST,),
            within=SOON_S,
        )

    def _ending(
        self,
        machine: Machine,
        call: NativeCall,
        command: str,
        *,
        warnings: tuple[str, ...],
        losses: tuple[str, ...] = (),
        within: float,
    ) -> Plan:
        """The plan of a call after which the machine is off. One that is not defined is forgotten then."""
        if machine.persistent:
            return self._planning.plan(
                machine,
                call,
                commands=(command,),
                warnings=warnings,
                losses=losses,
                inverse=inverse("power.start", machine),
                irreversible="undo starts it anew: what ran in the guest does not come back by that",
                expects=shows(machine, "power", Power.OFF, within=within),
            )
        return self._planning.plan(
            machine,
            call,
            commands=(command,),
            warnings=warnings,
            losses=(*losses, "the machine itself: it is not defined permanently, libvirt forgets it when it is off"),
            effect=Effect.LOSS,
            irreversible="libvirt forgets the machine",
            expects=shows(machine, "power", within=within),
        )

    # Holding it

    def _pause(self, machine: Machine, _operation: Operation) -> Plan:
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainSuspend", dom=machine.uuid),
            commands=(self._planning.virsh("suspend", reference(machine)),),
            warnings=("its clock stands still: connections to it may time out; it goes on holding its memory",),
            inverse=inverse("power.resume", machine),
            expects=shows(machine, "power", Power.PAUSED),
        )

    def _suspend(self, machine: Machine, _operation: Operation) -> Plan:
        if not machine.persistent:
            raise NotSupported(
                f"{machine.name} is not defined permanently",
                meaning="libvirt keeps the memory of machines only that it still knows when they are off",
                subject="persistent",
            )
        _refuse_while_busy(machine)
        _refuse_with_devices(machine)
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainManagedSave", long=True, dom=machine.uuid, flags=0),
            commands=(self._planning.virsh("managedsave", reference(machine)),),
            warnings=("connections to it break; its clock stands still until it is woken",),
            costs=(f"writes up to {_memory(machine)} of memory to the host's disk, and stands still meanwhile",),
            inverse=inverse("power.wake", machine),
            expects=shows(machine, "power", Power.SUSPENDED, within=DISK_S),
        )

    def _autostart(self, machine: Machine, operation: Operation) -> Plan:
        wanted = {"on": True, "off": False}.get(operation.arguments.get("to", ""))
        if wanted is None:
            raise InvalidInput("say whether it starts with its host: on or off", subject="to")
        if not machine.persistent:
            raise NotSupported(
                f"{machine.name} is not defined permanently",
                meaning="libvirt forgets it when it is off, so that there is nothing to start",
                subject="persistent",
            )
        if machine.autostart is wanted:
            does = "starts with its host already" if wanted else "does not start with its host anyway"
            raise Conflict(f"{machine.name} {does}", subject="autostart")
        flag = () if wanted else ("--disable",)
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainSetAutostart", dom=machine.uuid, autostart=int(wanted)),
            commands=(self._planning.virsh("autostart", *flag, reference(machine)),),
            inverse=inverse("power.autostart", machine, to="off" if wanted else "on"),
            expects=shows(machine, "autostart", "true" if wanted else "false"),
        )


# What to know before


def _may_not_listen(machine: Machine) -> tuple[str, ...]:
    if machine.agent == "connected":
        return ()
    if "acpi" not in machine.now.spec.features:
        return ("it has neither a guest agent nor ACPI: it will hardly notice that it is asked",)
    return ("no guest agent answers: the guest is asked by its power button and may ignore that",)


def _ends_otherwise(machine: Machine, event: str) -> tuple[str, ...]:
    """`<on_poweroff>` and `<on_reboot>` may say the opposite of what their names promise."""
    said = machine.now.root.findtext(f"on_{event}", "").strip()
    if event == "poweroff" and said.endswith("restart"):
        return ("it is configured to start again when its guest powers off",)
    if event == "reboot" and said in {"destroy", "preserve"}:
        return ("it is configured to stay off when its guest reboots",)
    return ()


def _comes_back(machine: Machine) -> tuple[str, ...]:
    return ("it starts with its host: after a restart of the host it runs again",) if machine.autostart else ()


def _still_waiting(machine: Machine) -> tuple[str, ...]:
    """A restart inside the machine does not read its stored configuration."""
    if machine.live is None or machine.stored is None:
        return ()
    waiting = len(pending_changes(machine.live.spec, machine.stored.spec))
    if not waiting:
        return ()
    return (f"{waiting} changes wait for the next start: only off and start bring them, this does not",)


def _at_work(machine: Machine) -> tuple[str, ...]:
    disks = [
        target.get("dev", "?")
        for disk in machine.now.devices("disk")
        if disk.find("mirror") is not None and (target := disk.find("target")) is not None
    ]
    lost = [f"a block job works on {', '.join(disks)}: it is broken off"] if disks else []
    if machine.in_job:
        lost.append(f"it is {machine.native_state}: that operation is broken off")
    return tuple(lost)


def _why_paused(machine: Machine) -> tuple[str, ...]:
    if (machine.state, machine.reason) == (states.PAUSED, states.PAUSED_IO_ERROR):
        return ("an I/O error paused it: unless its storage has space and answers again, it is paused again at once",)
    return ()


def _memory(machine: Machine) -> str:
    return size(machine.now.spec.memory.size)


# What stands in the way


def _refuse_while_busy(machine: Machine) -> None:
    if machine.in_job:
        raise Busy(
            f"{machine.name} is {machine.native_state}",
            meaning="an operation of libvirt holds it in that state and ends it by itself",
            hint="wait for it, or cancel its task",
            subject=machine.native_state,
        )


def _refuse_with_devices(machine: Machine) -> None:
    """QEMU writes the state of a machine as for a migration, which it refuses with devices of the host."""
    given = [device.address for device in machine.now.spec.host_devices if device.type in {"pci", "mdev"}]
    if given:
        raise NotSupported(
            f"{machine.name} holds devices of its host",
            meaning=f"the state of {', '.join(given)} cannot be written to disk",
            hint="detach them first (device.detach), or shut the machine down",
            subject=", ".join(given),
        )
