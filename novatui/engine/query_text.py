"""The text of a filter, cut into tokens: white space divides, double quotes hold together."""

from __future__ import annotations

import re

import msgspec

_NEEDS_QUOTES = re.compile(r'[\s",]|^$|^\?$|^(?:gt|ge|lt|le|eq|ne):|^=', re.IGNORECASE)
_WORD_NEEDS_QUOTES = re.compile(r'[\s"]|^$|[:=<>]|^[!~@]')


class QueryError(ValueError):
    """A filter that cannot be understood."""

    def __init__(self, message: str, position: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        """Where in the text, counted from 0."""
        self.hint = hint
        """What to type instead; empty when there is no idea."""

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class Token(msgspec.Struct):
    """A run of characters; those that were quoted lose their special meaning."""

    start: int
    text: str = ""
    plain: str = ""
    """The same text with every quoted character replaced by a NUL."""
    positions: list[int] = []
    """Where each character stands in the filter."""
    quotes: list[int] = []
    """Before which of its characters a quoted part begins."""

    def cut(self, start: int, end: int | None = None) -> Token:
        """A part of it."""
        last = len(self.text) if end is None else end
        quotes = [at - start for at in self.quotes if start <= at <= last]
        return Token(
            self.position(start), self.text[start:last], self.plain[start:last], self.positions[start:last], quotes
        )

    @property
    def quoted(self) -> bool:
        """True when a part of it was quoted, though that may be empty."""
        return bool(self.quotes)

    def position(self, at: int = 0) -> int:
        """Where this character stands in the filter; that of the token's end beyond it."""
        if at < len(self.positions):
            return self.positions[at]
        return self.positions[-1] + 1 if self.positions else self.start

    def split(self, separator: str) -> list[Token]:
        """The parts between plain separators."""
        parts, start = list[Token](), 0
        for at, char in enumerate(self.plain):
            if char == separator:
                parts.append(self.cut(start, at))
                start = at + 1
        return [*parts, self.cut(start)]


def tokens(text: str) -> list[Token]:
    """The tokens of a filter. QueryError for a quote that is not closed."""
    found, current, at = list[Token](), None, 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            current = None
            at += 1
            continue
        if current is None:
            current = Token(at)
            found.append(current)
        if char == '"':
            at = _quoted(text, at, current)
        else:
            _add(current, char, char, at)
            at += 1
    return found


def _quoted(text: str, start: int, token: Token) -> int:
    """Add what is between quotes; where the text goes on. `\\"` and `\\\\` are a quote and a backslash."""
    at = start + 1
    token.quotes.append(len(token.text))
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and text[at + 1 : at + 2] in ('"', "\\"):
            at += 1
        _add(token, text[at], "\0", at)
        at += 1
    if at >= len(text):
        raise QueryError("a quote is not closed", start, 'add "')
    return at + 1


def _add(token: Token, char: str, plain: str, at: int) -> None:
    token.text += char
    token.plain += plain
    token.positions.append(at)


def quoted_value(value: str) -> str:
    """A value as it has to be written after an operator."""
    return _quote(value) if _NEEDS_QUOTES.search(value) else value


def quoted_word(value: str) -> str:
    """A bare word as it has to be written."""
    return _quote(value) if _WORD_NEEDS_QUOTES.search(value) else value


def quoted_pattern(value: str) -> str:
    """A regular expression as it has to be written."""
    return _quote(value) if re.search(r'[\s"]|^$', value) else value


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
