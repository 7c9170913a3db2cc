"""The task store: newest record of each task, live ones first, few of the past."""

from __future__ import annotations

from novatui.core.tasks import Task, TaskState
from novatui.engine.task_store import PAST, TaskStore
from novatui.wire import frames

RUNNING, DONE = TaskState.RUNNING, TaskState.DONE


def put(
    store: TaskStore, id: str, state: TaskState = RUNNING, *, begun: float = 1.0, conn: str = "c1", **more: object
) -> bool:
    task = Task(id=id, verb="start", state=state, **more)  # type: ignore[arg-type]
    return store.apply(frames.TaskUpdate(conn, 1, begun, task), begun)


def ids(store: TaskStore) -> list[str]:
    return [tracked.task.id for tracked in store.tasks()]


def test_a_later_record_replaces_an_earlier_one_and_never_the_other_way() -> None:
    store = TaskStore()
    assert put(store, "1", progress=10.0, begun=1)
    assert put(store, "1", DONE, begun=3)
    assert not put(store, "1", progress=50.0, begun=2)
    found = store.get("c1", "1")
    assert found is not None
    assert found.task.state is DONE
    assert put(store, "1", conn="c2")
    assert len(store.tasks()) == 2


def test_the_same_record_again_changes_nothing() -> None:
    store = TaskStore()
    put(store, "1", progress=10.0)
    version = store.version
    assert not put(store, "1", progress=10.0, begun=2)
    assert store.version == version


def test_live_tasks_come_first_and_then_the_latest_ended() -> None:
    store = TaskStore()
    put(store, "old end", DONE, started=1.0, ended=100.0)
    put(store, "new end", DONE, started=2.0, ended=200.0)
    put(store, "waits", TaskState.QUEUED, started=5.0)
    put(store, "runs", started=50.0, key="vm:1")
    put(store, "failed", TaskState.FAILED, started=150.0)
    put(store, "no time", TaskState.CANCELLED, ended=float("nan"))
    assert ids(store) == ["runs", "waits", "new end", "failed", "old end", "no time"]
    assert [t.task.id for t in store.running()] == ["runs", "waits"]
    assert [t.task.id for t in store.of("c1", "vm:1")] == ["runs"]


def test_only_the_past_is_forgotten_and_the_oldest_of_it() -> None:
    store = TaskStore()
    put(store, "live", started=0.0)
    for at in range(PAST + 10):
        put(store, f"t{at}", DONE, ended=float(at + 1))
    assert len(store.tasks()) == PAST + 1
    assert ids(store)[:2] == ["live", f"t{PAST + 9}"]
    version = store.version
    assert not put(store, "t0", DONE, ended=1.0, begun=9), "told again, and forgotten again"
    assert (len(store.tasks()), store.version) == (PAST + 1, version)


def test_tasks_of_a_lost_connection_are_unknown_until_read_again() -> None:
    store = TaskStore()
    put(store, "1")
    put(store, "2", DONE)
    put(store, "3", conn="c2")
    assert store.interrupt("c1")
    assert not store.interrupt("c1")
    states = {tracked.task.id: tracked.task.state for tracked in store.tasks()}
    assert states == {"1": TaskState.UNKNOWN, "2": DONE, "3": RUNNING}
    assert put(store, "1", begun=2)
    assert {tracked.task.id for tracked in store.running()} == {"1", "3"}
