"""From place to place and back: the history of the console, as places and as the screens that still show them."""

from __future__ import annotations

from collections import deque
from typing import Any

from textual.app import App

from novatui.core.ids import ObjectRef
from novatui.ui.place import Place
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.screens.registry import SCREENS, screen_class

REMEMBERED = 100
"""Places that the way back may have."""

VISITED = 50
"""Objects that are offered first to who looks for one."""

DEEPEST = 6
"""Screens that are kept alive below the one on top; older ones are made anew when somebody comes back to them."""


class Navigation:
    """The home screen lies below all others; lists that it can show itself are shown there."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._history: deque[tuple[Place, FrameScreen]] = deque(maxlen=REMEMBERED)
        self._left: Place | None = None

    @property
    def screens(self) -> list[FrameScreen]:
        """Every screen that is no dialog, home first."""
        return [screen for screen in self._app.screen_stack if isinstance(screen, FrameScreen)]

    @property
    def top(self) -> FrameScreen:
        """The screen that the person looks at, perhaps with a dialog over it."""
        return self.screens[-1]

    @property
    def at_home(self) -> bool:
        """True when there is no screen but the first one."""
        return len(self.screens) == 1

    def open(self, place: Place) -> None:
        """Go to a place. KeyError for one that no screen shows."""
        here = self.top
        was = here.place()
        if place == was:
            return
        self._go(place, replace=False)
        self._history.append((was, here))
        self._left = was

    def visit(self, ref: ObjectRef) -> None:
        """Go to one object: its own screen, or the lists of the home screen if it has none."""
        name = str(ref)
        visited = self.top.stage.visited
        visited[:] = [*(one for one in visited if one != name), name][-VISITED:]
        if "detail" in SCREENS:
            self.open(Place("detail", ref=name))
        else:
            self._uncover(self.screens[0])
            self.screens[0].reveal(ref)

    def back(self) -> bool:
        """To the place before this one; False when this is the first."""
        if not self._history:
            return False
        self._left = self.top.place()
        place, screen = self._history.pop()
        if screen in self._app.screen_stack:
            self._uncover(screen)
            if screen.place() != place:
                screen.show(place)
        else:
            self._go(place, replace=True)
        return True

    def last(self) -> bool:
        """To the place that was left last, and with the next call back again; False when there is none yet."""
        if self._left is None:
            return False
        if self._history and self._history[-1][0] == self._left:
            return self.back()
        self.open(self._left)
        return True

    def _go(self, place: Place, replace: bool) -> None:
        """Show a place: at home, in the screen on top if it can, else in a new screen (instead of the one on top)."""
        wanted = screen_class(place.name)
        home, here = self.screens[0], self.top
        if isinstance(home, wanted):
            self._uncover(home)
            home.show(place)
        elif not (isinstance(here, wanted) and here.show(place)):
            if here is not home and (replace or len(self.screens) > DEEPEST):
                self._app.pop_screen()
            self._app.push_screen(wanted(here.stage, place))

    def _uncover(self, screen: FrameScreen) -> None:
        while self._app.screen is not screen:
            self._app.pop_screen()
