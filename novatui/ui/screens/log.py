"""The log screen: what the worker of each connection wrote, and what the console logged, the newest last."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.engine.fleet import Changes
from novatui.ui.export import Listed
from novatui.ui.keys import bindings
from novatui.ui.place import Place
from novatui.ui.render import log
from novatui.ui.render.cells import Piece, line, spread
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.stage import Stage
from novatui.ui.widgets.filterbar import FilterBar
from novatui.ui.widgets.scroll import ScrollLines

EMPTY = " nothing was logged; `novatui --debug` logs more"


class LogScreen(FrameScreen, inherit_bindings=False):
    """Follows the newest line until somebody scrolls up."""

    SCOPES = (Scope.EVERYWHERE, Scope.MOVE, Scope.FILTERED, Scope.LISTED, Scope.FRAME)
    BINDINGS = bindings(*SCOPES)

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._said: list[log.Said] = []
        self._lines = ScrollLines(self._draw, follow=True, ascii_only=self.look.marks.ascii, id="lines")
        self._filter = FilterBar(
            self,
            lambda width, _: [self._draw_listing(width)],
            lambda width, _: [line([self._count()], width)],
            text=place.filter,
            examples="words that a line has in it",
            id="filter",
        )

    def compose_body(self) -> ComposeResult:
        """The filter and the lines."""
        yield self._filter
        yield self._lines

    def on_mount(self) -> None:
        self._read()

    def crumbs(self) -> list[str]:
        """The name of the screen."""
        return ["log"]

    def place(self) -> Place:
        """The filter is part of it."""
        return Place("log", filter=self._filter.text)

    def show(self, place: Place) -> bool:
        """The same screen with another filter."""
        self._filter.set_text(place.filter)
        self._read()
        return True

    def mover(self) -> ScrollLines:
        """The keys scroll."""
        return self._lines

    def take(self, changes: Changes) -> None:
        """Who logs has often something to tell beside."""
        del changes
        self._read()

    def age(self) -> None:
        """Lines come without any other change, too."""
        self._read()

    def step_back(self) -> bool:
        """Drop the filter."""
        if not self._filter.text:
            return False
        self.show(Place("log"))
        return True

    def _read(self) -> None:
        workers = {conn: self.fleet.log(conn) for conn in self.fleet.connections}
        said = log.collect(self.stage.console_log(), workers)
        self._said = log.matching(said, self._filter.text)
        self._lines.redraw()
        self._filter.redraw()

    def _draw(self, width: int) -> list[Strip]:
        empty = EMPTY if not self._filter.text else f" no line has {self._filter.text} in it"
        return log.lines(self._said, self.look, width) or [line([(empty, self.look.styles.quiet)], width)]

    def _draw_listing(self, width: int) -> Strip:
        styles, text = self.look.styles, self._filter.text
        wanted = (f" /{text}", styles.key) if text else (f" {self.key('filter')} to filter", styles.quiet)
        return spread([(" :log ", styles.title), wanted], [self._count()], width)

    def _count(self) -> Piece:
        return f" {len(self._said):,} lines ", self.look.styles.quiet

    def listed(self) -> Listed:
        """The lines as they are shown."""
        cells = [[self.look.clock(one.at), one.by, one.text] for one in self._said]
        values = [{"at": one.at, "by": one.by, "text": one.text} for one in self._said]
        return Listed(name="log", titles=["TIME", "BY", "TEXT"], cells=cells, values=values)

    def line_in_words(self) -> str:
        """The newest line."""
        return f"{self._said[-1].by} {self._said[-1].text}" if self._said else ""

    def paged(self) -> str:
        """All lines that are shown."""
        return "".join(f"{self.look.clock(one.at)} {one.by} {one.text}\n" for one in self._said)

    # Filter

    def filter_typed(self, text: str) -> None:
        """Show the lines that have it."""
        del text
        self._read()

    def action_filter(self) -> None:
        """Type a filter."""
        self._filter.edit()

    def filter_done(self) -> None:
        """Back to the lines."""
        self.set_focus(None)
