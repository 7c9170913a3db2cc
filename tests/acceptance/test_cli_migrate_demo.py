"""Migrations of the demo fleet from the command line: planned, watched, steered, cancelled and taken back."""

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
def pair(tmp_path: Path) -> list[str]:
    """The two libvirt hosts of the demo, with a ledger that they share."""
    fleet = f"demo://?vms=300&speed=8&state={tmp_path / 'demo.log'}"
    return ["-c", fleet]


def machine(program: Program, pair: list[str], power: str = "running") -> str:
    """The ref of a machine that nothing else happens to, and that holds no device."""
    found = program.run("ls", *pair, "conn:kvm-03", f"power:{power}", "--kind", "vm", "--json").json["objects"]
    calm = [one for one in found if not one.get("passthrough") and not one.get("job") and one["memory"] <= 8 * 2**30]
    names = {"etl-big-2", "nfs-gw", "gpu-train-1"}
    return next(one["ref"] for one in calm if one["name"] not in names)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_one_is_planned_watched_and_arrives(program: Program, pair: list[str]) -> None:
    ref = machine(program, pair)
    plan = program.run("migrate", ref, "kvm-12", *pair, "--copy-storage", "copy", "--plan", "--json")
    assert plan.code == 0, plan.err
    (call,) = plan.json["plan"]
    assert call["call"] == "virDomainMigrateToURI3"
    assert call["args"]["dconnuri"] == "qemu+ssh://kvm-12/system"
    assert plan.json["level"] == 1
    refused = program.run("migrate", ref, "kvm-12", *pair, "--copy-storage", "copy")
    assert refused.code == 4
    moved = program.run("migrate", ref, "kvm-12", *pair, "--copy-storage", "copy", "--watch", "--yes", "--json")
    assert moved.code == 0, moved.err
    told = lines(moved.out)
    phases = [one["progress"]["phase"] for one in told if one.get("type") == "migration"]
    assert "memory" in phases or "disk" in phases
    for one in told:
        if one.get("type") == "migration" and one["progress"].get("iteration", 0) > 1:
            assert "percent" not in one
    assert told[-1]["results"][0]["outcome"] == "done"
    uuid = ref.rpartition(":")[2]
    (there,) = program.run("ls", *pair, "--json", "conn:kvm-12", f"uuid:{uuid}").json["objects"]
    assert there["state"] == "running"
    assert program.run("ls", *pair, "--json", "conn:kvm-03", f"uuid:{uuid}").json["objects"] == []


def test_what_moves_is_listed_steered_and_cancelled(program: Program, pair: list[str]) -> None:
    ref = machine(program, pair)
    name = program.run("show", ref, *pair, "--json").json["name"]
    slow = ["--copy-storage", "copy", "--bandwidth", "2M", "--yes"]
    with program.start("migrate", ref, "kvm-12", *pair, *slow) as moving:
        while not (found := [m for m in listed(program, pair) if m["ref"] == ref and m["state"] == "running"]):
            assert moving.poll() is None, "it goes on until somebody ends it"
        assert found[0]["progress"]["armed"] == ["storage", "peer-to-peer"]
        assert program.run("migrations", "set", name, *pair, "--pause", "--downtime", "9000").code == 2, "two at once"
        assert program.run("migrations", "set", name, *pair, "--post-copy", "--confirm", name).code == 1, "not armed"
        assert program.run("migrations", "set", name, *pair, "--downtime", "9000", "--yes").code == 0
        assert program.run("migrations", "cancel", name, *pair, "--confirm", name).code == 0
        assert moving.wait(60) == 1
    assert program.run("migrations", "cancel", "no-such", *pair).code == 1
    uuid = ref.rpartition(":")[2]
    (here,) = program.run("ls", *pair, "--json", f"uuid:{uuid}").json["objects"]
    assert (here["connection"], here["state"]) == ("kvm-03", "running")


def listed(program: Program, pair: list[str]) -> list[dict[str, Any]]:
    return program.run("migrations", *pair, "--json").json["migrations"]


def test_bad_words(program: Program, pair: list[str]) -> None:
    ref = machine(program, pair)
    assert program.run("migrate", ref, *pair).code == 2, "no host"
    assert program.run("migrate", ref, "kvm-12", *pair, "--offline", "--parallel", "2").code == 2
    assert program.run("migrate", ref, "kvm-03", *pair, "--yes").code == 2, "it is there"
    assert program.run("migrate", ref, "esx-01", *pair, "--yes").code == 2, "another family"
    assert program.run("migrate", ref, "nowhere", *pair, "--yes").code == 1
    assert program.run("migrate", ref, "kvm-12", *pair, "--bandwidth", "fast").code == 2
    unshared = program.run("migrate", ref, "kvm-12", *pair, "--yes")
    assert unshared.code == 1
    assert "copy the storage" in unshared.err
