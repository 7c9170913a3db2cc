"""Themes as data: which one suits a terminal, and the styles by name that everything is drawn with."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from rich.color import Color, ColorParseError
from rich.errors import StyleSyntaxError
from rich.style import Style

from novatui.config.themes import shipped_themes, theme_names

TERMINAL = "ansi_default"
"""Foreground or background as the terminal has it."""

_SIXTEEN = frozenset({"screen", "linux", "xterm", "vt100", "vt220", "ansi", "tmux", "rxvt"})
"""Terminals that promise no more than sixteen colours."""

_BRIGHT = frozenset({"7", "15"})
"""Backgrounds, as COLORFGBG numbers them, on which dark letters are read best."""


class Styles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One style for each meaning. Colour is never the only sign of anything."""

    text: Style
    quiet: Style
    title: Style
    rule: Style
    header: Style
    key: Style
    cursor: Style
    cursor_quiet: Style
    """The cursor of a pane without the keyboard."""
    mark: Style
    good: Style
    off: Style
    info: Style
    warning: Style
    bad: Style
    stale: Style
    spark: Style
    protected: Style
    readonly: Style
    match: Style
    red: Style
    """This and what follows: the names of connections to which a person gave that colour."""
    yellow: Style
    green: Style
    cyan: Style
    blue: Style
    magenta: Style

    def tint(self, color: str) -> Style | None:
        """The style of a colour that a connection may have; None for a word that is none."""
        return getattr(self, color) if color in TINTS else None


TINTS = frozenset({"red", "yellow", "green", "cyan", "blue", "magenta"})
"""Colours that connections may have."""


class Theme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A theme file, read."""

    name: str
    dark: bool
    foreground: str
    background: str
    styles: Styles

    @property
    def native(self) -> bool:
        """True when the terminal's own sixteen colours and background are used as they are."""
        return self.background == TERMINAL


class BadTheme(Exception):
    """A theme that cannot be used: which, and why."""


def theme_for(environ: Mapping[str, str] = os.environ) -> str:
    """The theme that suits this terminal: no colour where none is wanted, sixteen where it promises no more."""
    if "NO_COLOR" in environ:
        return "mono"
    term = environ.get("TERM", "")
    rich_enough = environ.get("COLORTERM") in {"truecolor", "24bit"} or "256color" in term or "direct" in term
    if not rich_enough and term in _SIXTEEN:
        return "ansi"
    # rxvt, konsole and others name their colours: "foreground;background", sometimes with a third in between.
    return "light" if environ.get("COLORFGBG", "").rpartition(";")[2] in _BRIGHT else "dark"


def load_theme(name: str, user: Path | None = None) -> Theme:
    """Read a theme; one in the user's folder wins over one of the same name that comes with the program.

    A theme may name another as its `base` and then says only what differs. BadTheme when there is none of this name
    or when it is damaged.
    """
    try:
        theme = msgspec.convert(_table(name, user, ()), Theme, dec_hook=_style)
        for color in (theme.foreground, theme.background):
            Color.parse("default" if color == TERMINAL else color)
    except (msgspec.ValidationError, ColorParseError) as error:
        raise BadTheme(f"theme {name}: {error}") from None
    return theme


def _table(name: str, user: Path | None, below: tuple[str, ...]) -> dict[str, Any]:
    """The keys of a theme file over those of its base."""
    path = _find(name, user)
    if path is None:
        raise BadTheme(f"there is no theme {name}; there are: {', '.join(theme_names(user))}")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadTheme(f"theme {name}: {error}") from None
    base = table.pop("base", "")
    if not base:
        return {"name": name, **table}
    if base in below or (base == name and path.parent == shipped_themes()):
        raise BadTheme(f"theme {name}: its bases go round in a circle")
    # A user's theme may stand on the one of the same name that comes with the program.
    under = _table(str(base), None if base == name else user, (*below, name))
    styles = {**under["styles"], **table.get("styles", {})}
    return {**under, **table, "name": name, "styles": styles}


def _find(name: str, user: Path | None) -> Path | None:
    if not name or "/" in name or name.startswith("."):
        return None
    candidates = [folder / f"{name}.toml" for folder in (user, shipped_themes()) if folder]
    return next((path for path in candidates if path.is_file()), None)


def _style(wanted: type, value: object) -> Style:
    if wanted is not Style or not isinstance(value, str):
        raise ValueError(f"not a style: {value!r}")
    try:
        return Style.parse(value) if value else Style.null()
    except StyleSyntaxError as error:
        raise ValueError(f"not a style: {value!r} ({error})") from None
