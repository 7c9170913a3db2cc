"""`doctor --bundle`: what helps to understand a problem, in one file for a ticket, without any secret."""

from __future__ import annotations

import io
import os
import tarfile
import time
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

from novatui.cli.complaint import REDACTOR
from novatui.cli.exits import UsageError
from novatui.config.errors import ConfigError
from novatui.config.load import Loaded
from novatui.config.paths import user_paths, write_private
from novatui.config.show import show
from novatui.core.text import clean_lines

LOG_SIZE = 1_000_000
"""Bytes of the end of the log file that are taken along."""

_VARIABLES = ("LANG", "LC_", "TERM", "COLORTERM", "NO_COLOR", "TMUX", "STY", "SSH_", "XDG_", "PYTHON", "VIRTUAL_ENV")
"""Beginnings of the environment variables that decide how the program runs; no other is taken along."""


def write(file: str, report: str, loaded: Loaded | None, worker_logs: Mapping[str, list[str]]) -> None:
    """Write the bundle, for this user only. UsageError when the file cannot be written."""
    parts = {
        "doctor.json": report,
        "config.toml": show(loaded) if loaded else "the configuration cannot be used: see doctor.json\n",
        **_keys(),
        "environment.txt": _environment(),
        "packages.txt": "".join(sorted(f"{one.name} {one.version}\n" for one in distributions())),
        "log.txt": _log(),
        **{f"worker-{name}.txt": "\n".join(lines) + "\n" for name, lines in worker_logs.items() if lines},
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in parts.items():
            _add(archive, name, REDACTOR.redact(clean_lines(text, len(text))).encode())
    try:
        write_private(Path(file), packed.getvalue())
    except OSError as error:
        raise UsageError(f"the bundle {file} cannot be written: {error.strerror}") from None


def _keys() -> dict[str, str]:
    """The keys that were chosen, if any were."""
    try:
        return {"keys.toml": user_paths().keys.read_text(encoding="utf-8", errors="replace")}
    except (OSError, ConfigError):
        return {}


def _environment() -> str:
    return "".join(f"{name}={value}\n" for name, value in sorted(os.environ.items()) if name.startswith(_VARIABLES))


def _log() -> str:
    try:
        with user_paths().log_file.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_SIZE))
            return file.read().decode("utf-8", "replace")
    except (OSError, ConfigError):
        return "there is no log\n"


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(f"novatui-bundle/{name}")
    member.size, member.mtime, member.mode = len(data), int(time.time()), 0o600
    archive.addfile(member, io.BytesIO(data))
