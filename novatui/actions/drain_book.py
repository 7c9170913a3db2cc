"""Hosts that are being emptied, on disk: so that a drain that was cut off is taken up again, by one console at a time.

The file says what was wanted and by which console. What has been done stands in the fleet itself: a machine that is
no longer on the host has been moved, and is never moved again.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from novatui.actions.adopt import is_gone
from novatui.actions.drain import Drain, Move
from novatui.actions.journal_writer import console_of
from novatui.actions.moving import host_of
from novatui.actions.outcome import Done, Outcome
from novatui.config.errors import ConfigError
from novatui.config.paths import private_dir, write_private
from novatui.core.errors import Busy, Denied, NotFound
from novatui.core.ids import ObjectRef
from novatui.engine import blocking
from novatui.engine.fleet import Fleet


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A drain, and the console that carries it out."""

    drain: Drain
    user: str
    console: dict[str, Any]
    """As `journal_writer.console_of`: it holds the lease as long as it runs."""
    began: float
    """Epoch seconds."""

    @property
    def held(self) -> bool:
        """Its console runs still."""
        return not is_gone(self.console)

    @property
    def ours(self) -> bool:
        """It is this console."""
        return self.console == console_of(os.getpid())


class DrainBook:
    """The folder of leases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def all(self) -> list[Lease]:
        """Every drain that was begun and has not ended."""
        return await blocking.run(self._all)

    async def get(self, host: ObjectRef) -> Lease | None:
        """The drain of this host; None when there is none."""
        return await blocking.run(lambda: self._read(self._path(str(host))))

    async def take(self, drain: Drain, user: str, now: float) -> None:
        """Begin a drain, or take over one whose console has ended. Busy while that console runs, Denied when it cannot
        be written down."""
        lease = Lease(drain=drain, user=user, console=console_of(os.getpid()), began=now)
        try:
            await blocking.run(lambda: self._take(lease))
        except (OSError, ConfigError) as error:
            raise Denied(
                f"nothing is begun: it cannot be written down: {error}",
                hint="without that nobody could take it up again",
                subject="drain",
            ) from error

    async def end(self, drain: Drain) -> None:
        """It is over: nothing is left to be taken up. Denied when the disk says no."""
        try:
            await blocking.run(lambda: self._path(drain.host).unlink(missing_ok=True))
        except OSError as error:
            raise Denied(f"that it is over cannot be written down: {error}", subject="drain") from error

    def _take(self, lease: Lease) -> None:
        path = self._path(lease.drain.host)
        private_dir(self.folder)
        with open(self.folder / ".lock", "a", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._write(path, lease)

    def _write(self, path: Path, lease: Lease) -> None:
        there = self._read(path)
        if there is not None and there.held and not there.ours:
            raise Busy(
                f"{there.drain.name} is being emptied by another console of {there.user}",
                meaning=f"process {there.console['pid']} on {there.console['host']}",
                hint="wait for it, or end that console and take it up with resume",
                subject=there.drain.host,
            )
        write_private(path, msgspec.json.encode(lease))

    def _all(self) -> list[Lease]:
        try:
            paths = sorted(self.folder.glob("*.json"))
        except OSError:
            return []
        return [lease for path in paths if (lease := self._read(path)) is not None]

    def _read(self, path: Path) -> Lease | None:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Lease)
        except (OSError, msgspec.DecodeError):
            return None

    def _path(self, host: str) -> Path:
        return self.folder / f"{sha256(host.encode()).hexdigest()[:16]}.json"


def left(fleet: Fleet, lease: Lease) -> tuple[Drain, tuple[Move, ...], tuple[Move, ...]]:
    """What is left to do of a drain that was cut off, what moves still, and what has been moved. From the fleet as it
    is now: the journal says what was sent, and the hosts say what came of it."""
    host = ObjectRef.parse(lease.drain.host)
    waits: list[Move] = []
    moves: list[Move] = []
    gone: list[Move] = []
    for move in lease.drain.moves:
        ref = ObjectRef.parse(move.ref)
        if not move.goes:
            waits.append(move)
        elif _moves_now(fleet, ref):
            moves.append(move)
        elif _is_there(fleet, ref, host):
            waits.append(move)
        else:
            gone.append(move)
    return msgspec.structs.replace(lease.drain, moves=tuple(waits)), tuple(moves), tuple(gone)


def _moves_now(fleet: Fleet, ref: ObjectRef) -> bool:
    record = fleet.migrations.of(ref.conn, ref.key)
    return record is not None and record.live


def _is_there(fleet: Fleet, ref: ObjectRef, host: ObjectRef) -> bool:
    """It is on the host, and is no leftover there of one that runs elsewhere."""
    inventory = fleet.inventory
    slot = inventory.slot(ref.conn, ref.key)
    if slot is None or host_of(fleet, ref) != host:
        return False
    awake = [other for other in fleet.identity.copies(slot) if inventory.value(other, "power") in ("running", "paused")]
    return not awake or slot in awake


def cut_off(drain: Drain, history: Iterable[Done]) -> bool:
    """Some of it was sent, and some was not, or nobody knows whether it was: there is something to be taken up."""
    refs = {move.ref for move in drain.going}
    outcomes = {done.outcome for done in history if str(done.ref) in refs and done.verb == "migrate.live"}
    return bool(outcomes & _SENT) and bool(outcomes & _OPEN)


_SENT = frozenset({Outcome.DONE, Outcome.FAILED, Outcome.UNKNOWN})
_OPEN = frozenset({Outcome.LEFT_OUT, Outcome.REFUSED, Outcome.UNKNOWN})


def found(lease: Lease | None, name: str) -> Lease:
    """A lease that is to be taken up. NotFound when there is none, Busy while its console runs."""
    if lease is None:
        raise NotFound(f"nothing was cut off on {name}", hint="evacuate it anew", subject="resume")
    if lease.held and not lease.ours:
        raise Busy(f"{name} is being emptied by another console of {lease.user}", subject=lease.drain.host)
    return lease
