"""A page of text in a dialog: read, scrolled, copied."""

from __future__ import annotations

import os

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from novatui.actions.catalogue import Scope
from novatui.actions.keymap import Keymap
from novatui.ui.keys import bindings
from novatui.ui.output.clipboard import copying
from novatui.ui.textual_private import MeteredApp


class Page(VerticalScroll, inherit_bindings=False):
    """What is read; the keys are those of the dialog."""


class PageDialog(ModalScreen[None], inherit_bindings=False):
    """One scrollable page; any of help, back and quit closes it."""

    BINDINGS = bindings(Scope.DIALOG)
    DEFAULT_CSS = """
    PageDialog { align: center middle; }
    PageDialog > Page { width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 0 2; }
    PageDialog > Page { border: round $foreground; background: $background; scrollbar-size: 0 0; }
    """

    def __init__(self, title: str, keys: Keymap, text: str = "", *, ascii_only: bool = False) -> None:
        super().__init__()
        self.keys = keys
        self.ascii_only = ascii_only
        self._title = title
        self._text = text

    def text(self) -> str:
        """What is on the page."""
        return self._text

    def compose(self) -> ComposeResult:
        """The page."""
        with Page() as page:
            page.border_title = Content(self._title)
            page.border_subtitle = Content(self._said())
            yield Static(Content(self.text()))

    def _said(self) -> str:
        down, up, copy, close = (
            self.keys.shown(f"dialog.{what}", self.ascii_only) for what in ("down", "up", "copy", "close")
        )
        return f"{down} {up} scroll   {copy} copy   {close} close"

    @property
    def _page(self) -> Page:
        return self.query_one(Page)

    def action_dialog_close(self) -> None:
        """Back to where we were."""
        self.dismiss()

    def action_dialog_down(self) -> None:
        """One line down."""
        self._page.scroll_down(animate=False)

    def action_dialog_up(self) -> None:
        """One line up."""
        self._page.scroll_up(animate=False)

    def action_dialog_page_down(self) -> None:
        """A screenful down."""
        self._page.scroll_page_down(animate=False)

    def action_dialog_page_up(self) -> None:
        """A screenful up."""
        self._page.scroll_page_up(animate=False)

    def action_dialog_first(self) -> None:
        """To the beginning."""
        self._page.scroll_home(animate=False)

    def action_dialog_last(self) -> None:
        """To the end."""
        self._page.scroll_end(animate=False)

    def action_dialog_copy(self) -> None:
        """All of it, into the clipboard of the terminal."""
        assert isinstance(self.app, MeteredApp)
        sequence = copying(self.text(), os.environ)
        self.app.write_out(sequence)
        self._page.border_subtitle = "copied" if sequence else "too long for the clipboard of a terminal"
