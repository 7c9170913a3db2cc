"""The help: every key of the catalogue, the filter language, and what the signs mean."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from novatui.actions.catalogue import ACTIONS, Scope, Section, shown
from novatui.ui.keys import bindings
from novatui.ui.render.look import Look

FILTERS: tuple[tuple[str, str], ...] = (
    ("db orders", "every word in the name"),
    ("power:on,paused", "one of several values"),
    ("cpu>80  mem>80%  mem>8G", "more than; also < >= <= ="),
    ("!tag:lab", "not"),
    ("~^db-", "regular expression on the name"),
    ("fam:kvm conn:prod host:esx-07", "family, connection, host"),
    ("snap.age>14d  stale:yes  cpu:?", "old snapshots, old values, unknown"),
)
"""Examples of the query language."""


class HelpDialog(ModalScreen[None], inherit_bindings=False):
    """One scrollable page; any of help, back and quit closes it."""

    BINDINGS = bindings(Scope.DIALOG)
    DEFAULT_CSS = """
    HelpDialog { align: center middle; }
    HelpDialog > VerticalScroll { width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 0 2; }
    HelpDialog > VerticalScroll { border: round $foreground; background: $background; }
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def compose(self) -> ComposeResult:
        """The page."""
        with VerticalScroll() as page:
            page.border_title = "Help"
            yield Static(Content("\n".join(self._lines())))

    def _lines(self) -> Iterator[str]:
        for section in Section:
            yield section.value
            for action in ACTIONS:
                if action.section is section and action.scope not in (Scope.DIALOG, Scope.QUESTION):
                    yield f"  {' '.join(shown(key) for key in action.keys):14} {action.title}"
            yield ""
        yield "Filter"
        for example, meaning in FILTERS:
            yield f"  {example:34} {meaning}"
        yield ""
        yield "Signs"
        marks = self._look.marks
        yield f"  {marks.on} on  {marks.off} off  {marks.paused} paused  {marks.suspended} suspended"
        yield f"  {marks.migrating} migrating  {marks.error} error  {marks.alarm} alarm"
        yield f"  {marks.unreachable} unreachable  ? unknown  {marks.inapplicable} not applicable now"
        yield "  ~ old: nothing newer was heard"

    def action_dialog_close(self) -> None:
        """Back to where we were."""
        self.dismiss()

    def action_dialog_down(self) -> None:
        """One line down."""
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_dialog_up(self) -> None:
        """One line up."""
        self.query_one(VerticalScroll).scroll_up(animate=False)
