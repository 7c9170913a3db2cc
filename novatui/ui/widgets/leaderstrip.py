"""The strip of a leader: its key opens it, the next key carries out one of its actions, any other closes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.strip import Strip

from novatui.actions.catalogue import Action, in_scope, shown
from novatui.ui.render.cells import Group, line, whole
from novatui.ui.screens.frame import FrameScreen


class LeaderStrip:
    """Takes one key."""

    def __init__(self, screen: FrameScreen, leader: str, state: Callable[[], str] | None = None) -> None:
        """`leader`: id of the action; `state`: what the strip tells before its keys."""
        self._screen = screen
        self._leader = next(action for action in in_scope(*screen.SCOPES) if action.id == leader)
        self._state = state

    @property
    def _actions(self) -> Sequence[Action]:
        return [action for action in in_scope(*self._screen.SCOPES) if action.leader == self._leader.id]

    def wants(self, key: str, character: str | None) -> bool:
        """Every key."""
        del key, character
        return True

    def press(self, key: str, character: str | None) -> None:
        """Carry out the action of this key."""
        del character
        screen = self._screen
        screen.release_keys(self)
        for action in self._actions:
            if key in screen.stage.keys.keys(action):
                screen.call_later(screen.run_action, action.method)

    def paste(self, text: str) -> None:
        """Not a key."""

    def left(self) -> None:
        """Nothing is left behind."""

    def draw(self, width: int) -> Strip:
        """The keys that can follow."""
        styles, keys = self._screen.look.styles, self._screen.stage.keys
        state = f"{self._state()} " if self._state else ""
        groups: list[Group] = [(0, [(f" {self._leader.title}: {state}", styles.title)])]
        for rank, action in enumerate(self._actions, 1):
            key = shown(keys.keys(action)[0], self._screen.look.marks.ascii) if keys.keys(action) else ""
            groups.append((rank, [(f" {key}", styles.key), (f" {action.title}", styles.quiet)]))
        groups.append((len(groups), [("   Esc close", styles.quiet)]))
        return line(whole(groups, width), width)
