"""Pictures of the console: what they are of, and how they are taken from a demo fleet that stands still."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from textual.pilot import Pilot

from novatui.actions.gate import Gate
from novatui.actions.journal_writer import Journal
from novatui.config.alarms import Alarms as AlarmConfig
from novatui.config.alarms import default_alarms
from novatui.core.states import Power
from novatui.engine.alarms import Alarms
from novatui.engine.fleet import Fleet
from novatui.ui.app import NovaApp
from novatui.ui.place import Place
from novatui.ui.render.look import Look
from novatui.ui.render.marks import DRAWN
from novatui.ui.svg import self_contained
from novatui.ui.textual_private import screen_text
from novatui.ui.theme import load_theme
from novatui.ui.theming import Theming

MOMENT = 1_795_400_000
"""Epoch second of every picture: 2026-11-22, 22:13 UTC."""

FLEET = f"demo://?at={MOMENT}"
"""The fleet that they are taken of."""

LONGEST = 60.0
"""Seconds to wait for what belongs on a picture; after that it is taken without."""

_REST = 0.4
"""Seconds without a change after which a screen is finished."""


_TIMELESS = AlarmConfig(
    interval=0.0, rules={name: rule for name, rule in default_alarms().rules.items() if not rule.duration}
)
"""Alarms that do not depend on how long it takes to take the pictures."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """One picture: where to go, what to press there, and in which size."""

    name: str
    title: str
    """What is to be seen, for the README."""
    place: Place = Place()
    at: str = ""
    """Name of the machine under the cursor."""
    keys: tuple[str, ...] = ()
    width: int = 120
    height: int = 34
    theme: str = "dark"
    fleeting: bool = False
    """What it shows depends on how long the fleet has been looked at."""


MACHINE = "db-docs-02"
"""Which machine is shown in full."""

PICTURES: tuple[Picture, ...] = (
    # The first one: a migration of which nothing more is heard is stale before long.
    Picture(
        name="migration",
        title="A migration that will not end, why, and the ways out",
        place=Place("mig"),
        height=40,
        fleeting=True,
    ),
    Picture(name="fleet", title="Six connections of five families in one tree", at=MACHINE),
    Picture(name="filter", title="One filter language for all", keys=("slash", *"cpu>60 !host:esx-08", "enter")),
    Picture(name="hosts", title="Hosts of all families", place=Place("host")),
    Picture(name="stores", title="Stores, the fullest first", place=Place("ds")),
    Picture(name="machine", title="A machine in full", at=MACHINE, keys=("enter",)),
    Picture(name="charts", title="Its charts", at=MACHINE, keys=("enter", "2")),
    Picture(name="native", title="Its native form", at=MACHINE, keys=("enter", "9")),
    Picture(name="top", title="Top movers", place=Place("top"), fleeting=True),
    Picture(name="tasks", title="Tasks and events of all connections, on one clock", place=Place("task")),
    Picture(name="alarms", title="Alarms", place=Place("alarm")),
    Picture(
        name="capabilities",
        title="What can be done where, and the evidence for it",
        place=Place("cap"),
        keys=("j",) * 5,
        fleeting=True,
    ),
    Picture(name="where", title="Where a machine can run", at=MACHINE, keys=("m", "w"), fleeting=True),
    Picture(
        name="passthrough", title="Devices of a host by IOMMU group", at="kvm-03", place=Place("host"), keys=("x", "l")
    ),
    Picture(name="power", title="What can be done to a machine, and why the rest cannot", at=MACHINE, keys=("p",)),
    Picture(
        name="confirm",
        title="What is sent, lost and written down, before anything is sent",
        at=MACHINE,
        keys=("p", "O"),
    ),
    Picture(name="snapshot", title="A form for what a change takes", at=MACHINE, keys=("n", "c", *"before-patch")),
    Picture(name="narrow", title="80 columns over SSH", width=80, height=24),
    Picture(name="lines", title="Lines of words below 80 columns", width=60, height=20),
    Picture(name="help", title="Every key, printed from the one catalogue", keys=("question_mark",)),
    Picture(name="light", title="The light theme", theme="light"),
    Picture(name="contrast", title="The high-contrast theme", theme="contrast"),
)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A picture, taken."""

    picture: Picture
    svg: str
    text: str
    """The same as plain text."""


async def take(fleet: Fleet, pictures: Sequence[Picture]) -> AsyncIterator[Taken]:
    """Take these pictures of a fleet on FLEET, one after another on one console that nobody sees."""
    theming = Theming("dark", environ={})
    look = Look(marks=DRAWN, styles=load_theme("dark").styles, utc=True, epoch=lambda: float(MOMENT))
    with TemporaryDirectory() as folder:  # of the journal: what is shown is asked, and nothing of it is done
        gate = Gate(fleet, Journal(Path(folder) / "journal.jsonl", user="oncall", environ={}, system_log=None))
        app = NovaApp(
            fleet, look=look, theming=theming, alarms=Alarms(fleet, _TIMELESS, clocks=look), gate=lambda: gate
        )
        async with app.run_test(size=(pictures[0].width, pictures[0].height)) as pilot:
            await fleet.settled(LONGEST)
            for picture in pictures:
                await pilot.resize_terminal(picture.width, picture.height)
                if app.theming.theme.name != picture.theme:
                    app.theming.wear(app, look, picture.theme)
                await _pose(app, pilot, picture)
                yield Taken(
                    picture=picture, svg=self_contained(app.export_screenshot(title="NovaTUI")), text=screen_text(app)
                )
                await _leave(app, pilot)


async def _pose(app: NovaApp, pilot: Pilot[Any], picture: Picture) -> None:
    app.stage.navigation.open(picture.place)
    await _finished(app, pilot)
    if picture.at:
        slot = next(slot for slot in app.fleet.inventory.slots() if app.fleet.inventory.name(slot) == picture.at)
        app.stage.navigation.top.rows().reveal(slot)
        await _finished(app, pilot)
    for key in picture.keys:
        await pilot.press(key)
    await _finished(app, pilot)


async def _leave(app: NovaApp, pilot: Pilot[Any]) -> None:
    """Back to the list that the console opens with, as it was then."""
    for _ in range(8):
        await pilot.press("escape")
    app.stage.navigation.open(Place())
    app.stage.navigation.screens[0].rows().home()
    await pilot.pause()


async def _finished(app: NovaApp, pilot: Pilot[Any]) -> None:
    """Until everything on the screen has been measured and nothing changes any more."""
    loop = asyncio.get_running_loop()
    end = loop.time() + LONGEST
    while loop.time() < end:
        before = screen_text(app)
        await pilot.pause(_REST)
        if screen_text(app) == before and app.stage.pulse.painter.idle and not _missing(app):
            return


def _missing(app: NovaApp) -> bool:
    """A machine that runs and is looked at has not been measured yet."""
    store, metrics = app.fleet.inventory, app.fleet.metrics
    for conn, keys in app.stage.navigation.top.wanted().items():
        for key in keys or ():
            slot = store.slot(conn, key)
            if slot is not None and store.value(slot, "power") == Power.RUNNING and metrics.age(slot, 0.0) is None:
                return True
    return False


def gist(text: str) -> str:
    """What two takes of a picture have in common: numbers, curves and blanks may differ, words may not."""
    curves = re.sub(r"[\u2800-\u28ff\u2581-\u259f█·]+", "~", text)
    return re.sub(r"[ ─│]+", " ", re.sub(r"[0-9][0-9.,:]*[KMGT%]?", "0", curves))
