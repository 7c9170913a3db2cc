"""What the verbs print of a fleet of five families: the contract of the JSON forms, kinds, filters, secrets."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from novatui.core.inventory import FIELDS
from novatui.core.metrics import METRICS
from novatui.core.states import Family, Kind, Power
from tests.acceptance.program import SECONDS, Program

FLEET = ("-c", "demo://?vms=60&speed=0&seed=5")
HOSTILE = ("-c", "demo://?vms=60&speed=0&seed=5&hostile=1")
ALL_KINDS = [word for kind in Kind for word in ("--kind", kind.value)]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def values(form: Any) -> Iterator[Any]:
    """Every value in a document."""
    if isinstance(form, dict | list):
        for one in form.values() if isinstance(form, dict) else form:
            yield from values(one)
    else:
        yield form


def test_the_listing_keeps_the_contract(program: Program) -> None:
    answer = program.run("ls", *FLEET, *ALL_KINDS, "--json")
    assert (answer.code, answer.err) == (0, "")
    listing = answer.json
    assert listing.keys() == {"connections", "objects"}
    assert {one["family"] for one in listing["connections"]} == set(Family)
    assert {one["state"] for one in listing["connections"]} == {"up"}
    kinds = {one["kind"] for one in listing["objects"]}
    assert kinds >= {"connection", "group", "datacenter", "cluster", "host", "vm", "container", "template"}
    assert kinds >= {"datastore", "network", "device", "snapshot"}
    assert None not in list(values(listing))
    for one in listing["objects"]:
        keep_contract(one)
    refs = [one["ref"] for one in listing["objects"]]
    assert len(set(refs)) == len(refs)


def keep_contract(one: dict[str, Any]) -> None:
    assert one.keys() >= {"ref", "kind", "path"}
    if one["kind"] != Kind.GROUP:
        assert one["ref"].startswith(f"{one['connection']}:{one['kind']}:")
        assert one["family"] in set(Family)
        assert one["kind"] == Kind.CONNECTION or one["path"][0] == one["connection"]
    assert one.get("state", Power.OFF) in set(Power)
    for metric in METRICS:
        if metric.unit == "%" and "metrics" in one:
            assert 0 <= one["metrics"].get(metric.name, 0) <= 100
    for field in FIELDS:
        if field.name in one and field.type.value == "time":
            assert MOMENT.fullmatch(one[field.name])
        if field.name in one and field.type.value == "bytes":
            assert isinstance(one[field.name], int)
    assert one.get("age_s", 0.0) >= 0


def test_a_machine_is_told_with_all_its_columns(program: Program) -> None:
    machines = program.run("ls", *FLEET, "--json", "fam:vsphere", "power:running").json["objects"]
    assert machines
    for name in ("uuid", "native_id", "native_state", "host", "host_ref", "vcpus", "memory", "disks", "tools", "tags"):
        assert any(name in one for one in machines), name
    by_ref = {one["ref"]: one for one in program.run("ls", *FLEET, "--json", "--kind", "host").json["objects"]}
    assert all(by_ref[one["host_ref"]]["name"] == one["host"] for one in machines)
    assert all("cpu.used" in one["metrics"] for one in machines)


def test_without_hits_is_done(program: Program) -> None:
    answer = program.run("ls", *FLEET, "--json", "name:no-such-name")
    assert (answer.code, answer.json["objects"], answer.err) == (0, [], "")


def test_the_table_says_what_the_json_says(program: Program) -> None:
    objects = program.run("ls", *FLEET, "--json", "fam:proxmox").json["objects"]
    header, *rows = program.run("ls", *FLEET, "fam:proxmox").out.splitlines()
    assert header.split() == ["NAME", "STATE", "HOST", "VCPUS", "MEMORY", "CONNECTION"]
    assert [row.split()[0] for row in rows] == [one["name"] for one in objects]
    assert [row.split()[1] for row in rows] == [one["state"] for one in objects]


def test_sorted_by_a_metric_unknown_ones_come_last(program: Program) -> None:
    objects = program.run("ls", *FLEET, "--json", "--sort", "cpu:desc").json["objects"]
    loads = [one.get("metrics", {}).get("cpu.used") for one in objects]
    known = [load for load in loads if load is not None]
    assert known == sorted(known, reverse=True)
    assert known
    assert loads[len(known) :] == [None] * (len(loads) - len(known))


def test_shell_safe_twins_and_several_words(program: Program) -> None:
    one = program.run("ls", *FLEET, "--json", "memory>4G", "!fam:hyperv").json["objects"]
    other = program.run("ls", *FLEET, "--json", "memory:gt:4G", "not:fam:hyperv").json["objects"]
    assert [found["ref"] for found in one] == [found["ref"] for found in other] != []
    assert all(found["memory"] > 4 << 30 and found["family"] != "hyperv" for found in one)


def test_show_tells_every_part_and_no_null(program: Program) -> None:
    listed = program.run("ls", *FLEET, *ALL_KINDS, "--json").json["objects"]
    for kind in Kind:
        one = next((one for one in listed if one["kind"] == kind), None)
        if one is None:
            continue
        form = program.run("show", *FLEET, "--json", one["ref"])
        assert (form.code, form.json["ref"]) == (0, one["ref"]), form.err
        assert None not in list(values(form.json))
        words = program.run("show", *FLEET, one["ref"])
        assert words.code == 0
        assert one["ref"] in words.out
        assert "None" not in words.out


def test_the_native_form_of_a_machine(program: Program) -> None:
    one = program.run("ls", *FLEET, "--json", "fam:vsphere").json["objects"][0]
    raw = program.run("show", *FLEET, "--raw", one["ref"])
    assert (raw.code, raw.json["name"]) == (0, one["name"])


def test_top_is_sorted_and_cut(program: Program) -> None:
    header, *rows = program.run("top", *FLEET, "-n", "5").out.splitlines()
    assert header.split()[:4] == ["NAME", "CONNECTION", "STATE", "CPU%"]
    loads = [float(row.split()[3]) for row in rows]
    assert len(loads) == 5
    assert loads == sorted(loads, reverse=True)
    document = program.run("top", *FLEET, "-n", "3", "--json").json
    assert len(document["objects"]) == 3
    assert document.keys() == {"connections", "objects"}


def test_following_top_tells_samples_line_by_line(program: Program) -> None:
    process = program.start("top", "-c", "demo://?vms=12&family=libvirt", "--follow", "--json")
    assert process.stdout
    seen = [json.loads(process.stdout.readline()) for _ in range(30)]
    process.stdout.close()
    assert process.wait(SECONDS) == 0
    assert {one["type"] for one in seen} == {"sample"}
    assert all(MOMENT.fullmatch(one["at"]) and one["metrics"] for one in seen)
    again = [one for one in seen if one["ref"] == seen[0]["ref"]]
    assert len(again) > 1
    assert [one["at"] for one in again] == sorted({one["at"] for one in again})


def test_watching_tells_news_only(program: Program) -> None:
    """A hundred times as fast as life: tasks, events and changed objects come within seconds."""
    began = time.time()
    process = program.start("watch", "-c", "demo://?vms=60&family=vsphere&speed=100", "--json", "--for", str(SECONDS))
    assert process.stdout
    seen: list[dict[str, Any]] = []
    while not {"upsert", "task", "event"} <= {one["type"] for one in seen}:
        seen.append(json.loads(process.stdout.readline()))
    process.stdout.close()
    assert process.wait(SECONDS) == 0
    assert {one["type"] for one in seen} <= {"upsert", "remove", "task", "event", "connection", "sample"}
    assert None not in list(values(seen))
    for one in seen:
        if one["type"] == "event":
            assert MOMENT.fullmatch(one["at"])
            assert datetime.fromisoformat(one["at"]).timestamp() > began - 5
        elif one["type"] == "upsert":
            keep_contract(one)
        elif one["type"] == "task":
            assert one.keys() >= {"connection", "id", "verb", "state"}


def test_watching_with_a_filter_tells_of_nothing_else(program: Program) -> None:
    fleet = ("-c", "demo://?vms=60&family=vsphere&speed=100")
    name = program.run("ls", *fleet, "--json", "power:running").json["objects"][0]["name"]
    answer = program.run("watch", *fleet, "--json", "--samples", "--for", "4", f"name:{name}")
    assert answer.code == 0
    assert {one.get("name", one.get("object")) for one in answer.lines if one["type"] != "connection"} == {name}


@pytest.mark.parametrize(
    "arguments",
    [("ls", *ALL_KINDS), ("ls", *ALL_KINDS, "--json"), ("top",), ("watch", "--samples", "--for", "1"), ("doctor",)],
    ids=lambda arguments: arguments[0] + arguments[-1],
)
def test_hostile_names_are_harmless(program: Program, arguments: tuple[str, ...]) -> None:
    answer = program.run(*arguments, *HOSTILE, "--debug")
    assert answer.code == 0
    log = Path(answer.err.partition("log in ")[2].splitlines()[0]).read_bytes()
    for data in (answer.raw_out, answer.raw_err, log):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", data.decode())


def test_hostile_names_can_be_asked_for(program: Program) -> None:
    names = {one["name"] for one in program.run("ls", *HOSTILE, "--json").json["objects"]}
    odd = [name for name in names if not re.fullmatch(r"[\w.-]+", name)]
    assert len(odd) > 2
    for name in odd:
        answer = program.run("show", *HOSTILE, "--json", name)
        assert answer.code in {0, 2}, answer.err
        assert answer.code == 2 or answer.json["name"] == name


def test_secrets_of_the_environment_reach_no_child(program: Program) -> None:
    program.configure(
        "[connections.host]\nuri = 'test:///default'\npassword = 'env:HOST_PASSWORD'\n"
        f"[connections.fleet]\nuri = '{FLEET[1]}'\n"
    )
    program.variables["HOST_PASSWORD"] = "hunter2"  # type: ignore[index]
    process = program.start("watch", "-c", "host", "-c", "fleet", "--samples", "--json", "--debug")
    assert process.stdout
    assert any(json.loads(line)["type"] == "sample" for line in process.stdout)
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(workers) > 1
    for pid in workers:
        assert b"hunter2" not in Path(f"/proc/{pid}/environ").read_bytes()
        assert b"hunter2" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    process.stdout.close()
    assert process.wait(SECONDS) == 0
    assert all("hunter2" not in log.read_text() for log in program.home.rglob("*.log"))


def test_guards_of_the_configuration_hold_for_the_demo(program: Program) -> None:
    program.configure(
        "[connections.kvm-03]\nuri = 'test:///default'\n"
        "[connections.play]\nuri = 'demo://?vms=60&speed=0'\nprotected = true\ngroup = 'toys'\n"
        "[connections.one]\nuri = 'demo://?vms=5&speed=0&family=proxmox'\nro = true\n"
    )
    connections = {one["name"]: one for one in program.run("ls", "--json").json["connections"]}
    assert connections.keys() >= {"kvm-03", "play-kvm-03", "kvm-12", "vc-east", "one"}
    assert len(connections) == 8
    fleet = [one for name, one in connections.items() if name not in {"kvm-03", "one"}]
    assert all(one["protected"] and one["group"] == "toys" for one in fleet)
    assert (connections["one"]["ro"], connections["one"]["protected"]) == (True, False)
    assert not connections["kvm-03"]["ro"]
    assert all(one["ro"] for one in program.run("ls", "--json", "--ro").json["connections"])
