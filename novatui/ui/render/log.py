"""The lines of the log screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from rich.cells import cell_len
from textual.strip import Strip

from novatui.engine.logline import LogLine
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.look import Look

CONSOLE = "console"
"""Who speaks in lines that this process logged."""

WIDEST = 14
"""Cells for the name of who speaks."""


class Said(msgspec.Struct, frozen=True, order=True):
    """A line of the log and who wrote it."""

    at: float
    by: str
    text: str


def collect(console: Iterable[LogLine], workers: Mapping[str, Iterable[LogLine]]) -> list[Said]:
    """All lines by time; the order of one speaker is kept."""
    said = [Said(one.at, CONSOLE, one.text) for one in console]
    for conn, lines in workers.items():
        said += [Said(one.at, conn, one.text) for one in lines]
    return sorted(said, key=lambda one: one.at)


def matching(said: Iterable[Said], filter: str) -> list[Said]:
    """Lines that have every word of the filter in name or text, whatever the case."""
    words = filter.lower().split()
    return [one for one in said if all(word in f"{one.by} {one.text}".lower() for word in words)]


def lines(said: Iterable[Said], look: Look, width: int) -> list[Strip]:
    """One line each, or as many as its text takes: nothing is cut off."""
    styles = look.styles
    drawn: list[Strip] = []
    for one in said:
        by = one.by[:WIDEST]
        head: list[Piece] = [(f" {look.clock(one.at)} ", styles.quiet), (f"{by:{WIDEST}} ", styles.title)]
        room = max(10, width - sum(cell_len(text) for text, _ in head))
        for piece in _pieces(one.text, room):
            drawn.append(line([*head, (piece, styles.text)], width))
            head = [(" " * (width - room), styles.text)]
    return drawn


def _pieces(text: str, room: int) -> list[str]:
    """The text in parts of at most `room` cells."""
    parts, part, cells = [], "", 0
    for letter in text:
        wide = cell_len(letter)
        if cells + wide > room:
            parts.append(part)
            part, cells = "", 0
        part, cells = part + letter, cells + wide
    return [*parts, part]
