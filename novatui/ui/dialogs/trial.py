"""The trial of a connection: its steps live, and what to do when it worked or did not."""

from __future__ import annotations

from enum import Enum, auto

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.strip import Strip

from novatui.actions.catalogue import Action, Scope, in_scope
from novatui.config.draft import Draft, same_target
from novatui.config.errors import ConfigError
from novatui.core.states import Link
from novatui.engine.fleet import Connection
from novatui.engine.roster import Roster
from novatui.ui.dialogs import box
from novatui.ui.keys import bindings
from novatui.ui.render import trial
from novatui.ui.render.cells import line
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines

LOOK = 0.2
"""Seconds between two looks at how far it is."""


class Outcome(Enum):
    """How a trial ended."""

    KEPT = auto()
    """It is saved and open."""
    EDIT = auto()
    """Its form is wanted again."""
    DROPPED = auto()


class TrialDialog(ModalScreen[Outcome], inherit_bindings=False):
    """Opens a draft beside what is open, and closes it again unless it is saved."""

    BINDINGS = bindings(Scope.TRIAL)
    DEFAULT_CSS = box.style("TrialDialog", 98) + "TrialDialog > Lines { height: 18; }"

    TAKES_QUESTIONS = True
    """A question of a connection may lie over it: what is tried may have one."""

    def __init__(self, stage: Stage, roster: Roster, draft: Draft) -> None:
        super().__init__()
        self._stage = stage
        self._roster = roster
        self._draft = draft
        self._names: list[str] = []
        self._problem = ""
        """Why it cannot be opened or saved."""
        self._twin = same_target(str(draft.settings["uri"]), roster.book.loaded.config.connections)
        """A configured connection that leads to the same."""
        self._lines = Lines(self._draw)

    def compose(self) -> ComposeResult:
        """The box."""
        self._lines.border_title = self._draft.name
        yield self._lines

    def on_mount(self) -> None:
        self.run_worker(self._begin())
        self.set_interval(LOOK, self._lines.redraw)

    async def _begin(self) -> None:
        try:
            self._names = await self._roster.begin(self._draft)
        except ConfigError as error:
            self._say(error)
        self._lines.redraw()

    def _say(self, error: ConfigError) -> None:
        self._problem = str(error.problems[0])

    @property
    def _connections(self) -> list[Connection]:
        open_ = self._stage.fleet.connections
        return [open_[name] for name in self._names if name in open_]

    @property
    def _works(self) -> bool:
        return bool(self._names) and all(one.link is Link.UP and one.settled for one in self._connections)

    @property
    def _untrusted(self) -> Connection | None:
        """The connection whose certificate a person may agree to."""
        return next((one for one in self._connections if one.unknown_pin and self._roster.can_trust(one.name)), None)

    def _possible(self) -> list[Action]:
        """What can be done now, the likeliest first."""
        failed = bool(self._problem) or any(one.link is Link.DOWN for one in self._connections)
        wanted = {
            "trial.keep": self._works,
            "trial.trust": self._untrusted is not None,
            "trial.again": failed,
            "trial.edit": True,
            "trial.drop": True,
        }
        return [action for action in in_scope(Scope.TRIAL) if wanted[action.id]]

    def _draw(self, width: int, height: int) -> list[Strip]:
        look = self._stage.look
        drawn = [line([(f" {self._draft.settings['uri']}", look.styles.info)], width, look.marks.ellipsis)]
        if self._twin:
            drawn.append(line([(f" {self._twin} leads to the same already", look.styles.warning)], width))
        drawn += [strip for name in self._names for strip in trial.lines(self._stage.fleet, name, look, width)]
        if self._problem:
            drawn.append(line([(f" {self._problem}", look.styles.bad)], width, look.marks.ellipsis))
        room = max(0, height - 2)
        drawn = drawn[:room] + [Strip.blank(width)] * (room - len(drawn))
        return [*drawn, Strip.blank(width), box.keys(self._stage, self._possible(), width)]

    # Actions

    def action_trial_keep(self) -> None:
        """Save it."""
        if self._works:
            self.run_worker(self._keep(), exclusive=True)

    async def _keep(self) -> None:
        try:
            await self._roster.keep(self._draft)
        except ConfigError as error:
            self._say(error)
            self._lines.redraw()
        else:
            self.dismiss(Outcome.KEPT)

    def action_trial_trust(self) -> None:
        """Believe the certificate that was shown, and go on."""
        if (one := self._untrusted) is not None:
            self.run_worker(self._trust(one.name, one.unknown_pin), exclusive=True)

    async def _trust(self, name: str, pin: str) -> None:
        try:
            await self._roster.trust(name, pin)
        except ConfigError as error:
            self._say(error)
        self._lines.redraw()

    def action_trial_again(self) -> None:
        """Once more, from the first step."""
        self._problem = ""
        if not self._names:
            self.run_worker(self._begin(), exclusive=True)
        for one in self._connections:
            if one.link is Link.DOWN:
                self._stage.fleet.reconnect(one.name)
        self._lines.redraw()

    def action_trial_edit(self) -> None:
        """Back to the form."""
        self._roster.drop(self._draft)
        self.dismiss(Outcome.EDIT)

    def action_trial_drop(self) -> None:
        """It is not wanted."""
        self._roster.drop(self._draft)
        self.dismiss(Outcome.DROPPED)
