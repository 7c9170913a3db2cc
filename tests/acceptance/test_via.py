"""A worker behind ssh: another user on another machine, gone with its console however that ends."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Fault
from novatui.core.states import Kind, Link
from novatui.engine.fleet import Fleet, Target
from tests.fleets import PATIENCE, POLICY, until, wait
from tests.lab.fixtures import MakeProxy
from tests.lab.missing import LabUnavailable
from tests.lab.processes import is_alive
from tests.lab.sshd import Sshd, remote_python
from tests.oddworker import spec

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def program(sshd: Sshd) -> str:
    """Path of a program on the far side that is `novatui worker`, with the odd drivers of the tests."""
    try:
        remote_python()
    except LabUnavailable as reason:
        pytest.skip(str(reason))
    file = sshd.directory / "bin" / "odd novatui"
    file.write_text(f"#!/bin/sh\n[ \"$*\" = worker ] && exec '{sshd.directory}/bin/python' -m tests.oddworker\n")
    file.chmod(0o755)
    return str(file)


def target(sshd: Sshd, program: str, wanted: ConnectionSpec, port: int = 0) -> Target:
    options = ("-F", str(sshd.config), "-p", str(port or sshd.port))
    return Target(wanted, lambda: {"password": "far"}, via=f"ssh://lab?novatui={program}", ssh_options=options)


def workers(sshd: Sshd) -> set[int]:
    """Pythons that run behind this sshd."""
    return {pid for pid, words in sshd.remote_processes().items() if "oddworker" in words}


async def test_a_worker_of_another_user_serves_and_leaves_with_the_console(sshd: Sshd, program: str) -> None:
    fleet = Fleet([target(sshd, program, spec("far")), Target(spec("near"), dict)], policy=POLICY)
    await fleet.start()
    await fleet.settled(PATIENCE)
    far = fleet.connections["far"]
    assert (far.status.link, far.status.failure) == (Link.UP, None)
    assert far.info is not None
    assert far.info.user == "far"
    assert {fleet.inventory.name(slot) for slot in fleet.inventory.slots(Kind.VM)} == {"vm 0", "vm 1", "vm 2"}
    assert far.worker_pid in workers(sshd)
    assert os.stat(f"/proc/{far.worker_pid}").st_uid == pwd.getpwnam(sshd.account).pw_uid
    await fleet.stop()
    await until(lambda: not workers(sshd))


@pytest.mark.parametrize("step", ["", "pause", "pause_holding_the_lock"])
async def test_a_cut_connection_ends_the_far_worker_though_its_sshd_has_not_noticed(
    sshd: Sshd, program: str, fault_proxy: MakeProxy, step: str
) -> None:
    proxy = fault_proxy(f"tcp:127.0.0.1:{sshd.port}")
    fleet = Fleet([target(sshd, program, spec("far", sample=step), proxy.port)])
    await fleet.start()
    await fleet.settled(PATIENCE)
    fleet.watch({"far": None}, 0.1)
    connection, first = fleet.connections["far"], workers(sshd)
    assert (len(first), connection.status.link) == (2, Link.UP)
    sessions = sessions_of(sshd)
    proxy.set("blackhole")
    await until(lambda: not any(is_alive(pid) for pid in first))
    assert all(is_alive(pid) for pid in sessions)
    await until(lambda: connection.status.link is Link.DOWN)
    fleet.watch({}, 0.1)  # else the next worker hangs too, on a busy machine before it has said that it is up
    proxy.clear()
    await until(lambda: connection.status.link is Link.UP)
    assert connection.generation > 1
    await fleet.stop()
    await until(lambda: not workers(sshd))


def sessions_of(sshd: Sshd) -> set[int]:
    """Processes of the server that hold the connections of the far workers."""
    parents = {int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) for pid in workers(sshd)}
    return parents - workers(sshd)


CONSOLE = """
import asyncio, sys
from tests.oddworker import spec
from novatui.engine.fleet import Fleet, Target

async def main():
    via, config, port, step = sys.argv[1:]
    fleet = Fleet([Target(spec("far", sample=step), dict, via=via, ssh_options=("-F", config, "-p", port))])
    await fleet.start()
    await fleet.settled(60)
    fleet.watch({"far": None}, 0.1)
    await asyncio.sleep(0.5)
    print(fleet.connections["far"].status.link.value, flush=True)
    await asyncio.sleep(1000)

asyncio.run(main())
"""


@pytest.mark.parametrize("step", ["", "pause_holding_the_lock"])
def test_no_far_worker_outlives_a_killed_console(sshd: Sshd, program: str, step: str) -> None:
    via = f"ssh://lab?novatui={program}"
    command = [sys.executable, "-c", CONSOLE, via, str(sshd.config), str(sshd.port), step]
    console = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert console.stdout
        assert console.stdout.readline() == b"up\n"
        assert len(workers(sshd)) == 2
    finally:
        console.kill()
        console.wait()
    wait(lambda: not workers(sshd))


Wrong = Callable[[Sshd, Path], tuple[str, tuple[str, ...]]]


def no_program(sshd: Sshd, folder: Path) -> tuple[str, tuple[str, ...]]:
    return "ssh://lab?novatui=/nonexistent/novatui", ("-F", str(sshd.config))


def chatty_login(sshd: Sshd, folder: Path) -> tuple[str, tuple[str, ...]]:
    return "ssh://lab?novatui=echo", ("-F", str(sshd.config))


def other_key(sshd: Sshd, folder: Path) -> tuple[str, tuple[str, ...]]:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")], check=True)
    config = folder / "config"
    config.write_text(sshd.config.read_text().replace(str(sshd.directory / "client_key"), str(folder / "key")))
    return "ssh://lab", ("-F", str(config))


def other_host_key(sshd: Sshd, folder: Path) -> tuple[str, tuple[str, ...]]:
    return "ssh://lab", ("-F", str(sshd.config), "-o", "HostKeyAlias=somebody-else")


def nobody_there(sshd: Sshd, folder: Path) -> tuple[str, tuple[str, ...]]:
    return "ssh://127.0.0.1:1", ("-F", "/dev/null")


@pytest.mark.parametrize(
    ("wrong", "fault", "again"),
    [
        (no_program, Fault.INVALID_INPUT, False),
        (chatty_login, Fault.NOT_SUPPORTED, False),
        (other_key, Fault.AUTH_FAILED, False),
        (other_host_key, Fault.TLS_UNTRUSTED, False),
        (nobody_there, Fault.UNREACHABLE, True),
    ],
)
async def test_what_is_wrong_on_the_way_is_told(
    sshd: Sshd, tmp_path: Path, wrong: Wrong, fault: Fault, again: bool
) -> None:
    via, options = wrong(sshd, tmp_path)
    fleet = Fleet([Target(spec("far"), dict, via=via, ssh_options=options)])
    await fleet.start()
    await fleet.settled(PATIENCE)
    status = fleet.connections["far"].status
    await fleet.stop()
    assert status.failure is not None
    assert (status.link, status.failure.fault, status.retry_at is not None) == (Link.DOWN, fault, again)
