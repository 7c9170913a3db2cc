"""Makers of cells: how a field, a metric, a moment or a reference is drawn, and what stands where it is not known."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache

from rich.style import Style

from novatui.core import units
from novatui.core.states import Power
from novatui.engine.fleet import Fleet
from novatui.engine.query_values import Reader, reader
from novatui.ui.columns.column import Cell
from novatui.ui.render import readings, sparks
from novatui.ui.render.cells import Piece
from novatui.ui.render.look import Look
from novatui.ui.render.marks import POWER_WORDS, UNKNOWN, power_mark
from novatui.ui.render.spark import SAMPLES_PER_CELL, sparkline
from novatui.ui.render.subject import Subject
from novatui.ui.rows.cells import fit

Number = Callable[[Fleet, int], float | None]
"""Reads a number of a slot; None when unknown."""


def plain(text: str, subject: Subject, width: int, style: Style | None = None) -> Piece:
    """A text on the left; an unknown one is quiet."""
    look = subject.look
    quiet = text in (UNKNOWN, look.marks.inapplicable)
    styled = look.styles.quiet if quiet else style or look.styles.text
    return fit(text, width, ellipsis=look.marks.ellipsis), styled


def inapplicable(subject: Subject, width: int, *, right: bool = False) -> Piece:
    """The sign of what makes no sense here."""
    return fit(subject.look.marks.inapplicable, width, right=right), subject.look.styles.quiet


def narrow(number: str, width: int) -> str:
    """A number on the right of its cells; of one that is too long for them it says that it is more than they hold."""
    if len(number) > width:
        unit = number[-1] if number[-1].isalpha() else ""
        number = ">" + "9" * (width - 1 - len(unit)) + unit
    return fit(number, width, right=True)


def figure(value: float | None, write: Callable[[float], str], subject: Subject, width: int) -> Piece:
    """A number that does not move by itself."""
    if value is None:
        return fit(UNKNOWN, width, right=True), subject.look.styles.quiet
    return narrow(write(value), width), subject.look.styles.text


# --- columns of the inventory -----------------------------------------------------------------------------------------


def text(field: str) -> Cell:
    """A column as words."""
    return lambda subject, width: plain(readings.text(subject.fleet, subject.slot, field), subject, width)


def number(field: str, write: Callable[[float], str] = units.count) -> Cell:
    """A column as a number."""
    return lambda subject, width: figure(readings.number(subject.fleet, subject.slot, field), write, subject, width)


def filled(field: str) -> Cell:
    """Words that are nothing to worry about when there are none."""

    def draw(subject: Subject, width: int) -> Piece:
        if subject.fleet.inventory.value(subject.slot, field) in ("", []):
            return inapplicable(subject, width)
        return plain(readings.text(subject.fleet, subject.slot, field), subject, width)

    return draw


def reference(field: str) -> Cell:
    """The name of the object that a column refers to; `·` when it says that there is none."""

    def draw(subject: Subject, width: int) -> Piece:
        name = referenced(subject.fleet, field)(subject.slot)
        if name == "":
            return inapplicable(subject, width)
        return plain(UNKNOWN if name is None else str(name), subject, width)

    return draw


def owner(subject: Subject, width: int) -> Piece:
    """The name of what it lies in; its connection where that is nothing else."""
    if subject.fleet.inventory.value(subject.slot, "parent") == "":
        return connection(subject, width)
    return reference("parent")(subject, width)


@lru_cache(maxsize=16)
def referenced(fleet: Fleet, field: str) -> Reader:
    """The names that filters and sorts compare."""
    return reader(field, fleet)


def connection(subject: Subject, width: int) -> Piece:
    """Name of its connection."""
    name, look = subject.fleet.inventory.conn(subject.slot), subject.look
    return plain(name, subject, width, readings.conn_style(subject.fleet, name, look))


def family(subject: Subject, width: int) -> Piece:
    """Canonical name of its family."""
    return plain(subject.fleet.inventory.family(subject.slot).value, subject, width)


def ago(field: str) -> Cell:
    """How long ago a moment was."""

    def draw(subject: Subject, width: int) -> Piece:
        moment = readings.number(subject.fleet, subject.slot, field)
        passed = None if moment is None else subject.look.epoch() - moment
        return figure(passed, units.span, subject, width)

    return draw


def moment(field: str) -> Cell:
    """A moment as date and time of day."""

    def draw(subject: Subject, width: int) -> Piece:
        return plain(date(readings.number(subject.fleet, subject.slot, field), subject.look), subject, width)

    return draw


def date(epoch: float | None, look: Look) -> str:
    """`2026-10-11 23:39`; `?` when unknown."""
    if epoch is None:
        return UNKNOWN
    try:
        when = time.gmtime(epoch) if look.utc else time.localtime(epoch)
    except (OverflowError, ValueError, OSError):  # no time that a calendar has
        return UNKNOWN
    return time.strftime("%Y-%m-%d %H:%M", when)


def counted(measure: str) -> Cell:
    """How many of `measure` there are below it."""

    def draw(subject: Subject, width: int) -> Piece:
        found = readings.counted(subject.fleet, subject.slot, measure)
        fits = found is None or len(grouped(found)) <= width
        return figure(found, grouped if fits else units.count, subject, width)

    return draw


def grouped(value: float) -> str:
    """A count with its thousands apart."""
    return f"{value:,.0f}"


# --- states -----------------------------------------------------------------------------------------------------------


def state(subject: Subject, width: int) -> Piece:
    """Sign and word of the power state; the age of one that may be out of date."""
    fleet, look = subject.fleet, subject.look
    power = readings.power(fleet, subject.slot)
    word = POWER_WORDS.get(Power(power), UNKNOWN) if power in Power.__members__.values() else UNKNOWN
    return signed(power_mark(power, look.marks), word, style_of_power(power, look), subject, width)


def signed(sign: str, word: str, style: Style, subject: Subject, width: int) -> Piece:
    """A state by sign and word, or its age beside the word once it is stale."""
    look = subject.look
    age = readings.shown_age(subject.fleet, subject.slot, look)
    if not age:
        return fit(f"{sign} {word}", width, ellipsis=look.marks.ellipsis), style
    blank = " " if len(word) + len(age) + 2 <= width else ""
    return fit(f"~{word}{blank}{age}", width, ellipsis=look.marks.ellipsis), look.styles.stale


def style_of_power(power: str | None, look: Look) -> Style:
    """The style that a power state is drawn in."""
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


def active(field: str) -> Cell:
    """The state of what is usable or not."""

    def draw(subject: Subject, width: int) -> Piece:
        usable, look = subject.fleet.inventory.value(subject.slot, field), subject.look
        if usable is None:
            return signed(UNKNOWN, UNKNOWN, look.styles.warning, subject, width)
        if usable:
            return signed(look.marks.on, "on", look.styles.good, subject, width)
        return signed(look.marks.off, "off", look.styles.off, subject, width)

    return draw


# --- what is measured -------------------------------------------------------------------------------------------------


def metric(value: Number, write: Callable[[float], str], warn: float | None = None) -> Cell:
    """A number that grows old: `?` when unknown, `·` when the machine is off, `~` behind it when it is stale."""

    def draw(subject: Subject, width: int) -> Piece:
        fleet, look = subject.fleet, subject.look
        if not readings.measures(fleet, subject.slot):
            return inapplicable(subject, width, right=True)
        known = value(fleet, subject.slot)
        if known is None:
            return fit(UNKNOWN, width, right=True), look.styles.quiet
        if fleet.metrics.stale(subject.slot, subject.now):
            return narrow(write(known), width - 1) + "~", look.styles.stale
        hot = warn is not None and known >= warn
        return narrow(write(known), width), look.styles.warning if hot else look.styles.text

    return draw


def rate(*metrics: str) -> Number:
    """The sum of some metrics."""
    return lambda fleet, slot: readings.total(*(fleet.metrics.latest(slot, one) for one in metrics))


def spark(subject: Subject, width: int) -> Piece:
    """The curve that a person chose: the last minute of the processor load unless told otherwise."""
    look = subject.look
    values, high = sparks.values(look.curve, subject, width * SAMPLES_PER_CELL[look.spark])
    return sparkline(values, width, high=high, kind=look.spark), look.styles.spark


def gauge(share: float | None, subject: Subject, width: int) -> Piece:
    """A bar that is full at 100 %."""
    look = subject.look
    if share is None:
        return fit("", width), look.styles.quiet
    full = round(min(max(share, 0.0), 100.0) / 100 * width)
    solid, hollow = ("#", ".") if look.marks.ascii else ("█", "░")
    return solid * full + hollow * (width - full), look.styles.warning if share >= 90 else look.styles.spark
