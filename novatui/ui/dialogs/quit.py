"""The question before the console is left."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from novatui.actions.catalogue import Scope
from novatui.actions.keymap import Keymap
from novatui.ui.keys import bindings


class QuitDialog(ModalScreen[bool], inherit_bindings=False):
    """Answers True to leave. It takes another key than the one that opened it."""

    BINDINGS = bindings(Scope.QUESTION)
    DEFAULT_CSS = """
    QuitDialog { align: center middle; }
    QuitDialog > Static { width: auto; height: auto; padding: 0 2; border: round $foreground; background: $background; }
    """

    def __init__(self, keys: Keymap) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """One line; what runs on the hypervisors goes on without us."""
        yes, no = self._keys.shown("answer.yes"), self._keys.shown("answer.no")
        yield Static(Content(f"Quit? Tasks of the hypervisors go on.   {yes} yes   {no} no"))

    def action_answer_yes(self) -> None:
        """Leave."""
        self.dismiss(True)

    def action_answer_no(self) -> None:
        """Stay."""
        self.dismiss(False)
