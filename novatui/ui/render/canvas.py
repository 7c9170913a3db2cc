"""Curves on a grid of braille dots or of ASCII signs: from levels to lines of text, and whose ink each cell is.

The dots of one column of cells are one integer, a byte for each line: a vertical run of dots is the difference of two
entries of a table, and a line of the picture is every n-th byte. Values that are not there leave a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

DOTS_DOWN, DOTS_ACROSS = 4, 2
"""Dots of a braille cell."""

MOST = 4
"""Curves in one picture: each has a layer for itself and one for its band."""

GAP = -1
"""Level of a value that is not there."""

MARKS = "*o+x"
"""The sign of each curve where there are no dots."""

BAND_MARK = "."

_BLANK = 0x2800
_LEFT = (0x40, 0x04, 0x02, 0x01)
_RIGHT = (0x80, 0x20, 0x10, 0x08)
"""Braille bits of a column, from the bottom."""

_SPARSE_LEFT, _SPARSE_RIGHT = 0x40 | 0x02, 0x20 | 0x08
"""Every other dot of a column: what a band is drawn with, so that it is no curve without colour either."""

_INKED = [bytes([0]) + bytes([1 << layer]) * 255 for layer in range(2 * MOST)]
"""Tables for bytes.translate: whatever is not blank becomes the bit of its layer."""

_OWNER = bytes([0] + [(bits & -bits).bit_length() for bits in range(1, 256)])
"""Of the layers that have ink in a cell the first one gives it its colour: 1 for layer 0, and so on; 0 for blank."""

_PLAIN = bytes([ord(" "), *map(ord, MARKS), *(ord(BAND_MARK) for _ in MARKS)]).ljust(256)
"""ASCII signs by owner."""


class Curve(NamedTuple):
    """Levels from 0 (bottom) for each column of dots, or of signs; GAP where no value is."""

    levels: Sequence[int]
    low: Sequence[int] = ()
    """With `high`: the band around the curve."""
    high: Sequence[int] = ()


class Picture(NamedTuple):
    """Lines from the top: text, and for each of its cells the number of the curve that it belongs to.

    0 is blank, curve n is n + 1, its band n + 1 + MOST.
    """

    lines: list[str]
    owners: list[bytes]


def across(width: int, ascii_only: bool) -> int:
    """How many levels a curve needs for so many cells."""
    return width if ascii_only else width * DOTS_ACROSS


def down(height: int, ascii_only: bool) -> int:
    """How many levels there are in so many lines."""
    return height if ascii_only else height * DOTS_DOWN


def levels(values: Sequence[float | None], high: float, steps: int) -> list[int]:
    """Where values from 0 to `high` stand on a scale of so many steps; what is beyond stands at the edge."""
    if high <= 0:
        return [GAP if value is None else 0 for value in values]
    per, top = steps / high, steps - 1
    return [
        GAP if value is None or value != value else top if value >= high else int(value * per) if value > 0 else 0
        for value in values
    ]


def draw(curves: Sequence[Curve], width: int, height: int, ascii_only: bool = False) -> Picture:
    """A picture of so many cells. The first curve lies on top of the others, bands lie below all curves.

    Neighbouring values are joined by vertical runs, so that a curve has no holes but its gaps.
    """
    layers: dict[int, list[int]] = {}
    for at, curve in enumerate(curves[:MOST]):
        layers[at] = (_signs if ascii_only else _dots)(curve.levels, height)
        if curve.low and curve.high:
            layers[at + MOST] = (_sign_band if ascii_only else _dot_band)(curve.low, curve.high, height)
    planes = {layer: b"".join([column.to_bytes(height) for column in columns]) for layer, columns in layers.items()}
    size = width * height
    bits = 0
    for layer, plane in planes.items():
        bits |= int.from_bytes(plane.translate(_INKED[layer]))
    owners = bits.to_bytes(size).translate(_OWNER)
    lines_of_owners = [owners[line::height] for line in range(height)]
    if ascii_only:
        return Picture([line.translate(_PLAIN).decode("ascii") for line in lines_of_owners], lines_of_owners)
    ink = 0
    for plane in planes.values():
        ink |= int.from_bytes(plane)
    return Picture(_braille(ink.to_bytes(size), width, height), lines_of_owners)


def _braille(ink: bytes, width: int, height: int) -> list[str]:
    """Columns of dots as lines of text: a braille character is its dots and a fixed high byte."""
    codes = bytearray(b"\x00\x28" * width)
    lines: list[str] = []
    for line in range(height):
        codes[::2] = ink[line::height]
        lines.append(codes.decode("utf-16-le").replace(chr(_BLANK), " "))
    return lines


@lru_cache(maxsize=32)
def _filled(height: int, bits: tuple[int, ...]) -> list[int]:
    """By level: a column that is filled from the bottom up to below it."""
    filled = [0]
    for dot in range(height * len(bits)):
        filled.append(filled[-1] | bits[dot % len(bits)] << 8 * (dot // len(bits)))
    return filled


def _dots(values: Sequence[int], height: int) -> list[int]:
    """The hot path: both halves of a cell by hand."""
    left_filled, right_filled = _filled(height, _LEFT), _filled(height, _RIGHT)
    columns: list[int] = []
    before = GAP
    for left, right in zip(values[::2], values[1::2], strict=True):
        column = 0
        if left >= 0:
            if left >= before >= 0:
                column = left_filled[left + 1] ^ left_filled[before]
            else:
                column = left_filled[max(before, left) + 1] ^ left_filled[left]
        if right >= 0:
            if right >= left >= 0:
                column |= right_filled[right + 1] ^ right_filled[left]
            else:
                column |= right_filled[max(left, right) + 1] ^ right_filled[right]
        before = right
        columns.append(column)
    return columns


def _signs(values: Sequence[int], height: int) -> list[int]:
    filled = _filled(height, (1,))
    columns: list[int] = []
    before = GAP
    for level in values:
        start = level if before < 0 else before
        columns.append(filled[max(level, start) + 1] ^ filled[min(level, start)] if level >= 0 else 0)
        before = level
    return columns


def _dot_band(low: Sequence[int], high: Sequence[int], height: int) -> list[int]:
    sparse = int.from_bytes(bytes([_SPARSE_LEFT | _SPARSE_RIGHT]) * height)
    left_filled, right_filled = _filled(height, _LEFT), _filled(height, _RIGHT)
    columns: list[int] = []
    for at in range(0, len(low), 2):
        column = left_filled[high[at] + 1] ^ left_filled[low[at]] if low[at] >= 0 else 0
        if low[at + 1] >= 0:
            column |= right_filled[high[at + 1] + 1] ^ right_filled[low[at + 1]]
        columns.append(column & sparse)
    return columns


def _sign_band(low: Sequence[int], high: Sequence[int], height: int) -> list[int]:
    filled = _filled(height, (1,))
    return [filled[top + 1] ^ filled[bottom] if bottom >= 0 else 0 for bottom, top in zip(low, high, strict=True)]
