"""The follower of migrations on a scripted domain: what it reads, what it tells, and how it knows the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("libvirt")

from novatui.backends.libvirt import control, follower, jobs, states
from novatui.backends.libvirt.follower import Follower
from novatui.backends.libvirt.moveway import UNLIMITED
from novatui.backends.libvirt.taskbook import TaskBook
from novatui.core.errors import Aborted, BackendFault, Conflict, NotFound, NovaError, Unreachable
from novatui.core.migration import MigrationProgress, Phase
from novatui.core.tasks import Task, TaskState
from tests.lab.libvirt_driver_probe import Memory

UUID = "u-1"
MIB = 1 << 20
FREE, HELD = [control.OK, 0, 0], [control.JOB, 0, 9000]
RUNNING, STANDS = [states.RUNNING, 1], [states.PAUSED, states.PAUSED_MIGRATION]
MEMORY = {
    "type": jobs.UNBOUNDED, "operation": jobs.MIGRATION_OUT, "time_elapsed": 5000, "data_total": 1000 * MIB,
    "data_processed": 500 * MIB, "data_remaining": 600 * MIB, "memory_total": 1000 * MIB, "memory_bps": 10 * MIB,
    "memory_dirty_rate": 100, "memory_page_size": 4096, "memory_iteration": 2, "downtime": 3000,
}  # fmt: skip
COMING_TO_ITS_END = {**MEMORY, "data_remaining": MIB}
PREPARING = {"type": jobs.UNBOUNDED, "operation": jobs.MIGRATION_OUT, "time_elapsed": 100, "data_total": 0}
NOTHING = {"type": jobs.NONE}


class Domain:
    """Answers as it is told to; `jobs` counts how often its monitor was asked."""

    def __init__(self) -> None:
        self.control, self.figures, self.at = FREE, dict(MEMORY), RUNNING
        self.asked = 0
        self.error: NovaError | None = None
        self.speed, self.pause = UNLIMITED * 8, 300

    def controlInfo(self) -> list[int]:
        return self.control

    def jobStats(self) -> dict[str, Any]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.figures

    def state(self) -> list[int]:
        return self.at

    def migrateGetMaxDowntime(self, flags: int) -> int:
        return self.pause

    def migrateGetMaxSpeed(self, flags: int) -> int:
        return self.speed


class Link:
    def __init__(self, domain: Domain) -> None:
        self.conn = SimpleNamespace(lookupByUUIDString=lambda uuid: domain)
        self._domain = domain

    def domain(self, uuid: str) -> Domain:
        return self._domain

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)

    def attempt(self, function: Callable[..., Any], *args: Any) -> Any:
        try:
            return function(*args)
        except NovaError:
            return None


class Scene:
    """A follower, its domain, and what it has told."""

    def __init__(self) -> None:
        self.domain, self.sink, self.book = Domain(), Memory(), TaskBook()
        self.shown: list[str] = []
        self.lent = 0
        host = SimpleNamespace(name="here")
        roster = SimpleNamespace(get=lambda uuid: SimpleNamespace(name="m1"))
        self.follower = Follower(self, host, roster, self.book, self.sink, self._show)  # type: ignore[arg-type]

    @contextmanager
    def lend(self) -> Iterator[Link]:
        self.lent += 1
        yield Link(self.domain)

    def _show(self, uuid: str, job: str) -> None:
        self.shown.append(job)

    @property
    def task(self) -> Task | None:
        return next(iter(self.sink.told.values()), None)

    def until(self, condition: Callable[[Task], object], what: str) -> Task:
        self.sink.until(lambda: self.task is not None and bool(condition(self.task)), what)
        assert self.task is not None
        return self.task

    def reading(self, condition: Callable[[MigrationProgress], object], what: str) -> MigrationProgress:
        task = self.until(lambda task: task.migration is not None and condition(task.migration), what)
        assert task.migration is not None
        return task.migration

    def over(self) -> bool:
        return not self.follower.follows(UUID)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(follower, "PERIOD_S", 0.02)
    monkeypatch.setattr(follower, "LEFT_S", 0.2)
    monkeypatch.setattr(follower, "UNSEEN_S", 0.2)
    made = Scene()
    yield made
    made.follower.stop()


def test_somebody_elses_is_read_and_its_limits_with_it(scene: Scene) -> None:
    scene.follower.follow(UUID)
    reading = scene.reading(lambda reading: reading.downtime_limit, "its limits are read")
    assert (reading.source, reading.destination, reading.armed) == ("here", "", None)
    assert (reading.left, reading.downtime_limit, reading.bandwidth_limit) == (600 * MIB, 0.3, None)
    assert scene.shown[-1] == "migration out"
    scene.domain.speed = 8
    scene.follower.asked(UUID)
    scene.reading(lambda reading: reading.bandwidth_limit == 8.0 * MIB, "a lever makes them be read again")
    assert scene.lent == 1


def test_nothing_runs_while_nothing_moves(scene: Scene) -> None:
    before = threading.active_count()
    assert scene.lent == 0
    scene.follower.follow(UUID)
    scene.until(lambda task: True, "it is told")
    scene.follower.completed(UUID, MEMORY)
    scene.sink.until(lambda: threading.active_count() == before, "its thread is gone")
    asked = scene.domain.asked
    scene.follower.follow(UUID)
    scene.sink.until(lambda: scene.domain.asked > asked, "the next one is read, too")
    assert scene.lent == 2


def test_a_monitor_that_is_held_is_not_waited_for(scene: Scene) -> None:
    scene.follower.follow(UUID)
    last = scene.reading(lambda reading: reading.left, "it is read")
    scene.domain.control = HELD
    scene.until(lambda task: "busy" in task.detail, "that it is held is told")
    asked = scene.domain.asked
    threading.Event().wait(0.1)
    assert scene.domain.asked == asked
    held = scene.task
    assert held is not None
    assert held.migration is not None
    assert held.migration.left == last.left


def test_what_was_announced_and_never_came_is_forgotten(scene: Scene) -> None:
    scene.domain.figures = NOTHING
    scene.follower.follow(UUID)
    scene.sink.until(scene.over, "it is given up")
    assert scene.task is None


def test_one_that_ends_here_has_failed_or_was_cancelled(scene: Scene) -> None:
    """Only for a moment do its own statistics tell which."""
    scene.follower.follow(UUID)
    scene.until(lambda task: True, "it is read")
    scene.domain.figures = NOTHING
    failed = scene.until(lambda task: task.state is not TaskState.RUNNING, "its end")
    assert failed.state is TaskState.FAILED
    assert failed.failure is not None
    assert "still here" in failed.failure.message
    assert scene.shown[-1] == ""
    assert scene.over()


def test_a_cancel_is_told_from_a_failure(scene: Scene) -> None:
    scene.follower.follow(UUID)
    scene.until(lambda task: True, "it is read")
    asked = scene.domain.asked
    scene.domain.figures = {**MEMORY, "type": jobs.CANCELLED}
    scene.sink.until(lambda: scene.domain.asked > asked + 1, "that it is being cancelled")
    scene.domain.figures = NOTHING
    ended = scene.until(lambda task: task.state is not TaskState.RUNNING, "its end")
    assert (ended.state, ended.failure) == (TaskState.CANCELLED, None)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Aborted("cancelled", code="78"), TaskState.CANCELLED),
        (BackendFault("no way", code="9"), TaskState.FAILED),
        (Aborted("lost", code="1"), TaskState.FAILED),
    ],
)
def test_ours_ends_as_its_call_did(scene: Scene, error: NovaError, state: TaskState) -> None:
    scene.follower.lead(UUID, ("parallel",), "there")
    reading = scene.reading(lambda reading: reading.left, "it is read")
    assert (reading.armed, reading.destination) == (("parallel",), "there")
    assert scene.follower.armed(UUID) == ("parallel",)
    scene.domain.figures = NOTHING
    assert scene.follower.follows(UUID), "its call has not ended yet"
    scene.follower.led(UUID, error)
    ended = scene.until(lambda task: task.state is not TaskState.RUNNING, "its end")
    assert (ended.state, ended.failure) == (state, error.failure)


def test_one_that_was_refused_at_once_leaves_no_task(scene: Scene) -> None:
    scene.domain.figures = NOTHING
    scene.follower.lead(UUID, (), "")
    scene.follower.led(UUID, Conflict("no"))
    scene.sink.until(scene.over, "it is not followed")
    assert scene.task is None


def test_a_lost_connection_says_nothing_of_the_move(scene: Scene) -> None:
    scene.follower.lead(UUID, (), "")
    scene.reading(lambda reading: reading.left, "it is read")
    scene.follower.led(UUID, Unreachable("gone"))
    assert scene.task is not None
    assert scene.task.state is TaskState.RUNNING


def test_the_guest_has_left(scene: Scene) -> None:
    """Then nothing is known until the source has cleared up; the statistics of the end hold the real pause."""
    scene.follower.follow(UUID)
    scene.reading(lambda reading: reading.downtime_limit, "it is read")
    scene.domain.error = Conflict("domain is not running", code="55")
    scene.domain.at = [states.SHUTOFF, states.SHUTOFF_MIGRATED]
    task = scene.until(lambda task: task.migration and task.migration.phase == Phase.FINISHING, "it has left")
    assert task.state is TaskState.RUNNING
    assert task.cancellable is False
    last = scene.follower.completed(UUID, {**MEMORY, "downtime": 131, "data_remaining": 0})
    assert (last.downtime, last.left, last.phase, last.downtime_limit) == (0.131, 0, Phase.FINISHING, 0.3)
    assert scene.over()


@pytest.mark.parametrize(("gone", "state"), [(False, TaskState.DONE), (True, TaskState.UNKNOWN)])
def test_an_end_without_its_event(scene: Scene, gone: bool, state: TaskState) -> None:
    scene.follower.follow(UUID)
    scene.reading(lambda reading: reading.left, "it is read")
    scene.domain.at = RUNNING if gone else [states.SHUTOFF, states.SHUTOFF_MIGRATED]
    scene.domain.error = NotFound("domain not found", code="42")
    assert scene.until(lambda task: task.state is not TaskState.RUNNING, "its end").state is state


def test_a_guest_that_somebody_paused_is_no_switch(scene: Scene) -> None:
    scene.follower.follow(UUID)
    scene.reading(lambda reading: reading.downtime_limit, "its limits are known")
    scene.domain.at = STANDS
    paused = scene.reading(lambda reading: reading.guest_paused, "it stands still")
    assert paused.phase == Phase.MEMORY, "what is left would not fit in the pause that is allowed"
    scene.domain.figures = COMING_TO_ITS_END
    still = scene.reading(lambda reading: reading.left == MIB, "nearly all is sent")
    assert still.phase == Phase.MEMORY
    scene.domain.at = RUNNING
    scene.reading(lambda reading: reading.guest_paused is False, "it goes on")
    scene.domain.at = STANDS
    assert scene.reading(lambda reading: reading.guest_paused, "the switch").phase == Phase.SWITCHOVER
    scene.domain.figures = {**MEMORY, "data_remaining": 500 * MIB}
    more = scene.reading(lambda reading: reading.left == 500 * MIB, "what was changed until then is counted")
    assert more.phase == Phase.SWITCHOVER


def test_a_pause_of_ours_is_known_for_what_it_is(scene: Scene) -> None:
    scene.domain.figures = COMING_TO_ITS_END
    scene.follower.lead(UUID, ("post-copy",), "")
    scene.reading(lambda reading: reading.left, "it is read")
    scene.follower.asked(UUID, paused=True)
    scene.domain.at = STANDS
    assert scene.reading(lambda reading: reading.guest_paused, "it stands still").phase == Phase.MEMORY


def test_post_copy_is_asked_for_until_it_has_come(scene: Scene) -> None:
    scene.follower.lead(UUID, ("post-copy",), "")
    scene.reading(lambda reading: reading.left, "it is read")
    scene.follower.asked(UUID, post_copy=True)
    assert scene.reading(lambda reading: reading.requested, "it is asked for").phase == Phase.MEMORY
    scene.domain.at = [states.PAUSED, states.PAUSED_POST_COPY]
    task = scene.until(lambda task: task.migration and task.migration.phase == Phase.POST_COPY, "it has come")
    assert task.migration is not None
    assert task.migration.requested == ""
    assert task.cancellable is False


def test_preparing_has_no_figures_and_no_limits(scene: Scene) -> None:
    scene.domain.figures = PREPARING
    scene.follower.follow(UUID)
    reading = scene.reading(lambda reading: reading.phase == Phase.PREPARING, "it is prepared")
    assert (reading.left, reading.downtime_limit, reading.at is not None) == (None, None, True)
