"""A dialog in which one of many is found by typing a part of its name: verbs, and objects to go to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.actions.keymap import Keymap
from novatui.ui.render.cells import Piece, line, spread
from novatui.ui.render.look import Look
from novatui.ui.rows.cells import fit
from novatui.ui.widgets.editor import Editor, is_letter
from novatui.ui.widgets.lines import Lines


class Choice(NamedTuple):
    """One that can be picked."""

    name: str
    far: str
    """What stands on the right of it."""
    choose: Callable[[], None]
    """Called after the dialog is gone."""


Find = Callable[[str], Sequence[Choice]]
"""The choices that fit what was typed, the best first."""


class Picker(ModalScreen[None], inherit_bindings=False):
    """Takes every key: letters look for something, arrows and Enter pick it."""

    DEFAULT_CSS = """
    Picker { align: center top; }
    Picker > Lines { width: 76; max-width: 100%; height: 20; max-height: 100%; padding: 0 1; margin: 1 0 0 0; }
    Picker > Lines { border: round $foreground; background: $background; }
    Picker.small > Lines { border: none; margin: 0; padding: 0; height: 100%; }
    """

    def __init__(self, title: str, find: Find, look: Look, keys: Keymap) -> None:
        super().__init__()
        self._find = find
        self._look = look
        self._keys = keys
        self._editor = Editor()
        self._choices = find("")
        self._at = 0
        self._top = 0
        self._lines = Lines(self._draw, id="choices")
        self._lines.border_title = title

    def compose(self) -> ComposeResult:
        """The line that is typed, and what fits it."""
        yield self._lines

    def on_resize(self) -> None:
        self.set_class(self.size.height < SMALL or self.size.width < NARROW, "small")

    # Keys

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Every key is for the dialog."""
        del key, character
        return True

    async def on_event(self, event: events.Event) -> None:
        """Keys are taken at once, in their order."""
        if isinstance(event, events.Key):
            self._press(event.key, event.character)
        else:
            await super().on_event(event)

    def pasted(self, text: str) -> bool:
        """What was pasted is looked for."""
        self._editor.paste(text)
        self._search()
        return True

    def _press(self, key: str, character: str | None) -> None:
        action = self._keys.action(key, Scope.PICKER, Scope.TEXT)
        page = max(1, self._rows - 1)
        match action.id if action is not None else "":
            case "submit":
                self._choose(self._at)
            case "pick.leave":
                self.app.pop_screen()
            case "pick.down":
                self._move(1)
            case "pick.up":
                self._move(-1)
            case "pick.page.down":
                self._move(page)
            case "pick.page.up":
                self._move(-page)
            case "":
                if is_letter(character):
                    self._editor.insert(character or "")
                    self._search()
            case about_letters:
                self._editor.do(about_letters)
                self._search()

    def on_click(self, event: events.Click) -> None:
        """A click on a line picks it, one beside the dialog leaves."""
        at = event.get_content_offset(self._lines)
        if event.widget is self:
            self.app.pop_screen()
        elif at is not None and at.y > 0:
            self._choose(self._top + at.y - 1)

    def _choose(self, at: int) -> None:
        if 0 <= at < len(self._choices):
            self.app.pop_screen()
            self._choices[at].choose()

    def _search(self) -> None:
        self._choices = self._find(self._editor.text)
        self._at = self._top = 0
        self._lines.redraw()

    def _move(self, by: int) -> None:
        self._at = max(0, min(self._at + by, len(self._choices) - 1))
        self._top = max(self._at - self._rows + 1, min(self._top, self._at))
        self._lines.redraw()

    # Drawing

    @property
    def _rows(self) -> int:
        return max(1, self._lines.size.height - 1)

    def _draw(self, width: int, height: int) -> list[Strip]:
        styles = self._look.styles
        count: Piece = (f" {len(self._choices):,} ", styles.quiet)
        ghost = "" if self._editor.text else "type a part of the name"
        typed = self._editor.draw(self._look, max(1, width - cell_len(count[0]) - 2), ghost)
        drawn = [Strip.join([line([("> ", styles.title)], 2), typed, line([count], cell_len(count[0]))])]
        for at, choice in enumerate(self._choices[self._top : self._top + height - 1], self._top):
            style = styles.cursor if at == self._at else styles.text
            point = self._look.marks.point if at == self._at else " "
            far = choice.far if cell_len(choice.far) < width // 2 else ""
            room = max(1, width - cell_len(far) - 3)
            name = fit(choice.name, room, ellipsis=self._look.marks.ellipsis)
            drawn.append(spread([(f"{point} {name}", style)], [(far, styles.quiet)] if far else [], width))
        if len(drawn) == 1:
            drawn.append(line([("  nothing fits", styles.quiet)], width))
        return [strip.adjust_cell_length(width) for strip in drawn[:height]]


SMALL, NARROW = 10, 40
"""Screens with fewer lines or cells have no room for a border."""


def pick(screen: Any, title: str, find: Find) -> None:
    """Open the dialog over a full screen."""
    screen.app.push_screen(Picker(title, find, screen.look, screen.stage.keys))
