"""The charts of one migration from its begin to now: what the link carries and the guest writes, and what is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.strip import Strip

from novatui.core.migration import MigrationProgress
from novatui.core.units import size
from novatui.engine.migration_record import Record
from novatui.ui.render import chart
from novatui.ui.render.chart import Chart, Series, Threshold
from novatui.ui.render.look import Look
from novatui.ui.render.scale import UNITS, ceiling

GAP = 15.0
"""Seconds for which a reading stands when no other follows."""

Figure = Callable[[MigrationProgress], float | None]


def left_of(reading: MigrationProgress) -> float | None:
    """Memory that is left, or everything where the product does not tell it apart."""
    return reading.memory_left if reading.memory_left is not None else reading.left


def rate_of(reading: MigrationProgress) -> float | None:
    """What the link carries."""
    return reading.rate if reading.rate is not None else reading.memory_rate


def has_rates(record: Record) -> bool:
    """There is something to be drawn."""
    return len(record.trace) > 1 and any(rate_of(one) is not None for one in record.trace[-60:])


def has_left(record: Record) -> bool:
    """The product tells what is left, at least now and then."""
    return any(left_of(one) is not None for one in record.trace)


def rates(record: Record, look: Look, width: int, height: int) -> list[Strip]:
    """Transfer and dirty rate on one scale: whether they meet is what it is about."""
    columns = chart.columns(width, 2, look)
    begin, end = _span(record)
    curves = [
        _series("transfer", record, rate_of, columns),
        _series("dirty", record, lambda one: one.dirty_rate, columns),
    ]
    unit = UNITS["B/s"]
    return chart.lines(
        Chart(title="Rates", unit=unit, series=curves, top=_top(curves, unit), begin=begin, end=end),
        look, width, height,
    )  # fmt: skip


def left(record: Record, look: Look, width: int, height: int) -> list[Strip]:
    """What is left, with the floor that it does not get below."""
    columns = chart.columns(width, 1, look)
    begin, end = _span(record)
    curve = _series("left", record, left_of, columns)
    floor = record.verdict.floor
    lines = [Threshold(float(floor), said=size(floor), word="floor")] if floor else []
    unit = UNITS["B"]
    note = f"floor {size(floor)}" if floor else ""
    return chart.lines(
        Chart(
            title="Left", unit=unit, series=[curve], top=_top([curve], unit), begin=begin, end=end, thresholds=lines,
            note=note,
        ),
        look, width, height,
    )  # fmt: skip


def _top(curves: Sequence[Series], unit: chart.Unit) -> float:
    known = [value for curve in curves for value in curve.values if value is not None]
    return ceiling(max(known, default=0.0), unit)


def _span(record: Record) -> tuple[float, float]:
    times = [one.at for one in (record.trace[:1] + record.trace[-1:]) if one.at is not None]
    begin = times[0] if times else record.began
    return begin, max(times[-1] if times else begin, begin + 1.0)


def _series(name: str, record: Record, figure: Figure, columns: int) -> Series:
    return Series(name=name, values=sampled(record.trace, figure, *_span(record), columns), now=figure(record.last))


def sampled(
    trace: Sequence[MigrationProgress], figure: Figure, begin: float, end: float, columns: int
) -> list[float | None]:
    """For each column the last reading before its end; nothing where that is too old."""
    values: list[float | None] = []
    step, at, told = (end - begin) / max(1, columns), 0, None
    for column in range(columns):
        upto = begin + (column + 1) * step
        while at < len(trace) and (trace[at].at or 0.0) <= upto:
            told = trace[at]
            at += 1
        fresh = told is not None and upto - (told.at or 0.0) <= GAP + step
        values.append(figure(told) if told is not None and fresh else None)
    return values
