"""Emptying a host from its screen: looked at, changed, asked for once, and then each machine on its way."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.actions.drain import Drain, Move, Target
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.ui.place import Place
from novatui.ui.screens.evacuate import EvacuateScreen
from tests.ui.hands import acting_desk

HOST = ObjectRef("vc-east", Kind.HOST, "esx-07")


def target(name: str, *, copies: bool = False) -> Target:
    return Target(host=str(ObjectRef("vc-east", Kind.HOST, name)), name=name, copies=copies, memory_free=2**36)


def move(name: str, *targets: Target, memory: int = 2**33, reason: str = "") -> Move:
    to = targets[0] if targets else None
    return Move(
        ref=str(ObjectRef("vc-east", Kind.VM, name)), name=name, memory=memory, to=to.host if to else "",
        copies=bool(to and to.copies), targets=targets, reason=reason,
    )  # fmt: skip


PLAN = Drain(
    host=str(HOST),
    name="esx-07",
    moves=(
        move("db-orders-01", target("esx-08"), target("esx-03", copies=True), memory=2**36),
        move("web-front-11", target("esx-03", copies=True)),
        move("gpu-[red]train", reason="it holds 0000:3b:00.0 of its host (3 of 3 hosts)"),
    ),
)


async def opened(person, drain: Drain = PLAN) -> EvacuateScreen:
    """The screen with this plan, as it stands once every host was asked."""
    await person.open(Place("evacuate", ref=str(HOST)))
    screen = person.screen
    assert isinstance(screen, EvacuateScreen)
    screen.workers.cancel_all()
    screen._drain, screen._said = drain, ""
    screen._list()
    await person.settle()
    return screen


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (160, 50)])
async def test_a_plan_says_who_goes_where_and_who_stays_and_why(tmp_path: Path, size: tuple[int, int]) -> None:
    async with acting_desk(tmp_path, size) as person:
        await opened(person)
        assert "2 go, 1 with their disks, 1 stay, 2 at a time" in person.text
        assert "esx-08" in person.line(" db-orders-01  ")
        assert "its disks are copied" in person.line(" web-front-11 ")
        assert "stays: it holds" in person.line("gpu-[red]train")


async def test_it_can_be_changed(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        screen = await opened(person)
        await person.press("n")
        assert "esx-03" in person.line(" db-orders-01  ")
        assert "its disks are copied" in person.line(" db-orders-01  ")
        await person.press("space")
        assert "left out" in person.line(" db-orders-01  ")
        assert "1 go" in person.text
        await person.press("space", "greater_than_sign")
        assert screen._drain is not None
        assert [one.name for one in screen._drain.moves][:2] == ["web-front-11", "db-orders-01"]
        await person.press("less_than_sign")
        await person.press(*["right_square_bracket"] * 3)
        assert screen._drain.moves[0].name == "db-orders-01"
        assert "4 at a time" in person.text
        await person.press(*["left_square_bracket"] * 6)
        assert "1 at a time" in person.text


async def test_nothing_is_sent_before_the_name_of_the_host_was_typed(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await opened(person)
        await person.press("enter")
        assert "evacuate esx-07" in person.text
        await person.press("escape")
        assert isinstance(person.screen, EvacuateScreen)


async def test_nobody_goes(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await opened(person, Drain(host=str(HOST), name="esx-07", moves=PLAN.moves[2:]))
        await person.press("enter")
        assert "no machine goes" in person.text
        await person.press("S")
        assert "nothing waits" in person.text
        await person.press("u")
        assert "nothing was cut off here" in person.text
