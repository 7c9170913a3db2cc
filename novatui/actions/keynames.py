"""Keys: which ones are never bound, and how they are written for people."""

from __future__ import annotations

FORBIDDEN = frozenset(f"ctrl+{c}" for c in "sqzabhijm") | {"ctrl+backslash"}
"""Keys that terminals, tmux or screens take away."""

NAMES = {
    "slash": "/",
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "S-Tab",
    "backspace": "BkSp",
    "delete": "Del",
    "asterisk": "*",
    "question_mark": "?",
    "minus": "-",
    "vertical_line": "|",
    "exclamation_mark": "!",
    "plus": "+",
    "underscore": "_",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "at": "@",
    "colon": ":",
    "semicolon": ";",
    "apostrophe": "'",
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
    "f12": "F12",
}
"""How keys are written for people, where Textual's name is another."""


def shown(key: str, ascii_only: bool = False) -> str:
    """A key as people read it: `/`, `Space`, `^F`."""
    if ascii_only and not NAMES.get(key, "").isascii():
        return key.title()
    if key.startswith("ctrl+"):
        return "^" + key.removeprefix("ctrl+").upper()
    return NAMES.get(key, key)
