"""Some lines that a person agrees to, or not."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.strip import Strip

from novatui.actions.catalogue import Scope, in_scope
from novatui.ui.dialogs import box
from novatui.ui.dialogs.typed import SETTLING
from novatui.ui.keys import bindings
from novatui.ui.render.cells import line
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines


class AgreeDialog(ModalScreen[bool], inherit_bindings=False):
    """Answers True when it is agreed to. It takes another key than the one that opened it."""

    BINDINGS = bindings(Scope.QUESTION)
    DEFAULT_CSS = box.style("AgreeDialog", 90)

    def __init__(self, stage: Stage, title: str, text: Sequence[str], *, unasked: bool = False) -> None:
        """`unasked`: it opens by itself, perhaps while somebody types."""
        super().__init__()
        self._deaf_until = time.monotonic() + SETTLING if unasked else 0.0
        self._stage = stage
        self._title = title
        self._text = text
        self._lines = Lines(self._draw)

    def compose(self) -> ComposeResult:
        """The box."""
        self._lines.styles.height = len(self._text) + 4
        self._lines.border_title = self._title
        yield self._lines

    def _draw(self, width: int, height: int) -> list[Strip]:
        look = self._stage.look
        drawn = [line([(f" {text}", look.styles.text)], width, look.marks.ellipsis) for text in self._text]
        room = max(0, height - 2)
        return [*drawn[:room], Strip.blank(width), box.keys(self._stage, in_scope(Scope.QUESTION), width)]

    def action_answer_yes(self) -> None:
        """Agreed."""
        self._answer(True)

    def action_answer_no(self) -> None:
        """Not agreed."""
        self._answer(False)

    def _answer(self, agreed: bool) -> None:
        if time.monotonic() >= self._deaf_until:
            self.dismiss(agreed)
