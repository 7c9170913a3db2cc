"""A few facts below each other, each with its name before it: what fits of all of them, then more of the first ones."""

from __future__ import annotations

from collections.abc import Iterable

from rich.style import Style
from textual.strip import Strip

from novatui.ui.render.cells import line
from novatui.ui.render.detail.wrap import wrap
from novatui.ui.render.look import Look

LABEL = 8
"""Cells of a name."""

Fact = tuple[str, str, Style]
"""Name, text, style of the text."""


def labelled(facts: Iterable[Fact], look: Look, width: int, height: int) -> list[Strip]:
    """At most `height` lines. Every fact is seen before one of them gets a second line; what is cut says so."""
    room = max(1, width - LABEL - 1)
    wrapped = [(label, wrap(text, room), style) for label, text, style in facts if text][:height]
    spare = height - len(wrapped)
    drawn: list[Strip] = []
    for label, parts, style in wrapped:
        shown = parts[: 1 + spare]
        spare -= len(shown) - 1
        for at, part in enumerate(shown):
            head = f" {label:{LABEL - 1}}" if at == 0 else " " * LABEL
            tail = look.marks.ellipsis if at == len(shown) - 1 and len(shown) < len(parts) else ""
            drawn.append(line([(head, look.styles.quiet), (part, style), (tail, look.styles.quiet)], width))
    return drawn
