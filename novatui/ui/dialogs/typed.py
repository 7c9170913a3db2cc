"""A dialog in which letters go into lines of text; what else a key means comes from the catalogue."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from textual.screen import ModalScreen
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.ui.stage import Stage
from novatui.ui.taker import TakesKeys
from novatui.ui.widgets.editor import Editor, is_letter

SETTLING = 0.4
"""Seconds for which a dialog that opened by itself takes no key: they were meant for something else."""


class TypedDialog(TakesKeys, ModalScreen[Any], inherit_bindings=False):
    """Takes every key. `SCOPE` has the actions beside typing; each is a method `action_<id>`."""

    SCOPE: ClassVar[Scope]
    AUTO_FOCUS = ""

    def __init__(self, stage: Stage, *, unasked: bool = False) -> None:
        """`unasked`: it opens by itself, perhaps while somebody types."""
        super().__init__()
        self.stage = stage
        self._deaf_until = time.monotonic() + SETTLING if unasked else 0.0
        self.taker = self

    @property
    def editor(self) -> Editor:
        """The line that letters go into."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Something was typed."""
        raise NotImplementedError

    def wants(self, key: str, character: str | None) -> bool:
        """Everything."""
        del key, character
        return True

    def press(self, key: str, character: str | None) -> None:
        """A letter, a key of typing, or an action of the dialog."""
        if time.monotonic() < self._deaf_until:
            return
        action = self.stage.keys.action(key, self.SCOPE, Scope.TEXT)
        if action is None:
            if is_letter(character):
                self.editor.insert(character or "")
        elif not self.editor.do(action.id):
            getattr(self, f"action_{action.method}", lambda: None)()
        if self.is_current:
            self.redraw()

    def paste(self, text: str) -> None:
        """What was pasted becomes part of the line."""
        if time.monotonic() >= self._deaf_until:
            self.editor.insert(text)
            self.redraw()

    def left(self) -> None:
        """It takes keys as long as it is there."""

    def draw(self, width: int, /) -> Strip | None:
        """It has no footer."""
        del width
        return None
