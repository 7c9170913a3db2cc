"""Text cut and padded to an exact number of terminal cells, wide characters counted as two."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size


def fit(text: str, width: int, *, right: bool = False, ellipsis: str = "…") -> str:
    """`text` in exactly `width` cells: padded on the right (left with `right`) or cut with `ellipsis`.

    A wide character is never halved; a blank takes the place of one that does not fit.
    """
    if width <= 0:
        return ""
    length = len(text) if text.isascii() and text.isprintable() else cell_len(text)
    if length <= width:
        padding = " " * (width - length)
        return padding + text if right else text + padding
    mark = cell_len(ellipsis)
    if mark >= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - mark) + ellipsis
