"""A recorded migration of Proxmox VE, of which only the lines of a task log tell, replayed through the watch.

The recording is no part of the repository: it lies in `shared/data/proxmox` beside it, or where NOVATUI_SHARED says.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from novatui.core.migration import Fidelity, MigrationProgress, Phase
from novatui.core.tasks import TaskState
from novatui.core.verdict import Call, Judge, Verdict
from novatui.ui.place import Place
from tests.ui.desk import desk
from tests.unit.migrating import only, tell, two_hosts

SHARED = Path(os.environ.get("NOVATUI_SHARED") or Path(__file__).parents[3] / "shared")
LOG = SHARED / "data" / "proxmox" / "task_log_nonconverging.json"

pytestmark = pytest.mark.skipif(not LOG.exists(), reason=f"no recording of Proxmox VE: {LOG.name} is not in {SHARED}")

UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
ACTIVE = re.compile(
    r"(?P<at>[\d-]+ [\d:]+) migration active, transferred (?P<sent>[\d.]+ \w+) of (?P<total>[\d.]+ \w+) VM-state, "
    r"(?P<rate>[\d.]+ \w+)/s(?:, VM dirties lots of memory: (?P<dirty>[\d.]+ \w+)/s)?"
)


def in_bytes(text: str | None) -> float | None:
    if text is None:
        return None
    figure, unit = text.split()
    return float(figure) * UNITS[unit]


def readings() -> list[MigrationProgress]:
    """What the lines of the log tell, and nothing else."""
    found: list[MigrationProgress] = []
    for line in json.loads(LOG.read_text(encoding="utf-8")):
        if told := ACTIVE.match(line["t"]):
            at = datetime.strptime(told["at"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
            found.append(
                MigrationProgress(
                    source="pve1", destination="pve2", fidelity=Fidelity.LOG, phase=Phase.MEMORY, at=at,
                    sent=int(in_bytes(told["sent"]) or 0), total=int(in_bytes(told["total"]) or 0),
                    rate=in_bytes(told["rate"]), dirty_rate=in_bytes(told["dirty"]),
                )
            )  # fmt: skip
    return found


def verdicts() -> list[Verdict]:
    judge = Judge()
    return [judge.add(reading) for reading in readings()]


def test_the_recording_sends_more_than_there_is() -> None:
    told = readings()
    assert len(told) > 90
    assert (told[-1].sent or 0) > 10 * (told[-1].total or 0)
    assert all((before.at or 0) <= (after.at or 0) for before, after in pairwise(told))


def test_no_more_is_said_than_the_log_tells() -> None:
    said = verdicts()
    assert {one.call for one in said} <= {Call.FIRST_PASS, Call.CONVERGING, Call.STALLED, Call.UNKNOWN}
    assert {one.floor for one in said} == {None}, "a floor needs passes, of which the log tells nothing"
    assert {one.eta for one in said} == {None}
    assert said[0].call is Call.FIRST_PASS


def test_a_guest_that_writes_faster_than_the_link_carries_is_called_stalled() -> None:
    for reading, verdict in zip(readings(), verdicts(), strict=True):
        if (reading.dirty_rate or 0) > (reading.rate or 0):
            assert verdict.call is Call.STALLED, reading


async def test_the_watch_shows_no_percentage_after_the_first_pass_and_no_figure_of_its_own() -> None:
    fleet = two_hosts()
    key = "vm:110"
    fleet.tell("kvm-03", {key: {"name": "busy", "parent": "host:kvm-03", "power": "running"}})
    async with desk(fleet, (160, 50), place=Place("mig")) as person:
        for reading in readings()[::8]:
            tell(fleet, "kvm-03", "UPID:pve1:1", key=key, move=reading)
            await person.settle()
            record = only(fleet)
            [row] = [line for line in person.lines if " busy " in line and "─" not in line]
            if (reading.sent or 0) > (reading.total or 0):
                assert record.done_percent is None
                assert "%" not in row
            assert re.search(r"memory +\S+ +\? ", row), "what is left is not told"
            assert not any(line.startswith(" Left ") for line in person.lines), "nothing to be drawn"
        assert any(line.startswith(" Rates ") for line in person.lines)
        tell(fleet, "kvm-03", "UPID:pve1:1", TaskState.DONE, key=key, move=readings()[-1])
        await person.settle()
        assert "1 done today" in person.lines[0]
        assert only(fleet).pause_real is None, "no pause was told in these figures"
