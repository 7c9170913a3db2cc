"""Pictures of the console as text, kept under `golden/`: what they are of, and how they are drawn again.

After a change of the screens: `.venv/bin/python -m tests.ui.golden`, then read the difference in git.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from novatui.ui.columns.views import VIEWS
from novatui.ui.place import Place
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from tests.ui import (
    capability_pictures,
    change_pictures,
    chart_pictures,
    diff_pictures,
    hostile,
    migration_pictures,
    newcomer,
    posture_pictures,
    report_pictures,
    where_pictures,
)
from tests.ui.desk import Desk, desk
from tests.ui.still import StillFleet
from tests.ui.world import parts, world

FOLDER = Path(__file__).parent / "golden"

SIZES = ((60, 15), (80, 24), (100, 30), (160, 50), (200, 60))

SIGNS: dict[str, Marks] = {"drawn": DRAWN, "ascii": PLAIN}

Act = Callable[[Desk], Awaitable[None]]


async def _nothing(person: Desk) -> None:
    """As it opens."""


def _keys(*keys: str) -> Act:
    async def act(person: Desk) -> None:
        await person.press(*keys)

    return act


def _at(conn: str, key: str, tree: bool = False, *keys: str) -> Act:
    async def act(person: Desk) -> None:
        if tree:
            await person.press("tab")
        await person.go_to(conn, key, person.tree if tree else person.table)
        await person.press(*keys)

    return act


ACTS: dict[str, Act] = {
    "help": _keys("question_mark"),
    "quit": _keys("q"),
    "sort-prompt": _keys("s"),
    "sorted": _keys("s", "c"),
    "filter-open": _keys("slash", *"power:on vc", "backspace"),
    "filter-error": _keys("slash", *"cpu>"),
    "filter-nothing": _keys("slash", *"no-such-machine", "enter"),
    "marked": _keys("space", "space", "j", "V", "j", "j"),
    "pinned": _keys("G", "w", "j", "j", "w", "s", "c", "j"),
    "zoomed": _keys("z"),
    "columns": _keys("v", "o", "j", "space"),
    "tree-zoomed": _keys("tab", "z"),
    "overlay-closed": _keys("O", "O"),
    "scoped": _at("vc-east", "host:esx-07", True, "at"),
    "vm-busy": _at("vc-east", "vm:db-orders-01"),
    "vm-huge": _at("vc-east", "vm:huge"),
    "vm-unknown": _at("kvm-12", "vm:mystery"),
    "vm-off": _at("pool-xen", "vm:legacy-app"),
    "vm-stale": _at("pve-lab", "container:101"),
    "template": _at("vc-east", "template:t", True),
    "host": _at("vc-east", "host:esx-07", True),
    "host-maintenance": _at("vc-east", "host:esx-09", True),
    "cluster": _at("vc-east", "cluster:a", True),
    "connection-down": _at("pve-lab", "connection:pve-lab", True),
    "connection-protected": _at("vc-east", "connection:vc-east", True),
}
"""What a person did before the picture of 100×30 was taken, by the name of the picture."""

ACTS |= {
    "tasks-failed": _keys("t", "j", "j", "j"),
    "tasks-unknown": _keys("t", "G"),
    "tasks-filtered": _keys("t", "slash", *"fam:xen,vc severity:error", "enter"),
    "tasks-filter-error": _keys("t", "slash", *"severity:eror"),
    "events-pane": _keys("t", "tab", "j", "j"),
    "alarms-said": _keys("exclamation_mark", "a", "j", "z", "8", "j", "space", "space"),
    "alarms-silence": _keys("exclamation_mark", "z"),
    "alarms-filter-nothing": _keys("exclamation_mark", "slash", *"nothing like it", "enter"),
}

SCREENS = {"tasks": "t", "alarms": "exclamation_mark"}
"""Screens that are pictured at every size: the key that opens each."""


DIALOGS: dict[str, Act] = {
    "palette": _keys("semicolon"),
    "palette-typed": _keys("semicolon", *"exp", "down"),
    "palette-nothing": _keys("semicolon", *"no such verb"),
    "jump": _keys("apostrophe"),
    "jump-typed": _keys("apostrophe", *"dbor"),
    "columns-chosen": _keys("v", "o", "j", "j", "space", "J"),
}
"""Dialogs over the home screen that are pictured at three sizes, and one of them in ASCII."""

VIEWED = ((80, 24), (100, 30), (160, 50))
"""Sizes of the pictures of the other lists."""


def _view(name: str) -> Act:
    async def act(person: Desk) -> None:
        person.app.stage.navigation.open(Place(name))
        await person.settle()

    return act


async def picture(
    size: tuple[int, int], marks: Marks, act: Act = _nothing, fleet: Callable[[], StillFleet] = world
) -> str:
    """The screen after an act."""
    async with desk(fleet(), size, marks) as person:
        await act(person)
        return person.text + "\n"


def every() -> dict[str, Callable[[], Awaitable[str]]]:
    """All pictures by file name."""
    found: dict[str, Callable[[], Awaitable[str]]] = {}
    for name, marks in SIGNS.items():
        for size in SIZES:
            found[f"{name}-{size[0]}x{size[1]}"] = lambda size=size, marks=marks: picture(size, marks)
    for name, act in ACTS.items():
        found[name] = lambda act=act: picture((100, 30), DRAWN, act)
    for name, act in DIALOGS.items():
        for size in VIEWED:
            found[f"{name}-{size[0]}x{size[1]}"] = lambda act=act, size=size: picture(size, DRAWN, act)
        found[f"{name}-ascii"] = lambda act=act: picture((80, 24), PLAIN, act)
        found[f"{name}-hostile"] = lambda act=act: picture((80, 24), DRAWN, act, hostile.fleet)
        for sign, marks in SIGNS.items():
            found[f"{name}-tiny-{sign}"] = lambda act=act, marks=marks: picture((38, 9), marks, act)
    for view in VIEWS[1:]:
        for sign, marks in SIGNS.items():
            for size in VIEWED:
                found[f"{sign}-{view.name}-{size[0]}x{size[1]}"] = lambda size=size, marks=marks, view=view: picture(
                    size, marks, _view(view.name), parts
                )
    for screen, key in SCREENS.items():
        for name, marks in SIGNS.items():
            for size in SIZES[1:4]:
                shot = f"{screen}-{name}-{size[0]}x{size[1]}"
                found[shot] = lambda size=size, marks=marks, key=key: picture(size, marks, _keys(key))
        found[f"{screen}-hostile"] = lambda key=key: picture((100, 30), DRAWN, _keys(key), hostile.fleet)
        found[f"{screen}-low"] = lambda key=key: picture((60, 12), DRAWN, _keys(key))
    for name in ("host", "cluster"):
        found[f"drawn-{name}-200x60"] = lambda name=name: picture((200, 60), DRAWN, _view(name), parts)
    found["empty"] = lambda: picture((100, 30), DRAWN, fleet=lambda: StillFleet([]))
    found |= newcomer.pictures()
    found["ascii-help"] = lambda: picture((80, 24), PLAIN, ACTS["help"])
    return (
        found
        | chart_pictures.PICTURES
        | change_pictures.PICTURES
        | migration_pictures.PICTURES
        | where_pictures.PICTURES
        | capability_pictures.PICTURES
        | diff_pictures.PICTURES
        | report_pictures.PICTURES
        | posture_pictures.PICTURES
    )


async def _draw() -> None:
    FOLDER.mkdir(exist_ok=True)
    pictures = every()
    for old in FOLDER.glob("*.txt"):
        if old.stem not in pictures:
            old.unlink()
    for name, draw in pictures.items():
        (FOLDER / f"{name}.txt").write_text(await draw(), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(_draw())
