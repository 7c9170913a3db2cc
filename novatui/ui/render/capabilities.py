"""The matrix of capabilities, drawn: one sign and a short note in each cell, features below each other."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from novatui.core.capabilities import Answer, Fact
from novatui.core.features import Feature
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.rows.cells import fit
from novatui.ui.rows.source import RowState

GUTTER = 2
"""Cells left of a feature: the cursor, or that it is pinned."""

TITLE = 22
"""Cells that the longest title of a feature takes."""

SLIM = 14
"""Cells of titles on a narrow screen."""

LEAST, ROOMY, MOST = 10, 13, 64
"""Cells of a column, with the blank after it: the least where that shows all of them, what those get of which not all
can be shown, and the most."""

TELLING = 30
"""Cells of a column from which the reason stands behind the note."""

DECLARED = "'"
"""Behind the sign of what was not asked but declared: dim letters alone are no sign."""

STALE = "~"


class Cell(msgspec.Struct, frozen=True):
    """What one column says of one feature."""

    answer: Answer = Answer.UNKNOWN
    note: str = ""
    reason: str = ""
    told: bool = False
    """There is an answer, be it that it is unknown."""
    declared: bool = False
    stale: bool = False
    asking: bool = False
    """The question is out."""

    @property
    def by_table(self) -> bool:
        """It gets the sign of what was declared; that a product does not offer something always is, and gets none."""
        return self.declared and self.answer is not Answer.NOT_OFFERED


class Head(msgspec.Struct, frozen=True):
    """What stands above a column."""

    name: str
    about: tuple[str, ...] = ()
    """Product, or connection: the first that fits is said."""
    age: str = ""
    """How old a stale answer is."""
    pinned: bool = False
    marked: bool = False


class Layout(msgspec.Struct, frozen=True):
    """Which columns are on the screen, and how wide."""

    title: int
    """Cells of the titles of features."""
    cells: int
    """Cells of each column, with the blank after it."""
    shown: tuple[int, ...]
    """Numbers of the columns, from left to right."""

    def at(self, x: int) -> int | None:
        """The column at so many cells from the left; None beside them."""
        number = (x - GUTTER - self.title - 1) // self.cells
        return self.shown[number] if x > GUTTER + self.title and 0 <= number < len(self.shown) else None


def cell_of(fact: Fact | None, *, stale: bool = False, asking: bool = False) -> Cell:
    """A fact as a cell. What has no proof is not drawn as known, whatever it claims."""
    if fact is None:
        return Cell(asking=asking)
    if not fact.proven:
        return Cell(reason=fact.reason, told=True, stale=stale, asking=asking)
    declared = fact.evidence is not None and fact.evidence.kind == "declared" and fact.value is not Answer.UNKNOWN
    return Cell(fact.value, fact.note, fact.reason, True, declared, stale, asking)


def lay_out(width: int, count: int, pinned: int, left: int, cursor: int) -> Layout:
    """As many of `count` columns as fit: the first `pinned` ones always, of the others those from `left` on.

    The one under the cursor is among them, wherever `left` is.
    """
    title = TITLE if width >= GUTTER + TITLE + 1 + 2 * LEAST else SLIM
    room = max(LEAST, width - GUTTER - title - 1)
    if count <= max(1, room // LEAST):
        return Layout(title, min(MOST, room // max(1, count)), tuple(range(count)))
    fits = max(1, room // ROOMY)
    fixed = min(pinned, fits - 1)
    free = fits - fixed
    left = max(fixed, min(left, count - free))
    if cursor >= fixed:
        left = min(max(left, cursor - free + 1), cursor)
    return Layout(title, min(MOST, room // fits), (*range(fixed), *range(left, left + free)))


def signed(cell: Cell, look: Look) -> Piece:
    """The sign of an answer and its style."""
    marks, styles = look.marks, look.styles
    sign, style = {
        Answer.YES: (marks.done, styles.good),
        Answer.PARTLY: (marks.partly, styles.warning),
        Answer.NO: (marks.error, styles.bad),
        Answer.NOT_OFFERED: (marks.lacking, styles.quiet),
    }.get(cell.answer, (UNKNOWN, styles.warning if cell.told else styles.quiet))
    if cell.stale:
        return sign, styles.stale
    return sign, styles.quiet if cell.declared else style


def lettered(cell: Cell, look: Look) -> str:
    """A cell as text: whether it is stale, the sign, whether it was only declared, the note."""
    sign, _ = signed(cell, look)
    note = cell.note or ("asking" if cell.asking and not cell.told else "")
    return f"{STALE if cell.stale else ' '}{sign}{DECLARED if cell.by_table else ' '}{note}"


def worded(cell: Cell, look: Look) -> str:
    """A cell for a file or the clipboard."""
    sign, _ = signed(cell, look)
    return " ".join(filter(None, (f"{STALE if cell.stale else ''}{sign}", cell.note)))


def row(
    feature: Feature,
    cells: Sequence[Cell],
    layout: Layout,
    cursor: int | None,
    look: Look,
    width: int,
    state: RowState,
    *,
    pinned: bool = False,
) -> Strip:
    """The line of a feature. `cells` are those of the columns shown; `cursor` is the one of them under the cursor."""
    marks, styles = look.marks, look.styles
    pointer = marks.point if state.cursor else marks.pin if pinned else " "
    title = fit(feature.title, layout.title, ellipsis=marks.ellipsis)
    pieces: list[Piece] = [
        (pointer.ljust(GUTTER), styles.key),
        (f"{title} ", styles.title if state.cursor else styles.text),
    ]
    for at, cell in enumerate(cells):
        pieces += _cell(cell, layout.cells - 1, look, _highlight(look, state) if at == cursor else None)
        pieces.append((" ", styles.text))
    return line(pieces, width)


def _cell(cell: Cell, width: int, look: Look, over: Style | None) -> list[Piece]:
    said = lettered(cell, look)
    if width >= TELLING and cell.reason:
        said += f"{': ' if cell.note else ''}{cell.reason}"
    text = fit(said, width, ellipsis=look.marks.ellipsis)
    _, style = signed(cell, look)
    note = look.styles.stale if cell.stale else look.styles.quiet if cell.declared or not cell.told else style
    pieces = [(text[:3], style), (text[3:], note)]
    return pieces if over is None else [(text, kind + over) for text, kind in pieces]


def _highlight(look: Look, state: RowState) -> Style | None:
    if not state.cursor:
        return None
    return look.styles.cursor if state.focused else look.styles.cursor_quiet


def headings(heads: Sequence[Head], layout: Layout, cursor: int | None, look: Look, width: int) -> list[Strip]:
    """The two lines above the columns that are shown: names, and below them products, or how old the answers are."""
    marks, styles = look.marks, look.styles
    names: list[Piece] = [(fit("  FEATURE", GUTTER + layout.title + 1), styles.header)]
    below: list[Piece] = [(" " * (GUTTER + layout.title + 1), styles.text)]
    room = layout.cells - 1
    for at, head in enumerate(heads):
        sign = "*" if head.marked else marks.pin if head.pinned else " "
        name = fit(head.name, room - 1, ellipsis=marks.ellipsis)
        names += [
            (sign, styles.mark if head.marked else styles.key),
            (name, styles.header + styles.cursor_quiet if at == cursor else styles.header),
            (" ", styles.text),
        ]
        said = f"{STALE}{head.age} old" if head.age else f" {_fitting(head.about, room - 1)}"
        below += [(fit(said, room, ellipsis=marks.ellipsis), styles.stale if head.age else styles.quiet)]
        below.append((" ", styles.text))
    return [line(names, width), line(below, width)]


def _fitting(words: Sequence[str], width: int) -> str:
    """The first that fits; the last one where none does."""
    return next((word for word in words if cell_len(word) <= width), words[-1] if words else "")


def legend(look: Look) -> list[tuple[int, list[Piece]]]:
    """What the signs mean, as groups for a line."""
    marks, styles = look.marks, look.styles
    told = (
        (marks.done, "yes", styles.good),
        (marks.partly, "some, or with a condition", styles.warning),
        (marks.error, "no", styles.bad),
        (UNKNOWN, "not known", styles.warning),
        (marks.lacking, "not offered", styles.quiet),
        (DECLARED, "declared, not asked", styles.quiet),
        (STALE, "stale", styles.stale),
    )
    return [(rank, [(f" {sign}", style), (f" {word} ", styles.quiet)]) for rank, (sign, word, style) in enumerate(told)]
