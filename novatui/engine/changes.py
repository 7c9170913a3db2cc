"""Changes on their way to the workers: plans asked for, runs led call by call, protections lifted for a while."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

import msgspec

from novatui.core.errors import BackendFault, Failure, NovaError, OutcomeUnknown, Unreachable
from novatui.core.ids import ObjectRef
from novatui.core.operations import Argument, NativeCall, Operation, Plan
from novatui.engine.connection import Connection
from novatui.engine.requests import Requests, error_of
from novatui.wire import frames

log = logging.getLogger(__name__)

PLAN = 40.0
"""Seconds: the worker's own deadline for a plan is twice that of a short question."""

LEFT = 1.0
"""Seconds of an unlocked protection that are too few to ask for it again."""

Admit = Callable[[str, Mapping[str, Argument]], Awaitable[bool]]
"""Writes a call (its number, its arguments as they will be sent) down; True once it is on disk."""

Told = Callable[[frames.CallProgress], None]


class ChangeRequests:
    """What was asked of the workers and is not over. Belongs to the event loop."""

    def __init__(
        self,
        connections: Mapping[str, Connection],
        send: Callable[[str, frames.Frame], bool],
        numbers: Iterator[int],
    ) -> None:
        self._connections = connections
        self._send = send
        self._numbers = numbers
        self._plans = Requests[frames.PlanAnswer](numbers)
        self._runs: dict[int, _Run] = {}
        self._unlocks: dict[str, _Unlock] = {}

    async def plan(self, ref: ObjectRef, operation: Operation) -> Plan:
        """How the worker would carry out an operation now. NovaError with the reason when it cannot."""
        number, future = self._plans.open(ref.conn)
        self._refresh(ref)
        if not self._send(ref.conn, frames.PlanRequest(ref.conn, number, operation)):
            self._plans.fail(ref.conn, self._why_closed(ref.conn))
        answer = await self._plans.wait(number, future, PLAN)
        if answer.plan is None:
            raise BackendFault(f"the worker of {ref.conn} gave no plan")
        return msgspec.structs.replace(answer.plan, calls=tuple(answer.calls))

    async def run(
        self,
        ref: ObjectRef,
        operation: Operation,
        calls: Sequence[NativeCall],
        secrets: Mapping[str, str],
        admit: Admit,
        told: Told,
    ) -> frames.RunAnswer:
        """Have the calls of a plan sent, each after `admit` has said yes to it; `told` hears how each goes on.

        The answer may be a failure. NovaError when there is none: OutcomeUnknown when a call had been let go of which
        nothing more was heard. Nothing is ever sent twice.
        """
        number = next(self._numbers)
        run = self._runs[number] = _Run(ref.conn, {call.id: call.verb for call in calls}, admit, told)
        request = frames.RunRequest(
            ref.conn, number, operation.id, operation.verb, operation.key, list(calls), dict(secrets)
        )
        try:
            if not self._send(ref.conn, request):
                raise error_of(self._why_closed(ref.conn))
            return await run.over
        finally:
            del self._runs[number]

    def unlock(self, conn: str, seconds: float, ticket: str) -> None:
        """Lift the protection of a connection for so long, after a reconnect for what is left of it; 0: end that."""
        self._unlocks.pop(conn, None)
        if seconds > 0:
            generation = self._connections[conn].generation
            self._unlocks[conn] = _Unlock(time.monotonic() + seconds, ticket, generation)
        self._send(conn, frames.Unlock(conn, seconds, ticket))

    # --- what comes in ---------------------------------------------------------------------------------------------

    def planned(self, frame: frames.PlanAnswer) -> None:
        """A plan, or why there is none."""
        self._plans.answer(frame)

    def progressed(self, frame: frames.CallProgress) -> None:
        """A call of a run began, goes on or ended."""
        run = self._runs.get(frame.request)
        if frame.state != "resolved":
            if run:
                run.hear(frame)
        elif run:
            run.hear(frame)
            admission = asyncio.get_running_loop().create_task(self._admit(run, frame))
            run.admissions.add(admission)
            admission.add_done_callback(run.admissions.discard)
        else:
            self._send(frame.conn, frames.Proceed(frame.conn, frame.request, frame.call, go=False))

    def ended(self, frame: frames.RunAnswer) -> None:
        """A run is over."""
        run = self._runs.get(frame.request)
        if run and not run.over.done():
            run.over.set_result(frame)

    def locked(self, frame: frames.LockState) -> None:
        """What the worker admits now. One that was made anew is told of a protection that is lifted still."""
        connection = self._connections[frame.conn]
        connection.be_locked(frame)
        unlock = self._unlocks.get(frame.conn)
        if unlock is None or unlock.generation == connection.generation:
            return
        unlock.generation = connection.generation
        left = unlock.until - time.monotonic()
        if frame.protected and left > LEFT:
            self._send(frame.conn, frames.Unlock(frame.conn, left, unlock.ticket))

    def lost(self, conn: str, failure: Failure) -> None:
        """Nothing more will be heard of what was asked of this connection."""
        self._plans.fail(conn, failure)
        for request, run in list(self._runs.items()):
            if run.conn == conn and not run.over.done():
                run.lose(request, failure)

    async def _admit(self, run: _Run, frame: frames.CallProgress) -> None:
        try:
            go = await run.admit(frame.call, frame.arguments)
        except Exception:
            log.exception("%s: call %s could not be written down", frame.conn, frame.call)
            go = False
        if run.over.done():
            return
        if go:
            run.in_doubt.add(frame.call)
        self._send(frame.conn, frames.Proceed(frame.conn, frame.request, frame.call, go))

    def _refresh(self, ref: ObjectRef) -> None:
        self._send(ref.conn, frames.Refresh(ref.conn, [ref.key]))

    def _why_closed(self, conn: str) -> Failure:
        connection = self._connections.get(conn)
        if connection is None:
            return Unreachable(f"there is no connection {conn}").failure
        return connection.failure or Unreachable(f"{conn} is not open").failure


class _Unlock(msgspec.Struct):
    until: float
    """Local monotonic time."""
    ticket: str
    generation: int
    """Of the connection, when the worker was told last."""


class _Run:
    """One run that a worker has been asked for."""

    def __init__(self, conn: str, verbs: Mapping[str, str], admit: Admit, told: Told) -> None:
        self.conn = conn
        self.admit = admit
        self.over: asyncio.Future[frames.RunAnswer] = asyncio.get_running_loop().create_future()
        self.admissions: set[asyncio.Task[None]] = set()
        self.in_doubt: set[str] = set()
        """Calls that may have been sent and of whose end nothing was heard."""
        self._verbs = verbs
        self._told = told

    def hear(self, frame: frames.CallProgress) -> None:
        if frame.state in _ENDED:
            self.in_doubt.discard(frame.call)
        self._told(frame)

    def lose(self, request: int, failure: Failure) -> None:
        error = error_of(failure)
        for call in sorted(self.in_doubt):
            error = self._doubt(call, failure)
            self._told(
                frames.CallProgress(self.conn, request, 0, call, "unknown", {}, None, error.failure),
            )
        self.over.set_exception(error)
        self.over.exception()  # looked at: one that nobody waits for any more is no news

    def _doubt(self, call: str, failure: Failure) -> NovaError:
        return OutcomeUnknown(
            f"the connection was lost while {self._verbs.get(call, 'a call')} was under way",
            meaning="it may or may not have been done",
            hint="look at the object once the connection is back; nothing is repeated by itself",
            code=failure.code,
            native=failure.native or failure.message,
        )


_ENDED = frozenset({"done", "failed", "skipped", "unknown"})
