"""Appends to the journal of changes: under a lock that all consoles share, chained to the last line, on disk.

A console that dies while it writes leaves a line without its end. The next one to write takes that piece out and
keeps it in a `repair` record: nobody is locked out by a crash. A last line that is whole but does not match its hash
is no accident: nothing more is written behind it until a person has looked and moved the file away.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from novatui.actions.journal import FIRST, BrokenChain, Record, seal, sealed
from novatui.config.errors import ConfigError
from novatui.config.paths import private_dir

PATIENCE = 10.0
"""Seconds that another console may keep the lock."""

LONGEST_PIECE = 1_000_000
"""Bytes without a line's end that a crash may have left; more of them are no journal."""

_BLOCK = 65_536
_LOG_LEVEL = 86
"""Facility authpriv, severity info: RFC 3164, section 4.1.1."""


class NotWritten(Exception):
    """A record is not on disk: why, in words, and what to try."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


Bodies = Sequence[Mapping[str, Any]]


def append(path: Path, bodies: Callable[[], Bodies], system_log: Path | None = None) -> list[Record]:
    """Write records behind the last one, all or none, and wait until they are on disk. Blocks.

    `bodies` says what to write, and is asked while no other console can write. `system_log` is told the new head,
    where there is such a socket. NotWritten when the journal is as it was before.
    """
    try:
        private_dir(path.parent)
        with _locked(path) as file:
            wanted = bodies()
            records = _append(file, path, wanted) if wanted else []
    except ConfigError as error:
        raise NotWritten(str(error), "changes are refused until it can be written; reading goes on") from None
    except OSError as error:
        raise NotWritten(f"the journal {path}: {error.strerror or error}", _way_on(error, path)) from None
    if system_log is not None and records:
        _tell(system_log, path, records[-1])
    return records


def _append(file: int, path: Path, bodies: Bodies) -> list[Record]:
    size = os.fstat(file).st_size
    line, end = _last_line(file, size, path)
    seq, head = _place(line, path)
    piece = os.pread(file, size - end, end)
    wanted = [*([_repair(piece)] if piece else []), *bodies]
    lines = list[bytes]()
    records = list[Record]()
    for body in wanted:
        seq += 1
        text, record = seal(body, seq, head)
        head = record.hash
        lines.append(text)
        records.append(record)
    if piece:
        os.ftruncate(file, end)
    try:
        _write(file, b"".join(lines))
        os.fsync(file)
    except OSError:
        os.ftruncate(file, end)
        if piece:
            with suppress(OSError):
                _write(file, piece)
        raise
    return records[len(wanted) - len(bodies) :]


@contextmanager
def _locked(path: Path) -> Generator[int]:
    """The journal, open and locked; made when there is none."""
    end = time.monotonic() + PATIENCE
    while True:
        made = not path.exists()
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(file, end)
            if _is_at(file, path):
                if made:
                    _sync_folder(path.parent)
                yield file
                return
        finally:
            os.close(file)


def _lock(file: int, end: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise OSError(errno.EAGAIN, "another console holds it and does not let go") from None
            time.sleep(0.005)
        else:
            return


def _is_at(file: int, path: Path) -> bool:
    """False when the file was moved away between opening and locking."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _last_line(file: int, size: int, path: Path) -> tuple[bytes, int]:
    """The last whole line, without its end, and where the next one has to begin."""
    tail, begin = b"", size
    while True:
        last = tail.rfind(b"\n")
        first = tail.rfind(b"\n", 0, last) if last >= 0 else -1
        if begin == 0 or first >= 0:
            break
        if last < 0 and len(tail) > LONGEST_PIECE:
            raise _broken(path, "its end is no line of a journal")
        step = min(_BLOCK, begin)
        begin -= step
        tail = os.pread(file, step, begin) + tail
    if last < 0:
        return b"", 0
    return tail[first + 1 : last], begin + last + 1


def _place(line: bytes, path: Path) -> tuple[int, str]:
    """Number and hash of the last record; of an empty journal: what stands for them."""
    if not line:
        return 0, FIRST
    try:
        record = sealed(line)
    except BrokenChain as error:
        raise _broken(path, error.reason) from None
    return record.seq, record.hash


def _broken(path: Path, reason: str) -> NotWritten:
    return NotWritten(
        f"the journal {path} is broken at its end: {reason}",
        f"`novatui audit verify` says where; keep it for those who ask: mv {path} {path}.broken",
    )


def _repair(piece: bytes) -> dict[str, Any]:
    """What becomes of a line that a crash has cut off."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"at": at, "event": "repair", "bytes": len(piece), "cut": piece.decode("ascii", "backslashreplace")}


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _way_on(error: OSError, path: Path) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return f"make room where {path.parent} is; nothing is changed that cannot be written down, reading goes on"
    return "nothing is changed that cannot be written down; reading goes on"


def _tell(system_log: Path, path: Path, record: Record) -> None:
    """The head of the chain, for a place that whoever owns the file cannot change. Nobody waits for it."""
    text = f"<{_LOG_LEVEL}>novatui[{os.getpid()}]: journal {path} record {record.seq} sha256 {record.hash}"
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.setblocking(False)
        log.connect(str(system_log))
        log.send(text.encode("utf-8", "backslashreplace"))
