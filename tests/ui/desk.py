"""The console on a fleet of the tests, on a screen of any size, and what a person would see and press there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.cells import cell_len
from textual.pilot import Pilot

from novatui.engine.alarms import Alarms
from novatui.ui.app import NovaApp
from novatui.ui.keying import Keying
from novatui.ui.place import Place
from novatui.ui.preferences import Preferences
from novatui.ui.render.look import Look
from novatui.ui.render.marks import DRAWN, Marks
from novatui.ui.rows.view import RowView
from novatui.ui.screens.fleet import FleetScreen
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.textual_private import screen_text
from novatui.ui.theme import load_theme
from novatui.ui.theming import Theming
from novatui.ui.widgets.filterbar import FilterBar
from tests.ui.still import StillFleet

PAINT = 0.005
"""Seconds between two paints: a person would not wait less for more, but a thousand keys do."""

FRAME = 0.02
"""Seconds: a little more than Textual lets pass from frame to frame."""

WIDE, MIDDLE, NARROW = (160, 50), (100, 30), (80, 24)


class Desk:
    """One person in front of one console."""

    def __init__(self, app: NovaApp, fleet: StillFleet, pilot: Pilot[None]) -> None:
        self.app = app
        self.fleet = fleet
        self.pilot = pilot

    # --- what is there ------------------------------------------------------------------------------------------------

    @property
    def home(self) -> FleetScreen:
        """The fleet screen, wherever it is in the stack."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, FleetScreen))

    @property
    def screen(self) -> FrameScreen:
        """The screen on top, perhaps with a dialog over it."""
        return self.app.stage.navigation.top

    @property
    def table(self) -> RowView:
        return self.home.query_one("#table", RowView)

    @property
    def tree(self) -> RowView:
        return self.home.query_one("#tree", RowView)

    @property
    def filter(self) -> FilterBar:
        return self.home.query_one("#filter", FilterBar)

    @property
    def text(self) -> str:
        """The screen; every line of it was found to be exactly as wide as the screen."""
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        assert len(strips) == height
        for strip in strips:
            assert strip.cell_length == width
            assert cell_len(strip.text) == width, repr(strip.text)
        return screen_text(self.app)

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def line(self, word: str) -> str:
        """The only line with this word in it."""
        found = [line for line in self.lines if word in line]
        assert len(found) == 1, f"{word!r} is on {len(found)} lines of\n{self.text}"
        return found[0]

    def names(self) -> list[str]:
        """Names in the table, top to bottom, as far as the view reaches."""
        return [self.fleet.inventory.name(slot) for slot in self.table.model.window()]

    def under(self, view: RowView | None = None) -> str:
        """Name of the object under the cursor (of the table unless another view is named)."""
        cursor = (view or self.table).cursor
        return "" if cursor is None else self.fleet.inventory.name(cursor)

    def slot(self, conn: str, key: str) -> int:
        found = self.fleet.inventory.slot(conn, key)
        assert found is not None, f"{conn} has no {key}"
        return found

    # --- what is done -------------------------------------------------------------------------------------------------

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def type(self, text: str) -> None:
        await self.press(*text)

    async def open(self, place: Place | str) -> None:
        """Go to a place, or to the screen of this name."""
        self.app.stage.navigation.open(Place(place) if isinstance(place, str) else place)
        await self.settle()

    async def settle(self) -> None:
        """Until the painter has nothing to do and the frame is out."""
        painter = self.app.stage.pulse.painter
        while True:
            await self.pilot.pause()
            if painter.idle:
                break
            await self.pilot.pause(PAINT)
        await self.pilot.pause()

    async def still(self) -> list[str]:
        """The screen, once it has been the same three times: what is only being made is laid out step by step."""
        seen: list[list[str]] = []
        while len(seen) < 3 or not seen[-1] == seen[-2] == seen[-3]:
            await self.pilot.pause(FRAME)
            await self.settle()
            seen.append(self.lines)
        return seen[-1]

    async def pass_time(self, seconds: float) -> None:
        """Let the standing clocks go on, and the screen look at the ages it shows."""
        self.fleet.clock.advance(seconds)
        self.app.stage.pulse.age()
        await self.settle()

    async def go_to(self, conn: str, key: str, view: RowView | None = None) -> None:
        """Put the cursor on an object."""
        assert (view or self.table).reveal(self.slot(conn, key))
        await self.settle()

    async def resize(self, width: int, height: int) -> None:
        await self.pilot.resize_terminal(width, height)
        while self.app._resize_timer is not None:  # Textual takes several in a row for one
            await self.pilot.pause(PAINT)
        await self.settle()


def look_at(fleet: StillFleet, marks: Marks = DRAWN, theming: Theming | None = None) -> Look:
    """UTC and standing clocks."""
    clock = fleet.clock
    styles = theming.theme.styles if theming else load_theme("dark").styles
    return Look(marks=marks, styles=styles, utc=True, epoch=clock.time, monotonic=clock.monotonic)


@asynccontextmanager
async def desk(
    fleet: StillFleet,
    size: tuple[int, int] = MIDDLE,
    marks: Marks = DRAWN,
    find: str = "",
    place: Place | None = None,
    theming: Theming | None = None,
    preferences: Preferences | None = None,
    alarms: Alarms | None = None,
    keying: Keying | None = None,
) -> AsyncIterator[Desk]:
    """A console that runs without a terminal, at home or at another place."""
    look = look_at(fleet, marks, theming)
    app = NovaApp(
        fleet,
        find=find,
        look=look,
        theming=theming,
        preferences=preferences,
        alarms=alarms,
        person="oncall",
        keying=keying,
    )
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.stage.pulse.painter.interval = PAINT
        person = Desk(app, fleet, pilot)
        await person.settle()
        if place is not None:
            await person.open(place)
        yield person
