"""The question before the console is left."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from novatui.actions.catalogue import Scope
from novatui.ui.keys import bindings


class QuitDialog(ModalScreen[bool], inherit_bindings=False):
    """Answers True to leave. It takes another key than the one that opened it."""

    BINDINGS = bindings(Scope.QUESTION)
    DEFAULT_CSS = """
    QuitDialog { align: center middle; }
    QuitDialog > Static { width: auto; height: auto; padding: 0 2; border: round $foreground; background: $background; }
    """

    def compose(self) -> ComposeResult:
        """One line; what runs on the hypervisors goes on without us."""
        yield Static(Content("Quit? Tasks of the hypervisors go on.   y yes   n no"))

    def action_answer_yes(self) -> None:
        """Leave."""
        self.dismiss(True)

    def action_answer_no(self) -> None:
        """Stay."""
        self.dismiss(False)
