"""Changes of the demo fleet from the command line: they stay, and its own log shows each of them once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.program import Program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def demo(tmp_path: Path) -> str:
    """A fleet whose changes outlive its worker; the file is its own log of what was done to it."""
    return f"demo://?vms=60&seed=5&family=libvirt&state={tmp_path / 'demo.log'}"


def done_to(demo: str) -> list[dict[str, Any]]:
    """What the demo itself says was done to it."""
    path = Path(demo.partition("state=")[2])
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def machine(program: Program, demo: str, power: str, at: int = 0) -> str:
    listed = program.run("ls", "-c", demo, f"power:{power}", "--kind", "vm", "--json").json["objects"]
    found = [one for one in listed if not one.get("job")]  # nothing else is being done to it
    names = [one["name"] for one in found]
    return next(one["ref"] for one in found[at:] if names.count(one["name"]) == 1)


def test_what_was_changed_stays_so_and_was_done_once(program: Program, demo: str) -> None:
    ref = machine(program, demo, "running")
    before = len(done_to(demo))
    answer = program.run("power", "pause", ref, "-c", demo, "--yes", "--json")
    assert answer.code == 0, answer.err
    (result,) = answer.json["results"]
    assert (result["ref"], result["outcome"], result["seen"]) == (ref, "done", True)
    assert program.run("ls", "-c", demo, "power:paused", "--json").json["objects"]
    assert len(done_to(demo)) == before + 1
    tasks = {one["id"]: one for one in program.run("tasks", "-c", demo, "--json").json["tasks"]}
    assert (tasks["N-1"]["state"], tasks["N-1"]["verb"]) == ("done", "pause"), "ours stand among the product's"
    again = program.run("power", "pause", ref, "-c", demo, "--yes")
    assert again.code == 1
    assert "paused" in again.err
    assert len(done_to(demo)) == before + 1


def test_several_are_confirmed_by_their_number(program: Program, demo: str) -> None:
    refs = [machine(program, demo, "running", at) for at in (0, 3)]
    assert program.run("power", "pause", *refs, "-c", demo, "--yes").code == 4
    assert program.run("power", "pause", *refs, "-c", demo, "--confirm", "2").code == 0


def test_a_snapshot_comes_and_goes(program: Program, demo: str) -> None:
    ref = machine(program, demo, "running")
    assert program.run("snap", "create", ref, "before it", "-c", demo, "--yes").code == 0
    found = program.run("snap", "ls", ref, "-c", demo, "--json").json["snapshots"]
    assert "before it" in [one["name"] for one in found]
    assert "before it" in program.run("snap", "ls", ref, "-c", demo).out
    name = machine_name(program, demo, ref)
    gone = program.run("snap", "rm", ref, "before it", "-c", demo, "--confirm", name)
    assert gone.code == 0, gone.err
    left = program.run("snap", "ls", ref, "-c", demo, "--json").json["snapshots"]
    assert "before it" not in [one["name"] for one in left]


def machine_name(program: Program, demo: str, ref: str) -> str:
    return program.run("show", ref, "-c", demo, "--json").json["name"]


def test_devices_of_all_hosts_are_listed(program: Program, demo: str) -> None:
    table = program.run("device", "ls", "-c", demo).out.splitlines()
    assert table[0].split() == ["HOST", "ID", "CLASS", "ADDRESS", "DRIVER", "IOMMU", "NUMA", "HOLDER", "DEVICE"]
    forms = program.run("device", "ls", "-c", demo, "--json").json["devices"]
    assert len(forms) == len(table) - 1 > 0
    assert {"host", "id", "device_class"} <= forms[0].keys()


def test_old_snapshots_are_cleaned_up_in_one_run(program: Program, demo: str) -> None:
    told = program.run("snap", "ls", "--older-than", "30d", "-c", demo, "--json")
    assert told.code == 0, told.err
    count, machines = told.json["report"]["count"], told.json["report"]["machines"]
    assert count == len(told.json["snapshots"]) > machines > 1
    assert "longest chain" in program.run("snap", "ls", "--older-than", "30d", "-c", demo).err
    words = ("snap", "rm", "--older-than", "30d", "-c", demo)
    for said in (["--yes"], ["--confirm", str(count - 1)]):
        refused = program.run(*words, *said)
        assert refused.code == 4
        assert f"--confirm '{count}'" in refused.err
        assert len(refused.err.splitlines()) < 5, "what was not confirmed is not told object by object"
    assert not done_to(demo)
    gone = program.run(*words, "--confirm", str(count), "--json")
    assert gone.code == 0, gone.err
    assert len(gone.json["results"]) == count
    sent = [(one["call"], json.dumps(one["args"], sort_keys=True)) for one in done_to(demo)]
    assert len(sent) == len(set(sent)) == count, "each of them once"
    assert program.run("snap", "ls", "--older-than", "30d", "-c", demo, "--json").json["snapshots"] == []
    nothing = program.run(*words, "--confirm", "0")
    assert (nothing.code, "nothing to do" in nothing.err) == (0, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["create", "--older-than", "3d"], "takes no --older-than"),
        (["rm", "--older-than", "soon"], "no span of time"),
        (["rm", "--older-than", "3d", "--children", "with"], "--children is for one snapshot"),
        (["rm"], "of which machine?"),
        (["rm", "one", "two", "three"], "needs the NAME"),
    ],
)
def test_what_makes_no_sense_is_said(program: Program, demo: str, words: list[str], said: str) -> None:
    answer = program.run("snap", *words, "-c", demo)
    assert (answer.code, said in answer.err) == (2, True), answer.err
