"""A real libvirt host behind a real sshd: the worker runs over there, as another user, and never outlives its link."""

from __future__ import annotations

import asyncio
import os
import pwd
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from novatui.core.errors import Fault
from novatui.core.states import Kind, Link
from novatui.engine.fleet import Target
from tests.acceptance.console import Console
from tests.acceptance.live import PERIOD, failure, is_up, libvirt, live, machines, metric, value
from tests.fleets import until
from tests.lab.fixtures import MakeProxy, MakeSshd, or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.missing import LabUnavailable
from tests.lab.processes import is_alive
from tests.lab.sshd import Sshd, remote_python

pytestmark = pytest.mark.libvirt


@pytest.fixture(scope="module")
def host() -> Iterator[LibvirtHost]:
    with or_skip(lambda: LibvirtHost("atlas")) as made:
        made.start_guest(GuestSpec("subject", boot="none", memory_mib=64), wait=False)
        made.define_guest(GuestSpec("spare", boot="none"))
        yield made


@pytest.fixture
def gate(make_sshd: MakeSshd, host: LibvirtHost) -> Sshd:
    """An sshd on the machine of the libvirt host, which has novatui."""
    try:
        remote_python()
    except LabUnavailable as reason:
        pytest.skip(f"lab: {reason}")
    return make_sshd(host)


def through(gate: Sshd, host: LibvirtHost, port: int) -> Target:
    options = ("-F", str(gate.config), "-p", str(port))
    return Target(libvirt("far", host.uri), dict, via=f"ssh://{gate.destination}", ssh_options=options)


def workers(gate: Sshd) -> set[int]:
    """Processes over there that are a worker, or stand before one."""
    return {pid for pid, words in gate.remote_processes().items() if "worker" in words}


async def test_a_host_is_seen_through_ssh_as_it_is(gate: Sshd, host: LibvirtHost) -> None:
    async with live(through(gate, host, gate.port), libvirt("near", host.uri)) as fleet:
        far = fleet.connections["far"]
        assert (far.link, far.failure) == (Link.UP, None)
        assert far.worker_pid in workers(gate)
        assert os.stat(f"/proc/{far.worker_pid}").st_uid == pwd.getpwnam(gate.account).pw_uid
        assert machines(fleet, "far") == machines(fleet, "near") == ["spare", "subject"]
        for name in host.virsh("list", "--all", "--name").split():
            assert value(fleet, "far", name, "uuid") == host.virsh("domuuid", name).strip()
            state = host.virsh("domstate", name).strip()
            assert str(value(fleet, "far", name, "native_state")).startswith(state)
        fleet.watch({"far": None}, PERIOD)
        await until(lambda: metric(fleet, "far", "subject", "cpu.used") is not None)
        await asyncio.to_thread(host.virsh, "suspend", "subject")
        await until(lambda: value(fleet, "far", "subject", "power") == "paused")
        await asyncio.to_thread(host.virsh, "resume", "subject")
        await until(lambda: value(fleet, "far", "subject", "power") == "running")
    await until(lambda: not workers(gate))


@pytest.mark.parametrize("fault", ["reset", "blackhole"])
async def test_a_cut_link_ends_the_worker_over_there(
    gate: Sshd, host: LibvirtHost, fault_proxy: MakeProxy, fault: str
) -> None:
    """Whether both ends hear of it or neither does. It is to be gone after ten seconds; how long it took is printed."""
    proxy = fault_proxy(f"tcp:127.0.0.1:{gate.port}")
    async with live(through(gate, host, proxy.port), libvirt("near", host.uri)) as fleet:
        fleet.watch(dict.fromkeys(fleet.connections), PERIOD)
        far, first = fleet.connections["far"], workers(gate)
        assert far.worker_pid in first
        cut = time.monotonic()
        proxy.set(fault)
        await until(lambda: not any(is_alive(pid) for pid in first))
        print(f"{fault}: the worker over there was gone after {time.monotonic() - cut:.1f} s")
        await until(lambda: far.link is Link.DOWN)
        assert failure(fleet, "far").fault is Fault.UNREACHABLE
        assert "ssh connection" in failure(fleet, "far").message
        assert machines(fleet, "far") == ["spare", "subject"]
        assert is_up(fleet, "near")
        proxy.clear()
        await until(lambda: is_up(fleet, "far"))
        assert far.generation > 1
        assert far.worker_pid not in first
        assert machines(fleet, "far") == ["spare", "subject"]
        assert len(set(fleet.inventory.slots(Kind.VM))) == 4
        assert fleet.connections["near"].generation == 1
    await until(lambda: not workers(gate))


@pytest.mark.pty
def test_the_screen_while_a_link_is_cut(gate: Sshd, host: LibvirtHost, fault_proxy: MakeProxy, tmp_path: Path) -> None:
    proxy = fault_proxy(f"tcp:127.0.0.1:{gate.port}")
    path = f"{gate.client_programs}:{os.environ['PATH']}"
    far = {"uri": host.uri, "via": f"ssh://{gate.destination}:{proxy.port}"}
    with Console(tmp_path, {"far": far}, variables={"PATH": path}) as console:
        console.until(lambda: console.says("subject", "● on"), "the machine runs")
        proxy.set("blackhole")
        console.until(lambda: console.link("far") == "◌", "the link is down")
        console.until(lambda: console.says("subject", "~on"), "what was seen last grows old")
        console.until(lambda: "the ssh connection to" in console.text, "the reason")
        proxy.clear()
        console.until(lambda: console.link("far") == "●", "the link is up again")
        console.until(lambda: console.says("subject", "● on"), "the machine is current")
        assert console.quit() == 0
