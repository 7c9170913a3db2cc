"""The line above the panes: what is listed; while a filter is typed, the place to type it."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from novatui.ui.widgets.lines import Draw, Lines


class FilterBar(Widget):
    """Shows the listing; `edit` turns it into an input that filters with every key."""

    DEFAULT_CSS = """
    FilterBar { height: 1; layout: horizontal; }
    FilterBar > Input { display: none; width: 1fr; }
    FilterBar.editing > Input { display: block; }
    FilterBar > Lines { width: 1fr; }
    """

    class Changed(Message):
        """Another filter was typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Done(Message):
        """Typing is over."""

    def __init__(self, draw: Draw, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = Lines(draw)
        self._input = Input(compact=True, placeholder="name  power:on  cpu>80  tag:prod  !tag:lab  ~regex")
        self._before = ""

    def compose(self) -> ComposeResult:
        """Input and listing side by side."""
        yield self._input
        yield self._lines

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
        self._input.focus()
        self._input.cursor_position = len(self._input.value)

    def redraw(self) -> None:
        """The listing changed."""
        self._lines.redraw()

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        self.post_message(self.Changed(message.value))

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self._end()

    def on_key(self, event: events.Key) -> None:
        """Escape puts back the filter from before; the arrows leave the input and go to the rows."""
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self._input.value = self._before
            self._end()
        elif event.key in {"down", "up", "tab"}:
            event.stop()
            event.prevent_default()
            self._end()

    def _end(self) -> None:
        self.remove_class("editing")
        self.post_message(self.Done())
