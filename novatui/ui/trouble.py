"""What is wrong with what is meant: the failure of its connection, of the last change of it, or of its last task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from novatui.core.errors import Failure
from novatui.core.ids import ObjectRef
from novatui.core.tasks import Task
from novatui.core.verbs import VERBS

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One failure, and what it is the failure of."""

    failure: Failure
    of: str
    """In words: `power off web-1`, `connection kvm1`."""
    ref: ObjectRef


def trouble(screen: FrameScreen) -> Trouble | None:
    """That of the line under the cursor; else the present one of the connection, else the latest one of what was done
    to the object. None when there is none."""
    if (pointed := screen.trouble_here()) is not None:
        return pointed
    for ref in screen.aim():
        found = _of_connection(screen, ref) or _of_changes(screen, ref) or _of_tasks(screen, ref)
        if found is not None:
            return found
    return None


def _of_connection(screen: FrameScreen, ref: ObjectRef) -> Trouble | None:
    connection = screen.fleet.connections.get(ref.conn)
    if connection is None or connection.failure is None:
        return None
    return Trouble(failure=connection.failure, of=f"connection {ref.conn}", ref=ref)


def _of_changes(screen: FrameScreen, ref: ObjectRef) -> Trouble | None:
    done = screen.stage.acting.gate.history() if screen.stage.acting is not None else []
    for one in done:
        if one.ref == ref:
            if one.failure is None:
                return None
            return Trouble(failure=one.failure, of=f"{VERBS[one.verb].title}: {one.name}", ref=ref)
    return None


def _of_tasks(screen: FrameScreen, ref: ObjectRef) -> Trouble | None:
    for one in screen.fleet.tasks.of(ref.conn, ref.key):
        if one.task.failure is not None:
            return of_task(one.task, one.task.failure, ref)
    return None


def of_task(task: Task, failure: Failure, ref: ObjectRef) -> Trouble:
    """Why a task failed."""
    return Trouble(failure=failure, of=f"{task.verb} {task.target}".strip(), ref=ref)
