"""The strip of a leader in the footer: what is meant, and which second key does what to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.strip import Strip

from novatui.actions.catalogue import Action, in_strip, shown
from novatui.ui.commands import scopes_of
from novatui.ui.render.cells import Group, flow

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen


class LeaderStrip:
    """Takes one key. What it is about is frozen while it is open: nothing moves away under the second key."""

    def __init__(self, screen: FrameScreen, leader: Action) -> None:
        self._screen = screen
        self._leader = leader
        keys = screen.stage.keys
        self._actions = {key: action for action in in_strip(leader, scopes_of(screen)) for key in keys.keys(action)}

    def wants(self, key: str, character: str | None) -> bool:
        """Every key: one that is not in the strip only closes it."""
        del key, character
        return True

    def press(self, key: str, character: str | None) -> None:
        """Carry out what the key stands for."""
        del character
        action = self._actions.get(key)
        with self._screen.frozen():
            self._screen.release_keys(self)
            if action is not None:
                self._screen.perform(action)

    def paste(self, text: str) -> None:
        """Not a key."""

    def left(self) -> None:
        """Things may move again."""

    def draw(self, width: int, /) -> Sequence[Strip]:
        """The name of what is meant, and the keys: on two lines where one is too short."""
        look = self._screen.look
        styles = look.styles
        groups: list[Group] = [(0, [(f" {self._leader.title} ", styles.title)])]
        if about := self._screen.aim_in_words():
            groups.append((len(self._actions) + 1, [(f"{about} ", styles.info)]))
        for rank, (key, action) in enumerate(self._actions.items(), 1):
            groups.append(
                (rank, [(f" {shown(key, look.marks.ascii)}", styles.key), (f" {action.title}", styles.quiet)])
            )
        groups.append((len(self._actions) + 2, [("  Esc leave", styles.quiet)]))
        return flow(groups, width)
