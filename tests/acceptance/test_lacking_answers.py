"""Each field deleted in turn from what libvirt answers: no key in JSON, `?` on the screen, and nothing else changes.

One machine for each deletion, all alike but for it, and one of which nothing is deleted. libvirt and all of novatui are
real; between them the library leaves something out.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.console import PATIENCE, Console
from tests.acceptance.program import Program
from tests.conformance.world import load
from tests.lab.libvirt.domain_xml import domain_xml, pool_path
from tests.lab.libvirt.testfile import mock_uri, write_host
from tests.lab.workspace import CHECKOUT

libvirt = pytest.importorskip("libvirt")
pytestmark = [pytest.mark.libvirt_library, pytest.mark.timeout(2 * PATIENCE)]

WHOLE = "whole"
TRAFFIC = {"disk.read", "disk.write", "disk.iops", "net.rx", "net.tx", "net.drops"}

UNKNOWN: dict[str, set[str]] = {
    "state.state": {"state", "native_state"},
    "@type": {"native_type"},
    "/metadata": {"guest_os"},
    "/metadata/libosinfo": {"guest_os"},
    "/metadata/libosinfo/os": {"guest_os"},
    "/metadata/libosinfo/os@id": {"guest_os"},
    "/vcpu": {"vcpus_max"},
    "/os": {"firmware", "machine"},
    "/os/type": {"firmware", "machine"},
    "/os/type@arch": {"firmware"},
    "/os/type@machine": {"machine"},
    "/devices": {"disks", "disk_size", "nics", "passthrough", "tpm", "tools"},
    "/devices/disk/source": {"disk_size"},
    "/devices/disk/source@file": {"disk_size"},
}
"""What nobody knows without it. Of the rest libvirt has another word elsewhere, or it is of no column."""

LESS: dict[str, set[str]] = {
    "/title": {"description"},
    "/metadata": {"tags"},
    "/metadata/tags": {"tags"},
    "/metadata/tags/tag": {"tags"},
    "/devices/disk": {"disks", "disk_size"},
    "/devices/interface": {"nics"},
}
"""What is shorter without it, because it is one of several, or the first of two that would do."""

ON_SCREEN = {"state", "guest_os", "firmware", "tpm", "tools"}
"""Fields that the screen shows of the machine under the cursor, whatever its layout."""


SETTLING = 5.0
"""Seconds in which a round of metrics comes: what is still to come is unknown, too."""


@dataclass(frozen=True)
class Lab:
    """A host of the mock driver, and what its answers lack."""

    uri: str
    lacks: dict[str, str]
    """Name of a machine → what is deleted of it, in words: the elements on the way to it, and the attribute."""
    variables: dict[str, str]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("lacking")
    host, (plain, uuid) = load().host[0], richest()
    write_host(folder / "one.xml", host, [plain])
    connection = libvirt.open(mock_uri(folder / "one.xml"))
    answer = ET.fromstring(connection.lookupByUUIDString(uuid).XMLDesc(0))
    connection.close()
    deletions = {"stats:state.state": "state.state"} | {f"xml:{place}": words for place, words in places(answer)}
    names = {f"lacks-{number:03d}": deletion for number, deletion in enumerate(deletions)}
    domains = [
        plain.replace(uuid, f"5eed0000-0000-4000-9000-{number:012x}").replace("<name>db-01<", f"<name>{name}<")
        for number, name in enumerate([WHOLE, *names])
    ]
    write_host(folder / "host.xml", host, domains)
    (folder / "lacking.json").write_text(json.dumps(names))
    variables = {"PYTHONPATH": str(CHECKOUT / "tests/lab/lacking"), "LACKING_ANSWERS": str(folder / "lacking.json")}
    return Lab(
        mock_uri(folder / "host.xml"), {name: deletions[deletion] for name, deletion in names.items()}, variables
    )


def richest() -> tuple[str, str]:
    """The running machine of the world of which most is said, as domain XML; and its uuid."""
    world = load()
    host = world.host[0]
    vm = next(vm for vm in world.vms_of(host.name) if vm.name == "db-01")
    return domain_xml(vm, "test", pool_path(host), "<test:runstate>1</test:runstate>"), vm.uuid


def places(element: ET.Element, place: str = "", words: str = "") -> Iterator[tuple[str, str]]:
    """Everything below an element, and its attributes: its place by positions, and in words."""
    for attribute in element.attrib:
        yield f"{place}@{attribute}", f"{words}@{attribute}"
    for number, child in enumerate(element):
        below, said = f"{place} {number}".strip(), f"{words}/{child.tag.rpartition('}')[2]}"
        yield below, said
        yield from places(child, below, said)


@pytest.fixture(scope="module")
def told(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All machines as `top --json` tells them, by name: columns and metrics."""
    program = Program(tmp_path_factory.mktemp("home"), variables=lab.variables)
    answer = program.run("top", "-c", lab.uri, "--json")
    assert (answer.code, answer.err) == (0, "")
    found = {one["name"]: one for one in answer.json["objects"]}
    assert set(found) == {WHOLE, *lab.lacks}
    return found


