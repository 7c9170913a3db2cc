"""The way to a worker on another machine: the ssh command, and what its end means."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, unquote, urlsplit

from novatui.core.errors import Failure, InvalidInput, NovaError, Unreachable
from novatui.core.ssh_words import ssh_failure

BEAT = 2.0
"""Seconds between two signs of life of the console; the far end leaves after eight without one."""

_SSH = (
    "ssh",
    "-T",
    *("-e", "none"),
    *("-o", "BatchMode=yes"),
    *("-o", "ConnectTimeout=10"),
    *("-o", "ServerAliveInterval=2"),
    *("-o", "ServerAliveCountMax=3"),
    *("-o", "LogLevel=ERROR"),
)

_SSH_FAILED = 255
_NOT_FOUND = 127


def ssh_command(via: str, options: Sequence[str] = ()) -> list[str]:
    """The command that runs a worker on the far side of `ssh://[user@]host[:port][?novatui=PATH]`.

    `options` are more options of the ssh client; they come first, because ssh takes the first of two. InvalidInput when
    `via` is no such address.
    """
    parts = urlsplit(via)
    try:
        port = parts.port
    except ValueError:
        port = -1
    bad = parts.scheme != "ssh" or not parts.hostname or port == -1 or parts.path not in {"", "/"}
    if bad or parts.hostname is None or parts.hostname.startswith("-"):
        raise InvalidInput(
            f"`{via}` is no address of a machine to go through",
            hint="write ssh://[user@]host[:port]",
            subject="via",
        )
    program = parse_qs(parts.query).get("novatui", ["novatui"])[0]
    user = ["-l", unquote(parts.username)] if parts.username else []
    return [
        _SSH[0],
        *options,
        *_SSH[1:],
        *(["-p", str(port)] if port else []),
        *user,
        "--",
        parts.hostname,
        f"exec {_quoted(program)} worker",
    ]


def failure_of_end(via: str, status: int | None, said: Sequence[str]) -> Failure:
    """What it means that the ssh client ended with this exit status; `said`: its last lines."""
    text = "\n".join(said)
    host = urlsplit(via).hostname or via
    if status == _NOT_FOUND:
        return InvalidInput(
            f"novatui is not installed on {host}, or not on the path of that account",
            hint=f"install it there, or write its path: {via}?novatui=/path/to/novatui",
            native=text,
            subject="via",
        ).failure
    if status == _SSH_FAILED and (known := _ssh_failure(via, text)) is not None:
        return known.failure
    what = f"the worker on {host} ended" if status == 0 else f"the ssh connection to {host} ended"
    return Unreachable(what, code="" if status is None else f"exit {status}", native=text).failure


def _ssh_failure(via: str, text: str) -> NovaError | None:
    parts = urlsplit(via)
    return ssh_failure(text, parts.hostname or via, unquote(parts.username or ""), parts.port)


def _quoted(program: str) -> str:
    """For the far shell; a leading tilde stays one."""
    home = "~/" if program.startswith("~/") else ""
    return home + "'" + program.removeprefix(home).replace("'", "'\\''") + "'"
