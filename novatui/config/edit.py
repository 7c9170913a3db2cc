"""Adds connections to the user's configuration file; every line that is there already stays as it is.

A table at the end of the file is all that is ever written, so comments, order and spelling are nobody's to lose.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tomllib
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from novatui.config.draft import Draft
from novatui.config.errors import ConfigError
from novatui.config.paths import private_dir, write_private


def add_connections(file: Path, drafts: Sequence[Draft]) -> None:
    """Append these connections in one step: all or none, and never over a file that somebody else changes meanwhile.

    ConfigError when one is wrong or its name is taken, when the file is no valid TOML, or cannot be written.
    """
    for one in drafts:
        one.connection()
    target = Path(os.path.realpath(file))
    try:
        if not target.parent.is_dir():
            private_dir(target.parent)
        with _locked(target.parent):
            before, mode = _read(target)
            text = _appended(before, drafts)
            _check(before, text, drafts, target)
            private = any(one.holds_secret for one in drafts)
            write_private(target, text.encode(), mode=0o600 if private else mode)
    except OSError as problem:
        raise ConfigError(
            f"cannot write: {problem.strerror or problem}",
            "add this by hand: " + " ".join(one.toml().replace("\n", " ") for one in drafts).strip(),
            file=str(target),
        ) from problem


def _read(file: Path) -> tuple[str, int]:
    """Text and permissions; of a file that is not there: nothing, and those of a private one."""
    try:
        with file.open("rb") as stream:
            return stream.read().decode("utf-8-sig"), stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
    except FileNotFoundError:
        return "", 0o600
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8 text", file=str(file)) from None


def _appended(before: str, drafts: Sequence[Draft]) -> str:
    newline = "\r\n" if "\r\n" in before else "\n"
    kept = before if not before or before.endswith("\n") else before + newline
    gap = newline if kept.strip() else ""
    return kept + gap + newline.join(one.toml().replace("\n", newline) for one in drafts)


def _check(before: str, after: str, drafts: Sequence[Draft], file: Path) -> None:
    """The new text is valid, and says what the old one said and the new connections, nothing else."""
    try:
        old: dict[str, Any] = tomllib.loads(before)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(f"not valid TOML: {problem}", "mend it first: novatui config check", file=str(file)) from None
    there = old.setdefault("connections", {})
    for one in drafts:
        if one.name in there:
            raise ConfigError(
                f"there is a connection `{one.name}` already", "choose another name", file=str(file), key="name"
            )
        there[one.name] = None
    try:
        new: dict[str, Any] = tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        hint = "write them as [connections.NAME] tables first"
        raise ConfigError("the connections stand in braces: nothing can be added", hint, file=str(file)) from None
    for one in drafts:
        there[one.name] = new["connections"].get(one.name)
    if old != new:
        raise ConfigError("the file would not mean the same any more", "add it by hand", file=str(file))


@contextlib.contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Hold other consoles off between reading and writing. The folder is what is locked: the file is replaced."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
