"""A live chart as lines: legend, value axis, curves with their bands and thresholds, the reading cursor, time axis."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from novatui.ui.render import canvas
from novatui.ui.render.canvas import Curve
from novatui.ui.render.cells import Group, Piece, ends, line
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.scale import Tick, Unit, time_ticks, value_ticks
from novatui.ui.rows.cells import fit

LETTERS = "abcd"
"""What the curves are called in the legend and at their right end: they can be told apart without colour."""

AXIS = 6
"""Cells of the value axis, its line included."""

TIMES_FROM = 5
"""Lines of a chart from which it has a time axis."""

RULED_FROM = 14
"""Lines of a chart from which the time axis has a line of its own."""

_WARN, _CRITICAL, _CURSOR = 0xF1, 0xF2, 0xF3
"""Owners of cells that belong to no curve."""

_RUNS = re.compile(
    b"|".join([b"([\\x00\\x%02x]+)" % owner for owner in range(1, 2 * canvas.MOST + 1)])
    + b"|(.)\\%d*" % (2 * canvas.MOST + 1),
    re.DOTALL,
)
"""Cells next to each other with one style, blank ones among them: group n is owner n, the last one any other owner."""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One curve and what the legend says of it."""

    name: str
    values: Sequence[float | None]
    """One for each column of dots (`columns`)."""
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    """The band around it, as many as values; empty without one."""
    now: float | None = None
    """The value that the legend names: the latest, or that under the cursor."""
    stale: bool = False
    """That value may be out of date."""
    span: tuple[float, float] | None = None
    """Lowest and highest there, where the value is a mean."""


