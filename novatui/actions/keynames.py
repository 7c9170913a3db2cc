"""Keys: which ones are never bound, how they are written for people, and how people write them."""

from __future__ import annotations

import re
import string
import unicodedata

from novatui.config.errors import did_you_mean

FORBIDDEN = frozenset(f"ctrl+{c}" for c in "sqzabhijm") | {"ctrl+backslash"}
"""Keys that terminals, tmux or screens take away."""

NAMES = {
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "backspace": "BkSp",
    "delete": "Del",
    "insert": "Ins",
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
}
"""How keys with a name are written for people."""

_TEXTUAL = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
"""What Textual calls a character, where that is not its Unicode name."""


def character_name(character: str) -> str:
    """What Textual calls the key of a character: letters and digits are their own names."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, "").casefold().replace("-", "_").replace(" ", "_")
    return _TEXTUAL.get(name, name)


CHARACTERS = {character_name(character): character for character in string.punctuation}
"""The character of each key that is named after it."""

_WORDS = {
    **{name.casefold(): key for key, name in NAMES.items()},
    **{key: key for key in (*NAMES, *CHARACTERS)},
    **{f"f{number}": f"f{number}" for number in range(1, 25)},
    "return": "enter",
    "pgdown": "pagedown",
    "del": "delete",
    "ins": "insert",
}
"""Keys by every word that they may be called, in lower case."""

_MODIFIERS = {"ctrl": "ctrl", "c": "ctrl", "control": "ctrl", "alt": "alt", "meta": "alt", "m": "alt"} | {
    "shift": "shift",
    "s": "shift",
}
_HELD = re.compile(r"(\^|(?:[a-z]+[+-])+)(.+)", re.IGNORECASE | re.DOTALL)
_SHIFTED = frozenset({"up", "down", "left", "right", "home", "end", "insert", "delete", "pageup", "pagedown", "tab"})
"""Keys that terminals tell apart when shift is held."""


class BadKey(Exception):
    """Something that is no key, or no key that can be had: why, and what to try."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def shown(key: str, ascii_only: bool = False) -> str:
    """A key as people read it: `/`, `Space`, `^F`."""
    held, plus, name = key.rpartition("+")
    if plus:
        sign = {"ctrl": "^", "shift": "S-", "alt": "Alt-"}
        written = shown(name, ascii_only)
        last = written.upper() if held == "ctrl" else written
        return "".join(sign[one] for one in held.split("+")) + last
    if ascii_only and not NAMES.get(key, "").isascii():
        return key.title()
    if re.fullmatch(r"f\d+", key):
        return key.upper()
    return NAMES.get(key) or CHARACTERS.get(key) or key


def read_key(written: str) -> str:
    """A key as Textual names it, from what a person wrote: `ctrl+f`, `^F`, `/`, `Space`, `F5`. BadKey for no key."""
    if not written:
        raise BadKey("a key is missing", "an empty list takes all keys away")
    if len(written) == 1 or written.casefold() in _WORDS:
        return _alone(written)
    if (parts := _HELD.fullmatch(written)) is None:
        raise BadKey(f"`{written}` is no key", did_you_mean(written, _WORDS) or "such as x, /, ctrl+f, space, F5")
    words = ["ctrl"] if parts[1] == "^" else re.split(r"[+-]", parts[1].casefold().rstrip("+-"))
    if unknown := next((word for word in words if word not in _MODIFIERS), ""):
        raise BadKey(f"`{written}` is no key: nothing is called `{unknown}`", "ctrl+, alt+ and shift+ can be held")
    held = {_MODIFIERS[word] for word in words}
    return _with(held, _alone(parts[2] if len(parts[2]) > 1 or held == {"shift"} else parts[2].lower()), written)


def _alone(written: str) -> str:
    """The key itself, without what is held."""
    if len(written) == 1 and written not in _WORDS:
        if not written.isprintable():
            raise BadKey("a control character is no key", "write it as ctrl+ and a letter")
        return "space" if written == " " else character_name(written)
    if (key := _WORDS.get(written.casefold())) is None:
        raise BadKey(f"`{written}` is no key", did_you_mean(written, _WORDS))
    return key


def _with(held: set[str], key: str, written: str) -> str:
    if held == {"shift"} and len(key) == 1 and key.isalpha():
        return key.upper()
    if "shift" in held and key not in _SHIFTED:
        raise BadKey(f"`{written}` is no key that terminals send", "write the letter itself, such as G")
    controlled = key in string.ascii_letters or key in _SHIFTED - {"tab"} or f"ctrl+{key}" in FORBIDDEN
    if "ctrl" in held and not controlled:
        raise BadKey(f"`{written}` is no key that terminals send", "ctrl+ goes with letters and arrows")
    return "+".join([*(one for one in ("ctrl", "alt", "shift") if one in held), key])


def is_typed(key: str) -> bool:
    """True for a key that means a letter where text is typed."""
    return len(key) == 1 or key == "space" or key in CHARACTERS


def is_doubtful(key: str) -> bool:
    """True for a key that some terminal keeps to itself: alt, and the F-keys."""
    return "alt" in key.split("+")[:-1] or re.fullmatch(r"f\d+", key) is not None
