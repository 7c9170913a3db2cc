"""One run: the native calls of a plan, in order, each sent once and only after the console has written it down.

Whatever happens, every call ends in exactly one state, and the run in exactly one answer. A call is `unknown` when it
had left and its answer never came; it is never sent again.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from novatui.backends.driver import InventorySource, Invoker
from novatui.core.errors import (
    Aborted,
    Failure,
    Fault,
    InvalidInput,
    NotSupported,
    NovaError,
    OutcomeUnknown,
    Unreachable,
)
from novatui.core.operations import Argument, NativeCall, Result
from novatui.wire import frames
from novatui.worker.admission import Passage
from novatui.worker.calls import Abandoned, Call
from novatui.worker.faults import report

if TYPE_CHECKING:
    from novatui.worker.connection import Connection

LANE = "run"

PROCEED_S = 60.0
"""Seconds that the console has to write a call down: later the world may be another, and it is not sent any more."""

_NO_ANSWER = frozenset({Fault.UNREACHABLE, Fault.TIMEOUT, Fault.OUTCOME_UNKNOWN})
"""Faults after which nobody knows whether a request that had left was carried out."""

_NEVER = float("inf")


class Run:
    """Carried out by one thread; the clock and the end of the connection may break it off from another."""

    def __init__(self, connection: Connection, request: frames.RunRequest) -> None:
        self.request = request
        self._connection = connection
        self._changed = threading.Condition(threading.RLock())
        self._left = list(request.calls)
        """Calls without an end, the current one first."""
        self._go: dict[str, bool] = {}
        self._passage: Passage | None = None
        """Of the current call, once it may go out."""
        self._arguments: dict[str, Argument] = {}
        self._answers: dict[str, Mapping[str, Argument]] = {}
        self._failure: Failure | None = None
        self._stopped = False
        self._over = False

    # --- from any thread -------------------------------------------------------------------------------------------

    def proceed(self, call: str, go: bool) -> None:
        """The console has written this call down, or could not. Only the first word counts."""
        with self._changed:
            self._go.setdefault(call, go)
            self._changed.notify_all()

    def break_off(self, failure: Failure) -> None:
        """It is over, for this reason: what has gone out is unknown, everything else is not sent any more."""
        with self._changed:
            if self._over:
                return
            if self._passage is not None:
                call = self._left[0]
                if self._passage.close():
                    self._end_call("unknown", _unknown(call, failure))
                else:
                    self._end_call("failed", failure)
            self._failure = self._failure or failure
            while self._left:
                self._end_call("skipped", None)
            self._answer("")

    # --- on the lane -----------------------------------------------------------------------------------------------

    def carry_out(self) -> None:
        """Send the calls, one after the other, and answer."""
        try:
            for call in self.request.calls:
                if self._stopped:
                    self._skip()
                elif not self._over:
                    self._carry_out(call)
        except Exception as error:  # noqa: BLE001 - whatever it is, the console gets its answer
            self.break_off(report(error, self._connection.spec.name, self.request.verb))
            return
        state = "" if self._over else self._fingerprint()
        with self._changed:
            if not self._over:
                self._answer(state)
        if isinstance(self._connection.driver, InventorySource) and self.request.key:
            self._connection.refresh([self.request.key])

    def _skip(self) -> None:
        with self._changed:
            if not self._over:
                self._end_call("skipped", None)

    def _carry_out(self, call: NativeCall) -> None:
        try:
            driver = self._invoker(call)
            ready = msgspec.structs.replace(call, args=_resolved(call, self._answers))
        except Exception as error:  # noqa: BLE001 - told like any other failure of a call
            self._failed(call, report(error, self._connection.spec.name, call.verb))
            return
        passage = self._let_through(ready)
        if passage is None:
            return
        connection = self._connection

        def invoke() -> Mapping[str, Argument]:
            with connection.admission.inside(passage):
                return driver.invoke(ready, self.request.secrets)

        def overdue(late: Call) -> None:
            error = Unreachable(
                f"no answer to {call.verb} within {late.seconds:.0f} s",
                meaning="the other end is stuck or the way to it is cut",
            )
            self.break_off(error.failure)

        seconds = _NEVER if call.long else connection.limits.change
        try:
            answer = connection.call(LANE, self.request.verb, seconds, invoke, overdue)
        except Abandoned:
            return  # `overdue` has told it
        except Exception as error:  # noqa: BLE001 - a driver may raise anything
            self._raised(call, error, passage)
        else:
            self._done(call, answer)

    def _invoker(self, call: NativeCall) -> Invoker:
        driver = self._connection.driver
        if driver is None:
            raise Unreachable("the connection is not open")
        if not isinstance(driver, Invoker):
            raise NotSupported("nothing can be changed by this connection")
        if call.connection != self._connection.spec.name:
            raise InvalidInput(f"{call.verb} belongs to another connection: {call.connection}", subject="connection")
        return driver

    def _let_through(self, call: NativeCall) -> Passage | None:
        """Ask the console to write the call down; None when it is not to be sent."""
        with self._changed:
            if self._over:
                return None
            self._arguments = dict(call.args)
            self._say("resolved", None)
            answered = self._changed.wait_for(lambda: self._over or call.id in self._go, PROCEED_S)
            if self._over:
                return None
            if not answered or not self._go[call.id]:
                self._stopped = True
                self._failure = self._failure or _unwritten(call, answered=answered)
                self._end_call("skipped", self._failure)
                return None
            self._passage = Passage(self._advance)
            self._say("sent", None)
            return self._passage

    def _advance(self, percent: float) -> None:
        with self._changed:
            if not self._over:
                self._say("sent", None, percent)

    def _done(self, call: NativeCall, answer: Mapping[str, Argument]) -> None:
        with self._changed:
            if not self._over:
                self._answers[call.id] = answer
                self._end_call("done", None)

    def _raised(self, call: NativeCall, error: Exception, passage: Passage) -> None:
        failure = report(error, self._connection.spec.name, call.verb)
        gone_out = passage.close()
        if gone_out and (failure.fault in _NO_ANSWER or not isinstance(error, NovaError)):
            self._failed(call, _unknown(call, failure), "unknown")
        else:
            self._failed(call, failure)
        if failure.fault is Fault.UNREACHABLE:
            self._connection.fail(failure)

    def _failed(self, call: NativeCall, failure: Failure, state: str = "failed") -> None:
        with self._changed:
            if self._over:
                return
            self._failure = self._failure or failure
            self._stopped = call.on_failure != "continue"
            self._end_call(state, failure)

    def _fingerprint(self) -> str:
        """What the object looks like now; empty when it cannot be read."""
        connection, driver = self._connection, self._connection.driver
        if not isinstance(driver, Invoker):
            return ""
        seconds = connection.limits.read
        try:
            return connection.call(LANE, "look", seconds, lambda: driver.fingerprint(self.request.key), lambda _: None)
        except Abandoned:
            return ""
        except Exception as error:  # noqa: BLE001 - the run itself is over, and its calls have their ends
            report(error, connection.spec.name, f"a look at {self.request.key}")
            return ""

    # --- frames, under the lock ------------------------------------------------------------------------------------

    def _end_call(self, state: str, failure: Failure | None) -> None:
        """The current call has ended; the next one is current."""
        self._say(state, failure)
        self._left.pop(0)
        self._arguments = {}
        self._passage = None

    def _say(self, state: str, failure: Failure | None, percent: float | None = None) -> None:
        request = self.request
        self._connection.send(
            frames.CallProgress(
                request.conn,
                request.request,
                request.operation,
                self._left[0].id,
                state,
                self._arguments,
                percent,
                failure,
            )
        )

    def _answer(self, state: str) -> None:
        request = self.request
        self._over = True
        self._changed.notify_all()
        self._connection.send(frames.RunAnswer(request.conn, request.request, request.operation, state, self._failure))


def _resolved(call: NativeCall, answers: Mapping[str, Mapping[str, Argument]]) -> dict[str, Argument]:
    """The arguments with answers of earlier calls filled in; secrets stay names. InvalidInput when one is missing."""
    found: dict[str, Argument] = {}
    for name, value in call.args.items():
        if isinstance(value, Result):
            answer = answers.get(value.call)
            if answer is None or value.path not in answer:
                part = value.path or "answer"
                raise InvalidInput(
                    f"{call.verb} was not sent: call {value.call} gave no {part}",
                    meaning=f"it is needed for {name}",
                    subject=name,
                )
            found[name] = answer[value.path]
        else:
            found[name] = value
    return found


def _unwritten(call: NativeCall, *, answered: bool) -> Failure:
    why = "it could not be written into the journal" if answered else f"no word from the console for {PROCEED_S:.0f} s"
    return Aborted(f"{call.verb} was not sent: {why}", meaning="nothing is changed that is not written down").failure


def _unknown(call: NativeCall, failure: Failure) -> Failure:
    if failure.fault is Fault.OUTCOME_UNKNOWN:
        return failure
    return OutcomeUnknown(
        f"nobody knows whether {call.verb} was carried out",
        meaning=f"it was sent, and then: {failure.message}",
        hint="look at the object before it is done again; nothing is repeated by itself",
        code=failure.code,
        native=failure.native,
        subject=failure.subject,
    ).failure
