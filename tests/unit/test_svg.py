"""Pictures that look the same everywhere: every word in its column, curves as dots, nothing fetched."""

from __future__ import annotations

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from novatui.ui.svg import self_contained

CELL = 12.2
LINE = st.text(alphabet="ab&<> \u00a0⠁⣿⣤─●", min_size=1, max_size=30)


def svg_of(line: str) -> str:
    console = Console(width=40, file=io.StringIO(), record=True, force_terminal=True)
    console.print(Text(line), end="")
    return console.export_svg(title="t")


def words(svg: str) -> dict[int, str]:
    """What stands in each column."""
    found: dict[int, str] = {}
    body = svg[svg.index('class="terminal-', svg.index("<g class")) :]
    for x, text in re.findall(r'<text class="terminal-\d+-r\d+" x="([\d.]+)"[^>]*>([^<]*)</text>', body):
        for at, sign in enumerate(re.findall("&[^;]*;|.", text)):
            if sign != "&#160;":
                found[round(float(x) / CELL) + at] = sign
    return found


def dots(svg: str) -> int:
    return sum(len(re.findall("M", path)) for path in re.findall(r'<path class="[^"]*" d="([^"]*)"/>', svg))


def test_nothing_is_fetched() -> None:
    svg = self_contained(svg_of("hello"))
    assert "@font-face" not in svg
    assert "Fira" not in svg
    assert set(re.findall(r"https?://[^\"' )]*", svg)) <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}


@given(LINE)
def test_every_word_stays_in_its_column_and_every_dot_is_drawn(line: str) -> None:
    before = svg_of(line)
    after = self_contained(before)
    curves = {at for at, sign in words(before).items() if "\u2800" <= sign <= "\u28ff"}
    assert words(after) == {at: sign for at, sign in words(before).items() if at not in curves}
    assert dots(after) == sum(
        (ord(sign) - 0x2800).bit_count() for sign in line.rstrip() if "\u2800" <= sign <= "\u28ff"
    )


def test_no_text_begins_or_ends_with_a_blank() -> None:
    svg = self_contained(svg_of("   a  b   "))
    assert ">a&#160;&#160;b<" in svg
