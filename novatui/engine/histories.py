"""What products remember of objects: asked for what a chart shows, kept for a while, few at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import msgspec

from novatui.core.errors import Failure, Fault, NovaError
from novatui.core.history import DAY, HOUR, MONTH, WEEK, History
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.connection import Connection
from novatui.engine.inspecting import InspectionRequests
from novatui.wire import frames

ROLE = "HistorySource"

REMEMBERED = frozenset({Kind.VM, Kind.CONTAINER, Kind.HOST})
"""Kinds that are measured themselves; what others show is a sum."""

REACHES = (HOUR, DAY, WEEK, MONTH)
"""How far back is asked for: the shortest of these that is long enough."""

LEAST = 60.0
"""Seconds for which an answer is new enough, whatever its cells are."""

MOST = 32
"""Answers that are kept; the one used longest ago gives way first."""


class Known(msgspec.Struct, frozen=True):
    """What came of asking, times in local monotonic seconds."""

    asked: float
    end: float = 0.0
    """When the newest cell ended."""
    history: History | None = None
    failure: Failure | None = None
    """Why the last question got no answer; `history` is then that of an earlier one."""

    def fresh(self, now: float) -> bool:
        """There is nothing newer to be had."""
        step = self.history.step if self.history is not None else 0.0
        return now - self.asked < max(LEAST, step)


class Histories:
    """Belongs to the event loop."""

    def __init__(
        self,
        connections: Mapping[str, Connection],
        inspecting: InspectionRequests,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connections = connections
        self._inspecting = inspecting
        self._clock = clock
        self._known: dict[tuple[ObjectRef, float], Known] = {}

    def kept(self, ref: ObjectRef) -> bool:
        """True when its product may remember something of it: a driver says so, and no answer denied it."""
        connection = self._connections.get(ref.conn)
        told = connection is not None and connection.info is not None and ROLE in connection.info.roles
        return told and ref.kind in REMEMBERED and not self._denied(ref.conn)

    def known(self, ref: ObjectRef, seconds: float) -> Known | None:
        """What is known of the last `seconds` of an object; None: it was never asked."""
        return self._known.get((ref, reach(seconds)))

    async def read(self, ref: ObjectRef, seconds: float) -> None:
        """Ask for the last `seconds` of an object, unless the answer is there already. Failures are kept, too."""
        place = (ref, reach(seconds))
        before = self._known.pop(place, None)
        if before is not None:
            self._known[place] = before
            if before.fresh(self._clock()):
                return
        asked = self._clock()
        try:
            answer = await self._inspecting.ask(
                ref.conn,
                ROLE,
                lambda number: frames.HistoryRequest(ref.conn, number, ref.key, place[1]),
                frames.HistoryAnswer,
            )
        except NovaError as error:
            old = before or Known(asked)
            known = Known(asked, old.end, old.history, error.failure)
        else:
            found = answer.found
            known = Known(asked, self._clock() - (found.age if found is not None else 0.0), found)
        self._known.pop(place, None)
        self._known[place] = known
        while len(self._known) > MOST:
            del self._known[next(iter(self._known))]

    def forget(self, conn: str) -> None:
        """The connection was opened anew, or is gone: it may tell something else."""
        self._known = {place: known for place, known in self._known.items() if place[0].conn != conn}

    def _denied(self, conn: str) -> bool:
        return any(
            place[0].conn == conn and known.failure is not None and known.failure.fault is Fault.NOT_SUPPORTED
            for place, known in self._known.items()
        )


def reach(seconds: float) -> float:
    """How far back is asked for to know the last `seconds`."""
    return next((each for each in REACHES if each >= seconds), REACHES[-1])
