"""A libvirtd that is killed or stands still: its own rows grow old, everything else goes on, and it comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from novatui.core.errors import Fault
from novatui.core.inventory import Group
from novatui.core.states import Kind, Link
from novatui.engine.fleet import Fleet
from novatui.engine.supervisor_policy import Policy
from tests.acceptance.console import Console
from tests.acceptance.live import (
    PERIOD,
    Arrivals,
    demo,
    failure,
    is_up,
    libvirt,
    listings,
    live,
    machines,
    slot_of,
    value,
)
from tests.fleets import until
from tests.lab.fixtures import MakeHost, or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.processes import is_alive

pytestmark = pytest.mark.libvirt

SOON = Policy(grace=1.0)
"""A stuck worker is replaced a little sooner than it would be, before keepalive ends the call."""

WINDOW = 6.0
"""Seconds over which two rates of work are compared."""


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[LibvirtHost, LibvirtHost]]:
    """Two hosts with a machine that runs and one that is off."""
    with or_skip(lambda: LibvirtHost("atlas")) as atlas, or_skip(lambda: LibvirtHost("borea")) as borea:
        for host in (atlas, borea):
            host.start_guest(GuestSpec(f"on-{host.name}", boot="none", memory_mib=64), wait=False)
            host.define_guest(GuestSpec(f"off-{host.name}", boot="none"))
        yield atlas, borea


@pytest.fixture
def hosts(pair: tuple[LibvirtHost, LibvirtHost]) -> Iterator[tuple[LibvirtHost, LibvirtHost]]:
    """The same, put right again afterwards."""
    yield pair
    for host in pair:
        if not host.running:
            host.start()
        if host.virsh("domstate", f"on-{host.name}").strip() == "paused":
            host.virsh("resume", f"on-{host.name}")


@contextmanager
def frozen(host: LibvirtHost) -> Iterator[None]:
    """SIGSTOP to the daemon for the time of the body."""
    host.freeze()
    try:
        yield
    finally:
        host.thaw()


def slots(fleet: Fleet, conn: str) -> dict[str, int]:
    """Slot of each machine of a connection, by name."""
    store = fleet.inventory
    return {store.name(slot): slot for slot in store.slots(Kind.VM) if store.conn(slot) == conn}


def stale(fleet: Fleet, conn: str) -> set[bool]:
    """Whether the machines of a connection are stale: one answer when they agree."""
    now = time.monotonic()
    return {fleet.inventory.stale(slot, Group.STATE, now) for slot in slots(fleet, conn).values()}


def moving(fleet: Fleet) -> Arrivals:
    """The samples of the machine that runs on the host that is left alone."""
    slot = slot_of(fleet, "borea", "on-borea")
    assert slot is not None
    return Arrivals(fleet, slot)


async def count(arrivals: Arrivals, seconds: float) -> int:
    """How many samples come in so many seconds."""
    before = len(arrivals.at)
    keeping = asyncio.create_task(arrivals.keep())
    await asyncio.sleep(seconds)
    keeping.cancel()
    return len(arrivals.at) - before


async def test_a_killed_daemon_leaves_its_rows_old_and_the_others_moving(
    hosts: tuple[LibvirtHost, LibvirtHost],
) -> None:
    atlas, borea = hosts
    async with live(libvirt("atlas", atlas.uri), libvirt("borea", borea.uri), demo()) as fleet:
        fleet.watch(dict.fromkeys(fleet.connections), PERIOD)
        before, pids = slots(fleet, "atlas"), {name: one.worker_pid for name, one in fleet.connections.items()}
        qemu = atlas.guest_pid("on-atlas")
        assert stale(fleet, "atlas") == {False}
        atlas.kill()
        await until(lambda: fleet.connections["atlas"].link is Link.DOWN)
        assert failure(fleet, "atlas").fault is Fault.UNREACHABLE
        await until(lambda: fleet.connections["atlas"].attempt > 1)
        assert "no libvirt daemon" in failure(fleet, "atlas").message
        assert fleet.connections["atlas"].retry_at is not None
        assert stale(fleet, "atlas") == {True}
        assert value(fleet, "atlas", "on-atlas", "power") == "running"

        arrivals = moving(fleet)
        for _ in range(3):
            await until(arrivals.look)
        assert fleet.connections["atlas"].link is not Link.UP
        assert (stale(fleet, "borea"), stale(fleet, "demo")) == ({False}, {False})

        atlas.start()
        await until(lambda: is_up(fleet, "atlas"))
        assert fleet.connections["atlas"].generation > 1
        assert atlas.guest_pid("on-atlas") == qemu
        assert slots(fleet, "atlas") == before, "the same rows as before: none lost, none twice"
        assert machines(fleet, "atlas") == ["off-atlas", "on-atlas"]
        assert stale(fleet, "atlas") == {False}
        assert {name: one.worker_pid for name, one in fleet.connections.items()} == pids
        assert [fleet.connections[name].generation for name in ("borea", "demo")] == [1, 1]
        await asyncio.to_thread(atlas.virsh, "suspend", "on-atlas")
        await until(lambda: value(fleet, "atlas", "on-atlas", "power") == "paused")


async def test_what_changed_while_a_daemon_was_away_is_right_afterwards(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host("atlas")
    host.start_guest(GuestSpec("ends", boot="none", memory_mib=64), wait=False)
    host.define_guest(GuestSpec("goes", boot="none"))
    async with live(libvirt("atlas", host.uri)) as fleet:
        before = slots(fleet, "atlas")
        host.kill()
        await until(lambda: fleet.connections["atlas"].link is Link.DOWN)
        host.start()
        await until(
            lambda: host.virsh("domstate", "ends").strip() == "running"
        )  # it takes up one guest after the other
        host.virsh("destroy", "ends")
        host.virsh("undefine", "goes")
        host.define_guest(GuestSpec("comes", boot="none"))
        await until(lambda: is_up(fleet, "atlas"))
        await until(lambda: machines(fleet, "atlas") == ["comes", "ends"])
        await until(lambda: value(fleet, "atlas", "ends", "power") == "off")
        assert slots(fleet, "atlas")["ends"] == before["ends"]


@pytest.mark.long
async def test_a_stopped_daemon_costs_its_worker_and_nobody_elses_speed(
    hosts: tuple[LibvirtHost, LibvirtHost],
) -> None:
    atlas, borea = hosts
    specs = (libvirt("atlas", atlas.uri), libvirt("borea", borea.uri), demo())
    async with live(*specs, policy=SOON) as fleet:
        fleet.watch(dict.fromkeys(fleet.connections), PERIOD)
        arrivals, one = moving(fleet), fleet.connections["atlas"]
        pids = {name: each.worker_pid for name, each in fleet.connections.items()}
        before = slots(fleet, "atlas")
        usual = await count(arrivals, WINDOW)
        with frozen(atlas):
            assert await count(arrivals, WINDOW) >= usual - 1
            await until(lambda: one.link is Link.DOWN)
            assert "not answer" in failure(fleet, "atlas").message or "no answer" in failure(fleet, "atlas").message
            assert stale(fleet, "atlas") == {True}
            assert value(fleet, "atlas", "on-atlas", "power") == "running"
            await until(lambda: one.failure is not None and one.failure.fault is Fault.TIMEOUT)
            assert "no answer to connect" in failure(fleet, "atlas").message
            await until(lambda: not is_alive(pids["atlas"]))
            assert await count(arrivals, WINDOW) >= usual - 1
        await until(lambda: is_up(fleet, "atlas"))
        assert (slots(fleet, "atlas"), stale(fleet, "atlas")) == (before, {False})
        assert one.worker_pid != pids["atlas"]
        assert {name: fleet.connections[name].worker_pid for name in ("borea", "demo")} == {
            name: pids[name] for name in ("borea", "demo")
        }


@pytest.mark.long
async def test_a_guest_that_hangs_does_not_end_the_figures_of_the_others(make_libvirt_host: MakeHost) -> None:
    """Nobody else asks its monitor: our own reading is the one that is caught in it."""
    host = make_libvirt_host("atlas")
    for name in ("hung", "well"):
        host.start_guest(GuestSpec(name, boot="none", memory_mib=64), wait=False)
    async with live(libvirt("atlas", host.uri)) as fleet:
        fleet.watch({"atlas": None}, PERIOD)
        one = fleet.connections["atlas"]
        before, pid = slots(fleet, "atlas"), one.worker_pid
        well = Arrivals(fleet, before["well"])
        usual = await count(well, WINDOW)
        host.freeze_guest("hung")
        try:
            await until(lambda: one.generation == 2 and is_up(fleet, "atlas"))
            assert one.worker_pid == pid
            await until(lambda: str(value(fleet, "atlas", "hung", "job")).startswith("monitor busy"))
            assert await count(well, WINDOW) >= usual - 1
            assert fleet.metrics.latest(before["well"], "mem.host") is not None
            assert fleet.metrics.latest(before["hung"], "mem.host") is None
            fleet.refresh()
            asked = listings(host)
            await until(lambda: listings(host) > asked)
            assert (one.generation, slots(fleet, "atlas")) == (2, before)
        finally:
            host.thaw_guest("hung")
        await until(lambda: fleet.metrics.latest(before["hung"], "mem.host") is not None)
        await until(lambda: value(fleet, "atlas", "hung", "job") == "")
        assert (one.generation, one.worker_pid) == (2, pid)


@pytest.mark.pty
def test_the_screen_while_a_daemon_is_dead(hosts: tuple[LibvirtHost, LibvirtHost], tmp_path: Path) -> None:
    atlas, borea = hosts
    with Console(tmp_path, {"atlas": atlas.uri, "borea": borea.uri}) as console:
        console.until(lambda: console.says("on-atlas", "● on") and console.says("on-borea", "● on"), "both run")
        console.until(lambda: console.link("atlas") == "●", "the connection is up")
        assert (console.age("on-atlas"), console.age("off-atlas")) == ("", "")
        atlas.kill()
        console.until(lambda: console.says("on-atlas", "~on"), "the machine grows old")
        first = console.age("on-atlas")
        console.until(lambda: console.says("off-atlas", "~off"), "that which is off, too")
        console.until(lambda: console.age("on-atlas") not in ("", first), "and older")
        console.until(lambda: console.link("atlas") == "◌", "the connection is down")
        console.until(lambda: "no libvirt daemon listens" in console.text, "the reason")
        assert (console.says("on-borea", "● on"), console.age("on-borea")) == (True, "")
        borea.virsh("suspend", "on-borea")
        console.until(lambda: console.says("on-borea", "‖ pau"), "the other host goes on")
        atlas.start()
        console.until(lambda: console.says("on-atlas", "● on"), "the machine is current again")
        console.until(lambda: console.says("off-atlas", "○ off"), "that which is off, too")
        console.until(lambda: (console.link("atlas"), console.age("on-atlas")) == ("●", ""), "so is the connection")
        assert len([place for place in console.places("on-atlas") if "● on " in place]) == 1, "nothing is there twice"
        assert console.quit() == 0


@pytest.mark.long
@pytest.mark.pty
def test_keys_are_answered_while_a_daemon_stands_still(hosts: tuple[LibvirtHost, LibvirtHost], tmp_path: Path) -> None:
    atlas, borea = hosts
    with Console(tmp_path, {"atlas": atlas.uri, "borea": borea.uri}) as console:
        console.until(lambda: console.says("on-atlas", "● on") and console.says("on-borea", "● on"), "both run")
        usual = answered(console)
        with frozen(atlas):
            assert answered(console) > usual / 3
            console.until(lambda: console.says("on-atlas", "~on"), "the machine grows old")
            console.until(lambda: console.link("atlas") == "◌", "the connection is given up")
            assert answered(console) > usual / 3
            assert (console.says("on-borea", "● on"), console.age("on-borea")) == (True, "")
        console.until(lambda: console.says("on-atlas", "● on"), "the machine is current again")
        assert console.quit() == 0


def answered(console: Console) -> int:
    """How often the cursor goes down and up in a window, each time after the screen has shown the last move."""
    end, moves = time.monotonic() + WINDOW, 0
    while time.monotonic() < end:
        for key in "jk":
            before = console.cursor()
            console.send(key)
            console.until(lambda before=before: console.cursor() not in ([], before), f"the cursor after {key}")
            moves += 1
    return moves
