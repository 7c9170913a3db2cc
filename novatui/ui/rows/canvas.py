"""Draws visible rows line by line, and repaints only the lines that look different from those on screen."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import zip_longest

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from novatui.ui.rows.cells import fit
from novatui.ui.rows.model import RowModel
from novatui.ui.rows.painter import Painter
from novatui.ui.rows.scrollbar import thumb
from novatui.ui.rows.source import ROOT, RowSource, RowState
from novatui.ui.rows.spans import regions

CACHED_LINES = 1024
"""Drawn lines kept, of about 3 kB each."""

NARROW = 4
"""Widths up to this have no room for a scrollbar."""

Look = tuple[int, Hashable, RowState]
"""All that decides how a row is drawn, but for the width: node, version of its content, state."""


class RowMessage(Message):
    """A message of a row view."""

    def __init__(self, view: RowCanvas) -> None:
        super().__init__()
        self.view = view

    @property
    def control(self) -> RowCanvas:
        """The view that sent it, for `@on` selectors."""
        return self.view


class RowCanvas(Widget):
    """The drawing half of `RowView`.

    `touch` and `changed` announce changes and may be called thousands of times a second; the painter takes
    them in together.
    """

    ALLOW_SELECT = False

    class CursorMoved(RowMessage):
        """The cursor is on another node, or on none."""

        def __init__(self, view: RowCanvas, node: int | None) -> None:
            super().__init__(view)
            self.node = node

    def __init__(
        self,
        source: RowSource,
        *,
        root: int = ROOT,
        header: bool = False,
        painter: Painter | None = None,
        ascii_only: bool = False,
        placeholder: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`header`: keep the first line for `source.header`. `painter`: a clock shared with other widgets.

        `placeholder` is shown when there are no rows.
        """
        super().__init__(id=id, classes=classes)
        self.source = source
        self.model = RowModel(source, root)
        self.placeholder = placeholder
        self._painter = painter
        self._ascii_only = ascii_only
        self._head = 1 if header else 0
        self._taken = Size(0, 0)
        """Size of the widget that the lines were made for."""
        self._looks: list[Look] = []
        self._drawn: dict[int, Strip] = {}
        """Each line of the widget as it was drawn last."""
        self._shown: set[int] = set()
        self._bar = range(0)
        self._told: int | None = None
        self._has_keyboard = False
        self._lines: LRUCache[tuple[Look, int, str], Strip] = LRUCache(CACHED_LINES)
        self._base: Style | None = None

    # Changes of the data

    def touch(self, nodes: Iterable[int]) -> None:
        """The drawn content of `nodes` changed. Free for rows that are not on screen."""
        if not self._shown.isdisjoint(nodes):
            self._request_paint()

    def changed(self, *parents: int) -> None:
        """Rows were added to, removed from or moved below `parents` (default: the root)."""
        self.model.changed(*parents or (self.model.root,))
        self._request_paint()

    def forget(self, nodes: Iterable[int]) -> None:
        """These objects do not exist any more; see `RowModel.forget`."""
        self.model.forget(nodes)
        self._request_paint()

    def replace(self, order: Sequence[int]) -> None:
        """Show `order` as the children of the root at once; cursor, marks and scroll position are kept."""
        self.model.replace(order)
        self._show()

    def show_header(self, shown: bool) -> None:
        """Keep the first line for the header, or give it to the rows."""
        self._head = 1 if shown else 0
        self.model.resize(self.size.height - self._head)
        self._show()

    def redraw_header(self) -> None:
        """The header changed (a sort mark)."""
        self.refresh(Region(0, 0, self.size.width, self._head))

    def redraw(self) -> None:
        """Draw every line anew: the columns or the glyphs changed."""
        self._lines.clear()
        self.refresh()

    def paint(self) -> None:
        """Take in announced changes and repaint what looks different; called by the painter."""
        self.model.commit()
        self._show()

    # Painting

    def _request_paint(self) -> None:
        if self._painter is not None and self.is_attached:
            self._painter.request(self.paint)

    def _show(self) -> None:
        """Repaint the lines that look different from what is on the screen."""
        if not self.is_attached:
            return
        before, bar = self._looks, self._bar
        self._look()
        stale = {y for y, (new, old) in enumerate(zip_longest(self._looks, before)) if new != old}
        stale.update(set(bar).symmetric_difference(self._bar))
        if not self._looks or not before:
            stale.add(0)  # the placeholder comes or goes
        if changed := [region for line in sorted(stale) for region in self._regions(line + self._head)]:
            self.refresh(*changed)
        if self.model.cursor != self._told:
            self._told = self.model.cursor
            self.post_message(self.CursorMoved(self, self._told))

    def _look(self) -> None:
        """Note how each line has to look."""
        self._looks = self._current_looks()
        self._bar = thumb(self.model.top, self.model.height, len(self.model.rows))
        self._shown = {look[0] for look in self._looks}

    def _regions(self, y: int) -> list[Region]:
        """Where line `y` of the widget looks different now."""
        before = self._drawn.get(y)
        return [Region(0, y, self.size.width, 1)] if before is None else regions(y, before, self._line(y))

    def _current_looks(self) -> list[Look]:
        model, tree, version = self.model, self.model.tree, self.source.version
        focused = self._has_keyboard
        first, last = model.marked_range() or (0, -1)
        looks: list[Look] = []
        for index, node in enumerate(model.window(), model.top):
            cursor = node == model.cursor
            marked = node in model.marks or first <= index <= last
            state = RowState(len(tree.path(node)), tree.is_open(node), cursor, marked, cursor and focused)
            looks.append((node, version(node), state))
        return looks

    def render_line(self, y: int) -> Strip:
        """Line `y` of the widget, from the cache if it looks as it did before."""
        if self._taken != self.size:  # the frame is sooner than the message that tells of the size
            self._take_size()
        self._drawn[y] = strip = self._line(y)
        return strip

    def _line(self, y: int) -> Strip:
        width = self.size.width
        line = y - self._head
        if line < 0:
            return self._finished(self.source.header(self._body(width)), "", width)
        bar = "" if not self._bar else "thumb" if line in self._bar else "track"
        if line >= len(self._looks):
            text = self.placeholder if line == 0 and not self._looks else ""
            return self._finished(Strip([Segment(fit(text, self._body(width)))]), bar, width)
        look = self._looks[line]
        key = (look, width, bar)
        strip = self._lines.get(key)
        if strip is None:
            node, _, state = look
            strip = self._finished(self.source.strip(node, self._body(width), state), bar, width)
            self._lines[key] = strip
        return strip

    @property
    def body_width(self) -> int:
        """Cells that a line of the source has."""
        return self._body(self.size.width)

    def _body(self, width: int) -> int:
        """Cells for rows; the last column belongs to the scrollbar, whether it is needed or not."""
        return width - 1 if width > NARROW else width

    def _finished(self, strip: Strip, bar: str, width: int) -> Strip:
        """`strip` in the widget's style at exactly `width` cells, scrollbar cell included."""
        if self._base is None:
            self._base = self.rich_style
        body = self._body(width)
        strip = strip.adjust_cell_length(body)
        if body < width:
            strip = Strip([*strip, self._bar_cell(bar)], width)
        return strip.apply_style(self._base)

    def _bar_cell(self, bar: str) -> Segment:
        if not bar:
            return Segment(" ")
        glyphs = {"thumb": "#", "track": "|"} if self._ascii_only else {"thumb": "▐", "track": " "}
        colour = self.styles.scrollbar_color if bar == "thumb" else self.styles.scrollbar_background
        return Segment(glyphs[bar], Style(color=colour.rich_color))

    def notify_style_update(self) -> None:
        """Colours changed: no drawn line is right any more."""
        super().notify_style_update()
        self._base = None
        self._lines.clear()

    # Events

    def on_mount(self) -> None:
        if self._painter is None:
            self._painter = Painter(self)

    def on_unmount(self) -> None:
        if self._painter is not None:
            self._painter.cancel(self.paint)

    def on_resize(self) -> None:
        if self._taken != self.size:
            self._take_size()
            self.refresh()
        self.paint()

    def _take_size(self) -> None:
        """Fill the widget as it is now with rows."""
        self._taken = self.size
        self.model.resize(self.size.height - self._head)
        self.model.commit()
        self._look()

    def on_focus(self) -> None:
        self._has_keyboard = True
        self._show()

    def on_blur(self) -> None:
        self._has_keyboard = False
        self._show()
