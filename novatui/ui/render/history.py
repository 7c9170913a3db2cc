"""The history chart: drawn by plotext, which is loaded when the first one is asked for and used nowhere else.

It draws in some ten milliseconds where the live chart takes one: on a key, and at most every PACE seconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rich.segment import Segment
from textual.strip import Strip

from novatui.ui.render.canvas import MARKS
from novatui.ui.render.chart import Chart, legend, style_of
from novatui.ui.render.look import Look
from novatui.ui.render.scale import time_ticks, value_ticks

PACE = 2.0
"""Seconds between two drawings that nobody asked for."""

LEAST = (20, 6)
"""Cells across and down below which plotext has no room for its frame."""

CURVES = ("braille", "hd")
"""plotext's names of the dots of the first and of the second curve: they differ without colour."""

BAND, LIMIT, CURSOR = "·", "╌", "╎"
PLAIN_BAND, PLAIN_LIMIT, PLAIN_CURSOR = ".", "-", "|"
_FRAME = str.maketrans("┌┐└┘├┤┬┴┼─│", "+++++++++-|")
"""The frame of the chart where there are only ASCII signs."""

_RUNS = re.compile("([⠀-⣿]+|[*]+)|([▀-▟]+|o+)|(╌+)|(╎|[^⠀-⣿*▀-▟o╌╎]+)")
"""What is drawn with one style: the first curve, the second one, a limit, frame and labels with all the rest."""


class Unavailable(Exception):
    """plotext cannot be loaded here, with the reason."""


def load() -> None:
    """Load plotext; takes some tenths of a second the first time. Unavailable when it is not there or does not run."""
    try:
        import plotext
    except (ImportError, OSError) as error:
        raise Unavailable(f"plotext cannot be loaded: {error}") from None
    plotext.terminal.limit(False, False)


def lines(chart: Chart, look: Look, width: int, height: int) -> list[Strip]:
    """The legend and the chart below it in at most so many lines; `load` comes first."""
    if width < LEAST[0] or height - 1 < LEAST[1]:
        return [legend(chart, look, width)][:height]
    drawn = _draw(chart, look, width, height - 1)
    return [legend(chart, look, width), *(_strip(text, look, width) for text in drawn[: height - 1])]


def _draw(chart: Chart, look: Look, width: int, height: int) -> list[str]:
    import plotext

    ascii_only = look.marks.ascii
    figure: Any = plotext.figure
    figure.clear.all()
    figure.plot_size(width, height)
    figure.theme("colorless")
    figure.legend(False)
    count = max((len(series.values) for series in chart.series), default=2)
    across, up = figure.ruler("x"), figure.ruler("y")
    across.lim(0, max(count - 1, 1))
    up.lim(0, chart.top)
    values = value_ticks(chart.top, chart.unit, height)
    up.ticks([tick.at * chart.top for tick in values], [tick.label for tick in values])
    times = time_ticks(chart.begin, chart.end, width - 8, look.utc)
    across.ticks([tick.at * (count - 1) for tick in times], [tick.label for tick in times])
    for limit in chart.thresholds:
        if limit.value <= chart.top:
            _curve(figure, [limit.value] * count, PLAIN_LIMIT if ascii_only else LIMIT)
    if chart.cursor is not None:
        at = chart.cursor * (count - 1)
        figure.draw(figure.signal([at, at], [0, chart.top], marker=PLAIN_CURSOR if ascii_only else CURSOR).lines(True))
    for series in reversed(chart.series):
        for edge in (series.low, series.high):
            _points(figure, edge, PLAIN_BAND if ascii_only else BAND)
    for number, series in reversed(list(enumerate(chart.series))):
        _curve(figure, series.values, MARKS[number] if ascii_only else CURVES[number % len(CURVES)])
    text: str = figure.build().string(colorless=True)
    return (text.translate(_FRAME) if ascii_only else text).split("\n")


def _curve(figure: Any, values: Sequence[float | None], marker: str) -> None:
    """A curve that is broken wherever a value is not there."""
    known = [at for at, value in enumerate(values) if value is not None]
    if not known:
        return
    signal = figure.signal(known, [values[at] for at in known], marker=marker).lines(True)
    for number in range(1, len(known)):
        if known[number] - known[number - 1] > 1:
            signal.line(number, False)
    figure.draw(signal)


def _points(figure: Any, values: Sequence[float | None], marker: str) -> None:
    known = [at for at, value in enumerate(values) if value is not None]
    if known:
        figure.draw(figure.signal(known, [values[at] for at in known], marker=marker))


def _strip(text: str, look: Look, width: int) -> Strip:
    """One line of the chart: each curve in its colour, limits as warnings, the frame quiet."""
    styles = (style_of(0, look), style_of(1, look), look.styles.warning, look.styles.quiet)
    runs = [Segment(run.group(), styles[(run.lastindex or len(styles)) - 1]) for run in _RUNS.finditer(text)]
    return Strip(runs).adjust_cell_length(width)
