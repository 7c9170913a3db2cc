"""Jobs that others start: migrations, backups, block copies and saves are seen, followed, and their ends are told."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from novatui.core.migration import Fidelity
from novatui.core.tasks import Task, TaskState
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt_driver_probe import Probe, connected

pytestmark = pytest.mark.libvirt
pytest.importorskip("libvirt")


def found(probe: Probe, condition: Callable[[Task], bool], what: str) -> Task:
    """The first task like this, told by the sink or found by asking."""
    seen: list[Task] = []

    def look() -> bool:
        seen[:] = [task for task in [*probe.driver.tasks(), *probe.sink.told.values()] if condition(task)]
        return bool(seen)

    probe.sink.until(look, what)
    return seen[0]


def migrate(source: LibvirtHost, target: LibvirtHost, name: str, *options: str) -> subprocess.Popen[str]:
    command = ["virsh", "-q", "-c", source.uri, "migrate", "--live", "--p2p", *options, name, target.uri]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_migration_is_followed_on_both_hosts_to_its_end(make_libvirt_host: MakeHost) -> None:
    atlas, borea = make_libvirt_host("atlas"), make_libvirt_host("borea")
    atlas.start_guest(GuestSpec("traveller", memory_mib=192, dirty=(64, 16)))
    with connected(atlas.uri, "host", "vm") as here, connected(borea.uri, "host", "vm") as there:
        work = migrate(atlas, borea, "traveller", "--bandwidth", "16")
        key = here.sink.key_of("traveller")
        running = found(here, lambda task: task.migration is not None and bool(task.migration.rate), "the migration")
        assert (running.verb, running.native_verb, running.key) == ("migrate", "migration out", key)
        assert running.state is TaskState.RUNNING
        assert running.progress is None, "libvirt states no percentage"
        migration = running.migration
        assert migration is not None
        assert migration.fidelity is Fidelity.FULL
        assert migration.total
        assert migration.left is not None
        assert migration.rate is not None
        assert migration.iteration is not None
        assert migration.elapsed is not None
        assert here.sink.named("traveller")["job"] == "migration out"

        coming = found(there, lambda task: task.native_verb == "migration in", "the arrival")
        assert coming.key == key, "the same uuid on both hosts"
        assert there.sink.named("traveller")["power"] == "migrating"

        again = found(here, lambda task: task.state is TaskState.RUNNING, "the same task")
        assert again.id == running.id
        atlas.virsh("migrate-setspeed", "traveller", "1000")
        here.sink.until(lambda: bool(here.driver.tasks()) and work.poll() is not None, "virsh is done")
        assert work.returncode == 0, work.communicate()[0]
        done = found(here, lambda task: task.id == running.id and task.state is TaskState.DONE, "its end")
        assert done.migration is not None
        assert done.migration.downtime is not None
        assert done.ended is not None
        arrived = found(there, lambda task: task.id == coming.id and task.state is TaskState.DONE, "the arrival's end")
        assert arrived.key == key
        there.sink.until(lambda: there.sink.named("traveller").get("power") == "running", "it runs over there")
        here.sink.until(lambda: here.sink.named("traveller").get("power") == "off", "it is off here")
        assert here.sink.named("traveller")["job"] == ""
        assert "lifecycle.stopped" in here.sink.event_types()
        assert "job-completed" in here.sink.event_types()


def test_a_migration_under_way_is_met_on_connecting(make_libvirt_host: MakeHost) -> None:
    atlas, borea = make_libvirt_host("atlas"), make_libvirt_host("borea")
    atlas.start_guest(GuestSpec("traveller", memory_mib=192, dirty=(64, 32)))
    with connected(atlas.uri, "host", "vm") as first:
        work = migrate(atlas, borea, "traveller", "--bandwidth", "4")
        before = found(first, lambda task: task.migration is not None and bool(task.migration.sent), "the migration")
    try:
        with connected(atlas.uri, "host", "vm") as probe, connected(borea.uri, "host", "vm") as there:
            met = found(probe, lambda task: task.native_verb == "migration out", "the migration that runs")
            assert met.started == pytest.approx(before.started, abs=5)
            found(there, lambda task: task.native_verb == "migration in", "the arrival")
            atlas.virsh("domjobabort", "traveller")
            ended = found(probe, lambda task: task.id == met.id and task.state is not TaskState.RUNNING, "its end")
            assert ended.state in {TaskState.CANCELLED, TaskState.FAILED}
            if ended.failure is not None:
                assert "still here" in ended.failure.message
            never = found(there, lambda task: task.state is TaskState.FAILED, "the end of the arrival")
            assert never.failure is not None
            assert probe.sink.named("traveller")["power"] == "running"
    finally:
        work.terminate()
        work.communicate()


def test_a_backup_is_told(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.start_guest(GuestSpec("kept", boot="none", memory_mib=64, disk_mib=64), wait=False)
    with connected(host.uri, "host", "vm") as probe:
        host.virsh("backup-begin", "kept")
        done = found(probe, lambda task: task.verb == "backup" and task.state is TaskState.DONE, "the backup")
        assert done.key == probe.sink.key_of("kept")
        assert done.target == "kept"
        probe.sink.until(lambda: "job-completed" in probe.sink.event_types(), "its event")


def test_a_block_copy_is_followed(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.start_guest(GuestSpec("copied", boot="none", memory_mib=64, disk_mib=64), wait=False)
    target = host.images / "copy.qcow2"
    with connected(host.uri, "host", "vm") as probe:
        host.virsh("blockcopy", "copied", "vda", str(target), "--transient-job")
        running = found(probe, lambda task: task.verb == "copy", "the copy")
        assert running.native_verb == "block copy"
        assert running.state is TaskState.RUNNING
        assert "vda" in running.detail
        host.virsh("blockjob", "copied", "vda", "--abort")
        ended = found(probe, lambda task: task.id == running.id and task.state is not TaskState.RUNNING, "its end")
        assert ended.state is TaskState.CANCELLED
        assert any(event.native_type == "block-job" for event in probe.sink.events)


def test_a_save_is_told(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.start_guest(GuestSpec("sleeper", boot="none", memory_mib=64), wait=False)
    with connected(host.uri, "host", "vm") as probe:
        host.virsh("managedsave", "sleeper")
        saved = found(probe, lambda task: task.native_verb == "save", "the save")
        assert saved.verb == "suspend"
        probe.sink.until(lambda: probe.sink.named("sleeper").get("power") == "suspended", "it is suspended")
        assert saved.migration is None


def test_many_quiet_machines_cost_little(make_mock_fleet: Callable[[int], str]) -> None:
    """The mock driver has no jobs at all: that is asked once, not once for each machine and poll."""
    with connected(make_mock_fleet(200), "host", "vm") as probe:
        for _ in range(3):
            assert probe.driver.tasks() == []
        assert probe.sink.counts["jobStats"] == 1


def test_the_sweep_over_all_machines_goes_round(make_libvirt_host: MakeHost) -> None:
    """Machines that nothing speaks of are asked in turn; every one comes up."""
    host = make_libvirt_host()
    for number in range(3):
        host.start_guest(GuestSpec(f"quiet{number}", boot="none", memory_mib=32), wait=False)
    with connected(host.uri, "host", "vm") as probe:

        def asked() -> set[str]:
            probe.driver.tasks()
            told = [call.arguments for call in host.api_calls() if call.function == "virDomainGetJobStats"]
            return {name for name in ("quiet0", "quiet1", "quiet2") if any(name in text for text in told)}

        probe.sink.until(lambda: len(asked()) == 3, "each machine is asked for its job")
