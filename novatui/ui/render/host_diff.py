"""Two hosts side by side in columns, and what is to be known before machines move between them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from textual.strip import Strip

from novatui.core.capabilities import Answer
from novatui.core.hostdiff import HostDiff, SectionDiff, Verdict
from novatui.core.hostmoves import Consequence
from novatui.engine.host_words import NOT_THERE, NOT_TOLD, side
from novatui.ui.diff_tree import DiffLine
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.detail.wrap import wrap
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.table import highlighted
from novatui.ui.rows.source import RowState

Drawn = tuple[DiffLine, int, bool | None]
"""A row, its depth, and whether what is below it is shown; None where nothing is."""

SECTION = 20
"""Cells of the name of a section before what came of it."""


class HostDiffTable(ItemTable):
    """Things in columns; a section takes the whole line."""

    def __init__(self, look: Look, left: str, right: str) -> None:
        cells = _Cells(look)
        columns = (
            ItemColumn(title="WHAT", draw=cells.name, width=24, grow=16),
            ItemColumn(title=left, draw=cells.left, width=24, grow=24),
            ItemColumn(title=right, draw=cells.right, width=20),
        )
        super().__init__(columns, look)

    def row(self, item: Drawn, width: int, state: RowState) -> Strip:
        """The line of a thing, or of a section."""
        one, _, unfolded = item
        if one.entry is not None:
            return super().row(item, width, state)
        look = self._look
        marks, styles = look.marks, look.styles
        point = marks.point if state.cursor else " "
        fold = " " if unfolded is None else marks.unfolded if unfolded else marks.folded
        sign, style = sign_of(one.section, look)
        pieces: list[Piece] = [
            (f"{point} ", styles.key),
            (f"{fold} ", styles.quiet),
            (f"{sign} ", style),
            (f"{one.section.section.words:{SECTION}} ", styles.title),
            (one.said, styles.quiet if one.section.equal else styles.text),
        ]
        return highlighted(line(pieces, width, cut=marks.ellipsis), state, look)


class _Cells:
    """What stands in the columns."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def name(self, drawn: Drawn) -> Piece:
        one, depth, _ = drawn
        entry = one.entry
        return ("  " * depth + "  " + entry.name if entry is not None else one.said), self._look.styles.text

    def left(self, drawn: Drawn) -> Piece:
        return self._side(drawn[0], left=True)

    def right(self, drawn: Drawn) -> Piece:
        return self._side(drawn[0], left=False)

    def _side(self, one: DiffLine, *, left: bool) -> Piece:
        entry, styles = one.entry, self._look.styles
        if entry is None:
            return "", styles.text
        text = side(entry, left=left)
        if text == NOT_TOLD:
            return f"{UNKNOWN} {text}", styles.warning
        if text == NOT_THERE:
            return f"{self._look.marks.lacking} {text}", styles.quiet
        return text, styles.quiet if entry.verdict in {Verdict.EQUAL, Verdict.UNKNOWN} else styles.text


def sign_of(section: SectionDiff, look: Look) -> Piece:
    """Differs, unknown, equal: in one cell."""
    if section.different:
        return ("#" if look.marks.ascii else "≠"), look.styles.warning
    if section.unknown:
        return UNKNOWN, look.styles.warning
    return look.marks.done, look.styles.good


def counts(compared: HostDiff, look: Look) -> list[Piece]:
    """How many sections stand how."""
    styles = look.styles
    different = sum(section.different for section in compared.sections)
    unknown = sum(section.unknown and not section.different for section in compared.sections)
    equal = sum(section.equal for section in compared.sections)
    told = (
        (different, f"{'#' if look.marks.ascii else '≠'} {different} differ", styles.warning),
        (unknown, f"{UNKNOWN} {unknown} unknown", styles.warning),
        (equal, f"{look.marks.done} {equal} equal", styles.good),
    )
    return [(f" {text} ", style) for number, text, style in told if number]


def consequences_drawn(told: Sequence[Consequence], look: Look, width: int, height: int, pager: str) -> list[Strip]:
    """At most `height` lines; the last one says how much there is no room for, and which key shows all."""
    if not told:
        said = " nothing that was asked stands against it"
        return [line([(f" {look.marks.done}", look.styles.good), (said, look.styles.text)], width)][:height]
    shown: list[Strip] = []
    for at, one in enumerate(told):
        lines = _consequence(one, look, width)
        rest = len(told) - at
        if len(shown) + len(lines) > height - (rest > 1):
            return [*shown, line([(f"   and {rest} more: {pager} shows all", look.styles.quiet)], width)][:height]
        shown += lines
    return shown


def _consequence(one: Consequence, look: Look, width: int) -> list[Strip]:
    sign, style = _sign(one.answer, look)
    first, *others = wrap(one.text, max(8, width - 4))
    head = line([(f" {sign} ", style), (first, look.styles.text)], width)
    return [head, *(line([(f"   {part}", look.styles.text)], width) for part in others)]


def _sign(answer: Answer, look: Look) -> tuple[str, Style]:
    marks, styles = look.marks, look.styles
    return {Answer.NO: (marks.error, styles.bad), Answer.PARTLY: (marks.alarm, styles.warning)}.get(
        answer, (UNKNOWN, styles.warning)
    )
