"""`novatui migrate OBJECT [HOST] --check` on the demo fleet: every host of the family, one reason each, no change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.program import Program

FLEET = ("-c", "demo://?at=1790000000")
MACHINE = "web-front-11"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def by_name(answer: Any) -> dict[str, dict[str, Any]]:
    return {host["name"]: host for host in answer["hosts"]}


def test_every_host_of_the_family_is_told_with_its_reason(program: Program) -> None:
    answer = program.run("migrate", MACHINE, "--check", "--json", *FLEET)
    assert answer.code == 0
    hosts = by_name(answer.json)
    assert len(hosts) == 12
    assert answer.json["not_asked"] == ["libvirt", "hyperv", "xcpng", "proxmox"]
    said = {host["answer"] for host in hosts.values()}
    assert said == {"yes", "no"}
    assert hosts["esx-09"]["reasons"][0] == "it is in maintenance"
    assert "not enough memory" in hosts["esx-07"]["reasons"][0]
    assert [name for name, host in hosts.items() if "already" in "".join(host["reasons"])] == ["esx-06"]
    for host in hosts.values():
        asked = [check for check in host["checks"] if check["answer"] != "unknown"]
        assert all(check["evidence"]["call"] for check in asked)
        assert (host["answer"] == "yes") == (not host["reasons"])
    assert not (program.home / ".local/state/novatui/journal.jsonl").exists()


def test_the_table_begins_with_those_that_can(program: Program) -> None:
    answer = program.run("migrate", MACHINE, "--check", *FLEET)
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0].split() == ["HOST", "CONNECTION", "ANSWER", "FREE", "CPU%", "REASONS"]
    answers = [line.split()[2] for line in lines[1:]]
    assert answers == sorted(answers, reverse=True)
    assert "no machine moves between families" in answer.err


def test_one_host_tells_every_check_and_its_answer_is_the_exit_code(program: Program) -> None:
    can = program.run("migrate", MACHINE, "esx-05", "--check", *FLEET)
    assert (can.code, can.out.splitlines()[0]) == (0, "esx-05: yes")
    assert "machine type   has machine type vmx-19  (asked: QueryVMotionCompatibilityEx_Task" in can.out
    cannot = program.run("migrate", MACHINE, "esx-09", "--check", *FLEET)
    assert (cannot.code, cannot.out.splitlines()[0]) == (1, "esx-09: no")
    assert "maintenance" in cannot.out.splitlines()[1]


def test_a_condition_is_no_yes_and_no_failure(program: Program) -> None:
    ref = next(
        one["ref"]
        for one in program.run("ls", "conn:kvm-03", "power:on", "--json", *FLEET).json["objects"]
        if not one.get("passthrough") and not one.get("snapshots")
    )
    answer = program.run("migrate", ref, "kvm-12", "--check", *FLEET)
    assert answer.code == 0
    assert answer.out.splitlines()[0] == "kvm-12: partly, once storage is copied"


@pytest.mark.parametrize(
    ("words", "code"), [(("nobody",), 1), ((MACHINE, "nowhere"), 1), ((MACHINE, "kvm-12"), 1), (("esx-05",), 2)]
)
def test_what_makes_no_sense_is_said(words: tuple[str, ...], code: int, program: Program) -> None:
    answer = program.run("migrate", *words, "--check", *FLEET)
    assert answer.code == code
    assert answer.err
    assert not answer.out
