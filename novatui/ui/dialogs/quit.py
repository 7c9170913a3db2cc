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

    def __init__(self, keys: Keymap, going: str = "") -> None:
        """`going`: which changes of this console are under way; empty for none."""
        super().__init__()
        self._keys = keys
        self._going = going

    def compose(self) -> ComposeResult:
        """What runs on the hypervisors goes on without us; changes of our own are worth a line."""
        yes, no = self._keys.shown("answer.yes"), self._keys.shown("answer.no")
        warning = f"{self._going}\n" if self._going else ""
        yield Static(Content(f"{warning}Quit? Tasks of the hypervisors go on.   {yes} yes   {no} no"))

    def action_answer_yes(self) -> None:
        """Leave."""
        self.dismiss(True)

    def action_answer_no(self) -> None:
        """Stay."""
        self.dismiss(False)
