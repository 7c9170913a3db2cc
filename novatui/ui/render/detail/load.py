"""What an object does right now: its metrics with their units, age and ten minutes of curve."""

from __future__ import annotations

from novatui.core import units
from novatui.core.states import Kind
from novatui.ui.render import readings
from novatui.ui.render.curve import curve
from novatui.ui.render.detail import words
from novatui.ui.render.detail.sheet import Field, Section
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.spark import SAMPLES_PER_CELL, sparkline

CELLS = 24
"""Cells of a curve."""

CURVE = 600.0
"""Seconds that it stands for."""


def load(whole: Whole) -> Section:
    """Processor, memory, disks and network; `·` everywhere for a machine that does not run."""
    fields = _host(whole) if whole.kind is Kind.HOST else _machine(whole)
    return Section(title="Load now", items=fields, far=_age(whole))


def _age(whole: Whole) -> str:
    metrics = whole.fleet.metrics
    if whole.kind is not Kind.HOST and not readings.measures(whole.fleet, whole.slot):
        return "does not run"
    age = metrics.age(whole.slot, whole.subject.now)
    if age is None:
        return "not measured yet"
    return f"~{units.age(max(age, 0.001))} old" if metrics.stale(whole.slot, whole.subject.now) else ""


def _machine(whole: Whole) -> list[Field]:
    if not readings.measures(whole.fleet, whole.slot):
        return []
    cpu = f"{_percent(whole, 'cpu.used')} of {whole.text('vcpus')} vCPU"
    return [
        _field(whole, "cpu", cpu),
        _field(whole, "cpu wait", _percent(whole, "cpu.wait")),
        _spark(whole, "cpu 10 min"),
        _field(whole, "memory", _memory(whole, _latest(whole, "mem.assigned"), "memory")),
        _field(whole, "on the host", words.size(_latest(whole, "mem.host"))),
        _field(whole, "balloon", words.size(_latest(whole, "mem.balloon"))),
        *_traffic(whole),
    ]


def _host(whole: Whole) -> list[Field]:
    cpu = f"{_percent(whole, 'cpu.used')} of {whole.text('cpus')} processors"
    return [
        _field(whole, "cpu", cpu),
        _spark(whole, "cpu 10 min"),
        _field(whole, "memory", _memory(whole, None, "memory_total")),
        *_traffic(whole),
    ]


def _traffic(whole: Whole) -> list[Field]:
    return [
        _field(whole, "disk read", words.rate(_latest(whole, "disk.read"))),
        _field(whole, "disk write", words.rate(_latest(whole, "disk.write"))),
        _field(whole, "disk requests", words.number(_latest(whole, "disk.iops"), "/s")),
        _field(whole, "disk latency", words.number(_latest(whole, "disk.latency"), "ms")),
        _field(whole, "net received", words.rate(_latest(whole, "net.rx"))),
        _field(whole, "net sent", words.rate(_latest(whole, "net.tx"))),
        _field(whole, "net drops", words.number(_latest(whole, "net.drops"), "/s")),
    ]


def _latest(whole: Whole, metric: str) -> float | None:
    return whole.fleet.metrics.latest(whole.slot, metric)


def _percent(whole: Whole, metric: str) -> str:
    return words.percent(_latest(whole, metric))


def _memory(whole: Whole, given: float | None, configured: str) -> str:
    used = _latest(whole, "mem.used")
    has = given if given is not None else whole.number(configured)
    share = f", {units.percent(used / has * 100)} %" if used is not None and has else ""
    return f"{words.size(used)} of {words.size(has)}{share}"


def _field(whole: Whole, name: str, value: str) -> Field:
    late = whole.fleet.metrics.stale(whole.slot, whole.subject.now)
    return Field(name, value, whole.look.styles.stale if late and value not in whole.look.marks.gaps else None)


def _spark(whole: Whole, name: str) -> Field:
    kind = whole.look.spark
    columns = CELLS * SAMPLES_PER_CELL[kind]
    metrics = whole.fleet.metrics
    values = curve(metrics, whole.slot, "cpu.used", columns=columns, seconds=CURVE, now=whole.subject.now)
    return Field(name, sparkline(values, CELLS, high=100.0, kind=kind), whole.look.styles.spark)
