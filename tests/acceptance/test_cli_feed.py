"""What `tasks`, `events` and `alarms` print: the JSON forms, filters, order, streams and exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest

from novatui.core.alarms import ALARM_RULES
from tests.acceptance.program import SECONDS, Program

FLEET = ("-c", "demo://?vms=120&seed=5")
STILL = ("-c", "demo://?vms=120&seed=5&at=1790000000")
"""The same at a moment in which the product itself raises alarms."""
HOSTILE = ("-c", "demo://?vms=60&seed=5&hostile=1")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def test_tasks_keep_the_contract(program: Program) -> None:
    answer = program.run("tasks", *FLEET, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.json.keys() == {"connections", "tasks"}
    assert len(answer.json["connections"]) == 6
    assert answer.json["tasks"]
    for one in answer.json["tasks"]:
        assert one.keys() >= {"connection", "id", "verb", "state", "ref", "object"}
        assert MOMENT.fullmatch(one["started"])
        assert None not in one.values()


def test_tasks_are_filtered_and_cut(program: Program) -> None:
    answer = program.run("tasks", *FLEET, "fam:vsphere", "!state:failed", "-n", "3", "--json")
    found = answer.json["tasks"]
    assert 0 < len(found) <= 3
    assert {one["connection"] for one in found} == {"vc-east"}
    table = program.run("tasks", *FLEET, "fam:vsphere").out.splitlines()
    assert table[0].split()[:4] == ["ID", "STATE", "DONE", "VERB"]


def test_events_are_in_order_on_one_clock(program: Program) -> None:
    lines = program.run("events", *FLEET).out.splitlines()
    assert lines[0].split() == ["TIME", "SEVERITY", "CONNECTION", "TYPE", "OBJECT", "TEXT"]
    moments = [line.split()[0] for line in lines[1:]]
    assert len(moments) > 5
    assert moments == sorted(moments)
    answer = program.run("events", *FLEET, "severity:error,warning", "since:1d", "--json")
    assert answer.json.keys() == {"connections", "events", "clocks_corrected_s"}
    assert {one["severity"] for one in answer.json["events"]} <= {"error", "warning"}


def test_alarms_keep_the_contract(program: Program) -> None:
    answer = program.run("alarms", *STILL, "--json")
    assert answer.json.keys() == {"connections", "alarms"}
    found = answer.json["alarms"]
    rules = {one["rule"] for one in found}
    assert {"product", "snapshot.age"} <= rules <= set(ALARM_RULES)
    for one in found:
        assert one.keys() >= {"connection", "object", "rule", "level", "text", "since", "state", "stale"}
        assert one["state"] in {"raised", "pending"}
        if "limit" in one:
            assert one["value"] > one["limit"]
    assert len({(one["connection"], one.get("ref"), one["rule"], one.get("name")) for one in found}) == len(found)
    some = program.run("alarms", *STILL, "rule:snapshot.age", "--json").json["alarms"]
    assert {one["rule"] for one in some} == {"snapshot.age"}


def test_limits_come_from_the_configuration(program: Program) -> None:
    program.configure('[alarms.rules.product]\nenabled = false\n[alarms.rules."snapshot.age"]\nwarn = 1000\n')
    rules = {one["rule"] for one in program.run("alarms", *FLEET, "--json").json["alarms"]}
    assert not rules & {"product", "snapshot.age"}


def test_what_was_said_of_an_alarm_is_told(program: Program) -> None:
    first = program.run("alarms", *FLEET, "rule:snapshot.age", "-n", "1", "--json").json["alarms"][0]
    conn, _, key = first["ref"].partition(":")
    id = {"conn": conn, "key": key, "rule": first["rule"], "name": ""}
    note = {"id": id, "acknowledged_by": "ana", "acknowledged_at": 1.8e9, "silenced_until": 4e9, "at": 1.8e9}
    state = program.home / "state" / "alarms.json"
    state.parent.mkdir(exist_ok=True)
    state.write_text(json.dumps({"notes": [note]}))
    (one,) = program.run("alarms", *FLEET, "ack:yes", "--json").json["alarms"]
    assert one["ref"] == first["ref"]
    assert one["acknowledged"]["by"] == "ana"
    assert one["silenced"]["until"] == "2096-10-02T07:06:40.000Z"


@pytest.mark.parametrize("verb", ["tasks", "events", "alarms"])
def test_a_mistake_in_the_filter_is_shown_with_its_place(program: Program, verb: str) -> None:
    answer = program.run(verb, *FLEET, "severity:eror")
    assert (answer.code, answer.out) == (2, "")
    assert "severity is never eror" in answer.err
    assert "did you mean error?" in answer.err


@pytest.mark.parametrize("verb", ["tasks", "events", "alarms"])
def test_the_others_are_answered_when_one_cannot_be_reached(program: Program, verb: str) -> None:
    answer = program.run(verb, *FLEET, "-c", "qemu+tcp://127.0.0.1:1/system", "--json")
    assert answer.code == 3
    assert answer.json[verb]


@pytest.mark.parametrize("verb", ["tasks", "events", "alarms"])
def test_hostile_texts_are_harmless(program: Program, verb: str) -> None:
    answer = program.run(verb, *HOSTILE)
    assert answer.code == 0
    assert answer.out.replace("\n", "").isprintable()


@pytest.mark.parametrize(("verb", "type_"), [("tasks", "task"), ("events", "event"), ("alarms", "alarm")])
def test_a_stream_tells_one_object_a_line_until_nobody_reads(program: Program, verb: str, type_: str) -> None:
    process = program.start(verb, *FLEET, "--follow", "--json")
    lines: list[dict[str, Any]] = [json.loads(pipe(process.stdout).readline()) for _ in range(3)]
    assert {line["type"] for line in lines} == {type_}
    pipe(process.stdout).close()
    said = pipe(process.stderr).read()
    assert (process.wait(SECONDS), said) == (0, b"")


def test_the_verbs_import_no_screen() -> None:
    code = (
        "import sys, novatui.cli.feed, novatui.cli.alarms; print([m for m in sys.modules if m in ('textual', 'rich')])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=SECONDS, text=True)
    assert answer.stdout.strip() == "[]"
