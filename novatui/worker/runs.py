"""Runs of one connection: let in or refused at once, then carried out on a few lanes, each by `run.Run`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from novatui.core.errors import Failure, InvalidInput, NovaError
from novatui.core.verbs import VERBS
from novatui.wire import frames
from novatui.worker.lanes import Lanes
from novatui.worker.run import LANE, Run

if TYPE_CHECKING:
    from novatui.worker.connection import Connection

LANES = 4
"""Runs carried out at the same time; further ones wait."""


def is_lever(verb: str) -> bool:
    """True for operations on what is under way: they do not wait for what they are to end."""
    return verb in VERBS and VERBS[verb].lever


class Runs:
    """What was let in before a lock closes again goes on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._open: dict[int, Run] = {}
        self._lanes = Lanes[Run](f"{connection.spec.name} {LANE}", LANES, self._serve, Run.break_off)
        self.drained = self._lanes.drained

    def ask(self, request: frames.RunRequest) -> None:
        """Carry it out when a lane is free, if it is let in."""
        run = Run(self._connection, request)
        try:
            if len({call.id for call in request.calls}) < len(request.calls):
                raise InvalidInput("two calls of a run have the same number", subject="calls")
            lever = is_lever(request.verb) and self._works_on(request.key)
            self._connection.admission.admit(request.verb, lever=lever)
        except NovaError as refusal:
            run.break_off(refusal.failure)
            return
        with self._lock:
            self._open[request.request] = run
        self._lanes.put(run, ahead=is_lever(request.verb))

    def proceed(self, frame: frames.Proceed) -> None:
        """The console has written a call down, or could not."""
        with self._lock:
            run = self._open.get(frame.request)
        if run:
            run.proceed(frame.call, frame.go)

    def end(self, failure: Failure) -> None:
        """The connection ended: break off what runs, refuse what waits."""
        self._lanes.end(failure)
        with self._lock:
            left = list(self._open.values())
        for run in left:
            run.break_off(failure)

    def _works_on(self, key: str) -> bool:
        """Something that was let in is being done to this object."""
        with self._lock:
            return any(run.request.key == key for run in self._open.values())

    def _serve(self, run: Run) -> None:
        try:
            run.carry_out()
        finally:
            with self._lock:
                self._open.pop(run.request.request, None)
