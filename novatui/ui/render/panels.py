"""The charts of one object: which metrics stand together, and their values over a window of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

import msgspec

from novatui.core import units
from novatui.core.history import History
from novatui.core.metrics import METRICS, POSITION
from novatui.engine.histories import Known
from novatui.engine.metric_store import HISTORY
from novatui.engine.minute_store import MINUTES, Minute
from novatui.engine.query_values import memory_whole
from novatui.ui.render import archive, chart, readings
from novatui.ui.render.chart import Chart, Series, Threshold
from novatui.ui.render.scale import UNITS, Unit, ceiling
from novatui.ui.render.subject import Subject
from novatui.ui.render.window import MINUTE, Grid, Window, grid, mean, span_words, spread

Bounds = tuple[float | None, float | None]
"""Warning and critical limit of a metric; None for none."""

Limits = Callable[[int, str], Bounds]
"""The limits of an object (slot) for an alarm rule: a metric, or `mem.percent`."""


class Panel(msgspec.Struct, frozen=True):
    """Metrics that are drawn in one chart."""

    id: str
    title: str
    metrics: tuple[str, ...]
    names: tuple[str, ...]
    """What the legend calls them."""

    @property
    def unit(self) -> Unit:
        """How their values are written."""
        return UNITS[METRICS[POSITION[self.metrics[0]]].unit]


CPU = Panel("cpu", "cpu", ("cpu.used", "cpu.wait"), ("used", "wait"))
MEMORY = Panel("mem", "memory", ("mem.used",), ("used",))
DISK = Panel("disk", "disk", ("disk.read", "disk.write"), ("read", "write"))
LATENCY = Panel("latency", "disk latency", ("disk.latency",), ("mean",))
NET = Panel("net", "net", ("net.rx", "net.tx"), ("rx", "tx"))

OVERVIEW = (CPU, MEMORY, DISK, NET)
"""Side by side where nothing else is asked for."""

TOGETHER: dict[str, tuple[Panel, ...]] = {"cpu": (CPU,), "mem": (MEMORY,), "disk": (DISK, LATENCY), "net": (NET,)}
"""What is drawn, one above the other, when one of them has all the room."""


class Track(msgspec.Struct, frozen=True):
    """A metric over time, in cells of equal length: samples, or minutes."""

    last: int
    """Number of the newest cell: periods of the monotonic clock."""
    period: float
    samples: Sequence[float | None] = ()
    minutes: Sequence[Minute | None] = ()
    remembered: Sequence[float | None] = ()
    """What the product remembers: cells that begin `shift` seconds after multiples of the period."""
    shift: float = 0.0


def build(
    panel: Panel,
    subject: Subject,
    window: Window,
    width: int,
    limits: Limits,
    *,
    fit: bool = False,
    focused: bool = False,
) -> Chart:
    """A chart of a panel for an object, that many cells wide. With `fit` its scale ends where the values do."""
    look, now = subject.look, subject.now
    tracks = [track(subject, metric, window) for metric in panel.metrics]
    columns = window_grid(subject, window, tracks, max(1, chart.columns(width, len(tracks), look)))
    reading = None if window.cursor is None else columns.column(window.cursor)
    series = [
        _series(subject, metric, name, one, columns, reading)
        for metric, name, one in zip(panel.metrics, panel.names, tracks, strict=True)
    ]
    whole = _whole(subject, panel)
    ahead = look.epoch() - now
    return Chart(
        title=panel.title,
        unit=panel.unit,
        series=series,
        top=_top(panel, series, None if fit else whole),
        begin=columns.begin + ahead,
        end=columns.end + ahead,
        thresholds=thresholds(panel, subject, limits, whole),
        cursor=None if reading is None else (reading + 0.5) / columns.count,
        note=_note(panel, subject, window, tracks),
        focused=focused,
        absent=absent(subject),
    )


def window_grid(subject: Subject, window: Window, tracks: Sequence[Track], count: int) -> Grid:
    """The columns of a window: a live one ends with the newest cell, unless that is old."""
    end = window.end
    if end is None:
        end = max([(one.last + 1) * one.period for one in tracks if one.samples], default=subject.now)
        end = min(end, subject.now + max((one.period for one in tracks), default=0.0))
    return grid(window.span, end, count)


def track(subject: Subject, metric: str, window: Window) -> Track:
    """What is known of a metric: single samples for ten minutes, minutes beyond; sums where the product has none."""
    metrics, slot, now = subject.fleet.metrics, subject.slot, subject.now
    if window.by_minute and (told := archive.remembered(subject, window)) is not None:
        return archived(told, metric)
    if window.by_minute:
        day = metrics.minutes.history(slot, metric, MINUTES, now)
        return Track(int(now // MINUTE), MINUTE, minutes=day)
    period = metrics.period(slot)
    if summed(subject, metric):
        together = subject.fleet.aggregates.of(slot)
        if together is not None:
            cells, last = together.history(metric)
            return Track(last, together.period, cells)
    if metrics.age(slot, now) is None:
        return Track(int(now / period), period)
    return Track(metrics.last_cell(slot, now), period, metrics.history(slot, metric, ceil(HISTORY / period), now))


def archived(told: Known, metric: str) -> Track:
    """The cells of a metric as its product remembers them; none where it kept none."""
    history = told.history or History(step=MINUTE, age=0.0, metrics={})
    last, shift = divmod(told.end - history.step, history.step)
    return Track(int(last), history.step, remembered=history.metrics.get(metric, (None,)), shift=shift)


def summed(subject: Subject, metric: str) -> bool:
    """True when the product gives no figure of its own and that of the machines below stands for it."""
    fleet, slot = subject.fleet, subject.slot
    return fleet.aggregates.of(slot) is not None and fleet.metrics.latest(slot, metric) is None


def latest(subject: Subject, metric: str) -> float | None:
    """The newest value, however old; None when unknown, or while nothing can be measured."""
    fleet, slot = subject.fleet, subject.slot
    if not readings.measures(fleet, slot):
        return None
    if summed(subject, metric):
        together = fleet.aggregates.of(slot)
        return together.figure(metric).value if together is not None else None
    return fleet.metrics.latest(slot, metric)


def absent(subject: Subject) -> str:
    """What stands for a value that is not there: not applicable while the machine is off, else unknown."""
    return subject.look.marks.inapplicable if not readings.measures(subject.fleet, subject.slot) else "?"


def provenance(subject: Subject) -> str:
    """Where the figures of a node come from, as far as they are sums; empty when the product gives them all."""
    together = subject.fleet.aggregates.of(subject.slot)
    if together is None:
        return ""
    named = {"cpu": CPU, "memory": MEMORY, "disk": DISK, "net": NET}
    parts = [name for name, panel in named.items() if summed(subject, panel.metrics[0])]
    if not parts:
        return ""
    figures = [together.figure(named[name].metrics[0]) for name in parts]
    machines = max(one.machines for one in figures)
    unknown = max(one.unknown for one in figures)
    share = "" if "cpu" not in parts or together.of_processors else "; cpu is of their vCPUs"
    what = "" if len(parts) == len(named) else f"{', '.join(parts)}: "
    return f"{what}sum of {machines:,} machine{'' if machines == 1 else 's'}, {unknown:,} unknown{share}"


def thresholds(panel: Panel, subject: Subject, limits: Limits, whole: float | None) -> list[Threshold]:
    """The limits of its metrics, in the unit of the panel."""
    found: list[Threshold] = []
    for metric, name in zip(panel.metrics, panel.names, strict=True):
        rule, factor = metric, 1.0
        curve = name if len(panel.metrics) > 1 else ""
        if metric == "mem.used":
            if whole is None:
                continue
            rule, factor = "mem.percent", whole / 100
        for value, critical in zip(limits(subject.slot, rule), (False, True), strict=True):
            if value is not None:
                found.append(Threshold(value * factor, critical, curve, f"{value:g}%" if factor != 1.0 else ""))
    return found


# --- values -----------------------------------------------------------------------------------------------------------


def _series(subject: Subject, metric: str, name: str, found: Track, columns: Grid, reading: int | None) -> Series:
    live = reading is None
    stale = live and not summed(subject, metric) and subject.fleet.metrics.stale(subject.slot, subject.now)
    now = latest(subject, metric) if live else None
    if found.remembered:
        values = spread(found.remembered, found.last, found.period, columns, mean, found.shift)
        return Series(name=name, values=values, now=now if reading is None else values[reading], stale=stale)
    if not found.minutes:
        values = spread(found.samples, found.last, found.period, columns, mean)
        return Series(name=name, values=values, now=now if reading is None else values[reading], stale=stale)
    cells = spread(found.minutes, found.last, found.period, columns, _fold)
    read = cells[reading] if reading is not None else None
    return Series(
        name=name,
        values=[cell.mean if cell else None for cell in cells],
        low=[cell.low if cell else None for cell in cells],
        high=[cell.high if cell else None for cell in cells],
        now=now if live else read.mean if read else None,
        stale=stale,
        span=(read.low, read.high) if read else None,
    )


def _fold(minutes: list[Minute]) -> Minute:
    return Minute(
        min(one.low for one in minutes),
        sum(one.mean for one in minutes) / len(minutes),
        max(one.high for one in minutes),
    )


def _whole(subject: Subject, panel: Panel) -> float | None:
    """What the scale of a panel ends with by nature: all of the CPU, all of the memory."""
    if panel is CPU:
        return 100.0
    if panel is not MEMORY:
        return None
    together = subject.fleet.aggregates.of(subject.slot)
    if together is not None and summed(subject, "mem.used"):
        return together.figure("mem.assigned").value
    whole = memory_whole(subject.fleet)(subject.slot)
    return None if whole is None else float(whole)


def _top(panel: Panel, series: Sequence[Series], whole: float | None) -> float:
    peak = max((value for one in series for value in one.high or one.values if value is not None), default=0.0)
    if whole is not None and whole > 0:
        return max(whole, peak)
    return ceiling(peak, panel.unit)


def _note(panel: Panel, subject: Subject, window: Window, tracks: Sequence[Track]) -> str:
    look, metrics, slot = subject.look, subject.fleet.metrics, subject.slot
    age = metrics.age(slot, subject.now)
    words: list[str] = []
    if panel is DISK and window.cursor is None:
        known = latest(subject, "disk.latency")
        words.append(f"latency {absent(subject) if known is None else LATENCY.unit.say(known)}")
    if window.by_minute and (since := _since(tracks)) is not None and since > window.right(subject.now) - window.span:
        words.append(f"kept since {look.clock(since + look.epoch() - subject.now, seconds=False)}")
    elif age is not None and metrics.stale(slot, subject.now) and not summed(subject, panel.metrics[0]):
        words.append(f"~{units.age(age)} old")
    words.append(span_words(window.span) + (" in the past" if window.end is not None else ""))
    return "  ".join(words)


def _since(tracks: Sequence[Track]) -> float | None:
    """The first moment of which a minute is known."""
    firsts = [
        one.last + 1 - len(one.minutes) + next((at for at, minute in enumerate(one.minutes) if minute), 0)
        for one in tracks
        if any(one.minutes)
    ]
    return min(firsts) * MINUTE if firsts else None
