"""Plans of going back to a snapshot: what is lost, what becomes useless by it, and how the present state is kept."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.planning import Planning, inverse, reference, shows
from novatui.backends.libvirt.snapcreate import LONG_S, SnapshotCreation, checked_name
from novatui.backends.libvirt.snapshots import then_and_now
from novatui.backends.libvirt.snapshotting import REVERTS_EXTERNAL, against_internal, disks, files_now
from novatui.backends.libvirt.snaptree import SnapshotTree, moved
from novatui.backends.libvirt.snapxml import Taken
from novatui.core.errors import Conflict, InvalidInput, NotSupported
from novatui.core.operations import NativeCall, Operation, Plan
from novatui.core.specdiff import differences
from novatui.core.states import Power
from novatui.core.units import span

_RUNNING, _PAUSED = 1, 2
"""VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING and _PAUSED."""

_THEN: dict[str, tuple[int, Power | None, tuple[str, ...]]] = {
    "": (0, None, ()),
    "as-saved": (0, None, ()),
    "running": (_RUNNING, Power.RUNNING, ("--running",)),
    "paused": (_PAUSED, Power.PAUSED, ("--paused",)),
}
"""Flag, power state afterwards and virsh's option, by the argument `then`."""

_OF_DISKS = re.compile(r"^name$|^disk \S+ (source|backing|format)$")
"""What differs because of the snapshots themselves, and the name, which a revert keeps."""

_LOADS_HOT_PLUGGED = 10_010_000
"""Since this version libvirt loads internal snapshots by QEMU's newer commands (its release notes). Seen to fail with
9.0 and to work with 11.3."""

_SHOWN = 3
"""Settings that a warning names one by one."""


class SnapshotRevert:
    """Plans `snap.revert`."""

    def __init__(self, planning: Planning, creation: SnapshotCreation, version: int) -> None:
        self._planning = planning
        self._creation = creation
        self._version = version

    def plan(self, machine: Machine, tree: SnapshotTree, operation: Operation) -> Plan:
        """The calls that go back now."""
        target = tree.find(operation.arguments.get("snapshot", ""))
        then = operation.arguments.get("then", "")
        if then not in _THEN:
            raise InvalidInput("the machine is then as-saved, running or paused", subject="then")
        self._refuse(machine, target, then)
        flag, wanted, options = _THEN[then]
        after = wanted or _power_of(target)
        elsewhere = {} if target.external else moved(files_now(machine), target.below)
        useless = _useless(machine, tree, elsewhere)
        safety = self._safety(machine, tree, operation.arguments.get("safety", ""), useless)
        calls, commands = self._first(machine, safety)
        revert = {"dom": machine.uuid, "snapshot": target.name, "flags": flag}
        calls.append(self._planning.call(len(calls) + 1, "virDomainRevertToSnapshot", long=True, **revert))
        words = ("--domain", reference(machine), "--snapshotname", target.name, *options)
        commands.append(self._planning.virsh("snapshot-revert", *words))
        return self._planning.plan(
            machine,
            *calls,
            commands=tuple(commands),
            warnings=(
                *_ends_as(machine, target, after),
                *_written_below(machine, tree, target, elsewhere),
                *self._hot_plugged(target),
                *self._configuration(machine, target),
            ),
            losses=_losses(machine, tree, useless, kept=bool(safety)),
            costs=_costs(machine, target, safety),
            inverse=inverse("snap.revert", machine, snapshot=safety) if safety else None,
            irreversible=_irreversible(machine, safety),
            expects=shows(machine, "power", after, within=LONG_S),
        )

    def _refuse(self, machine: Machine, target: Taken, then: str) -> None:
        if target.external and 0 < self._version < REVERTS_EXTERNAL:
            kept = ", ".join(target.below[disk] for disk in target.overlays if target.below.get(disk))
            raise NotSupported(
                f"the libvirt of this host cannot revert to '{target.name}'",
                meaning=f"it is an external snapshot; libvirt goes back to such since 9.9. Its disks are in {kept}",
                hint="by hand: shut the machine down, let its disks be these files (virsh edit) and work on copies "
                "of them; or forget the entry (snap.delete with metadata=yes)",
                code="67",
                subject=target.name,
            )
        if not machine.persistent and then in {"", "as-saved"} and _power_of(target) is Power.OFF:
            raise Conflict(
                f"'{target.name}' holds the machine while it was off",
                meaning="the machine is not defined permanently: libvirt forgets it when it is off",
                hint="let it run or pause then (then=running, then=paused)",
                code="55",
                subject="then",
            )

    def _safety(self, machine: Machine, tree: SnapshotTree, wanted: str, useless: list[str]) -> str:
        """Name of the safety snapshot; empty when none is wanted. Conflict when none would help."""
        if wanted in {"", "no"}:
            return ""
        reasons = against_internal(machine, disks(machine))
        if useless:
            reasons.append("it would live in a file that the revert makes useless")
        if reasons:
            raise Conflict(
                "no safety snapshot can be taken",
                meaning="; ".join(reasons),
                hint="copy the disks first, or revert without it (safety=no)",
                subject="safety",
            )
        return checked_name(time.strftime("novatui-undo-%Y%m%d-%H%M%S") if wanted == "yes" else wanted, tree)

    def _first(self, machine: Machine, safety: str) -> tuple[list[NativeCall], list[str]]:
        """What comes before the revert: the safety snapshot, and the end of a saved memory, which does not fit the
        disks any more; libvirt leaves it in place, and the next start would resume it on them."""
        calls: list[NativeCall] = []
        commands: list[str] = []
        if safety:
            about = "taken before a revert"
            calls.append(self._creation.call(1, machine, safety, about, 0))
            commands.append(self._creation.command(machine, safety, about, 0))
        if machine.saved and not machine.active:
            number = len(calls) + 1
            calls.append(self._planning.call(number, "virDomainManagedSaveRemove", dom=machine.uuid, flags=0))
            commands.append(self._planning.virsh("managedsave-remove", reference(machine)))
        return calls, commands

    def _hot_plugged(self, target: Taken) -> tuple[str, ...]:
        """Older versions read the memory before they have plugged such processors in: "Unknown savevm section"."""
        if not target.snapshot.memory or not target.hot_vcpus or not 0 < self._version < _LOADS_HOT_PLUGGED:
            return ()
        return (
            f"when '{target.name}' was taken, the machine had {target.hot_vcpus} hot-plugged processors: QEMU very "
            "probably cannot load its memory again (“Unknown savevm section”), and leaves the machine off",
        )

    def _configuration(self, machine: Machine, target: Taken) -> tuple[str, ...]:
        link = self._planning.link
        snapshot = link.call(machine.domain.snapshotLookupByName, target.name)
        then, now = then_and_now(link, machine.domain, link.call(snapshot.getXMLDesc))
        if then is None or now is None:
            return ("what the machine was like then is not told: its configuration may go back too",)
        found = [each for each in differences(now, then) if not _OF_DISKS.search(each.field)]
        if not found:
            return ()
        named = ", ".join(f"{each.field} {each.before or 'none'} -> {each.after or 'none'}" for each in found[:_SHOWN])
        rest = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return (f"its configuration goes back too: {named}{rest}",)


