"""What every screen with rows can do: the row keys of the catalogue, sent to the view that has the keyboard."""

from __future__ import annotations

from typing import Protocol

from novatui.ui.rows.view import RowView
from novatui.ui.taker import TakesKeys


class Mover(Protocol):
    """What can be gone through with the keys of the scope MOVE: a `RowView`, or `ScrollLines`."""

    def move(self, lines: int, /) -> None: ...
    def page(self, pages: int, /) -> None: ...
    def home(self) -> None: ...
    def end(self) -> None: ...


class RowScreen(TakesKeys, inherit_bindings=False):
    """A screen whose row keys work on one view at a time."""

    def rows(self) -> RowView:
        """The view that row keys go to; for the scope ROWS."""
        raise NotImplementedError

    def mover(self) -> Mover:
        """What the keys of the scope MOVE go through."""
        return self.rows()

    def action_move_down(self) -> None:
        """Cursor down."""
        self.mover().move(1)

    def action_move_up(self) -> None:
        """Cursor up."""
        self.mover().move(-1)

    def action_move_in(self) -> None:
        """Unfold, or into what is unfolded."""
        self.rows().step_in()

    def action_move_out(self) -> None:
        """Fold, or to the node above."""
        self.rows().step_out()

    def action_move_first(self) -> None:
        """To the first row."""
        self.mover().home()

    def action_move_last(self) -> None:
        """To the last row."""
        self.mover().end()

    def action_page_down(self) -> None:
        """A screenful down."""
        self.mover().page(1)

    def action_page_up(self) -> None:
        """A screenful up."""
        self.mover().page(-1)

    def action_mark(self) -> None:
        """Mark or unmark, and on to the next row."""
        self.rows().toggle_mark()
        self.rows().move(1)

    def action_mark_range(self) -> None:
        """Begin a range here, or mark from its beginning to here."""
        self.rows().mark_range()

    def action_mark_invert(self) -> None:
        """Mark what was not marked."""
        self.rows().invert_marks()

    def action_mark_clear(self) -> None:
        """Unmark everything."""
        self.rows().clear_marks()
