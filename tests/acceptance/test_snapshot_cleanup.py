"""Old snapshots of several real guests deleted in one run: each once, what is blocked is named and left."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from novatui.actions import snapshots
from novatui.actions.confirm import Confirmation
from novatui.actions.gate import Gate
from novatui.actions.journal_writer import Journal
from novatui.actions.outcome import Outcome
from novatui.core.states import Kind
from novatui.engine.fleet import DEFAULT_KINDS, Fleet
from tests.acceptance import killing
from tests.acceptance.live import libvirt, live
from tests.acceptance.program import Program
from tests.fleets import until
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec

pytestmark = [pytest.mark.libvirt, pytest.mark.timeout(300)]

CHAINS = {"runs": ["r1", "r2", "r3", "r4"], "rests": ["o1", "o2", "o3"]}
"""Snapshots by guest, each grown from the one before it."""

BLOCKED = {"stuck/inside", "stuck/outside"}
"""What libvirt 9 deletes neither of: an external one that grew from an internal one."""


@pytest.fixture
def host(make_libvirt_host: MakeHost) -> LibvirtHost:
    """Two guests with chains, one of them off; a third whose snapshots are in each other's way."""
    made = make_libvirt_host()
    for name in ("runs", "rests", "stuck"):
        made.start_guest(GuestSpec(name, boot="none", memory_mib=32, disk_mib=8), paused=True)
    made.virsh("destroy", "rests")
    for guest, names in CHAINS.items():
        for name in names:
            made.virsh("snapshot-create-as", guest, name)
    made.virsh("snapshot-create-as", "stuck", "inside")
    made.virsh("snapshot-create-as", "stuck", "outside", "--disk-only")
    return made


def left(host: LibvirtHost, guest: str) -> list[str]:
    return sorted(host.virsh("snapshot-list", guest, "--name").split())


def deletions(host: LibvirtHost) -> int:
    """By the daemon's own log."""
    return sum(call.function == "virDomainSnapshotDelete" for call in host.api_calls())


def listed(fleet: Fleet) -> list[int]:
    return list(fleet.inventory.slots(Kind.SNAPSHOT))


async def test_nine_snapshots_of_three_guests_in_one_run(host: LibvirtHost, tmp_path: Path) -> None:
    async with live(libvirt("lab", host.uri), kinds=DEFAULT_KINDS | {Kind.SNAPSHOT}) as fleet:
        await until(lambda: all(one.lock for one in fleet.connections.values()))
        journal = Journal(tmp_path / "state" / "journal.jsonl", user="ana", environ={}, system_log=None)
        gate = Gate(fleet, journal)
        await gate.start()
        assert len(listed(fleet)) == 9
        told = snapshots.report(fleet.inventory, listed(fleet))
        assert (told.count, told.machines) == (9, 3)
        assert told.chain is not None
        assert (told.chain.length, told.chain.machine) == (4, "runs")

        proposal = await gate.propose_each("snap.delete", snapshots.parts(fleet.inventory, listed(fleet)))
        assert deletions(host) == 0, "a plan deletes nothing"
        assert {aim.title for aim in proposal.failed} == BLOCKED
        assert all(aim.failure and aim.failure.hint for aim in proposal.failed), "each with a way on"
        assert (proposal.level, proposal.phrase) == (2, "7")

        run = gate.run(proposal, Confirmation(typed="7"))
        await run.done
        outcomes = Counter(done.outcome for done in run.results)
        assert outcomes == {Outcome.DONE: 7, Outcome.FAILED: 2}, [done.text for done in run.results]
        assert all(done.seen for done in run.results if done.outcome is Outcome.DONE)
        assert (left(host, "runs"), left(host, "rests")) == ([], [])
        assert left(host, "stuck") == ["inside", "outside"]
        assert deletions(host) == 7
        lines = killing.records(tmp_path)
        sent = [line["args"]["snapshot"] for line in lines if line["event"] == "call"]
        assert sorted(sent) == sorted(name for names in CHAINS.values() for name in names)
        assert [name for name in sent if name in CHAINS["runs"]] == ["r4", "r3", "r2", "r1"], "youngest first"
        assert len([line for line in lines if line["event"] == "end"]) == 7
        await until(lambda: len(listed(fleet)) == 2)

        again = await gate.propose_each("snap.delete", snapshots.parts(fleet.inventory, listed(fleet)))
        assert again.planned == ()
        assert deletions(host) == 7


async def test_somebody_elses_snapshot_in_between_stops_that_guest_only(host: LibvirtHost, tmp_path: Path) -> None:
    async with live(libvirt("lab", host.uri), kinds=DEFAULT_KINDS | {Kind.SNAPSHOT}) as fleet:
        await until(lambda: all(one.lock for one in fleet.connections.values()))
        gate = Gate(fleet, Journal(tmp_path / "journal.jsonl", user="ana", environ={}, system_log=None))
        await gate.start()
        slots = [slot for slot in listed(fleet) if fleet.inventory.name(slot)[0] in "ro"]
        slots = [slot for slot in slots if fleet.inventory.name(slot) != "outside"]
        proposal = await gate.propose_each("snap.delete", snapshots.parts(fleet.inventory, slots))
        assert proposal.phrase == "7"
        host.virsh("snapshot-create-as", "rests", "somebody-elses")

        run = gate.run(proposal, Confirmation(typed="7"))
        await run.done
        by_guest = {(done.name.partition("/")[0], done.outcome) for done in run.results}
        assert by_guest == {("runs", Outcome.DONE), ("rests", Outcome.REFUSED)}
        assert left(host, "rests") == ["o1", "o2", "o3", "somebody-elses"]
        assert deletions(host) == 4


def test_old_ones_are_told_and_deleted_from_the_command_line(host: LibvirtHost, tmp_path: Path) -> None:
    program = Program(tmp_path)
    told = program.run("snap", "ls", "--older-than", "0s", "-c", host.uri, "--json")
    assert told.code == 0, told.err
    assert len(told.json["snapshots"]) == 9
    assert told.json["report"]["machines"] == 3
    assert told.json["report"]["chain"] == {
        "length": 4,
        "machine": "runs",
        "conn": told.json["report"]["chain"]["conn"],
    }
    assert program.run("snap", "ls", "--older-than", "1d", "-c", host.uri, "--json").json["snapshots"] == []

    words = ("snap", "rm", "--older-than", "0s", "-c", host.uri)
    plan = program.run(*words, "--plan", "--json")
    assert len(plan.json["plan"]) == 7
    assert {one["part"] for one in plan.json["failures"]} == {"inside", "outside"}
    assert plan.json["confirm"] == "7"
    refused = program.run(*words, "--yes")
    assert refused.code == 4
    assert "--confirm '7'" in refused.err
    one = program.run(*words, "rests", "--confirm", "3")
    assert one.code == 0, one.err
    assert deletions(host) == 3
    rest = program.run(*words, "--confirm", "4")
    assert rest.code == 1, "what is blocked has failed"
    assert "stuck/outside" in rest.err
    assert "runs/r4: done" in rest.out
    assert (left(host, "runs"), left(host, "rests"), left(host, "stuck")) == ([], [], ["inside", "outside"])
    assert deletions(host) == 7
