"""Keys that a person chose: pressed, printed everywhere, complained about, and taken in while the console runs."""

from __future__ import annotations

from pathlib import Path

from novatui.actions.catalogue import ACTIONS, Scope
from novatui.actions.together import PLACES
from novatui.ui.keying import Keying
from novatui.ui.place import Place
from novatui.ui.screens.registry import SCREENS, screen_class
from novatui.ui.widgets.chart import Charts
from tests.ui.desk import desk
from tests.ui.world import world

CHOSEN = """
"move.down" = ["ctrl+n", "down"]
"tasks" = "Z"
"events" = "P"
"filter" = "="
"quit" = "X"
"help" = "B"
"mark" = ["Q", "space"]
"alarms" = []
"copy" = "Y"
"copy.uuid" = "x"
"dialog.close" = ["x", "escape"]
"answer.yes" = "ctrl+y"
"answer.no" = ["k", "escape"]
"""


def keying(folder: Path, text: str = CHOSEN) -> Keying:
    file = folder / "keys.toml"
    file.write_text(text, encoding="utf-8")
    return Keying(file)


def test_every_screen_is_one_of_the_places() -> None:
    for name in SCREENS:
        scopes = frozenset(screen_class(name).SCOPES)
        assert any(scopes <= place for place in PLACES), name
    assert any({*Charts.SCOPES, Scope.FRAME, Scope.OBJECTS} <= place for place in PLACES)


async def test_chosen_keys_work_and_those_of_the_catalogue_do_not(tmp_path: Path) -> None:
    async with desk(world(), keying=keying(tmp_path)) as person:
        first = person.under()
        await person.press("j")
        assert person.under() == first
        await person.press("ctrl+n")
        assert person.under() != first
        await person.press("t")
        assert person.screen is person.home
        await person.press("Z")
        assert person.screen.place().name == "task"
        await person.press("X")
        assert person.screen is person.home
        await person.press("P")
        assert person.screen.place().name == "ev"
        await person.press("escape", "exclamation_mark")
        assert person.screen is person.home
        await person.press("colon", *"alarm", "enter")
        assert person.screen.place().name == "alarm"
        await person.press("escape", "equals_sign", *"db", "enter")
        assert person.home.place().filter == "db"


async def test_footer_help_strip_palette_and_dialogs_print_them(tmp_path: Path) -> None:
    async with desk(world(), (100, 110), keying=keying(tmp_path)) as person:
        assert "Q mark" in person.lines[-1]
        assert "= filter" in person.lines[-1]
        assert "X quit" in person.lines[-1]
        assert "= to filter" in person.text
        await person.press("Y")
        assert "x uuid" in person.lines[-1]
        await person.press("escape", "semicolon", *"tasks &")
        assert "Z   :task" in person.text
        await person.press("escape", "X")
        assert "^Y yes   k no" in person.text
        await person.press("k", "B")
        assert "x close" in person.text
        for written in ("^N ↓", "Z ", "Y x", ":alarm"):
            assert written in person.text, written
        await person.press("x")
        assert person.app.screen is person.home


async def test_what_is_refused_is_said_at_start_and_the_rest_holds(tmp_path: Path) -> None:
    chosen = keying(tmp_path, '"tasks" = "j"\n"help" = "B"\n"nonsense" = "x"\n')
    async with desk(world(), (160, 50), keying=chosen) as person:
        assert " keys.toml:1: `j` means both `move.down` (built in) and `tasks`" in person.lines[-1]
        assert "1 more: `novatui config check`" in person.lines[-1]
        await person.press("t")
        assert person.screen.place().name == "task"
        assert "B help" in person.lines[-1]


async def test_reload_takes_in_what_was_changed_everywhere(tmp_path: Path) -> None:
    chosen = keying(tmp_path, "")
    async with desk(world(), keying=chosen, place=Place("task")) as person:
        (tmp_path / "keys.toml").write_text(CHOSEN)
        await person.press("colon", *"reload", "enter")
        await person.pilot.pause(0.2)
        await person.settle()
        assert "the keys are others now" in person.lines[-1]
        await person.press("X")
        assert person.screen is person.home
        assert "X quit" in person.lines[-1]
        (tmp_path / "keys.toml").write_text('"quit" = []\n')
        await person.press("colon", *"reload", "enter")
        await person.pilot.pause(0.2)
        await person.settle()
        assert "`quit` needs a key" in person.lines[-1]
        await person.press("t")
        assert person.screen.place().name == "task"


async def test_an_action_of_any_screen_can_be_given_a_key(tmp_path: Path) -> None:
    """Also one that the catalogue gives none: its screen has a binding for it."""
    keyless = [action.id for action in ACTIONS if not action.keys]
    assert len(keyless) > 15
    for action in keyless[:-1:5]:
        chosen = keying(tmp_path, f'"{action}" = "ctrl+y"\n')
        async with desk(world(), keying=chosen) as person:
            assert person.app.screen.active_bindings["ctrl+y"].binding.id == action
