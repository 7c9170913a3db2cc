"""Themes on the screen: each draws in its own colours, and another one leaves nothing of the one before."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import Color

from novatui.config.themes import theme_names
from novatui.ui.theme import BadTheme, load_theme
from novatui.ui.theming import Theming
from tests.ui.desk import Desk, desk
from tests.ui.world import world

TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def colours(person: Desk) -> set[Color]:
    """Every colour on the screen but the defaults."""
    styles = [segment.style for strip in person.app.screen._compositor.render_strips() for segment in strip]
    found = {color for style in styles if style for color in (style.color, style.bgcolor) if color}
    return {color for color in found if not color.is_default}


def own(name: str, user: Path | None = None) -> set[Color]:
    """Every colour that a theme can draw."""
    theme = load_theme(name, user)
    styles = [getattr(theme.styles, field) for field in theme.styles.__struct_fields__]
    found = {color for style in styles for color in (style.color, style.bgcolor) if color}
    return found if theme.native else found | {Color.parse(theme.foreground), Color.parse(theme.background)}


def triplets(found: set[Color]) -> set[tuple[int, int, int] | int]:
    return {color.number if color.triplet is None else tuple(color.triplet) for color in found}  # type: ignore[misc]


@pytest.mark.parametrize("name", theme_names())
async def test_each_draws_in_its_own_colours(name: str) -> None:
    theming = Theming(name, environ=TERMINAL)
    async with desk(world(), theming=theming) as person:
        await person.press("slash", *"cpu>")
        drawn = triplets(colours(person))
        assert drawn <= triplets(own(name)) or not theming.ansi
        await person.press("escape", "escape", "escape")
        drawn = triplets(colours(person))
        assert drawn <= triplets(own(name))
        assert bool(drawn) == (name != "mono")


@pytest.mark.parametrize("name", theme_names())
@pytest.mark.parametrize("before", ["dark", "ansi", "light"])
async def test_another_one_leaves_nothing_of_the_one_before(before: str, name: str) -> None:
    async with desk(world(), theming=Theming(before, environ=TERMINAL)) as person:
        text = person.text
        await person.press("question_mark")
        person.app.action_theme(name)
        await person.press("escape")
        await person.settle()
        assert triplets(colours(person)) <= triplets(own(name))
        assert person.text.splitlines()[:-1] == text.splitlines()[:-1]


async def test_without_a_name_the_next_one_is_worn_and_said() -> None:
    async with desk(world(), theming=Theming("dark", environ=TERMINAL)) as person:
        person.app.action_theme()
        await person.settle()
        assert "theme light" in person.lines[-1]
        assert "config.toml" in person.lines[-1]
        assert Color.parse(load_theme("light").background).triplet in triplets(colours(person))


async def test_one_that_cannot_be_worn_is_said_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text('base = "dark"\n[styles]\nbad = "no such style"\n')
    async with desk(world(), theming=Theming("dark", tmp_path, TERMINAL)) as person:
        for name, words in (("odd", "no such style"), ("none", "there is no theme none")):
            person.app.action_theme(name)
            await person.settle()
            assert words in person.lines[-1]
            assert triplets(colours(person)) <= triplets(own("dark"))


async def test_a_user_s_theme_is_read_again_when_it_is_worn_again(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    async with desk(world(), theming=Theming("dark", tmp_path, TERMINAL)) as person:
        for background in ("#102030", "#302010"):
            file.write_text(f'base = "dark"\nbackground = "{background}"\n')
            person.app.action_theme("mine")
            await person.settle()
            assert Color.parse(background).triplet in triplets(colours(person))


async def test_no_color_wins() -> None:
    theming = Theming("dark", environ=TERMINAL | {"NO_COLOR": "1"})
    async with desk(world(), theming=theming) as person:
        assert not colours(person)
        person.app.action_theme("light")
        await person.settle()
        assert "NO_COLOR" in person.lines[-1]
        assert not colours(person)


def test_an_unknown_name_is_refused_at_once() -> None:
    with pytest.raises(BadTheme, match="colorblind"):
        Theming("drak", environ=TERMINAL)
