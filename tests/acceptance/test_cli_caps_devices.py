"""`novatui caps --devices`: what hosts have to give, and who could serve a request: on the demo, on the mock host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.program import Program

FLEET = ("-c", "demo://?at=1790000000")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def pools(host: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {pool["id"]: pool for pool in host["pools"] if pool["kind"] == kind}


def test_every_device_of_every_host_is_counted_once(program: Program) -> None:
    answer = program.run("caps", "--devices", "--json", *FLEET)
    assert answer.code == 0
    hosts = answer.json["hosts"]
    assert len(hosts) == 26
    for host in hosts:
        seen = [device["id"] for pool in host["pools"] for device in pool["devices"]]
        assert len(seen) == len(set(seen))
        assert {each["kind"] for each in host["evidence"]} == {"asked"}
        for pool in host["pools"]:
            assert pool["free"] + pool["held"] + pool["blocked"] + pool["unknown"] == pool["total"]
    for kind in answer.json["kinds"]:
        ours = [p for host in hosts for p in host["pools"] if (p["kind"], p["id"]) == (kind["kind"], kind["id"])]
        assert (kind["free"], kind["total"]) == (sum(p["free"] for p in ours), sum(p["total"] for p in ours))


def test_the_same_as_a_table_and_as_markdown(program: Program) -> None:
    table = program.run("caps", "--devices", *FLEET).out.splitlines()
    assert table[0].split() == ["KIND", "WHAT", "FREE", "HELD", "BLOCKED", "?", "ALL", "HOSTS"]
    assert table[1].startswith("mdev  NVIDIA A16-16C [nvidia-474]")
    one = program.run("caps", "--devices", "kvm-12", *FLEET)
    assert "IOMMU group 60 is parted: the host uses NVIDIA A16 #0 audio (driver snd_hda_intel)" in one.err
    assert one.out.splitlines()[0].split()[:4] == ["KIND", "WHAT", "HOST", "OF"]
    markdown = program.run("caps", "--devices", "kvm-12", "--md", *FLEET).out
    assert "## Conflicts" in markdown
    assert "virConnectListAllNodeDevices, virNodeDeviceGetXMLDesc, virConnectGetCapabilities" in markdown


def test_who_could_serve_a_request_and_when(program: Program) -> None:
    answer = program.run("caps", "--devices", "--fit", "gpu", "--json", *FLEET)
    assert answer.code == 0
    fits = {fit["name"]: fit for fit in answer.json["fit"]}
    assert fits["esx-02"]["reason"] == "it has no gpu"
    assert fits["kvm-03"]["answer"] == "partly"
    assert fits["kvm-03"]["after"] == ["the host lets go of NVIDIA A16 #0 audio (driver snd_hda_intel)"]
    assert [fit["answer"] for fit in answer.json["fit"]] == sorted(
        (fit["answer"] for fit in answer.json["fit"]), key=["yes", "partly", "unknown", "no"].index
    )
    table = program.run("caps", "--devices", "--fit", "2 x vf, 1 x mdev nvidia-471", "kvm-03", *FLEET)
    assert table.out.splitlines()[1].split()[:2] == ["kvm-03", "yes"]
    assert program.run("caps", "--devices", "--fit", "1 x mdev nvidia-63", *FLEET).code == 1


def test_what_cannot_be_asked_is_said_before_anything_is_opened(program: Program) -> None:
    wrong = program.run("caps", "--devices", "--fit", "7 x elephant", *FLEET)
    assert (wrong.code, "what is `elephant`?" in wrong.err) == (2, True)
    assert program.run("caps", "--devices", "nowhere", *FLEET).code == 1


def test_a_host_of_libvirt_with_functions_types_and_groups(program: Program, mock_hosts: dict[str, str]) -> None:
    pytest.importorskip("libvirt")
    answer = program.run("caps", "--devices", "--fit", "1 x mdev nvidia-471, vf", "--json", "-c", mock_hosts["atlas"])
    assert answer.code == 1, "of VFIO the test driver cannot be asked: nothing is known to be possible"
    (host,) = answer.json["hosts"]
    (function,) = pools(host, "vf").values()
    assert (function["free"], function["held"], function["total"], function["limit"]) == (1, 1, 2, 8)
    assert sorted(each["use"] for each in function["devices"]) == ["defined", "free"]
    (held,) = (each for each in function["devices"] if each["use"] == "defined")
    assert held["holders"][0] == {
        "key": "vm:5eed0000-0000-4000-8000-000000000004", "name": "gpu-train", "running": False,
    }  # fmt: skip
    types = pools(host, "mdev")
    made = types["nvidia-471"]
    assert (made["free"], made["held"], made["total"], made["can_be_made"]) == (15, 1, 16, 14)
    assert types["nvidia-472"]["free"] == 7
    assert {pool["id"]: pool["held"] for pool in host["pools"] if pool["kind"] == "gpu"} == {
        "10de:25b6": 0,
        "1002:73bf": 1,
    }
    assert [each["call"] for each in host["evidence"]][:2] == [
        "virConnectListAllNodeDevices",
        "virNodeDeviceGetXMLDesc",
    ]
    (fit,) = answer.json["fit"]
    assert (fit["answer"], fit["reason"]) == ("unknown", "whether this host has VFIO was not told")
    assert [each["count"] for each in fit["gives"]] == [1, 1]
