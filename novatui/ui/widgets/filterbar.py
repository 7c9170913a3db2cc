"""The line above the panes: what is listed; while a filter is typed, the place to type it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from novatui.actions.catalogue import Scope
from novatui.ui.render.cells import line
from novatui.ui.widgets.editor import Editor, is_letter
from novatui.ui.widgets.lines import Draw, Lines

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen

EXAMPLES = "name  power:on  cpu>80  tag:prod  !tag:lab  ~regex"


class FilterBar(Widget, can_focus=True, inherit_bindings=False, inherit_css=False):
    """Shows the listing; `edit` turns it into a line that filters with every key.

    It belongs to a `FrameScreen`, takes its keys while it is open, and calls its `filter_typed`, `filter_done` and
    `filter_closed` at once: the next key finds the rows as they are by then.
    """

    DEFAULT_CSS = """
    FilterBar { height: 1; layout: horizontal; }
    FilterBar > * { display: none; }
    FilterBar > #listing { display: block; }
    FilterBar.editing > * { display: block; }
    FilterBar.editing > #listing { display: none; }
    FilterBar > #prompt { width: 2; }
    FilterBar > #typed { width: 1fr; }
    FilterBar > #counts { width: 20; }
    """

    def __init__(
        self,
        owner: FrameScreen,
        listing: Draw,
        counts: Draw,
        *,
        text: str = "",
        examples: str = EXAMPLES,
        id: str | None = None,
    ) -> None:
        """`counts` stands behind what is typed, `listing` in the place of both while nothing is."""
        super().__init__(id=id)
        self._owner = owner
        self._keys = owner.stage.keys
        self._examples = examples
        self._prompt = Lines(lambda width, _: [line([(" /", owner.look.styles.title)], width)], id="prompt")
        self._listing = Lines(listing, id="listing")
        self._counts = Lines(counts, id="counts")
        self._typed = Lines(self._draw_typed, id="typed")
        self.editor = Editor(text)
        self._before = text

    def compose(self) -> ComposeResult:
        """Line and listing side by side; one of them is shown."""
        yield self._prompt
        yield self._typed
        yield self._listing
        yield self._counts

    @property
    def text(self) -> str:
        """The filter as typed."""
        return self.editor.text

    @property
    def editing(self) -> bool:
        """A filter is being typed."""
        return self.has_class("editing")

    def set_text(self, text: str) -> None:
        """Put a filter into the line without telling anybody."""
        self.editor.set(text)
        self._typed.redraw()

    def edit(self) -> None:
        """Begin to type."""
        self._before = self.editor.text
        self.editor.do("end")
        self.add_class("editing")
        self._owner.take_keys(self)
        self._owner.set_focus(self)
        self._typed.redraw()

    def redraw(self) -> None:
        """The listing changed."""
        self._listing.redraw()
        self._counts.redraw()

    # As a taker of keys

    def wants(self, key: str, character: str | None) -> bool:
        """Letters, and the keys of typing."""
        return self._keys.action(key, Scope.FILTER, Scope.TEXT) is not None or is_letter(character)

    def press(self, key: str, character: str | None) -> None:
        """A letter, or an action of the scopes FILTER and TEXT."""
        action = self._keys.action(key, Scope.FILTER, Scope.TEXT)
        before = self.editor.text
        if action is None:
            self.editor.insert(character or "")
        elif action.id == "filter.undo":
            self.editor.set(self._before)
        else:
            self.editor.do(action.id)
        self._changed(before)
        if action is not None and action.id in ("submit", "filter.keep", "filter.undo"):
            self._owner.release_keys(self)
            self._owner.filter_done()

    def paste(self, text: str) -> None:
        """What was pasted becomes part of the filter."""
        before = self.editor.text
        self.editor.paste(text)
        self._changed(before)

    def left(self) -> None:
        """Typing is over."""
        self.remove_class("editing")
        self._owner.filter_closed()

    def draw(self, width: int) -> None:
        """The footer is not needed for it."""
        del width

    def _changed(self, before: str) -> None:
        self._typed.redraw()
        if self.editor.text != before:
            self._owner.filter_typed(self.editor.text)

    def _draw_typed(self, width: int, height: int) -> list[Strip]:
        del height
        return [self.editor.draw(self._owner.look, width, ghost="" if self.editor.text else self._examples)]

    # Textual

    def on_blur(self, event: events.Blur) -> None:
        """Whoever goes elsewhere has typed enough; not so a person whose terminal is in the background for a moment."""
        del event
        if self.app.app_focus and self.editing:
            self._owner.release_keys(self)