def _power_of(target: Taken) -> Power:
    """Power state that the snapshot was taken in."""
    return {"running": Power.RUNNING, "paused": Power.PAUSED}.get(target.snapshot.native_state, Power.OFF)


def age_of(target: Taken) -> str:
    """`3h ago`; `at an unknown time`."""
    created = target.snapshot.created
    return f"{span(time.time() - created)} ago" if created is not None else "at an unknown time"


def _useless(machine: Machine, tree: SnapshotTree, elsewhere: Mapping[str, str]) -> list[str]:
    """Files and snapshots that are worth nothing once the machine writes to what they rest on: libvirt lets it go back
    to an internal snapshot below the files that it runs on now. What an off machine's files rest on it does not tell;
    then the worst is assumed."""
    chains = {disk.target: (disk.source, disk.backing) for disk in machine.now.spec.disks}
    files: list[str] = []
    for target, path in elsewhere.items():
        now, backing = chains[target]
        known = path in backing or now in tree.above([path])
        if known or (not backing and path not in tree.above([now])):
            files.append(now)
    return [f"'{each.name}'" for each in tree.resting_on(elsewhere.values())] + files


def _written_below(
    machine: Machine, tree: SnapshotTree, target: Taken, elsewhere: Mapping[str, str]
) -> tuple[str, ...]:
    """The other way round: it runs on the file on which those of the snapshot rest."""
    now = files_now(machine)
    damaged = [path for disk, path in elsewhere.items() if path in tree.above([now[disk]])]
    if not damaged:
        return ()
    return (
        f"'{target.name}' is in {', '.join(damaged)}, which rests on the file that the machine uses now: what it has "
        "written there since has probably damaged it",
    )


def _ends_as(machine: Machine, target: Taken, after: Power) -> tuple[str, ...]:
    if after is Power.OFF and machine.active:
        was_off = target.snapshot.native_state == "shutoff"
        then = "was taken while the machine was off" if was_off else "holds its disks only"
        return (f"'{target.name}' {then}: the machine is off afterwards",)
    if after is not Power.OFF and not target.snapshot.memory:
        return (f"'{target.name}' holds no memory: the machine boots from its disks as they were",)
    return ()


def _losses(machine: Machine, tree: SnapshotTree, useless: list[str], *, kept: bool) -> tuple[str, ...]:
    found: list[str] = []
    current = tree.current
    if not kept:
        since = f"since '{current.name}' was taken, {age_of(current)}" if current else "that no snapshot holds"
        found.append(f"everything written to its disks {since}")
        if machine.active:
            found.append("what the guest holds in memory now")
    if machine.saved and not machine.active:
        found.append("the machine's memory that is saved on disk")
    if useless:
        found.append(
            f"{', '.join(useless)}: their data rest on the file that the machine writes to afterwards, and cannot be "
            "used any more"
        )
    return tuple(found)


def _costs(machine: Machine, target: Taken, safety: str) -> tuple[str, ...]:
    found: list[str] = []
    if safety and machine.active:
        found.append("the guest stands still while its memory is written for the safety snapshot")
    if machine.active:
        found.append("the machine is stopped for the revert: connections to it break")
    if target.snapshot.memory:
        found.append("its memory is read from the disk; how long that takes depends on the storage")
    return tuple(found)


def _irreversible(machine: Machine, safety: str) -> str:
    if not safety:
        return "nothing keeps the present state: ask for a safety snapshot (safety=yes)"
    saved = "the memory saved on disk does not come back; " if machine.saved and not machine.active else ""
    return f"{saved}the safety snapshot '{safety}' stays until it is deleted"
