"""What is wrong with a configuration, in words that name the place and the way out."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from typing import Literal

import msgspec

from novatui.core.text import clean

EXIT_CODE = 2
"""Exit code of every ConfigError: wrong usage or configuration."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, where it stands and what to do about it."""

    message: str
    hint: str = ""
    file: str = ""
    """File that holds it; or the environment variable or command-line option, as typed. Empty when there is
    none."""
    line: int = 0
    """Line in `file`, from 1; 0 when it has none."""
    key: str = ""
    """Dotted key that is concerned, such as `connections.prod.tls`; empty when there is none."""
    severity: Literal["error", "warning"] = "error"

    @property
    def place(self) -> str:
        """`~/.config/novatui/config.toml:12`, the name of a variable or option, or nothing."""
        return f"{shorten_home(self.file)}:{self.line}" if self.line else shorten_home(self.file)

    def __str__(self) -> str:
        where = f" ({self.place})" if self.file else ""
        hint = f"; {self.hint}" if self.hint else ""
        return clean(f"{self.message}{where}{hint}")


class ConfigError(Exception):
    """Configuration that cannot be used; the command ends with exit code 2.

    Holds all problems, never just the first.
    """

    def __init__(self, message: str, hint: str = "", file: str = "", line: int = 0, key: str = "") -> None:
        super().__init__(message)
        self.problems: tuple[Problem, ...] = (Problem(message=message, hint=hint, file=file, line=line, key=key),)

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> ConfigError:
        """One error for several problems, in the order of their files and lines."""
        ordered = tuple(problems)
        error = cls(ordered[0].message)
        error.problems = ordered
        return error

    @property
    def message(self) -> str:
        return self.problems[0].message

    @property
    def hint(self) -> str:
        return self.problems[0].hint

    @property
    def file(self) -> str:
        return self.problems[0].file

    @property
    def line(self) -> int:
        return self.problems[0].line

    @property
    def key(self) -> str:
        return self.problems[0].key

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known word that `word` was probably meant to be; empty when none is close (`cutoff` 1: only the same)."""
    by_fold = {name.casefold(): name for name in known}
    match = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=cutoff)
    return by_fold[match[0]] if match else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint for a misspelt word; empty when nothing is close."""
    match = nearest(word, known)
    return f"did you mean `{match}`?" if match else ""


def shorten_home(path: str) -> str:
    """The path with the home directory written as `~`."""
    home = os.path.expanduser("~").rstrip("/")
    return f"~{path.removeprefix(home)}" if home and path.startswith(f"{home}/") else path
