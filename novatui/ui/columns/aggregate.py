"""What the hosts of a cluster amount to together, and what the machines in a place were given."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from novatui.core.states import Kind, Power
from novatui.engine.fleet import Fleet
from novatui.ui.render import readings


def hosts(fleet: Fleet, slot: int) -> list[int]:
    """The hosts directly below a cluster."""
    kind = fleet.inventory.kind
    return [child for child in fleet.inventory.children(slot) if kind(child) is Kind.HOST]


def processor(fleet: Fleet, slot: int) -> float | None:
    """Percent of all processors of its running hosts in use; None when one of them does not tell."""
    used = whole = 0.0
    for host in _running(fleet, slot):
        share, count = fleet.metrics.latest(host, "cpu.used"), readings.number(fleet, host, "cpus")
        if share is None or count is None:
            return None
        used, whole = used + share * count, whole + count
    return used / whole if whole else None


def memory(fleet: Fleet, slot: int) -> float | None:
    """Percent of the memory of its running hosts in use; None when one of them does not tell."""
    used = whole = 0.0
    for host in _running(fleet, slot):
        part, total = fleet.metrics.latest(host, "mem.used"), readings.number(fleet, host, "memory_total")
        if part is None or total is None:
            return None
        used, whole = used + part, whole + total
    return 100 * used / whole if whole else None


def whole(fleet: Fleet, slot: int, field: str) -> float | None:
    """The sum of a column over all hosts of a cluster, or that of a host itself; None when one does not tell."""
    below = [slot] if fleet.inventory.kind(slot) is Kind.HOST else hosts(fleet, slot)
    return readings.total(*(readings.number(fleet, host, field) for host in below)) if below else None


class Given(NamedTuple):
    """What all machines in a place were given together; None when one of them does not tell."""

    vcpus: float | None
    memory: float | None


def given(fleet: Fleet, slot: int, now: float) -> Given:
    """Running or not. A change of a machine is seen after some seconds: a place may hold very many."""
    return _given(fleet, slot, fleet.inventory.structure_version, int(now / FRESH))


FRESH = 5.0
"""Seconds for which a sum stands, unless machines come or go."""


@lru_cache(maxsize=256)
def _given(fleet: Fleet, slot: int, structure: int, moment: int) -> Given:
    del structure, moment
    store, visible = fleet.inventory, fleet.identity.visible
    if readings.counted(fleet, slot, "machines") is None:
        return Given(None, None)
    machines = [each for each in store.below(slot) if store.kind(each) in readings.MACHINES and visible(each)]
    return Given(
        readings.total(*(readings.number(fleet, each, "vcpus") for each in machines)),
        readings.total(*(readings.number(fleet, each, "memory") for each in machines)),
    )


def stale(fleet: Fleet, slot: int, now: float) -> bool:
    """True when what one of its running hosts measured is out of date."""
    return any(fleet.metrics.stale(host, now) for host in _running(fleet, slot))


def _running(fleet: Fleet, slot: int) -> list[int]:
    return [host for host in hosts(fleet, slot) if readings.power(fleet, host) == Power.RUNNING]
