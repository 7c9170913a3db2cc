"""Facts about an object, label and value, side by side on a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.style import Style
from textual.strip import Strip

from novatui.core import units
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece, line, width_of
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.subject import Subject

GAP = "   "
"""Between two facts."""

LEGIBLE = 6
"""Cells of a value that are worth showing when the rest of it is cut."""

Fact = Sequence[Piece]
"""Label and value of one thing: they stand together."""


def fact_line(facts: Iterable[Fact], look: Look, width: int) -> Strip:
    """As many facts as fit. The first that does not is cut if enough of it can be read, else left out like the rest."""
    pieces: list[Piece] = [(" ", look.styles.text)]
    for fact in facts:
        gap: list[Piece] = [(GAP, look.styles.text)] if len(pieces) > 1 else []
        if width_of([*pieces, *gap, *fact]) > width:
            if width_of([*pieces, *gap, *fact[:-1]]) + LEGIBLE <= width:
                pieces += [*gap, *fact]
            break
        pieces += [*gap, *fact]
    return line(pieces, width, cut=look.marks.ellipsis)


def labelled(look: Look, *pairs: tuple[str, str], style: Style | None = None) -> list[Fact]:
    """The label quiet, the value plain (or in `style`), an unknown value quiet, too."""
    plain = style or look.styles.text
    return [
        [(f"{label} ", look.styles.quiet), (value, look.styles.quiet if value == UNKNOWN else plain)]
        for label, value in pairs
    ]


def measured(subject: Subject) -> tuple[Style, list[Fact]]:
    """The style of measured values; and their age, once they are stale."""
    metrics, styles = subject.fleet.metrics, subject.look.styles
    age = metrics.age(subject.slot, subject.now)
    if age is None or not metrics.stale(subject.slot, subject.now):
        return styles.text, []
    return styles.stale, [[(f"~{units.age(age)} old", styles.stale)]]


def state(subject: Subject) -> str:
    """In the product's own words, with its age once it is stale."""
    said = readings.text(subject.fleet, subject.slot, "native_state")
    age = readings.shown_age(subject.fleet, subject.slot, subject.look)
    return f"{said} ~{age} old" if age else said


def aged(subject: Subject) -> list[Fact]:
    """How old what is known of it is, once it may be out of date."""
    age = readings.shown_age(subject.fleet, subject.slot, subject.look)
    return [[(f"~{age} old", subject.look.styles.stale)]] if age else []
