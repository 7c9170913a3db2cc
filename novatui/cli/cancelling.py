"""`novatui tasks cancel ID`: end a task of a product, or one of ours."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence

from novatui.cli.changing import change_found
from novatui.cli.exits import NotThere, UsageError
from novatui.cli.session import prepare
from novatui.core.ids import ObjectRef, split_key
from novatui.engine.fleet import Fleet
from novatui.engine.task_store import TrackedTask

FIRST_LOOK = 0.5
"""Seconds that connections are given to tell their tasks, once their inventory is there."""


def cancel(options: Namespace, word: str) -> int:
    """Cancel it; `word` is its id, or connection/id."""

    def subject(fleet: Fleet) -> list[ObjectRef]:
        return [_subject(_meant(fleet, word))]

    async def arguments(fleet: Fleet, refs: Sequence[ObjectRef]) -> Mapping[str, str]:
        del refs
        return {"task": _meant(fleet, word).task.id}

    return change_found(prepare(options), "task.cancel", subject, arguments, settle=FIRST_LOOK)


def _meant(fleet: Fleet, word: str) -> TrackedTask:
    tasks = fleet.tasks.tasks()
    found = [one for one in tasks if word in (one.task.id, f"{one.conn}/{one.task.id}")]
    if not found:
        raise NotThere(f"there is no task `{word}`", "`novatui tasks` lists them")
    if len(found) > 1:
        places = [f"{one.conn}/{one.task.id}" for one in found]
        raise UsageError(f"`{word}` means {len(found)} tasks", "say which by connection/id", places)
    return found[0]


def _subject(one: TrackedTask) -> ObjectRef:
    if not one.task.key:
        raise NotThere(f"task {one.task.id} names no object: it cannot be cancelled from here")
    return ObjectRef(one.conn, *split_key(one.task.key))
