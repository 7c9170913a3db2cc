"""The `:` line in the footer: typed with completion and history, carried out by Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.ui.commands import Wrong, carry_out
from novatui.ui.completion import Offer, offer
from novatui.ui.render.cells import Piece, line
from novatui.ui.widgets.editor import Editor, is_letter

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen

REMEMBERED = 100
"""Lines of the history."""


class CommandLine:
    """Takes the keys of a screen until Enter or Esc."""

    def __init__(self, screen: FrameScreen, text: str = "") -> None:
        self._screen = screen
        self._keys = screen.stage.keys
        self._editor = Editor(text)
        self._history = screen.stage.commands
        self._at = len(self._history)
        """Line of the history that is shown; behind the last one: what was typed."""
        self._typed = text
        self._offer = Offer(0, [])
        self._tried = -1
        """Word of the offer that stands in the line; -1: none."""
        self._wrong: Wrong | None = None
        self._look_ahead()

    # As a taker of keys

    def wants(self, key: str, character: str | None) -> bool:
        """All keys but those that mean nothing here."""
        return is_letter(character) or self._keys.action(key, Scope.COMMAND, Scope.TEXT) is not None

    def press(self, key: str, character: str | None) -> None:
        """A letter, or an action of the scopes COMMAND and TEXT."""
        action = self._keys.action(key, Scope.COMMAND, Scope.TEXT)
        self._wrong = None
        match action.id if action is not None else "":
            case "":
                self._typing(lambda: self._editor.insert(character or ""))
            case "submit":
                self._submit()
            case "command.leave":
                self._screen.release_keys(self)
            case "command.previous":
                self._recall(self._at - 1)
            case "command.next":
                self._recall(self._at + 1)
            case "command.complete":
                self._complete(1)
            case "command.back":
                self._complete(-1)
            case "delete.left" if not self._editor.text:
                self._screen.release_keys(self)
            case "cursor.right" | "end" if self._ghost():
                self._complete(1)
                self._look_ahead()
            case about_letters:
                self._typing(lambda: self._editor.do(about_letters))
        self._screen.footer.redraw()

    def paste(self, text: str) -> None:
        """What was pasted is typed; nothing of it is carried out."""
        self._typing(lambda: self._editor.paste(text))
        self._screen.footer.redraw()

    def left(self) -> None:
        """Nothing is left behind."""

    # What it does

    def _typing(self, change: object) -> None:
        change()  # type: ignore[operator]
        self._at, self._typed = len(self._history), self._editor.text
        self._look_ahead()

    def _look_ahead(self) -> None:
        self._offer = offer(self._screen, self._editor.text[: self._editor.cursor])
        self._tried = -1

    def _complete(self, step: int) -> None:
        """The next word of the offer; a single one is taken for good."""
        start, words = self._offer
        if not words:
            return
        self._tried = (self._tried + step) % len(words) if self._tried >= 0 or step > 0 else len(words) - 1
        self._editor.set(self._editor.text[:start] + words[self._tried])
        if len(words) == 1:
            self._look_ahead()

    def _recall(self, at: int) -> None:
        if 0 <= at <= len(self._history):
            self._at = at
            self._editor.set(self._history[at] if at < len(self._history) else self._typed)
            self._look_ahead()

    def _submit(self) -> None:
        text = self._editor.text.strip()
        self._screen.release_keys(self)
        try:
            carry_out(self._screen, text)
        except Wrong as wrong:
            self._wrong = wrong
            self._screen.take_keys(self)
            return
        if text:
            if text in self._history:
                self._history.remove(text)
            self._history.append(text)
            del self._history[:-REMEMBERED]

    # Drawing

    def _ghost(self) -> str:
        """How the first word of the offer goes on."""
        start, words = self._offer
        typed = self._editor.text[start:]
        if self._tried >= 0 or not words or self._editor.cursor < len(self._editor.text) or not self._editor.text:
            return ""
        return words[0][len(typed) :] if words[0].startswith(typed) else ""

    def draw(self, width: int, /) -> Strip:
        """The line, and behind it what could follow, or what is wrong with it."""
        look = self._screen.look
        styles = look.styles
        ghost = self._ghost()
        taken = min(width - 2, max(cell_len(self._editor.text + ghost) + 2, 12))
        said: list[Piece]
        if self._wrong is not None:
            hint = f" {look.marks.dash} {self._wrong.hint}" if self._wrong.hint else ""
            said = [(f"{self._wrong.message}{hint}", styles.bad)]
        else:
            first = max(0, self._tried - 3)
            said = [
                (f"{word} ", styles.key if at == self._tried else styles.quiet)
                for at, word in enumerate(self._offer.words[first:], first)
            ]
        head = line([(" :", styles.title)], 2)
        rest = max(0, width - 2 - taken)
        typed = self._editor.draw(look, taken, ghost)
        return Strip.join([head, typed, line(said, rest, cut=look.marks.ellipsis)])
