"""Everything that was asked for one cell of the matrix of capabilities; from here a person goes into its column."""

from __future__ import annotations

from collections.abc import Callable

from novatui.actions.catalogue import Scope
from novatui.actions.keymap import Keymap
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.keys import bindings


class EvidenceDialog(PageDialog):
    """A page; `go` opens what the column is made of, and is None where that is nothing more."""

    SCOPES = (Scope.EVIDENCE, Scope.DIALOG)
    BINDINGS = bindings(Scope.EVIDENCE)

    def __init__(
        self, title: str, keys: Keymap, text: str, go: Callable[[], None] | None, *, ascii_only: bool = False
    ) -> None:
        super().__init__(title, keys, text, ascii_only=ascii_only)
        self._go = go

    def _said(self) -> str:
        go = f"{self.keys.shown('evidence.in', self.ascii_only)} into the column   " if self._go is not None else ""
        return go + super()._said()

    def action_evidence_in(self) -> None:
        """Into the column."""
        if self._go is not None:
            self.dismiss()
            self.app.call_later(self._go)
