"""The command line on a vCenter lists what another client finds there by walking it, object by object; and what each
side changes the other one sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.connection import ConnectionSpec
from novatui.core.states import Family, Kind
from novatui.engine.fleet import Target
from tests.acceptance.live import is_up, live, slot_of, value
from tests.acceptance.program import Program
from tests.fleets import until
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, everything
from tests.lab.vsphere.shown import KINDS, expected, lone_hosts, told
from tests.lab.vsphere.simulated import Vcsim
from tests.lab.vsphere.walk import walk

pytestmark = pytest.mark.xdist_group("vcsim-ls")

MODEL = {"datacenters": 2, "clusters": 2, "hosts": 2, "standalone": 1, "machines": 2, "pools": 1, "vapps": 1}


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    """Two datacenters, one of them in a folder, with four clusters; folders in folders, pools, vApps, a template."""
    with or_skip(lambda: Vcsim(**MODEL, folders=1, pods=1)) as running:
        with client_of(running) as service:
            change.move(service, "DC0_C1_RP0_VM0", change.make_folder(service, "DC0", "teams", "shop", "web"))
            change.rename(service, vim.VirtualMachine, "DC0_H0_VM0", "web%2f1")
            change.rename(service, vim.ClusterComputeResource, "DC1_C1", "50%25 of all%5c")
            change.power(service, "DC0_C0_RP0_VM0", "off")
            change.power(service, "DC0_C0_RP0_VM1", "suspended")
            change.snapshot(service, "DC1_H0_VM1", "base")
            change.snapshot(service, "DC1_H0_VM1", "with memory", memory=True)
            change.clone(service, "DC1_H0_VM1", "golden")
            change.make_template(service, "golden")
        yield running


@pytest.fixture
def program(server: Vcsim, tmp_path: Path) -> Program:
    """As a person has it: a connection in the file, its password in the environment."""
    made = Program(tmp_path, {"VC_PASSWORD": server.password})
    made.configure(
        f'[connections.vc]\nuri = "vsphere://{server.user}@localhost:{server.port}"\npassword = "env:VC_PASSWORD"\n'
        f'tls = "ca:{server.authority.root.certificate}"\n'
    )
    return made


def test_ls_lists_what_a_walk_finds(server: Vcsim, program: Program) -> None:
    kinds = [word for kind in sorted({*KINDS.values(), "template"}) for word in ("--kind", kind)]
    answer = program.run("ls", "--json", *kinds)
    assert (answer.code, answer.err) == (0, "")
    with client_of(server) as service:
        seen = walk(service)
    wanted = expected(seen, lone_hosts(seen))
    assert told(answer.json["objects"]) == wanted
    assert len(answer.json["objects"]) == len(wanted)
    count = [row.kind for row in wanted.values()].count
    assert [count(kind) for kind in ("datacenter", "cluster", "host", "template")] == [2, 4, 10, 1]
    assert wanted[next(one for one, row in wanted.items() if row.name == "web")].kind == "folder"
    assert {"web/1", "50% of all\\"} <= {row.name for row in wanted.values()}
    assert {row.state for row in wanted.values() if row.kind == "vm"} == {"running", "off", "suspended"}


def test_machines_have_the_figures_that_a_walk_finds(server: Vcsim, program: Program) -> None:
    answer = program.run("ls", "--json")
    assert (answer.code, answer.err) == (0, "")
    machines = {one["native_id"]: (one["uuid"], one["vcpus"], one["memory"]) for one in answer.json["objects"]}
    paths = ("config.template", "config.uuid", "config.hardware.numCPU", "config.hardware.memoryMB")
    with client_of(server) as service:
        found = everything(service, vim.VirtualMachine, paths)
    assert machines == {
        reference: (facts[paths[1]], facts[paths[2]], facts[paths[3]] * 2**20)
        for reference, facts in found.items()
        if not facts[paths[0]]
    }


def test_snapshots_are_those_of_the_machines(server: Vcsim, program: Program) -> None:
    answer = program.run("ls", "--json", "--kind", "snapshot")
    assert (answer.code, answer.err) == (0, "")
    with client_of(server) as service:
        info = change.machine(service, "DC1_H0_VM1").snapshot
    (root,) = info.rootSnapshotList
    (child,) = root.childSnapshotList
    assert {(one["native_id"], one["name"], one["current"]) for one in answer.json["objects"]} == {
        (root.snapshot._moId, "base", False),
        (child.snapshot._moId, "with memory", True),
    }


@pytest.mark.parametrize("name", ["DC1_C0_RP0_VM1", "DC1_C0_H0"])
def test_show_tells_the_load(program: Program, name: str) -> None:
    """By a sample that is asked for at once: nothing has been measured yet."""
    answer = program.run("show", name, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.json["metrics"]["cpu.used"] >= 0


def target(server: Vcsim) -> Target:
    options = {"user": server.user, "tls_ca": str(server.authority.root.certificate)}
    spec = ConnectionSpec(
        name="vc", family=Family.VSPHERE, driver="vsphere", uri=f"vsphere://localhost:{server.port}", options=options
    )
    return Target(spec, lambda: {"password": server.password})


async def test_what_another_client_changes_arrives_at_the_console() -> None:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=2, machines=2)) as server:
        async with live(target(server)) as fleet:
            assert is_up(fleet, "vc")
            with client_of(server) as service:
                change.power(service, "DC0_C0_RP0_VM0", "off")
                await until(lambda: value(fleet, "vc", "DC0_C0_RP0_VM0", "power") == "off")
                change.rename(service, vim.VirtualMachine, "DC0_C0_RP0_VM0", "shop")
                await until(lambda: slot_of(fleet, "vc", "shop") is not None)
                change.snapshot(service, "shop", "before")
                await until(lambda: value(fleet, "vc", "shop", "snapshots") == 1)
                change.clone(service, "shop", "born")
                await until(lambda: value(fleet, "vc", "born", "power") == "off")
                folder = change.make_folder(service, "DC0", "teams")
                await until(lambda: slot_of(fleet, "vc", "teams", Kind.FOLDER) is not None)
                change.move(service, "born", folder)
                change.delete(service, "born")
                await until(lambda: slot_of(fleet, "vc", "born") is None)
            assert slot_of(fleet, "vc", "DC0_C0_RP0_VM0") is None, "a machine that was renamed is one, not two"


def test_what_the_command_line_changes_is_there_for_another_client(server: Vcsim, program: Program) -> None:
    def state() -> str:
        with client_of(server) as service:
            return change.machine(service, "DC1_C0_RP0_VM0").runtime.powerState

    assert state() == "poweredOn"
    off, start = ("off", ("--confirm", "DC1_C0_RP0_VM0"), "poweredOff"), ("start", ("--yes",), "poweredOn")
    for verb, said, after in (off, start):
        answer = program.run("power", verb, "DC1_C0_RP0_VM0", *said)
        assert answer.code == 0, answer.err
        assert state() == after
