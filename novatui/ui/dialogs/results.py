"""What becomes of a change, object by object, while it goes on and afterwards."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rich.cells import cell_len
from rich.style import Style
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.strip import Strip

from novatui.actions.bulk import Run
from novatui.actions.catalogue import Action, Scope, in_scope
from novatui.actions.outcome import Done, Outcome
from novatui.ui.copying import in_full
from novatui.ui.dialogs import box
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.keys import bindings
from novatui.ui.output.clipboard import copying
from novatui.ui.render.cells import Piece, line, spread
from novatui.ui.rows.cells import fit
from novatui.ui.stage import Stage
from novatui.ui.textual_private import MeteredApp
from novatui.ui.widgets.lines import Lines

NAME = 24
"""Cells of an object's name at least."""


class ResultsDialog(ModalScreen[None], inherit_bindings=False):
    """It can be closed at any time: the change goes on. `changed` draws it anew."""

    SCOPES = (Scope.RESULTS,)
    BINDINGS = bindings(Scope.RESULTS)
    DEFAULT_CSS = box.style("ResultsDialog", 100)

    def __init__(self, stage: Stage, title: str, run: Run) -> None:
        super().__init__()
        self._stage = stage
        self._title = title
        self.run = run
        self._name = max(NAME, *(cell_len(one.name) for one in run.results))
        self._at = 0
        self._top = 0
        self._lines = Lines(self._draw)

    def compose(self) -> ComposeResult:
        """The box."""
        self._lines.styles.height = len(self.run.results) + 6
        yield self._lines

    def changed(self) -> None:
        """Something went on."""
        if self.is_mounted:
            self._lines.redraw()

    # Drawing

    @property
    def _room(self) -> int:
        return max(1, self._lines.size.height - 4)

    def _draw(self, width: int, height: int) -> list[Strip]:
        look, styles = self._stage.look, self._stage.look.styles
        head: list[Piece] = [(f" {self._title}", styles.title)]
        room = max(1, height - 4)
        self._top = min(max(self._top, self._at - room + 1), self._at)
        shown = self.run.results[self._top : self._top + room]
        rows = [self._row(one, at == self._at, width) for at, one in enumerate(shown, self._top)]
        rows += [Strip.blank(width)] * (room - len(rows))
        return [
            spread(head, [(f" {self.run.text} ", styles.info)], width),
            *rows,
            line([(f" {self._more()}", styles.quiet)], width, cut=look.marks.ellipsis),
            line([(f" {said}" if (said := self._reason()) else "", styles.bad)], width, cut=look.marks.ellipsis),
            box.keys(self._stage, self._keys(), width),
        ][:height]

    def _row(self, one: Done, here: bool, width: int) -> Strip:
        look = self._stage.look
        mark, style = sign(one.outcome, self._stage)
        pieces: list[Piece] = [
            (look.marks.point if here else " ", look.styles.key),
            (f"{mark} ", style),
            (fit(one.name, min(self._name, width // 2), ellipsis=look.marks.ellipsis), look.styles.text),
            (f"  {one.text}", style),
            (f"  {one.task}" if one.id else "", look.styles.quiet),
        ]
        return line(pieces, width, cut=look.marks.ellipsis)

    def _more(self) -> str:
        below = len(self.run.results) - self._top - self._room
        going = "" if self.run.over else "it goes on when this is closed; :results shows it again"
        return "   ".join(filter(None, (f"{below} more below" if below > 0 else "", going)))

    def _reason(self) -> str:
        failure = self._here.failure
        return " ".join(filter(None, (failure.meaning, failure.hint))) if failure is not None else self._here.note

    def _keys(self) -> Sequence[Action]:
        wanted = ("results.close", "results.error", "results.copy")
        by_id = {action.id: action for action in in_scope(Scope.RESULTS)}
        return [by_id[id] for id in wanted if id != "results.error" or self._here.failure is not None]

    @property
    def _here(self) -> Done:
        return self.run.results[self._at]

    # Keys

    def _move(self, by: int) -> None:
        self._at = max(0, min(self._at + by, len(self.run.results) - 1))
        self._lines.redraw()

    def action_results_down(self) -> None:
        """The next object."""
        self._move(1)

    def action_results_up(self) -> None:
        """The object before."""
        self._move(-1)

    def action_results_page_down(self) -> None:
        """A page on."""
        self._move(self._room)

    def action_results_page_up(self) -> None:
        """A page back."""
        self._move(-self._room)

    def action_results_first(self) -> None:
        """To the first."""
        self._move(-len(self.run.results))

    def action_results_last(self) -> None:
        """To the last."""
        self._move(len(self.run.results))

    def action_results_error(self) -> None:
        """All that is known of what went wrong."""
        failure = self._here.failure
        if failure is not None:
            text = in_full(failure, self._here.ref.conn)
            look = self._stage.look
            self.app.push_screen(PageDialog(self._here.name, self._stage.keys, text, ascii_only=look.marks.ascii))

    def action_results_copy(self) -> None:
        """All of it, into the clipboard of the terminal."""
        assert isinstance(self.app, MeteredApp)
        lines = [f"{one.name}  {one.text}" for one in self.run.results]
        self.app.write_out(copying("\n".join([self._title, *lines]), os.environ))

    def action_results_close(self) -> None:
        """Close it; what goes on goes on."""
        self.dismiss()


def sign(outcome: Outcome, stage: Stage) -> tuple[str, Style]:
    """The sign of an outcome."""
    marks, styles = stage.look.marks, stage.look.styles
    return {
        Outcome.WAITING: (marks.off, styles.quiet),
        Outcome.RUNNING: (marks.on, styles.info),
        Outcome.DONE: (marks.done, styles.good),
        Outcome.FAILED: (marks.error, styles.bad),
        Outcome.UNKNOWN: ("?", styles.warning),
        Outcome.REFUSED: (marks.error, styles.bad),
        Outcome.DECLINED: (marks.inapplicable, styles.quiet),
        Outcome.LEFT_OUT: (marks.inapplicable, styles.quiet),
    }[outcome]
