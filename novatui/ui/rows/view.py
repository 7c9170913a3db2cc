"""The widget of the row engine: everything a user does with rows, by public methods and by the mouse.

It has no key bindings: the catalogue of keys calls the methods.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import ClassVar

from textual import events

from novatui.ui.rows.canvas import RowCanvas, RowMessage
from novatui.ui.rows.scrollbar import top_at

WHEEL_ROWS = 3
"""Rows scrolled by one step of the mouse wheel."""


class RowView(RowCanvas, can_focus=True, inherit_css=False):
    """A tree or table of any length over a `RowSource`. What the user does is painted at once."""

    DEFAULT_CSS = """
    RowView {
        width: 1fr; height: 1fr; scrollbar-color: $scrollbar; scrollbar-background: $scrollbar-background;
    }
    """
    INDENT: ClassVar[int] = 2
    """Cells per level of a tree: the expansion mark stands at `depth * INDENT`; a click there toggles."""

    class Activated(RowMessage):
        """A row was opened: double-clicked, or by `activate`."""

        def __init__(self, view: RowView, node: int) -> None:
            super().__init__(view)
            self.node = node

    class MarksChanged(RowMessage):
        """The user changed the set of marked nodes."""

    class HeaderClicked(RowMessage):
        """The header was clicked, `x` cells from its left."""

        def __init__(self, view: RowView, x: int) -> None:
            super().__init__(view)
            self.x = x

    _dragging = False
    """The scrollbar is held with the mouse."""

    # Cursor, tree and scroll

    @property
    def cursor(self) -> int | None:
        """The node under the cursor."""
        return self.model.cursor

    def move(self, rows: int) -> None:
        """Move the cursor down by `rows` (up if negative)."""
        self.model.move(rows)
        self._show()

    def page(self, pages: int) -> None:
        """Move the cursor by screenfuls, one row less each."""
        self.move(pages * max(1, self.model.height - 1))

    def home(self) -> None:
        """Go to the first row."""
        self.model.go(0)
        self._show()

    def end(self) -> None:
        """Go to the last row."""
        self.model.go(len(self.model.rows) - 1)
        self._show()

    def select(self, node: int) -> bool:
        """Put the cursor on a visible row; False when `node` is none."""
        return self._showing(self.model.select(node))

    def reveal(self, node: int) -> bool:
        """Expand what hides `node` and put the cursor on it; False when the source does not show it."""
        self.model.commit()
        return self._showing(self.model.reveal(node))

    def scroll_rows(self, rows: int) -> None:
        """Move the viewport and leave the cursor where it is."""
        self.model.scroll(rows)
        self._show()

    def activate(self) -> None:
        """Open the cursor row: posts `Activated`."""
        if self.cursor is not None:
            self.post_message(self.Activated(self, self.cursor))

    def toggle(self, node: int | None = None) -> bool:
        """Expand or collapse `node` (default: the cursor row); False for a row without children."""
        node = self.cursor if node is None else node
        if node is None:
            return False
        return self.fold(node) or self.unfold(node)

    def unfold(self, node: int | None = None) -> bool:
        """Show the children of `node` (default: the cursor row); False if there is nothing to show."""
        node = self.cursor if node is None else node
        if node is None or self.model.tree.is_open(node) or not self.source.children(node):
            return False
        return self._opened(node, True)

    def fold(self, node: int | None = None) -> bool:
        """Hide the children of `node` (default: the cursor row); False if none are shown."""
        node = self.cursor if node is None else node
        if node is None or not self.model.tree.is_open(node):
            return False
        return self._opened(node, False)

    def step_in(self) -> None:
        """Expand the cursor row, or go to its first child if it is expanded."""
        if not self.unfold() and self.cursor is not None and self.model.tree.is_open(self.cursor):
            self.move(1)

    def step_out(self) -> None:
        """Collapse the cursor row, or go to its parent if it is not expanded."""
        if not self.fold() and self.cursor is not None and (path := self.model.tree.path(self.cursor)):
            self.select(path[0])

    def set_expanded(self, nodes: Collection[int], expanded: bool = True) -> None:
        """Expand or collapse many nodes, visible or not, as one change."""
        self.model.set_expanded(nodes, expanded)
        self._show()

    def _opened(self, node: int, expanded: bool) -> bool:
        self.model.untouched = False
        self.model.set_expanded([node], expanded)
        return self._showing(True)

    def _showing(self, result: bool) -> bool:
        self._show()
        return result

    # Marks

    @property
    def marks(self) -> set[int]:
        """Marked nodes, visible or not; to be changed by the methods below only."""
        return self.model.marks

    def toggle_mark(self) -> None:
        """Mark or unmark the cursor row."""
        if self.cursor is not None:
            self.mark([self.cursor], self.cursor not in self.marks)

    def mark(self, nodes: Iterable[int], marked: bool = True) -> None:
        """Mark or unmark nodes."""
        self.model.mark(nodes, marked)
        self._marks_changed()

    def mark_range(self) -> None:
        """Begin a range at the cursor; called again, mark everything from there to the cursor."""
        if self.model.range_start is None:
            self.model.untouched = False
            self.model.range_start = self.cursor
        else:
            self.model.finish_range()
        self._marks_changed()

    def invert_marks(self) -> None:
        """Mark the visible rows that are not marked, and unmark those that are."""
        self.model.invert_marks()
        self._marks_changed()

    def clear_marks(self) -> None:
        """Unmark everything and drop a begun range."""
        self.model.range_start = None
        self.mark(list(self.marks), False)

    def _marks_changed(self) -> None:
        self.post_message(self.MarksChanged(self))
        self._show()

    # The mouse

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_rows(WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_rows(-WHEEL_ROWS)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        at = event.get_content_offset(self)
        if at is not None and self._bar and at.x == self._body(self.size.width) and at.y >= self._head:
            self._dragging = True
            self.capture_mouse()
            self._drag_to(at.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragging:
            self._drag_to(event.get_content_offset_capture(self).y)

    def on_mouse_up(self) -> None:
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def _drag_to(self, y: int) -> None:
        wanted = top_at(y - self._head, self.model.height, len(self.model.rows))
        self.scroll_rows(wanted - self.model.top)

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        if at is None or at.x >= self._body(self.size.width):
            return
        line = at.y - self._head
        if line < 0:
            self.post_message(self.HeaderClicked(self, at.x))
        elif line < len(self._looks):
            node, _, state = self._looks[line]
            self.select(node)
            if 0 <= at.x - state.depth * self.INDENT < self.INDENT and self.toggle(node):
                return
            if event.chain == 2:
                self.activate()