class Threshold(msgspec.Struct, frozen=True):
    """A line that a curve should not cross."""

    value: float
    critical: bool = False
    series: str = ""
    """Name of the curve that it is for; empty: all of them."""
    said: str = ""
    """How the value is written; empty: in the unit of the chart."""
    word: str = ""
    """What it is called; empty: `warn` or `critical`."""


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is drawn."""

    title: str
    unit: Unit
    series: Sequence[Series]
    top: float
    """Value at the upper end of the scale; the lower end is 0."""
    begin: float
    """Epoch seconds at the left and the right end."""
    end: float
    thresholds: Sequence[Threshold] = ()
    cursor: float | None = None
    """Where it is read, 0 to 1 of the width."""
    note: str = ""
    """What else there is to know: the window, where the values come from."""
    focused: bool = False
    absent: str = UNKNOWN
    """What the legend says in place of a value that is not there."""


def plot_width(width: int, curves: int) -> int:
    """Cells of the curves themselves in a chart that wide."""
    return max(0, width - AXIS - curves)


def columns(width: int, curves: int, look: Look) -> int:
    """How many values each curve needs in a chart that wide."""
    return canvas.across(plot_width(width, curves), look.marks.ascii)


def lines(chart: Chart, look: Look, width: int, height: int) -> list[Strip]:
    """The chart in at most so many lines."""
    if height <= 0:
        return []
    drawn = [legend(chart, look, width)]
    times = height >= TIMES_FROM
    ruled = height >= RULED_FROM
    inner, tall = plot_width(width, len(chart.series)), height - 1 - times - ruled
    if tall > 0 and inner > 0:
        drawn += _plot(chart, look, inner, tall)
    ticks = time_ticks(chart.begin, chart.end, inner, look.utc) if times else []
    if ruled:
        drawn.append(_rule(ticks, look, inner, width))
    if times:
        drawn.append(_times(ticks, look, inner, width))
    return drawn[:height]


def style_of(series: int, look: Look) -> Style:
    """The style of a curve by its number."""
    styles = look.styles
    return (styles.spark, styles.good, styles.mark, styles.text)[series % canvas.MOST]


# --- around the curves ------------------------------------------------------------------------------------------------


def legend(chart: Chart, look: Look, width: int) -> Strip:
    """Title, each curve with its letter and value, and the note; what matters less gives way."""
    styles = look.styles
    title = styles.title if chart.focused else styles.header
    groups: list[Group] = [(0, [(f" {chart.title} ", title)])]
    if chart.cursor is not None:
        at = chart.begin + chart.cursor * (chart.end - chart.begin)
        groups.append((1, [(f" at {look.clock(at, seconds=chart.end - chart.begin <= 3600)} ", styles.key)]))
    for number, series in enumerate(chart.series):
        groups.append((2 + number, _entry(chart, number, series, look)))
        if series.span is not None:
            low, high = (chart.unit.write(value) for value in series.span)
            groups.append((8 + number, [(f"{low}..{high} ", styles.quiet)]))
    return ends(groups, [(6, [(f" {chart.note} ", styles.quiet)])] if chart.note else [], width)


def _entry(chart: Chart, number: int, series: Series, look: Look) -> list[Piece]:
    styles = look.styles
    value, verdict = chart.absent, styles.quiet
    if series.now is not None:
        value = "~" * series.stale + chart.unit.say(series.now)
        verdict = styles.stale if series.stale else _verdict(chart, series, look)
    return [
        (f" {_sign(number, look)} ", style_of(number, look)),
        (f"{series.name} ", styles.quiet),
        (f"{value} ", verdict),
    ]


def _sign(number: int, look: Look) -> str:
    """What a curve is called: a letter; where there are no dots, the sign that it is drawn with."""
    return canvas.MARKS[number] if look.marks.ascii else LETTERS[number]


def _verdict(chart: Chart, series: Series, look: Look) -> Style:
    """The colour of a value: beyond which of its thresholds it is."""
    crossed = [
        one.critical
        for one in chart.thresholds
        if one.series in ("", series.name) and series.now is not None and series.now >= one.value
    ]
    return look.styles.bad if any(crossed) else look.styles.warning if crossed else look.styles.text


def _rule(ticks: Sequence[Tick], look: Look, inner: int, width: int) -> Strip:
    """The line of the time axis, with a mark for each time below it."""
    ascii_only = look.marks.ascii
    cells = [look.marks.rule] * inner
    for tick in ticks:
        cells[min(int(tick.at * inner), inner - 1)] = "+" if ascii_only else "┬"
    corner = "+" if ascii_only else "└"
    return line([(" " * (AXIS - 1) + corner + "".join(cells), look.styles.rule)], width)


def _times(ticks: Sequence[Tick], look: Look, inner: int, width: int) -> Strip:
    """Times of the day, each centred below its place as far as there is room."""
    cells = [" "] * inner
    free = 0
    for tick in ticks:
        size = len(tick.label)
        start = min(max(int(tick.at * inner) - size // 2, 0), inner - size)
        if start >= free:
            cells[start : start + size] = tick.label
            free = start + size + 1
    return line([(" " * AXIS + "".join(cells), look.styles.quiet)], width)


# --- the curves -------------------------------------------------------------------------------------------------------


def _plot(chart: Chart, look: Look, inner: int, tall: int) -> list[Strip]:
    ascii_only = look.marks.ascii
    steps = canvas.down(tall, ascii_only)
    curves = [
        Curve(*(canvas.levels(one, chart.top, steps) for one in (series.values, series.low, series.high) if one))
        for series in chart.series
    ]
    picture = canvas.draw(curves, inner, tall, ascii_only)
    labels = {round((1 - tick.at) * (tall - 1)): tick.label for tick in value_ticks(chart.top, chart.unit, tall)}
    crossings = {_line_of(one.value, chart.top, tall): one for one in chart.thresholds if one.value <= chart.top}
    tags = _tags(curves, look, steps, tall)
    at = None if chart.cursor is None else min(int(chart.cursor * inner), inner - 1)
    styles, others = _styles(look), 2 * canvas.MOST + 1
    strips: list[Strip] = []
    for number, (text, owners) in enumerate(zip(picture.lines, picture.owners, strict=True)):
        segments = [_axis(labels.get(number), look)]
        threshold = crossings.get(number)
        if threshold is not None or at is not None:
            text, owners = _overlay(text, owners, threshold, chart.unit, at, look)
        for run in _RUNS.finditer(owners):
            begin, end = run.span()
            owner = run.lastindex or others
            segments.append(Segment(text[begin:end], styles[owner if owner < others else owners[begin]]))
        segments += tags.get(number) or [Segment(" " * len(curves), look.styles.text)]
        strips.append(Strip(segments, AXIS + inner + len(curves)))
    return strips


def _styles(look: Look) -> list[Style]:
    """By owner."""
    styles = [look.styles.text] * 256
    for number in range(canvas.MOST):
        styles[number + 1] = style_of(number, look)
        styles[number + 1 + canvas.MOST] = look.styles.quiet
    styles[_WARN], styles[_CRITICAL], styles[_CURSOR] = look.styles.warning, look.styles.bad, look.styles.key
    return styles


def _axis(label: str | None, look: Look) -> Segment:
    joint = look.marks.bar if label is None or look.marks.ascii else "┤"
    return Segment(fit(label or "", AXIS - 1, right=True) + joint, look.styles.quiet)


def _line_of(value: float, top: float, tall: int) -> int:
    return tall - 1 - canvas.levels([value], top, tall)[0]


def _overlay(
    text: str, owners: bytes, threshold: Threshold | None, unit: Unit, cursor: int | None, look: Look
) -> tuple[str, bytes]:
    """The line of a threshold and that of the cursor, wherever no curve is."""
    blank = owners
    if threshold is not None:
        code = _CRITICAL if threshold.critical else _WARN
        level = threshold.word or ("critical" if threshold.critical else "warn")
        value = threshold.said or unit.write(threshold.value)
        word = f" {threshold.series} {level} {value} "
        start = len(text) - len(word)
        named = start > len(text) // 3 and not any(owners[start:])
        # Blank cells are those that belong to nobody.
        text = text.replace(" ", "-" if look.marks.ascii else "╌")
        text = text[:start] + word if named else text
        owners = owners.replace(b"\0", bytes([code]))
    if cursor is not None and not blank[cursor]:
        text = text[:cursor] + look.marks.bar + text[cursor + 1 :]
        owners = owners[:cursor] + bytes([_CURSOR]) + owners[cursor + 1 :]
    return text, owners


def _tags(curves: Sequence[Curve], look: Look, steps: int, tall: int) -> dict[int, list[Segment]]:
    """The letters of the curves right of them, each in the line where its last value stands."""
    at: dict[int, list[Segment]] = {}
    for number, curve in enumerate(curves):
        level = next((level for level in reversed(curve.levels) if level >= 0), None)
        if level is not None:
            where = tall - 1 - level * tall // steps
            at.setdefault(where, []).append(Segment(_sign(number, look), style_of(number, look)))
    blank = look.styles.text
    return {where: [*letters, Segment(" " * (len(curves) - len(letters)), blank)] for where, letters in at.items()}
