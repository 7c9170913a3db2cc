"""Plans of a machine's memory: how much it has, and memory plugged in as a module."""

from __future__ import annotations

from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.machine import Described, Machine
from novatui.backends.libvirt.planning import Planning, inverse, piped, reference, shows, whole
from novatui.backends.libvirt.reach import Reach, reach_of
from novatui.backends.libvirt.xmlform import form, written
from novatui.core.errors import Conflict, InvalidInput, NotSupported
from novatui.core.operations import NativeCall, Operation, Plan
from novatui.core.units import size
from novatui.core.vmspec import MemorySpec

_KIB = 1024
_MIB = 1 << 20
_BLOCK = 128 * _MIB
"""Linux on x86 takes hot-plugged memory into use in blocks of this size."""

BALLOON_S = 60.0


class MemoryPlans:
    """Plans `edit.memory` and `edit.memory_add`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def memory(self, machine: Machine, operation: Operation) -> Plan:
        """Live: what the balloon leaves to the guest. Persistent: what it has from the next start on."""
        wanted = whole(operation, "size", least=_MIB) // _KIB * _KIB
        reach = reach_of(machine, operation, not_live=_not_live(machine, wanted))
        changed = reach.of(machine)
        if all(part.spec.memory.current == wanted for part in changed) and (
            machine.stored is None or not reach.persistent or machine.stored.spec.memory.size == wanted
        ):
            raise Conflict(f"{machine.name} has {size(wanted)} of memory already", subject="size")
        if reach.persistent and machine.stored is not None:
            _refuse_cells(machine, machine.stored, wanted)
        calls, commands = self._setting(machine, wanted, reach)
        return self._planning.plan(
            machine,
            *calls,
            commands=commands,
            warnings=(*reach.warnings, *_balloon_warnings(machine, reach, wanted)),
            effect=reach.effect,
            inverse=inverse("edit.memory", machine, size=str(changed[0].spec.memory.current), apply=reach.word),
            irreversible=_lost_limit(machine, reach),
            expects=shows(machine, "memory", str(wanted), within=BALLOON_S) if reach.live or not machine.active else (),
        )

    def _setting(self, machine: Machine, wanted: int, reach: Reach) -> tuple[list[NativeCall], tuple[str, ...]]:
        """The stored limit first: libvirt lowers what is stored to it, and raises it only up to it."""
        name, kib = reference(machine), wanted // _KIB
        calls: list[NativeCall] = []
        commands: list[str] = []

        def step(command: str, flags: int, *options: str) -> None:
            calls.append(
                self._planning.call(
                    len(calls) + 1, "virDomainSetMemoryFlags", dom=machine.uuid, memory=kib, flags=flags
                )
            )
            commands.append(self._planning.virsh(command, name, f"{kib}KiB", *options))

        stored = machine.stored.spec.memory if reach.persistent and machine.stored is not None else MemorySpec()
        if stored.size is not None and stored.size != wanted and not _has_cells(machine.stored):
            flags = libvirt.VIR_DOMAIN_AFFECT_CONFIG | libvirt.VIR_DOMAIN_MEM_MAXIMUM
            step("setmaxmem", flags, "--config")
        step("setmem", reach.flags, *reach.options)
        return calls, tuple(commands)

    def memory_add(self, machine: Machine, operation: Operation) -> Plan:
        """Plug in a module, where the machine was started with slots for it."""
        wanted = whole(operation, "size", least=_MIB)
        if wanted % _MIB:
            raise InvalidInput("memory is plugged in by whole MiB", subject="size")
        reach = reach_of(machine, operation)
        changed = reach.of(machine)
        for part in changed:
            _refuse_module(machine, part, wanted)
        module = written(
            form(
                "memory",
                form("target", form("size", str(wanted // _KIB), unit="KiB"), form("node", "0")),
                model="dimm",
            )
        )
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainAttachDeviceFlags", dom=machine.uuid, xml=module, flags=reach.flags),
            commands=(
                piped(module, self._planning.virsh("attach-device", reference(machine), "/dev/stdin", *reach.options)),
            ),
            warnings=(*reach.warnings, *_module_warnings(self._planning, machine, reach, wanted)),
            effect=reach.effect,
            irreversible="the module stays: only `virsh detach-device` takes it out, and the guest has to give it back",
            expects=shows(machine, "memory_max", str((changed[0].spec.memory.size or 0) + wanted))
            if reach.live or not machine.active
            else (),
        )


def _not_live(machine: Machine, wanted: int) -> str:
    if machine.live is None:
        return ""
    memory = machine.live.spec.memory
    if memory.size is not None and wanted > memory.size:
        return f"it was started with {size(memory.size)} of memory"
    return "it has no balloon, so that its memory is fixed while it runs" if memory.balloon == "none" else ""


def _has_cells(part: Described | None) -> bool:
    return part is not None and part.spec.numa is not None and bool(part.spec.numa.cells)


def _refuse_cells(machine: Machine, stored: Described, wanted: int) -> None:
    if _has_cells(stored) and wanted > (stored.spec.memory.size or 0):
        raise NotSupported(
            f"the memory of {machine.name} is laid out in NUMA cells",
            meaning="libvirt changes their sizes only in the machine's XML",
            hint=f"plug memory in (edit.memory_add), or `virsh edit {machine.name}`",
            subject="numa",
        )


def _balloon_warnings(machine: Machine, reach: Reach, wanted: int) -> tuple[str, ...]:
    if not reach.live or machine.live is None:
        return ()
    less = wanted < (machine.live.spec.memory.current or 0)
    said = ["the guest's balloon driver moves the memory; a guest without one changes nothing"]
    if less:
        said.append("a guest that gets too little memory ends programs or stands still")
    return tuple(said)


def _lost_limit(machine: Machine, reach: Reach) -> str:
    """What undo sets is one figure for all; it stood for more before when limit, balloon or parts differed."""
    figures = {part.spec.memory.current for part in reach.of(machine)}
    if reach.persistent and machine.stored is not None:
        figures.add(machine.stored.spec.memory.size)
    return "" if len(figures) < 2 else "limit and current memory were different: undo sets both to the current one"


def _refuse_module(machine: Machine, part: Described, wanted: int) -> None:
    memory = part.spec.memory
    if memory.maximum is None or not memory.slots:
        raise NotSupported(
            f"{machine.name} has no slots for memory",
            meaning="a machine takes modules only when it was defined with <maxMemory slots=…>",
            hint=f"shut it down and add it with `virsh edit {machine.name}`",
            subject="maxMemory",
        )
    if not _has_cells(part):
        raise NotSupported(
            f"{machine.name} has no NUMA cell",
            meaning="a module belongs to a NUMA cell of the guest, and it is defined without any",
            hint=f"shut it down and add <numa> to its <cpu> with `virsh edit {machine.name}`",
            subject="numa",
        )
    if (memory.dimms or 0) >= memory.slots:
        raise Conflict(f"all {memory.slots} slots for memory of {machine.name} are taken", subject="slots")
    room = memory.maximum - (memory.size or 0)
    if wanted > room:
        raise InvalidInput(
            f"{machine.name} takes {size(room)} more memory at most",
            meaning=f"it has {size(memory.size)} of the {size(memory.maximum)} it was defined with",
            subject="size",
        )


def _module_warnings(planning: Planning, machine: Machine, reach: Reach, wanted: int) -> tuple[str, ...]:
    said: list[str] = []
    if reach.live and wanted % _BLOCK:
        said.append(f"a Linux guest takes memory into use by {size(_BLOCK)}: what is beyond a multiple stays idle")
    if reach.live and planning.link.attempt(machine.domain.snapshotNum):
        said.append("snapshots with memory from before cannot be reverted to any more: QEMU refuses their state")
    return tuple(said)
