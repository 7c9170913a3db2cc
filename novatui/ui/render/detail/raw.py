"""The native form of an object as it came: its lines, wrapped or cut, and where a word stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from rich.cells import cell_len
from textual.strip import Strip

from novatui.ui.render.cells import Piece, line
from novatui.ui.render.detail.wrap import wrap
from novatui.ui.render.look import Look

TAB = 4
"""Cells of a tabulator."""


class RawText:
    """A native text, split once."""

    def __init__(self, text: str) -> None:
        self.lines = [row.expandtabs(TAB) for row in text.split("\n")]
        self.width = max(map(cell_len, self.lines), default=0)

    def find(self, word: str) -> list[int]:
        """Numbers of the lines that hold the word, in capitals or small letters."""
        wanted = word.casefold()
        return [at for at, text in enumerate(self.lines) if wanted in text.casefold()] if wanted else []


class RawPage(Sequence[Strip]):
    """The text at one width: drawn line by line when they are looked at, however long it is."""

    def __init__(self, raw: RawText, width: int, look: Look, *, folded: bool, left: int = 0, word: str = "") -> None:
        """`folded`: long lines go on in the next; else they are cut, and `left` cells of each are scrolled away."""
        self._width = width
        self._look = look
        self._left = left
        self._word = word.casefold()
        room = max(1, width - 1)
        self._rows: list[tuple[int, str]] = [
            (at, part) for at, text in enumerate(raw.lines) for part in (_folded(text, room) if folded else (text,))
        ]

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Strip: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Strip]: ...
    def __getitem__(self, at: int | slice) -> Strip | Sequence[Strip]:
        if isinstance(at, slice):
            return [self._strip(text) for _, text in self._rows[at]]
        return self._strip(self._rows[at][1])

    def row_of(self, number: int) -> int:
        """The first row that line `number` of the text stands in."""
        return next((row for row, (at, _) in enumerate(self._rows) if at >= number), 0)

    def _strip(self, text: str) -> Strip:
        styles, cut = self._look.styles, self._look.marks.ellipsis
        pieces = [(" ", styles.text), *self._pieces(text)]
        if not self._left:
            return line(pieces, self._width, cut=cut)
        scrolled = line(pieces, max(self._width, cell_len(text) + 1)).crop(self._left)
        return scrolled.adjust_cell_length(self._width)

    def _pieces(self, text: str) -> list[Piece]:
        """What was searched for stands out."""
        styles, folded = self._look.styles, text.casefold()
        if not self._word or len(folded) != len(text):
            return [(text, styles.text)]
        pieces: list[Piece] = []
        at = 0
        while (found := folded.find(self._word, at)) >= 0:
            end = found + len(self._word)
            pieces += [(text[at:found], styles.text), (text[found:end], styles.match)]
            at = end
        return [*pieces, (text[at:], styles.text)]


def _folded(text: str, room: int) -> list[str]:
    """The indentation of a line stays with it; what follows stands where the line began."""
    indent = len(text) - len(text.lstrip(" "))
    if indent >= room // 2:
        return wrap(text, room)
    parts = wrap(text[indent:], room - indent - (2 if cell_len(text) > room else 0))
    return [" " * (indent + (2 if at else 0)) + part for at, part in enumerate(parts)]
