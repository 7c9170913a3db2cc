"""A real migration from the keyboard: begun by the form, not converging, rescued by two ways out; another by virsh."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from novatui.actions.gate import Gate
from novatui.actions.journal_writer import Journal
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.core.tasks import TaskState
from novatui.core.verdict import Call
from novatui.engine.fleet import Fleet, Target
from novatui.engine.migration_book import MigrationBook
from novatui.engine.migration_record import Record
from novatui.ui.app import NovaApp
from novatui.ui.textual_private import screen_text
from tests.acceptance.live import is_up, libvirt
from tests.fleets import until
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.processes import is_alive

pytest.importorskip("libvirt", reason="libvirt's Python binding is not installed")
pytestmark = [pytest.mark.libvirt, pytest.mark.timeout(600)]

NAME = "traveller"
SIZES = ((80, 24), (160, 50), (100, 30))
LONG = 150.0
"""Seconds that a migration of so much memory may take to get anywhere on a busy machine."""


class Person:
    """Somebody at a console with two real hosts."""

    def __init__(self, app: NovaApp, fleet: Fleet, pilot: Pilot[None]) -> None:
        self.app, self.fleet, self.pilot = app, fleet, pilot

    @property
    def text(self) -> str:
        return screen_text(self.app)

    async def sees(self, what: Callable[[], object]) -> None:
        """Wait until it is there; in each frame of the watch the machine has one row, not two."""
        end = time.monotonic() + LONG
        while not what():
            assert time.monotonic() < end, self.text
            self.check_rows()
            await self.pilot.pause(0.1)

    def check_rows(self) -> None:
        watching = self.app.stage.navigation.top.place().name == "mig" and "VERDICT" in self.text
        if watching and list(self.fleet.migrations.all()):
            rows = [line for line in self.text.split("\n") if f" {NAME} " in line and "─" not in line]
            assert len(rows) == 1, self.text

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause(0.1)

    async def agree(self, call: str) -> None:
        """The dialog shows this call; the second key lets it go."""
        await self.sees(lambda: call in self.text)
        await self.pilot.pause(0.5)
        await self.press("y")

    def record(self) -> Record:
        [live] = self.fleet.migrations.live()
        return live


@asynccontextmanager
async def person(here: LibvirtHost, there: LibvirtHost, folder: Path) -> AsyncIterator[Person]:
    """A console with a gate, as the program makes it."""
    fleet = Fleet([Target(libvirt("here", here.uri), dict), Target(libvirt("there", there.uri), dict)])
    journal = Journal(folder / "state" / "journal.jsonl", user="ana", system_log=None)
    book = MigrationBook(folder / "state" / "migrations")
    app = NovaApp(fleet, person="ana", gate=lambda: Gate(fleet, journal), moves=book)
    pids: set[int] = set()
    async with app.run_test(size=(100, 30)) as pilot:
        one = Person(app, fleet, pilot)
        await one.sees(lambda: is_up(fleet, "here") and is_up(fleet, "there"))
        await one.sees(lambda: all(connection.lock for connection in fleet.connections.values()))
        pids |= {each.worker_pid for each in fleet.connections.values() if each.worker_pid}
        yield one
    await until(lambda: not any(is_alive(pid) for pid in pids))


async def test_a_move_that_does_not_end_is_rescued_by_keys(make_libvirt_host: MakeHost, tmp_path: Path) -> None:
    here, there = make_libvirt_host("atlas"), make_libvirt_host("borea")
    guest = here.start_guest(GuestSpec(NAME, memory_mib=128, dirty=(40, 40)))
    vm = ObjectRef("here", Kind.VM, guest.uuid)
    async with person(here, there, tmp_path) as one:
        one.app.home.reveal(vm)
        await one.press("m", "l")
        await one.sees(lambda: "led by" in one.text)
        await one.sees(lambda: "on there" in one.text)
        await one.press(*(["tab"] * 9), *"8M", "enter")
        await one.agree("virDomainMigrateToURI3")
        await one.sees(lambda: one.app.stage.navigation.top.place().name == "mig")
        await one.sees(lambda: one.fleet.migrations.live() and one.record().trace)
        await one.sees(lambda: one.record().verdict.call is Call.NOT_CONVERGING)
        for size in SIZES:
            await one.pilot.resize_terminal(*size)
            await one.sees(lambda: "here→there" in one.text)
            await one.sees(lambda: "Ways out" in one.text)
        assert one.record().done_percent is None
        await one.press("4")
        await one.agree("virDomainMigrateSetMaxSpeed")
        await one.sees(lambda: one.record().last.bandwidth_limit not in (None, 8 << 20))
        await one.press("2")
        await one.agree("virDomainMigrateSetMaxDowntime")
        await one.sees(lambda: one.fleet.migrations.ended())
        [ended] = one.fleet.migrations.ended()
        assert (ended.state, ended.verdict.call) == (TaskState.DONE, Call.DONE)
        assert ended.pause_real
        assert [used.verb for used in ended.used] == ["migrate.bandwidth", "migrate.downtime"]
        await one.sees(lambda: "1 done today" in one.text)
        await _started_by_somebody_else(one, there, here)
    assert there.virsh("domstate", NAME).strip() == "running"
    assert MigrationBook(tmp_path / "state" / "migrations").load()


async def _started_by_somebody_else(one: Person, here: LibvirtHost, there: LibvirtHost) -> None:
    """virsh moves it back: the watch shows it by itself, and a typed name cancels it."""
    here.virsh("migrate-setspeed", NAME, "4")
    command = ["virsh", "-c", here.uri, "migrate", "--live", "--p2p", NAME, there.uri]
    virsh = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await one.sees(lambda: one.fleet.migrations.live() and one.record().source)
        await one.sees(lambda: "there→here" in one.text)
        assert one.record().own == ""
        await one.press("c")
        await one.sees(lambda: "virDomainAbortJob" in one.text)
        await one.pilot.pause(0.5)
        for letter in NAME:
            await one.pilot.press(letter)
            await one.pilot.pause(0.06)
        await one.press("enter")
        await one.sees(lambda: not one.fleet.migrations.live())
    finally:
        await virsh.wait()
    assert one.fleet.migrations.ended()[0].state is TaskState.CANCELLED
