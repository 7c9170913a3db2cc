"""Tasks of all products: those that run, and the last that ended."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from novatui.core.tasks import Task, TaskState
from novatui.engine.inventory_stamps import Stamp
from novatui.wire import frames

PAST = 500
"""Tasks kept that no longer run."""

LIVE = frozenset({TaskState.QUEUED, TaskState.RUNNING})


class TrackedTask(msgspec.Struct, frozen=True):
    """A task and where it runs."""

    conn: str
    task: Task
    stamp: Stamp
    """Generation, and local monotonic time when the reading of it began."""

    @property
    def live(self) -> bool:
        """True while it waits or runs, as far as we know."""
        return self.task.state in LIVE


class TaskStore:
    """The newest record of every task."""

    def __init__(self) -> None:
        self.version = 0
        """Grows with every change."""
        self.observers: list[Callable[[TrackedTask], None]] = []
        """Told of every record that says something new, as it comes: later ones replace it here."""
        self._tasks: dict[tuple[str, str], TrackedTask] = {}
        self._past = 0

    def apply(self, frame: frames.TaskUpdate, begun: float) -> bool:
        """A record of a task; it replaces an older one of the same id. True when something changed.

        `begun`: local monotonic time when its reading began.
        """
        new = TrackedTask(frame.conn, frame.task, (frame.generation, begun))
        old = self._tasks.get((frame.conn, frame.task.id))
        if old is not None and new.stamp < old.stamp:
            return False
        self._put(new)
        if old is not None and old.task == new.task:
            return False
        if self._past > PAST:
            oldest = min((task for task in self._tasks.values() if not task.live), key=_moment)
            self._drop(oldest)
            if oldest is new:
                return False
        self.version += 1
        self._tell(new)
        return True

    def interrupt(self, conn: str) -> bool:
        """The connection was lost: nobody knows how its tasks go on. True when there were any."""
        running = [task for task in self._tasks.values() if task.live and task.conn == conn]
        for tracked in running:
            lost = _lost(tracked)
            self._put(lost)
            self._tell(lost)
        self.version += bool(running)
        return bool(running)

    def drop(self, conn: str) -> bool:
        """The connection is no more, and neither are its tasks. True when there were any."""
        gone = [task for task in self._tasks.values() if task.conn == conn]
        for tracked in gone:
            self._drop(tracked)
            if tracked.live:
                self._tell(_lost(tracked))
        self.version += bool(gone)
        return bool(gone)

    def get(self, conn: str, id: str) -> TrackedTask | None:
        """One task; None when it is not known."""
        return self._tasks.get((conn, id))

    def tasks(self) -> list[TrackedTask]:
        """All of them: live ones first, then the others, both with the newest first."""
        return sorted(self._tasks.values(), key=lambda task: (task.live, *_moment(task)), reverse=True)

    def running(self) -> list[TrackedTask]:
        """Those that wait or run, the newest first."""
        return sorted((task for task in self._tasks.values() if task.live), key=_moment, reverse=True)

    def of(self, conn: str, key: str) -> list[TrackedTask]:
        """The tasks on one object, in the order of `tasks`."""
        return [task for task in self.tasks() if task.conn == conn and task.task.key == key]

    def _tell(self, new: TrackedTask) -> None:
        for each in self.observers:
            each(new)

    def _put(self, new: TrackedTask) -> None:
        old = self._tasks.get((new.conn, new.task.id))
        self._past += (not new.live) - (old is not None and not old.live)
        self._tasks[new.conn, new.task.id] = new

    def _drop(self, task: TrackedTask) -> None:
        del self._tasks[task.conn, task.task.id]
        self._past -= not task.live


def _lost(tracked: TrackedTask) -> TrackedTask:
    """The same task, of which nobody knows how it goes on."""
    task = msgspec.structs.replace(tracked.task, state=TaskState.UNKNOWN)
    return TrackedTask(tracked.conn, task, tracked.stamp)


def _moment(tracked: TrackedTask) -> tuple[float, float, str, str]:
    """What tasks are ordered by: when it ended, or began, or was first read of."""
    task = tracked.task
    said = task.started if tracked.live else task.ended or task.started
    moment = said if said is not None and said == said else 0.0
    return moment, tracked.stamp[1], tracked.conn, task.id
