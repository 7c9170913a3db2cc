"""What the console keeps for a person: named views and columns (`views.toml`), and where the last session ended."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from novatui.config.errors import ConfigError
from novatui.config.paths import private_dir, write_private
from novatui.config.toml_text import toml_value

SESSIONS = 8
"""Sets of connections whose last session is remembered."""

NODES = 500
"""Folded and unfolded nodes that a session remembers at most."""


class SavedView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A list as somebody put it together."""

    view: str = "vm"
    """The `:` word of the list."""
    filter: str = ""
    scope: str = ""
    """The node that it is limited to, as `conn:kind:id`."""
    sort: str = ""
    """Sort key, with `-` before it for highest first."""
    columns: tuple[str, ...] = ()
    """Ids of its columns; empty for the usual ones."""


class Views(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `views.toml`."""

    columns: dict[str, tuple[str, ...]] = {}
    """Columns by view; a view that is not named has the usual ones."""
    views: dict[str, SavedView] = {}
    """Saved views by the name that they were given."""


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a session ended."""

    connections: tuple[str, ...] = ()
    """Names of all connections it had, sorted: another set of connections has another session."""
    at: SavedView = SavedView()
    cursor: str = ""
    """The object under the cursor, as `conn:kind:id`."""
    tree: bool | None = None
    """The tree was asked for, or asked away; None: by the width of the screen."""
    folded: tuple[str, ...] = ()
    """Nodes of the tree that are unfolded by themselves and were folded."""
    unfolded: tuple[str, ...] = ()
    """Nodes of the tree that somebody unfolded."""
    pinned: tuple[str, ...] = ()
    """Objects that stay at the top of their lists."""


class _Sessions(msgspec.Struct, frozen=True, kw_only=True):
    sessions: tuple[Session, ...] = ()


T = TypeVar("T")


def read_views(path: Path) -> Views:
    """The saved views; none when there is no file. ConfigError when it cannot be used."""
    return _read(path, Views) or Views()


def write_views(path: Path, views: Views) -> None:
    """Replace the file in one step. ConfigError when it cannot be written."""
    lines = ["# Views and columns of the NovaTUI console. It writes this file; you may edit it while it is closed."]
    if views.columns:
        lines += ["", "[columns]", *(f"{_key(name)} = {toml_value(ids)}" for name, ids in views.columns.items())]
    for name, view in views.views.items():
        lines += ["", f"[views.{_key(name)}]", *_fields(view)]
    _write(path, lines)


def read_session(path: Path, connections: tuple[str, ...]) -> Session | None:
    """Where the last session on these connections ended; None when there was none or it cannot be read."""
    return next((one for one in _read_sessions(path) if one.connections == connections), None)


def write_session(path: Path, session: Session) -> None:
    """Remember it beside those on other connections, the newest first. ConfigError when it cannot be written."""
    others = [one for one in _read_sessions(path) if one.connections != session.connections]
    lines = ["# Where the sessions of the NovaTUI console ended. Delete it to begin afresh."]
    for one in [session, *others][:SESSIONS]:
        fields = msgspec.structs.replace(one, folded=one.folded[:NODES], unfolded=one.unfolded[:NODES])
        lines += ["", "[[sessions]]", *_fields(fields), "[sessions.at]", *_fields(one.at)]
    _write(path, lines)


def _read_sessions(path: Path) -> tuple[Session, ...]:
    try:
        found = _read(path, _Sessions)
    except ConfigError:
        return ()
    return found.sessions if found else ()


def _read(path: Path, wanted: type[T]) -> T | None:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), wanted)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=str(path)) from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(str(error), "mend it, or delete it to begin afresh", file=str(path)) from error


def _write(path: Path, lines: list[str]) -> None:
    private_dir(path.parent)
    try:
        write_private(path, ("\n".join(lines) + "\n").encode("utf-8", "replace"))
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror or error}", file=str(path)) from error


def _fields(struct: msgspec.Struct) -> list[str]:
    """A line for each field that is neither a table nor as it is anyway."""
    plain = msgspec.to_builtins(struct)
    return [f"{name} = {toml_value(value)}" for name, value in plain.items() if not isinstance(value, dict)]


def _key(name: str) -> str:
    return toml_value(name)
