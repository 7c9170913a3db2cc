"""Conformance of TaskSource and EventSource: work is followed, what happens is told once, with the right object."""

from __future__ import annotations

import time
from collections.abc import Callable

from novatui.backends.driver import EventSource, InventorySource, Session, TaskSource
from novatui.core.tasks import ENDED, Task, TaskState
from tests.conformance.base import Base, key_of, running
from tests.conformance.lab import Lab
from tests.conformance.legal import check_event, check_task
from tests.conformance.recording import PATIENCE, Recording


class WorkConformance(Base):
    def test_tasks_are_legal(self, loaded: Session) -> None:
        for task in self.role(loaded, TaskSource).tasks():
            check_task(task)

    def test_work_from_outside_is_seen(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        source = self.role(loaded, TaskSource)
        self.role(loaded, InventorySource).watch()
        vm = running(lab)[0]
        verb = lab.start_task(vm)
        task = _seen(source, sink, lambda task: task.verb == verb and task.state is TaskState.RUNNING, verb)
        check_task(task)
        assert task.key == key_of(sink, vm)
        assert task.started is not None

    def test_work_that_ends_is_told(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        source = self.role(loaded, TaskSource)
        self.role(loaded, InventorySource).watch()
        verb = lab.start_task(running(lab)[0])
        task = _seen(source, sink, lambda task: task.verb == verb, verb)
        _gone(source, sink, task)

    def test_events_are_legal(self, loaded: Session) -> None:
        events = self.role(loaded, EventSource).events(0.0)
        for event in events:
            check_event(event)
        assert len({event.id for event in events}) == len(events)

    def test_nothing_has_happened_in_the_future(self, loaded: Session) -> None:
        assert self.role(loaded, EventSource).events(time.time() + 3600) == []

    def test_a_change_from_outside_is_an_event(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        source = self.role(loaded, EventSource)
        self.role(loaded, InventorySource).watch()
        vm = running(lab)[0]
        name = key_of(sink, vm)
        begun = time.time()
        lab.set_power(vm, "off")
        deadline = time.monotonic() + PATIENCE
        found = [event for event in sink.events if event.key == name]
        while not found and time.monotonic() < deadline:
            time.sleep(0.1)
            found = [event for event in [*sink.events, *source.events(begun - 60)] if event.key == name]
        assert found, "no event names the machine"
        for event in found:
            check_event(event)
            assert event.subject == vm.name
        assert any(abs(event.seen - time.time()) < PATIENCE + 60 for event in found)

    def test_events_are_told_once(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        self.role(loaded, EventSource)
        self.role(loaded, InventorySource).watch()
        name = key_of(sink, running(lab)[0])
        lab.set_power(running(lab)[0], "off")
        sink.wait(lambda: sink.table[name].get("power") == "off", "the change")
        ids = [event.id for event in sink.events]
        assert len(set(ids)) == len(ids)


def _seen(source: TaskSource, sink: Recording, wanted: Callable[[Task], bool], what: str) -> Task:
    """The task once it is told by the sink or found by asking."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = [task for task in [*sink.tasks.values(), *source.tasks()] if wanted(task)]
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"still waiting for a task {what}")


def _gone(source: TaskSource, sink: Recording, task: Task) -> None:
    """Wait until the task is told to have ended, or is no longer found by asking."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told = sink.tasks.get(task.id)
        asked = {each.id: each for each in source.tasks()}
        latest = told if told is not None and told.state in ENDED else asked.get(task.id)
        if latest is None or latest.state in ENDED:
            return
        time.sleep(0.2)
    raise AssertionError(f"{task.verb} does not end")
