"""The table of machines: its columns, its header line, and one line for each machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import msgspec
from rich.style import Style
from textual.strip import Strip

from novatui.core import units
from novatui.core.states import Power
from novatui.engine.fleet import Fleet
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.curve import curve
from novatui.ui.render.look import Look
from novatui.ui.render.marks import POWER_WORDS, UNKNOWN, power_mark
from novatui.ui.render.spark import SAMPLES_PER_CELL, sparkline
from novatui.ui.rows.cells import fit
from novatui.ui.rows.source import RowState


class Subject(msgspec.Struct, frozen=True):
    """One row about to be drawn."""

    fleet: Fleet
    slot: int
    look: Look
    now: float
    """Monotonic time of this frame."""


Cell = Callable[[Subject, int], Piece]
"""Draws one cell `width` cells wide."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column of the table."""

    title: str
    width: int
    """Cells that it has at least."""
    grow: int = 0
    """Cells that it may have more where there is room."""
    sort: str
    """Key of the query language that it sorts by."""
    letter: str
    """Key that sorts by it after the sort key."""
    word: str = ""
    """What the prompt of the sort key calls it; empty: it has the letter of the column before it."""
    draw: Cell
    from_width: int = 0
    """Narrowest table that has room for it."""
    numeric: bool = True


NAME_AT_LEAST = 12
"""Cells that a name always gets."""

NAME_WANTED = 32
"""Cells that a name gets before other columns grow."""

CURVE = 60.0
"""Seconds that the curve in the table stands for."""

GUTTER = 2
"""Cells left of the name: cursor and mark."""


def _style_of_power(power: str | None, look: Look) -> Style:
    styles = look.styles
    known: dict[str | None, Style] = {
        Power.RUNNING: styles.good,
        Power.OFF: styles.off,
        Power.SUSPENDED: styles.off,
        Power.PAUSED: styles.warning,
        Power.MIGRATING: styles.info,
        Power.STARTING: styles.info,
        Power.STOPPING: styles.info,
        Power.CRASHED: styles.bad,
    }
    return known.get(power, styles.warning)


def _state(subject: Subject, width: int) -> Piece:
    fleet, look = subject.fleet, subject.look
    power = readings.power(fleet, subject.slot)
    word = POWER_WORDS.get(Power(power), UNKNOWN) if power in Power.__members__.values() else UNKNOWN
    age = readings.shown_age(fleet, subject.slot, look)
    if age:
        blank = " " if len(word) + len(age) + 2 <= width else ""
        return fit(f"~{word}{blank}{age}", width, ellipsis=look.marks.ellipsis), look.styles.stale
    return fit(f"{power_mark(power, look.marks)} {word}", width), _style_of_power(power, look)


def _host(subject: Subject, width: int) -> Piece:
    look = subject.look
    name = readings.host_name(subject.fleet, subject.slot)
    if not name:
        return fit(look.marks.inapplicable, width), look.styles.quiet
    return fit(name, width, ellipsis=look.marks.ellipsis), look.styles.quiet if name == UNKNOWN else look.styles.text


def _connection(subject: Subject, width: int) -> Piece:
    look = subject.look
    return fit(subject.fleet.inventory.conn(subject.slot), width, ellipsis=look.marks.ellipsis), look.styles.quiet


def _metric(
    value: Callable[[Fleet, int], float | None], write: Callable[[float], str], warn: float | None = None
) -> Cell:
    """A number that grows old: `?` when unknown, `·` when the machine is off, `~` behind it when it is stale."""

    def draw(subject: Subject, width: int) -> Piece:
        fleet, look = subject.fleet, subject.look
        if not readings.measures(fleet, subject.slot):
            return fit(look.marks.inapplicable, width, right=True), look.styles.quiet
        known = value(fleet, subject.slot)
        if known is None:
            return fit(UNKNOWN, width, right=True), look.styles.quiet
        if fleet.metrics.stale(subject.slot, subject.now):
            return _narrow(write(known), width - 1) + "~", look.styles.stale
        hot = warn is not None and known >= warn
        return _narrow(write(known), width), look.styles.warning if hot else look.styles.text

    return draw


def _narrow(number: str, width: int) -> str:
    """A number on the right of its cells; of one that is too long for them it says that it is more than they hold."""
    if len(number) > width:
        unit = number[-1] if number[-1].isalpha() else ""
        number = ">" + "9" * (width - 1 - len(unit)) + unit
    return fit(number, width, right=True)


def _spark(subject: Subject, width: int) -> Piece:
    fleet, look = subject.fleet, subject.look
    columns = width * SAMPLES_PER_CELL[look.spark]
    values = curve(fleet.metrics, subject.slot, "cpu.used", columns=columns, seconds=CURVE, now=subject.now)
    return sparkline(values, width, high=100.0, kind=look.spark), look.styles.spark


def _rate(*metrics: str) -> Callable[[Fleet, int], float | None]:
    return lambda fleet, slot: readings.total(*(fleet.metrics.latest(slot, metric) for metric in metrics))


