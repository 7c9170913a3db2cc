"""The columns of a list: shown or hidden, and in which order. The list behind it follows each key."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.strip import Strip

from novatui.actions.catalogue import Scope, in_scope
from novatui.ui.columns.choice import Choice
from novatui.ui.dialogs import box
from novatui.ui.keys import bindings
from novatui.ui.render.cells import Piece, spread, width_of
from novatui.ui.rows.cells import fit
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines

TITLE_CELLS = 10


class ColumnsDialog(ModalScreen[None], inherit_bindings=False):
    """Closes with what was chosen last; nothing is left to confirm."""

    BINDINGS = bindings(Scope.COLUMNS)
    DEFAULT_CSS = box.style("ColumnsDialog", 66)

    def __init__(
        self,
        stage: Stage,
        choice: Choice,
        choose: Callable[[tuple[str, ...]], None],
        fits: Callable[[], frozenset[str]],
    ) -> None:
        """`choose` is called with the ids after each change; `fits` tells which columns there is room for."""
        super().__init__()
        self._stage = stage
        self._choice = choice
        self._choose = choose
        self._fits = fits
        self._top = 0
        self._lines = Lines(self._draw)

    def compose(self) -> ComposeResult:
        """A line for each column, and one with the keys."""
        self._lines.border_title = f"Columns of {self._choice.view.many}"
        self._lines.styles.height = len(self._choice.columns) + 3
        yield self._lines

    def _draw(self, width: int, height: int) -> list[Strip]:
        room, fits = max(1, height - 1), self._fits()
        at = self._choice.at
        self._top = min(max(self._top, at - room + 1), at)
        shown = range(self._top, min(self._top + room, len(self._choice.columns)))
        rows = [self._row(number, width, fits) for number in shown]
        blank = [Strip.blank(width)] * (room - len(rows))
        return [*rows, *blank, box.keys(self._stage, in_scope(Scope.COLUMNS), width)]

    def _row(self, number: int, width: int, fits: frozenset[str]) -> Strip:
        look, column = self._stage.look, self._choice.columns[number]
        styles, chosen = look.styles, column.id in self._choice.shown
        crowded = chosen and column.id not in fits
        far: list[Piece] = [(" no room ", styles.warning)] if crowded else []
        room = max(1, width - len("▌[x] ") - TITLE_CELLS - width_of(far))
        left: list[Piece] = [
            (look.marks.point if number == self._choice.at else " ", styles.key),
            ("[x] " if chosen else "[ ] ", styles.mark if chosen else styles.quiet),
            (fit(column.word, TITLE_CELLS, ellipsis=look.marks.ellipsis), styles.text),
            (fit(column.help, room, ellipsis=look.marks.ellipsis), styles.text if chosen else styles.quiet),
        ]
        strip = spread(left, far, width)
        return strip.apply_style(styles.cursor) if number == self._choice.at else strip

    def _changed(self) -> None:
        self._choose(self._choice.chosen)
        self._lines.redraw()

    def action_columns_down(self) -> None:
        """The next column."""
        self._choice.step(1)
        self._lines.redraw()

    def action_columns_up(self) -> None:
        """The column before."""
        self._choice.step(-1)
        self._lines.redraw()

    def action_columns_toggle(self) -> None:
        """Show it or not."""
        if self._choice.toggle():
            self._changed()

    def action_columns_later(self) -> None:
        """Further to the right in the list."""
        if self._choice.move(1):
            self._changed()

    def action_columns_earlier(self) -> None:
        """Further to the left."""
        if self._choice.move(-1):
            self._changed()

    def action_columns_usual(self) -> None:
        """As if nobody had chosen."""
        self._choice.reset()
        self._changed()

    def action_columns_close(self) -> None:
        """Back to the list."""
        self.dismiss()
