"""Exit codes, what they are when several things went wrong at once, and the errors that stand for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

DONE = 0
"""Done; a filter without hits and a closed pipe are done, too."""
FAILED = 1
"""The operation failed; the native error was printed."""
USAGE = 2
"""Wrong usage or configuration."""
UNREACHED = 3
"""A connection could not be made; the others were answered."""
REFUSED = 4
"""Refused by the guard."""
INTERRUPTED = 130

_FIRST = (USAGE, REFUSED, FAILED, UNREACHED)


def worst(codes: Iterable[int]) -> int:
    """The code that is reported: 2 before 4 before 1 before 3, 0 when nothing went wrong."""
    seen = set(codes)
    return next((code for code in _FIRST if code in seen), DONE)


class UsageError(Exception):
    """The command line cannot be understood: exit 2."""

    def __init__(self, message: str, hint: str = "", lines: Sequence[str] = ()) -> None:
        """`lines` show the place of the mistake, below the message."""
        super().__init__(message)
        self.hint = hint
        self.lines = lines


class NotThere(Exception):
    """What the command line names does not exist: exit 1."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ReaderGone(Exception):
    """Whoever read standard output has left: exit 0, in silence."""


class OutputLost(Exception):
    """Standard output cannot be written (a full disk): exit 1."""
