"""The heartbeat of the console: the only caller of `Fleet.drain`, and the clock of ages and of the header."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Protocol

from textual.app import App

from novatui.engine.fleet import Changes, Fleet
from novatui.ui.attention import Attention
from novatui.ui.render.look import Look
from novatui.ui.rows.painter import Painter
from novatui.ui.sources import AGE_STEP, Versions


class Follower(Protocol):
    """The part of a screen that the pulse knows."""

    def take(self, changes: Changes) -> None: ...
    def age(self) -> None: ...
    def minute(self) -> None: ...
    def wanted(self) -> Mapping[str, Collection[str] | None]: ...
    def summed(self) -> Collection[int]: ...


class Pulse:
    """Hands what changed to the screen on top, at the painter's pace; the others get all of it when they are back."""

    def __init__(self, app: App[Any], fleet: Fleet, look: Look, versions: Versions) -> None:
        self.painter = Painter(app)
        """The one clock of repaints, for row views too."""
        self.beside: list[Callable[[], None]] = []
        """Who wants to know that something changed, beside the screens."""
        self._app = app
        self._fleet = fleet
        self._look = look
        self._versions = versions
        self.watch: Callable[[Changes], set[int]] | None = None
        """Gets every drain first; the slots that it answers with are drawn anew, too."""
        self._again: set[int] = set()
        """Slots that look different for a reason outside the stores."""
        self._everything = False
        """All objects are measured, not only what is on the screen."""
        self._missed: dict[Follower, Changes | None] = {}
        """What each screen has not been told yet."""
        self._attention = Attention(fleet, self._wanted, app.set_timer)

    def start(self) -> None:
        """Listen to the stores from now on."""
        self._fleet.on_change = lambda: self.painter.request(self._tick)
        self._app.set_interval(AGE_STEP, self.age)
        self._arm_clock()

    def stop(self) -> None:
        """Listen no more."""
        self._fleet.on_change = None

    def join(self, screen: Follower) -> None:
        """This screen drew what the stores hold, and wants every change from now on."""
        self._missed[screen] = None

    def leave(self, screen: Follower) -> None:
        """This screen is gone."""
        self._missed.pop(screen, None)

    @property
    def top(self) -> Follower | None:
        """The uppermost screen that is no dialog."""
        stack = self._app.screen_stack if self._missed else []
        return next((screen for screen in reversed(stack) if screen in self._missed), None)  # type: ignore[comparison-overlap]

    def returned(self, screen: Follower) -> None:
        """This screen is on top again: it gets what it missed, as one change."""
        changes = self._missed.get(screen)
        if changes is not None:
            self._missed[screen] = None
            screen.take(changes)
        screen.age()
        screen.minute()
        self.attend()

    def attend(self) -> None:
        """The screen on top shows other objects now: they are measured once it has come to rest."""
        self._attention.moved()

    def age(self) -> None:
        """Time went by: ages beside stale values go on."""
        if (top := self.top) is not None:
            top.age()
        for each in self.beside:
            each()

    def look_again(self, slots: set[int]) -> None:
        """These slots look different though nothing in the stores changed."""
        self._again |= slots
        self.painter.request(self._tick)

    def measure_all(self, everything: bool) -> None:
        """Have everything measured for a while, or only what is on the screen again."""
        self._fleet.metrics.begins_rings = not everything
        if everything is not self._everything:
            self._everything = everything
            self.attend()

    def _tick(self) -> None:
        changes = self._fleet.drain()
        if self.watch is not None:
            self._again |= self.watch(changes)
        changes.rows |= {slot for slot in self._again if self._fleet.inventory.alive(slot)}
        self._again = set()
        self._versions.changed(changes.rows)
        self._versions.changed(self._counted_anew(changes))
        top = self.top
        for screen, missed in self._missed.items():
            if screen is not top:
                self._missed[screen] = changes if missed is None else merged(missed, changes)
        if top is not None:
            top.take(changes)
        if changes.connections:
            self.attend()
            for each in self.beside:
                each()

    def _counted_anew(self, changes: Changes) -> Iterator[int]:
        """Nodes of the tree below which machines came or went."""
        for node in changes.reshaped:
            if node is not None:
                yield node
                yield from self._fleet.inventory.above(node)

    def _wanted(self) -> Mapping[str, Collection[str] | None]:
        """What the screen on top shows, and what is kept whether it is shown or not."""
        if self._everything:
            return dict.fromkeys(self._fleet.connections)
        top = self.top
        if top is None:
            return {}
        self._fleet.aggregates.follow(top.summed())
        wanted = dict(top.wanted())
        for conn, keys in self._fleet.keeping.wanted().items():
            shown = wanted.get(conn, set())
            wanted[conn] = None if shown is None else {*shown, *keys}
        return wanted

    def _arm_clock(self) -> None:
        """The clock of the header is redrawn when its minute ends, and not before."""
        self._app.set_timer(60.5 - self._look.epoch() % 60, self._minute)

    def _minute(self) -> None:
        if (top := self.top) is not None:
            top.minute()
        self._arm_clock()


def merged(earlier: Changes, later: Changes) -> Changes:
    """Two drains as if there had been one."""
    return Changes(
        rows=earlier.rows | later.rows,
        reshaped=earlier.reshaped | later.reshaped,
        gone=earlier.gone | later.gone,
        tasks=earlier.tasks or later.tasks,
        events=earlier.events + later.events,
        connections=earlier.connections | later.connections,
        moved=[*earlier.moved, *later.moved],
        told=None if earlier.told is None or later.told is None else earlier.told | later.told,
        facts=earlier.facts | later.facts,
    )
