"""What the demo tells of hosts that go into maintenance or come out of it: tasks and events."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Upkeep
from novatui.backends.demo.upkeep import ENTER, LEAVE, cut_short, names, task_id, there
from novatui.core.events import Event
from novatui.core.ids import key
from novatui.core.states import Kind
from novatui.core.tasks import Task, TaskState

NATIVE = {ENTER: "EnterMaintenanceMode_Task", LEAVE: "ExitMaintenanceMode_Task"}

WORDS = {
    "EnteringMaintenanceModeEvent": "is on its way into maintenance",
    "EnteredMaintenanceModeEvent": "is in maintenance",
    "ExitMaintenanceModeEvent": "is out of maintenance",
}


def upkeep_tasks(scene: Scene, since: float, world: float) -> Iterator[Task]:
    """What is being done to hosts, and what of it ended after `since`."""
    for each in scene.upkeep:
        if each.began <= world and (each.ended is None or each.ended >= since):
            yield _task(scene, each, world)


def _task(scene: Scene, each: Upkeep, world: float) -> Task:
    host = scene.estate.hosts[each.host]
    left = there(scene, host, world) if each.ended is None else []
    gone = 100.0 * (1 - len(left) / each.leaving) if each.leaving else 0.0
    finished = 100.0 if each.outcome is TaskState.DONE else None
    return Task(
        id=task_id(each),
        verb="maintenance",
        native_verb=NATIVE[each.verb],
        key=key(Kind.HOST, host.id),
        target=host.name,
        state=TaskState.RUNNING if each.ended is None else each.outcome,
        progress=float(round(max(0.0, gone))) if each.ended is None else finished,
        who=each.who,
        started=scene.clock.epoch(each.began),
        ended=None if each.ended is None else scene.clock.epoch(each.ended),
        detail=f"{len(left)} machines still there: {names(left)}" if left else "",
        failure=cut_short(host) if each.outcome is TaskState.CANCELLED else None,
        cancellable=each.ended is None,
    )


def upkeep_events(scene: Scene, since: float, until: float, seen: float) -> Iterator[Event]:
    """What happened to hosts after one world time and up to another."""
    for each in scene.upkeep:
        host = scene.estate.hosts[each.host]
        for at, native in _edges(each):
            if since < at <= until:
                yield Event(
                    id=f"{host.id}/{each.number}/{native}",
                    at=scene.clock.epoch(at),
                    seen=seen,
                    native_type=native,
                    key=key(Kind.HOST, host.id),
                    subject=host.name,
                    text=WORDS[native],
                    polled=not scene.traits.pushes,
                )


def _edges(each: Upkeep) -> Iterator[tuple[float, str]]:
    if each.verb == LEAVE:
        yield each.began, "ExitMaintenanceModeEvent"
        return
    yield each.began, "EnteringMaintenanceModeEvent"
    if each.ended is not None and each.outcome is TaskState.DONE:
        yield each.ended, "EnteredMaintenanceModeEvent"
