"""Backend text is made harmless where it enters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.core.text import TEXT_LIMIT, clean, clean_lines


@given(st.text())
def test_clean_text_is_one_printable_line(text: str) -> None:
    cleaned = clean(text)
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in cleaned)
    assert len(cleaned) <= TEXT_LIMIT
    assert clean(cleaned) == cleaned


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_left_alone(text: str) -> None:
    assert clean(text) == text


def test_an_escape_sequence_is_seen_but_harmless() -> None:
    assert clean("a\x1b]0;owned\x07b") == "a\ufffd]0;owned\ufffdb"


def test_overrides_and_invisible_characters_are_dropped() -> None:
    assert clean("a\u202eb\u200bc\ufe0fd\U000e0041e") == "abcde"


def test_line_breaks_become_spaces_in_a_line_and_stay_in_lines() -> None:
    assert clean("a\r\nb\u2028c\td") == "a  b c d"
    assert clean_lines("a\r\nb\u2028c\td\x1b") == "a\nb\nc\td\ufffd"


def test_letters_of_other_scripts_stay() -> None:
    for word in ("データベース", "שרת", "сервер", "naïve", "한국어", "ไทย", "😀"):
        assert clean(word) == word


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert clean("x" * 5000) == "x" * (TEXT_LIMIT - 1) + "…"


def test_piles_of_marks_are_thinned_and_scripts_are_not() -> None:
    assert clean("z" + "\u0301" * 200 + "a") == "z" + "\u0301" * 4 + "a"
    for word in ("é\u0323\u0302", "שָׁלוֹם", "नमस्ते", "ก็ได้", "Việt", "Tiếng"):
        assert clean(word) == word


@pytest.mark.parametrize("filler", ["\u115f", "\u1160", "\u3164", "\uffa0", "\u034f"])
def test_letters_that_cannot_be_seen_are_dropped(filler: str) -> None:
    assert clean(f"a{filler}b") == "ab"
