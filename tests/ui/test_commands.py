"""The `:` line, the palette and the jump to an object: what is typed there, what is offered, and what comes of it."""

from __future__ import annotations

import pytest

from novatui.actions.catalogue import verbs
from novatui.ui import fuzzy
from novatui.ui.commands import available
from novatui.ui.completion import offer
from novatui.ui.dialogs.picker import Picker
from novatui.ui.place import Place
from novatui.ui.screens.log import LogScreen
from novatui.ui.screens.registry import OF_ONE, SCREENS
from novatui.ui.widgets.commandline import CommandLine
from tests.ui import details, hostile
from tests.ui.desk import Desk, desk
from tests.ui.test_burst import burst
from tests.ui.world import world


async def command(person: Desk, text: str) -> None:
    await person.press("colon")
    await person.type(text)
    await person.press("enter")


async def test_a_command_opens_a_list_scoped_and_filtered() -> None:
    async with desk(world()) as person:
        await command(person, "vm @vc-east cpu>80")
        assert person.screen.place() == Place("vm", filter="cpu>80", scope="vc-east:connection:vc-east")
        assert "/cpu>80" in person.lines[1]
        assert "in vc-east" in person.lines[1]
        assert not person.lines[-1].startswith(" :")


async def test_a_command_opens_a_screen_from_any_other() -> None:
    async with desk(world()) as person:
        await command(person, "log disk full")
        assert person.screen.place() == Place("log", filter="disk full")
        await command(person, "vms web")
        assert person.screen is person.home
        assert person.filter.text == "web"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("vn", "no command `vn` — did you mean `vm`?"),
        ("vm @vc-est", "called `vc-est` — did you mean `vc-east`?"),
        ("vm cpuu>80", "there is no key cpuu — did you mean cpu?"),
        ("sort colour", "no column `colour`"),
        ("reconnect kvm-30", "no connection `kvm-30` — did you mean `kvm-03`?"),
        ("zzzz", "no command `zzzz` — Tab lists all"),
        ("help me", "`help` takes nothing behind it"),
        ("theme nosuch", "nosuch"),
    ],
)
async def test_what_means_nothing_is_told_and_can_be_mended(typed: str, said: str) -> None:
    async with desk(world(), (160, 50)) as person:
        before = person.home.place()
        await command(person, typed)
        assert said in person.lines[-1]
        assert person.home.place() == before
        if typed != "theme nosuch":
            assert isinstance(person.home.taker, CommandLine), "the line is still there to be mended"
            assert f" :{typed}" in person.lines[-1]
        await person.press("escape")
        assert "q quit" in person.lines[-1]


async def test_commands_do_what_their_keys_do() -> None:
    async with desk(world()) as person:
        await command(person, "sort cpu")
        assert person.home._listing.sort.key == "cpu.used"
        await command(person, "reconnect kvm-12")
        assert person.fleet.reconnected == ["kvm-12"]
        await command(person, "mark-invert")
        assert len(person.table.marks) == 46
        await command(person, "clock-utc")
        assert person.app.look.utc is False
        await command(person, "quit")
        assert "Quit?" in person.text


async def test_tab_completes_and_goes_round() -> None:
    async with desk(world()) as person:
        await person.press("colon", *"vm @kv", "tab")
        assert ":vm @kvm-03" in person.lines[-1]
        await person.press("tab")
        assert ":vm @kvm-12" in person.lines[-1]
        await person.press("shift+tab")
        assert ":vm @kvm-03" in person.lines[-1]
        await person.press("space", *"pow", "tab", *"runn", "tab", "enter")
        assert person.screen.place().filter == "power:running"
        assert person.screen.place().scope == "kvm-03:connection:kvm-03"


async def test_words_are_offered_while_they_are_typed() -> None:
    async with desk(world(), (160, 50)) as person:
        await person.press("colon")
        assert all(word in person.lines[-1] for word in ("vm", "host", "cluster"))
        await person.press(*"lo")
        assert person.lines[-1].startswith(" :log")
        await person.press("right", "enter")
        assert isinstance(person.screen, LogScreen)


async def test_offers_fit_the_place_in_the_line() -> None:
    async with desk(world()) as person:
        home = person.home
        assert "vm" in offer(home, "").words
        assert offer(home, "rec").words == ["reconnect"]
        assert "kvm-03" in offer(home, "reconnect ").words
        assert offer(home, "vm @esx").words[0].startswith("@esx-")
        assert "cpu>" in offer(home, "vm @vc-east c").words
        assert "!tag:" in offer(home, "vm !ta").words
        assert "fam:libvirt" in offer(home, "vm fam:").words
        assert "conn:vc-east" in offer(home, "vm conn:v").words
        assert "cpu" in offer(home, "sort ").words
        assert offer(home, "nonsense x").words == []
        assert offer(home, "help ").words == []
        await person.open("log")
        assert "sort" not in offer(person.screen, "").words