IDENTITY = {"ref", "name", "uuid", "native_id", "age_s", "metrics"}


def test_what_is_deleted_is_no_key_and_all_else_is_as_before(lab: Lab, told: dict[str, Any]) -> None:
    whole = told[WHOLE]
    assert TRAFFIC | {"cpu.used", "mem.used"} <= set(whole["metrics"])
    assert len(lab.lacks) > 100
    for name, deleted in lab.lacks.items():
        found = told[name]
        assert set(whole) - set(found) == UNKNOWN.get(deleted, set()), deleted
        assert set(found) <= set(whole), deleted
        changed = {key for key in set(found) - IDENTITY if found[key] != whole[key]}
        assert changed == LESS.get(deleted, set()), deleted
        lost = set(whole["metrics"]) - set(found["metrics"])
        assert lost == (TRAFFIC if deleted == "/devices" else set()), deleted
    assert set(UNKNOWN) | set(LESS) <= set(lab.lacks.values()), "each of them was tried"


def test_show_tells_of_each_what_is_known(lab: Lab, told: dict[str, Any], tmp_path: Path) -> None:
    """The object in full, with its details that are read one by one: as JSON and in words."""
    program = Program(tmp_path, variables=lab.variables)
    for deleted in ("state.state", "/devices"):
        form = program.run("show", "-c", lab.uri, named(lab, deleted), "--json")
        assert (form.code, form.err) == (0, "")
        assert not UNKNOWN[deleted] & set(form.json), deleted
    words = program.run("show", "-c", lab.uri, named(lab, "/devices"))
    assert (words.code, words.err) == (0, "")
    assert "None" not in words.out
    assert "disks" not in {line.split()[0] for line in words.out.splitlines() if line.strip()}


@pytest.mark.pty
@pytest.mark.long
def test_the_screen_has_a_question_mark_for_it(lab: Lab, tmp_path: Path) -> None:
    with Console(tmp_path, {"lab": lab.uri}, variables=lab.variables, columns=300, rows=60) as console:
        console.until(lambda: console.says(WHOLE, "● on") or console.says("lacks-001", "● on"), "the machines")
        usual = questions(console, WHOLE)
        for deleted in sorted(name for name, fields in UNKNOWN.items() if fields & ON_SCREEN):
            assert questions(console, named(lab, deleted)) > usual, deleted
        questions(console, named(lab, "/features"))
        console.until(lambda: console.text.count("?") == usual, "as usual, since it fills no column")
        assert console.quit() == 0


def named(lab: Lab, deleted: str) -> str:
    """The first machine that lacks this."""
    return next(name for name, words in lab.lacks.items() if words == deleted)


def questions(console: Console, name: str) -> int:
    """How many question marks the screen has once this machine alone is listed, and all that comes has come."""
    console.send(f"/\x15{name}\r")
    console.until(lambda: any("▌" in place for place in console.places(name)), f"the cursor on {name}")
    console.read_for(SETTLING)
    return console.text.count("?")
