"""Clusters, datacenters, folders, resource pools and groups: totals, members, and what the product promises there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from novatui.core.states import Kind, Power
from novatui.ui.render import readings
from novatui.ui.render.detail import words
from novatui.ui.render.detail.attention import WARNINGS, attention
from novatui.ui.render.detail.others import others
from novatui.ui.render.detail.places import (
    HOST_COLUMNS,
    host_row,
    machines_field,
    members,
    things_sections,
)
from novatui.ui.render.detail.sheet import Field, Item, Section, Table, Text
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.marks import UNKNOWN


def sections(whole: Whole) -> Iterator[Section]:
    """In the order of what matters."""
    hosts = members(whole, Kind.HOST)
    yield attention(whole)
    yield _state(whole)
    yield _totals(whole, hosts)
    yield from others(whole, {WARNINGS})
    if whole.kind is not Kind.RESOURCE_POOL:
        none: list[Item] = [Text("none is known", whole.look.styles.quiet)]
        rows = [host_row(whole.subject, slot) for slot in hosts]
        yield Section(title="Hosts", items=[Table(HOST_COLUMNS, rows)] if rows else none, wide=True)
    if whole.kind not in {Kind.RESOURCE_POOL, Kind.GROUP}:
        yield from things_sections(whole)


def _state(whole: Whole) -> Section:
    fields = [Field("kind", whole.kind.value.replace("_", " "))]
    if whole.kind is not Kind.GROUP:
        fields += [
            whole.field("native type", "native_type"),
            whole.field("health", "health"),
            whole.field("alarms", "alarms"),
            whole.field("native id", "native_id"),
            Field("place", whole.place),
        ]
    alarms = readings.counted(whole.fleet, whole.slot, "alarms")
    said = UNKNOWN if alarms is None else f"{alarms:,}"
    below = Field("alarms below", said, whole.look.styles.warning if alarms else None)
    return Section(title="State", items=[*fields, below])


def _totals(whole: Whole, hosts: Sequence[int]) -> Section:
    """Sums are told only when every part of them is known."""
    fleet, metrics = whole.fleet, whole.fleet.metrics
    machines = members(whole, *readings.MACHINES)
    cpus = _total(hosts, lambda slot: readings.number(fleet, slot, "cpus"))
    memory = _total(hosts, lambda slot: readings.number(fleet, slot, "memory_total"))
    used = _total(hosts, lambda slot: metrics.latest(slot, "mem.used"))
    busy = _total(hosts, lambda slot: _busy(whole, slot))
    known = readings.counted(fleet, whole.slot, "machines") is not None
    vcpus = _total(machines, lambda slot: readings.number(fleet, slot, "vcpus")) if known else None
    given = _total(machines, lambda slot: readings.number(fleet, slot, "memory")) if known else None
    fields = [machines_field(whole)]
    if hosts:
        fields += [
            Field("hosts", _hosts(whole, hosts)),
            Field("cpu", f"{words.percent(_share(busy, cpus))} of {_count(cpus)}"),
            Field("memory", f"{words.size(used)} of {words.size(memory)}, {words.percent(_share(used, memory))}"),
        ]
    fields += [
        Field("vCPU given", _given(vcpus, cpus if hosts else None, "per processor")),
        Field("memory given", words.size(given)),
    ]
    return Section(title="Totals", items=fields)


def _hosts(whole: Whole, hosts: Sequence[int]) -> str:
    """How many there are, and how many of them are not as they should be."""
    fleet = whole.fleet
    powers = Counter(readings.power(fleet, slot) or "of unknown state" for slot in hosts)
    maintained = sum(1 for slot in hosts if fleet.inventory.value(slot, "maintenance") is True)
    odd = [f"{count} {power}" for power, count in sorted(powers.items()) if power != Power.RUNNING]
    return ", ".join([str(len(hosts)), *odd, *([f"{maintained} in maintenance"] if maintained else [])])


def _busy(whole: Whole, slot: int) -> float | None:
    """Processors of a host that are at work."""
    share = whole.fleet.metrics.latest(slot, "cpu.used")
    cpus = readings.number(whole.fleet, slot, "cpus")
    return share / 100 * cpus if share is not None and cpus is not None else None


def _total(slots: Sequence[int], value: Callable[[int], float | None]) -> float | None:
    return readings.total(*map(value, slots))


def _share(part: float | None, of: float | None) -> float | None:
    return part / of * 100 if part is not None and of else None


def _count(cpus: float | None) -> str:
    return f"{cpus:,.0f} processors" if cpus is not None else UNKNOWN


def _given(vcpus: float | None, cpus: float | None, per: str) -> str:
    if vcpus is None:
        return UNKNOWN
    return f"{vcpus:,.0f}, {vcpus / cpus:.1f} {per}" if cpus else f"{vcpus:,.0f}"
