"""The strip of a leader in the footer: what is meant, and which second key does what to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.strip import Strip

from novatui.actions.catalogue import ACTIONS, Action, in_strip, shown
from novatui.actions.protections import is_protected
from novatui.ui.commands import scopes_of
from novatui.ui.offers import entries
from novatui.ui.render.cells import Group, flow, line
from novatui.ui.render.menu import Entry, menu

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
        ascii_only = self._screen.look.marks.ascii
        return self._flow([(shown(key, ascii_only), action.title) for key, action in self._actions.items()], width)

    @property
    def _way_out(self) -> str:
        """The key that goes back elsewhere leaves here as well, unless it means something in the strip."""
        keys, back = self._screen.stage.keys, next(one for one in ACTIONS if one.id == "back")
        chosen = next((key for key in keys.keys(back) if key not in self._actions), "escape")
        return shown(chosen, self._screen.look.marks.ascii)

    def _flow(self, offered: Sequence[tuple[str, str]], width: int) -> Sequence[Strip]:
        styles = self._screen.look.styles
        groups: list[Group] = [(0, [(f" {self._leader.title} ", styles.title)])]
        if about := self._screen.aim_in_words():
            groups.append((len(offered) + 1, [(f"{about} ", styles.info)]))
        for rank, (key, title) in enumerate(offered, 1):
            groups.append((rank, [(f" {key}", styles.key), (f" {title}", styles.quiet)]))
        groups.append((len(offered) + 2, [(f"  {self._way_out} leave", styles.quiet)]))
        return flow(groups, width)


class ChangeStrip(LeaderStrip):
    """The strip of a leader that changes something: a menu above the footer says what is possible, and what not why."""

    def __init__(self, screen: FrameScreen, leader: Action) -> None:
        super().__init__(screen, leader)
        self._refs = screen.aim()

    def _entries(self) -> list[Entry]:
        """Judged anew each time: a state may change under an open menu, and what is meant may not."""
        return entries(self._screen, self._leader, self._refs)

    def draw_panel(self, width: int, /) -> Sequence[Strip]:
        """The menu."""
        screen = self._screen
        connections = {ref.conn: screen.fleet.connections.get(ref.conn) for ref in self._refs}
        far = next(iter(connections)) if len(connections) == 1 else f"{len(connections)} connections"
        protected = any(one is not None and is_protected(one) for one in connections.values())
        title = f"{self._leader.title}  {screen.aim_in_words()}"
        return menu(title, far, self._entries(), screen.look, width, protected=protected)

    def draw(self, width: int, /) -> Sequence[Strip]:
        """Below the menu: how to leave. Without one: the keys that do something."""
        look = self._screen.look
        if self._screen.panel_shown:
            said = f" the next key does it or asks; hard ones are on capitals   {self._way_out} leave"
            return [line([(f" {self._leader.title} ", look.styles.title), (said, look.styles.quiet)], width)]
        offered = [(shown(one.key, look.marks.ascii), one.action.title) for one in self._entries() if not one.mark]
        return self._flow(offered, width)
