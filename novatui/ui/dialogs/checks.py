"""Everything that one host answered, with the evidence; from here the machine can be sent there."""

from __future__ import annotations

from collections.abc import Callable

from novatui.actions.catalogue import Scope
from novatui.actions.keymap import Keymap
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.keys import bindings


class ChecksDialog(PageDialog):
    """A page; `go` is called when the person wants to go on with this host, and is None where it cannot."""

    SCOPES = (Scope.CHECKS, Scope.DIALOG)
    BINDINGS = bindings(Scope.CHECKS)

    def __init__(
        self, title: str, keys: Keymap, text: str, go: Callable[[], None] | None, *, ascii_only: bool = False
    ) -> None:
        super().__init__(title, keys, text, ascii_only=ascii_only)
        self._go = go

    def _said(self) -> str:
        go = f"{self.keys.shown('checks.go', self.ascii_only)} move it there   " if self._go is not None else ""
        return go + super()._said()

    def action_checks_go(self) -> None:
        """Go on with this host."""
        if self._go is not None:
            self.dismiss()
            self.app.call_later(self._go)
