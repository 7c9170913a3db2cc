"""Whether a machine moves now, asked of libvirt so that nothing waits."""

from __future__ import annotations

import time

from novatui.backends.libvirt import control, jobs, states
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.machine import Machine
from novatui.core.errors import Busy, Conflict, NovaError, Unreachable

_ATTEMPTS = 5
"""A job holds its monitor for moments at a time."""


def figures_of(link: Link, machine: Machine) -> jobs.Figures | None:
    """Statistics of its job; `type` is 0 without one, and the target of a migration has none. None: its monitor is held
    by something else, so that libvirt would wait."""
    for _ in range(_ATTEMPTS):
        if control.is_free(link.attempt(machine.domain.controlInfo)):
            return _asked(link, machine)
        time.sleep(control.ASK_AGAIN_S)
    return None


def _asked(link: Link, machine: Machine) -> jobs.Figures:
    try:
        return link.call(machine.domain.jobStats)
    except Unreachable:
        raise
    except NovaError:
        return {}


def refuse_while_moving(link: Link, machine: Machine) -> None:
    """Busy when a job of this machine is under way, which a second one would have to wait for."""
    if not machine.active:
        return
    if machine.in_job:
        raise Busy(f"{machine.name} is {machine.native_state}", hint="wait for its end", subject=machine.native_state)
    figures = figures_of(link, machine)
    if figures is not None and figures.get("type") in {jobs.BOUNDED, jobs.UNBOUNDED}:
        job = jobs.native_verb(jobs.operation(figures))
        raise Busy(f"{machine.name} has a job already: {job}", hint="wait for its end, or cancel its task", subject=job)


def moving(link: Link, machine: Machine) -> jobs.Figures:
    """Figures of its migration away from here, empty when its monitor is busy. Conflict when it does not move."""
    if not machine.active:
        raise Conflict(f"{machine.name} does not move: it is {machine.native_state}", subject="migrate")
    if (machine.state, machine.reason) == states.COMING and _comes(link, machine):
        raise Conflict(
            f"{machine.name} is on its way to this host",
            meaning="a migration is steered on the host that the machine leaves",
            hint="do it there",
            subject="migrate",
        )
    figures = figures_of(link, machine)
    if figures is None:
        return {}
    if figures.get("type") not in {jobs.BOUNDED, jobs.UNBOUNDED} or jobs.operation(figures) != jobs.MIGRATION_OUT:
        raise Conflict(f"{machine.name} does not move", meaning="its migration has ended, or none began")
    return figures


def _comes(link: Link, machine: Machine) -> bool:
    figures = figures_of(link, machine)
    return figures is not None and jobs.operation(figures) != jobs.MIGRATION_OUT
