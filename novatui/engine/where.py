"""The question where a machine can run, put to every host of its family that is known; the hosts answer as they can."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import msgspec

from novatui.core.errors import BackendFault, Failure, NotFound, NotSupported, NovaError, Unreachable
from novatui.core.fitting import already_there
from novatui.core.ids import ObjectRef
from novatui.core.needs import Needs
from novatui.core.reasons import Check, Fit, not_asked
from novatui.core.states import Family, Kind, Link
from novatui.engine.connection import Connection
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.requests import Requests
from novatui.wire import frames

ROLE = "PlacementSource"

AT_ONCE = 4
"""Hosts of one connection that are asked at the same time; other connections do not wait for them."""


class HostFit(msgspec.Struct, frozen=True):
    """What a host answered, or why it did not."""

    host: ObjectRef
    """A connection, where no host of it is known."""
    fit: Fit

    def plain(self) -> dict[str, Any]:
        """As scripts get it: what is not known is no key, times are ISO 8601 in UTC."""
        fit = self.fit
        form = {
            "ref": str(self.host),
            "connection": self.host.conn,
            "name": fit.name,
            "answer": fit.answer.value,
            "conditions": list(fit.conditions),
            "reasons": list(fit.reasons),
            "memory_free": fit.memory_free,
            "cpu_used": fit.cpu_used,
            "at": _moment(fit.at),
            "ms": fit.ms,
            "checks": [_check(check) for check in fit.checks],
        }
        return _known(form)


class PlacementRequests:
    """Asks for what a machine needs, then every host for that. Belongs to the event loop."""

    def __init__(
        self,
        connections: Mapping[str, Connection],
        inventory: InventoryStore,
        send: Callable[[str, frames.Frame], bool],
        numbers: Iterator[int],
    ) -> None:
        self._connections = connections
        self._inventory = inventory
        self._send = send
        self._needs = Requests[frames.NeedsAnswer](numbers)
        self._fits = Requests[frames.FitAnswer](numbers)

    def candidates(self, ref: ObjectRef) -> list[ObjectRef]:
        """Every host that can be asked for this machine: those of all connections of its family, by the same driver.

        A connection of which no host is known stands for its hosts.
        """
        home = self._connection(ref.conn).spec
        alike = [one for one in self._connections.values() if _kin(one) == (home.family, home.driver)]
        hosts: dict[str, list[ObjectRef]] = defaultdict(list)
        for slot in self._inventory.slots(Kind.HOST):
            hosts[self._inventory.conn(slot)].append(self._inventory.ref(slot))
        return [host for one in alike for host in hosts[one.name] or [ObjectRef(one.name, Kind.CONNECTION, one.name)]]

    def others(self, ref: ObjectRef) -> list[Family]:
        """Families of other connections: no machine moves from one to another."""
        home = self._connections.get(ref.conn)
        if home is None:
            return []
        found = {one.spec.family for one in self._connections.values()}
        return [family for family in Family if family in found and family is not home.spec.family]

    async def where(self, ref: ObjectRef, hosts: Collection[ObjectRef] = ()) -> AsyncIterator[HostFit]:
        """How each of these hosts (without any: every candidate) meets what the machine needs, in the order in which
        they answer. One that gives no answer is unknown, with the reason. NovaError when the machine cannot be read.
        """
        needs = await self.needs(ref)
        async with aclosing(self.fits(needs, hosts or self.candidates(ref), self.turns())) as answers:
            async for one in answers:
                yield one

    def turns(self) -> Mapping[str, asyncio.Semaphore]:
        """Turns to ask, by connection: whoever asks about several machines shares one set of them."""
        return {name: asyncio.Semaphore(AT_ONCE) for name in self._connections}

    async def fits(
        self, needs: Needs, hosts: Collection[ObjectRef], turns: Mapping[str, asyncio.Semaphore]
    ) -> AsyncGenerator[HostFit]:
        """How each of these hosts meets these needs, in the order in which they answer."""
        tasks = [asyncio.create_task(self._ask(needs, host, turns.get(host.conn))) for host in hosts]
        try:
            for answered in asyncio.as_completed(tasks):
                yield await answered
        finally:
            for task in tasks:
                task.cancel()

    async def needs(self, ref: ObjectRef) -> Needs:
        """What a machine asks of whichever host it is to run on. NovaError when it cannot be read."""
        connection = self._connection(ref.conn)
        if why := self._unasked(connection):
            raise why
        number, future = self._needs.open(ref.conn)
        if not self._send(ref.conn, frames.NeedsRequest(ref.conn, number, ref.key)):
            self._needs.fail(ref.conn, self._why_closed(connection))
        answer = await self._needs.wait(number, future)
        if answer.needs is None:
            raise BackendFault(f"the worker of {ref.conn} did not tell what the machine needs")
        return answer.needs

    async def _ask(self, needs: Needs, host: ObjectRef, turn: asyncio.Semaphore | None) -> HostFit:
        slot = self._inventory.slot(host.conn, host.key)
        name = host.id if slot is None else self._inventory.name(slot)
        try:
            connection = self._connection(host.conn)
            if turn is None:
                raise Unreachable(f"{host.conn} is not open")
            if why := self._unasked(connection):
                raise why
            if host.kind is not Kind.HOST:
                raise NotFound("its hosts are not known")
            if (host.conn, host.key) == (needs.conn, needs.host):
                return HostFit(host, already_there(needs, host.key, name))
            async with turn:
                return HostFit(host, await self._answer_of(needs, host, connection))
        except NovaError as error:
            return HostFit(host, not_asked(host.key, name, _in_words(error.failure)))

    async def _answer_of(self, needs: Needs, host: ObjectRef, connection: Connection) -> Fit:
        number, future = self._fits.open(host.conn)
        if not self._send(host.conn, frames.FitRequest(host.conn, number, needs, host.key)):
            self._fits.fail(host.conn, self._why_closed(connection))
        answer = await self._fits.wait(number, future)
        if answer.fit is None:
            raise BackendFault("it gave no answer")
        return answer.fit

    def _connection(self, name: str) -> Connection:
        connection = self._connections.get(name)
        if connection is None:
            raise NotFound(f"there is no connection {name}")
        return connection

    def _unasked(self, connection: Connection) -> NovaError | None:
        """Why a connection cannot be asked; None when it can."""
        if connection.link not in {Link.UP, Link.LOADING}:
            why = f": {connection.failure}" if connection.failure else ""
            return Unreachable(f"{connection.name} is not connected{why}")
        if connection.info is None or ROLE not in connection.info.roles:
            return NotSupported(f"{connection.name} cannot be asked where a machine can run")
        return None

    def _why_closed(self, connection: Connection) -> Failure:
        return connection.failure or Unreachable(f"{connection.name} is not open").failure

    # --- what comes in ---------------------------------------------------------------------------------------------

    def told(self, frame: frames.NeedsAnswer | frames.FitAnswer) -> None:
        """An answer came."""
        if isinstance(frame, frames.NeedsAnswer):
            self._needs.answer(frame)
        else:
            self._fits.answer(frame)

    def lost(self, conn: str, failure: Failure) -> None:
        """No answer of this connection will come any more."""
        self._needs.fail(conn, failure)
        self._fits.fail(conn, failure)


def ranked(answers: Sequence[HostFit]) -> list[HostFit]:
    """Those that can first, then those of which it is not known, then those that cannot; each by name."""
    return sorted(answers, key=lambda one: (_RANK.get(one.fit.answer, len(_RANK)), one.fit.name, str(one.host)))


_RANK = {answer: at for at, answer in enumerate(("yes", "partly", "unknown", "no"))}


def _check(check: Check) -> dict[str, Any]:
    evidence = check.evidence
    told = None if evidence is None else _known(msgspec.to_builtins(evidence) | {"at": _moment(evidence.at)})
    form = {
        "topic": check.topic.value,
        "answer": check.answer.value,
        "blocking": check.blocking,
        "reason": check.reason,
        "condition": check.condition,
        "subject": check.subject,
        "evidence": told,
    }
    return _known(form)


def _known(form: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in form.items() if value is not None and value != ""}


def _moment(epoch: float | None) -> str | None:
    try:
        moment = None if epoch is None else datetime.fromtimestamp(epoch, UTC)
        return moment and moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None  # no time that a calendar has


def _kin(connection: Connection) -> tuple[Family, str]:
    return connection.spec.family, connection.spec.driver


def _in_words(failure: Failure) -> str:
    return f"it was not asked: {failure}" if not failure.meaning else f"it was not asked: {failure}; {failure.meaning}"
