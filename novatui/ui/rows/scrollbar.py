"""Arithmetic of a one-column scrollbar."""

from __future__ import annotations


def thumb(top: int, height: int, total: int) -> range:
    """The lines of a bar of `height` cells that show where `height` rows from `top` lie in `total`.

    Empty when everything fits. It touches an end of the bar only when the list is at that end.
    """
    if total <= height or height <= 0:
        return range(0)
    size = max(1, height * height // total)
    free, hidden = height - size, total - height
    start = (top * free + hidden // 2) // hidden
    if free >= 2 and 0 < top < hidden:
        start = min(max(start, 1), free - 1)
    return range(start, start + size)


def top_at(line: int, height: int, total: int) -> int:
    """The first row to show when the middle of the thumb is dragged to `line`."""
    size = len(thumb(0, height, total))
    free, hidden = height - size, max(0, total - height)
    start = min(max(0, line - size // 2), free)
    return start * hidden // free if free else 0
