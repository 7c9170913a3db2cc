"""What keeps a real libvirt host from maintenance: libvirt itself is asked to move each machine, and has to agree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.program import Program
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec

libvirt = pytest.importorskip("libvirt")

from tests.lab.libvirt.moves import ON_LOOPBACK, Move, quiet  # noqa: E402

pytestmark = [pytest.mark.libvirt, pytest.mark.timeout(600)]

SMALL = GuestSpec("traveller", boot="none", memory_mib=64)
KEPT = GuestSpec("kept", boot="none", memory_mib=64, disk_mib=8)
NAMESAKE = GuestSpec("namesake", boot="none", memory_mib=64)
STILL = GuestSpec("still", boot="none", memory_mib=64)


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[LibvirtHost, LibvirtHost]]:
    quiet()
    with or_skip(lambda: LibvirtHost("atlas")) as first, or_skip(lambda: LibvirtHost("borea")) as second:
        yield first, second


def refusal(host: LibvirtHost, to: LibvirtHost, name: str) -> tuple[int, str] | None:
    """What libvirt says when it is asked to move it live; None: it has moved."""
    conn = libvirt.open(host.uri)
    try:
        return Move(conn.lookupByName(name), to.uri, parameters=ON_LOOPBACK).outcome()
    finally:
        conn.close()


def report(program: Program, hosts: tuple[LibvirtHost, LibvirtHost], machine: str) -> dict[str, Any]:
    """The host that has this machine."""
    answer = program.run("caps", "--blockers", "--json", "-c", hosts[0].uri, "-c", hosts[1].uri)
    assert answer.code == 0, answer.err
    (found,) = (
        host
        for host in answer.json["hosts"]
        if any(one["name"] == machine and one.get("state") == "running" for one in host["machines"])
    )
    return found


def test_who_blocks_is_who_libvirt_refuses(hosts: tuple[LibvirtHost, LibvirtHost], tmp_path: Path) -> None:
    first, second = hosts
    for spec in (SMALL, KEPT, NAMESAKE):
        first.start_guest(spec, wait=False)
    first.define_guest(STILL)
    first.virsh("snapshot-create-as", KEPT.name, "first")
    second.define_guest(GuestSpec(NAMESAKE.name, boot="none", memory_mib=32))
    program = Program(tmp_path)

    found = report(program, hosts, SMALL.name)
    by_name = {one["name"]: one for one in found["machines"]}
    assert {name: one["answer"] for name, one in by_name.items()} == {
        "traveller": "live", "kept": "stuck", "namesake": "stuck", "still": "off",
    }  # fmt: skip
    assert (found["leave"], found["block"], found["unknown"], found["off"]) == (1, 2, 0, 1)
    assert (by_name["kept"]["holds"], by_name["kept"]["lift"]) == ("snapshots", "delete its snapshots")
    assert by_name["kept"]["evidence"]["call"] == "virDomainGetXMLDesc"
    assert by_name["namesake"]["cold"] == "no"
    assert "called namesake" in by_name["namesake"]["reason"]

    refused = {name: refusal(first, second, name) for name in ("traveller", "kept", "namesake")}
    assert refused["traveller"] is None
    assert refused["kept"] is not None
    assert "snapshot" in refused["kept"][1]
    assert refused["namesake"] is not None
    assert "already exists" in refused["namesake"][1]

    first.virsh("snapshot-delete", KEPT.name, "first")
    second.virsh("undefine", NAMESAKE.name)
    lifted = {one["name"]: one for one in report(program, hosts, KEPT.name)["machines"]}
    assert lifted["kept"]["answer"] == "unknown", "its disk is in no pool: the other host was not able to tell"
    assert lifted["kept"]["holds"] == "vda"
    assert lifted["namesake"]["answer"] == "live"
    assert refusal(first, second, NAMESAKE.name) is None


def test_devices_are_those_of_virsh_and_their_evidence_is_what_was_called(
    hosts: tuple[LibvirtHost, LibvirtHost], tmp_path: Path
) -> None:
    host = hosts[0]
    before = len(host.api_calls())
    answer = Program(tmp_path).run("caps", "--devices", "--json", "--fit", "pci", "-c", host.uri)
    (told,) = answer.json["hosts"]
    sent = {call.function for call in host.api_calls()[before:]}
    assert {each["call"] for each in told["evidence"]} <= sent
    ours = {device["id"] for pool in told["pools"] for device in pool["devices"]}
    theirs = {
        name for kind in ("pci", "usb_device", "mdev") for name in host.virsh("nodedev-list", "--cap", kind).split()
    }
    assert ours <= theirs
    (fit,) = answer.json["fit"]
    if told.get("iommu") is False:
        assert fit["answer"] == "no"
        assert not any(pool["free"] for pool in told["pools"] if pool["kind"] != "usb")
