"""What the plans of this driver are made of: the machine read now, native calls, and lines for virsh."""

from __future__ import annotations

import re
import shlex

from novatui.backends.libvirt.fingerprint import machine_fingerprint
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.machine import Machine
from novatui.core.errors import Conflict, InvalidInput
from novatui.core.operations import Argument, Expectation, NativeCall, Operation, Plan
from novatui.core.states import Power
from novatui.core.verbs import VERBS

SOON_S = 60.0
"""How long a change that libvirt carries out at once may take to be seen."""

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.+@-]*")
"""A name that virsh takes for a name: not for an id, an option or a uuid."""

_BEFORE: dict[Power, str] = {
    Power.RUNNING: "shut it down first (power.shutdown)",
    Power.OFF: "start it first (power.start)",
    Power.PAUSED: "resume it first (power.resume)",
    Power.SUSPENDED: "wake it first (power.wake)",
    Power.STARTING: "wait until it has started",
    Power.STOPPING: "wait until it is off, or power it off (power.off)",
    Power.MIGRATING: "wait for the end of its migration, or cancel that",
    Power.CRASHED: "reset it or power it off (power.reset, power.off)",
}
"""What to do about a state in which an operation makes no sense."""


_AFTER: dict[str, Power] = {
    "power.start": Power.RUNNING,
    "power.shutdown": Power.OFF,
    "power.off": Power.OFF,
    "power.pause": Power.PAUSED,
    "power.resume": Power.RUNNING,
    "power.suspend": Power.SUSPENDED,
    "power.wake": Power.RUNNING,
}
"""What a machine is after an operation: one that is so already needs no advice."""


class Planning:
    """Makes plans on one connection."""

    def __init__(self, link: Link, connection: str) -> None:
        self.link = link
        self.connection = connection

    def machine(self, operation: Operation) -> Machine:
        """The machine, read now. Conflict when its power state does not fit the operation."""
        machine = Machine(self.link, operation.key)
        verb = VERBS[operation.verb]
        if verb.states and machine.power not in verb.states and machine.power is not Power.UNKNOWN:
            if machine.power is _AFTER.get(operation.verb):
                raise Conflict(f"{machine.name} is {machine.power.value} already", subject=machine.power.value)
            raise Conflict(
                f"{machine.name} is {machine.native_state}",
                meaning=f"`{verb.title}` makes no sense in that state",
                hint=_BEFORE.get(machine.power, ""),
                subject=machine.power.value,
            )
        return machine

    def call(self, number: int, verb: str, *, long: bool = False, **arguments: Argument) -> NativeCall:
        """A native call, the `number`th of its plan."""
        return NativeCall(id=str(number), connection=self.connection, verb=verb, args=arguments, long=long)

    def virsh(self, command: str, *words: str) -> str:
        """A line for a shell that has virsh do the same."""
        return shlex.join(("virsh", "-c", self.link.uri, command, *words))

    def plan(
        self,
        machine: Machine,
        *calls: NativeCall,
        commands: tuple[str, ...],
        warnings: tuple[str, ...] = (),
        losses: tuple[str, ...] = (),
        costs: tuple[str, ...] = (),
        effect: str = "",
        inverse: Operation | None = None,
        irreversible: str = "",
        expects: tuple[Expectation, ...] = (),
    ) -> Plan:
        """The plan of these calls, with what the machine looks like now and what may be in their way."""
        return Plan(
            calls=calls,
            commands=commands,
            warnings=(*_in_the_way(machine), *warnings),
            losses=losses,
            costs=costs,
            effect=effect,
            inverse=inverse,
            irreversible=irreversible,
            expects=expects,
            state=machine_fingerprint(self.link, machine.uuid),
        )


def reference(machine: Machine) -> str:
    """What names it on virsh's command line: its name, unless virsh could take that for something else."""
    looks_plain = _PLAIN_NAME.fullmatch(machine.name) and not _is_uuid(machine.name)
    return machine.name if looks_plain else machine.uuid


def inverse(verb: str, machine: Machine, **arguments: str) -> Operation:
    """The operation that takes a change of this machine back."""
    return Operation(verb=verb, key=machine.key, arguments=arguments)


def shows(machine: Machine, field: str, *values: str, within: float = SOON_S) -> tuple[Expectation, ...]:
    """What the machine's row is to show."""
    return (Expectation(key=machine.key, field=field, values=values, within=within),)


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{32}", text.replace("-", "")) is not None


def _in_the_way(machine: Machine) -> tuple[str, ...]:
    if not machine.trouble:
        return ()
    return (f"its monitor is {machine.trouble}: libvirt may wait 30 s and then refuse the call",)


def whole(operation: Operation, name: str, *, least: int = 0) -> int:
    """A whole number among the arguments. InvalidInput when it is none, or too small."""
    said = operation.arguments.get(name, "")
    if not (said.isascii() and said.isdigit() and len(said) < 20 and int(said) >= least):
        raise InvalidInput(f"{name}: a whole number from {least} on, not {said!r}", subject=name)
    return int(said)


def piped(text: str, command: str) -> str:
    """A command line that is given this text on its standard input."""
    return f"printf %s {shlex.quote(text)} | {command}"


def yes(operation: Operation, name: str) -> bool | None:
    """An argument that is yes or no; None when it is not given. InvalidInput for anything else."""
    value = operation.arguments.get(name, "")
    if value not in {"", "yes", "no"}:
        raise InvalidInput(f"{name} is yes or no", subject=name)
    return {"yes": True, "no": False}.get(value)