async def test_arrows_bring_back_what_was_typed_before() -> None:
    async with desk(world()) as person:
        await command(person, "vm web")
        await command(person, "vm db")
        await command(person, "vm web")
        assert person.app.stage.commands == ["vm db", "vm web"]
        await person.press("colon", *"lo", "up")
        assert ":vm web" in person.lines[-1]
        await person.press("up", "up")
        assert ":vm db" in person.lines[-1]
        await person.press("down", "down")
        assert person.lines[-1].startswith(" :log")
        await person.press("escape", "colon", "up", "enter")
        assert person.filter.text == "web"


async def test_backspace_on_nothing_and_a_click_leave_the_line() -> None:
    async with desk(world()) as person:
        await person.press("colon", "x", "backspace", "backspace")
        assert person.home.taker is None
        await person.press("colon")
        await person.pilot.click(person.table, offset=(5, 4))
        await person.settle()
        assert person.home.taker is None
        assert person.table.model.cursor_index == 3


async def test_a_whole_command_may_come_at_once() -> None:
    async with desk(hostile.fleet()) as person:
        burst(person, ["colon", *"log", "space", *"abc", "enter", "slash", "x", "enter", "escape", "escape"])
        await person.settle()
        assert person.screen is person.home
        burst(person, ["semicolon", *"utc", "enter", "z", "semicolon", "escape", "apostrophe", "escape"])
        await person.settle()
        assert person.app.look.utc is False
        assert person.home._zoomed == "table"


async def test_hostile_words_are_harmless() -> None:
    async with desk(hostile.fleet(), (80, 24)) as person:
        for text in hostile.TEXTS:
            await person.press("colon")
            person.screen.pasted(text)
            await person.press("tab", "enter")
            assert person.text
            await person.press("escape", "escape")
            while person.app.screen is not person.home:
                await person.press("escape")
        await person.press("apostrophe", "j")
        assert person.text


@pytest.mark.parametrize("name", ["vm", "log"])
async def test_every_verb_is_in_the_palette_and_behind_the_colon(name: str) -> None:
    async with desk(world(), place=Place(name)) as person:
        screen = person.screen
        for action in available(screen):
            assert (
                action.word in offer(screen, action.word[:-1]).words or len(offer(screen, action.word[:-1]).words) > 8
            )
            await person.press("semicolon")
            await person.type(action.word)
            picker = person.app.screen
            assert isinstance(picker, Picker)
            assert any(f":{action.word} " in f"{choice.far} " for choice in picker._choices), action.id
            await person.press("escape")


async def test_every_verb_of_the_catalogue_is_available_somewhere() -> None:
    async with desk(world()) as person:
        reached = set()
        for name in SCREENS:
            for tab in ("", "metrics"):
                ref = "kvm-03:vm:etl-big-2" if name in OF_ONE else ""
                other = "kvm-12:host:kvm-12" if name == "diff" else ""
                await person.open(Place(name, ref=ref, tab=tab, scope=other))
                reached |= {action.id for action in available(person.screen)}
    async with desk(details.fleet()) as person:
        await person.open(Place("detail", ref=f"kvm-03:{details.GPU}", tab="snapshots"))
        reached |= {action.id for action in available(person.screen)}
        assert reached == {action.id for action in verbs()}


async def test_the_palette_finds_a_verb_by_a_part_of_its_name_and_does_it() -> None:
    async with desk(world()) as person:
        await person.press("semicolon", *"inv mark")
        assert "invert marks" in person.line("mark-invert")
        await person.press("enter")
        assert person.app.screen is person.home
        assert len(person.table.marks) == 46


async def test_a_jump_finds_any_object() -> None:
    async with desk(world()) as person:
        await person.press("apostrophe", *"esx-07")
        assert "host" in person.line("host  vc-east")
        await person.press("enter")
        assert person.screen.subject() == person.slot("vc-east", "host:esx-07") or "esx-07" in person.text
        assert person.app.stage.visited == ["vc-east:host:esx-07"]
        while person.app.screen is not person.home:
            await person.press("escape")
        await person.press("apostrophe")
        picker = person.app.screen
        assert isinstance(picker, Picker)
        assert picker._choices[0].name == "esx-07", "who was visited lately comes first"
        await person.press("x", "y", "z", "z", "y")
        assert "nothing fits" in person.text
        await person.press("escape")
        assert person.app.screen is person.home


@pytest.mark.parametrize("size", [(20, 5), (80, 24)])
async def test_the_palette_scrolls_and_fits_any_screen(size: tuple[int, int]) -> None:
    async with desk(world(), size) as person:
        await person.press("semicolon", *["down"] * 30, "pageup", "pagedown", "up")
        picker = person.app.screen
        assert isinstance(picker, Picker)
        assert picker._choices[picker._at].name[:6] in person.text


def test_better_fits_come_first() -> None:
    judge = fuzzy.fit("db")
    order = ["db", "db-orders", "the-db", "xdb", "d-x-b"]
    scores = [judge(name) for name in order]
    assert scores == sorted(scores, key=lambda score: -(score or 0))
    assert judge("orders") is None
    assert fuzzy.fit("ord db")("db-orders") is not None
    assert fuzzy.fit("")("anything") is not None
