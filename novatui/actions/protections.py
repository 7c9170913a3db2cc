"""Protections of connections, lifted by this console for a while and for a ticket that is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novatui.actions.seeing import comes_true
from novatui.core.errors import Denied, InvalidInput, Timeout
from novatui.engine.connection import Connection
from novatui.engine.fleet import Fleet

if TYPE_CHECKING:
    from novatui.actions.journal_writer import Journal

TELL = 5.0
"""Seconds that a worker has to tell what it admits."""

LONGEST = 8 * 3600.0
"""Seconds: a protection that is lifted for longer is no protection."""

_HOW = ":unlock 15m TICKET"


class Protections:
    """What is unlocked, for what. Nothing of it outlives the console."""

    def __init__(self, fleet: Fleet, journal: Journal) -> None:
        self._fleet = fleet
        self._journal = journal
        self._tickets: dict[str, str] = {}

    def ticket(self, conn: str) -> str:
        """What was given last as the reason for changes on a connection; empty when nothing was."""
        return self._tickets.get(conn, "")

    def holds(self, conn: str) -> bool:
        """True for a connection on which every change needs an unlock."""
        connection = self._fleet.connections.get(conn)
        return connection is not None and is_protected(connection)

    async def told(self, conn: str) -> None:
        """Wait until the worker has told what it admits; without an answer the guard refuses by itself."""
        connection = self._fleet.connections.get(conn)
        if connection:
            await comes_true(lambda: connection.lock or connection.broken, TELL)

    async def unlock(self, conn: str, seconds: float, ticket: str) -> None:
        """Lift the protection of a connection; see `Gate.unlock`."""
        connection = self._fleet.connections.get(conn)
        if connection is None:
            raise InvalidInput(f"there is no connection {conn}", subject="connection")
        if not ticket.strip():
            raise InvalidInput("an unlock needs a ticket", hint=_HOW, subject="ticket")
        if not 0 < seconds <= LONGEST:
            raise InvalidInput(f"an unlock lasts {LONGEST / 3600:.0f} hours at most", hint=_HOW, subject="time")
        await self.told(conn)
        if connection.spec.readonly or (connection.lock and connection.lock.ro):
            raise Denied(f"{conn} is read-only: there is nothing that could be unlocked", subject="ro")
        body = {"event": "unlock", **self._journal.who, "connection": conn, "seconds": seconds, "ticket": ticket}
        await self._journal.write(body)
        self._tickets[conn] = ticket
        if is_protected(connection):
            self._fleet.changing.unlock(conn, seconds, ticket)
            if not await comes_true(lambda: connection.unlocked, TELL):
                raise Timeout(f"the worker of {conn} did not unlock it within {TELL:.0f} s")

    async def lock(self, conn: str) -> None:
        """Protect it again at once; operations that are under way go on. Denied when that cannot be written down."""
        self._fleet.changing.unlock(conn, 0.0, self._tickets.pop(conn, ""))
        await self._journal.write({"event": "lock", **self._journal.who, "connection": conn})


def is_protected(connection: Connection) -> bool:
    """True when every change on it needs an unlock, whether it is unlocked now or not."""
    return connection.spec.protected or (connection.lock is not None and connection.lock.protected)
