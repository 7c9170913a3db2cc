"""Job statistics as tasks: phases, ends, and figures that are never invented."""

from __future__ import annotations

from novatui.backends.libvirt import control, jobs, movefigures, states
from novatui.backends.libvirt.taskbook import TaskBook
from novatui.core.migration import Fidelity, MigrationProgress, Phase
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


RUNNING = (states.RUNNING, 1)
STANDS = (states.PAUSED, states.PAUSED_MIGRATION)


def reading(figures: dict, state: tuple[int, int] = RUNNING, *, by_hand: bool = False) -> MigrationProgress:
    known = MigrationProgress(source="here", destination="there", armed=("parallel",), requested="post-copy")
    return movefigures.leaving(figures, state, at=9.0, known=known, by_hand=by_hand)


def task(figures: dict) -> Task:
    kind = jobs.operation(figures)
    migration = reading(figures) if kind == jobs.MIGRATION_OUT else None
    migration = movefigures.arriving("here") if kind == jobs.MIGRATION_IN else migration
    return jobs.running_task("id", "vm:x", "x", figures, 1.0, migration)


def test_a_migration_is_told_in_full() -> None:
    migration = task(MEMORY).migration
    assert migration is not None
    assert (migration.source, migration.destination) == ("here", "there")
    assert (migration.armed, migration.at) == (("parallel",), 9.0)
    assert (migration.phase, migration.fidelity) == ("memory", Fidelity.FULL)
    assert (migration.total, migration.sent, migration.left) == (201859072, 31969265, 157454336)
    assert (migration.rate, migration.dirty_rate) == (8414549.0, 409600.0)
    assert (migration.iteration, migration.throttle) == (3, 20)
    assert (migration.downtime, migration.elapsed) == (0.3, 4.13)


def test_a_migration_has_no_percentage() -> None:
    """What was sent contains pages sent again, so it is no progress, and libvirt states none."""
    assert task(MEMORY).progress is None


def test_phases() -> None:
    """libvirt gives a guest that somebody paused and one that stands still for the switch the same reason."""
    post_copy = (states.PAUSED, states.PAUSED_POST_COPY)
    assert reading({"operation": 5, "data_total": 0}).phase == Phase.PREPARING
    assert reading({"operation": 5}).phase == Phase.PREPARING
    assert reading({"operation": 5, "data_total": 9, "disk_total": 9}).phase == Phase.DISK
    assert reading(MEMORY | {"disk_total": 9}).phase == Phase.MEMORY
    assert reading(MEMORY, STANDS).phase == Phase.SWITCHOVER
    assert reading(MEMORY, STANDS, by_hand=True).phase == Phase.MEMORY
    assert reading(MEMORY, STANDS, by_hand=True).guest_paused is True
    assert reading(MEMORY, post_copy).phase == Phase.POST_COPY
    assert reading(MEMORY, post_copy).guest_paused is False
    assert reading(MEMORY, post_copy).requested == ""
    assert reading(MEMORY).requested == "post-copy"


def test_only_before_the_switch_can_it_be_cancelled() -> None:
    assert task(MEMORY).cancellable is True
    for phase in (Phase.POST_COPY, Phase.FINISHING):
        gone = jobs.running_task("id", "vm:x", "x", MEMORY, 1.0, MigrationProgress(phase=phase))
        assert gone.cancellable is False


def test_zeros_before_anything_is_sent_are_no_figures() -> None:
    before = reading(dict.fromkeys(MEMORY, 0) | {"operation": 5, "time_elapsed": 900})
    assert (before.left, before.total, before.iteration, before.rate) == (None, None, None, None)
    assert (before.elapsed, before.fidelity) == (0.9, Fidelity.FULL)


def test_disk_and_memory_are_apart_and_compression_is_a_share() -> None:
    parts = {"memory_remaining": 5, "memory_processed": 7, "disk_total": 90, "disk_remaining": 80, "disk_bps": 3}
    packed = {"compression_pages": 10, "compression_bytes": 4096}
    told = reading(MEMORY | parts | packed)
    assert (told.memory_left, told.memory_sent, told.memory_total) == (5, 7, 201859072)
    assert (told.disk_left, told.disk_total, told.disk_rate) == (80, 90, 3.0)
    assert told.rate == 8414549.0 + 3
    assert told.compression == 0.1
    assert reading(MEMORY | packed | {"compression_pages": 0}).compression is None


def test_the_last_reading_keeps_what_figures_do_not_tell() -> None:
    last = reading(MEMORY, STANDS)
    end = movefigures.finished(last, MEMORY | {"downtime": 131, "data_remaining": 0}, "here", 12.0)
    assert (end.phase, end.downtime, end.left, end.at) == (Phase.FINISHING, 0.131, 0, 12.0)
    assert (end.armed, end.destination, end.requested) == (("parallel",), "there", "")
    assert movefigures.finished(None, {}, "here", 1.0).source == "here"


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
    book.put("u", jobs.running_task(first, "vm:u", "u", MEMORY, started))
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
