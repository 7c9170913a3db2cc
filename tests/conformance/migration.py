"""Conformance of migrations: one that moves, is followed, steered, broken off; in none of it is the machine lost.

A family's file is a lab with two hosts and a class:

    class TestMigration(MigrationConformance):
        @pytest.fixture
        def served(self, tmp_path): return SomeMigrationLab(tmp_path)
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import pytest

from novatui.backends.driver import MigrationControl, Session, TaskSource
from novatui.backends.registry import driver_class
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Conflict, NotFound, NotSupported, NovaError
from novatui.core.migration import Fidelity, MigrationProgress, Phase
from novatui.core.operations import Plan
from novatui.core.tasks import ENDED, Task, TaskState
from novatui.core.verbs import VERBS
from tests.conformance.controls import NEVER, Bench, Gate, check_plan
from tests.conformance.legal import check_failure
from tests.conformance.recording import PATIENCE

LEVERS: Mapping[str, dict[str, str]] = {
    "migrate.bandwidth": {"bandwidth": str(900 << 20)},
    "migrate.downtime": {"downtime": "2000"},
    "migrate.postcopy": {},
    "migrate.pause": {},
}

ORDER = (
    Phase.PREPARING, Phase.DISK, Phase.MEMORY, Phase.SWITCHOVER, Phase.POST_COPY, Phase.FINISHING,
)  # fmt: skip

LOOK_S = 0.1


class MigrationLab(ABC):
    """A served pair of hosts. Each test has its own, or one that is as it was."""

    spec: ConnectionSpec
    """Of the source."""
    secrets: Mapping[str, str] = {}

    @abstractmethod
    def traveller(self, *, endless: bool) -> tuple[str, dict[str, str]]:
        """Key of a running machine, and arguments of `migrate.live` with which it moves soon; or, `endless`, with
        which it does not end by itself but does when a lever or a cancel is used."""

    @abstractmethod
    def where(self, key: str) -> list[str]:
        """On which of the hosts it runs, by their own word: `source`, `destination`."""

    def applied(self) -> int | None:
        """Changing calls by the server's own log; None when it keeps none."""
        return None

    def start_foreign(self, key: str, arguments: Mapping[str, str]) -> bool:
        """Let somebody else start the same; False when the lab cannot."""
        return False


class Voyage(Bench):
    """A bench on which a plan may run for long, and what is told of it meanwhile."""

    key = ""

    def traveller(self, *, endless: bool) -> tuple[str, dict[str, str]]:
        """The machine that moves; what is told of others does not count."""
        self.key, arguments = self.lab.traveller(endless=endless)  # type: ignore[attr-defined]
        return self.key, arguments

    def start(self, plan: Plan) -> None:
        """Carry it out, in a thread of its own."""
        self.error: list[NovaError] = []

        def go() -> None:
            try:
                self.run(plan)
            except NovaError as error:
                self.error.append(error)

        self.thread = threading.Thread(target=go, daemon=True)
        self.thread.start()

    def join(self) -> NovaError | None:
        self.thread.join(PATIENCE * 2)
        assert not self.thread.is_alive(), self.seen[-1:]
        return self.error[0] if self.error else None

    @property
    def seen(self) -> list[Task]:
        """All that was told of its migration, oldest first, without repetitions."""
        told = [task for task in list(self.sink.told_tasks) if task.migration is not None and task.key == self.key]
        return [task for number, task in enumerate(told) if number == 0 or task != told[number - 1]]

    def until(self, condition: Callable[[Task], object], what: str) -> Task:
        """The first word that fits; tasks that are polled are told as the worker would tell them."""
        end = time.monotonic() + PATIENCE * 2
        while True:
            for task in self.driver.tasks():
                self.sink.task(time.monotonic(), task)
            for task in self.seen:
                if condition(task):
                    return task
            assert time.monotonic() < end, f"{what} never came; the last of {len(self.seen)}: {self.seen[-1:]}"
            time.sleep(LOOK_S)


