"""The curve of an object in a table: the metric, the time and the scale that a person chose."""

from __future__ import annotations

from novatui.engine.query_keys import SUMS
from novatui.engine.query_values import memory_whole
from novatui.ui.render.curve import curve
from novatui.ui.render.sparkchoice import CURVES, Choice
from novatui.ui.render.subject import Subject


def values(choice: Choice, subject: Subject, columns: int) -> tuple[list[float | None], float]:
    """The curve of an object in so many columns, and where its scale ends. A sum lacks what one of its parts lacks."""
    shown = CURVES[choice.curve]
    fleet, slot = subject.fleet, subject.slot
    parts = [
        curve(fleet.metrics, slot, metric, columns=columns, seconds=choice.seconds, now=subject.now)
        for metric in SUMS.get(shown.key, (shown.key,))
    ]
    if len(parts) == 1:
        found = parts[0]
    else:
        found = [None if None in each else sum(value or 0.0 for value in each) for each in zip(*parts, strict=True)]
    peak = max((value for value in found if value is not None), default=0.0)
    high = float(memory_whole(fleet)(slot) or 0.0) if shown.key == "mem.used" else shown.high
    return found, high if shown.whole and high > 0 else max(high, peak)
