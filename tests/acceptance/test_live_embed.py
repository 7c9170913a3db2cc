"""`qemu:///embed`: the worker itself is the daemon, so it has a process of its own, and one root has one holder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from novatui.core.errors import Fault
from novatui.core.states import Link
from novatui.engine.fleet import Fleet, Target
from tests.acceptance.live import PERIOD, failure, is_up, libvirt, live, machines, metric, value
from tests.acceptance.program import Program
from tests.fleets import PATIENCE, until
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.embed import EmbedRoot
from tests.lab.processes import command_line

pytestmark = pytest.mark.libvirt


@pytest.fixture(scope="module")
def root() -> Iterator[EmbedRoot]:
    with or_skip(EmbedRoot) as made:
        made.start_guest("inside")
        yield made


async def test_it_runs_in_a_worker_of_its_own(root: EmbedRoot) -> None:
    """Also where all other connections have to share one."""
    specs = [libvirt("embed", root.uri), libvirt("one", "test:///default"), libvirt("two", "test:///default")]
    fleet = Fleet([Target(spec, dict) for spec in specs], max_workers=1)
    await fleet.start()
    try:
        await fleet.settled(PATIENCE)
        assert all(is_up(fleet, name) for name in fleet.connections), [
            one.failure for one in fleet.connections.values()
        ]
        pids = {name: one.worker_pid for name, one in fleet.connections.items()}
        assert pids["one"] == pids["two"] != pids["embed"]
        assert "novatui.worker" in command_line(pids["embed"] or 0)
        assert (machines(fleet, "embed"), value(fleet, "embed", "inside", "power")) == (["inside"], "running")
        info = fleet.connections["embed"].info
        assert info is not None
        assert info.transport == "embed"
        fleet.watch({"embed": None}, PERIOD)
        await until(lambda: metric(fleet, "embed", "inside", "cpu.used") is not None)
    finally:
        await fleet.stop()
    assert root.virsh("list --name").split() == ["inside"], "the machine goes on without the console"


async def test_a_root_that_another_process_holds_is_refused_until_it_is_free(root: EmbedRoot) -> None:
    with root.held():
        async with live(libvirt("embed", root.uri), libvirt("one", "test:///default")) as fleet:
            refused = failure(fleet, "embed")
            assert (refused.fault, refused.final) == (Fault.CONFLICT, False)
            assert refused.message == "another process uses this embed root"
            assert refused.hint
            assert is_up(fleet, "one")
    async with live(libvirt("embed", root.uri)) as fleet:
        assert machines(fleet, "embed") == ["inside"]
        async with live(libvirt("embed", root.uri)) as second:
            assert second.connections["embed"].link is Link.DOWN
            assert failure(second, "embed").fault is Fault.CONFLICT
            await fleet.stop()
            await until(lambda: is_up(second, "embed"))
            assert machines(second, "embed") == ["inside"]


def test_the_command_line_says_so_too(root: EmbedRoot, tmp_path: Path) -> None:
    program = Program(tmp_path)
    with root.held():
        answer = program.run("ls", "-c", root.uri)
        assert answer.code == 3
        assert "another process uses this embed root" in answer.err
        assert "Traceback" not in answer.err
    listed = program.run("ls", "-c", root.uri, "--json")
    assert (listed.code, [each["name"] for each in listed.json["objects"]]) == (0, ["inside"])
