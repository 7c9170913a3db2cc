"""What a product of the demo remembers: means of its load curves, coarser the older they are."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

from novatui.backends.demo.load import Metrics
from novatui.backends.demo.scene import Scene
from novatui.core.errors import NotSupported
from novatui.core.history import DAY, HOUR, MONTH, WEEK, History
from novatui.core.metrics import NAMES, RINGED

KEPT = ((20.0, HOUR), (300.0, DAY), (1800.0, WEEK), (7200.0, MONTH))
"""Seconds of a cell, and for how long such cells are kept: as a vCenter does."""

MOMENTS = 3
"""Readings that a mean is made of."""


def history_of(scene: Scene, seconds: float, measured: Callable[[float], Metrics | None]) -> History:
    """The last `seconds` of what is `measured` at a world time. NotSupported where the product keeps nothing."""
    if not scene.traits.archives:
        raise NotSupported(f"{scene.traits.product} keeps no history")
    step = next((step for step, kept in KEPT if kept >= seconds), KEPT[-1][0])
    count = int(min(seconds, KEPT[-1][1]) / step)
    age = scene.clock.now() % step
    cells = [_mean(scene, age + step * back, step, measured) for back in range(count - 1, -1, -1)]
    columns = {name: tuple(cell.get(name) for cell in cells) for name in NAMES[:RINGED]}
    return History(
        step=step,
        age=age,
        metrics={name: values for name, values in columns.items() if any(value is not None for value in values)},
    )


def _mean(scene: Scene, ago: float, step: float, measured: Callable[[float], Metrics | None]) -> Metrics:
    """The cell that ended so many seconds ago."""
    worlds = [scene.clock.world(ago + step * (number + 0.5) / MOMENTS) for number in range(MOMENTS)]
    found = [metrics for world in worlds if (metrics := measured(world))]
    cell: Metrics = {}
    for name in NAMES[:RINGED]:
        values = [value for metrics in found if (value := metrics.get(name)) is not None]
        cell[name] = fmean(values) if values else None
    return cell
