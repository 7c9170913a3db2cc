"""A frame of changed spans: their cells, at their places, and not a cell more."""

from __future__ import annotations

import pyte
from rich.console import Console
from rich.segment import Segment
from textual.strip import Strip

from novatui.ui.textual_private import ExactUpdate

CHOPS = [{0: Strip([Segment("abc")]), 3: Strip([Segment("de"), Segment("虚gh")])}]
ENDS = [[3, 9]]


def shown(*spans: tuple[int, int, int]) -> str:
    screen = pyte.Screen(9, 1)
    pyte.Stream(screen).feed("." * 9 + "\x1b[1;1H" + ExactUpdate(CHOPS, list(spans), ENDS).render_segments(Console()))
    return screen.display[0]


def test_only_the_span_is_sent() -> None:
    assert shown((0, 4, 5)) == "....e...."
    assert shown((0, 7, 9)) == ".......gh"


def test_spans_may_cross_widgets() -> None:
    assert shown((0, 1, 4)) == ".bcd....."
    assert shown((0, 0, 9)) == "abcde虚gh"


def test_several_spans_of_a_line() -> None:
    assert shown((0, 0, 1), (0, 8, 9)) == "a.......h"
