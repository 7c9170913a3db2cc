"""The charts of one object on a page: all four side by side, or one of them with all the room."""

from __future__ import annotations

import msgspec
from textual.strip import Strip

from novatui.core.alarms import ALARM_RULES
from novatui.ui.render import archive, chart, history, panels
from novatui.ui.render.cells import line
from novatui.ui.render.panels import OVERVIEW, TOGETHER, Bounds, Limits, Panel
from novatui.ui.render.subject import Subject
from novatui.ui.render.window import Window

SIDE_BY_SIDE = 72
"""Pages at least this wide have two charts beside each other."""

LEAST = 4
"""Lines of a chart below which there is one less on the page."""

GUTTER = 1
"""Cells between two charts."""


class View(msgspec.Struct, frozen=True):
    """What a person wants to see of the charts."""

    panel: str = ""
    """The chart that has all the room, a key of TOGETHER; empty: all of them."""
    window: Window = Window()
    fit: bool = False
    """Let the scales end where the values do."""
    history: bool = False
    """Drawn large by plotext."""


def built_in(slot: int, rule: str) -> Bounds:
    """The limits that hold where nobody configured any."""
    del slot
    known = ALARM_RULES.get(rule)
    return (None, None) if known is None else (known.warn, known.critical)


def lines(subject: Subject, view: View, limits: Limits, width: int, height: int) -> list[Strip]:
    """The page in at most so many lines."""
    where = "; ".join(filter(None, (panels.provenance(subject), archive.words(subject, view.window))))
    drawn = [line([(f" {where}", subject.look.styles.quiet)], width, cut=subject.look.marks.ellipsis)] if where else []
    room = height - len(drawn)
    shown = TOGETHER.get(view.panel, OVERVIEW)
    if view.panel in TOGETHER or width < SIDE_BY_SIDE:
        drawn += _stacked(shown, subject, view, limits, width, room)
    else:
        half = (width - GUTTER) // 2
        left = _stacked(shown[::2], subject, view, limits, half, room)
        right = _stacked(shown[1::2], subject, view, limits, width - GUTTER - half, room)
        gap = Strip.blank(GUTTER, subject.look.styles.text)
        drawn += [Strip.join([one, gap, other]) for one, other in zip(left, right, strict=True)]
    return drawn[:height]


def read_step(subject: Subject, view: View, width: int) -> float:
    """Seconds by which the reading cursor moves on a page that wide: one cell of a chart."""
    alone = view.panel in TOGETHER or width < SIDE_BY_SIDE
    cells = chart.plot_width(width if alone else (width - GUTTER) // 2, 2)
    return max(view.window.span / max(cells, 1), subject.fleet.metrics.period(subject.slot))


def _stacked(
    shown: tuple[Panel, ...], subject: Subject, view: View, limits: Limits, width: int, height: int
) -> list[Strip]:
    """Charts above each other, as many as there is room for; the first ones get the odd lines."""
    count = max(1, min(len(shown), height // LEAST))
    drawn: list[Strip] = []
    for number, panel in enumerate(shown[:count]):
        room = height // count + (number < height % count)
        built = panels.build(panel, subject, view.window, width, limits, fit=view.fit)
        part = (history if view.history else chart).lines(built, subject.look, width, room)
        drawn += [*part, *[Strip.blank(width, subject.look.styles.text)] * (room - len(part))]
    return drawn
