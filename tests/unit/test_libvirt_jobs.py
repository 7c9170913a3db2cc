"""Job statistics as tasks: phases, ends, and figures that are never invented."""

from __future__ import annotations

from novatui.backends.libvirt import control, jobs
from novatui.backends.libvirt.taskbook import TaskBook
from novatui.core.migration import Fidelity
from novatui.core.tasks import Task, TaskState

MEMORY = {
    "type": jobs.UNBOUNDED,
    "operation": jobs.MIGRATION_OUT,
    "time_elapsed": 4130,
    "data_total": 201859072,
    "data_processed": 31969265,
    "data_remaining": 157454336,
    "memory_total": 201859072,
    "memory_bps": 8414549,
    "memory_dirty_rate": 100,
    "memory_page_size": 4096,
    "memory_iteration": 3,
    "auto_converge_throttle": 20,
    "downtime": 300,
}


def task(figures: dict, *, post_copy: bool = False) -> Task:
    return jobs.running_task("id", "vm:x", "x", "here", figures, 1.0, post_copy=post_copy)


def test_a_migration_is_told_in_full() -> None:
    migration = task(MEMORY).migration
    assert migration is not None
    assert (migration.source, migration.destination) == ("here", "")
    assert (migration.phase, migration.fidelity) == ("memory", Fidelity.FULL)
    assert (migration.total, migration.sent, migration.left) == (201859072, 31969265, 157454336)
    assert (migration.rate, migration.dirty_rate) == (8414549.0, 409600.0)
    assert (migration.iteration, migration.throttle) == (3, 20)
    assert (migration.downtime, migration.elapsed) == (0.3, 4.13)


def test_a_migration_has_no_percentage() -> None:
    """What was sent contains pages sent again, so it is no progress, and libvirt states none."""
    assert task(MEMORY).progress is None


def test_phases() -> None:
    assert task({"operation": 5, "data_total": 0}).migration.phase == "preparing"
    assert task({"operation": 5}).migration.phase == "preparing"
    assert task({"operation": 5, "data_total": 9, "disk_total": 9}).migration.phase == "disk"
    assert task(MEMORY | {"disk_total": 9}).migration.phase == "memory"
    assert task(MEMORY, post_copy=True).migration.phase == "post-copy"
    assert task(MEMORY, post_copy=True).cancellable is False
    assert task(MEMORY).cancellable is True


def test_the_target_of_a_migration_knows_that_it_comes_and_no_more() -> None:
    coming = task({"operation": jobs.MIGRATION_IN})
    assert (coming.verb, coming.native_verb) == ("migrate", "migration in")
    assert (coming.migration.phase, coming.migration.fidelity) == ("", Fidelity.NONE)
    assert (coming.migration.source, coming.migration.destination) == ("", "here")
    assert coming.migration.left is None


def test_each_missing_figure_is_unknown() -> None:
    for name in MEMORY:
        if name in {"type", "operation"}:
            continue
        migration = task({key: value for key, value in MEMORY.items() if key != name}).migration
        whole = task(MEMORY).migration
        assert migration is not None
        assert whole is not None
        for field in ("total", "sent", "left", "rate", "dirty_rate", "iteration", "throttle", "downtime", "elapsed"):
            assert getattr(migration, field) in {None, getattr(whole, field)}


def test_a_backup_has_a_percentage() -> None:
    backup = task({"operation": jobs.BACKUP, "disk_total": 200, "disk_processed": 50})
    assert (backup.verb, backup.progress, backup.migration) == ("backup", 25.0, None)
    assert task({"operation": jobs.BACKUP, "disk_total": 0, "disk_processed": 0}).progress is None


def test_how_jobs_end() -> None:
    assert jobs.outcome({"type": jobs.COMPLETED}) == (TaskState.DONE, None)
    assert jobs.outcome({"type": jobs.CANCELLED})[0] is TaskState.CANCELLED
    failed, failure = jobs.outcome({"success": False, "errmsg": "no space"})
    assert failed is TaskState.FAILED
    assert failure is not None
    assert failure.message == "no space"
    assert jobs.outcome({"success": True, "operation": 9})[0] is TaskState.DONE
    assert jobs.outcome({"operation": 5, "downtime": 3})[0] is TaskState.DONE
    assert jobs.outcome({})[0] is TaskState.UNKNOWN


def test_a_newer_kind_of_job_is_shown_as_it_is() -> None:
    newer = task({"operation": 99})
    assert (newer.verb, newer.native_verb) == ("operation 99", "operation 99")


def test_one_job_keeps_one_id() -> None:
    book = TaskBook()
    first, started = book.identify("u", 5, 1000.0)
    book.put("u", jobs.running_task(first, "vm:u", "u", "here", MEMORY, started))
    assert book.identify("u", 5, 1001.2) == (first, 1000.0), "the start is told as a time elapsed, and wavers"
    assert book.identify("u", 5, 1500.0)[0] != first
    assert book.identify("u", 9, 1000.0)[0] != first
    assert book.identify("other", 5, 1000.0)[0] != first
    assert book.busy() == {"u"}
    book.end(book.running("u")[0], TaskState.DONE, None)
    assert book.busy() == set()
    assert [each.state for each in book.tasks()] == [TaskState.DONE]
    assert book.identify("u", 5, 1000.0)[0] == first, "an ended job may be met again and is the same"


def test_a_monitor_that_is_held_for_long_is_told() -> None:
    assert control.monitor_trouble([control.JOB, 0, 265080]) == "busy 265 s"
    assert control.monitor_trouble([control.OCCUPIED, 0, 4000]) == "busy 4 s"
    assert control.monitor_trouble([control.JOB, 0, 20]) == ""
    assert control.monitor_trouble([control.OK, 0, 0]) == ""
    assert control.monitor_trouble([control.ERROR, 2, 0]) == "the monitor is broken"
    assert control.monitor_trouble([control.ERROR, 9, 0]) == "error"
    assert control.monitor_trouble(None) == ""
    assert control.is_free([control.OK, 0, 0])
    assert not control.is_free([control.JOB, 0, 5])
    assert not control.is_free(None)
