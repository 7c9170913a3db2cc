"""A line that is asked for in the footer, with a default; what is wrong with it is said beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.ui.render.cells import Piece, line
from novatui.ui.widgets.editor import Editor, is_letter

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen


class TextPrompt:
    """Takes keys until Enter or Esc."""

    def __init__(self, screen: FrameScreen, title: str, text: str, enter: Callable[[str], None]) -> None:
        """`enter` gets what was typed, once nobody takes keys any more."""
        self._screen = screen
        self._title = title
        self._editor = Editor(text)
        self._enter = enter

    def wants(self, key: str, character: str | None) -> bool:
        """All keys but those that mean nothing here."""
        return is_letter(character) or self._screen.stage.keys.action(key, Scope.COMMAND, Scope.TEXT) is not None

    def press(self, key: str, character: str | None) -> None:
        """A letter, or an action of typing."""
        action = self._screen.stage.keys.action(key, Scope.COMMAND, Scope.TEXT)
        match action.id if action is not None else "":
            case "":
                self._editor.insert(character or "")
            case "command.leave":
                self._screen.release_keys(self)
            case "submit":
                self._screen.release_keys(self)
                self._enter(self._editor.text.strip())
            case about_letters:
                self._editor.do(about_letters)
        self._screen.footer.redraw()

    def paste(self, text: str) -> None:
        """It is part of the line."""
        self._editor.paste(text)
        self._screen.footer.redraw()

    def left(self) -> None:
        """Nothing is left behind."""

    def draw(self, width: int, /) -> Strip:
        """Title and line."""
        look = self._screen.look
        head = line([(f" {self._title} ", look.styles.title)], min(width, cell_len(self._title) + 2))
        return Strip.join([head, self._editor.draw(look, max(0, width - head.cell_length))])


class KeyPrompt:
    """A question in the footer that one key answers with yes; any other means no."""

    def __init__(self, screen: FrameScreen, question: str, yes: Callable[[], None]) -> None:
        self._screen = screen
        self._question = question
        self._yes = yes

    def wants(self, key: str, character: str | None) -> bool:
        """Every key is an answer."""
        del key, character
        return True

    def press(self, key: str, character: str | None) -> None:
        """Yes, or no."""
        del character
        action = self._screen.stage.keys.action(key, Scope.QUESTION)
        self._screen.release_keys(self)
        if action is not None and action.id == "answer.yes":
            self._yes()

    def paste(self, text: str) -> None:
        """No answer."""

    def left(self) -> None:
        """Nothing is left behind."""

    def draw(self, width: int, /) -> Strip:
        """The question and its keys."""
        styles = self._screen.look.styles
        yes, no = self._screen.key("answer.yes"), self._screen.key("answer.no")
        asked: list[Piece] = [(f" {self._question} ", styles.warning), (f"  {yes}", styles.key), (" yes", styles.quiet)]
        return line([*asked, (f"  {no}", styles.key), (" no", styles.quiet)], width)
