"""`novatui caps --blockers` on the demo fleet: who keeps a host from its maintenance, as a plan to empty it sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.program import Program

FLEET = ("-c", "demo://?at=1790000000")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_it_agrees_with_the_plan_of_an_evacuation(program: Program) -> None:
    answer = program.run("caps", "--blockers", "esx-07", "--json", *FLEET)
    assert answer.code == 0
    (host,) = answer.json["hosts"]
    goes = {one["ref"] for one in host["machines"] if one["answer"] in ("live", "condition")}
    drain = program.run("evacuate", "esx-07", "--plan", "--json", *FLEET).json["drain"]
    assert goes == {move["ref"] for move in drain["moves"]}
    assert {one["ref"] for one in host["machines"]} - goes == {one["ref"] for one in drain["stay"]}
    assert (host["leave"], host["block"] + host["unknown"] + host["off"]) == (len(drain["moves"]), len(drain["stay"]))
    held = {one["name"]: one for one in host["machines"]}["db-orders-01"]
    assert (held["answer"], held["holds"], held["cold"]) == ("cold", "0000:5e:00.2", "yes")
    assert "shut it down" in held["lift"]
    assert held["evidence"]["call"] == "RetrievePropertiesEx"


def test_several_hosts_and_a_whole_connection(program: Program) -> None:
    named = program.run("caps", "--blockers", "kvm-03", "kvm-12", *FLEET)
    assert [line.partition(":")[0] for line in named.out.splitlines() if " can leave, " in line] == ["kvm-03", "kvm-12"]
    assert "gpu-train-1" in named.out
    assert "cold only" in named.out
    whole = program.run("caps", "--blockers", "vc-east", "--json", *FLEET)
    assert len(whole.json["hosts"]) == 12
    markdown = program.run("caps", "--blockers", "kvm-12", "--md", *FLEET).out
    assert markdown.startswith("# Machines that keep hosts from their maintenance\n\n## kvm-12: ")
    assert "| gpu-train-1 | cold only | 0000:3b:00.0 |" in markdown


def test_what_is_no_host_is_refused(program: Program) -> None:
    assert program.run("caps", "--blockers", "nowhere", *FLEET).code == 1
