"""On which line each key of a TOML text stands.

tomllib gives no positions, and tomlkit, the maintained alternative, gives none either and parses ten times slower.
So this walks over text that tomllib has already accepted: it only has to find keys, never to judge.
"""

from __future__ import annotations

import bisect
import re
import tomllib

Key = tuple[str | int, ...]
"""Path from the root: names of tables and keys, and positions in arrays."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\r\n]+")
_STRINGS = (
    re.compile(r'"""(?:\\.|[^\\])*?"{3,5}(?!")', re.DOTALL),
    re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL),
    re.compile(r'"(?:\\.|[^"\\])*"'),
    re.compile(r"'[^']*'"),
)
"""Long forms first: `\"\"\"` also begins like an empty `\"\"`."""


def key_lines(text: str) -> dict[Key, int]:
    """Line, from 1, where each key or table first appears in a valid TOML text."""
    return _Scanner(text).scan()


def split_key(dotted: str) -> tuple[str, ...] | None:
    """The parts of a dotted key as TOML writes it: `connections."kvm1.lan".uri`. None when it is not one."""
    try:
        tomllib.loads(f"{dotted} = 1")
    except tomllib.TOMLDecodeError:
        return None
    scanner = _Scanner(dotted)
    parts = scanner.key()
    return parts if scanner.is_at_end() else None


class _Scanner:
    """A cursor over the text. Every method leaves it behind what it has read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._lines: dict[Key, int] = {}
        self._arrays: dict[Key, int] = {}
        """Number of elements seen so far of each array of tables."""

    def scan(self) -> dict[Key, int]:
        table: Key = ()
        self._skip_blank()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip_blank()
        return self._lines

    def is_at_end(self) -> bool:
        return self._at == len(self._text)

    def key(self) -> tuple[str, ...]:
        """A dotted key; the cursor stands on its first character."""
        parts: list[str] = []
        while True:
            self._skip_spaces()
            bare = _BARE.match(self._text, self._at)
            if bare:
                parts.append(bare.group())
                self._at = bare.end()
            else:
                start = self._at
                self._string()
                quoted = self._text[start : self._at]
                parts.append(tomllib.loads(f"k = {quoted}")["k"])
            self._skip_spaces()
            if not self._text.startswith(".", self._at):
                return tuple(parts)
            self._at += 1

    def _header(self) -> Key:
        start = self._at
        is_array = self._text.startswith("[[", start)
        self._at += 2 if is_array else 1
        parts = self.key()
        self._at += 2 if is_array else 1
        path: Key = ()
        for position, part in enumerate(parts):
            path = (*path, part)
            self._note(path, start)
            if is_array and position == len(parts) - 1:
                self._arrays[path] = self._arrays.get(path, 0) + 1
            if path in self._arrays:
                path = (*path, self._arrays[path] - 1)
                self._note(path, start)
        return path

    def _pair(self, table: Key) -> None:
        start = self._at
        path = table
        for part in self.key():
            path = (*path, part)
            self._note(path, start)
        self._at += 1  # the equals sign
        self._skip_spaces()
        self._value(path)

    def _value(self, path: Key) -> None:
        first = self._text[self._at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            scalar = _SCALAR.match(self._text, self._at)
            self._at = scalar.end() if scalar else self._at + 1

    def _array(self, path: Key) -> None:
        self._at += 1
        position = 0
        self._skip_blank()
        while self._text[self._at] != "]":
            element = (*path, position)
            self._note(element, self._at)
            self._value(element)
            position += 1
            self._skip_comma()
        self._at += 1

    def _inline_table(self, path: Key) -> None:
        self._at += 1
        self._skip_blank()
        while self._text[self._at] != "}":
            self._pair(path)
            self._skip_comma()
        self._at += 1

    def _string(self) -> None:
        for pattern in _STRINGS:
            match = pattern.match(self._text, self._at)
            if match:
                self._at = match.end()
                return
        raise ValueError("not a TOML key or string")

    def _skip_comma(self) -> None:
        self._skip_blank()
        if self._text[self._at] == ",":
            self._at += 1
            self._skip_blank()

    def _skip_spaces(self) -> None:
        while self._text.startswith((" ", "\t"), self._at):
            self._at += 1

    def _skip_blank(self) -> None:
        match = _BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _note(self, path: Key, at: int) -> None:
        self._lines.setdefault(path, bisect.bisect_left(self._breaks, at) + 1)
