"""What the hosts of a cluster amount to together."""

from __future__ import annotations

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


def stale(fleet: Fleet, slot: int, now: float) -> bool:
    """True when what one of its running hosts measured is out of date."""
    return any(fleet.metrics.stale(host, now) for host in _running(fleet, slot))


def _running(fleet: Fleet, slot: int) -> list[int]:
    return [host for host in hosts(fleet, slot) if readings.power(fleet, host) == Power.RUNNING]
