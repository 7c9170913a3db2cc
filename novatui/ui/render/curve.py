"""A metric over a span of time, in as many columns as a drawing has, whatever its native period."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from novatui.engine.metric_store import MetricStore


def curve(
    metrics: MetricStore, slot: int, metric: str, *, columns: int, seconds: float, now: float
) -> list[float | None]:
    """The last `seconds` of a ringed metric, the newest last. Of a value that is stale the curve ends now, in gaps.

    Rows of different products thus show the same span. A sample that stands for longer than a column is drawn as wide
    as it is; several samples in a column are drawn as their mean.
    """
    period = metrics.period(slot)
    cells = metrics.history(slot, metric, ceil(seconds * 1.5 / period) + 2, now)
    return resample(cells, metrics.last_cell(slot, now), period, columns, seconds) if cells else []


def resample(
    cells: Sequence[float | None], last: int, period: float, columns: int, seconds: float
) -> list[float | None]:
    """`cells` of `period` seconds, the newest of which is number `last`, in columns that stay where they are in time.

    A column holds whole cells (so the span may be some seconds longer), or a cell spans columns.
    """
    step = seconds / columns
    if step < period:
        end = ceil((last + 1) * period / step - 0.5)
        return [_cell(cells, last - int((column + 0.5) * step / period)) for column in range(end - columns, end)]
    each = round(step / period)
    end = last // each + 1
    return [
        _mean([_cell(cells, last - number) for number in range(column * each, column * each + each)])
        for column in range(end - columns, end)
    ]


def _cell(cells: Sequence[float | None], ago: int) -> float | None:
    return cells[-1 - ago] if 0 <= ago < len(cells) else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
