"""Regular expressions that cannot run away: a pattern whose time could grow without bound is refused.

Python's matcher backtracks. Refused are repeats of what itself repeats or chooses, references back, looks ahead and
behind, more than MAX_OPEN open-ended repeats, and patterns beyond MAX_PATTERN characters; a subject is cut at
MAX_SUBJECT characters. What is left takes a few milliseconds at worst.
"""

from __future__ import annotations

import re
import warnings

MAX_PATTERN = 200
MAX_SUBJECT = 128
MAX_OPEN = 3
MAX_REPEAT = 100

_COUNTED = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")
_GROUP_START = re.compile(r"\?(?::|P<\w+>|[aimsu]+\)|[aimsu]+:)")


class UnsafePattern(ValueError):
    """The pattern is malformed or refused; `offset` is where in it, -1 for the whole."""

    def __init__(self, message: str, offset: int = -1) -> None:
        super().__init__(message)
        self.offset = offset


def compile_pattern(text: str) -> re.Pattern[str]:
    """The pattern, without regard to case. UnsafePattern when it is none or is refused."""
    if len(text) > MAX_PATTERN:
        raise UnsafePattern(f"a pattern has {MAX_PATTERN} characters at most")
    _Scan(text).run()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(text, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError, ValueError) as error:
        offset = error.pos if isinstance(error, re.error) and error.pos is not None else -1
        message = error.msg if isinstance(error, re.error) else str(error)
        raise UnsafePattern(f"not a regular expression: {message}", offset) from None


class _Scan:
    """One pass over a pattern: what repeats, and what it repeats."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._open = 0
        self._groups: list[bool] = [False]
        """For each group that is open: whether something in it repeats or chooses."""
        self._last_is_lively = False
        """The atom just read is a group in which something repeats or chooses."""

    def run(self) -> None:
        while self._at < len(self._text):
            char = self._text[self._at]
            match char:
                case "\\":
                    self._escape()
                case "[":
                    self._set()
                case "(":
                    self._begin_group()
                case ")":
                    self._end_group()
                case "|":
                    self._groups[-1] = True
                    self._atom(1)
                case "*" | "+" | "{" | "?":
                    self._repeat(char)
                case _:
                    self._atom(1)

    def _atom(self, length: int) -> None:
        self._last_is_lively = False
        self._at += length

    def _escape(self) -> None:
        follower = self._text[self._at + 1 : self._at + 2]
        if follower.isdigit() and follower != "0":
            raise UnsafePattern("references back are not supported", self._at)
        self._atom(2)

    def _set(self) -> None:
        end = self._at + 1
        end += self._text.startswith("^", end)
        end += self._text.startswith("]", end)
        while end < len(self._text) and self._text[end] != "]":
            end += 2 if self._text[end] == "\\" else 1
        self._atom(end + 1 - self._at)

    def _begin_group(self) -> None:
        start = self._at + 1
        if self._text.startswith("?", start):
            form = _GROUP_START.match(self._text, start)
            if form is None:
                raise UnsafePattern("looking ahead or behind and conditions are not supported", self._at)
            if form.group().endswith(")"):
                self._atom(form.end() - self._at)
                return
            start = form.end()
        self._groups.append(False)
        self._atom(start - self._at)

    def _end_group(self) -> None:
        lively = self._groups.pop() if len(self._groups) > 1 else False
        self._groups[-1] |= lively
        self._atom(1)
        self._last_is_lively = lively

    def _repeat(self, char: str) -> None:
        counted = _COUNTED.match(self._text, self._at) if char == "{" else None
        if char == "{" and (counted is None or counted.group() == "{}"):
            self._atom(1)
            return
        most = 1 if char == "?" else None
        if counted is not None:
            least, comma, upper = counted.groups()
            most = int(upper) if upper else None if comma else int(least or 0)
        if most != 1 and self._last_is_lively:
            raise UnsafePattern("a repeat of what itself repeats or chooses is not supported", self._at)
        if most is None:
            self._open += 1
        if self._open > MAX_OPEN or (most or 0) > MAX_REPEAT:
            raise UnsafePattern(f"at most {MAX_OPEN} open-ended repeats, and {MAX_REPEAT} times", self._at)
        self._groups[-1] = True
        end = counted.end() if counted is not None else self._at + 1
        end += self._text.startswith(("?", "+"), end)
        self._atom(end - self._at)
