"""A filter that asks what can be done: whom it depends on is asked, and rows come as the answers do."""

from __future__ import annotations

import pytest

from novatui.core.capabilities import Answer, Fact
from novatui.core.features import FEATURES
from novatui.ui import listing
from tests.ui.capable import all_say, answer, fact, inspecting, requests


def some_have_a_tpm(conn: str, scope: str) -> list[Fact]:
    """Machines of one connection have one, others have none; of a third it is not known."""
    value = {"kvm-03": Answer.YES, "vc-east": Answer.NO}.get(conn, Answer.UNKNOWN)
    return [fact(one.slug, value, scope) for one in FEATURES]


async def test_machines_are_asked_and_found_as_they_answer() -> None:
    async with inspecting() as person:
        shown = person.home._listing
        everything = list(shown.order)
        assert not requests(person)
        await person.press("slash")
        await person.type("can:tpm=yes")
        assert not shown.order
        assert "asked what they can do" in person.text
        asked = await answer(person, some_have_a_tpm)
        assert asked
        assert {one.scope.partition(":")[0] for one in asked} <= {"vm", "container"}
        store = person.fleet.inventory
        assert shown.order
        assert {store.conn(slot) for slot in shown.order} == {"kvm-03"}
        assert len(shown.order) < len(everything)


async def test_of_too_many_the_first_ones_are_asked_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "ASKED", 2)
    async with inspecting() as person:
        await person.press("slash")
        await person.type("can:nvme=yes")
        asked = await answer(person, all_say(Answer.NO, reason="none"))
        assert len(asked) == 2
        assert "no match in 2 machines asked, 44 not asked: filter more" in person.text


async def test_a_filter_that_does_not_ask_for_them_asks_nobody() -> None:
    async with inspecting() as person:
        await person.press("slash")
        await person.type("power:on can")
        await person.settle()
        assert not requests(person)


async def test_features_and_answers_are_offered() -> None:
    async with inspecting() as person:
        await person.type(":vm can:srio")
        await person.press("tab")
        assert "can:sriov" in person.text
        await person.type("=pa")
        await person.press("tab")
        assert "can:sriov=partly" in person.text
