"""Plans of what can be done about a migration that runs, whoever started it: its rate, its pause, post-copy, the guest.

QEMU lets nothing else be changed while it migrates: what was not switched on at the start stays off.
"""

from __future__ import annotations

from collections.abc import Callable

from novatui.backends.libvirt import jobs, states
from novatui.backends.libvirt.follower import Follower
from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.moveway import MIB, UNLIMITED, mib_per_second
from novatui.backends.libvirt.planning import Planning, inverse, reference, whole
from novatui.backends.libvirt.underway import moving
from novatui.core.errors import Conflict, NotSupported
from novatui.core.operations import Operation, Plan
from novatui.core.units import size

_POST_COPY_SPEED = 1
"""VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY: the limit after the switch is another one."""


class MigrateLevers:
    """Plans the levers of the noun `migrate`."""

    def __init__(self, planning: Planning, follower: Follower) -> None:
        self._planning = planning
        self._follower = follower
        self._plans: dict[str, Callable[[Machine, Operation, jobs.Figures], Plan]] = {
            "migrate.bandwidth": self._bandwidth,
            "migrate.downtime": self._downtime,
            "migrate.postcopy": self._post_copy,
            "migrate.pause": self._pause,
        }

    def plan(self, operation: Operation) -> Plan:
        """The call that would do it now. Conflict when nothing moves, NotSupported when it was not armed."""
        machine = self._planning.machine(operation)
        figures = moving(self._planning.link, machine)
        return self._plans[operation.verb](machine, operation, figures)

    def _bandwidth(self, machine: Machine, operation: Operation, figures: jobs.Figures) -> Plan:
        _refuse_too_early(machine, figures)
        wanted = whole(operation, "bandwidth", least=1)
        rate = mib_per_second(wanted)
        flags = _POST_COPY_SPEED if _is_post_copy(machine) else 0
        before = self._planning.link.attempt(machine.domain.migrateGetMaxSpeed, flags)
        limit = before * MIB if before and 0 < before < UNLIMITED else 0
        rounded = rate * MIB
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainMigrateSetMaxSpeed", dom=machine.uuid, bandwidth=rate, flags=flags),
            commands=(
                self._planning.virsh(
                    "migrate-setspeed", reference(machine), str(rate), *(("--postcopy",) if flags else ())
                ),
            ),
            warnings=(
                *(
                    (f"libvirt counts in whole MiB/s: {size(wanted)}/s becomes {size(rounded)}/s",)
                    * (rounded != wanted)
                ),
                *(("it holds for memory; disks are copied at the rate of the start",) * _copies_disks(figures)),
            ),
            inverse=inverse("migrate.bandwidth", machine, bandwidth=str(limit)) if limit else None,
            irreversible="as long as it moves" if limit else "it had no limit before: set a high one instead",
        )

    def _downtime(self, machine: Machine, operation: Operation, _figures: jobs.Figures) -> Plan:
        _refuse_after_switch(machine)
        pause = whole(operation, "downtime", least=1)
        before = self._planning.link.attempt(machine.domain.migrateGetMaxDowntime, 0)
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainMigrateSetMaxDowntime", dom=machine.uuid, downtime=pause, flags=0),
            commands=(self._planning.virsh("migrate-setmaxdowntime", reference(machine), str(pause)),),
            warnings=(f"the guest may stand still for up to {pause / 1000:g} s at the switch",),
            inverse=inverse("migrate.downtime", machine, downtime=str(before)) if before else None,
            irreversible="a pause that has been made is made",
        )

    def _post_copy(self, machine: Machine, _operation: Operation, _figures: jobs.Figures) -> Plan:
        _refuse_after_switch(machine)
        armed = self._follower.armed(machine.uuid)
        if armed is not None and "post-copy" not in armed:
            raise NotSupported(
                f"the migration of {machine.name} was not started with post-copy",
                meaning="QEMU cannot switch it on any more",
                hint="cancel it and start it again with post_copy=yes",
                subject="post-copy",
            )
        unknown = armed is None
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainMigrateStartPostCopy", dom=machine.uuid, flags=0),
            commands=(self._planning.virsh("migrate-postcopy", reference(machine)),),
            warnings=(
                "it is only asked for: QEMU switches when the pass over memory that runs allows it",
                *(("somebody else started it: libvirt refuses unless post-copy was armed then",) if unknown else ()),
            ),
            losses=("if the network or a host fails after the switch, the guest is lost",),
            irreversible="after the switch it can neither be cancelled nor go back",
        )

    def _pause(self, machine: Machine, _operation: Operation, _figures: jobs.Figures) -> Plan:
        _refuse_after_switch(machine)
        if machine.state == states.PAUSED:
            raise Conflict(f"{machine.name} stands still already", meaning=machine.native_state, subject="paused")
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainSuspend", dom=machine.uuid),
            commands=(self._planning.virsh("suspend", reference(machine)),),
            warnings=(
                "the guest stands still until all of its memory is there, then goes on at the destination; "
                "if the migration is cancelled or fails, it stays paused here until somebody resumes it",
            ),
            inverse=inverse("power.resume", machine),
            irreversible="the time that the guest stood still",
        )


def _is_post_copy(machine: Machine) -> bool:
    return (machine.state, machine.reason) == (states.PAUSED, states.PAUSED_POST_COPY)


def _refuse_too_early(machine: Machine, figures: jobs.Figures) -> None:
    """libvirt takes it and forgets it: when the copying begins, it sets the limit of the start."""
    if figures and not figures.get("data_total"):
        raise Conflict(
            f"the migration of {machine.name} is still being prepared",
            meaning="a limit that is set now is lost when the copying begins",
            hint="do it again when the first memory is sent, in a few seconds",
            subject="preparing",
        )


def _copies_disks(figures: jobs.Figures) -> bool:
    return bool(figures.get("disk_total")) and not figures.get("memory_total")


def _refuse_after_switch(machine: Machine) -> None:
    if _is_post_copy(machine):
        raise Conflict(
            f"{machine.name} has switched to post-copy",
            meaning="it runs at the destination already and fetches the rest of its memory from here",
            hint="wait for the end; only the bandwidth can be changed",
            subject="post-copy",
        )
