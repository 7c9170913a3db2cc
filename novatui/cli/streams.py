"""Standard input, output and error as they are found: closed, piped, full, or unable to show every character."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

import msgspec

from novatui.cli.exits import OutputLost, ReaderGone
from novatui.core.text import clean, clean_lines

CANNOT_DRAW = frozenset({"", "dumb", "unknown"})
"""Kinds of terminals (TERM) on which nothing can be put in its place."""

_ENCODER = msgspec.json.Encoder()


def prepare() -> None:
    """Make the three streams usable whatever the caller left of them.

    A closed descriptor is opened on /dev/null, so that no file or channel of ours ends up under its number. What the
    encoding of the terminal lacks is written as its escape.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 - lives as long as the process
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def say(text: str = "") -> None:
    """One line on standard output, whatever is in it: no control character gets out."""
    _write(clean(text, len(text)) + "\n")


def say_lines(text: str) -> None:
    """Text of several lines, each ended."""
    if text:
        _write(clean_lines(text, len(text)).removesuffix("\n") + "\n")


def say_json(value: Any) -> None:
    """One JSON document on one line, in UTF-8 whatever the locale."""
    flush()
    _guarded(lambda: sys.stdout.buffer.write(_ENCODER.encode(value) + b"\n"))


def say_table(header: list[str], rows: Iterable[list[str]], right: frozenset[int] = frozenset()) -> None:
    """Columns as wide as their widest cell; wide characters count two. `right`: columns set to the right."""
    table = [header, *rows]
    widths = [max(cells(row[at]) for row in table) for at in range(len(header))]
    for row in table:
        padded = (_padded(cell, widths[at], to_the_right=at in right) for at, cell in enumerate(row))
        say("  ".join(padded).rstrip())


def clear_screen() -> None:
    """Make room for the next table, where that is a matter of a screen; elsewhere an empty line parts them."""
    if is_terminal() and os.environ.get("TERM", "") not in CANNOT_DRAW:
        _write("\x1b[H\x1b[2J")
    else:
        say()


def flush() -> None:
    """Hand over what was said so far."""
    _guarded(sys.stdout.flush)


def abandon(descriptor: int = 1) -> None:
    """Nobody reads any more: point the stream elsewhere, so that the interpreter's last flush is silent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def is_terminal() -> bool:
    """True when a person looks at standard output."""
    return sys.stdout.isatty()


def can_ask() -> bool:
    """True when a person can be asked: there is a terminal to read from and one to write to."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def cells(text: str) -> int:
    """Terminal cells that a text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _padded(cell: str, width: int, *, to_the_right: bool) -> str:
    blank = " " * (width - cells(cell))
    return blank + cell if to_the_right else cell + blank


def _write(text: str) -> None:
    _guarded(lambda: sys.stdout.write(text))


def _guarded(write: Any) -> None:
    try:
        write()
    except BrokenPipeError:
        raise ReaderGone from None
    except OSError as error:
        raise OutputLost(f"standard output cannot be written: {error.strerror}") from None
