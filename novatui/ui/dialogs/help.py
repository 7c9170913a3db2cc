"""The help: every key of the catalogue, the filter language, and what the signs mean."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from novatui.actions.catalogue import ACTIONS, DIALOGS, Scope, Section, shown
from novatui.ui.keys import bindings
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN

FILTERS: tuple[tuple[str, str], ...] = (
    ("db orders", "every word in the name"),
    ("power:on,paused", "one of several values"),
    ("cpu>80  mem>80%  mem>8G", "more than; also < >= <= ="),
    ("!tag:lab", "not"),
    ("~^db-", "regular expression on the name"),
    ("fam:kvm conn:prod host:esx-07", "family, connection, host"),
    ("snap.age>14d  stale:yes  cpu:?", "old snapshots, stale, unknown"),
)
"""Examples of the query language."""


class Page(VerticalScroll, inherit_bindings=False):
    """What is read; the keys are those of the dialog."""


class HelpDialog(ModalScreen[None], inherit_bindings=False):
    """One scrollable page; any of help, back and quit closes it."""

    BINDINGS = bindings(Scope.DIALOG)
    DEFAULT_CSS = """
    HelpDialog { align: center middle; }
    HelpDialog > Page { width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 0 2; }
    HelpDialog > Page { border: round $foreground; background: $background; scrollbar-size: 0 0; }
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def compose(self) -> ComposeResult:
        """The page."""
        with Page() as page:
            page.border_title = "Help"
            page.border_subtitle = "j k scroll   Esc close"
            yield Static(Content("\n".join(self._lines())))

    def _lines(self) -> Iterator[str]:
        marks = self._look.marks
        for section in Section:
            yield section.value
            for action in ACTIONS:
                if action.section is section and action.scope not in DIALOGS:
                    keys = " ".join(shown(key, marks.ascii) for key in action.keys)
                    yield f"  {keys:15} {action.title}"
            yield ""
        yield "Filter"
        for example, meaning in FILTERS:
            yield f"  {example:34} {meaning}"
        yield ""
        yield "Signs"
        yield f"  {marks.on} on  {marks.off} off  {marks.paused} paused  {marks.suspended} suspended"
        yield f"  {marks.up} starting  {marks.down} stopping  {marks.migrating} migrating  {marks.error} crashed"
        yield f"  {marks.unreachable} no connection  {marks.partly} partly, in maintenance  {marks.alarm} alarm"
        yield f"  {UNKNOWN} unknown  {marks.inapplicable} not applicable now  ~ old: nothing newer was heard"

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
