"""A block of drawn lines of any length that is scrolled through; it can follow its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from novatui.ui.rows.scrollbar import thumb
from novatui.ui.rows.view import WHEEL_ROWS


class ScrollLines(Widget, inherit_css=False):
    """Lines from a drawing function `draw(width)`. Its keys are those of the scope MOVE, through `RowScreen.rows`."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    ScrollLines { width: 1fr; height: 1fr; scrollbar-color: $scrollbar; }
    """

    def __init__(
        self,
        draw: Callable[[int], Sequence[Strip]],
        *,
        follow: bool = False,
        ascii_only: bool = False,
        id: str | None = None,
    ) -> None:
        """`draw` makes all lines, each of exactly `width` cells. `follow`: stay at the end while lines are added."""
        super().__init__(id=id)
        self._draw = draw
        self._follow = follow
        self._ascii_only = ascii_only
        self._drawn: Sequence[Strip] = ()
        self.top = 0
        """The first line shown."""

    @property
    def at_end(self) -> bool:
        """The last line is shown."""
        return self.top >= self._last_top

    @property
    def _last_top(self) -> int:
        return max(0, len(self._drawn) - self.size.height)

    def redraw(self) -> None:
        """Draw anew; repaints only what looks different."""
        followed = self._follow and self.at_end
        before = self._window()
        self._drawn = self._draw(max(0, self.size.width - 1))
        self.top = self._last_top if followed else min(self.top, self._last_top)
        if self._window() != before:
            self.refresh()

    def move(self, lines: int) -> None:
        """Scroll down by so many lines (up if negative)."""
        top = max(0, min(self.top + lines, self._last_top))
        if top != self.top:
            self.top = top
            self.refresh()

    def page(self, pages: int) -> None:
        """Scroll by screenfuls, one line less each."""
        self.move(pages * max(1, self.size.height - 1))

    def home(self) -> None:
        """To the beginning."""
        self.move(-len(self._drawn))

    def end(self) -> None:
        """To the end."""
        self.move(len(self._drawn))

    def _window(self) -> Sequence[Strip]:
        return self._drawn[self.top : self.top + self.size.height]

    # Textual

    def on_resize(self) -> None:
        self.redraw()
        self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-WHEEL_ROWS)

    def render_line(self, y: int) -> Strip:
        """Line `y` with its cell of the scrollbar."""
        width = max(0, self.size.width - 1)
        at = self.top + y
        strip = self._drawn[at] if at < len(self._drawn) else Strip.blank(width)
        bar = y in thumb(self.top, self.size.height, len(self._drawn))
        cell = Segment(("#" if self._ascii_only else "▐") if bar else " ", Style(color=self._bar_colour))
        return Strip([*strip, cell], width + 1).apply_style(self.rich_style)

    @property
    def _bar_colour(self) -> str:
        return self.styles.scrollbar_color.rich_color.name
