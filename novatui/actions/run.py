"""One operation on one object: written down, let go call by call, watched until its end, and looked for afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from novatui.actions.journal_writer import Journal, args_body, call_body, failure_body
from novatui.actions.outcome import Done, Outcome
from novatui.actions.proposal import Aim
from novatui.actions.seeing import seen
from novatui.core.errors import Conflict, Failure, Fault, NovaError
from novatui.core.operations import Argument, Expectation, Operation, Plan
from novatui.core.tasks import Task, TaskState
from novatui.engine.fleet import Fleet
from novatui.wire import frames

_TASK_STATES = {
    Outcome.RUNNING: TaskState.RUNNING,
    Outcome.DONE: TaskState.DONE,
    Outcome.FAILED: TaskState.FAILED,
    Outcome.REFUSED: TaskState.FAILED,
    Outcome.UNKNOWN: TaskState.UNKNOWN,
}


class Course:
    """The way of one operation from its plan to its outcome, which is kept in `done`."""

    def __init__(
        self, fleet: Fleet, journal: Journal, aim: Aim, done: Done, told: Callable[[], None], after: str = ""
    ) -> None:
        """`told` is called whenever `done` has changed. `after`: the fingerprint that an operation of the same
        proposal has left the object with; empty when none came before."""
        self.done = done
        self._after = after
        self._expects: tuple[Expectation, ...] = ()
        """What is to be seen afterwards."""
        self._fleet = fleet
        self._journal = journal
        self._aim = aim
        self._told = told
        self._began = 0.0
        """Local monotonic time."""
        self._admitted = set[str]()
        """Calls that were let go."""
        self._held_back: Failure | None = None
        """Why a call could not be written down, and so was not let go."""
        self._in_doubt: Failure | None = None
        """Why the end of a call is not known."""
        self._results = set[asyncio.Task[None]]()

    async def go(self, plan: Plan, head: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Carry out a plan; `head` is what the journal says of the operation beside the plan itself. `look` follows."""
        done = self.done
        try:
            plan = await self._still(plan)
            [record] = await self._journal.write({"event": "operation", **head, **plan_body(plan)})
        except NovaError as error:
            await self._refuse(error.failure, head)
            return
        done.id, done.began = record.seq, time.time()
        done.inverse, done.irreversible, self._expects = plan.inverse, plan.irreversible, plan.expects
        self._move(Outcome.RUNNING)
        self._began = time.monotonic()
        await self._send(plan, secrets)

    async def refuse(self, failure: Failure, head: Mapping[str, Any]) -> None:
        """It is not carried out, and the journal says so."""
        await self._refuse(failure, head)

    async def _still(self, plan: Plan) -> Plan:
        """The plan, if it is what would happen now. Conflict when somebody has changed the object while a person was
        reading it.

        Behind another operation of the same proposal the object is to be as that one has left it: then the calls have
        to be those that were shown, and what they bring about is told by the plan of now.
        """
        now = await self._fleet.changing.plan(self._aim.ref, self._aim.operation)
        state = self._after or plan.state
        if (state and now.state and state != now.state) or (self._after and now.calls != plan.calls):
            raise Conflict(
                f"{self._aim.label} was changed since this was planned",
                meaning="nothing was sent: what was shown is not what would happen now",
                hint="look at it and ask again",
            )
        return now if self._after else plan

    async def _refuse(self, failure: Failure, head: Mapping[str, Any]) -> None:
        self.done.failure, self.done.ended = failure, time.time()
        try:
            await self._journal.write({"event": "refused", **head, "failure": failure_body(failure)})
        except NovaError as error:
            self.done.failure = error.failure
        self.done.outcome = Outcome.REFUSED
        self._told()

    # --- the calls -------------------------------------------------------------------------------------------------

    async def _send(self, plan: Plan, secrets: Mapping[str, str]) -> None:
        done = self.done
        operation = Operation(
            verb=done.operation.verb, key=done.operation.key, arguments=done.operation.arguments, id=done.id
        )
        verbs = {call.id: call.verb for call in plan.calls}
        failure: Failure | None
        try:
            answer = await self._fleet.changing.run(
                done.ref,
                operation,
                plan.calls,
                secrets,
                lambda call, args: self._admit(call, verbs.get(call, ""), args),
                lambda frame: self._hear(frame, verbs.get(frame.call, "")),
            )
            failure, done.state = answer.failure, answer.state
        except NovaError as error:
            failure = error.failure
        failure = self._in_doubt or failure
        done.failure = self._held_back if failure and self._held_back else failure
        if self._results:
            await asyncio.wait(self._results)
        await self._end(self._judge(failure))

    async def _admit(self, call: str, verb: str, args: Mapping[str, Argument]) -> bool:
        """Before a call is sent it stands in the journal, on disk."""
        body = {"event": "call", "operation": self.done.id, "id": call, "call": verb, "args": args_body(args)}
        try:
            await self._journal.write(body)
        except NovaError as error:
            self._held_back = error.failure
            return False
        self._admitted.add(call)
        return True

    def _hear(self, frame: frames.CallProgress, verb: str) -> None:
        done = self.done
        done.call, done.percent = verb, frame.percent
        if frame.state in {"done", "failed", "unknown", "skipped"}:
            body: dict[str, Any] = {"event": "result", "operation": done.id, "id": frame.call, "state": frame.state}
            if frame.failure:
                body["failure"] = failure_body(frame.failure)
            if frame.state == "unknown":
                self._in_doubt = self._in_doubt or frame.failure
            self._note(body)
        self._move(Outcome.RUNNING)

    def _note(self, body: Mapping[str, Any]) -> None:
        """Write down what has happened already; the order of the notes is kept."""
        note = asyncio.get_running_loop().create_task(self._write_down(body))
        self._results.add(note)
        note.add_done_callback(self._results.discard)

    async def _write_down(self, body: Mapping[str, Any]) -> None:
        try:
            await self._journal.write(body)
        except NovaError as error:
            self.done.note = f"its end could not be written down: {error.failure}"

    def _judge(self, failure: Failure | None) -> Outcome:
        if failure is None:
            return Outcome.DONE
        if failure.fault is Fault.OUTCOME_UNKNOWN:
            return Outcome.UNKNOWN
        refused = not self._admitted and (self._held_back is not None or failure.fault is Fault.DENIED)
        return Outcome.REFUSED if refused else Outcome.FAILED

    async def _end(self, outcome: Outcome) -> None:
        done = self.done
        body: dict[str, Any] = {"event": "end", "operation": done.id, "outcome": outcome.value}
        if done.state:
            body["state"] = done.state
        if done.failure:
            body["failure"] = failure_body(done.failure)
        await self._write_down(body)
        done.ended = time.time()
        self._move(outcome)
        self._fleet.refresh(done.ref)

    async def look(self, closing: Callable[[], bool]) -> None:
        """Wait until the inventory shows what was to be expected of what was done, or its time is up, or the console
        is `closing`."""
        done = self.done
        if done.outcome is not Outcome.DONE or not self._expects:
            return
        done.seen_within = max(expectation.within for expectation in self._expects)
        done.seen = await seen(self._fleet, done.ref.conn, self._expects, self._began, closing)
        if done.seen is None:
            return
        body: dict[str, Any] = {"event": "seen", "operation": done.id, "seen": done.seen}
        if done.seen and done.inverse and (state := await self._state_now(done.inverse)):
            done.state = body["state"] = state
        await self._write_down(body)
        self._move(done.outcome)

    async def _state_now(self, inverse: Operation) -> str:
        """The fingerprint once everything has settled: a guest that shuts down changes after the call has ended."""
        try:
            return (await self._fleet.changing.plan(self.done.ref, inverse)).state
        except NovaError:
            return ""

    # --- who is told -----------------------------------------------------------------------------------------------

    def _move(self, outcome: Outcome) -> None:
        self.done.outcome = outcome
        show(self._fleet, self.done, self._journal.who["user"])
        self._told()


