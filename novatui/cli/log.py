"""The log file: warnings by default, everything with --debug; private, clean, without secrets, never on the screen."""

from __future__ import annotations

import logging
import os
import tempfile
from collections import deque
from io import TextIOWrapper
from pathlib import Path

from novatui.cli.complaint import REDACTOR
from novatui.config.errors import ConfigError
from novatui.config.paths import private_dir, user_paths
from novatui.config.redact import RedactingFormatter
from novatui.core.text import clean_lines
from novatui.engine.logline import LogLine

KEPT = 1000
"""Lines that `Recent` keeps."""

_FORMAT = "%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"


class CleanFormatter(RedactingFormatter):
    """What a product says can reach a log message; no control character of it reaches the file."""

    def format(self, record: logging.LogRecord) -> str:
        return clean_lines(super().format(record))


class PrivateFile(logging.FileHandler):
    """A log that is opened with the first record, for this user only. A log that cannot be written is done without."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8", delay=True)

    def _open(self) -> TextIOWrapper:
        private_dir(Path(self.baseFilename).parent)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return open(os.open(self.baseFilename, flags, 0o600), "a", encoding="utf-8", errors="backslashreplace")

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except (OSError, ConfigError):
            logging.getLogger().removeHandler(self)


class Recent(logging.Handler):
    """The last records, for the log screen of the console."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[LogLine] = deque(maxlen=KEPT)
        self.setFormatter(CleanFormatter(REDACTOR, "%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.extend(LogLine(record.created, line) for line in self.format(record).split("\n"))


def recent() -> Recent:
    """Keep what is logged from now on, beside the file."""
    handler = Recent()
    logging.getLogger().addHandler(handler)
    return handler


def start(*, debug: bool) -> Path | None:
    """Begin to log. Where it goes; None when there is no place for a log."""
    logging.raiseExceptions = False  # a full disk must not print tracebacks over the screen
    path = _path(debug=debug)
    root = logging.getLogger()
    root.addHandler(_handler(path) if path else logging.NullHandler())
    root.setLevel(logging.DEBUG if debug else logging.WARNING)
    return path


def set_level(word: str) -> None:
    """As configured, unless --debug said otherwise."""
    root = logging.getLogger()
    if root.level != logging.DEBUG:
        root.setLevel(word.upper())


def _path(*, debug: bool) -> Path | None:
    """The user's log file; without a home folder a temporary file, and that only for --debug."""
    try:
        return user_paths().log_file
    except ConfigError:
        if not debug:
            return None
    descriptor, name = tempfile.mkstemp(prefix="novatui-", suffix=".log")
    os.close(descriptor)
    return Path(name)


def _handler(path: Path) -> logging.Handler:
    handler = PrivateFile(path)
    handler.setFormatter(CleanFormatter(REDACTOR, _FORMAT))
    return handler
