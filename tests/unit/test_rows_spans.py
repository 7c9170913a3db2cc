"""Two drawings of one line: which cells of it have to be sent again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from novatui.ui.rows.spans import GAP, differences

STYLES = (Style.parse("red"), Style.parse("bold"), None)


def strip(*pieces: str, style: Style | None = None) -> Strip:
    return Strip([Segment(piece, style) for piece in pieces])


def test_a_line_that_looks_the_same_is_not_sent() -> None:
    assert differences(strip("name", "50", "x" * 40), strip("name", "50", "x" * 40)) == []


def test_only_the_column_that_changed_is_sent() -> None:
    assert differences(strip("name ", "50 ", "x" * 40), strip("name ", "51 ", "x" * 40)) == [(5, 8)]


def test_columns_near_each_other_go_together() -> None:
    far = "y" * (GAP + 1)
    assert differences(strip("a", "near", "b"), strip("c", "near", "d")) == [(0, 6)]
    assert differences(strip("a", far, "b"), strip("c", far, "d")) == [(0, 1), (GAP + 2, GAP + 3)]


def test_another_colour_is_a_difference() -> None:
    assert differences(strip("name", "on"), strip("name") + strip("on", style=Style.parse("red"))) == [(4, 6)]


def test_other_columns_are_sent_up_to_the_common_end() -> None:
    assert differences(strip("abc", "de", "end"), strip("ab", "cde", "end")) == [(0, 5)]


def test_a_line_of_another_length_is_sent_whole() -> None:
    assert differences(strip("abc"), strip("abcd")) == [(0, 4)]


def cells(line: Strip) -> list[tuple[str, Style | None]]:
    """One entry a cell; a wide character and its second half."""
    return [
        (char, segment.style) for segment in line for char in segment.text for _ in range(Segment(char).cell_length)
    ]


TEXTS = st.text("ab虚 ", min_size=1, max_size=30)
PIECES = st.lists(st.tuples(TEXTS, st.sampled_from(STYLES)).map(lambda piece: Segment(*piece)), max_size=8)


@given(PIECES, PIECES)
def test_outside_of_the_spans_both_look_the_same(old: list[Segment], new: list[Segment]) -> None:
    width = max(Strip(old).cell_length, Strip(new).cell_length)
    before, after = Strip(old).extend_cell_length(width), Strip(new).extend_cell_length(width)
    sent = {x for start, end in differences(before, after) for x in range(start, end)}
    looks = zip(cells(before), cells(after), strict=True)
    assert {x for x, (was, now) in enumerate(looks) if was != now} <= sent
    assert all(0 <= start < end <= width for start, end in differences(before, after))
