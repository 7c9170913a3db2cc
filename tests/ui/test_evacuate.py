"""Emptying a host from its screen: looked at, changed, asked for once, and then each machine on its way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from novatui.actions.bulk import Run
from novatui.actions.drain import Drain, Move, Target
from novatui.actions.drain_book import DrainBook
from novatui.actions.outcome import Done
from novatui.actions.proposal import Aim, Proposal
from novatui.config.paths import user_paths
from novatui.core.errors import Denied
from novatui.core.ids import ObjectRef
from novatui.core.operations import Operation, Plan
from novatui.core.states import Kind
from novatui.core.verbs import VERBS
from novatui.ui.asking import asked_of
from novatui.ui.place import Place
from novatui.ui.screens.evacuate import EvacuateScreen
from tests.fleets import until
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
        assert (
            "evacuate esx-07" in person.text or "move while it runs esx-07" in person.text
        )  # as soon as it is planned
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


async def test_what_was_taken_up_is_not_replaced_by_a_plan_that_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: asyncio.Future[Drain] = asyncio.get_running_loop().create_future()

    async def later(*_: object) -> Drain:
        return await answers

    monkeypatch.setattr("novatui.ui.screens.evacuate.planned", later)
    monkeypatch.setenv("NOVATUI_STATE_HOME", str(tmp_path / "home"))
    book = DrainBook(user_paths().drains)
    await book.take(PLAN, "oncall", 0.0)
    async with acting_desk(tmp_path, (100, 30)) as person:
        await person.open(Place("evacuate", ref=str(HOST)))
        screen = person.screen
        assert isinstance(screen, EvacuateScreen)
        await until(lambda: screen._lease is not None)
        await person.press("u")
        assert screen._drain is not None
        taken = screen._drain
        answers.set_result(Drain(host=str(HOST), name="esx-07", moves=PLAN.moves[1:]))
        await person.settle()
        assert screen._drain is taken


async def test_what_cannot_be_written_down_is_not_begun(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    book = DrainBook(tmp_path / "file" / "drains")
    with pytest.raises(Denied, match="nothing is begun"):
        await book.take(PLAN, "oncall", 0.0)


async def test_the_question_counts_where_they_go(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        acting = person.app.stage.acting
        assert acting is not None
        hosts = [str(ObjectRef("vc-east", Kind.HOST, name)) for name in ("esx-08", "esx-03", "esx-03")]
        aims = tuple(
            Aim(
                ref=ObjectRef("vc-east", Kind.VM, f"vm-{number}"),
                name=f"vm-{number}",
                operation=Operation(verb="migrate.live", key=f"vm:vm-{number}", arguments={"to": host}),
                plan=Plan(calls=()),
            )
            for number, host in enumerate(hosts)
        )
        proposal = Proposal(verb=VERBS["migrate.live"], aims=aims, level=1, phrase="esx-07", whole="esx-07")
        does = asked_of(proposal, person.app.stage, acting.gate).does
        assert "esx-08 (1)" in does
        assert "esx-03 (2)" in does


async def test_the_footer_tells_how_to_stop_it_once_it_runs(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        screen = await opened(person)
        assert "Enter carry it out" in person.lines[-1]
        assert "stop" not in person.lines[-1]
        ref = ObjectRef("vc-east", Kind.VM, "db-orders-01")
        operation = Operation(verb="migrate.live", key=ref.key)
        done = Done(ref=ref, name="db-orders-01", verb="migrate.live", operation=operation)
        screen._begun(Run([done]))
        await person.settle()
        assert "S stop" in person.lines[-1]
        assert "carry it out" not in person.lines[-1]
        await person.press("S")
        await person.press("enter")
        assert "it is over" in person.text
