"""A screen whose rows stand below a line in which a filter is typed: every letter filters at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.strip import Strip

from novatui.core.text import clean
from novatui.ui.place import Place
from novatui.ui.render.cells import Piece, line, spread
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.stage import Stage
from novatui.ui.widgets.filterbar import FilterBar


class FilteredScreen(FrameScreen, inherit_bindings=False):
    """For filters that are no query of the fleet. The filter is that of its place."""

    EXAMPLES: ClassVar[str] = ""
    """Shown while nothing is typed yet."""

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self.filter = FilterBar(
            self,
            lambda width, _: [self._draw_listing(width)],
            lambda width, _: [line(self.counts(), width)],
            text=clean(place.filter),
            examples=self.EXAMPLES,
            id="filter",
        )

    # What a subclass gives

    def list_again(self) -> None:
        """List what fits the filter as it is now."""
        raise NotImplementedError

    def counts(self) -> Sequence[Piece]:
        """How much is listed."""
        raise NotImplementedError

    def beside(self) -> Sequence[Piece]:
        """What is said between the name of the list and its filter."""
        return ()

    def order_in_words(self) -> str:
        """In which order it is listed, where that can be chosen."""
        return ""

    # What it does

    def set_filter(self, text: str) -> None:
        """Put a filter into the line, and list what fits it."""
        self.filter.set_text(clean(text))
        self.list_again()

    def step_back(self) -> bool:
        """Drop the filter."""
        if not self.filter.text:
            return False
        self.set_filter("")
        return True

    def action_filter(self) -> None:
        """Type a filter."""
        self.filter.edit()

    def filter_typed(self, text: str) -> None:
        """Every letter filters."""
        del text
        self.list_again()

    def filter_done(self) -> None:
        """Back to the rows."""
        self.rows().focus()

    def _draw_listing(self, width: int) -> Strip:
        styles, text = self.look.styles, self.filter.text
        wanted = (f" /{text}", styles.key) if text else (f" {self.key('filter')} to filter", styles.quiet)
        order = (self.order_in_words(), styles.quiet)
        return spread([(f" :{self.place().name} ", styles.title), *self.beside(), wanted, order], self.counts(), width)
