"""What /proc says about processes: parents, words, environment. Ended processes count as gone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether the process still runs; a zombie does not."""
    return _stat(pid)[0] not in ("", "Z", "X")


def descendants(pid: int) -> list[int]:
    """Children, their children, and so on; parents before their children."""
    children: dict[int, list[int]] = {}
    for each in all_pids():
        children.setdefault(int(_stat(each)[1] or 0), []).append(each)
    found: list[int] = []
    waiting = [pid]
    while waiting:
        found += (mine := children.get(waiting.pop(0), []))
        waiting += mine
    return found


def command_line(pid: int) -> str:
    """The process's words, separated by spaces; empty if it is gone."""
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace").strip()


def mentions(pid: int, text: str) -> bool:
    """Whether the text is in the process's command line or environment, as far as we may read them."""
    return os.fsencode(text) in _read(pid, "cmdline") + _read(pid, "environ")


def all_pids() -> Iterator[int]:
    return (int(entry) for entry in os.listdir("/proc") if entry.isdigit())


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process that may have ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _stat(pid: int) -> tuple[str, str]:
    """State letter and parent; empty strings if the process is gone."""
    fields = _read(pid, "stat").rpartition(b")")[2].decode().split()
    return (fields[0], fields[1]) if fields else ("", "")


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
