"""Every key of the catalogue on every screen, also on a tiny one: no traceback, and a screen that is whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from novatui.actions.catalogue import ACTIONS, Action, Scope, in_scope, in_strip
from novatui.core.states import Kind
from novatui.ui.commands import scopes_of
from novatui.ui.keying import Keying
from novatui.ui.place import Place
from novatui.ui.render.detail.tabs import TABS
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.screens.registry import OF_ONE, SCREENS
from tests.ui import detail_pictures, details
from tests.ui.desk import Desk, desk
from tests.ui.world import parts, world

OBJECT = "kvm-03:vm:etl-big-2"

PLACES = [Place(name) for name in SCREENS if name not in OF_ONE]
PLACES += [Place("passthrough", ref=ref) for ref in ("kvm-03:host:kvm-03", OBJECT)]
PLACES += [Place("detail", ref=OBJECT, tab=tab) for tab in ("", "metrics", "raw")]
PLACES += [Place("where", ref=OBJECT)]
PLACES += [Place("diff", ref="kvm-03:host:kvm-03", scope="kvm-12:host:kvm-12")]
"""Every list and screen, with something in each."""

TOLD = [(conn, key) for name, (conn, key) in detail_pictures.OBJECTS.items() if name not in detail_pictures.FIRST_ONLY]
TOLD += [("vc-east", "connection:vc-east"), ("pve-lab", "connection:pve-lab"), ("vc-east", "datacenter:dc")]
DETAILS = [
    Place("detail", ref=f"{conn}:{key}", tab=tab.name)
    for conn, key in TOLD
    for tab in TABS[Kind(key.partition(":")[0])]
]
"""Every tab of every kind of object."""


def keys_on(screen: FrameScreen) -> list[tuple[Action, list[str]]]:
    """What can be pressed there, a leader with each of its second keys."""
    scopes, keys = scopes_of(screen), screen.stage.keys.keys
    found: list[tuple[Action, list[str]]] = []
    for action in in_scope(*scopes):
        if not action.leader:
            found += [(action, [key]) for key in keys(action)]
            found += [(other, [keys(action)[0], key]) for other in in_strip(action, scopes) for key in keys(other)]
    return found


def other_keys(folder: Path) -> Keying:
    """Every letter of the catalogue in place of its capital, and the other way round."""
    file = folder / "keys.toml"
    swapped = {one.id: [key.swapcase() if len(key) == 1 else key for key in one.keys] for one in ACTIONS}
    file.write_text("".join(f'"{name}" = {json.dumps(keys)}\n' for name, keys in swapped.items()), encoding="utf-8")
    keying = Keying(file)
    assert not keying.problems
    assert len(keying.keymap.chosen) == len(ACTIONS)
    return keying


async def back_to(person: Desk, place: Place) -> None:
    """Leave whatever is open, and be at this place again."""
    for _ in range(6):
        if isinstance(person.app.screen, FrameScreen) and person.app.screen.taker is None:
            break
        await person.press("escape")
    at = person.screen.place()
    if (at.name, at.ref, at.tab) != (place.name, place.ref, place.tab):
        await person.open(place)


@pytest.mark.parametrize("size", [(80, 24), (20, 5)], ids=str)
@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_every_key_on_every_screen(place: Place, size: tuple[int, int]) -> None:
    async with desk(parts(), size, place=place) as person:
        await press_all(person)


@pytest.mark.parametrize("place", DETAILS, ids=str)
async def test_every_key_on_every_tab(place: Place) -> None:
    async with desk(details.fleet(), (80, 24), place=place) as person:
        assert person.screen.place().tab == place.tab
        await press_all(person)


@pytest.mark.parametrize("kind", [Kind.SNAPSHOT, Kind.DEVICE, Kind.TEMPLATE, Kind.GROUP, Kind.FOLDER])
async def test_every_key_on_what_tells_little(kind: Kind) -> None:
    async with desk(parts(), (80, 24)) as person:
        store = person.fleet.inventory
        await person.open(Place("detail", ref=str(store.ref(next(iter(store.slots(kind)))))))
        await press_all(person)


DIALOGS: dict[str, tuple[list[str], tuple[Scope, ...]]] = {
    "palette": (["semicolon"], (Scope.PICKER, Scope.TEXT)),
    "jump": (["apostrophe"], (Scope.PICKER, Scope.TEXT)),
    "columns": (["v", "o"], (Scope.COLUMNS,)),
    "help": (["question_mark"], (Scope.DIALOG,)),
    "quit": (["q"], (Scope.QUESTION,)),
    "command": (["colon", "h", "o"], (Scope.COMMAND, Scope.TEXT)),
    "filter": (["slash", "d", "b"], (Scope.FILTER, Scope.TEXT)),
    "file": (["E", "c"], (Scope.COMMAND, Scope.TEXT)),
}
"""What is opened over a screen: by which keys, and whose keys it takes."""


@pytest.mark.parametrize("dialog", DIALOGS)
async def test_every_key_in_every_dialog(dialog: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    opened, scopes = DIALOGS[dialog]
    keys = [(action, key) for action in in_scope(*scopes) for key in action.keys if action.id != "answer.yes"]
    assert len(keys) >= 3
    async with desk(world(), (80, 24)) as person:
        for action, key in keys:
            await person.press(*opened)
            assert person.app.screen is not person.home or person.home.taker is not None
            await person.press(key)
            assert person.text is not None, action.id
            assert person.app._exception is None, action.id
            await back_to(person, Place("vm"))
            assert person.app.screen is person.home, action.id
            assert person.home.taker is None, action.id


async def press_all(person: Desk) -> None:
    """Every key, each from the same place."""
    pressed, place = keys_on(person.screen), person.screen.place()
    assert len(pressed) > 20
    for action, keys in pressed:
        await person.press(*keys)
        assert person.text is not None, action.id
        assert person.app._exception is None, action.id
        await back_to(person, place)
        assert isinstance(person.app.screen, FrameScreen), action.id
    await person.press("ctrl+c")
    assert type(person.app.screen).__name__ == "QuitDialog"


@pytest.mark.parametrize("place", [Place("vm"), Place("detail", ref=OBJECT), Place("alarm")], ids=str)
async def test_every_key_that_somebody_chose(place: Place, tmp_path: Path) -> None:
    async with desk(world(), place=place, keying=other_keys(tmp_path)) as person:
        pressed = keys_on(person.screen)
        there = person.screen.place()
        assert ["T"] in [keys for action, keys in pressed if action.id == "tasks"]
        for action, keys in pressed:
            await person.press(*keys)
            assert person.app._exception is None, action.id
            await back_to(person, there)
        assert "Q " in person.lines[-1]
        await person.press("q")
        assert isinstance(person.app.screen, FrameScreen)


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (80, 24)], ids=str)
async def test_q_and_y_leave_on_any_screen(size: tuple[int, int]) -> None:
    async with desk(world(), size) as person:
        await person.pilot.press("q", "y")
        await person.pilot.pause()
        assert person.app._exit


@pytest.mark.parametrize("before", [["slash", "x"], ["colon", "x"], ["semicolon", "x"], ["question_mark"], ["y"], []])
async def test_ctrl_c_asks_wherever_one_is_and_leaves_when_asked_twice(before: list[str]) -> None:
    async with desk(world()) as person:
        await person.press(*before, "ctrl+c")
        assert "Quit?" in person.text
        assert not person.app._exit
        await person.pilot.press("ctrl+c")
        await person.pilot.pause()
        assert person.app._exit
