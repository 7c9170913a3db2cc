"""A block of drawn lines: repaints only those that came out differently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest

from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from novatui.ui.rows.spans import regions

Draw = Callable[[int, int], Sequence[Strip]]
"""Draws at most `height` lines of exactly `width` cells: `draw(width, height)`."""


class Lines(Widget, inherit_css=False):
    """Lines from a drawing function. `redraw` after the data changed; nothing is sent when nothing looks different."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Lines { width: 1fr; height: 1; }
    """

    def __init__(self, draw: Draw, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw = draw
        self._drawn: list[Strip] = []
        self._drawn_for = Size(0, 0)

    def redraw(self) -> None:
        """Draw anew and repaint the lines that differ."""
        before = self._drawn
        self._draw_all()
        blank = Strip.blank(self.size.width)
        lines = enumerate(zip_longest(before, self._drawn, fillvalue=blank))
        if changed := [region for y, (old, new) in lines for region in regions(y, old, new)]:
            self.refresh(*changed)

    def on_resize(self, event: events.Resize) -> None:
        """Lines are made for one width."""
        del event
        if self._drawn_for != self.size:
            self.refresh()
        self.redraw()

    def _draw_all(self) -> None:
        self._drawn, self._drawn_for = list(self._draw(self.size.width, self.size.height)), self.size

    def render_line(self, y: int) -> Strip:
        """Line `y`, blank below the last one."""
        if self._drawn_for != self.size:  # the frame is sooner than the message that tells of the size
            self._draw_all()
        if y < len(self._drawn):
            return self._drawn[y].apply_style(self.rich_style) if self._drawn[y].cell_length else self._drawn[y]
        return Strip.blank(self.size.width, self.rich_style)
