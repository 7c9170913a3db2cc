"""Our own operations among the tasks of a product: which of its tasks does the work of one of ours."""

from __future__ import annotations

from collections.abc import Iterable

from novatui.actions.outcome import Done, Outcome
from novatui.core.errors import Conflict, NotFound
from novatui.core.tasks import Task
from novatui.engine.fleet import Fleet

PREFIX = "N-"
"""Ids of our own tasks begin with it; the journal's number follows."""

_EARLIER = 5.0
"""Seconds that the clock of a product may be behind ours."""


def is_ours(task: str) -> bool:
    """True for the id of a task that stands for an operation of a console."""
    return task.startswith(PREFIX) and task.removeprefix(PREFIX).isdigit()


def native(fleet: Fleet, done: Done) -> str:
    """Id of the product's task that can be cancelled to end an operation. Conflict when there is none."""
    if done.outcome is not Outcome.RUNNING:
        raise Conflict(f"{done.task} does not run any more: {done.text}", subject=done.outcome.value)
    found = list(_working(fleet, done))
    if len(found) != 1:
        why = "its product shows no task for it" if not found else "several tasks of its product could be meant"
        raise Conflict(f"{done.task} cannot be cancelled: {why}", hint="t shows all tasks", subject="task")
    return found[0].id


def belongs(fleet: Fleet, task: str, conn: str, own: Iterable[Done]) -> bool:
    """True when a task of a product does the work of one of these operations."""
    return any(
        task == each.id
        for done in own
        if done.ref.conn == conn and done.outcome is Outcome.RUNNING
        for each in _working(fleet, done)
    )


def named(own: Iterable[Done], task: str) -> Done:
    """The operation of a task of ours. NotFound when it is not one of this console."""
    for done in own:
        if done.task == task:
            return done
    raise NotFound(f"{task} is no operation of this console", hint="t shows all tasks", subject=task)


def _working(fleet: Fleet, done: Done) -> Iterable[Task]:
    begun = (done.began or 0.0) - _EARLIER
    for tracked in fleet.tasks.of(done.ref.conn, done.ref.key):
        task = tracked.task
        late = task.started is None or task.started >= begun
        if tracked.live and late and task.cancellable is not False and not is_ours(task.id):
            yield task
