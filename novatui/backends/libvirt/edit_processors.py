"""Plans of a machine's virtual processors: how many, and where on the host they run."""

from __future__ import annotations

from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.machine import Described, Machine
from novatui.backends.libvirt.planning import Planning, inverse, reference, shows, whole
from novatui.backends.libvirt.reach import Reach, reach_of
from novatui.core import cpuset
from novatui.core.errors import Conflict, InvalidInput, NotSupported
from novatui.core.operations import NativeCall, Operation, Plan
from novatui.core.vmspec import VmSpec

_EMULATED = "qemu"
"""Domain type of machines without hardware virtualisation."""


class ProcessorPlans:
    """Plans `edit.vcpus` and `edit.pin`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def vcpus(self, machine: Machine, operation: Operation) -> Plan:
        """Plug processors in or out up to the maximum; the stored machine's maximum grows with the count."""
        count = whole(operation, "count", least=1)
        reach = reach_of(machine, operation, not_live=_not_live(machine, count))
        changed = reach.of(machine)
        if all(part.spec.cpu.count == count for part in changed):
            raise Conflict(f"{machine.name} has {count} processors already", subject="count")
        grows = reach.persistent and count > _most(machine.stored)
        if grows:
            _refuse_topology(machine, count)
        calls, commands = self._setting(machine, count, reach, grows=grows)
        before = {part.spec.cpu.count for part in changed}
        return self._planning.plan(
            machine,
            *calls,
            commands=commands,
            warnings=(*reach.warnings, *_unplug_warning(machine, reach, count)),
            effect=reach.effect,
            inverse=_way_back(machine, reach, changed[0].spec.cpu.count),
            irreversible=_stays(machine, reach, grows=grows, different=len(before) > 1),
            expects=shows(machine, "vcpus", str(count)) if reach.live or not machine.active else (),
        )

    def _setting(
        self, machine: Machine, count: int, reach: Reach, *, grows: bool
    ) -> tuple[list[NativeCall], tuple[str, ...]]:
        """The maximum first where it grows: it is no part of a running machine."""
        name, calls, commands = reference(machine), [], []
        if grows:
            flags = libvirt.VIR_DOMAIN_AFFECT_CONFIG | libvirt.VIR_DOMAIN_VCPU_MAXIMUM
            calls.append(self._planning.call(1, "virDomainSetVcpusFlags", dom=machine.uuid, nvcpus=count, flags=flags))
            commands.append(self._planning.virsh("setvcpus", name, str(count), "--maximum", "--config"))
        calls.append(
            self._planning.call(
                len(calls) + 1, "virDomainSetVcpusFlags", dom=machine.uuid, nvcpus=count, flags=reach.flags
            )
        )
        commands.append(self._planning.virsh("setvcpus", name, str(count), *reach.options))
        return calls, tuple(commands)

    def pin(self, machine: Machine, operation: Operation) -> Plan:
        """Let one virtual processor run on these processors of the host only."""
        vcpu = whole(operation, "vcpu")
        wanted = cpuset.parse(operation.arguments.get("cpus", ""))
        host = self._planning.link.call(self._planning.link.conn.getCPUMap)
        if odd := wanted.difference(range(host[0])):
            raise InvalidInput(
                f"the host has no processor {cpuset.written(odd)}", meaning=f"it has 0-{host[0] - 1}", subject="cpus"
            )
        reach = reach_of(machine, operation)
        changed = reach.of(machine)
        for part in changed:
            if vcpu >= (part.spec.cpu.maximum or 0):
                raise InvalidInput(
                    f"{machine.name} has no virtual processor {vcpu}",
                    meaning=f"it has 0-{(part.spec.cpu.maximum or 1) - 1}",
                    subject="vcpu",
                )
        text, before = cpuset.written(wanted), {_pinned(part.spec, vcpu) for part in changed}
        if before == {text}:
            raise Conflict(f"virtual processor {vcpu} of {machine.name} runs on {text} already", subject="cpus")
        was = _pinned(changed[0].spec, vcpu)
        return self._planning.plan(
            machine,
            self._planning.call(
                1, "virDomainPinVcpuFlags", dom=machine.uuid, vcpu=vcpu, cpumap=text, flags=reach.flags
            ),
            commands=(self._planning.virsh("vcpupin", reference(machine), str(vcpu), text, *reach.options),),
            warnings=(*reach.warnings, *_offline(wanted, host[1])),
            effect=reach.effect,
            inverse=inverse("edit.pin", machine, vcpu=str(vcpu), cpus=was or f"0-{host[0] - 1}", apply=reach.word),
            irreversible="" if was else "it was not pinned before: undo pins it to all processors of the host",
        )


def _not_live(machine: Machine, count: int) -> str:
    """Why this count cannot be had while it runs."""
    if machine.live is None:
        return ""
    now, most = machine.live.spec.cpu.count or 0, _most(machine.live)
    if count > most:
        return f"it was started with at most {most} processors"
    if count < now and machine.live.spec.hypervisor == _EMULATED:
        return "an emulated machine hangs when it is to give processors back"
    return ""


def _most(part: Described | None) -> int:
    return (part.spec.cpu.maximum or 0) if part is not None else 0


def _refuse_topology(machine: Machine, count: int) -> None:
    shape = machine.stored.spec.cpu.topology if machine.stored is not None else None
    if shape is not None and shape.sockets * shape.dies * shape.cores * shape.threads != count:
        raise NotSupported(
            f"{machine.name} has a fixed layout of processors",
            meaning=f"{shape.sockets} sockets × {shape.dies} dies × {shape.cores} cores × {shape.threads} threads "
            f"make {_most(machine.stored)}, and libvirt takes no other maximum",
            hint=f"change <topology> with `virsh edit {machine.name}`",
            subject="topology",
        )


def _unplug_warning(machine: Machine, reach: Reach, count: int) -> tuple[str, ...]:
    if reach.live and machine.live is not None and count < (machine.live.spec.cpu.count or 0):
        return ("the guest has to give the processors back; one that does not makes the call fail after seconds",)
    return ()


def _keeps(machine: Machine, reach: Reach) -> bool:
    """Processors that an emulated machine was given while it runs stay until its next start."""
    return reach.live and machine.live is not None and machine.live.spec.hypervisor == _EMULATED


def _way_back(machine: Machine, reach: Reach, before: int | None) -> Operation | None:
    if not _keeps(machine, reach):
        return inverse("edit.vcpus", machine, count=str(before), apply=reach.word)
    return inverse("edit.vcpus", machine, count=str(before), apply="persistent") if reach.persistent else None


def _stays(machine: Machine, reach: Reach, *, grows: bool, different: bool) -> str:
    said = ["the higher maximum stays"] if grows else []
    if _keeps(machine, reach):
        said.append("an emulated machine gives no processor back before its next start")
    if different:
        said.append("running and stored machine had different counts: undo gives both that of the running one")
    return "; ".join(said)


def _pinned(spec: VmSpec, vcpu: int) -> str:
    """Where it may run, in the shortest form; empty when it is not pinned."""
    said = next((pin.cpuset for pin in spec.cpu.pins if pin.subject == f"vcpu {vcpu}"), "")
    return cpuset.written(cpuset.parse(said)) if said else ""


def _offline(wanted: frozenset[int], online: list[bool]) -> tuple[str, ...]:
    asleep = [cpu for cpu in wanted if cpu < len(online) and not online[cpu]]
    return (f"processor {cpuset.written(asleep)} of the host is offline",) if asleep else ()
