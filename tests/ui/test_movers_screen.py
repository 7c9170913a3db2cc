"""The screen of the top movers: who stands first, what a key looks for, and what is measured meanwhile."""

from __future__ import annotations

import pytest

from novatui.ui.place import Place
from novatui.ui.render.marks import PLAIN
from tests.ui import hostile
from tests.ui.desk import NARROW, Desk, desk
from tests.ui.still import StillFleet
from tests.ui.world import SPECS, host, load, machine

STEP = 2.0


def moved(steps: int = 60, names: tuple[str, ...] = ("rising", "falling", "steady")) -> StillFleet:
    """Machines whose load went from its first half to another one; none of them was measured lately but these."""
    fleet = StillFleet(SPECS)
    fleet.connect("kvm-03")
    fleet.tell("kvm-03", {"host:kvm-03": host("kvm-03")})
    fleet.tell("kvm-03", {f"vm:{at}": machine(name, "kvm-03") for at, name in enumerate(names)})
    levels = [(10.0, 90.0), (70.0, 40.0), (20.0, 20.0)]
    fleet.clock.advance(-steps * STEP)
    for step in range(steps):
        fleet.clock.advance(STEP)
        now = {f"vm:{at}": load("same", levels[at % 3][step * 2 // steps]) for at, _ in enumerate(names)}
        now["vm:0"]["net.rx"] = now["vm:0"]["net.tx"] = 1000.0
        fleet.measure("kvm-03", now)
    return fleet


def rows(person: Desk) -> list[str]:
    return [line for line in person.lines[3:-1] if line.strip(" ▐#")]


async def test_the_greatest_change_stands_first_and_says_which_way() -> None:
    async with desk(moved(), (100, 30)) as person:
        await person.open("top")
        lines = rows(person)
        assert [line.split()[0].strip("▌") or line.split()[1] for line in lines] == ["rising", "falling", "steady"]
        assert "↑ 80%" in lines[0]
        assert " 10%" in lines[0]
        assert " 90%" in lines[0]
        assert "↓ 30%" in lines[1]
        assert "3 of 3 machines measured long enough" in person.lines[1]


@pytest.mark.parametrize(
    ("key", "title", "first"),
    [
        ("m", "memory", "rising"), ("d", "disk traffic", "rising"), ("n", "network traffic", "falling"),
        ("W", "cpu wait", "rising"), ("L", "disk latency", "rising"), ("c", "cpu", "rising"),
    ],
)  # fmt: skip
async def test_a_key_looks_for_another_metric(key: str, title: str, first: str) -> None:
    async with desk(moved(), NARROW) as person:
        await person.open("top")
        await person.press(key)
        assert f"in 5 min: {title} " in person.lines[1]
        assert first in rows(person)[0]


async def test_everything_is_measured_while_it_is_shown() -> None:
    async with desk(moved()) as person:
        await person.open("top")
        assert person.screen.wanted() == dict.fromkeys(person.fleet.connections)


async def test_too_few_samples_are_no_change() -> None:
    async with desk(moved(steps=5)) as person:
        await person.open("top")
        assert "nothing to compare yet: that takes 30 s of samples" in person.text
        assert "0 of 3 machines" in person.text


async def test_new_samples_change_the_order_and_silence_empties_it() -> None:
    async with desk(moved()) as person:
        await person.open("top")
        for _ in range(8):
            person.fleet.clock.advance(STEP)
            person.fleet.measure("kvm-03", {"vm:2": load("same", 99.0), "vm:0": load("same", 10.0)})
            await person.settle()
        assert "steady" in rows(person)[0]
        await person.pass_time(120)
        assert "nothing to compare" in person.text


async def test_the_place_names_the_metric() -> None:
    async with desk(moved()) as person:
        await person.open(Place("top", tab="net"))
        assert "network traffic" in person.lines[1]
        await person.press("m")
        assert person.screen.place() == Place("top", tab="mem")
        await person.open(Place("top", tab="no-such-metric"))
        assert person.screen.place() == Place("top", tab="cpu")


async def test_hostile_names_and_plain_signs() -> None:
    async with desk(moved(names=hostile.TEXTS), NARROW, PLAIN) as person:
        await person.open("top")
        assert hostile.ESCAPE not in person.text
        assert "^ 80%" in person.text


async def test_enter_opens_the_charts_of_the_machine() -> None:
    async with desk(moved()) as person:
        await person.open("top")
        await person.press("j", "enter")
        assert person.screen.place() == Place("detail", ref="kvm-03:vm:1", tab="metrics")
        assert "a used 40%" in person.text
        await person.press("escape")
        assert person.screen.place().name == "top"
