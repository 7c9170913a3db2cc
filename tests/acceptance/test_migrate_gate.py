"""A migration through console, journal and worker, against libvirt's own log; and a worker that dies in the middle."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from novatui.actions.bulk import Run
from novatui.actions.confirm import Confirmation
from novatui.actions.gate import Gate
from novatui.actions.journal import read
from novatui.actions.journal_writer import Journal
from novatui.actions.outcome import Outcome
from novatui.core.ids import ObjectRef
from novatui.core.migration import MigrationProgress
from novatui.core.states import Kind
from novatui.core.tasks import Task, TaskState
from novatui.engine.fleet import Fleet
from tests.acceptance.live import libvirt, live, slot_of
from tests.fleets import until
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.changing import is_changing
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec

pytest.importorskip("libvirt", reason="libvirt's Python binding is not installed")
pytestmark = [pytest.mark.libvirt, pytest.mark.timeout(400)]

CALL = re.compile(r" debug : (vir[A-Z]\w+):\d+ : (?!params\[)")
"""A public call; its typed parameters have lines of their own under the same name."""

INSIDE = frozenset({"virDomainMigrateUnmanagedParams"})
"""Functions of the library that its own migrate calls are made of."""

NAME = "traveller"
MIB = 1 << 20


class Lab:
    """Two hosts under one console with a gate, and the log that the C library of the workers keeps."""

    def __init__(self, here: LibvirtHost, there: LibvirtHost, guest: GuestSpec, fleet: Fleet, folder: Path) -> None:
        self.here, self.there, self.fleet = here, there, fleet
        self.path = folder / "state" / "journal.jsonl"
        self.log = folder / "api.log"
        self.gate = Gate(fleet, Journal(self.path, user="ana", system_log=None))
        self.vm = ObjectRef("here", Kind.VM, guest.uuid)
        self.previewed: list[str] = []

    async def run(self, verb: str, **arguments: str) -> Run:
        """Propose it, note what is previewed, and let it go."""
        proposal = await self.gate.propose(verb, [self.vm], arguments)
        [aim] = proposal.planned
        assert aim.plan is not None
        self.previewed += [call.verb for call in aim.plan.calls]
        return self.gate.run(proposal, Confirmation(yes=True, typed=proposal.phrase))

    async def move(self, rate: int) -> Run:
        to = str(ObjectRef("there", Kind.HOST, self.there.uuid))
        return await self.run("migrate.live", to=to, bandwidth=str(rate * MIB))

    def tasks(self) -> list[Task]:
        """What the source's libvirt says of its migrations."""
        entries = (entry.task for entry in self.fleet.tasks.of("here", self.vm.key))
        return [task for task in entries if task.migration is not None]

    def reading(self) -> MigrationProgress | None:
        return next((task.migration for task in self.tasks() if task.state is TaskState.RUNNING), None)

    def changes(self) -> list[str]:
        """The changing calls that the library has made, in order."""
        names = CALL.findall(self.log.read_text(errors="replace"))
        return [name for name in names if is_changing(name) and name not in INSIDE]

    def journalled(self) -> list[str]:
        return [record.body["call"] for record in read(self.path) if record.body["event"] == "call"]


@asynccontextmanager
async def lab(make: MakeHost, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lab]:
    here, there = make("atlas"), make("borea")
    guest = here.start_guest(GuestSpec(NAME, memory_mib=96, dirty=(24, 48)))
    monkeypatch.setenv("LIBVIRT_LOG_FILTERS", "1:libvirt")
    monkeypatch.setenv("LIBVIRT_LOG_OUTPUTS", f"1:file:{folder}/api.log")
    async with live(libvirt("here", here.uri), libvirt("there", there.uri)) as fleet:
        await until(lambda: all(one.lock for one in fleet.connections.values()))
        console = Lab(here, there, guest, fleet, folder)
        yield console
        await console.gate.stop(30)


@pytest.mark.long
async def test_preview_journal_and_wire_are_the_same(
    make_libvirt_host: MakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with lab(make_libvirt_host, tmp_path, monkeypatch) as console:
        assert console.changes() == []
        run = await console.move(4)
        await until(lambda: (reading := console.reading()) and reading.left)
        for verb, arguments in (
            ("migrate.downtime", {"downtime": "400"}),
            ("migrate.bandwidth", {"bandwidth": str(5 * MIB)}),
            ("migrate.pause", {}),
            ("migrate.bandwidth", {"bandwidth": str(900 * MIB)}),
        ):
            lever = await console.run(verb, **arguments)
            await lever.done
            assert lever.worst is Outcome.DONE, lever.text
        await run.done
        assert run.worst is Outcome.DONE, run.text
        assert run.results[0].seen is True
        assert console.previewed == console.journalled() == console.changes()
        assert console.previewed[0] == "virDomainMigrateToURI3"
        await until(lambda: [task.state for task in console.tasks()] == [TaskState.DONE])
        assert NAME in console.there.virsh("list", "--name", "--state-running")
        assert slot_of(console.fleet, "here", NAME) is None


@pytest.mark.long
async def test_a_worker_that_dies_takes_no_migration_with_it(
    make_libvirt_host: MakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody repeats it: the outcome of our call is unknown, the next worker meets what goes on, and sees it end."""
    async with lab(make_libvirt_host, tmp_path, monkeypatch) as console:
        run = await console.move(4)
        await until(lambda: (reading := console.reading()) and reading.left)
        [before] = console.tasks()
        first = console.fleet.connections["here"].worker_pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await run.done
        assert run.worst is Outcome.UNKNOWN
        await until(lambda: console.fleet.connections["here"].worker_pid not in {None, first})
        assert before.migration is not None
        last = before.migration.at or 0.0
        await until(lambda: (reading := console.reading()) and (reading.at or 0.0) > last + 1)
        assert [task.id for task in console.tasks()] == [before.id]
        lever = await console.run("migrate.bandwidth", bandwidth=str(900 * MIB))
        await lever.done
        assert lever.worst is Outcome.DONE, lever.text
        await until(lambda: [task.state for task in console.tasks()] == [TaskState.DONE])
        assert console.changes().count("virDomainMigrateToURI3") == 1
        assert NAME in console.there.virsh("list", "--name", "--state-running")
