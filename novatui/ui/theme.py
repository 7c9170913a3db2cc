"""Themes as data: which colours a terminal can take, and the styles by name that everything is drawn with."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec
from rich.style import Style

_SIXTEEN = frozenset({"screen", "linux", "xterm", "vt100", "vt220", "ansi", "tmux", "rxvt"})
"""Terminals that promise no more than sixteen colours."""


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


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """A theme file, read."""

    name: str
    dark: bool
    foreground: str
    background: str
    styles: Styles

    @property
    def native(self) -> bool:
        """True when the terminal's own sixteen colours and background are used as they are."""
        return self.background == "ansi_default"


class BadTheme(Exception):
    """A theme file that cannot be used, with the place and the reason."""


def theme_for(environ: Mapping[str, str] = os.environ) -> str:
    """The theme that suits this terminal: sixteen colours where it promises no more, or where none are wanted."""
    if "NO_COLOR" in environ:
        return "ansi"
    term = environ.get("TERM", "")
    rich_enough = environ.get("COLORTERM") in {"truecolor", "24bit"} or "256color" in term or "direct" in term
    return "dark" if rich_enough or term not in _SIXTEEN else "ansi"


def load_theme(name: str) -> Theme:
    """Read a theme that comes with the program. BadTheme when it is damaged, FileNotFoundError when there is none."""
    path = _folder() / f"{name}.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(table, Theme, dec_hook=_style)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError, ValueError) as error:
        raise BadTheme(f"{path.name}: {error}") from None


def _style(wanted: type, value: object) -> Style:
    if wanted is not Style or not isinstance(value, str):
        raise ValueError(f"not a style: {value!r}")
    return Style.parse(value) if value else Style.null()


@cache
def _folder() -> Path:
    """In a wheel the themes lie in the package, in a checkout beside it."""
    packaged = Path(str(files("novatui"))) / "themes"
    return packaged if packaged.is_dir() else packaged.parent.parent / "themes"
