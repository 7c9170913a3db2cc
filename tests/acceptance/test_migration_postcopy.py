"""Post-copy between two hosts of root as a person uses it: armed and switched by commands, and by keys."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from novatui.actions.journal import read
from novatui.core.tasks import TaskState
from novatui.engine.migration_book import MigrationBook
from novatui.engine.migration_record import Record
from tests.acceptance.moving_pair import LONG, NAME, Pair, check_percent, sent_away
from tests.acceptance.test_migrations_keys import Person
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.rootful import BRIDGE, RootfulPair
from tests.lab.libvirt.witness import next_whole_lap

pytest.importorskip("libvirt", reason="libvirt's Python binding is not installed")
pytestmark = [pytest.mark.libvirt, pytest.mark.long, pytest.mark.timeout(600)]

SWITCHED = ["virDomainMigrateToURI3", "virDomainMigrateStartPostCopy", "virDomainMigrateSetMaxSpeed"]


class Roots(Pair):
    """The two, and the guest that writes more than 8 MiB a second can follow. From the switch on it is sent slowly."""

    def __init__(self, lab: RootfulPair, folder: Path) -> None:
        super().__init__(lab.first, lab.second, folder, migrate_uri=lab.second.tcp_uri)
        spec = GuestSpec(NAME, bridge=BRIDGE, memory_mib=192, dirty=(64, 64), witness=(8, 0))
        self.traveller = self.here.start_guest(spec)
        self.first_lap = next_whole_lap(self.here, self.traveller)
        command = ["virsh", "-c", self.here.uri, "event", "--event", "job-completed"]
        self.listening = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        """Ends with the first job that does, and tells its statistics."""

    def slow_after_the_switch(self) -> None:
        """There is time to look at it then; libvirt takes this only once it moves."""
        self.here.virsh("migrate-setspeed", NAME, "1", "--postcopy")

    def check_switched(self) -> int:
        """Journal and libvirt's log agree, and the guest runs there with its memory whole. How often post-copy was
        asked for, by libvirt's statistics."""
        journal = [line.body for line in read(self.folder / "home" / "state" / "journal.jsonl")]
        assert [line["call"] for line in journal if line["event"] == "call"] == SWITCHED
        assert [line["outcome"] for line in journal if line["event"] == "end"] == ["done"] * len(SWITCHED)
        switches = [call for call in self.here.api_calls() if call.function == "virDomainMigrateStartPostCopy"]
        assert len(switches) == 1
        assert sent_away(self.here) == [NAME]
        assert self.where() == ["there"]
        lap = next_whole_lap(self.here, self.traveller)
        assert lap.memory_wrong == 0
        assert lap.memory == self.first_lap.memory
        statistics = self.listening.communicate(timeout=LONG)[0]
        found = re.search(r"postcopy_requests: (\d+)", statistics)
        assert found, statistics
        return int(found[1])

    def record(self) -> Record:
        """What was kept of it; one migration is one record."""
        [one] = MigrationBook(self.folder / "home" / "state" / "migrations").load()
        return one


@pytest.fixture
def roots(tmp_path: Path) -> Iterator[Roots]:
    with or_skip(RootfulPair().__enter__) as lab:
        made = Roots(lab, tmp_path)
        yield made
        made.listening.kill()
        made.listening.wait()


def test_by_commands(roots: Roots) -> None:
    with roots.migrating("--post-copy", "--bandwidth", "8M") as moving:
        armed = moving.moves()["progress"]["armed"]
        assert "post-copy" in armed
        roots.slow_after_the_switch()
        answer = roots.steer("set", "--post-copy")
        assert answer.code == 0, answer.err
        switched = moving.until(lambda line: line["progress"].get("phase") == "post-copy", "it has switched")
        assert "percent" not in switched
        refused = roots.steer("cancel")
        assert refused.code != 0, "there is no way back"
        assert moving.process.poll() is None
        faster = roots.steer("set", "--bandwidth", "900M")
        assert faster.code == 0, faster.err
        assert moving.code() == 0, moving.said()
    check_percent(moving.told)
    assert roots.check_switched() > 0


def test_by_keys(roots: Roots) -> None:
    with Person(roots) as person:
        person.ready()
        person.press("m", "l")
        person.wait_for("led by")
        person.wait_for("on there")
        person.press(*["\t"] * 8, *"  ", "\t", *"8M")
        person.press("\r")
        person.agree("VIR_MIGRATE_POSTCOPY")
        person.until(lambda: "memory" in person.rows()[0], "its memory is sent")
        roots.slow_after_the_switch()
        person.press("3")
        person.agree("virDomainMigrateStartPostCopy")
        person.until(lambda: "post-copy" in person.rows()[0], "it has switched")
        person.wait_for("bandwidth limit 1.0M/s")
        person.until(lambda: "4   bandwidth" in person.text, "more bandwidth is a way out")
        person.press("4")
        person.agree("virDomainMigrateSetMaxSpeed")
        person.wait_for("1 done today", LONG)
        person.press("q")
        assert person.quit() == 0
    asked = roots.check_switched()
    record = roots.record()
    assert record.state is TaskState.DONE
    assert record.last.post_copy_requests == asked > 0
    assert "post-copy" in (record.last.armed or ())
    assert [used.verb for used in record.used] == ["migrate.postcopy", "migrate.bandwidth"]
    assert any("post-copy" in step.text for step in record.steps if step.kind == "phase"), record.steps
