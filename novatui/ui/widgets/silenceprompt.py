"""The prompt for how long alarms are silenced: the next key says it, any other one closes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.strip import Strip

from novatui.actions.catalogue import ACTIONS, Action, in_strip, shown
from novatui.ui.render.cells import Group, flow
from novatui.ui.screens.frame import FrameScreen

LEADER = next(action for action in ACTIONS if action.id == "alarm.silence")


class SilencePrompt:
    """Takes one key."""

    def __init__(self, screen: FrameScreen, about: str, choose: Callable[[Action], None]) -> None:
        """`about` names what is silenced: it was chosen when the prompt opened, and stays so."""
        self._screen = screen
        self._about = about
        self._choose = choose
        self._actions = in_strip(LEADER, screen.SCOPES)

    def wants(self, key: str, character: str | None) -> bool:
        """Every key."""
        del key, character
        return True

    def press(self, key: str, character: str | None) -> None:
        """For so long, if it is one of the keys."""
        del character
        self._screen.release_keys(self)
        keys = self._screen.stage.keys
        chosen = next((action for action in self._actions if key in keys.keys(action)), None)
        if chosen is not None:
            self._choose(chosen)

    def paste(self, text: str) -> None:
        """Not a key."""

    def left(self) -> None:
        """Nothing is left behind."""

    def draw(self, width: int) -> Sequence[Strip]:
        """What is silenced, and the keys."""
        look = self._screen.look
        styles, keys = look.styles, self._screen.stage.keys
        groups: list[Group] = [(0, [(f" silence {self._about} ", styles.title)])]
        for rank, action in enumerate(self._actions, 1):
            key = next(iter(keys.keys(action)), "")
            groups.append(
                (rank, [(f" {shown(key, look.marks.ascii)}", styles.key), (f" {action.title} ", styles.quiet)])
            )
        return flow(groups, width)