COLUMNS: tuple[Column, ...] = (
    Column(title="ST", width=8, sort="power", letter="p", word="state", draw=_state, numeric=False),
    Column(title="HOST", width=8, grow=12, sort="host", letter="h", word="host", draw=_host, numeric=False),
    Column(
        title="CPU%",
        width=4,
        sort="cpu.used",
        letter="c",
        word="cpu",
        draw=_metric(_rate("cpu.used"), units.percent, 90),
    ),
    Column(title="60 s", width=8, sort="cpu.used", letter="c", draw=_spark, numeric=False, from_width=60),
    Column(
        title="WAIT%",
        width=6,
        sort="cpu.wait",
        letter="w",
        word="wait",
        draw=_metric(_rate("cpu.wait"), units.percent, 5),
        from_width=98,
    ),
    Column(
        title="MEM%",
        width=4,
        sort="mem.percent",
        letter="m",
        word="mem",
        draw=_metric(readings.memory_percent, units.percent, 90),
    ),
    Column(
        title="DISK/s",
        width=6,
        sort="disk",
        letter="d",
        word="disk",
        draw=_metric(_rate("disk.read", "disk.write"), units.size),
    ),
    Column(
        title="LAT ms",
        width=6,
        sort="disk.latency",
        letter="l",
        word="latency",
        draw=_metric(_rate("disk.latency"), units.count),
        from_width=105,
    ),
    Column(
        title="NET/s", width=5, sort="net", letter="t", word="net", draw=_metric(_rate("net.rx", "net.tx"), units.size)
    ),
    Column(
        title="CONN",
        width=12,
        grow=8,
        sort="connection",
        letter="o",
        word="conn",
        draw=_connection,
        from_width=85,
        numeric=False,
    ),
)
"""Columns behind the name, left to right."""

SORTS: dict[str, str] = {"n": "name", **{column.letter: column.sort for column in COLUMNS}}
"""Key to sort by, by the letter that is pressed after the sort key."""

SORT_WORDS: dict[str, str] = {"n": "name", **{column.letter: column.word for column in COLUMNS if column.word}}
"""What the prompt says for each letter."""


class Placed(NamedTuple):
    """A column in a table of some width."""

    column: Column
    cells: int


@lru_cache(maxsize=64)
def layout(width: int) -> tuple[int, tuple[Placed, ...]]:
    """Width of the name and the columns that fit a table of this width; the last columns give way first."""
    columns = [column for column in COLUMNS if column.from_width <= width]
    while columns and width - GUTTER - sum(column.width + 1 for column in columns) < NAME_AT_LEAST:
        columns.pop()
    name = max(1, width - GUTTER - sum(column.width + 1 for column in columns))
    placed: list[Placed] = []
    for column in columns:
        more = min(column.grow, max(0, (name - NAME_WANTED) // 2))
        name -= more
        placed.append(Placed(column, column.width + more))
    return name, tuple(placed)


def sort_at(x: int, width: int) -> str:
    """The key to sort by for a click `x` cells from the left of the header of a table of this width."""
    name, columns = layout(width)
    key, end = "name", GUTTER + name
    for column, cells in columns:
        if x < end:
            break
        key, end = column.sort, end + 1 + cells
    return key


def header(width: int, look: Look, sort: str, descending: bool) -> Strip:
    """Titles of the columns, with the direction before the one that is sorted by."""
    name, columns = layout(width)
    arrow = look.marks.down if descending else look.marks.up
    styles = look.styles
    by_name = sort == "name"
    pieces: list[Piece] = [
        (" ", styles.header),
        (arrow if by_name else " ", styles.key),
        (fit("NAME", name, ellipsis=look.marks.ellipsis), styles.header),
    ]
    for column, cells in columns:
        sorted_by = column.sort == sort and column.word
        pieces.append((arrow if sorted_by else " ", styles.key))
        pieces.append((fit(column.title, cells, right=column.numeric), styles.header))
    return line(pieces, width)


def row(subject: Subject, width: int, state: RowState) -> Strip:
    """The line of one machine."""
    look = subject.look
    name, columns = layout(width)
    marked = "*" if state.marked else " "
    pointer = look.marks.point if state.cursor else " "
    pieces: list[Piece] = [
        (pointer, look.styles.key),
        (marked, look.styles.mark),
        (fit(subject.fleet.inventory.name(subject.slot), name, ellipsis=look.marks.ellipsis), look.styles.text),
    ]
    for column, cells in columns:
        text, style = column.draw(subject, cells)
        pieces += [(" ", look.styles.text), (text, style)]
    return highlighted(line(pieces, width), state, look)


def highlighted(strip: Strip, state: RowState, look: Look) -> Strip:
    """The cursor's colours over a line."""
    if not state.cursor:
        return strip
    return strip.apply_style(look.styles.cursor if state.focused else look.styles.cursor_quiet)
