"""Plans of one connection: operations turned into native calls by the driver, on lanes of their own; reading only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from novatui.backends.driver import (
    AlarmControl,
    ClusterControl,
    DeviceControl,
    HostControl,
    Invoker,
    MigrationControl,
    PowerControl,
    ResourceControl,
    Session,
    SnapshotControl,
    TaskControl,
)
from novatui.core.errors import Failure, Fault, InvalidInput, NotSupported, Timeout, Unreachable
from novatui.core.operations import Operation, Plan
from novatui.wire import frames
from novatui.worker.calls import Abandoned, Call
from novatui.worker.faults import report
from novatui.worker.lanes import Lanes

if TYPE_CHECKING:
    from novatui.worker.connection import Connection

LANE = "plan"
LANES = 2
"""Plans made at the same time."""

PATIENCE = 2
"""A plan reads more than a detail does: so many times the deadline of a reading call."""


class Plans:
    """Requests wait in order for one of LANES threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lanes = Lanes(f"{connection.spec.name} {LANE}", LANES, self._serve, self._refuse)
        self.drained = self._lanes.drained

    def ask(self, request: frames.PlanRequest) -> None:
        """Plan this when a lane is free."""
        self._lanes.put(request)

    def end(self, failure: Failure) -> None:
        """Answer everything that waits with this failure, and take nothing more."""
        self._lanes.end(failure)

    def _serve(self, request: frames.PlanRequest) -> None:
        connection, operation = self._connection, request.operation

        def overdue(call: Call) -> None:
            error = Timeout(
                f"no plan of {operation.verb} within {call.seconds:.0f} s",
                meaning="the product does not tell how the object stands; nothing was changed",
                subject=operation.key,
            )
            self._refuse(request, error.failure)

        try:
            plan = connection.call(
                LANE, operation.verb, connection.limits.read * PATIENCE, lambda: self._plan(operation), overdue
            )
        except Abandoned:
            return
        except Exception as error:  # noqa: BLE001 - a driver may raise anything
            failure = report(error, connection.spec.name, f"the plan of {operation.verb}")
            self._refuse(request, failure)
            if failure.fault is Fault.UNREACHABLE:
                connection.fail(failure)
        else:
            told = msgspec.structs.replace(plan, calls=())
            self._say(frames.PlanAnswer(connection.spec.name, request.request, told, list(plan.calls), None))

    def _plan(self, operation: Operation) -> Plan:
        """The driver's plan. Its fingerprint is there even when the driver's own control role did not fill it in."""
        driver = self._connection.driver
        if driver is None:
            raise Unreachable("the connection is not open")
        if not isinstance(driver, Invoker) or operation.verb not in driver.offers():
            raise NotSupported(f"{operation.verb} is not offered here", subject=operation.verb)
        plan = planned(driver, operation)
        return plan if plan.state else msgspec.structs.replace(plan, state=driver.fingerprint(operation.key))

    def _refuse(self, request: frames.PlanRequest, failure: Failure) -> None:
        self._say(frames.PlanAnswer(self._connection.spec.name, request.request, None, [], failure))

    def _say(self, answer: frames.PlanAnswer) -> None:
        self._connection.send(answer)


def planned(driver: Session, operation: Operation) -> Plan:
    """What the role of this operation's noun makes of it. NotSupported when the driver has no such role."""
    match operation.verb.partition(".")[0]:
        case "power" if isinstance(driver, PowerControl):
            return driver.plan_power(operation)
        case "snap" if isinstance(driver, SnapshotControl):
            return driver.plan_snap(operation)
        case "device" if isinstance(driver, DeviceControl):
            return driver.plan_device(operation)
        case "edit" if isinstance(driver, ResourceControl):
            return driver.plan_edit(operation)
        case "migrate" if isinstance(driver, MigrationControl):
            return driver.plan_migrate(operation)
        case "host" if isinstance(driver, HostControl):
            return driver.plan_host(operation)
        case "cluster" if isinstance(driver, ClusterControl):
            return driver.plan_cluster(operation)
        case "alarm" if isinstance(driver, AlarmControl):
            return driver.plan_alarm(operation)
        case "task" if isinstance(driver, TaskControl):
            return driver.plan_task(operation)
        case "power" | "snap" | "device" | "edit" | "migrate" | "host" | "cluster" | "alarm" | "task":
            raise NotSupported(f"{operation.verb} is not offered here", subject=operation.verb)
        case noun:
            raise InvalidInput(f"nothing plans operations of {noun}", subject="verb")
