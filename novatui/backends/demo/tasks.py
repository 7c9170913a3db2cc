"""What is done to machines, as tasks: told with a percentage, as a log, or in full, as the family tells it."""

from __future__ import annotations

from novatui.backends.demo.dice import Dice
from novatui.backends.demo.life import Act
from novatui.backends.demo.migration import log_line, percent, progress, scheduled
from novatui.backends.demo.precopy import Journey
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.words import PEOPLE
from novatui.core.ids import key
from novatui.core.migration import Fidelity, MigrationProgress
from novatui.core.tasks import Task, TaskState

KEPT = 600.0
"""Seconds for which a product that remembers keeps a task that ended."""

TASK_NUMBERS = 9_999_991
"""Task numbers begin anew after so many."""

UNWELL = frozenset({TaskState.FAILED, TaskState.CANCELLED})


def tasks_at(scene: Scene, world: float) -> list[Task]:
    """What runs at that time, and what ended lately if the product remembers."""
    since = world - KEPT if scene.traits.remembers else world
    return [task(scene, act, world) for act in scene.life.acts(since, world) if is_task(scene, act)]


def is_task(scene: Scene, act: Act) -> bool:
    """The product makes a task of it, on this connection."""
    return act.verb in scene.traits.tasks and scene.ours(act)


def task(scene: Scene, act: Act, world: float) -> Task:
    """One task as it stands at that time."""
    machine, beat = act.machine, act.moment.beat
    running = world < act.end
    state = TaskState.RUNNING if running else beat.outcome
    ended = None if running else scene.clock.epoch(act.end)
    began = scene.clock.epoch(act.begin)
    host = scene.estate.hosts[machine.host]
    number = (act.moment.number * 100_003 + machine.number) % TASK_NUMBERS
    elapsed = min(world, act.end) - act.begin
    return Task(
        id=scene.dialect.task_id(act.verb, machine, began, number, host),
        verb=act.verb,
        native_verb=scene.traits.verbs[act.verb],
        key=key(machine.kind, machine.id),
        target=machine.name,
        state=state,
        progress=_percent(scene, act, elapsed, running),
        who=act.who or Dice("who", machine.id, act.moment.number).pick(PEOPLE),
        started=began,
        ended=ended,
        detail=_detail(scene, act, elapsed, running),
        failure=scene.dialect.failure(act.verb, machine, host) if state in UNWELL else None,
        migration=_migration(scene, act, elapsed) if act.verb == "migrate" else None,
        cancellable=running and act.verb in ("migrate", "backup", "clone"),
    )


def journey_of(act: Act) -> Journey:
    """How a migration goes: as a call began it, or as its routine wants it."""
    beat = act.moment.beat
    return act.journey or scheduled(act.machine.memory, beat.takes, stalls=_stalls(act))


def _stalls(act: Act) -> bool:
    return act.moment.beat.outcome is TaskState.CANCELLED


def _migration(scene: Scene, act: Act, elapsed: float) -> MigrationProgress:
    at = scene.clock.epoch(act.begin + elapsed)
    armed = None if act.journey is None else armed_of(act.journey)
    return progress(journey_of(act), elapsed, scene.traits.migration, scene.route(act), at, armed)


def armed_of(journey: Journey) -> tuple[str, ...]:
    """What it was started with, in the words of `MigrationProgress.armed`."""
    wanted = {
        "auto-converge": journey.auto_converge,
        "post-copy": journey.post_copy,
        "storage": journey.disk > 0,
        "peer-to-peer": True,
    }
    return tuple(word for word, there in wanted.items() if there)


def _percent(scene: Scene, act: Act, elapsed: float, running: bool) -> float | None:
    if act.verb not in scene.traits.percents:
        return None
    if not running:
        return 100.0 if act.moment.beat.outcome is TaskState.DONE else None
    takes = act.moment.beat.takes
    if act.verb == "migrate":
        return percent(takes, elapsed, stalls=_stalls(act) and act.journey is None)
    return float(round(100 * elapsed / takes)) if takes else 0.0


def _detail(scene: Scene, act: Act, elapsed: float, running: bool) -> str:
    """One line of what it says of itself."""
    if act.verb == "migrate":
        if scene.traits.migration is Fidelity.LOG and running:
            return log_line(journey_of(act), elapsed)
        return "{} to {}".format(*scene.route(act))
    if act.verb == "backup" and running and scene.traits.migration is Fidelity.LOG:
        return f"INFO: {100 * elapsed / act.moment.beat.takes:.0f}% of {act.machine.disks[0].size / 2**30:.1f} GiB"
    return ""
