"""Lines of exactly so many terminal cells, put together from styled pieces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from novatui.core.text import clean

Piece = tuple[str, Style]
"""A run of text and the style that it is drawn in."""

Group = tuple[int, Sequence[Piece]]
"""Pieces that are shown together or not at all, and their rank: 0 is given up last."""


def width_of(pieces: Iterable[Piece]) -> int:
    """Cells that the pieces take."""
    return sum(cell_len(text) for text, _ in pieces)


def line(pieces: Iterable[Piece], width: int, cut: str = "") -> Strip:
    """One line of exactly `width` cells: what is too long is cut (and ends with `cut`), what is too short is padded.

    Everything that is drawn comes through here. What backends say is clean already; what a configuration or a command
    line says may not be.
    """
    strip = Strip([Segment(text if text.isprintable() else clean(text), style) for text, style in pieces if text])
    if cut and strip.cell_length > width > 0:
        strip = Strip([*strip.crop(0, width - 1), Segment(cut)])
    return strip.adjust_cell_length(width).simplify()


def spread(left: Iterable[Piece], far: Iterable[Piece], width: int) -> Strip:
    """One line with something at both ends; the left side gives way when both do not fit."""
    far = list(far)
    room = width - width_of(far)
    if room <= 0:
        return line(far, width)
    return Strip.join([line(left, room), line(far, width - room)])


def whole(groups: Sequence[Group], width: int) -> list[Piece]:
    """The pieces of as many groups as fit, in the given order: no group is cut, the lowest ranks come first."""
    kept = _kept(groups, width)
    return [piece for at, (_, pieces) in enumerate(groups) if at in kept for piece in pieces]


def flow(groups: Sequence[Group], width: int, most: int = 2) -> list[Strip]:
    """All groups, in their order, on as few lines as they need; what does not fit `most` lines goes by its rank."""
    kept = list(groups)
    while (rows := _rows(kept, width)) is None or len(rows) > most:
        del kept[max(range(len(kept)), key=lambda at: (kept[at][0], at))]
    return [line(row, width) for row in rows]


def _rows(groups: Sequence[Group], width: int) -> list[list[Piece]] | None:
    """Lines on which no group is cut; None when one is too long for any, and is not the only one."""
    rows: list[list[Piece]] = [[]]
    for _, pieces in groups:
        if rows[-1] and width_of(rows[-1]) + width_of(pieces) > width:
            rows.append([])
        rows[-1].extend(pieces)
        if width_of(rows[-1]) > width and len(groups) > 1:
            return None
    return rows


def ends(left: Sequence[Group], far: Sequence[Group], width: int) -> Strip:
    """One line with groups at both ends, as many as fit together."""
    kept = _kept([*left, *far], width)
    near = [piece for at, (_, pieces) in enumerate(left) if at in kept for piece in pieces]
    return spread(
        near, [piece for at, (_, pieces) in enumerate(far, len(left)) if at in kept for piece in pieces], width
    )


def _kept(groups: Sequence[Group], width: int) -> set[int]:
    kept: set[int] = set()
    for at in sorted(range(len(groups)), key=lambda at: groups[at][0]):
        width -= width_of(groups[at][1])
        if width < 0:
            break
        kept.add(at)
    return kept
