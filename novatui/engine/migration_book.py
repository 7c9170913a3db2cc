"""Records of migrations on disk: so many files in the state directory, one for each, read when a console begins."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import msgspec

from novatui.config.paths import private_dir, write_private
from novatui.engine.migration_record import Record, thinned

log = logging.getLogger(__name__)

FILES = 200
"""Records kept; the oldest go first."""

READINGS = 300
"""Readings kept of each."""

MOST = 4 * 1024 * 1024
"""A file larger than this is none of ours."""

OLD = 7 * 86400.0
"""One that was under way and was not written for so long will not go on, seconds."""


class MigrationBook:
    """The folder. Its methods block, and are called on another thread than that of the loop, one at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self) -> list[Record]:
        """The records, the oldest first. A damaged file is logged and left alone."""
        found: list[Record] = []
        for path in self._files():
            try:
                if path.stat().st_size > MOST:
                    raise ValueError("too large")
                record = msgspec.json.decode(path.read_bytes(), type=Record)
                if record.id != path.stem or (record.live and time.time() - path.stat().st_mtime > OLD):
                    raise ValueError("another record, or one that was left behind")
            except (OSError, ValueError, msgspec.DecodeError) as error:
                log.warning("the record of a migration %s cannot be used: %s", path, error)
            else:
                found.append(record)
        return found

    def write(self, records: list[Record]) -> None:
        """Write these, each file in one step, mode 0600; then drop the oldest of too many.

        `kept` makes records that another thread may read. OSError or ConfigError when the disk says no.
        """
        private_dir(self.folder)
        for record in records:
            write_private(self.folder / f"{record.id}.json", packed(record))
        for path in self._files()[:-FILES]:
            path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        """By the time that stands in their names."""
        found = [path for path in self.folder.glob("*.json") if path.stem.partition("-")[0].isdigit()]
        return sorted(found, key=lambda path: (int(path.stem.partition("-")[0]), path.stem))


def kept(record: Record) -> Record:
    """The record as it stands now, for another thread: what goes on changes another one."""
    return msgspec.structs.replace(
        record, trace=thinned(list(record.trace), READINGS), steps=list(record.steps), used=list(record.used),
        tasks=list(record.tasks),
    )  # fmt: skip


def packed(record: Record) -> bytes:
    """A record as its file has it: readings without what is not known, and not too many of them."""
    body: dict[str, Any] = msgspec.to_builtins(record)
    body["trace"] = [sparse(msgspec.to_builtins(reading)) for reading in thinned(record.trace, READINGS)]
    return msgspec.json.encode(body) + b"\n"


def sparse(reading: dict[str, Any]) -> dict[str, Any]:
    """Only what is known."""
    return {name: value for name, value in reading.items() if value is not None and value != ""}
