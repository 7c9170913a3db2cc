"""One line of text that is typed: its letters, its cursor, and how both are drawn. No widget: keys come by calls."""

from __future__ import annotations

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from novatui.core.text import clean
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.look import Look

LONGEST = 1000
"""Characters that a line may have; what is pasted beyond that is cut."""

CURSOR = Style(reverse=True)


class Editor:
    """A line and its cursor. `do` takes the ids of the scope TEXT."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.cursor = len(text)
        """Place before which the next letter goes."""

    def set(self, text: str) -> None:
        """Another text, the cursor behind it."""
        self.text = clean(text, LONGEST)
        self.cursor = len(self.text)

    def insert(self, text: str) -> None:
        """Type at the cursor. Whatever comes in becomes one harmless line."""
        piece = clean(text, LONGEST)
        before, after = self.text[: self.cursor], self.text[self.cursor :]
        self.text = (before + piece + after)[:LONGEST]
        self.cursor = min(len(before) + len(piece), len(self.text))

    def paste(self, text: str) -> None:
        """The first line of what was pasted."""
        self.insert((text.splitlines() or [""])[0])

    def do(self, action: str) -> bool:
        """Carry out one action of the scope TEXT; False for one that is not about letters."""
        match action:
            case "cursor.left":
                self.cursor = max(0, self.cursor - 1)
            case "cursor.right":
                self.cursor = min(len(self.text), self.cursor + 1)
            case "home":
                self.cursor = 0
            case "end":
                self.cursor = len(self.text)
            case "delete.left":
                self._cut(max(0, self.cursor - 1), self.cursor)
            case "delete.right":
                self._cut(self.cursor, self.cursor + 1)
            case "delete.left.word":
                self._cut(self._word_start(), self.cursor)
            case "delete.left.all":
                self._cut(0, self.cursor)
            case "delete.right.all":
                self._cut(self.cursor, len(self.text))
            case _:
                return False
        return True

    def _cut(self, start: int, end: int) -> None:
        self.text = self.text[:start] + self.text[end:]
        self.cursor = start

    def _word_start(self) -> int:
        before = self.text[: self.cursor].rstrip(" ")
        return before.rfind(" ") + 1

    def draw(self, look: Look, width: int, ghost: str = "") -> Strip:
        """The part around the cursor, in exactly `width` cells; `ghost` stands quietly behind the text."""
        if width <= 0:
            return Strip([])
        start = self._start(width)
        before, at = self.text[start : self.cursor], self.text[self.cursor : self.cursor + 1]
        pieces: list[Piece] = [(before, look.styles.text)]
        if at:
            pieces += [(at, CURSOR), (self.text[self.cursor + 1 :], look.styles.text)]
        else:
            pieces += [(ghost[:1] or " ", CURSOR), (ghost[1:], look.styles.quiet)]
        return line(pieces, width)

    def _start(self, width: int) -> int:
        """First letter that is drawn: the cursor has to be on the line."""
        start, cells = self.cursor, cell_len(self.text[self.cursor : self.cursor + 1]) or 1
        while start > 0 and (cells := cells + cell_len(self.text[start - 1])) <= width:
            start -= 1
        return start


def is_letter(character: str | None) -> bool:
    """This key types something."""
    return character is not None and character.isprintable()
