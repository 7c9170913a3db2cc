"""Keys that arrive together, as from a slow line: each means what it would mean alone."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input

from tests.ui import hostile
from tests.ui.desk import Desk, desk

CHARACTERS = {"slash": "/", "space": " "}


def burst(person: Desk, keys: Sequence[str]) -> None:
    """All of them before the console has looked at the first."""
    for key in keys:
        person.app.post_message(
            Key("slash" if key == "/" else key, CHARACTERS.get(key, key if len(key) == 1 else None))
        )


async def test_what_follows_the_filter_key_is_the_filter() -> None:
    async with desk(hostile.fleet(), (100, 30)) as person:
        burst(person, "/zTq")
        await person.settle()
        assert person.filter.text == "zTq"
        assert person.app.screen is person.home, "q was taken as the key that quits"


async def test_what_follows_the_sort_key_is_the_column() -> None:
    async with desk(hostile.fleet(), (100, 30)) as person:
        burst(person, "sc/ab")
        await person.settle()
        assert person.home._listing.sort.key == "cpu.used"
        assert person.filter.text == "ab"


async def test_what_follows_the_end_of_a_filter_is_a_key_again() -> None:
    async with desk(hostile.fleet(), (100, 30)) as person:
        rows = len(person.table.model.rows)
        burst(person, ["slash", "e", "enter", "j", "j", "space"])
        await person.settle()
        assert person.filter.text == "e"
        assert 3 < len(person.table.model.rows) < rows
        assert person.table.model.cursor_index == 3, "the rows are those of the filter by then"
        assert len(person.table.marks) == 1


async def test_what_follows_an_erased_filter_is_the_next_filter() -> None:
    async with desk(hostile.fleet(), (100, 30)) as person:
        burst(person, ["slash", *"abc", "ctrl+u", *"xy", "left", "z", "ctrl+w", "q"])
        await person.settle()
        assert person.filter.text == "qy"
        burst(person, ["escape", "slash", *"sz", "enter", "s", "c"])
        await person.settle()
        assert person.filter.text == "sz"
        assert person.home._listing.sort.key == "cpu.used"


async def test_what_follows_the_pane_key_goes_to_that_pane() -> None:
    async with desk(hostile.fleet(), (160, 50)) as person:
        first = person.table.model.cursor_index
        burst(person, ["tab", "G"])
        await person.settle()
        assert person.tree.model.cursor_index == len(person.tree.model.rows) - 1
        assert person.table.model.cursor_index == first
        burst(person, ["tab", "j", "tab", "g"])
        await person.settle()
        assert (person.tree.model.cursor_index, person.table.model.cursor_index) == (0, first + 1)


async def test_keys_behind_a_letter_of_an_input_come_after_it() -> None:
    class Asks(ModalScreen[str]):
        def compose(self) -> ComposeResult:
            yield Input()

        def on_input_submitted(self, message: Input.Submitted) -> None:
            self.dismiss(message.value)

    said: list[str | None] = []
    async with desk(hostile.fleet(), (100, 30)) as person:
        person.app.push_screen(Asks(), said.append)
        await person.settle()
        burst(person, [*"pass", "enter"])
        await person.settle()
        assert said == ["pass"]
