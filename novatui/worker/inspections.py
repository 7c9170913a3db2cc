"""Questions that inspect a product, a host or a machine, or want its screen, on lanes of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from novatui.backends.consoleaccess import ConsoleAccess
from novatui.backends.driver import CapabilityProbe, HistorySource, PostureSource, ProfileSource
from novatui.core.capabilities import Fact
from novatui.core.errors import Failure, Fault, NotSupported, Timeout, Unreachable
from novatui.core.history import History
from novatui.core.hostprofile import Baseline, HostProfile
from novatui.core.posture import Posture
from novatui.wire import frames
from novatui.worker.calls import Abandoned, Call
from novatui.worker.faults import report
from novatui.worker.lanes import Lanes
from novatui.worker.screens import handed_off, pictured
from novatui.worker.vetting import vetted

if TYPE_CHECKING:
    from novatui.worker.connection import Connection

LANE = "inspection"
LANES = 2
"""Inspected at the same time: what hangs holds up one lane until its deadline."""

PATIENCE = 2
"""An inspection makes many calls: so many times the deadline of a reading call."""


class Inspection(NamedTuple):
    """Who answers one kind of request, and how."""

    what: str
    """What it is called in the list of calls in flight, and in failures."""
    role: type
    """Role that a driver needs for it."""
    find: Callable[..., Any]
    """(driver, request) → what the answer says was `found`."""
    answer: Callable[..., frames.InspectionAnswer]
    is_guarded: bool = False
    """It is more than reading: `find` is also given the lock of the connection, and heeds it."""


def _probe(driver: CapabilityProbe, request: frames.ProbeRequest) -> list[Fact]:
    return vetted(driver.probe(request.scope), request.scope)


def _profile(driver: ProfileSource, request: frames.ProfileRequest) -> HostProfile:
    return driver.profile(request.host)


def _baseline(driver: ProfileSource, request: frames.BaselineRequest) -> Baseline:
    return driver.baseline(request.processors)


def _posture(driver: PostureSource, request: frames.PostureRequest) -> Posture:
    return driver.posture(request.key)


def _history(driver: HistorySource, request: frames.HistoryRequest) -> History:
    return driver.history(request.key, request.seconds)


INSPECTIONS: dict[type[frames.InspectionRequest], Inspection] = {
    frames.ProbeRequest: Inspection(
        "probe",
        CapabilityProbe,
        _probe,
        frames.ProbeAnswer,
    ),
    frames.ProfileRequest: Inspection("profile", ProfileSource, _profile, frames.ProfileAnswer),
    frames.BaselineRequest: Inspection("baseline", ProfileSource, _baseline, frames.BaselineAnswer),
    frames.PostureRequest: Inspection("posture", PostureSource, _posture, frames.PostureAnswer),
    frames.HandoffRequest: Inspection("hand-off", ConsoleAccess, handed_off, frames.HandoffAnswer, is_guarded=True),
    frames.PictureRequest: Inspection("picture", ConsoleAccess, pictured, frames.PictureAnswer, is_guarded=True),
    frames.HistoryRequest: Inspection("history", HistorySource, _history, frames.HistoryAnswer),
}


class Inspections:
    """Requests wait in order for one of LANES threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lanes = Lanes[frames.InspectionRequest](
            f"{connection.spec.name} {LANE}", LANES, self._serve, self._refuse
        )
        self.drained = self._lanes.drained

    def ask(self, request: frames.InspectionRequest) -> None:
        """Find it out when a lane is free."""
        self._lanes.put(request)

    def end(self, failure: Failure) -> None:
        """Answer everything that waits with this failure, and take nothing more."""
        self._lanes.end(failure)

    def _serve(self, request: frames.InspectionRequest) -> None:
        connection, what = self._connection, INSPECTIONS[type(request)].what
        begun, made = time.monotonic(), connection.sink.made

        def overdue(call: Call) -> None:
            error = Timeout(
                f"no answer to the {what} within {call.seconds:.0f} s",
                meaning="nothing is known of what it would have told",
            )
            self._refuse(request, error.failure)

        try:
            found = connection.call(LANE, what, connection.limits.read * PATIENCE, lambda: self._find(request), overdue)
        except Abandoned:
            return
        except Exception as error:  # noqa: BLE001 - a driver may raise anything
            failure = report(error, connection.spec.name, f"the {what}")
            self._refuse(request, failure)
            if failure.fault is Fault.UNREACHABLE:
                connection.fail(failure)
        else:
            ms = (time.monotonic() - begun) * 1000
            connection.send(answer(request, found, ms=ms, calls=connection.sink.made - made))

    def _find(self, request: frames.InspectionRequest) -> Any:
        driver, inspection = self._connection.driver, INSPECTIONS[type(request)]
        if driver is None:
            raise Unreachable("the connection is not open")
        if not isinstance(driver, inspection.role):
            raise NotSupported(f"this connection has no answer to a {inspection.what}")
        if inspection.is_guarded:
            return inspection.find(driver, request, self._connection.admission)
        return inspection.find(driver, request)

    def _refuse(self, request: frames.InspectionRequest, failure: Failure) -> None:
        self._connection.send(answer(request, None, failure))


def answer(
    request: frames.InspectionRequest,
    found: Any,
    failure: Failure | None = None,
    *,
    ms: float = 0.0,
    calls: int = 0,
) -> frames.InspectionAnswer:
    """The answer of a request: what was found, or why nothing was."""
    make = INSPECTIONS[type(request)].answer
    return make(conn=request.conn, request=request.request, ms=ms, calls=calls, failure=failure, found=found)
