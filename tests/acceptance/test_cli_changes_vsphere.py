"""Changing machines of a vCenter from the command line: planned, confirmed, refused, written down; exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from tests.acceptance.program import Program
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, tasks
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINE = "DC0_C0_RP0_VM0"


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=1, standalone=0, machines=2)) as one:
        yield one


@pytest.fixture
def program(tmp_path: Path, server: Vcsim) -> Program:
    with client_of(server) as service:
        if change.machine(service, MACHINE).runtime.powerState != "poweredOn":
            change.power(service, MACHINE, "on")
    found = Program(tmp_path, {"LAB_PASSWORD": server.password})
    configure(found, server)
    return found


def configure(program: Program, server: Vcsim, *more: str) -> None:
    program.configure(
        "\n".join(
            (
                "[connections.vc]",
                f'uri = "vsphere://{server.user}@localhost:{server.port}"',
                f'tls = "ca:{server.authority.root.certificate}"',
                'password = "env:LAB_PASSWORD"',
                *more,
                "",
            )
        )
    )


def journal(program: Program) -> list[dict[str, Any]]:
    answer = program.run("audit", "show", "--json")
    assert answer.code == 0, answer.err
    return answer.lines


def state(server: Vcsim) -> str:
    with client_of(server) as service:
        return str(change.machine(service, MACHINE).runtime.powerState)


def asked(server: Vcsim) -> list[str]:
    with client_of(server) as service:
        return list(tasks(service).values())


def test_a_plan_prints_the_calls_and_changes_nothing(program: Program, server: Vcsim) -> None:
    before = asked(server)
    answer = program.run("power", "off", MACHINE, "--plan")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("1  PowerOffVM_Task(this=vm-")
    assert "loses: " in answer.err
    form = program.run("power", "off", MACHINE, "--plan", "--json").json
    assert (form["plan"][0]["call"], form["inverse"]["verb"]) == ("PowerOffVM_Task", "power.start")
    assert (asked(server), journal(program)) == (before, [])


@pytest.mark.parametrize(
    ("said", "code"), [((), 4), (("--yes",), 4), (("--confirm", "wrong"), 4), (("--confirm", MACHINE), 0)]
)
def test_what_has_to_be_typed_is_confirmed_by_name(
    program: Program, server: Vcsim, said: tuple[str, ...], code: int
) -> None:
    before = asked(server)
    answer = program.run("power", "off", MACHINE, *said)
    assert answer.code == code, answer.err
    records = journal(program)
    events = [one["event"] for one in records]
    if code:
        assert ("call" in events, asked(server), state(server)) == (False, before, "poweredOn")
        return
    assert answer.out.startswith(f"{MACHINE}: done and seen  (N-")
    assert events[-5:] == ["operation", "call", "result", "end", "seen"]
    assert asked(server)[len(before) :] == ["VirtualMachine.powerOff"]
    call = next(one for one in records if one["event"] == "call")
    assert "PowerOffVM_Task" in json.dumps(call)
    assert server.password not in json.dumps(records)
    assert program.run("audit", "verify").code == 0


def test_a_guest_that_cannot_be_asked_is_said_so(program: Program) -> None:
    answer = program.run("power", "shutdown", MACHINE, "--plan")
    assert answer.code == 1
    assert "VMware Tools do not run in it" in answer.err
    assert "power.off" in answer.err


def test_what_the_product_has_not_is_said_so(program: Program) -> None:
    answer = program.run("power", "pause", MACHINE, "--yes")
    assert answer.code != 0
    assert "not offered" in answer.err


@pytest.mark.parametrize("lock", ["ro = true", "protected = true"])
def test_a_locked_connection_changes_nothing(program: Program, server: Vcsim, lock: str) -> None:
    configure(program, server, lock)
    before = asked(server)
    for words in (
        ("power", "off", MACHINE, "--confirm", MACHINE),
        ("power", "suspend", MACHINE, "--yes"),
        ("power", "reset", MACHINE, "--confirm", MACHINE),
        ("snap", "create", MACHINE, "n", "--yes"),
    ):
        assert program.run(*words).code == 4, words
    assert asked(server) == before


def test_snapshots_from_the_command_line(program: Program, server: Vcsim) -> None:
    created = program.run("snap", "create", MACHINE, "by-hand", "--yes")
    assert created.code == 0, created.err
    listed = program.run("snap", "ls", MACHINE, "--json").json["snapshots"]
    assert [one["name"] for one in listed] == ["by-hand"]
    planned = program.run("snap", "revert", MACHINE, "by-hand", "--plan")
    assert planned.out.startswith("1  RevertToSnapshot_Task(this=snapshot-"), planned.err
    assert "loses: everything written to its disks since 'by-hand'" in planned.err
    removed = program.run("snap", "rm", MACHINE, "by-hand", "--confirm", MACHINE)
    assert removed.code == 0, removed.err
    assert program.run("snap", "ls", MACHINE, "--json").json["snapshots"] == []
    assert asked(server)[-2:] == ["VirtualMachine.createSnapshot", "VirtualMachineSnapshot.removeSnapshot"]
