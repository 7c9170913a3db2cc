"""Several objects at once: a few at a time on each host and each connection, and one that fails stops no other."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from novatui.actions import moving
from novatui.actions.outcome import Done, Outcome
from novatui.core.ids import ObjectRef
from novatui.engine.fleet import Fleet

log = logging.getLogger(__name__)

T = TypeVar("T")

PER_CONNECTION = 4
"""Operations at the same time on one connection: its worker has as many lanes for them."""

PER_HOST = 2
"""Operations at the same time on the machines of one host."""

MOVES = 2
"""Machines that leave a host, and that arrive at one, at the same time, unless told otherwise."""


class Lanes:
    """Turns of objects: a host's machines wait for each other, and so do a connection's."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._connections = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(PER_CONNECTION))
        self._hosts = defaultdict[tuple[str, str], asyncio.Semaphore](lambda: asyncio.Semaphore(PER_HOST))
        self._moves = defaultdict[tuple[str, str], asyncio.Semaphore](lambda: asyncio.Semaphore(self.moves))
        self.moves = MOVES
        """Machines that leave a host, or arrive at one, at the same time; counts for those that begin to wait."""

    def turn_for(self, ref: ObjectRef, to: str) -> AbstractAsyncContextManager[None]:
        """The turn of an object; of one that moves to a host the turn of both of its hosts."""
        return self.turn_to_move(ref, moving.host_of(self._fleet, ref), to) if to else self.turn(ref)

    @asynccontextmanager
    async def turn(self, ref: ObjectRef) -> AsyncGenerator[None]:
        """Wait for the turn of an object, and take it."""
        # The host first: whoever waits for a busy host holds up no other host of the connection.
        async with self._host(ref), self._connections[ref.conn]:
            yield

    @asynccontextmanager
    async def turn_to_move(self, ref: ObjectRef, source: ObjectRef | None, to: str) -> AsyncGenerator[None]:
        """The same for a machine that goes from one host to another."""
        # Those that leave and those that arrive are counted apart: two hosts that swap machines never wait for ever.
        async with self._moves["from", str(source or ref.conn)], self._moves["to", to], self._connections[ref.conn]:
            yield

    def limit_moves(self, at_once: int) -> None:
        """So many machines leave a host at the same time from now on; those that wait already wait as before."""
        self.moves = at_once
        self._moves.clear()

    def _host(self, ref: ObjectRef) -> asyncio.Semaphore:
        inventory = self._fleet.inventory
        slot = inventory.slot(ref.conn, ref.key)
        host = None if slot is None else inventory.host(slot)
        if host is None:
            return asyncio.Semaphore()
        return self._hosts[ref.conn, inventory.key(host)]


async def few_at_a_time(work: Sequence[Callable[[], Awaitable[T]]], limit: int) -> list[T]:
    """The results of all of it, in order, with so many under way at the same time."""
    turns = asyncio.Semaphore(limit)

    async def one(each: Callable[[], Awaitable[T]]) -> T:
        async with turns:
            return await each()

    return list(await asyncio.gather(*(one(each) for each in work)))


class Run:
    """A proposal that is being carried out; `results` are in the order of its objects."""

    def __init__(self, results: Sequence[Done]) -> None:
        self.results = list(results)
        self.on_change: Callable[[], None] | None = None
        """Called whenever one of the results has changed."""
        self.stopped = False
        """True when those that had not begun were left out."""
        self.closing = False
        """True when the console ends: what was done is looked for no longer."""
        self._task: asyncio.Task[None] | None = None

    @property
    def done(self) -> Awaitable[None]:
        """To be awaited: all of it is over, and was looked for in the inventory. Giving up waiting changes nothing."""
        assert self._task is not None, "the gate has started it"
        return asyncio.shield(self._task)

    @property
    def over(self) -> bool:
        """True when nothing more is sent for it."""
        return all(done.over for done in self.results)

    @property
    def worst(self) -> Outcome:
        """The outcome that matters most: unknown, failed, refused, left out, done; running while it is not over."""
        found = {done.outcome for done in self.results}
        return next(outcome for outcome in _WORST_FIRST if outcome in found or outcome is Outcome.DONE)

    @property
    def text(self) -> str:
        """How it stands, in words: `11 done, 1 failed`."""
        if len(self.results) == 1:
            return self.results[0].text
        counts = Counter(done.outcome for done in self.results)
        return ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])

    def stop(self) -> None:
        """Leave out what has not begun; what is under way goes on."""
        self.stopped = True
        for done in self.results:
            if done.outcome is Outcome.WAITING:
                done.outcome = Outcome.LEFT_OUT
        self.changed()

    def start(self, work: Awaitable[None]) -> None:
        """Begin; the gate does this."""
        self._task = asyncio.ensure_future(work)

    def changed(self) -> None:
        """One of the results has changed. Whoever draws it must not stop what it draws."""
        try:
            if self.on_change:
                self.on_change()
        except Exception:
            log.exception("a change of a run could not be shown")


_WORST_FIRST = (
    Outcome.WAITING,
    Outcome.RUNNING,
    Outcome.UNKNOWN,
    Outcome.FAILED,
    Outcome.REFUSED,
    Outcome.DECLINED,
    Outcome.LEFT_OUT,
    Outcome.DONE,
)
