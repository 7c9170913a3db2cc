"""Whatever things are called: nothing crashes, nothing is wider than its place, no escape gets to the terminal."""

from __future__ import annotations

import unicodedata

import pytest
from rich.cells import cell_len
from textual.events import Paste

from novatui.core.text import clean
from novatui.ui.columns.views import view_of
from novatui.ui.render import bars, peek, strip, table, tree
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from novatui.ui.render.subject import Subject
from novatui.ui.rows.source import RowState
from tests.ui import hostile
from tests.ui.desk import desk, look_at
from tests.ui.still import StillFleet

HARMLESS = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
"""Categories that nothing on the screen may have."""


def assert_harmless(text: str) -> None:
    found = {char for char in text.replace("\n", "") if unicodedata.category(char) in HARMLESS}
    assert not found, [hex(ord(char)) for char in found]


@pytest.mark.parametrize("marks", [DRAWN, PLAIN], ids=["drawn", "ascii"])
@pytest.mark.parametrize("width", [1, 5, 20, 33, 60, 80, 100, 120, 200])
def test_every_line_about_every_object_is_harmless_and_as_wide_as_asked(width: int, marks: Marks) -> None:
    made = hostile.fleet()
    look = look_at(made, marks)
    states = [RowState(), RowState(depth=7, expanded=True, cursor=True, marked=True, focused=True)]
    for slot in made.inventory.slots():
        subject = Subject(made, slot, look, look.monotonic())
        drawn = [tree.row(subject, width, state, has_children=True) for state in states]
        view = view_of(made.inventory.kind(slot))
        if view is not None:
            grid = view.grid([column.id for column in view.columns])
            drawn += [draw(grid, subject, width, state) for state in states for draw in (table.row, table.words)]
        drawn += peek.lines(subject, width, 4)
        drawn.append(bars.rule(look, width, *peek.title(subject)))
        for strip_ in drawn:
            assert strip_.cell_length == cell_len(strip_.text) == width
            assert_harmless(strip_.text)
    for strip_ in strip.lines(made, look, width, 500):
        assert strip_.cell_length == cell_len(strip_.text) == width
        assert_harmless(strip_.text)


@pytest.mark.parametrize("marks", [DRAWN, PLAIN], ids=["drawn", "ascii"])
async def test_hostile_texts_page_by_page(marks: Marks) -> None:
    async with desk(hostile.fleet(), (160, 50), marks) as person:
        for view in (person.table, person.tree):
            view.focus()
            view.set_expanded(list(person.fleet.inventory.slots()))
            view.home()
            for _ in range(len(view.model.rows) // view.model.height + 1):
                await person.settle()
                assert_harmless(person.text)
                view.page(1)


@pytest.mark.parametrize("size", [(20, 5), (41, 9), (60, 15), (80, 24), (200, 60)])
async def test_hostile_texts_at_every_size(size: tuple[int, int]) -> None:
    async with desk(hostile.fleet(), size) as person:
        for keys in ("G", "g", "T", "tab", "G", "z", "z", "question_mark", "escape", "s", "n"):
            await person.press(keys)
            assert_harmless(person.text)


async def test_columns_stay_in_line_beside_any_name() -> None:
    """Behind every name, however wide it is drawn, the state stands in the same cell."""
    async with desk(hostile.fleet(), (120, 60)) as person:
        await person.press("z")
        at = person.lines[3].index("ST")
        rows = [line for line in person.lines[4:-1] if line.strip()]
        assert len(rows) > 20
        for line in rows:
            cells = 0
            for start, char in enumerate(line):
                if cells == at:
                    assert line[start:].startswith(("● on", "~on")), line
                    break
                cells += cell_len(char)
            else:
                pytest.fail(f"no column begins in cell {at} of {line!r}")


async def test_a_filter_may_be_anything_typed_or_pasted() -> None:
    async with desk(hostile.fleet()) as person:
        for text in hostile.TEXTS:
            await person.press("slash")
            person.app.post_message(Paste(text))
            await person.settle()
            assert_harmless(person.text)
            assert person.filter.text == clean((text.splitlines() or [""])[0], 1000)
            await person.press("enter")
            assert_harmless(person.text)
            await person.press("escape", "escape")
            assert person.filter.text == ""


@pytest.mark.parametrize("text", ["[@click=app.quit]x[/]", f"{hostile.ESCAPE}]0;x{chr(7)}", "cpu>", "x" * 5000, "日本"])
async def test_a_filter_may_be_given_at_the_start(text: str) -> None:
    async with desk(hostile.fleet(), find=text) as person:
        assert_harmless(person.text)
        if not person.filter.has_class("editing"):  # it is open already for one that cannot be read
            await person.press("slash")
        assert_harmless(person.text)
        await person.press("escape", "escape", "escape")
        assert person.filter.text == ""
        assert len(person.table.model.rows) == person.fleet.identity.count(None, "machines")


async def test_an_object_with_a_hostile_name_is_found_by_it() -> None:
    async with desk(hostile.fleet()) as person:
        await person.type("/")
        await person.type("vm[/]")
        await person.press("enter")
        assert set(person.names()) == {"vm[/]"}


async def test_what_a_configuration_says_is_no_less_hostile() -> None:
    made = StillFleet(hostile.specs())
    async with desk(made, (160, 50)) as person:
        await person.press("tab")
        for _ in range(len(person.tree.model.rows)):
            assert_harmless(person.text)
            await person.press("j")
