"""`can:` on a command line: everybody whom it depends on is asked first, and who was not is said."""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

import pytest

from novatui.cli.facts_first import facts_first
from novatui.cli.selecting import wanted
from novatui.core.errors import Timeout
from novatui.core.inventory import Value
from novatui.engine.fleet import Fleet
from novatui.wire import frames
from tests.unit.test_facts import Desk, View, fact, rest


def fleet_of(desk: Desk) -> Fleet:
    view: Any = View(desk)
    view.connections = desk.connections
    begun = time.monotonic()
    keys = ["host:h0", "host:h1", "vm:1"]
    columns: list[list[Value]] = [["one", "two", "db"]]
    desk.inventory.apply_rows(frames.Rows("a", 1, begun, ["name"], keys, columns), begun)
    return cast("Fleet", view)


async def test_those_that_the_filter_means_otherwise_are_asked(capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk()
    fleet, asked = fleet_of(desk), wanted(["can:tpm", "one"], ["host"])
    task = asyncio.create_task(facts_first(fleet, asked, 60.0))
    await rest()
    assert [frame.scope for frame in desk.sent] == ["host:h0"]
    desk.answer(desk.sent[0])
    await task
    assert [fleet.inventory.name(slot) for slot in asked.slots(fleet)] == ["one"]
    assert capsys.readouterr().err == ""


async def test_who_was_not_asked_in_time_and_who_gave_no_answer_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk()
    fleet, asked = fleet_of(desk), wanted(["!can:tpm"], ["host", "vm"])
    task = asyncio.create_task(facts_first(fleet, asked, 0.2))
    await rest()
    desk.refuse(desk.sent[0], Timeout("no answer within 30 s"))
    await rest()
    desk.answer(desk.sent[1], [fact("tpm", "no", desk.sent[1].scope)])
    await task
    told = capsys.readouterr().err
    assert "1 of 3 objects were not asked within 0.2 s" in told
    assert "1 of 3 objects gave no answer and are left out: no answer within 30 s" in told
    assert len(asked.slots(fleet)) == 1


async def test_without_such_a_term_nobody_is_asked() -> None:
    desk = Desk()
    await facts_first(fleet_of(desk), wanted(["power:on"], ["host"]), 60.0)
    assert not desk.sent
