"""The table: its header line, and one line for each object, in columns or in words."""

from __future__ import annotations

from rich.style import Style
from textual.strip import Strip

from novatui.core.alarms import Level
from novatui.ui.columns.column import GUTTER, Grid
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.subject import Subject
from novatui.ui.rows.cells import fit
from novatui.ui.rows.source import RowState

__all__ = ["Subject", "header", "highlighted", "row", "words"]


def header(grid: Grid, width: int, look: Look, sort: str, descending: bool) -> Strip:
    """Titles of the columns, with the direction before the one that is sorted by."""
    name, columns = grid.at(width)
    arrow = look.marks.down if descending else look.marks.up
    styles = look.styles
    pieces: list[Piece] = [
        (" " * (GUTTER - 1), styles.header),
        (arrow if sort == "name" else " ", styles.key),
        (fit("NAME", name, ellipsis=look.marks.ellipsis), styles.header),
    ]
    told = sort == "name"
    for column, cells in columns:
        here = column.sort == sort and not told
        told = told or here
        pieces.append((arrow if here else " ", styles.key))
        title = column.titled(look) if column.titled is not None else column.title
        pieces.append((fit(title, cells, right=column.numeric, ellipsis=look.marks.ellipsis), styles.header))
    return line(pieces, width)


def row(grid: Grid, subject: Subject, width: int, state: RowState, *, pinned: bool = False) -> Strip:
    """The line of one object."""
    look = subject.look
    name, columns = grid.at(width)
    age = readings.shown_age(subject.fleet, subject.slot, look)
    aged = bool(age) and not any(column.ages for column, _ in columns)
    pieces = _gutter(state, subject, pinned)
    pieces += _name(subject, name, age if aged else "")
    for column, cells in columns:
        text, style = column.draw(subject, cells)
        pieces += [(" ", look.styles.text), (text, look.styles.stale if age and style is look.styles.text else style)]
    return highlighted(line(pieces, width), state, look)


def words(grid: Grid, subject: Subject, width: int, state: RowState, *, pinned: bool = False) -> Strip:
    """The same as one sentence without columns: what a voice reads, and what fits a narrow screen."""
    look = subject.look
    store = subject.fleet.inventory
    age = readings.shown_age(subject.fleet, subject.slot, look)
    columns = grid.spoken
    pieces = _gutter(state, subject, pinned)
    pieces.append((store.name(subject.slot), look.styles.stale if age else _style_of_name(subject)))
    if age and not any(column.ages for column in columns):
        pieces.append((f" ~{age}", look.styles.stale))
    for column in columns:
        text, style = column.draw(subject, column.width + column.grow)
        said = text.strip()
        if not said or said == look.marks.inapplicable:
            continue
        if column.numeric or said == UNKNOWN:
            pieces += [(f", {column.word} ", look.styles.quiet), (said + column.unit, style)]
        else:
            pieces += [(", ", look.styles.quiet), (_voiced(said), style)]
    return highlighted(line(pieces, width, cut=look.marks.ellipsis), state, look)


def _voiced(said: str) -> str:
    """Without the sign before the word, which a voice would read as the name of a drawing."""
    sign, _, word = said.partition(" ")
    return word if len(sign) == 1 and not sign.isalnum() and word else said


def _gutter(state: RowState, subject: Subject, pinned: bool) -> list[Piece]:
    """The cursor or the pin, and the mark; where nothing is marked, whether an alarm is raised."""
    look = subject.look
    pointer = look.marks.point if state.cursor else look.marks.pin if pinned else " "
    mark = ("*", look.styles.mark) if state.marked else alarm_mark(subject) or (" ", look.styles.text)
    return [(pointer, look.styles.key), mark]


def alarm_mark(subject: Subject) -> Piece | None:
    """The sign of the worst alarm of an object and of what is below it; None without one."""
    look, alarms = subject.look, subject.fleet.alarms
    level = alarms.level(subject.slot) if alarms is not None else None
    if level is None:
        return None
    return look.marks.alarm, look.styles.bad if level is Level.CRITICAL else look.styles.warning


def _name(subject: Subject, width: int, age: str) -> list[Piece]:
    """The name, and behind it the age where no column tells it."""
    look = subject.look
    far = f" ~{age}" if age and len(age) + 2 < width else ""
    name = fit(subject.fleet.inventory.name(subject.slot), width - len(far), ellipsis=look.marks.ellipsis)
    return [(name, look.styles.stale if age else _style_of_name(subject)), (far, look.styles.stale)]


def _style_of_name(subject: Subject) -> Style:
    look = subject.look
    return readings.own_tint(subject.fleet, subject.slot, look) or look.styles.text


def highlighted(strip: Strip, state: RowState, look: Look) -> Strip:
    """The cursor's colours over a line."""
    if not state.cursor:
        return strip
    return strip.apply_style(look.styles.cursor if state.focused else look.styles.cursor_quiet)
