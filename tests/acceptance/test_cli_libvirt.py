"""The command line on real libvirt hosts says what virsh says."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.acceptance.program import SECONDS, Program
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.sample_machines import BUSY, HALTED, HOSTILE, SPARE

pytestmark = pytest.mark.libvirt
STATES = {"running": "running", "paused": "paused", "shut off": "off", "crashed": "crashed", "pmsuspended": "suspended"}
"""virsh's words for the states."""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def told(objects: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(one["name"], one["uuid"], one["state"]) for one in objects}


@pytest.mark.skipif(shutil.which("virsh") is None, reason="virsh is not installed")
def test_the_mock_host_is_listed_as_virsh_lists_it(program: Program) -> None:
    def virsh(*arguments: str) -> list[str]:
        command = ["virsh", "-q", "-c", "test:///default", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")

    uuids = [line for line in virsh("list", "--all", "--uuid") if line]
    expected = {(virsh("domname", one)[0], one, STATES[virsh("domstate", one)[0]]) for one in uuids}
    answer = program.run("ls", "-c", "test:///default", "--json")
    assert (answer.code, answer.err) == (0, "")
    assert told(answer.json["objects"]) == expected
    assert len(expected) == 1


def test_a_real_host_is_listed_as_virsh_lists_it(program: Program, libvirt_host: LibvirtHost) -> None:
    uuids = libvirt_host.virsh("-q", "list", "--all", "--uuid").split()
    expected = {
        (
            libvirt_host.virsh("-q", "domname", one).strip("\n"),
            one,
            STATES[libvirt_host.virsh("-q", "domstate", one).strip()],
        )
        for one in uuids
    }
    answer = program.run("ls", "-c", libvirt_host.uri, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert told(answer.json["objects"]) == expected
    assert {name for name, _, _ in expected} == {BUSY, HALTED, SPARE, HOSTILE}
    table = program.run("ls", "-c", libvirt_host.uri).out.splitlines()[1:]
    assert {tuple(line.split()[:2]) for line in table} == {(name, state) for name, _, state in expected}


@pytest.mark.parametrize("name", [BUSY, SPARE, HOSTILE])
def test_the_native_form_is_what_virsh_dumps(program: Program, libvirt_host: LibvirtHost, name: str) -> None:
    answer = program.run("show", "-c", libvirt_host.uri, name, "--raw")
    assert (answer.code, answer.err) == (0, "")
    uuid = ElementTree.fromstring(answer.out).findtext("uuid") or ""
    assert canonical(answer.out) == canonical(libvirt_host.virsh("dumpxml", uuid))


def canonical(xml: str) -> str:
    return ElementTree.canonicalize(xml, strip_text=True)


def test_an_object_is_found_by_reference_uuid_and_name(program: Program, libvirt_host: LibvirtHost) -> None:
    listed = program.run("ls", "-c", libvirt_host.uri, "--json").json["objects"]
    one = next(one for one in listed if one["name"] == SPARE)
    for word in (one["ref"], one["uuid"], one["uuid"].upper(), f"{one['connection']}/{SPARE}", SPARE):
        answer = program.run("show", "-c", libvirt_host.uri, "--json", word)
        assert (answer.code, answer.json["ref"]) == (0, one["ref"]), word
    form = program.run("show", "-c", libvirt_host.uri, "--json", SPARE).json
    info = dict(line.split(":", 1) for line in libvirt_host.virsh("-q", "dominfo", SPARE).splitlines() if ":" in line)
    assert form["spec"]["cpu"]["count"] == int(info["CPU(s)"])
    assert form["memory"] == int(info["Max memory"].split()[0]) * 1024


def test_a_name_of_several_objects_is_refused_with_their_references(
    program: Program, libvirt_host: LibvirtHost
) -> None:
    """The same host, connected to twice."""
    program.configure(f"[connections.one]\nuri = '{libvirt_host.uri}'\n[connections.two]\nuri = '{libvirt_host.uri}'\n")
    answer = program.run("show", SPARE)
    assert (answer.code, answer.out) == (2, "")
    assert f"`{SPARE}` means 2 objects" in answer.err
    refs = [line.strip() for line in answer.err.splitlines()[1:]]
    assert [ref.partition(":")[0] for ref in refs] == ["one", "two"]
    assert program.run("show", refs[0], "--json").json["ref"] == refs[0]
    assert program.run("show", f"two/{SPARE}", "--json").json["ref"] == refs[1]
    assert program.run("show", refs[0].rpartition(":")[2]).code == 2
    assert program.run("show", "-c", "one", SPARE).code == 0


def test_a_suspension_is_seen_while_watching(program: Program, libvirt_host: LibvirtHost) -> None:
    process = program.start("watch", "-c", libvirt_host.uri, "--json", "--samples", "--for", str(SECONDS))
    assert process.stdout
    try:
        lines = (json.loads(line) for line in process.stdout)
        next(one for one in lines if one["type"] == "sample")
        libvirt_host.virsh("suspend", BUSY)
        news: dict[str, Any] = {}
        for one in lines:  # the row and the event come in whichever order
            if one["type"] == "upsert" and one["name"] == BUSY and "state" in one.get("changed", ()):
                news.setdefault("row", one)
            if one["type"] == "event" and one.get("object") == BUSY and "suspended" in one["native_type"]:
                news.setdefault("event", one)
            if len(news) == 2:
                break
        assert (news["row"]["state"], news["row"]["native_state"].partition(" ")[0]) == ("paused", "paused")
        assert news["event"]["ref"] == news["row"]["ref"]
    finally:
        libvirt_host.virsh("resume", BUSY)
        process.stdout.close()
        assert process.wait(SECONDS) == 0


def test_a_daemon_that_dies_and_returns_is_told(program: Program, make_libvirt_host: MakeHost) -> None:
    host: LibvirtHost = make_libvirt_host("phoenix")
    host.define_guest(GuestSpec("quiet", boot="none"))
    process = program.start("watch", "-c", host.uri, "-c", "test:///default", "--json", "--samples")
    assert process.stdout
    lines = (json.loads(line) for line in process.stdout)
    try:
        next(one for one in lines if one["type"] == "sample")
        host.kill()
        down = next(one for one in lines if one["type"] == "connection")
        assert (down["state"], down["failure"]["fault"]) == ("down", "unreachable")
        host.start()
        up = next(one for one in lines if one["type"] == "connection" and one["state"] == "up")
        assert up["connection"] == down["connection"]
        host.virsh("undefine", "quiet")
        gone = next(one for one in lines if one["type"] == "remove")
        assert (gone["name"], gone["reason"]) == ("quiet", "gone")
    finally:
        process.stdout.close()
        assert process.wait(SECONDS) == 0


def test_measured_rates_agree_with_the_counters_of_virsh(program: Program, libvirt_host: LibvirtHost) -> None:
    """All that was measured between the first and the last reading lies between two looks with virsh."""
    before = counters(libvirt_host)
    answer = program.run("watch", "-c", libvirt_host.uri, f"name:{BUSY}", "--json", "--samples", "--for", "9")
    after = counters(libvirt_host)
    samples = [one for one in answer.lines if one["type"] == "sample" and one["name"] == BUSY]
    assert len(samples) > 2
    for metric, name, scale in (
        ("cpu.used", "cpu.time", 1e9 * before["vcpu.current"] / 100),
        ("disk.write", "block.0.wr.bytes", 1),
    ):
        counted = sum(
            one["metrics"].get(metric, 0) * scale * (moment(one) - moment(last)) for last, one in pairwise(samples)
        )
        assert 0 < counted <= 1.1 * (after[name] - before[name]), metric
    assert samples[-1]["metrics"]["mem.assigned"] == after["balloon.current"] * 1024


def moment(sample: dict[str, Any]) -> float:
    return datetime.fromisoformat(sample["at"]).timestamp()


def counters(host: LibvirtHost) -> dict[str, int]:
    pairs = (word.partition("=") for word in host.virsh("domstats", BUSY).split() if "=" in word)
    return {name: int(value) for name, _, value in pairs if value.isdigit()}


def test_hostile_names_are_harmless_in_words_and_json(program: Program, libvirt_host: LibvirtHost) -> None:
    for arguments in (("ls",), ("ls", "--json"), ("show", HOSTILE), ("show", HOSTILE, "--json"), ("top",)):
        answer = program.run(*arguments, "-c", libvirt_host.uri)
        assert answer.code == 0
        assert harmless(answer.raw_out), arguments
    assert "[red]x" in program.run("ls", "-c", libvirt_host.uri).out


def harmless(data: bytes) -> bool:
    """Valid UTF-8 without control characters but line feeds."""
    return not any((char < " " and char != "\n") or "\x7f" <= char <= "\x9f" for char in data.decode())
