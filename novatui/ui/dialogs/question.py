"""A question of one connection that only a person can answer: a password, a code, whether to trust a certificate."""

from __future__ import annotations

import textwrap

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope, in_scope
from novatui.ui.dialogs import box
from novatui.ui.dialogs.typed import TypedDialog
from novatui.ui.render.cells import line
from novatui.ui.render.look import Look
from novatui.ui.stage import Stage
from novatui.ui.widgets.editor import Editor
from novatui.ui.widgets.lines import Lines
from novatui.wire.frames import Question

WIDTH = 70


class HiddenEditor(Editor):
    """A line that shows how much was typed, never what."""

    def draw(self, look: Look, width: int, ghost: str = "") -> Strip:
        """A star for each letter."""
        shown = Editor("*" * len(self.text))
        shown.cursor = self.cursor
        return shown.draw(look, width, ghost)


class QuestionDialog(TypedDialog, inherit_bindings=False):
    """Answers with what was typed; None when it was declined."""

    SCOPE = Scope.ASK
    DEFAULT_CSS = box.style("QuestionDialog", WIDTH)

    def __init__(self, stage: Stage, question: Question, waiting: int) -> None:
        """`waiting`: further questions behind this one."""
        super().__init__(stage, unasked=True)
        self.question = question
        self._waiting = waiting
        self._editor = HiddenEditor() if question.secret else Editor()
        self._text = textwrap.wrap(question.text, WIDTH - 4)[:8] or [question.topic]
        self._lines = Lines(self._draw_lines)

    def compose(self) -> ComposeResult:
        """The box."""
        behind = f", {self._waiting} more behind it" if self._waiting else ""
        self._lines.styles.height = len(self._text) + 6
        self._lines.border_title = f"{self.question.conn} asks{behind}"
        yield self._lines

    @property
    def editor(self) -> Editor:
        """The answer."""
        return self._editor

    def redraw(self) -> None:
        self._lines.redraw()

    def action_ask_answer(self) -> None:
        """What stands there is the answer."""
        self.dismiss(self._editor.text)

    def action_ask_decline(self) -> None:
        """No answer."""
        self.dismiss(None)

    def _draw_lines(self, width: int, height: int) -> list[Strip]:
        del height
        look, styles = self.stage.look, self.stage.look.styles
        prompt = f" {self.question.topic}: "
        room = max(1, width - cell_len(prompt))
        return [
            *(line([(f" {text}", styles.text)], width) for text in self._text),
            Strip.blank(width),
            Strip.join([line([(prompt, styles.title)], width - room), self._editor.draw(look, room)]),
            Strip.blank(width),
            box.keys(self.stage, in_scope(Scope.ASK), width),
        ]
