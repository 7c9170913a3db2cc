"""The menu of a leader: what it is about, and a line for each thing that the next key does, or why it does not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import msgspec
from rich.cells import cell_len
from textual.strip import Strip

from novatui.actions.catalogue import Action, shown
from novatui.ui.render import bars
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.look import Look
from novatui.ui.rows.cells import fit

COLUMN = 70
"""Cells of a column at least: wider screens have two of them."""

MARGIN = 6
"""Cells of key and mark."""


class Entry(msgspec.Struct, frozen=True):
    """One key of the menu."""

    key: str
    action: Action
    mark: str = ""
    """Why it does nothing now, as a sign; empty for one that does something."""
    reason: str = ""
    """Why it does nothing, or not for all."""


def menu(title: str, far: str, entries: Sequence[Entry], look: Look, width: int, *, protected: bool) -> list[Strip]:
    """The whole menu. A reason that all entries share stands once, in the title."""
    common = _common(entries)
    head = bars.rule(look, width, title, common or far, focused=True, protected=protected)
    columns = 2 if width >= 2 * COLUMN else 1
    rows = (len(entries) + columns - 1) // columns
    cells = width // columns
    longest = max((cell_len(one.action.title) for one in entries), default=0)
    title_cells = max(1, min(longest + 1, cells - MARGIN))
    drawn = [
        [_entry(one, look, cells, title_cells, bool(common)) for one in entries[at * rows :][:rows]]
        for at in range(columns)
    ]
    blank = Strip.blank(cells)
    return [
        head,
        *(Strip.join(row).adjust_cell_length(width) for row in zip_longest(*drawn, fillvalue=blank)),
    ]


def _common(entries: Sequence[Entry]) -> str:
    """The reason why none of several entries does anything, if it is one for all."""
    asked = [one for one in entries if one.action.change]
    reasons = {one.reason for one in asked}
    return reasons.pop() if len(asked) > 1 and len(reasons) == 1 and all(one.mark for one in asked) else ""


def _entry(one: Entry, look: Look, width: int, title_cells: int, common: bool) -> Strip:
    styles, dead = look.styles, bool(one.mark)
    title = fit(one.action.title, title_cells, ellipsis=look.marks.ellipsis)
    pieces: list[Piece] = [
        (f"  {shown(one.key, look.marks.ascii)} ", styles.quiet if dead else styles.key),
        (f"{one.mark or ' '} ", styles.quiet),
        (f"{title} ", styles.quiet if dead else styles.text),
        ("" if common else one.reason, styles.quiet),
    ]
    return line(pieces, width, cut=look.marks.ellipsis)
