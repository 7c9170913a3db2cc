"""The gate: every change of a console goes through here, and through nothing else.

Guard, plan, confirm, journal, run, watch, verify: what is asked is frozen and planned first (`propose`), a person says
enough to it or not, and only then it is carried out (`run`), each native call written down before it is sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from novatui.actions import confirm, guard
from novatui.actions.arguments import checked
from novatui.actions.bulk import Lanes, Run, few_at_a_time
from novatui.actions.confirm import Confirmation
from novatui.actions.guard import LOCKS, Code, Refused
from novatui.actions.journal_writer import Journal
from novatui.actions.outcome import Done, Outcome
from novatui.actions.proposal import Aim, Proposal
from novatui.actions.run import Course, head_body, plan_body
from novatui.actions.scope import meant
from novatui.actions.seeing import comes_true
from novatui.core.errors import Conflict, Denied, Failure, InvalidInput, NovaError, Timeout
from novatui.core.ids import ObjectRef
from novatui.core.operations import Operation
from novatui.core.verbs import VERBS, Effect, Verb
from novatui.engine.connection import Connection
from novatui.engine.fleet import Fleet

PLANS = 4
"""Plans asked for at the same time."""

TELL = 5.0
"""Seconds that a worker has to tell what it admits."""

REREAD = 20.0
"""Seconds in which an object that is out of date has to be read again."""

LONGEST_UNLOCK = 8 * 3600.0
"""Seconds: a protection that is lifted for longer is no protection."""


class Gate:
    """One for each console. Belongs to the event loop."""

    def __init__(self, fleet: Fleet, journal: Journal) -> None:
        self.runs: list[Run] = []
        """Those that are not over."""
        self._fleet = fleet
        self._journal = journal
        self._lanes = Lanes(fleet)
        self._history: list[Done] = []
        self._tickets: dict[str, str] = {}
        self._busy: dict[ObjectRef, Done] = {}

    # --- what may be done ------------------------------------------------------------------------------------------

    def check(self, verb: str, ref: ObjectRef) -> Refused | None:
        """Why an operation may not be tried now; None when it may. From what is known, at once: for menus."""
        return guard.check(self._fleet, verb, ref) or self._is_busy(verb, ref)

    def _is_busy(self, verb: str, ref: ObjectRef) -> Refused | None:
        done = self._busy.get(ref)
        if done is None or verb.startswith("task."):
            return None
        return Refused(code=Code.BUSY, reason=f"{VERBS[done.verb].title} of it is under way ({done.task})")

    # --- what would be done ----------------------------------------------------------------------------------------

    async def propose(self, verb: str, refs: Sequence[ObjectRef], arguments: Mapping[str, str]) -> Proposal:
        """The operation on exactly these objects, planned. Hosts and clusters mean all their machines where machines
        are what it is for. Objects that it cannot be done to are in the proposal with their reasons.

        InvalidInput when the operation, its arguments or its objects make no sense.
        """
        known = VERBS.get(verb)
        if known is None:
            raise InvalidInput(f"there is no operation {verb}", subject="verb")
        given = checked(known, arguments)
        scope = meant(self._fleet, known, refs)
        operations = [(ref, Operation(verb=verb, key=ref.key, arguments=given)) for ref in scope.refs]
        return await self.propose_each(known, operations, whole=scope.whole)

    async def propose_each(
        self,
        verb: Verb,
        operations: Sequence[tuple[ObjectRef, Operation]],
        *,
        whole: tuple[str, ...] = (),
        undoes: Sequence[int] = (),
        extra: Sequence[str] = (),
    ) -> Proposal:
        """The same with an operation for each object; `whole`: the hosts and clusters that are meant as a whole."""
        aims = await few_at_a_time([partial(self._aim, ref, operation) for ref, operation in operations], PLANS)
        planned = [aim for aim in aims if aim.plan]
        effect = confirm.weightiest(
            [verb.effect, *(Effect(a.plan.effect) for a in planned if a.plan and a.plan.effect)]
        )
        protected = any(self._is_protected(aim.ref.conn) for aim in planned)
        asked = confirm.level(effect, len(planned), whole=bool(whole), protected=protected)
        name = whole[0] if len(whole) == 1 else ""
        level = confirm.UNLOCKED if asked is None else asked
        return Proposal(
            verb=verb,
            aims=tuple(aims),
            level=level,
            phrase=confirm.phrase(level, [aim.label for aim in planned], name),
            whole=", ".join(whole),
            refused=None if asked is not None else _NOT_WHOLE,
            undoes=tuple(undoes),
            extra=tuple(extra),
        )

    async def _aim(self, ref: ObjectRef, operation: Operation) -> Aim:
        name = self._name(ref)
        try:
            await self._told(ref.conn)
            refused = self.check(operation.verb, ref)
            if refused and refused.code not in LOCKS | {Code.STATE}:
                raise Denied(refused.reason, hint=refused.hint, subject=refused.code.value)
            plan = await self._fleet.changing.plan(ref, operation)
            await self._is_read_again(ref)
        except NovaError as error:
            return Aim(ref=ref, name=name, operation=operation, failure=error.failure)
        locked = refused if refused and refused.code in LOCKS else None
        return Aim(ref=ref, name=self._name(ref) or name, operation=operation, plan=plan, refused=locked)

    async def _told(self, conn: str) -> None:
        """Wait until the worker has told what it admits; without an answer the guard refuses by itself."""
        connection = self._fleet.connections.get(conn)
        if connection:
            await comes_true(lambda: connection.lock or connection.broken, TELL)

    async def _is_read_again(self, ref: ObjectRef) -> None:
        """The plan has had the object read; one that stays out of date is not to be touched. Conflict then."""
        if not await comes_true(lambda: not self._is_stale(ref), REREAD):
            raise Conflict(
                "it could not be read again: what is shown is out of date",
                hint="r lists everything again",
                subject="stale",
            )

    def _is_stale(self, ref: ObjectRef) -> bool:
        inventory = self._fleet.inventory
        slot = inventory.slot(ref.conn, ref.key)
        return slot is not None and any(inventory.stale(slot, group, time.monotonic()) for group in guard.READ_AGAIN)

    def _name(self, ref: ObjectRef) -> str:
        inventory = self._fleet.inventory
        slot = inventory.slot(ref.conn, ref.key)
        return "" if slot is None else inventory.name(slot)

    def _is_protected(self, conn: str) -> bool:
        connection = self._fleet.connections.get(conn)
        return connection is not None and _is_protected(connection)

    # --- what a person says to it ----------------------------------------------------------------------------------

    async def decline(self, proposal: Proposal) -> None:
        """A person said no; the journal keeps that too. Denied when it cannot be written."""
        bodies = [
            {"event": "declined", **self._head(proposal, aim), **(plan_body(aim.plan) if aim.plan else {})}
            for aim in proposal.planned
        ]
        if bodies:
            await self._journal.write(*bodies)

    def run(
        self, proposal: Proposal, confirmation: Confirmation | None = None, secrets: Mapping[str, str] | None = None
    ) -> Run:
        """Carry it out, as far as the guard still lets it. Returns at once; await `Run.done`.

        What was not confirmed enough is refused. Objects without a plan stay what they are: failed, with the reason.
        """
        said = confirmation or Confirmation()
        results = [self._result(proposal, aim) for aim in proposal.aims]
        run = Run(results)
        unsaid = None if said.covers(proposal.level, proposal.phrase) else _not_confirmed(proposal)
        work = [
            partial(self._carry_out, run, proposal, aim, done, said, secrets or {}, unsaid)
            for aim, done in zip(proposal.aims, results, strict=True)
            if aim.plan is not None
        ]
        self._history.extend(done for done in results if not done.over)
        self.runs.append(run)
        run.start(self._all(run, work))
        return run

    async def _all(self, run: Run, work: Sequence[Any]) -> None:
        try:
            await asyncio.gather(*(each() for each in work))
        finally:
            self.runs.remove(run)
            run.changed()

    def _result(self, proposal: Proposal, aim: Aim) -> Done:
        done = Done(verb=proposal.verb.name, ref=aim.ref, name=aim.label, operation=aim.operation)
        if aim.plan is None:
            done.outcome, done.failure = Outcome.FAILED, aim.failure
        return done

    async def _carry_out(
        self,
        run: Run,
        proposal: Proposal,
        aim: Aim,
        done: Done,
        said: Confirmation,
        secrets: Mapping[str, str],
        unsaid: Failure | None,
    ) -> None:
        head = self._head(proposal, aim) | {"confirmed": {"level": proposal.level, "how": said.how}}
        async with self._lanes.turn(aim.ref):
            if run.stopped or aim.plan is None:
                return
            course = Course(self._fleet, self._journal, aim, done, run.changed)
            refused = proposal.refused or self.check(aim.operation.verb, aim.ref)
            if refused is not None and refused.code is Code.STATE:
                refused = None  # the plan has just been made, and is made again: it knows better
            if refused is not None:
                unsaid = Denied(refused.reason, hint=refused.hint, subject=refused.code.value).failure
            if unsaid is not None:
                await course.refuse(unsaid, head)
                return
            self._busy[aim.ref] = done
            try:
                await course.go(aim.plan, head, secrets)
            finally:
                del self._busy[aim.ref]

    def _head(self, proposal: Proposal, aim: Aim) -> dict[str, Any]:
        head = head_body(self._journal.who, proposal.verb, aim)
        if ticket := self._tickets.get(aim.ref.conn):
            head["ticket"] = ticket
        if len(proposal.planned) > 1:
            head["objects"] = len(proposal.planned)
        if proposal.undoes:
            head["undoes"] = list(proposal.undoes)
        return head

    # --- protections -----------------------------------------------------------------------------------------------

    async def unlock(self, conn: str, seconds: float, ticket: str) -> None:
        """Lift the protection of a connection for this console and so long; `ticket` stands in the journal from now on.

        InvalidInput, Denied when the connection is read-only or the journal cannot be written, Timeout when the worker
        does not say yes.
        """
        connection = self._fleet.connections.get(conn)
        if connection is None:
            raise InvalidInput(f"there is no connection {conn}", subject="connection")
        if not ticket.strip():
            raise InvalidInput("an unlock needs a ticket", hint=":unlock 15m TICKET", subject="ticket")
        if not 0 < seconds <= LONGEST_UNLOCK:
            raise InvalidInput("unlock for up to 8 hours", hint=":unlock 15m TICKET", subject="time")
        await self._told(conn)
        if connection.spec.readonly or (connection.lock and connection.lock.ro):
            raise Denied(f"{conn} is read-only: there is nothing that could be unlocked", subject="ro")
        await self._journal.write(
            {"event": "unlock", **self._journal.who, "connection": conn, "seconds": seconds, "ticket": ticket}
        )
        self._tickets[conn] = ticket
        if _is_protected(connection):
            self._fleet.changing.unlock(conn, seconds, ticket)
            if not await comes_true(lambda: connection.unlocked, TELL):
                raise Timeout(f"the worker of {conn} did not unlock it within {TELL:.0f} s")

    async def lock(self, conn: str) -> None:
        """Protect it again at once; operations that are under way go on."""
        self._fleet.changing.unlock(conn, 0.0, self._tickets.pop(conn, ""))
        await self._journal.write({"event": "lock", **self._journal.who, "connection": conn})

    def history(self) -> list[Done]:
        """What this console has done or tried, the newest first."""
        return self._history[::-1]


def _is_protected(connection: Connection) -> bool:
    return connection.spec.protected or (connection.lock is not None and connection.lock.protected)


def _not_confirmed(proposal: Proposal) -> Failure:
    asked = f"`{proposal.phrase}` has to be typed" if proposal.phrase else "it has to be agreed to"
    return Denied(f"not confirmed: {asked}", subject="confirm").failure


_NOT_WHOLE = Refused(
    code=Code.WHOLE,
    reason="not offered for a whole host or cluster: data would be lost",
    hint="mark the machines one by one",
)
