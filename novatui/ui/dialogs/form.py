"""The form of a connection: its lines, the address that they make, and what is wrong with it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope, in_scope
from novatui.config.errors import ConfigError
from novatui.config.templates import Template
from novatui.ui.dialogs import box
from novatui.ui.dialogs.typed import TypedDialog
from novatui.ui.render.cells import line
from novatui.ui.stage import Stage
from novatui.ui.widgets.editor import Editor
from novatui.ui.widgets.lines import Lines

LABEL = 13
"""Cells of a line's name."""

HINT = 2
"""Lines for the hint, or for what is wrong."""

BELOW = 4 + HINT
"""Lines below the fields: address, hint, keys, and the gaps between them."""


class ConnectionForm(TypedDialog, inherit_bindings=False):
    """Answers with what was filled in, which makes a connection; None when it was left."""

    SCOPE = Scope.FORM
    DEFAULT_CSS = box.style("ConnectionForm", 78)

    def __init__(self, stage: Stage, template: Template, values: Mapping[str, str], taken: set[str]) -> None:
        super().__init__(stage)
        self._template = template
        self._taken = taken
        self._editors = {field.key: Editor(values.get(field.key, "")) for field in template.fields}
        self._at = 0
        self._problem: ConfigError | None = None
        self._lines = Lines(self._draw_lines)

    def compose(self) -> ComposeResult:
        """The box."""
        self._lines.styles.height = len(self._template.fields) + BELOW + 2
        self._lines.border_title = self._template.title
        yield self._lines

    @property
    def editor(self) -> Editor:
        """The line with the cursor."""
        return self._editors[self._template.fields[self._at].key]

    def redraw(self) -> None:
        self._lines.redraw()

    def _values(self) -> dict[str, str]:
        return {key: editor.text for key, editor in self._editors.items()}

    def press(self, key: str, character: str | None) -> None:
        """What was wrong is on its way to being mended."""
        self._problem = None
        super().press(key, character)

    def action_form_next(self) -> None:
        """One line down, after the last the first."""
        self._at = (self._at + 1) % len(self._editors)

    def action_form_previous(self) -> None:
        """One line up."""
        self._at = (self._at - 1) % len(self._editors)

    def action_form_leave(self) -> None:
        """Nothing was filled in."""
        self.dismiss(None)

    def action_form_done(self) -> None:
        """Take it if it makes a connection; else tell why not, and go to the line that is wrong."""
        try:
            self._template.draft(self._values(), self._taken)
        except ConfigError as error:
            self._problem = error
            keys = list(self._editors)
            if error.key in keys:
                self._at = keys.index(error.key)
        else:
            self.dismiss(self._values())

    def _draw_lines(self, width: int, height: int) -> list[Strip]:
        del height
        look, styles = self.stage.look, self.stage.look.styles
        drawn: list[Strip] = []
        for at, field in enumerate(self._template.fields):
            here = at == self._at
            label = line([(f" {field.label}", styles.title if here else styles.quiet)], LABEL)
            editor = self._editors[field.key]
            room = width - LABEL
            text = editor.draw(look, room) if here else line([(editor.text, styles.text)], room, look.marks.ellipsis)
            drawn.append(Strip.join([label, text]))
        keys = box.keys(self.stage, in_scope(Scope.FORM), width)
        return [
            *drawn,
            Strip.blank(width),
            self._draw_address(width),
            *self._draw_hint(width),
            Strip.blank(width),
            keys,
        ]

    def _draw_address(self, width: int) -> Strip:
        """What the lines make, unless one of them is the address itself."""
        styles = self.stage.look.styles
        if "uri" in self._editors:
            return Strip.blank(width)
        address = self._template.uri({key: text.strip() for key, text in self._values().items()})
        return line(
            [(" is opened as".ljust(LABEL + 2), styles.quiet), (address or self._template.example, styles.info)], width
        )

    def _draw_hint(self, width: int) -> list[Strip]:
        look = self.stage.look
        text, style = self._template.fields[self._at].hint, look.styles.quiet
        if self._problem is not None:
            hint = f" {look.marks.dash} {self._problem.hint}" if self._problem.hint else ""
            text, style = f"{self._problem.message}{hint}", look.styles.bad
        wrapped = textwrap.wrap(text, max(20, width - 2), max_lines=HINT, placeholder=look.marks.ellipsis)
        return [line([(f" {part}", style)], width) for part in (*wrapped, "", "")[:HINT]]