class MigrationConformance:
    """Subclass it as `Test…` with a fixture `served`."""

    lacks: ClassVar[Mapping[str, str]] = {}
    """Operations of the noun `migrate` that the driver does not have, with the reason; their tests are skipped."""

    @pytest.fixture
    def served(self) -> MigrationLab:
        raise NotImplementedError

    @pytest.fixture
    def voyage(self, served: Any) -> Iterator[Voyage]:
        made: Any = driver_class(served.spec.driver)
        sink = Gate(made.READING)
        driver: Session = made(served.spec, served.secrets, sink)
        driver.connect()
        voyage = Voyage(served, driver, sink)
        voyage.load()
        driver.watch()  # type: ignore[attr-defined]
        yield voyage
        driver.close()

    def offered(self, voyage: Voyage, verb: str) -> None:
        """The test is skipped where the operation is not offered, with the declared reason."""
        if verb not in voyage.driver.offers():
            assert verb in self.lacks, f"{verb} is not offered, and the family does not say why"
            pytest.skip(f"{verb}: {self.lacks[verb]}")

    def test_it_has_the_roles(self, voyage: Voyage) -> None:
        assert isinstance(voyage.driver, MigrationControl)
        assert isinstance(voyage.driver, TaskSource)
        assert "migrate.live" in voyage.driver.offers()

    def test_a_plan_changes_nothing(self, voyage: Voyage) -> None:
        key, arguments = voyage.traveller(endless=False)
        before, applied = voyage.driver.fingerprint(key), voyage.lab.applied()
        plan = voyage.plan("migrate.live", key, arguments)
        check_plan(plan, voyage.lab.spec.name)
        assert any(call.long for call in plan.calls), "a move takes as long as it takes"
        assert voyage.driver.fingerprint(key) == before
        assert voyage.sink.changing == []
        assert voyage.lab.applied() == applied
        assert plan.inverse is None or plan.inverse.verb == "migrate.live"
        assert plan.inverse or plan.irreversible
        with pytest.raises(NotFound):
            voyage.plan("migrate.live", f"{key.partition(':')[0]}:{NEVER}", arguments)

    @pytest.mark.parametrize("verb", LEVERS)
    def test_no_lever_where_nothing_moves(self, voyage: Voyage, verb: str) -> None:
        self.offered(voyage, verb)
        assert VERBS[verb].lever
        key, _ = voyage.traveller(endless=False)
        with pytest.raises(NovaError) as refused:
            voyage.plan(verb, key, LEVERS[verb])
        check_failure(refused.value.failure)
        assert isinstance(refused.value, Conflict | NotSupported)

    def test_it_moves_and_is_followed(self, voyage: Voyage) -> None:
        key, arguments = voyage.traveller(endless=False)
        assert voyage.lab.where(key) == ["source"]
        voyage.start(voyage.plan("migrate.live", key, arguments))
        assert voyage.join() is None
        end = voyage.until(lambda task: task.state in ENDED, "its end")
        assert voyage.lab.where(key) == ["destination"]
        assert (end.state, end.verb, end.key) == (TaskState.DONE, "migrate", key)
        assert len({task.id for task in voyage.seen}) == 1
        for task in voyage.seen:
            assert task.migration
            check_reading(task.migration)
            assert task.progress is None or task.migration.fidelity is Fidelity.PERCENT
        check_order([task.migration for task in voyage.seen if task.migration])

    def test_it_is_cancelled_and_stays(self, voyage: Voyage) -> None:
        self.offered(voyage, "task.cancel")
        key, arguments = voyage.traveller(endless=True)
        voyage.start(voyage.plan("migrate.live", key, arguments))
        task = voyage.until(lambda task: task.cancellable and task.state is TaskState.RUNNING, "it runs")
        voyage.run(voyage.plan("task.cancel", key, {"task": task.id}))
        assert voyage.join() is not None, "the call of a move that was cancelled does not end well"
        end = voyage.until(lambda task: task.state in ENDED, "its end")
        assert end.state is TaskState.CANCELLED
        assert voyage.lab.where(key) == ["source"]

    @pytest.mark.parametrize("verb", ["migrate.bandwidth", "migrate.downtime", "migrate.pause"])
    def test_a_lever_lets_it_end(self, voyage: Voyage, verb: str) -> None:
        self.offered(voyage, verb)
        key, arguments = voyage.traveller(endless=True)
        voyage.start(voyage.plan("migrate.live", key, arguments))
        voyage.until(lambda task: task.migration and (task.migration.iteration or 0) >= 2, "it goes over it again")
        lever = LEVERS[verb] | ({"downtime": "30000"} if verb == "migrate.downtime" else {})
        plan = voyage.plan(verb, key, lever)
        check_plan(plan, voyage.lab.spec.name)
        assert not any(call.long for call in plan.calls)
        voyage.run(plan)
        assert voyage.join() is None
        assert voyage.lab.where(key) == ["destination"]

    def test_one_that_is_not_armed_cannot_switch(self, voyage: Voyage) -> None:
        self.offered(voyage, "migrate.postcopy")
        key, arguments = voyage.traveller(endless=True)
        voyage.start(voyage.plan("migrate.live", key, arguments))
        task = voyage.until(lambda task: task.migration and task.migration.left, "it runs")
        assert task.migration
        assert "post-copy" not in (task.migration.armed or ())
        with pytest.raises(NovaError) as refused:
            voyage.plan("migrate.postcopy", key, {})
        check_failure(refused.value.failure)
        voyage.run(voyage.plan("task.cancel", key, {"task": task.id}))
        voyage.join()

    def test_somebody_elses_appears_by_itself(self, voyage: Voyage) -> None:
        key, arguments = voyage.traveller(endless=True)
        if not voyage.lab.start_foreign(key, arguments):
            pytest.skip("the lab has nobody else who could start one")
        task = voyage.until(lambda task: task.state is TaskState.RUNNING and task.key == key, "it appears")
        voyage.run(voyage.plan("task.cancel", key, {"task": task.id}))
        end = voyage.until(lambda task: task.state in ENDED, "its end")
        assert end.state in {TaskState.CANCELLED, TaskState.FAILED}
        assert voyage.lab.where(key) == ["source"]


def check_reading(reading: MigrationProgress) -> None:
    """It claims nothing that cannot be."""
    assert reading.at is not None
    assert reading.phase in {"", *ORDER}
    for part, whole in (("left", "total"), ("memory_left", "memory_total"), ("disk_left", "disk_total")):
        some, all_of_it = getattr(reading, part), getattr(reading, whole)
        assert some is None or some >= 0
        assert some is None or all_of_it is None or some <= all_of_it
    if reading.fidelity in {Fidelity.PERCENT, Fidelity.NONE}:
        assert reading.left is None
        assert reading.rate is None


def check_order(readings: list[MigrationProgress]) -> None:
    """Time goes on, phases do not come back, and the last reading has the pause that was measured where figures are."""
    assert readings
    times = [reading.at for reading in readings if reading.at is not None]
    assert times == sorted(times)
    phases = [ORDER.index(Phase(reading.phase)) for reading in readings if reading.phase]
    assert phases == sorted(phases), [reading.phase for reading in readings]
    if readings[-1].fidelity is Fidelity.FULL:
        assert readings[-1].downtime is not None
