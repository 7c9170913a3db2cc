"""What the end of a worker means for its connections."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from novatui.core.errors import BackendFault, Failure, NotSupported, Timeout, Unreachable
from novatui.engine.supervisor_policy import in_flight
from novatui.engine.supervisor_process import WorkerProcess
from novatui.engine.via import failure_of_end
from novatui.wire.pulse import ending

LAST_LINES = 30
"""Lines of the worker's log that a failure quotes."""


class End(msgspec.Struct, frozen=True):
    """Why a worker ended, and through whom."""

    failure: Failure
    """For those who caused it; for all when it is nobody's doing."""
    culprits: frozenset[str]
    """Connections that caused it, as far as is known: each gets a worker of its own."""
    bystanders: Failure
    """For the others."""
    final: bool
    """Starting it again would end in the same way."""


def end_of(worker: WorkerProcess, via: str) -> End:
    """Judge a worker that has ended; `via` leads to its machine, empty for this one."""
    culprits = frozenset(worker.culprits or _suspects(worker, via))
    failure = _failure(worker, via)
    shared = Unreachable("its worker had to be restarted", meaning=str(failure)).failure
    return End(failure, culprits, shared if culprits else failure, worker.incompatible)


def _suspects(worker: WorkerProcess, via: str) -> Collection[str]:
    """A crash or a hang does not say who caused it: the only one there was, or those that had a call in flight."""
    if worker.greeting is None or worker.incompatible or (via and not worker.fault):
        return ()
    if len(worker.conns) == 1:
        return worker.conns
    return in_flight(worker.stats) if worker.stats else ()


def _failure(worker: WorkerProcess, via: str) -> Failure:
    said = [line.text for line in worker.log][-LAST_LINES:]
    if worker.incompatible:
        return NotSupported(
            "the worker is of another version of NovaTUI, or is none"
            if via
            else "the worker does not fit this console",
            meaning=worker.fault,
            hint="install the same version of NovaTUI on both machines; its login scripts must print nothing",
            native="\n".join(said),
        ).failure
    if worker.culprits:
        return Timeout(
            worker.fault,
            meaning="the other end is stuck; the worker that waited for it was replaced",
            native="\n".join(said),
        ).failure
    if worker.fault:
        return BackendFault("its worker was ended", meaning=worker.fault, native="\n".join(said)).failure
    if via:
        return failure_of_end(via, worker.status, said)
    status = worker.status or 0
    return BackendFault(
        "its worker crashed" if status else "its worker ended",
        meaning="a library failed; other connections go on",
        code=ending(status),
        native="\n".join(said),
    ).failure
