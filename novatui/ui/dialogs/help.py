"""The help of a screen: its keys from the catalogue, the filter language, and what the signs mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from novatui.actions.catalogue import Action, Scope, Section, in_scope, in_strip, shown
from novatui.actions.keymap import Keymap
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

    def __init__(self, look: Look, keys: Keymap, scopes: Sequence[Scope], name: str = "") -> None:
        """`scopes` are those of the screen that help is wanted for, `name` is what it is called."""
        super().__init__()
        self._look = look
        self._keys = keys
        self._scopes = scopes
        self._title = f"Help: {name}" if name else "Help"

    def compose(self) -> ComposeResult:
        """The page."""
        with Page() as page:
            page.border_title = self._title
            page.border_subtitle = "j k scroll   Esc close"
            yield Static(Content("\n".join(self._lines())))

    def _lines(self) -> Iterator[str]:
        marks = self._look.marks
        here = [action for action in in_scope(*self._scopes, *self._typing) if not action.leader]
        for section in Section:
            entries = [entry for action in here if action.section is section for entry in self._entries(action)]
            if entries:
                yield section.value
                yield from _columns(entries)
                yield ""
        if Scope.FILTERED not in self._scopes:
            return
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
    def _typing(self) -> tuple[Scope, ...]:
        """What is typed on such a screen."""
        return (Scope.TEXT, Scope.COMMAND, *((Scope.FILTER,) if Scope.FILTERED in self._scopes else ()))

    def _entries(self, action: Action) -> Iterator[tuple[str, str]]:
        """Keys and title of an action, and what stands in its strip; without a key: what to type."""
        keys = [shown(key, self._look.marks.ascii) for key in self._keys.keys(action)]
        yield " ".join(keys) or f":{action.word}", action.title
        for other in in_strip(action, self._scopes):
            yield f"{keys[0]} {shown(self._keys.keys(other)[0])}", other.title

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


def _columns(entries: list[tuple[str, str]]) -> Iterator[str]:
    """Two entries a line, read downwards."""
    half = (len(entries) + 1) // 2
    for left, right in zip_longest(entries[:half], entries[half:]):
        one = f"  {left[0]:12} {left[1]:21}"
        yield one if right is None else f"{one} {right[0]:12} {right[1]}"
