"""Text in lines of at most so many terminal cells: broken at blanks where that leaves a decent line, else anywhere."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

BREAKS = " ,/"
"""Characters after which a line may end."""


def wrap(text: str, width: int) -> list[str]:
    """At least one line; no letter is lost but the blanks at the ends of lines."""
    width = max(1, width)
    lines: list[str] = []
    rest = text
    while cell_len(rest) > width:
        head = _head(rest, width)
        end = max(head.rfind(mark) + 1 for mark in BREAKS)
        if end <= len(head) // 2:
            end = len(head)
        lines.append(rest[:end].rstrip(" "))
        rest = rest[end:].lstrip(" ")
    if rest or not lines:
        lines.append(rest)
    return lines


def _head(text: str, width: int) -> str:
    """As much of the text as fits, one letter at least."""
    if text.isascii():
        return text[:width]
    # Cutting pads where a wide letter is halved: what is left of the text tells how many letters fitted.
    cut = set_cell_size(text[: width + 1], width)
    count = len(cut)
    while count > 1 and cell_len(text[:count]) > width:
        count -= 1
    while count < len(text) and cell_len(text[: count + 1]) <= width:
        count += 1
    return text[: max(1, count)]
