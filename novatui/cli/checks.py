"""What `doctor` looks at without any connection: the program, its terminal, its libraries, its configuration."""

from __future__ import annotations

import os
import shutil
import sys
from argparse import Namespace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import msgspec

import novatui
from novatui.actions.choosing import read_keys
from novatui.cli.streams import CANNOT_DRAW
from novatui.cli.targets import request_of
from novatui.config.errors import ConfigError, Problem
from novatui.config.load import Loaded, examine
from novatui.config.paths import Paths, user_paths
from novatui.config.policy import load_policy
from novatui.core.libraries import LIBRARIES
from novatui.core.text import clean

WIDTH, HEIGHT = 80, 24
"""The smallest screen that shows everything."""

_DISTRIBUTIONS = {"libvirt": "libvirt-python", "pyVmomi": "pyvmomi"}
"""Where a module comes from, when that has another name."""


class Check(msgspec.Struct, frozen=True):
    """One line of the report."""

    section: str
    name: str
    ok: bool | None
    """None: worth knowing, neither right nor wrong."""
    text: str
    hint: str = ""


def program() -> list[Check]:
    """What runs here."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    return [
        Check("program", "novatui", True, novatui.__version__),
        Check("program", "python", True, f"{python}, {sys.executable}"),
        Check("program", "system", True, f"{os.uname().sysname} {os.uname().release} {os.uname().machine}"),
    ]


def terminal() -> list[Check]:
    """What the console would be drawn on."""
    columns, lines = shutil.get_terminal_size()
    term = _variable("TERM")
    encoding = (sys.stdout.encoding or "").lower()
    found = [
        Check("terminal", "TERM", term not in CANNOT_DRAW, term or "not set", "the console cannot draw on it"),
        Check(
            "terminal",
            "size",
            columns >= WIDTH and lines >= HEIGHT,
            f"{columns}×{lines}",
            f"all panes need {WIDTH}×{HEIGHT}; below that they are left out",
        ),
        Check("terminal", "encoding", "utf" in encoding, encoding or "unknown", "set LANG to a UTF-8 locale"),
        Check("terminal", "colours", None, _colours(term)),
    ]
    if not sys.stdout.isatty():
        found.append(Check("terminal", "output", None, "not a terminal: the size is a guess"))
    if multiplexer := next((name for name in ("TMUX", "STY") if _variable(name)), ""):
        found.append(Check("terminal", "inside", None, {"TMUX": "tmux", "STY": "screen"}[multiplexer]))
    return found


def _colours(term: str) -> str:
    if "NO_COLOR" in os.environ:
        return "none: NO_COLOR is set"
    return _variable("COLORTERM") or ("256" if "256" in term else "16")


def _variable(name: str) -> str:
    return clean(os.environ.get(name, ""), 200)


def libraries() -> list[Check]:
    """The library of each family, looked for but not loaded."""
    found: list[Check] = []
    for family, library in LIBRARIES.items():
        if find_spec(library.module) is None:
            text = f"{library.module} is not installed: no {family.value} connection can be opened from here"
            found.append(Check("libraries", family.value, None, text, library.hint))
        else:
            found.append(Check("libraries", family.value, True, f"{library.module} {_version(library.module)}".strip()))
    return found


def _version(module: str) -> str:
    try:
        return version(_DISTRIBUTIONS.get(module, module))
    except PackageNotFoundError:
        return ""


def configuration(options: Namespace) -> tuple[Loaded | None, list[Check]]:
    """The configuration of this command line, None when it cannot be used, and every problem in it."""
    try:
        paths = user_paths()
        load_policy()
    except ConfigError as error:
        return None, [_problem(one) for one in error.problems]
    loaded, problems = examine(request_of(options, options.targets))
    keys = read_keys(paths.keys).problems
    found = [*_folders(paths), *(_problem(one) for one in (*problems, *keys))]
    if loaded is not None:
        count = len(loaded.config.connections)
        some = f"{count} connection{'' if count == 1 else 's'}" if count else "no connection is configured or named"
        found.append(Check("configuration", "connections", None if not count else True, some, _BEGIN))
    return loaded, found


_BEGIN = "name one: novatui doctor qemu:///system, or add one: `novatui config add`"


def _folders(paths: Paths) -> list[Check]:
    user = paths.config_file
    said = str(user) if _is_there(user) else f"{user} (not there)"
    found = [Check("configuration", "file", True if _is_there(user) else None, said)]
    nearest = next(one for one in (paths.state_home, *paths.state_home.parents) if _is_there(one))
    writable = os.access(nearest, os.W_OK)
    hint = f"{nearest} is not writable: nothing could be changed from here, because nothing could be recorded"
    return [*found, Check("configuration", "journal", writable, str(paths.journal), hint)]


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder above it may not be entered
        return False


def _problem(one: Problem) -> Check:
    place = f" ({one.place})" if one.place else ""
    text = f"{one.message}{place}"
    return Check("configuration", one.key or "file", False if one.severity == "error" else None, text, one.hint)
