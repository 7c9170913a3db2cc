"""What a driver raised, as a failure that a person can read."""

from __future__ import annotations

import logging
import traceback

from novatui.core.errors import BackendFault, Failure, NovaError

log = logging.getLogger(__name__)


def failure_of(error: Exception, what: str) -> Failure:
    """The failure that this exception stands for. What is no NovaError is a fault of the driver."""
    if isinstance(error, NovaError):
        return error.failure
    return BackendFault(
        f"{what} failed inside the driver",
        meaning="this is a fault of NovaTUI or of a library it uses, not of the connection",
        hint="the log of the worker has the whole traceback",
        native=traceback.format_exception_only(error)[-1].strip(),
    ).failure


def report(error: Exception, conn: str, what: str) -> Failure:
    """The same, logged: with the whole traceback when the driver must not raise it."""
    failure = failure_of(error, what)
    log.warning("%s: %s: %s", conn, what, failure, exc_info=None if isinstance(error, NovaError) else error)
    return failure
