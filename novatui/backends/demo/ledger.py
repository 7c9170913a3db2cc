"""The demo's own log of calls that changed something: in a file that outlives the worker, or in this process.

One JSON line for each call, appended in one write under a lock, so that workers of several connections and consoles
share a file. What a site is like follows from its seed, the time, and these lines.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager

import msgspec

from novatui.core.errors import Unreachable

log = logging.getLogger(__name__)


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call that was sent to a site."""

    number: int
    """Unique in the ledger, from 1."""
    at: float
    """Epoch seconds."""
    world: float
    """World time."""
    site: str
    call: str
    args: dict[str, str | int | float | bool | None]
    who: str
    failure: str = ""
    """Why it changed nothing."""
    carried: str = ""
    """JSON of the machine that leaves for another connection by it."""


class Ledger:
    """Reads on from where it has read; `news` are the lines that came since."""

    def __init__(self, file: str, name: str) -> None:
        """`file`: path; empty: the calls of this process under that name."""
        self._file = file
        self._memory = _memory.setdefault(name, [])
        self._read = 0
        self._number = 0

    @contextmanager
    def alone(self) -> Generator[None]:
        """Nobody else appends while the body runs."""
        with _writing:
            if not self._file:
                yield
                return
            try:
                lock = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            except OSError as error:
                raise Unreachable(f"the state {self._file} cannot be kept", native=str(error)) from None
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
            finally:
                os.close(lock)

    @property
    def following(self) -> int:
        """Number of the next line; inside of `alone`, after `news`."""
        return self._number + 1

    def append(self, entry: Entry, *, failure: str = "") -> None:
        """One more line, which is no news here; inside of `alone`, after `news`."""
        if failure:
            entry = msgspec.structs.replace(entry, failure=failure)
        if self._file:
            descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND)
            try:
                os.write(descriptor, msgspec.json.encode(entry) + b"\n")
            finally:
                os.close(descriptor)
        else:
            self._memory.append(entry)
        self.news()

    def news(self) -> list[Entry]:
        """Whole lines that were not read yet."""
        found = self._lines() if self._file else self._memory[self._read :]
        if not self._file:
            self._read += len(found)
        if found:
            self._number = max(self._number, found[-1].number)
        return found

    def _lines(self) -> list[Entry]:
        try:
            with open(self._file, "rb") as file:
                file.seek(self._read)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        return [entry for line in whole.splitlines() if (entry := _entry(line)) is not None]


_memory: dict[str, list[Entry]] = {}
"""Calls of this process by the name of their ledger: they outlive a connection, as they would on a real product."""

_writing = threading.RLock()


def _entry(line: bytes) -> Entry | None:
    try:
        return msgspec.json.decode(line, type=Entry)
    except msgspec.DecodeError as error:
        log.warning("a line of the demo's state is passed by: %s", error)
        return None
