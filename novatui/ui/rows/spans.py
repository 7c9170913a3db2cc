"""Where two drawings of one line differ: only that goes to the terminal."""

from __future__ import annotations

from itertools import islice

from textual.geometry import Region
from textual.strip import Strip

GAP = 12
"""Cells between two differences that cost no more to send again than a second jump and colour."""


def differences(old: Strip, new: Strip) -> list[tuple[int, int]]:
    """Spans of cells, from and up to, in which the new drawing of a line is another one.

    Lines are drawn as columns, so pieces are compared one with one; from where the pieces have other widths on,
    everything counts as different up to what both lines end with.
    """
    if old.cell_length != new.cell_length:
        return [(0, max(old.cell_length, new.cell_length))]
    before, after = list(old), list(new)
    end, tail = new.cell_length, 0
    while tail < min(len(before), len(after)) and before[-1 - tail] == after[-1 - tail]:
        tail += 1
        end -= after[-tail].cell_length
    spans: list[tuple[int, int]] = []
    x = 0
    for was, now in zip(islice(before, len(before) - tail), islice(after, len(after) - tail), strict=False):
        width = now.cell_length
        if was.cell_length != width:
            break
        if was != now:
            _add(spans, x, x + width)
        x += width
    else:
        if len(before) == len(after):
            return spans
    _add(spans, x, end)
    return spans


def _add(spans: list[tuple[int, int]], start: int, end: int) -> None:
    if end <= start:
        return
    if spans and start - spans[-1][1] <= GAP:
        spans[-1] = (spans[-1][0], end)
    else:
        spans.append((start, end))


def regions(y: int, old: Strip, new: Strip) -> list[Region]:
    """The same as regions of the widget whose line `y` it is."""
    return [Region(start, y, end - start, 1) for start, end in differences(old, new)]
