"""Where a machine can run: what it needs, and single hosts asked for that, on lanes of their own; reading only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novatui.backends.driver import PlacementSource
from novatui.core.errors import BackendFault, Failure, Fault, NotSupported, Timeout, Unreachable
from novatui.core.needs import Needs
from novatui.core.reasons import Fit
from novatui.wire import frames
from novatui.worker.calls import Abandoned, Call
from novatui.worker.faults import report
from novatui.worker.lanes import Lanes

if TYPE_CHECKING:
    from novatui.worker.connection import Connection

LANE = "placement"
LANES = 4
"""Hosts asked at the same time: one that hangs holds up one lane until its deadline."""

Request = frames.NeedsRequest | frames.FitRequest


class Placements:
    """Requests wait in order for one of LANES threads; what a machine needs goes before all that wait."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lanes = Lanes[Request](f"{connection.spec.name} {LANE}", LANES, self._serve, self._refuse)
        self.drained = self._lanes.drained

    def ask(self, request: Request) -> None:
        """Find it out when a lane is free."""
        self._lanes.put(request, ahead=isinstance(request, frames.NeedsRequest))

    def end(self, failure: Failure) -> None:
        """Answer everything that waits with this failure, and take nothing more."""
        self._lanes.end(failure)

    def _serve(self, request: Request) -> None:
        connection = self._connection
        what, subject = ("needs", request.key) if isinstance(request, frames.NeedsRequest) else ("fits", request.host)

        def overdue(call: Call) -> None:
            error = Timeout(f"no answer within {call.seconds:.0f} s", subject=subject)
            self._refuse(request, error.failure)

        try:
            found = connection.call(LANE, what, connection.limits.read, lambda: self._find(request), overdue)
        except Abandoned:
            return
        except Exception as error:  # noqa: BLE001 - a driver may raise anything
            failure = report(error, connection.spec.name, what)
            self._refuse(request, failure)
            if failure.fault is Fault.UNREACHABLE:
                connection.fail(failure)
        else:
            self._answer(request, found, None)

    def _find(self, request: Request) -> Needs | Fit:
        driver = self._connection.driver
        if driver is None:
            raise Unreachable("the connection is not open")
        if not isinstance(driver, PlacementSource):
            raise NotSupported("this connection cannot be asked where a machine can run")
        if isinstance(request, frames.NeedsRequest):
            return driver.needs(request.key)
        fits = driver.fits(request.needs, [request.host])
        if len(fits) != 1:
            raise BackendFault(f"the driver told of {len(fits)} hosts when it was asked about one")
        return fits[0]

    def _refuse(self, request: Request, failure: Failure) -> None:
        self._answer(request, None, failure)

    def _answer(self, request: Request, found: Needs | Fit | None, failure: Failure | None) -> None:
        conn, number = self._connection.spec.name, request.request
        if isinstance(request, frames.NeedsRequest):
            needs = found if isinstance(found, Needs) else None
            self._connection.send(frames.NeedsAnswer(conn, number, needs, failure))
        else:
            fit = found if isinstance(found, Fit) else None
            self._connection.send(frames.FitAnswer(conn, number, fit, failure))
