"""Details of one connection: read on demand, on lanes of their own, so that a slow one holds up nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from novatui.backends.driver import (
    DetailSource,
    DeviceSource,
    NetworkSource,
    Session,
    SnapshotSource,
    StorageSource,
)
from novatui.core.detail import Detail, PartFailure
from novatui.core.errors import Failure, Fault, NotSupported, Timeout, Unreachable
from novatui.core.ids import split_key
from novatui.core.states import Kind
from novatui.wire import frames
from novatui.worker.calls import Abandoned, Call
from novatui.worker.faults import report
from novatui.worker.lanes import Lanes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from novatui.worker.connection import Connection

LANE = "detail"
LANES = 2
"""Details read at the same time."""

_MACHINES = {Kind.VM, Kind.CONTAINER, Kind.TEMPLATE}


class Details:
    """Requests wait in order for one of LANES threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lanes = Lanes(f"{connection.spec.name} {LANE}", LANES, self._serve, self._refuse)
        self.drained = self._lanes.drained

    def ask(self, request: frames.DetailRequest) -> None:
        """Read this object when a lane is free."""
        self._lanes.put(request)

    def end(self, failure: Failure) -> None:
        """Answer everything that waits with this failure, and take nothing more."""
        self._lanes.end(failure)

    def _serve(self, request: frames.DetailRequest) -> None:
        connection = self._connection
        begun = connection.sink.now()

        def overdue(call: Call) -> None:
            error = Timeout(f"no answer to {call.what} within {call.seconds:.0f} s", subject=request.key)
            self._answer(request, begun, error.failure)

        try:
            answer = connection.call(LANE, "detail", connection.limits.read, lambda: self._read(request), overdue)
        except Abandoned:
            return
        except Exception as error:  # noqa: BLE001 - a driver may raise anything
            failure = report(error, connection.spec.name, "detail")
            self._answer(request, begun, failure)
            if failure.fault is Fault.UNREACHABLE:
                connection.fail(failure)
        else:
            self._answer(request, begun, answer)

    def _read(self, request: frames.DetailRequest) -> Detail:
        driver = self._connection.driver
        if driver is None:
            raise Unreachable("the connection is not open")
        if not isinstance(driver, DetailSource):
            raise NotSupported("this connection tells no details")
        return _complete(driver, driver.detail(request.key, request.parts), request)

    def _refuse(self, request: frames.DetailRequest, failure: Failure) -> None:
        self._answer(request, self._connection.sink.now(), failure)

    def _answer(self, request: frames.DetailRequest, begun: float, answer: Detail | Failure) -> None:
        detail, failure = (answer, None) if isinstance(answer, Detail) else (None, answer)
        conn = self._connection.spec.name
        self._connection.send(frames.DetailAnswer(conn, request.request, begun, detail, failure))


def _complete(driver: Session, detail: Detail, request: frames.DetailRequest) -> Detail:
    """The same with the part that another role of the driver tells, unless the driver has put it in already."""
    found = _other_part(driver, request.key)
    if found is None:
        return detail
    part, read = found
    told = getattr(detail, part) is not None or any(failed.part == part for failed in detail.failures)
    if told or (request.parts and part not in request.parts):
        return detail
    try:
        return msgspec.structs.replace(detail, **{part: tuple(read(request.key))})
    except Exception as error:
        failure = report(error, driver.spec.name, part)
        if failure.fault is Fault.UNREACHABLE:
            raise
        return msgspec.structs.replace(detail, failures=(*detail.failures, PartFailure(part, failure)))


def _other_part(driver: Session, key: str) -> tuple[str, Callable[[str], Collection[object]]] | None:
    kind, _ = split_key(key)
    if kind in _MACHINES and isinstance(driver, SnapshotSource):
        return "snapshots", driver.snapshots
    if kind is Kind.HOST and isinstance(driver, DeviceSource):
        return "devices", driver.devices
    if kind is Kind.DATASTORE and isinstance(driver, StorageSource):
        return "volumes", driver.volumes
    if kind is Kind.NETWORK and isinstance(driver, NetworkSource):
        return "leases", driver.leases
    return None
