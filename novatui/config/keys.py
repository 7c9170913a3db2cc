"""Reads `keys.toml`: which keys a person wants for which action. What they mean is judged by whoever knows actions."""

from __future__ import annotations

import errno
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec

from novatui.config.errors import Problem
from novatui.config.layers import syntax_problem
from novatui.config.positions import Key, key_lines

FORM = 'write it as "tasks" = "t", or as a list: ["t", "f5"]'


class Wish(msgspec.Struct, frozen=True):
    """The keys that are wanted for one action, as written."""

    id: str
    keys: tuple[str, ...]
    """Empty: it is to have none."""
    file: str
    line: int


def read_wishes(path: Path) -> tuple[list[Wish], list[Problem]]:
    """All wishes in the order of the file, and what is wrong with the rest; a file that is not there wishes nothing."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        table = tomllib.loads(text)
    except OSError as problem:
        if problem.errno in (errno.ENOENT, errno.ENOTDIR):
            return [], []
        return [], [Problem(message=f"cannot read: {problem.strerror}", file=str(path))]
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        return [], [Problem(message="not UTF-8 text", file=str(path), line=line)]
    except tomllib.TOMLDecodeError as problem:
        return [], [syntax_problem(problem, path)]
    lines = key_lines(text)
    wishes: list[Wish] = []
    problems: list[Problem] = []
    for at, value in _leaves(table, ()):
        name, line = ".".join(str(part) for part in at), lines.get(at, 0)
        if (keys := _keys(value)) is None:
            message = f"`{name}` is no key and no list of keys"
            problems.append(Problem(message=message, hint=FORM, file=str(path), line=line, key=name))
        else:
            wishes.append(Wish(name, keys, str(path), line))
    return wishes, problems


def _leaves(table: dict[str, Any], above: Key) -> Iterator[tuple[Key, Any]]:
    """Values with their paths: an id that was written without quotes is a path of several parts."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(cast("dict[str, Any]", value), (*above, name))
        else:
            yield (*above, name), value


def _keys(value: object) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        return None
    keys = cast("list[object]", value)
    return None if any(not isinstance(key, str) for key in keys) else tuple(str(key) for key in keys)
