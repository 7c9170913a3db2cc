"""The theme in force: chosen at the start, changed while the console runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App
from textual.screen import Screen
from textual.theme import Theme as TextualTheme

from novatui.config.themes import theme_names
from novatui.ui.render.look import Look
from novatui.ui.theme import TERMINAL, BadTheme, Theme, load_theme, theme_for

_NATIVE = {
    "ansi-background": TERMINAL,
    "ansi-foreground": TERMINAL,
    "input-selection-background": TERMINAL,
    "input-selection-foreground": TERMINAL,
}
"""What Textual asks for beside, where no colour may be drawn but the terminal's own."""


class Theming:
    """Which theme is worn; `wear` puts on another one and has everything drawn anew."""

    def __init__(self, name: str = "", user: Path | None = None, environ: Mapping[str, str] = os.environ) -> None:
        """`name` as configured, empty: what suits the terminal. `user` is the folder of the user's own themes.

        NO_COLOR wins over both. BadTheme when it cannot be used.
        """
        self._user = user
        self._colourless = "NO_COLOR" in environ
        self.theme = load_theme(theme_for(environ) if self._colourless or not name else name, user)

    @property
    def ansi(self) -> bool:
        """True when the terminal's own colours are used as they are."""
        return self.theme.native

    @property
    def names(self) -> list[str]:
        """The themes that there are."""
        return theme_names(self._user)

    def after(self, name: str) -> str:
        """The theme that comes after one, the first after the last."""
        names = self.names
        return names[(names.index(name) + 1) % len(names)] if name in names else names[0]

    def wear(self, app: App[Any], look: Look, name: str) -> None:
        """Change to another theme now. BadTheme when it cannot be used; then the old one stays."""
        if self._colourless:
            raise BadTheme("no colours are wanted: NO_COLOR is set")
        self.theme = load_theme(name, self._user)
        look.styles = self.theme.styles
        app.ansi_color = self.ansi
        self.put_on(app)
        for screen in app.screen_stack:
            draw_anew(screen)

    def put_on(self, app: App[Any]) -> None:
        """Tell Textual the few colours that it asks for itself."""
        # A name that changes with every reading: the file of a user's theme may have changed since.
        self._worn += 1
        made = _textual_theme(self.theme, f"nova-{self._worn}")
        app.register_theme(made)
        app.theme = made.name

    _worn = 0
    """How many themes were put on."""


def draw_anew(screen: Screen[Any]) -> None:
    """Everything drawn is kept until its data change: throw it away, because colours or keys are others now."""
    for widget in screen.walk_children(with_self=True):
        widget.notify_style_update()
        redraw = getattr(widget, "redraw", None)
        if redraw is not None:
            redraw()
    screen.refresh()


def _textual_theme(theme: Theme, name: str) -> TextualTheme:
    return TextualTheme(
        name=name,
        ansi=theme.native,
        primary=theme.foreground,
        foreground=theme.foreground,
        background=theme.background,
        surface=theme.background,
        panel=theme.background,
        dark=theme.dark,
        variables={
            "scrollbar": theme.foreground,
            "scrollbar-background": theme.background,
            **(_NATIVE if theme.native else {}),
        },
    )
