"""Inspections asked of the workers: few at a time, so that neither a product nor the console feels them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

from novatui.core.errors import BackendFault, Failure, NotFound, NotSupported, Unreachable
from novatui.core.states import Link
from novatui.engine.connection import Connection
from novatui.engine.requests import Requests
from novatui.wire import frames

OF_ONE = 2
"""Inspections of one connection at the same time."""

OF_ALL = 8
"""Of all connections together."""

PACE = 0.01
"""Seconds between the beginnings of two. An answer costs the console about a millisecond: so that many do not come at
once, and a key waits for no row of them."""

SLOW = 3.0
"""Seconds after which one is no longer counted among those of all: who does not answer delays no other connection."""

ANSWER = 40.0
"""Seconds until an answer is given up; the worker's own deadline is 30 unless the connection has another."""

A = TypeVar("A", bound=frames.InspectionAnswer)


class InspectionRequests:
    """What was asked and is not answered. Belongs to the event loop."""

    def __init__(
        self,
        connections: Mapping[str, Connection],
        send: Callable[[str, frames.Frame], bool],
        numbers: Iterator[int],
        pace: float = PACE,
    ) -> None:
        self._connections = connections
        self._send = send
        self._requests = Requests[frames.InspectionAnswer](numbers)
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._all = asyncio.Semaphore(OF_ALL)
        self.pace = pace
        """Seconds between the beginnings of two."""
        self._next = 0.0
        """When the next one may begin, on the clock of the loop."""

    async def ask(self, conn: str, role: str, request: Callable[[int], frames.InspectionRequest], answer: type[A]) -> A:
        """Put a request to the driver of a connection when it is its turn; `request` makes it from its number.

        `role` is the driver's role that answers. NovaError when it cannot be put or gets no answer.
        """
        self._check(conn, role)
        async with self._turns.setdefault(conn, asyncio.Semaphore(OF_ONE)), self._turn_of_all():
            await self._pace()
            connection = self._check(conn, role)
            number, future = self._requests.open(conn)
            if not self._send(conn, request(number)):
                self._requests.fail(conn, connection.failure or Unreachable(f"{conn} is not open").failure)
            told = await self._requests.wait(number, future, ANSWER)
        if not isinstance(told, answer):
            raise BackendFault(f"the worker of {conn} answered something else", native=type(told).__name__)
        return told

    def _check(self, conn: str, role: str) -> Connection:
        connection = self._connections.get(conn)
        if connection is None:
            raise NotFound(f"there is no connection {conn}")
        if connection.link not in {Link.UP, Link.LOADING}:
            why = f": {connection.failure}" if connection.failure else ""
            raise Unreachable(f"{conn} is not connected{why}")
        if connection.info is None or role not in connection.info.roles:
            raise NotSupported(f"{conn} cannot be asked for this: its driver has no {role}")
        return connection

    async def _pace(self) -> None:
        """Wait until it may begin."""
        now = asyncio.get_running_loop().time()
        begins = max(now, self._next)
        self._next = begins + self.pace
        if begins > now:
            await asyncio.sleep(begins - now)

    @asynccontextmanager
    async def _turn_of_all(self) -> AsyncGenerator[None]:
        """One of OF_ALL, for SLOW seconds at most."""
        await self._all.acquire()
        held = [True]

        def give_back() -> None:
            if held:
                held.clear()
                self._all.release()

        timer = asyncio.get_running_loop().call_later(SLOW, give_back)
        try:
            yield
        finally:
            timer.cancel()
            give_back()

    # --- what comes in ---------------------------------------------------------------------------------------------

    def told(self, frame: frames.InspectionAnswer) -> None:
        """An answer came."""
        self._requests.answer(frame)

    def lost(self, conn: str, failure: Failure) -> None:
        """No answer of this connection will come any more."""
        self._requests.fail(conn, failure)
