"""Long-running work of the products, whoever started it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from novatui.core.errors import Failure
from novatui.core.migration import MigrationProgress


class TaskState(StrEnum):
    """Life of a task."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


ENDED: frozenset[TaskState] = frozenset({TaskState.DONE, TaskState.FAILED, TaskState.CANCELLED})


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One task as it stands now; a later record with the same id replaces it."""

    id: str
    """Native id of the task, unique in its connection."""
    verb: str
    """What it does, in our word: start, migrate, snapshot, backup, clone …; the product's word if we have none."""
    native_verb: str = ""
    key: str = ""
    """Key of the object it works on; empty when it has none."""
    target: str = ""
    """Name of the object, for objects that are not in the inventory."""
    state: TaskState
    progress: float | None = None
    """Percent, only where the product itself states one."""
    who: str = ""
    """Account that started it."""
    started: float | None = None
    """Epoch seconds."""
    ended: float | None = None
    """Epoch seconds."""
    detail: str = ""
    """One line of what it says of itself."""
    failure: Failure | None = None
    migration: MigrationProgress | None = None
    cancellable: bool | None = None
    """None when the product does not tell."""
