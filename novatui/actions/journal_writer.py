"""What a console writes into the journal, in the order in which it happened, without ever waiting on the loop."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from novatui.actions import journal_file
from novatui.actions.journal import Record
from novatui.actions.journal_file import NotWritten
from novatui.core.errors import Denied, Failure
from novatui.core.operations import Argument, NativeCall, shown
from novatui.engine import blocking
from novatui.wire.greeting import boot_id

SYSTEM_LOG = Path("/dev/log")


class Journal:
    """The journal as one console writes it. Belongs to the event loop; the disk is waited for on threads."""

    def __init__(
        self,
        path: Path,
        *,
        user: str,
        environ: Mapping[str, str] | None = None,
        redact: Callable[[str], str] = lambda text: text,
        system_log: Path | None = SYSTEM_LOG,
    ) -> None:
        """`redact` takes secrets out of a text."""
        self.path = path
        self.who: dict[str, Any] = _who(user, os.environ if environ is None else environ)
        """Who changes something, from where, in which process."""
        self._redact = redact
        self._system_log = system_log
        self._waiting: list[tuple[list[dict[str, Any]], asyncio.Future[list[Record]]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, *bodies: Mapping[str, Any]) -> list[Record]:
        """Records on disk, in the order of the calls of this method. Denied when they are not written."""
        stamped = [self._stamped(body) for body in bodies]
        written: asyncio.Future[list[Record]] = asyncio.get_running_loop().create_future()
        self._waiting.append((stamped, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._flush())
        try:
            return await written
        except NotWritten as error:
            raise _denied(error) from None

    async def write_decided(self, decide: Callable[[], Sequence[Mapping[str, Any]]]) -> list[Record]:
        """The same with records that are decided on a thread, while no other console can write; it may block."""

        def append() -> list[Record]:
            if not self.path.exists():
                return []
            return journal_file.append(self.path, lambda: list(map(self._stamped, decide())), self._system_log)

        try:
            return await blocking.run(append)
        except NotWritten as error:
            raise _denied(error) from None

    async def _flush(self) -> None:
        """Write what waits, everything that came meanwhile with one wait for the disk."""
        while self._waiting:
            batch, self._waiting = self._waiting, []
            bodies = [body for each, _ in batch for body in each]
            try:
                records = await blocking.run(lambda bodies=bodies: self._append(bodies))
            except Exception as error:  # noqa: BLE001 - whoever waits has to hear of it
                for _, written in batch:
                    if not written.done():
                        written.set_exception(error)
            else:
                at = 0
                for each, written in batch:
                    if not written.done():
                        written.set_result(records[at : at + len(each)])
                    at += len(each)

    def _append(self, bodies: list[dict[str, Any]]) -> list[Record]:
        return journal_file.append(self.path, lambda: bodies, self._system_log)

    def _stamped(self, body: Mapping[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return cast("dict[str, Any]", self._plain({"at": now, **body}))

    def _plain(self, value: object) -> object:
        """The same without secrets, as JSON can hold it."""
        match value:
            case str():
                return self._redact(value).encode("utf-8", "backslashreplace").decode()
            case Mapping():
                return {str(name): self._plain(each) for name, each in cast("Mapping[object, object]", value).items()}
            case list() | tuple():
                return [self._plain(each) for each in cast("list[object]", value)]
            case _:
                return value


def call_body(call: NativeCall) -> dict[str, Any]:
    """A planned call, with results and secrets named."""
    body: dict[str, Any] = {"id": call.id, "connection": call.connection, "call": call.verb}
    return body | {"args": args_body(call.args)}


def args_body(args: Mapping[str, Argument]) -> dict[str, Any]:
    """Arguments of a call, with results and secrets named."""
    return {name: shown(value) for name, value in args.items()}


def failure_body(failure: Failure) -> dict[str, str]:
    """A failure without what it does not say."""
    return {name: value for name, value in msgspec.to_builtins(failure).items() if value}


def _denied(error: NotWritten) -> Denied:
    meaning = "a change is sent only after it was written down"
    return Denied(error.reason, meaning=meaning, hint=error.hint, subject="journal")


def _who(user: str, environ: Mapping[str, str]) -> dict[str, Any]:
    origin = environ.get("SSH_CONNECTION", "").split()
    who: dict[str, Any] = {"user": user}
    if sudo := environ.get("SUDO_USER"):
        who["sudo_user"] = sudo
    if len(origin) >= 2:
        who["origin"] = f"{origin[0]} port {origin[1]}"
    return who | console_of(os.getpid())


def console_of(pid: int) -> dict[str, Any]:
    """What tells a process from every other that has, had or will have its number."""
    return {"host": platform.node(), "pid": pid, "boot": boot_id(), "started": started(pid)}


def started(pid: int) -> int | None:
    """When a process was started, in ticks since the boot; None when there is no such process.

    Field 22 of /proc/PID/stat: proc(5). The second field may hold blanks and brackets.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else int(fields[19])
