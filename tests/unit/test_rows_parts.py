"""Scrollbar arithmetic and cell-exact text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from novatui.ui.rows.cells import fit
from novatui.ui.rows.scrollbar import thumb, top_at

heights = st.integers(1, 200)


@given(heights, st.integers(1, 200_000), st.floats(0, 1))
def test_the_thumb_lies_in_the_bar_and_touches_an_end_only_there(height: int, more: int, at: float) -> None:
    total = height + more
    top = round(at * more)
    lines = thumb(top, height, total)
    assert 1 <= len(lines) <= height
    assert lines[0] >= 0
    assert lines[-1] < height
    if height - len(lines) >= 2:
        assert (lines[0] == 0) == (top == 0)
        assert (lines[-1] == height - 1) == (top == more)


@given(heights, st.integers(0, 300))
def test_there_is_no_thumb_when_everything_fits(height: int, total: int) -> None:
    assert (len(thumb(0, height, total)) == 0) == (total <= height)


@given(heights, st.integers(0, 200_000), st.integers(-50, 250))
def test_dragging_stays_in_the_list_and_reaches_both_ends(height: int, total: int, line: int) -> None:
    hidden = max(0, total - height)
    assert 0 <= top_at(line, height, total) <= hidden
    if height > len(thumb(0, height, total)):
        assert top_at(0, height, total) == 0
        assert top_at(height, height, total) == hidden


printable = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40)


@given(printable, st.integers(0, 30), st.booleans())
def test_fitted_text_has_exactly_its_width(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right=right)) == width


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 5, "abcd…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日 …"),
        ("日本", 1, " "),
        ("ab", 1, "a"),
    ],
)
def test_fit(text: str, width: int, expected: str) -> None:
    assert fit(text, width) == expected


def test_fit_to_the_right() -> None:
    assert fit("12", 4, right=True) == "  12"
