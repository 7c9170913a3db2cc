"""The line above the panes: what is listed; while a filter is typed, the place to type it."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from novatui.actions.catalogue import Scope
from novatui.core.text import clean
from novatui.ui.keys import bindings
from novatui.ui.widgets.lines import Draw, Lines

LONGEST = 1000
"""Characters of a filter; what is pasted beyond that is cut."""


class FilterInput(Input, inherit_bindings=False):
    """An input whose keys are those of the catalogue, and in which nothing that was pasted can hurt the terminal."""

    BINDINGS = bindings(Scope.TEXT)

    def validate_value(self, value: str) -> str:
        """Whatever gets in becomes one harmless line."""
        return clean(value, LONGEST)


class FilterBar(Widget, inherit_bindings=False):
    """Shows the listing; `edit` turns it into an input that filters with every key."""

    BINDINGS = bindings(Scope.FILTER)
    DEFAULT_CSS = """
    FilterBar { height: 1; layout: horizontal; }
    FilterBar > * { display: none; }
    FilterBar > #listing { display: block; }
    FilterBar.editing > * { display: block; }
    FilterBar.editing > #listing { display: none; }
    FilterBar > #prompt { width: 2; }
    FilterBar > Input { width: 1fr; }
    FilterBar > #counts { width: 20; }
    """

    class Changed(Message):
        """Another filter was typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Done(Message):
        """Typing is over, the rows are wanted back."""

    class Closed(Message):
        """The input is gone."""

    def __init__(self, prompt: Draw, listing: Draw, counts: Draw, *, text: str = "", id: str | None = None) -> None:
        """`prompt` and `counts` stand before and behind the input, `listing` in its place while nothing is typed."""
        super().__init__(id=id)
        self._prompt = Lines(prompt, id="prompt")
        self._listing = Lines(listing, id="listing")
        self._counts = Lines(counts, id="counts")
        self._input = FilterInput(
            compact=True, select_on_focus=False, placeholder="name  power:on  cpu>80  tag:prod  !tag:lab  ~regex"
        )
        self._input.cursor_blink = False
        self._before = text

    def compose(self) -> ComposeResult:
        """Input and listing side by side; one of them is shown."""
        yield self._prompt
        yield self._input
        yield self._listing
        yield self._counts

    def on_mount(self) -> None:
        """The input takes a text once it is on a screen, not before."""
        self.set_text(self._before)

    @property
    def text(self) -> str:
        """The filter as typed."""
        return self._input.value

    def set_text(self, text: str) -> None:
        """Put a filter into the input without telling anybody."""
        with self._input.prevent(Input.Changed):
            self._input.value = text

    def edit(self) -> None:
        """Begin to type."""
        self._before = self._input.value
        self.add_class("editing")
        # Not `focus()`, which waits for its turn: the next letter may be on its way already.
        self.screen.set_focus(self._input)
        self._input.cursor_position = len(self._input.value)

    def redraw(self) -> None:
        """The listing changed."""
        self._listing.redraw()
        self._counts.redraw()

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        self.post_message(self.Changed(message.value))

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.post_message(self.Done())

    def action_filter_keep(self) -> None:
        """Leave the filter as it is."""
        self.post_message(self.Done())

    def action_filter_undo(self) -> None:
        """Put back the filter from before."""
        self._input.value = self._before
        self.post_message(self.Done())

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Whoever goes elsewhere has typed enough; not so a person whose terminal is in the background for a moment."""
        event.stop()
        if self.app.app_focus and self.has_class("editing"):
            self.remove_class("editing")
            self.post_message(self.Closed())
