"""The driver's memory of tasks: one id per job from first sight to end, and what ended lately."""

from __future__ import annotations

import threading
import time

import msgspec

from novatui.core.errors import Failure
from novatui.core.tasks import ENDED, Task, TaskState

REMEMBERED_S = 300.0
"""How long an ended task is told again."""

OLD_S = 30.0
"""A migration whose machine is gone for so long will tell no end any more."""

_SLACK_S = 5.0
"""A job's start is told as a time elapsed: two readings of one job differ by less than this."""


class TaskBook:
    """Tasks by id. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: dict[str, Task] = {}
        self._owner: dict[str, str] = {}
        self._touched: dict[str, float] = {}

    def identify(self, uuid: str, operation: int, started: float | None) -> tuple[str, float | None]:
        """Id and start of this domain's job: those it has when it is known already."""
        prefix = f"{uuid}/{operation}/"
        for task in self.running(uuid):
            same = started is None or task.started is None or abs(started - task.started) < _SLACK_S
            if task.id.startswith(prefix) and same:
                return task.id, task.started
        return f"{prefix}{started or time.time():.0f}", started

    def put(self, uuid: str, task: Task) -> None:
        """This is how it stands now."""
        with self._lock:
            if task.id not in self._tasks or self._tasks[task.id].detail != task.detail:
                self._touched[task.id] = time.monotonic()
            self._tasks[task.id] = task
            self._owner[task.id] = uuid

    def end(self, task: Task, state: TaskState, failure: Failure | None) -> Task:
        """It ended like this."""
        ended = msgspec.structs.replace(task, state=state, failure=failure, ended=time.time(), cancellable=False)
        uuid = self._owner.get(task.id) or task.id.split("/")[0]
        self.put(uuid, ended)
        return ended

    def running(self, uuid: str) -> list[Task]:
        """Tasks of this domain that have not ended."""
        with self._lock:
            return [
                task
                for identifier, task in self._tasks.items()
                if self._owner[identifier] == uuid and task.state is TaskState.RUNNING
            ]

    def jobs(self, uuid: str) -> list[Task]:
        """The same without block jobs."""
        return [task for task in self.running(uuid) if "/block/" not in task.id]

    def busy(self) -> set[str]:
        """Domains of which any task runs."""
        with self._lock:
            return {self._owner[each] for each, task in self._tasks.items() if task.state is TaskState.RUNNING}

    def is_old(self, task: Task) -> bool:
        """Nothing new was heard of it for long."""
        return time.monotonic() - self._touched.get(task.id, 0.0) > OLD_S

    def tasks(self) -> list[Task]:
        """What runs and what ended lately; what ended long ago is forgotten."""
        now = time.time()
        with self._lock:
            gone = [
                identifier
                for identifier, task in self._tasks.items()
                if (task.state in ENDED or task.state is TaskState.UNKNOWN) and now - (task.ended or now) > REMEMBERED_S
            ]
            for identifier in gone:
                del self._tasks[identifier], self._owner[identifier]
                self._touched.pop(identifier, None)
            return list(self._tasks.values())
