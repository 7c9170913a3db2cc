"""What keeps hosts from maintenance, through its keys: asked once, told as it comes, filtered, and led on from."""

from __future__ import annotations

from pathlib import Path

from novatui.ui.place import Place
from novatui.ui.screens.blockers import BlockerScreen
from novatui.ui.screens.evacuate import EvacuateScreen
from novatui.ui.screens.where import WhereScreen
from tests.fleets import until
from tests.ui.hands import acting_desk
from tests.ui.report_pictures import answering, blockers

SIZE = (100, 30)


async def test_who_blocks_stands_first_with_what_holds_it_and_what_would_help(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        placing = await blockers(person, "vc-east:host:esx-07")
        assert "no: 1 of 5 that run keep it" in person.text
        assert "× 1 block  ✓ 4 can leave" in person.text
        line = next(line for line in person.lines if " db-orders-01 " in line)
        assert "! cold only   0000:5e:00.2" in line
        assert "detach it (0000:5e:00.2); shut it down: then it can go" in person.text
        assert "it can go when it is shut down" in person.text
        assert "QueryVMotionCompatibilityEx_Task" in person.text
        assert set(placing.read.values()) == {1}


async def test_answers_are_shown_as_they_come(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        placing = answering(person)
        placing.answers.clear()
        await person.open(Place("blockers", ref="vc-east:host:esx-07"))
        await person.settle()
        assert "0 of 5 machines asked" in person.text
        assert "5 not asked yet" in person.text
        placing.answers.set()
        await until(lambda: "5 machines" in person.text)


async def test_several_hosts_stand_above_their_machines_and_fold(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        await blockers(person)
        assert "▾ esx-03  ? 1 unknown  ✓ 4 can leave" in person.text
        await person.press("h")
        assert "▸ esx-03" in person.text
        assert "web-front-11" not in person.text
        await person.press("slash", *"cold", "enter")
        assert "db-orders-01" in person.text
        assert "esx-03" not in person.text
        await person.press("escape")
        assert "esx-03" in person.text


async def test_enter_asks_where_a_machine_can_run_and_plans_to_empty_a_host(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        await blockers(person)
        await person.press("j", "enter")
        assert isinstance(person.screen, WhereScreen)
        await person.press("escape")
        assert isinstance(person.screen, BlockerScreen)
        await person.press("k", "enter")
        assert isinstance(person.screen, EvacuateScreen)


async def test_the_command_takes_what_is_meant_named_or_all(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        answering(person)
        await person.go_to("vc-east", "vm:db-orders-01")
        for command, ref in (
            ("blockers", "vc-east:host:esx-07"),
            ("blockers esx-08", "vc-east:host:esx-08"),
            ("blockers @hv-clu1", "hv-clu1:connection:hv-clu1"),
            ("blockers all", ""),
        ):
            await person.press("colon")
            await person.type(command)
            await person.press("enter")
            await person.settle()
            assert person.screen.place() == Place("blockers", ref=ref), command
            await person.press("escape")
        await person.press("colon")
        await person.type("blockers nowhere")
        await person.press("enter")
        assert "is called `nowhere`" in person.text


async def test_asking_again_asks_everything_again(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        placing = await blockers(person, "vc-east:host:esx-07")
        placing.held.clear()
        await person.press("r")
        await until(lambda: "yes: all that run can leave" in person.text)
        assert set(placing.read.values()) == {2}


async def test_what_is_listed_can_be_exported(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        await blockers(person, "vc-east:host:esx-07")
        listed = person.screen.listed()
        assert listed is not None
        assert listed.titles[:2] == ["HOST", "MACHINE"]
        assert len(listed.cells) == len(listed.values) == 5
        assert listed.values[0]["answer"] == "cold"
        assert listed.values[0]["holds"] == "0000:5e:00.2"
