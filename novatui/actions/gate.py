"""The gate: every change of a console goes through here, and through nothing else.

Guard, plan, confirm, journal, run, watch, verify: what is asked is frozen and planned first (`propose`), a person says
enough to it or not, and only then it is carried out (`run`), each native call written down before it is sent.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import Any

from novatui.actions import confirm, guard, moving, own_tasks, undo
from novatui.actions.adopt import Adopted, adopt
from novatui.actions.arguments import checked
from novatui.actions.bulk import Lanes, Run, few_at_a_time
from novatui.actions.confirm import Confirmation
from novatui.actions.guard import LOCKS, Code, Refused
from novatui.actions.journal_operations import done_of, history
from novatui.actions.journal_writer import Journal
from novatui.actions.outcome import Done, Outcome
from novatui.actions.parts import Part, Wish, wishes
from novatui.actions.proposal import Aim, Proposal
from novatui.actions.protections import Protections
from novatui.actions.run import Course, head_body, plan_body
from novatui.actions.scope import meant
from novatui.actions.seeing import comes_true, is_read_again
from novatui.core.errors import BackendFault, Conflict, Denied, Failure, InvalidInput, NotFound, NovaError
from novatui.core.ids import ObjectRef
from novatui.core.operations import Operation
from novatui.core.text import clean
from novatui.core.verbs import VERBS, Effect, Verb
from novatui.engine import blocking
from novatui.engine.fleet import Fleet

log = logging.getLogger(__name__)

PLANS = 4
"""Plans asked for at the same time."""

SIGHT = 20.0
"""Seconds that the next operation on an object waits until the one before is seen in the inventory."""


class Gate:
    """One for each console. Belongs to the event loop."""

    def __init__(self, fleet: Fleet, journal: Journal) -> None:
        self.runs: list[Run] = []
        """Those that are not over."""
        self.adopted = Adopted((), None)
        """What earlier consoles left behind; known after `start`."""
        self.journal = journal
        """What is written down, and as whom."""
        self._fleet = fleet
        self._journal = journal
        self._protections = Protections(fleet, journal)
        self._lanes = Lanes(fleet)
        self._actions: list[list[Done]] = []
        self._busy: dict[ObjectRef, Done] = {}

    async def start(self) -> None:
        """Take care of what was under way when another console ended. Denied when the journal cannot be used."""
        self.adopted = await adopt(self._fleet, self._journal)

    async def stop(self, patience: float) -> list[Done]:
        """Leave out what has not begun and wait for what has; the answer: what was not over after so many seconds.

        The next console to start finds those in the journal, and shows them as unknown. What is over is looked for in
        the inventory no longer.
        """
        for run in self.runs:
            run.stop()
        await comes_true(lambda: all(run.over for run in self.runs), patience)
        for run in self.runs:
            run.closing = True
        return [done for run in self.runs for done in run.results if not done.over]

    def history(self) -> list[Done]:
        """What this console has done or tried, the newest first."""
        return [done for action in reversed(self._actions) for done in action]

    # --- what may be done ------------------------------------------------------------------------------------------

    def check(self, verb: str, ref: ObjectRef) -> Refused | None:
        """Why an operation may not be tried now; None when it may. From what is known, at once: for menus."""
        return guard.check(self._fleet, verb, ref) or self._is_busy(verb, ref)

    def _is_busy(self, verb: str, ref: ObjectRef) -> Refused | None:
        done = self._busy.get(ref)
        if done is None or (verb in VERBS and VERBS[verb].lever):
            return None
        return Refused(code=Code.BUSY, reason=f"`{VERBS[done.verb].title}` of it is under way ({done.task})")

    async def unlock(self, conn: str, seconds: float, ticket: str) -> None:
        """Lift the protection of a connection for this console and so long; the ticket stands in the journal with
        every change from then on, also of a connection that is not protected.

        InvalidInput, Denied when the connection is read-only or the journal cannot be written, Timeout when the worker
        does not say yes.
        """
        await self._protections.unlock(conn, seconds, ticket)

    async def lock(self, conn: str) -> None:
        """Protect it again at once; operations that are under way go on. Denied when that cannot be written down."""
        await self._protections.lock(conn)

    def ticket(self, conn: str) -> str:
        """The ticket that a connection was unlocked with; empty when it was not."""
        return self._protections.ticket(conn)

    # --- what would be done ----------------------------------------------------------------------------------------

    async def propose(self, verb: str, refs: Sequence[ObjectRef], arguments: Mapping[str, str]) -> Proposal:
        """The operation on exactly these objects, planned. Hosts and clusters mean all their machines where machines
        are what it is for. Objects that it cannot be done to are in the proposal with their reasons.

        InvalidInput when the operation, its arguments or its objects make no sense.
        """
        known = _verb(verb)
        given = checked(known, arguments)
        scope = meant(self._fleet, known, refs)
        given = moving.completed(self._fleet, known, scope.refs, given)
        least = known.effect
        if verb == "task.cancel":
            given, least = self._cancel(scope.refs[0].conn, given)
        wanted = [Wish(ref=ref, operation=Operation(verb=verb, key=ref.key, arguments=given)) for ref in scope.refs]
        return await self._propose(known, wanted, least=least, whole=scope.whole)

    async def propose_each(self, verb: str, parts: Sequence[Part], *, whole: str = "") -> Proposal:
        """The operation on exactly these parts of objects, planned, each with arguments of its own. Parts of one object
        are taken one after another, in this order; each counts where the confirmation asks how many. `whole`: name of
        the host that is meant as a whole.

        InvalidInput when the operation, its arguments or its parts make no sense.
        """
        known = _verb(verb)
        wanted = [moving.addressed(self._fleet, known, wish) for wish in wishes(known, parts)]
        return await self._propose(known, wanted, least=known.effect, whole=(whole,) if whole else ())

    def _cancel(self, conn: str, given: dict[str, str]) -> tuple[dict[str, str], Effect]:
        """A task of ours is cancelled as the product's task that does its work; that weighs less than a foreign one."""
        task, own = given["task"], self.history()
        if own_tasks.is_ours(task):
            return {"task": own_tasks.native(self._fleet, own_tasks.named(own, task))}, Effect.RELIEF
        return given, Effect.RELIEF if own_tasks.belongs(self._fleet, task, conn, own) else Effect.HARD

    async def undo(self, operation: int | None = None) -> Proposal:
        """Take back an operation of this journal by its number, or the last action of this console.

        The inverse is planned against what is there now. NotFound when there is nothing to take back, Conflict with
        the reason when it cannot be; an object that others have changed since is in the proposal with that reason.
        """
        tried = undo.last_action(self._actions) if operation is None else [await self._known(operation)]
        taken = undo.takers(tried)
        wanted = [moving.taken_back(self._fleet, done) for done in taken]
        verb = VERBS[wanted[0].operation.verb]
        words = tuple(dict.fromkeys(clean(done.irreversible) for done in taken if done.irreversible))
        return await self._propose(
            verb,
            wanted,
            least=verb.effect,
            undoes={wish.ref: done.id for wish, done in zip(wanted, taken, strict=True)},
            extra=words,
        )

    async def _known(self, operation: int) -> Done:
        for done in self.history():
            if done.id == operation:
                return done
        told = (await blocking.run(lambda: history(self._journal.path))).operations.get(operation)
        if told is None:
            raise NotFound(f"the journal has no operation {operation}", hint="A shows what was done", subject="undo")
        return done_of(told)

    async def _propose(
        self,
        verb: Verb,
        wanted: Sequence[Wish],
        *,
        least: Effect,
        whole: tuple[str, ...] = (),
        undoes: Mapping[ObjectRef, int] | None = None,
        extra: tuple[str, ...] = (),
    ) -> Proposal:
        """`least`: what it weighs where a plan says nothing else."""
        aims = await few_at_a_time([partial(self._aim, wish) for wish in wanted], PLANS)
        planned = [aim for aim in aims if aim.plan]
        effect = confirm.weightiest(
            [least, *(confirm.effect_of(a.plan.effect) for a in planned if a.plan and a.plan.effect)]
        )
        protected = any(self._protections.holds(aim.ref.conn) for aim in planned)
        asked = confirm.level(effect, len(planned), whole=bool(whole), protected=protected)
        level = confirm.UNLOCKED if asked is None else asked
        return Proposal(
            verb=verb,
            aims=tuple(aims),
            level=level,
            phrase=confirm.phrase(level, [aim.label for aim in planned], whole[0] if len(whole) == 1 else ""),
            whole=", ".join(whole),
            refused=_NOT_WHOLE if asked is None else None,
            undoes=undoes or {},
            extra=extra,
        )

    async def _aim(self, wish: Wish) -> Aim:
        ref, operation, name = wish.ref, wish.operation, self._name(wish.ref)
        try:
            await self._protections.told(ref.conn)
            refused = self.check(operation.verb, ref)
            if refused and refused.code not in _LEFT_TO_THE_PLAN:
                raise Denied(refused.reason, hint=refused.hint, subject=refused.code.value)
            plan = await self._fleet.changing.plan(ref, operation)
            await is_read_again(self._fleet, ref)
            if wish.state and plan.state != wish.state:
                raise Conflict("somebody has changed it since: it is not taken back", hint="A shows what was done")
        except NovaError as error:
            return Aim(ref=ref, name=name, part=wish.part, operation=operation, failure=error.failure)
        locked = refused if refused and refused.code in LOCKS else None
        name = self._name(ref) or name
        return Aim(ref=ref, name=name, part=wish.part, operation=operation, plan=plan, refused=locked)

    def _name(self, ref: ObjectRef) -> str:
        inventory = self._fleet.inventory
        slot = inventory.slot(ref.conn, ref.key)
        return "" if slot is None else inventory.name(slot)

    # --- what a person says to it ----------------------------------------------------------------------------------

    async def decline(self, proposal: Proposal) -> None:
        """A person said no; the journal keeps that too. Denied when it cannot be written."""
        bodies = [
            {"event": "declined", **self._head(proposal, aim), **plan_body(aim.plan)}
            for aim in proposal.planned
            if aim.plan
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
        results = [proposal.result(aim) for aim in proposal.aims]
        run = Run(results)
        turns: dict[ObjectRef, list[tuple[Aim, Done]]] = {}
        for aim, done in zip(proposal.aims, results, strict=True):
            if aim.plan is not None:
                turns.setdefault(aim.ref, []).append((aim, done))
        work = [partial(self._one_by_one, run, proposal, each, said, secrets or {}) for each in turns.values()]
        self._actions.append([done for done in results if not done.over])
        self.runs.append(run)
        run.start(self._all(run, work))
        return run

    async def _all(self, run: Run, work: Sequence[Callable[[], Awaitable[None]]]) -> None:
        try:
            await asyncio.gather(*(each() for each in work))
        finally:
            self.runs.remove(run)
            run.changed()

    async def _one_by_one(
        self,
        run: Run,
        proposal: Proposal,
        turns: Sequence[tuple[Aim, Done]],
        said: Confirmation,
        secrets: Mapping[str, str],
    ) -> None:
        """What is to be done to one object. After an outcome that nobody knows nothing more is done to it."""
        state, doubt = "", ""
        for turn, (aim, done) in enumerate(turns, 1):
            if doubt and not run.stopped:
                reason = f"nobody knows whether {doubt} was done: nothing more is done to {aim.label}"
                done.outcome, done.failure = Outcome.LEFT_OUT, Conflict(reason, hint="look at it first").failure
                run.changed()
                continue
            course = Course(self._fleet, self._journal, aim, done, run.changed, after=state)
            await self._carry_out(run, proposal, aim, course, said, secrets, last=turn == len(turns))
            state = done.state or state
            doubt = done.task if done.outcome is Outcome.UNKNOWN else ""

    async def _carry_out(
        self,
        run: Run,
        proposal: Proposal,
        aim: Aim,
        course: Course,
        said: Confirmation,
        secrets: Mapping[str, str],
        *,
        last: bool,
    ) -> None:
        """`last`: nothing else waits for this one to be seen."""
        done = course.done
        try:
            await self._in_turn(run, proposal, aim, course, said, secrets)
            if done.outcome is Outcome.DONE and done.undoes:
                with suppress(NovaError):
                    (await self._known(done.undoes)).undone_by = done.id
            end = float("inf") if last else time.monotonic() + SIGHT
            await course.look(lambda: run.closing or time.monotonic() > end)
        except Exception as error:
            log.exception("%s of %s", done.verb, done.ref)
            if not done.over:
                done.outcome = Outcome.UNKNOWN if done.id else Outcome.FAILED
                done.failure = BackendFault("the console itself failed", native=repr(error)).failure
            run.changed()

    async def _in_turn(
        self,
        run: Run,
        proposal: Proposal,
        aim: Aim,
        course: Course,
        said: Confirmation,
        secrets: Mapping[str, str],
    ) -> None:
        lever = proposal.verb.lever  # levers of what is under way wait for nobody
        async with nullcontext() if lever else self._lanes.turn_for(aim.ref, aim.operation.arguments.get("to", "")):
            if run.stopped or aim.plan is None:
                return
            head = self._head(proposal, aim) | {"confirmed": {"level": proposal.level, "how": said.how}}
            head |= {"ticket": said.ticket} if said.ticket else {}
            if refusal := self._refusal(proposal, aim, said):
                await course.refuse(refusal, head)
                return
            with nullcontext() if lever else self._holding(course.done):
                await course.go(aim.plan, head, secrets)

    def limit_moves(self, at_once: int) -> None:
        """So many machines leave a host, and arrive at one, at the same time from now on."""
        self._lanes.limit_moves(at_once)

    @property
    def moves_at_once(self) -> int:
        """Machines that leave a host, or arrive at one, at the same time; the others wait for their turn."""
        return self._lanes.moves

    @contextmanager
    def _holding(self, done: Done) -> Generator[None]:
        """Nothing else is done to the object meanwhile; levers of what is under way are."""
        self._busy[done.ref] = done
        try:
            yield
        finally:
            del self._busy[done.ref]

    def _refusal(self, proposal: Proposal, aim: Aim, said: Confirmation) -> Failure | None:
        """Why it may not be carried out, as things stand now."""
        refused = proposal.refused or self.check(aim.operation.verb, aim.ref)
        if refused and refused.code is not Code.STATE:  # of that the plan knows more: it is made again
            return Denied(refused.reason, hint=refused.hint, subject=refused.code.value).failure
        if said.covers(proposal.level, proposal.phrase):
            return None
        asked = f"`{proposal.phrase}` has to be typed" if proposal.phrase else "it has to be agreed to"
        return Denied(f"not confirmed: {asked}", subject="confirm").failure

    def _head(self, proposal: Proposal, aim: Aim) -> dict[str, Any]:
        head = head_body(self._journal.who, aim)
        if ticket := self._protections.ticket(aim.ref.conn):
            head["ticket"] = ticket
        if len(proposal.planned) > 1:
            head["objects"] = len(proposal.planned)
        if undone := proposal.undoes.get(aim.ref):
            head["undoes"] = undone
        return head


def _verb(name: str) -> Verb:
    known = VERBS.get(name)
    if known is None:
        raise InvalidInput(f"there is no operation {name}", subject="verb")
    return known


_LEFT_TO_THE_PLAN = LOCKS | {Code.STATE}
"""Rules that keep no plan from being made: a lock lets it be looked at, and of the state the plan knows more."""

_NOT_WHOLE = Refused(
    code=Code.WHOLE,
    reason="not offered for a whole host or cluster: data would be lost",
    hint="mark the machines one by one",
)
