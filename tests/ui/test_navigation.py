"""From screen to screen and back: places, history, and what a screen is told that was covered for a while."""

from __future__ import annotations

import pytest
from textual.events import Key

from novatui.engine.logline import LogLine
from novatui.ui.place import Place, parse
from novatui.ui.pulse import merged
from novatui.ui.screens.log import LogScreen
from novatui.ui.screens.registry import SCREENS, screen_class
from tests.ui.desk import desk
from tests.ui.world import machine, world


@pytest.mark.parametrize(
    "place",
    [
        Place(),
        Place("log", filter="disk full = 100 %"),
        Place("detail", ref="kvm-03:vm:4f%3A", tab="metrics"),
        Place("vm", filter="cpu>80 ~^a b", scope="vc-east:host:esx-07", sort="-cpu.used"),
    ],
)
def test_a_place_is_one_line(place: Place) -> None:
    assert "\n" not in str(place)
    assert parse(str(place)) == place


@pytest.mark.parametrize("line", ["", " filter=x", "vm nonsense", "vm colour=red", "vm name=log"])
def test_what_is_no_place_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        parse(line)


def test_every_screen_exists() -> None:
    for name in SCREENS:
        assert screen_class(name).SCOPES


async def test_a_screen_lies_over_home_and_goes_again() -> None:
    async with desk(world()) as person:
        await person.open("log")
        assert isinstance(person.screen, LogScreen)
        assert "NovaTUI › log" in person.lines[0]
        assert "q close" in person.lines[-1]
        await person.press("escape")
        assert person.screen is person.home
        assert "q quit" in person.lines[-1]


async def test_a_key_behind_the_one_that_opens_a_screen_is_for_that_screen() -> None:
    async with desk(world()) as person:
        person.app.stage.navigation.open(Place("log"))
        for key in ("slash", "d", "b"):
            person.app.post_message(Key(key, key))
        await person.settle()
        assert person.screen.place() == Place("log", filter="db")


async def test_q_closes_a_screen_and_asks_on_the_last() -> None:
    async with desk(world(), place=Place("log")) as person:
        await person.press("q")
        assert person.app.screen is person.home
        await person.press("q")
        assert "Quit?" in person.text


async def test_esc_on_the_first_place_stays_there() -> None:
    async with desk(world()) as person:
        await person.press("escape", "escape")
        assert person.app.screen is person.home


async def test_minus_goes_to_the_last_place_and_back() -> None:
    async with desk(world()) as person:
        await person.press("minus")
        assert "there is no place before this one" in person.lines[-1]
        await person.press("j")
        assert "there is no place" not in person.text
        await person.open(Place("log", filter="disk"))
        await person.press("minus")
        assert person.screen is person.home
        await person.press("minus")
        assert person.screen.place() == Place("log", filter="disk")
        await person.press("escape", "escape")
        assert person.screen is person.home


async def test_lists_are_shown_at_home_and_remembered() -> None:
    async with desk(world()) as person:
        await person.open("log")
        await person.open(Place(filter="db"))
        assert person.screen is person.home
        assert "/db" in person.lines[1]
        await person.open(Place(filter="web", scope="kvm-12:connection:kvm-12"))
        assert set(person.names()) == {"web-kvm-00", "web-kvm-03", "web-kvm-05"}
        await person.press("escape", "escape", "escape")
        assert person.screen.place().filter == "db", "filter and scope were dropped first, then the place"
        await person.press("escape", "escape")
        assert isinstance(person.screen, LogScreen)


async def test_the_way_back_does_not_keep_every_screen() -> None:
    async with desk(world()) as person:
        for _ in range(3):
            for filter in ("one", "two"):
                await person.open(Place("log", filter=filter))
            await person.open(Place(filter="db"))
        assert len(person.app.stage.navigation.screens) == 1
        await person.press("escape", "escape")
        assert person.screen.place() == Place("log", filter="two")


async def test_a_covered_screen_is_told_what_it_missed() -> None:
    fleet = world()
    async with desk(fleet) as person:
        await person.open("log")
        fleet.tell("kvm-03", {"vm:new": machine("aaa-new", "kvm-03")})
        await person.settle()
        assert "aaa-new" not in person.names()
        fleet.remove("kvm-12", "vm:mystery")
        await person.settle()
        await person.press("escape")
        assert person.names()[0] == "aaa-new"
        assert "mystery" not in person.text


async def test_only_the_screen_on_top_is_measured_for() -> None:
    fleet = world()
    async with desk(fleet) as person:
        await person.pilot.pause(0.3)
        assert any(person.home.wanted().values())
        await person.open("log")
        assert not any(person.screen.wanted().values())
        assert person.app.stage.pulse.top is person.screen


def test_two_drains_are_as_good_as_one() -> None:
    fleet = world()
    first = fleet.drain()
    fleet.tell("kvm-03", {"vm:new": machine("aaa-new", "kvm-03")})
    fleet.remove("kvm-12", "vm:mystery")
    second = fleet.drain()
    both = merged(first, second)
    assert both.rows >= first.rows | second.rows
    assert both.gone == second.gone != set()
    assert both.events == first.events + second.events
    assert both.structure


async def test_the_log_shows_workers_and_console_by_time() -> None:
    fleet = world()
    now = fleet.clock.time()
    fleet.worker.log = [LogLine(now - 5, "libvirt: first"), LogLine(now - 1, "libvirt: last")]
    for conn in fleet.connections:
        if conn != "kvm-03":
            fleet._links._workers.pop(conn)  # type: ignore[attr-defined]
    async with desk(fleet) as person:
        person.app.stage.console_log = lambda: [LogLine(now - 3, "novatui.engine WARNING between")]
        await person.open("log")
        said = [line for line in person.lines if ":4" in line and ("kvm-03" in line or "console" in line)]
        assert [line.split()[-1] for line in said] == ["first", "between", "last"]
        fleet.worker.log = [*fleet.worker.log, LogLine(now, "libvirt: disk full")]
        await person.pass_time(5)
        assert "disk full" in person.text
        await person.press("slash", *"disk", "enter")
        assert "first" not in person.text
        assert "disk full" in person.text
        await person.press("escape")
        assert "first" in person.text


async def test_the_log_follows_until_somebody_scrolls_up() -> None:
    fleet = world()
    now = fleet.clock.time()
    lines = [LogLine(now, f"number {n}") for n in range(100)]
    async with desk(fleet, place=Place("log")) as person:
        person.app.stage.console_log = lambda: lines
        await person.pass_time(5)
        assert "number 99" in person.text
        await person.press("k", "k")
        lines.append(LogLine(now, "number 100"))
        await person.pass_time(5)
        assert "number 97" in person.text
        assert "number 99" not in person.text
        await person.press("G")
        assert "number 100" in person.text
        await person.press("g")
        assert "number 0" in person.text


async def test_a_long_line_of_the_log_is_not_cut() -> None:
    fleet = world()
    text = " ".join(f"word{n}" for n in range(30))
    async with desk(fleet, (80, 24)) as person:
        person.app.stage.console_log = lambda: [LogLine(fleet.clock.time(), text)]
        await person.open("log")
        body = "".join(line[25:79] for line in person.lines[2:-1])
        assert text.replace(" ", "") in body.replace(" ", "")
