"""The sources of settings: files, environment and command line, each read into values that know their place."""

from __future__ import annotations

import errno
import os
import re
import shlex
import stat
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from novatui.config import decode
from novatui.config.decode import dotted
from novatui.config.errors import Problem, did_you_mean, shorten_home
from novatui.config.paths import HOME_VARIABLES
from novatui.config.schema import Config, Connection
from novatui.config.secrets import SecretRef

PREFIX = "NOVATUI_"
"""Environment variables that begin so are settings: NOVATUI_RO, NOVATUI_CONNECTIONS__PROD__TLS_MIN."""

_LINE = re.compile(r" \(at line (\d+), column \d+\)| \(at end of document\)")


class Origin(msgspec.Struct, frozen=True):
    """Where a value was set."""

    kind: Literal["default", "site", "user", "file", "environment", "option"]
    source: str = ""
    """File, environment variable or command-line option; empty for a default."""
    line: int = 0
    """Line in the file, from 1; 0 for what is no file."""

    def __str__(self) -> str:
        if self.kind == "default":
            return "default"
        return f"{shorten_home(self.source)}:{self.line}" if self.line else shorten_home(self.source)


class Setting(msgspec.Struct, frozen=True):
    """One value and where it was set."""

    value: Any
    origin: Origin


class Option(msgspec.Struct, frozen=True):
    """A command-line option that sets a value."""

    name: str
    """As typed: `--ro`."""
    path: tuple[str, ...]
    """The key that it sets."""
    value: Any


Layer = dict[decode.Path, Setting]
"""What one source sets."""


def file_layer(
    path: Path, kind: Literal["site", "user", "file"], problems: list[Problem], *, required: bool = False
) -> Layer:
    """Read a TOML file.

    A missing one is empty unless it is required; everything that is wrong goes to `problems`.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            text = file.read().decode("utf-8-sig")
        from novatui.config.positions import key_lines  # only where there is a file

        table = tomllib.loads(text)
        lines = key_lines(text)
    except OSError as problem:
        if required or problem.errno not in (errno.ENOENT, errno.ENOTDIR):
            hint = "check the name given to --config" if problem.errno == errno.ENOENT else ""
            problems.append(Problem(message=f"cannot read: {problem.strerror}", hint=hint, file=str(path)))
        return {}
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        problems.append(Problem(message="not UTF-8 text", file=str(path), line=line))
        return {}
    except tomllib.TOMLDecodeError as problem:
        problems.append(syntax_problem(problem, path))
        return {}

    def place(key: decode.Path) -> tuple[str, int]:
        return str(path), lines.get(key, 0)

    found: list[Problem] = []
    values = decode.values_of(table, Config, place, found)
    layer = {key: Setting(value, Origin(kind, *place(key))) for key, value in values.items()}
    found += _safety_problems(layer, status, path)
    problems += sorted(found, key=lambda problem: problem.line)
    return layer


def environment_layer(environ: Mapping[str, str], known: Sequence[str], problems: list[Problem]) -> Layer:
    """Read NOVATUI_* variables.

    `known` are the connections of the files: only those can be changed from here. A name that fits no key
    is a warning, not an error: the variable may be meant for another part of the program.
    """
    layer: Layer = {}
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        if variable in HOME_VARIABLES:
            continue
        path = _path_of_variable(variable, known)
        if path is None:
            problems.append(_unknown_variable(variable))
            continue
        table: Any = environ[variable]
        for part in reversed(path):
            table = {part: table}
        values = decode.values_of(table, Config, _fixed_place(variable), problems, lax=True)
        layer |= {key: Setting(value, Origin("environment", variable)) for key, value in values.items()}
    problems += _exposed_secrets(layer)
    return layer


def option_layer(options: Sequence[Option], problems: list[Problem]) -> Layer:
    """Read what the command line sets."""
    layer: Layer = {}
    for option in options:
        table: Any = option.value
        for part in reversed(option.path):
            table = {part: table}
        values = decode.values_of(table, Config, _fixed_place(option.name), problems, lax=True)
        layer |= {key: Setting(value, Origin("option", option.name)) for key, value in values.items()}
    problems += _exposed_secrets(layer)
    return layer


def _fixed_place(name: str) -> decode.Place:
    return lambda _path: (name, 0)


def syntax_problem(problem: tomllib.TOMLDecodeError, path: Path) -> Problem:
    """What is wrong with the text of a TOML file, and on which line."""
    found = _LINE.search(str(problem))
    line = int(found[1]) if found and found[1] else 0
    message = _LINE.sub("", str(problem))
    return Problem(message=f"not valid TOML: {message}", file=str(path), line=line)


def _safety_problems(layer: Layer, status: os.stat_result, path: Path) -> list[Problem]:
    """A secret that others can read, or a command that others can write, is refused with the way to close it."""
    problems: list[Problem] = []
    mine = status.st_uid == os.geteuid()
    quoted = shlex.quote(str(path))
    for key, setting in layer.items():
        if not isinstance(setting.value, SecretRef):
            continue
        message = hint = ""
        mode = stat.S_IMODE(status.st_mode)
        if setting.value.kind == "literal" and (not mine or mode & 0o177):
            owner = f" and owned by user {status.st_uid}" if not mine else ""
            message = f"`{dotted(key)}` is a secret in a file with mode {mode:04o}{owner}"
            hint = f"chmod 600 {quoted}" if mine else "give it by reference: keyring:, env:, cmd:, file: or prompt"
        elif setting.value.kind == "cmd" and (mode & 0o022 or (not mine and status.st_uid != 0)):
            message = f"`{dotted(key)}` is a command in a file that others can write"
            hint = f"chmod go-w {quoted}" if mine else "move it into a file of your own"
        if message:
            problems.append(
                Problem(message=message, hint=hint, file=str(path), line=setting.origin.line, key=dotted(key))
            )
    return problems


def _exposed_secrets(layer: Layer) -> list[Problem]:
    """A secret itself has no place on a command line or in a setting's variable: others see one, children the other."""
    return [
        Problem(
            message=f"`{dotted(key)}` is the secret itself",
            hint="give a reference: env:NAME, cmd:COMMAND, file:PATH, keyring:SERVICE/USER or prompt",
            file=setting.origin.source,
            key=dotted(key),
        )
        for key, setting in layer.items()
        if isinstance(setting.value, SecretRef) and setting.value.kind == "literal"
    ]


def _path_of_variable(variable: str, known: Sequence[str]) -> decode.Path | None:
    parts = variable.removeprefix(PREFIX).split("__")
    if len(parts) == 1:
        name = parts[0].lower()
        plain = [key for key, field in decode.fields_of(Config).items() if not decode.is_table(field.type)]
        return (name,) if name in plain else None
    if len(parts) == 3 and parts[0] == "CONNECTIONS" and parts[2].lower() in decode.fields_of(Connection):
        names = [name for name in known if _as_variable(name) == parts[1]]
        return ("connections", names[0], parts[2].lower()) if len(names) == 1 else None
    return None


def _as_variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _unknown_variable(variable: str) -> Problem:
    known = [
        PREFIX + name.upper() for name, field in decode.fields_of(Config).items() if not decode.is_table(field.type)
    ]
    return Problem(
        message=f"the environment variable `{variable}` sets nothing",
        hint=did_you_mean(variable, [*known, *HOME_VARIABLES]),
        file=variable,
        severity="warning",
    )
