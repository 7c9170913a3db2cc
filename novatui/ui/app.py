"""The application: wiring of fleet, theme and screens, nothing else."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import events

from novatui.actions.catalogue import ACTIONS, Scope
from novatui.config.alarms import default_alarms
from novatui.core.memory import give_back
from novatui.engine.alarms import Alarms
from novatui.engine.fleet import Fleet
from novatui.engine.logline import LogLine
from novatui.engine.roster import Roster
from novatui.ui.alarm_watch import AlarmWatch
from novatui.ui.hangup import Hangup
from novatui.ui.keying import Keying
from novatui.ui.keys import bindings, rebind
from novatui.ui.locks import Locks
from novatui.ui.migration_watch import MigrationWatch
from novatui.ui.navigation import Navigation
from novatui.ui.place import Place
from novatui.ui.preferences import Preferences
from novatui.ui.pulse import Pulse
from novatui.ui.questions import Questions
from novatui.ui.render.look import Look
from novatui.ui.render.marks import marks_for
from novatui.ui.screens.fleet import FleetScreen
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.sources import Versions
from novatui.ui.stage import Stage
from novatui.ui.textual_private import MeteredApp
from novatui.ui.theme import BadTheme
from novatui.ui.theming import Theming

if TYPE_CHECKING:
    from novatui.actions.gate import Gate
    from novatui.engine.migration_book import MigrationBook

COLLECT = (5_000, 10, 1_000)
"""Thresholds of the garbage collector once the first frame is there: a large fleet makes few cycles. A collection of
the second generation goes over fifty thousand objects, which takes less than a frame."""

SETTLING = 300.0
"""Longest wait for the first listings of all connections, seconds."""


PARTING = 2.0
"""Seconds that a change which is under way has to end when the console is left; the next one says what became of it."""

LEAVE = next(action for action in ACTIONS if action.id == "leave")
"""Its key works wherever the person is: in a dialog, and while something is typed."""


class NovaApp(MeteredApp, inherit_bindings=False):
    """The console on one fleet."""

    TITLE = "NovaTUI"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = bindings(Scope.EVERYWHERE)
    CSS = """
    Screen { background: $background; color: $foreground; layers: base overlay; }
    Input:ansi > .input--cursor { background: ansi_default; color: ansi_default; text-style: reverse; }
    .ascii-only ModalScreen > Lines, .ascii-only TypedDialog > Lines { border: ascii $foreground; }
    .ascii-only ModalScreen > Page, .ascii-only QuitDialog > Static { border: ascii $foreground; }
    .ascii-only ConfirmDialog > Lines.protected { border: ascii $error; }
    .ascii-only Picker.small > Lines { border: none; }
    """

    def __init__(
        self,
        fleet: Fleet,
        *,
        find: str = "",
        look: Look | None = None,
        theming: Theming | None = None,
        roster: Roster | None = None,
        console_log: Callable[[], Sequence[LogLine]] = tuple,
        preferences: Preferences | None = None,
        alarms: Alarms | None = None,
        person: str = "",
        keying: Keying | None = None,
        gate: Callable[[], Gate] | None = None,
        moves: MigrationBook | None = None,
    ) -> None:
        """`find` is the filter to begin with; `look` is for pictures and tests that want other clocks or signs.

        `preferences` are kept for this session only unless they come with files. `roster` is what adds, tries and
        reloads connections; without one they stay as they are. Without `alarms` the built-in limits hold and nothing
        that is said of alarms is kept. `person` is who says it. Without `keying` the keys of the catalogue hold.
        `gate` makes what changes pass through, after the first frame; without it nothing can be changed. `moves` is
        where records of migrations are kept.
        """
        self.theming = theming or Theming()
        super().__init__(ansi_color=self.theming.ansi)
        self.animation_level = "none"
        self.fleet = fleet
        self.look = look or Look(marks=marks_for(os.environ), styles=self.theming.theme.styles)
        self.fleet.alarms = alarms or Alarms(fleet, default_alarms(), clocks=self.look)
        self.keying = keying or Keying()
        self._person = person
        self._make_gate = gate
        self._moves = moves
        self._gate: Gate | None = None
        self._console_log = console_log
        self._preferences = preferences or Preferences()
        self._roster = roster
        self._find = find
        self._hangup: Hangup | None = None
        self._settling: asyncio.Task[None] | None = None
        self.theming.put_on(self)
        self.stylesheet.set_variables(self.get_css_variables())
        self._styled_for = self.theme
        """The theme whose colours the style sheet has."""

    def refresh_css(self, animate: bool = True) -> None:
        """Read all styles anew, unless they are right: for the first frame they were read in its theme."""
        if self._styled_for != self.theme:
            self._styled_for = self.theme
            super().refresh_css(animate)

    def get_default_screen(self) -> FrameScreen:
        """The home screen, on a stage of its own."""
        assert self.fleet.alarms is not None
        versions = Versions()
        pulse = Pulse(self, self.fleet, self.look, versions)
        watch = AlarmWatch(self, self.fleet, self.fleet.alarms, self._person, pulse.measure_all, pulse.look_again)
        pulse.watch = watch.take
        self.stage = Stage(
            fleet=self.fleet,
            look=self.look,
            versions=versions,
            pulse=pulse,
            watch=watch,
            navigation=Navigation(self),
            keying=self.keying,
            preferences=self._preferences,
            roster=self._roster,
            themes=lambda: self.theming.names,
            locks=Locks(self.fleet, self.look, self._locks_changed),
            console_log=self._console_log,
            changes=self._make_gate is not None,
            moves=MigrationWatch(self, self.fleet, self._moves),
        )
        self.home = FleetScreen(self.stage, Place(filter=self._find))
        return self.home

    def on_mount(self) -> None:
        """Draw from what is known already, then connect."""
        self.set_class(self.look.marks.ascii, "ascii-only")
        rebind(self, self.keying.keymap)
        self._hangup = Hangup(self.keyboard, self._cut_off)
        self.stage.pulse.beside += [Questions(self, self.stage).look, self._hangup.look, self.stage.locks.look]
        self._hangup.start()
        self.stage.pulse.start()
        self.stage.watch.start()
        if self._roster is not None and not self.fleet.connections:
            self.stage.navigation.open(Place("add"))
        if complaint := self.keying.complaint():
            self.stage.navigation.top.report(*complaint)
        self.call_after_refresh(self._connect)

    async def _connect(self) -> None:
        gc.freeze()
        gc.set_threshold(*COLLECT)
        await self.fleet.start()
        await self.stage.moves.start()
        self._settling = asyncio.create_task(self._settle())
        if self._make_gate is not None:
            self._begin_acting(self._make_gate())

    def _begin_acting(self, gate: Gate) -> None:
        from novatui.ui.acting import Acting

        self._gate = gate
        self.stage.acting = Acting(self, self.stage, gate)
        self.stage.acting.start()

    async def _settle(self) -> None:
        """What was loaded lives as long as the program: keep the collector off it, it would pause the screen."""
        await self.fleet.settled(SETTLING)
        gc.freeze()
        give_back()

    def _locks_changed(self, said: str) -> None:
        top = self.stage.navigation.top
        top.header.redraw()
        if said:
            top.report(said, bad=False)

    async def on_unmount(self) -> None:
        """End the workers."""
        if self._settling is not None:
            self._settling.cancel()
        self.stage.pulse.stop()
        await self.stage.watch.stop()
        await self.stage.moves.stop()
        if self._gate is not None:
            await self._gate.stop(PARTING)
        await self.fleet.stop()
        if self._hangup is not None:
            self._hangup.stop()

    def _cut_off(self, code: int) -> None:
        """Nobody is there any more: keep the session first, whoever ends us may not wait for the rest."""
        self.home.keep_session()
        self.exit(return_code=code)

    async def on_event(self, event: events.Event) -> None:
        """A key is the answer to what was reported before."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            if event.key in self.stage.keys.keys(LEAVE):
                self.action_leave()
                return
            self.stage.navigation.top.clear_report()
        if isinstance(event, events.Paste):
            pasted: Callable[[str], bool] | None = getattr(self.screen, "pasted", None)
            if pasted is not None and pasted(event.text):
                return
        await super().on_event(event)

    def action_theme(self, name: str = "") -> None:
        """Wear the theme of this name; without one: the next."""
        top = self.stage.navigation.top
        wanted = name or self.theming.after(self.theming.theme.name)
        try:
            self.theming.wear(self, self.look, wanted)
        except BadTheme as error:
            top.report(str(error))
        else:
            top.report(f"theme {wanted}", 'to keep it: theme = "…" in config.toml')

    async def action_overlay(self) -> None:
        """Open or close the speed overlay on the current screen."""
        from novatui.ui.widgets.overlay import Overlay

        found = self.screen.query(Overlay)
        if found:
            await found.remove()
        else:
            await self.screen.mount(Overlay(self.fleet, self.counters, self.look))

    def action_leave(self) -> None:
        """Ask whether to leave, whatever is open; asked once more: leave."""
        from novatui.ui.dialogs.quit import QuitDialog

        if isinstance(self.screen, QuitDialog):
            self.exit(0)
        else:
            self.action_quit()

    def action_quit(self) -> None:  # type: ignore[override]
        """Ask, and leave with exit code 0."""
        from novatui.ui.dialogs.quit import QuitDialog

        going = self.stage.acting.going if self.stage.acting is not None else ""
        self.push_screen(QuitDialog(self.keying.keymap, going), lambda leave: self.exit(0) if leave else None)
