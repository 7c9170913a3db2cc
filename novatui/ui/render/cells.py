"""Lines of exactly so many terminal cells, put together from styled pieces."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Piece = tuple[str, Style]
"""A run of text and the style that it is drawn in."""


def width_of(pieces: Iterable[Piece]) -> int:
    """Cells that the pieces take."""
    return sum(cell_len(text) for text, _ in pieces)


def line(pieces: Iterable[Piece], width: int) -> Strip:
    """One line of exactly `width` cells: what is too long is cut, what is too short is padded."""
    return Strip([Segment(text, style) for text, style in pieces if text]).adjust_cell_length(width).simplify()


def spread(left: Iterable[Piece], far: Iterable[Piece], width: int) -> Strip:
    """One line with something at both ends; the left side gives way when both do not fit."""
    far = list(far)
    room = width - width_of(far)
    if room <= 0:
        return line(far, width)
    return Strip.join([line(left, room), line(far, width - room)])
