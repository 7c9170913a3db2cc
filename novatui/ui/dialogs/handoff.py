"""The dialog that shows an address with a one-time ticket: read and copied once, gone with the dialog."""

from __future__ import annotations

import os

from novatui.actions.keymap import Keymap
from novatui.core.consoles import TITLES, Handoff
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.output.clipboard import copying
from novatui.ui.textual_private import MeteredApp


class HandoffDialog(PageDialog):
    """What is copied is the address alone."""

    def __init__(self, name: str, found: Handoff, keys: Keymap, *, ascii_only: bool = False) -> None:
        super().__init__(f"{TITLES[found.way]} of {name}", keys, ascii_only=ascii_only)
        self._found = found

    def text(self) -> str:
        """The address, and what it is good for."""
        found = self._found
        told = [found.address, "", f"opens  {found.reaches}", f"lasts  {found.lasts}"]
        told += [f"trust  {each}" for each in found.certificates]
        return "\n".join([*told, "", "It is kept nowhere: once this is closed, ask for another."])

    def action_dialog_copy(self) -> None:
        """The address, into the clipboard of the terminal."""
        assert isinstance(self.app, MeteredApp)
        self.app.write_out(copying(self._found.address, os.environ))
        self._page.border_subtitle = "copied: the address alone"
