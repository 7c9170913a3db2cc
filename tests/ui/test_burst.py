"""Keys that arrive together, as from a slow line: each means what it would mean alone."""

from __future__ import annotations

from textual.events import Key

from tests.ui import hostile
from tests.ui.desk import Desk, desk


def burst(person: Desk, keys: str) -> None:
    """All of them before the console has looked at the first."""
    for key in keys:
        person.app.post_message(Key("slash" if key == "/" else key, key))


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
