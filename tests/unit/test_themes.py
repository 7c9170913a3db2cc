"""Themes: every one that comes with the program can be read by everybody it is for; a user's own stand on them."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from rich.color import Color
from rich.style import Style

from novatui.config.themes import theme_names
from novatui.ui.theme import BadTheme, Styles, Theme, load_theme, theme_for

OWN = ["ansi", "colorblind", "contrast", "dark", "light", "mono"]

TRUE_COLOUR = [name for name in OWN if not load_theme(name).native]

LETTERS = [name for name in Styles.__struct_fields__ if name not in {"rule"}]
"""Styles that words are written in."""


def test_they_are_all_there() -> None:
    assert theme_names() == OWN


# --- which one ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"TERM": "xterm-256color"}, "dark"),
        ({"TERM": "screen-256color"}, "dark"),
        ({"TERM": "screen"}, "ansi"),
        ({"TERM": "linux"}, "ansi"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "light"),
        ({"TERM": "rxvt-unicode-256color", "COLORFGBG": "0;default;15"}, "light"),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;0"}, "dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "mono"),
        ({"TERM": "screen", "NO_COLOR": "1"}, "mono"),
    ],
)
def test_the_terminal_decides_when_nobody_does(environment: dict[str, str], name: str) -> None:
    assert theme_for(environment) == name


# --- can they be read -----------------------------------------------------------------------------------------------


def _rgb(color: Color) -> tuple[float, float, float]:
    triplet = color.get_truecolor()
    return triplet.red / 255, triplet.green / 255, triplet.blue / 255


def _linear(rgb: tuple[float, float, float]) -> list[float]:
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]


def _contrast(one: Color, other: Color) -> float:
    """Contrast ratio as WCAG 2 counts it, 1 to 21."""
    bright, dim = sorted(
        (sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), _linear(_rgb(x)), strict=True)) for x in (one, other)),
        reverse=True,
    )
    return (bright + 0.05) / (dim + 0.05)


def _on_screen(theme: Theme, style: Style) -> tuple[Color, Color]:
    front = style.color or Color.parse(theme.foreground)
    back = style.bgcolor or Color.parse(theme.background)
    return (back, front) if style.reverse else (front, back)


@pytest.mark.parametrize("name", TRUE_COLOUR)
@pytest.mark.parametrize("style", LETTERS)
def test_words_stand_out_from_what_is_behind_them(name: str, style: str) -> None:
    theme = load_theme(name)
    assert _contrast(*_on_screen(theme, getattr(theme.styles, style))) >= (7.0 if name == "contrast" else 4.5)


@pytest.mark.parametrize("name", TRUE_COLOUR)
def test_words_stand_out_under_the_cursor(name: str) -> None:
    """The cursor's line keeps its own colours of letters: a style without one must not be lost on its background."""
    cursor = load_theme(name).styles.cursor
    assert cursor.color is not None
    assert cursor.bgcolor is not None


_SIGHT = {
    # Linear RGB as it is seen without the red or the green cones (Viénot, Brettel and Mollon 1999).
    "protanopia": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deuteranopia": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}


def _lab(linear: list[float]) -> list[float]:
    """CIE L*a*b* under D65."""
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    xyz = [sum(a * max(0.0, b) for a, b in zip(row, linear, strict=True)) for row in to_xyz]
    x, y, z = (
        (v / w) ** (1 / 3) if v / w > 0.008856 else 7.787 * v / w + 16 / 116 for v, w in zip(xyz, white, strict=True)
    )
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


@pytest.mark.parametrize("sight", _SIGHT)
def test_well_warning_and_bad_differ_for_the_colour_blind(sight: str) -> None:
    styles = load_theme("colorblind").styles
    for one, other in combinations((styles.good, styles.warning, styles.bad), 2):
        seen = []
        for style in (one, other):
            assert style.color is not None
            linear = _linear(_rgb(style.color))
            seen.append(_lab([sum(a * b for a, b in zip(row, linear, strict=True)) for row in _SIGHT[sight]]))
        assert sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5 >= 25


def test_mono_has_no_colour_at_all() -> None:
    theme = load_theme("mono")
    assert theme.native
    for name in Styles.__struct_fields__:
        style: Style = getattr(theme.styles, name)
        assert style.color is None
        assert style.bgcolor is None


def test_sixteen_colours_are_the_terminal_s_own() -> None:
    theme = load_theme("ansi")
    assert theme.native
    for name in Styles.__struct_fields__:
        style: Style = getattr(theme.styles, name)
        for color in (style.color, style.bgcolor):
            assert color is None or (color.number is not None and color.number < 16)


@pytest.mark.parametrize("name", ["mono", "ansi"])
def test_what_matters_differs_without_its_colour(name: str) -> None:
    """Cursor, bad and protected are seen on a terminal that shows attributes only."""
    styles = load_theme(name).styles
    attributes = {
        word: (style.bold, style.underline, style.reverse)
        for word in ("text", "cursor", "bad")
        if (style := getattr(styles, word))
    } | {"text": (None, None, None)}
    assert len(set(attributes.values())) == 3


# --- a user's own ---------------------------------------------------------------------------------------------------


def test_a_theme_says_only_what_differs_from_its_base(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('base = "dark"\nbackground = "#101010"\n[styles]\nbad = "bold #ff00ff"\n')
    mine, dark = load_theme("mine", tmp_path), load_theme("dark")
    assert mine.name == "mine"
    assert mine.background == "#101010"
    assert mine.styles.bad == Style.parse("bold #ff00ff")
    assert mine.styles.good == dark.styles.good
    assert theme_names(tmp_path) == [*OWN, "mine"]


def test_it_may_stand_on_the_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "dark.toml").write_text('base = "dark"\n[styles]\ngood = "green"\n')
    assert load_theme("dark", tmp_path).styles.good == Style.parse("green")
    assert load_theme("dark").styles.good != Style.parse("green")
    assert theme_names(tmp_path) == OWN


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('base = "dark"\n[styles]\nbadd = "red"\n', "badd"),
        ('base = "dark"\n[styles]\nbad = "rde"\n', "rde"),
        ('base = "dark"\n[styles]\nbad = 3\n', "3"),
        ('base = "nothing"\n', "no theme nothing"),
        ('base = "mine"\n', "no theme mine"),
        ('base = "other"\n', "circle"),
        ("base = \n", "line 1"),
        ("dark = true\n", "foreground"),
        ('base = "dark"\nbackground = "#12"\n', "#12"),
    ],
)
def test_a_damaged_one_says_what_is_wrong(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text)
    (tmp_path / "other.toml").write_text('base = "mine"\n')
    with pytest.raises(BadTheme, match=words):
        load_theme("mine", tmp_path)


@pytest.mark.parametrize("name", ["", "no", "../dark", ".dark"])
def test_a_theme_that_is_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadTheme, match="colorblind"):
        load_theme(name, tmp_path)