def show(fleet: Fleet, done: Done, who: str) -> None:
    """An operation among the tasks of its product; a migration remembers what it was asked for with."""
    fleet.migrations.asked(done.ref.conn, done.task, done.verb, done.operation.arguments)
    fleet.tell_task(done.ref.conn, task_of(done, who))


def task_of(done: Done, who: str) -> Task:
    """An operation as a task among those of its product."""
    running = done.outcome is Outcome.RUNNING
    return Task(
        id=done.task,
        verb=word(done.verb),
        native_verb=done.call,
        key=done.ref.key,
        target=done.name,
        state=_TASK_STATES[done.outcome],
        progress=done.percent if running else None,
        who=who,
        started=done.began,
        ended=done.ended,
        detail=done.note or done.text,
        failure=done.failure,
    )


def word(verb: str) -> str:
    """An operation in one or two words: `start`, `snap create`."""
    return verb.removeprefix("power.").replace(".", " ").replace("_", " ")


def plan_body(plan: Plan) -> dict[str, Any]:
    """What the journal keeps of a plan: its calls, and what an undo needs."""
    body: dict[str, Any] = {"calls": [call_body(call) for call in plan.calls]}
    if plan.state:
        body["before"] = plan.state
    if plan.inverse:
        body["inverse"] = {"verb": plan.inverse.verb, "key": plan.inverse.key, "arguments": plan.inverse.arguments}
    if plan.irreversible:
        body["irreversible"] = plan.irreversible
    return body


def head_body(who: Mapping[str, Any], aim: Aim) -> dict[str, Any]:
    """What the journal says of an operation however it ends: who, what, to which object."""
    return dict(who) | {
        "connection": aim.ref.conn,
        "ref": str(aim.ref),
        "name": aim.name,
        "verb": aim.operation.verb,
        "arguments": aim.operation.arguments,
    }
