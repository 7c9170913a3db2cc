"""A domain's job statistics as a task: what runs, how far it is, how it ended. Pure.

Names and numbers are those of virDomainGetJobStats. Sizes are bytes, times milliseconds. `data_processed` counts pages
that were sent again, so it is never progress; the dirty rate is in pages per second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from novatui.backends.libvirt.stats import number
from novatui.core.errors import BackendFault, Failure
from novatui.core.migration import MigrationProgress, Phase
from novatui.core.tasks import Task, TaskState
from novatui.core.units import size

Figures = Mapping[str, Any]

NONE, BOUNDED, UNBOUNDED, COMPLETED, FAILED, CANCELLED = range(6)
"""virDomainJobType."""

SAVE, MIGRATION_IN, MIGRATION_OUT, BACKUP = 2, 4, 5, 9

_OPERATIONS: dict[int, tuple[str, str]] = {
    0: ("job", "job"),
    1: ("start", "start"),
    SAVE: ("suspend", "save"),
    3: ("wake", "restore"),
    MIGRATION_IN: ("migrate", "migration in"),
    MIGRATION_OUT: ("migrate", "migration out"),
    6: ("snapshot", "snapshot"),
    7: ("revert", "snapshot revert"),
    8: ("dump", "dump"),
    BACKUP: ("backup", "backup"),
    10: ("delete snapshot", "snapshot delete"),
}
"""virDomainJobOperation: our verb, libvirt's."""

_NO_WAY_BACK = {Phase.POST_COPY, Phase.FINISHING}

_ENDS = {COMPLETED: TaskState.DONE, FAILED: TaskState.FAILED, CANCELLED: TaskState.CANCELLED}


def operation(figures: Figures) -> int:
    """What kind of job; 0 when libvirt does not say."""
    return number(figures, "operation") or 0


def is_none(figures: Figures) -> bool:
    """libvirt said that no job is under way; to say nothing is not enough."""
    return figures.get("type") == NONE


def native_verb(kind: int) -> str:
    """libvirt's word for a kind of job."""
    return _OPERATIONS.get(kind, ("", f"operation {kind}"))[1]


def operation_of(task: Task) -> int | None:
    """The kind of job that a task was made from."""
    return next((kind for kind, (_, native) in _OPERATIONS.items() if native == task.native_verb), None)


def elapsed(figures: Figures) -> float | None:
    """Seconds that the job has run."""
    return seconds(figures, "time_elapsed")


def running_task(
    identifier: str,
    key: str,
    name: str,
    figures: Figures,
    started: float | None,
    migration: MigrationProgress | None = None,
) -> Task:
    """The task of a job that runs; `migration` says what is known of one of those."""
    kind = operation(figures)
    return Task(
        id=identifier,
        verb=_OPERATIONS.get(kind, (f"operation {kind}", ""))[0],
        native_verb=native_verb(kind),
        key=key,
        target=name,
        state=TaskState.RUNNING,
        progress=_percent(figures) if kind == BACKUP else None,
        started=started,
        detail=_detail(figures, migration),
        migration=migration,
        cancellable=kind not in {MIGRATION_IN, 0} and (migration is None or migration.phase not in _NO_WAY_BACK),
    )


def outcome(figures: Figures) -> tuple[TaskState, Failure | None]:
    """How a job ended, from its completed statistics or its event: a type, or `success` and `errmsg`."""
    told = figures.get("success")
    message = str(figures.get("errmsg") or "")
    state = _ENDS.get(number(figures, "type") or 0)
    if told is False or (message and state is None):
        state = TaskState.FAILED
    if state is None:
        state = TaskState.DONE if told or "operation" in figures else TaskState.UNKNOWN
    failed = state is TaskState.FAILED
    return state, BackendFault(message or "the job failed", native=message).failure if failed else None


def _percent(figures: Figures) -> float | None:
    done, whole = number(figures, "disk_processed"), number(figures, "disk_total")
    return min(100.0, done / whole * 100) if done is not None and whole else None


def _detail(figures: Figures, migration: MigrationProgress | None) -> str:
    left = number(figures, "data_remaining")
    words = [f"{size(left)} left"] if left is not None else []
    if migration is not None:
        words.insert(0, migration.phase or "incoming")
        words += [f"pass {migration.iteration}"] if migration.iteration is not None else []
        words += [f"{size(migration.rate)}/s"] if migration.rate is not None else []
    return ", ".join(words)


def seconds(figures: Figures, name: str) -> float | None:
    """A time that libvirt tells in milliseconds."""
    value = number(figures, name)
    return value / 1000 if value is not None else None
