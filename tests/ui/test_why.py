"""Why something failed: found where the cursor is, explained by the atlas, with keys that work."""

from __future__ import annotations

import pytest

from novatui.core.errors import Failure, Fault
from novatui.ui.dialogs.why import WhyDialog
from novatui.ui.place import Place
from tests.ui.desk import MIDDLE, NARROW, WIDE, Desk, desk
from tests.ui.world import ETL, world

REFUSED = Failure(
    fault=Fault.UNREACHABLE,
    message="the host refuses the connection",
    code="38",
    native="unable to connect to server at 'kvm-03:16509': Connection refused",
)


async def lost(person: Desk, failure: Failure = REFUSED) -> None:
    """The connection of kvm-03 is gone for this reason, and the cursor is on a machine of it."""
    person.fleet.connections["kvm-03"].failure = failure
    await person.go_to("kvm-03", f"vm:{ETL}")


@pytest.mark.parametrize("size", [NARROW, MIDDLE, WIDE], ids=str)
async def test_the_atlas_explains_and_offers_keys(size: tuple[int, int]) -> None:
    async with desk(world(), size) as person:
        await lost(person)
        await person.press("v", "b")
        assert isinstance(person.app.screen, WhyDialog)
        text = person.text
        for words in ("connection kvm-03", "What it means", "nothing listens on that port", "1  reconnect", "[38]"):
            assert words in text, text


async def test_a_number_does_what_stands_behind_it() -> None:
    async with desk(world()) as person:
        await lost(person)
        await person.press("v", "b", "2")
        assert person.screen.place().name == "conn"
        assert not isinstance(person.app.screen, WhyDialog)


async def test_a_number_without_words_does_nothing() -> None:
    async with desk(world()) as person:
        await lost(person)
        await person.press("v", "b", "3")
        assert isinstance(person.app.screen, WhyDialog)


async def test_what_works_elsewhere_leads_there_first() -> None:
    async with desk(world()) as person:
        await lost(person, Failure(fault=Fault.BACKEND_FAULT, message="it failed", code="67", native="unsupported"))
        await person.press("v", "b", "1")
        assert (person.screen.place().name, person.screen.place().tab) == ("detail", "raw")


async def test_what_nobody_knows_is_shown_in_the_products_own_words() -> None:
    async with desk(world()) as person:
        odd = Failure(
            fault=Fault.BACKEND_FAULT, message="it failed", code="4711", native="[red]flux[/] \x1b[31mcapacitor"
        )
        await lost(person, odd)
        await person.press("v", "b")
        assert "[4711] [red]flux[/]" in person.text
        assert "\x1b" not in person.text
        assert "Keys that help" not in person.text


async def test_a_failed_task_says_why_where_it_is_listed() -> None:
    async with desk(world(), place=Place("task")) as person:
        for _ in range(20):
            if person.screen.trouble_here() is not None:
                break
            await person.press("j")
        await person.press("v", "b")
        assert "not enough host memory" in person.text


async def test_where_nothing_is_wrong_that_is_said() -> None:
    async with desk(world()) as person:
        await person.go_to("vc-east", "vm:db-orders-01")
        await person.press("v", "b")
        assert "nothing went wrong with this" in person.text
