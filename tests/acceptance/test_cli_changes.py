"""Changing things from the command line: planned, confirmed, refused, written down; streams and exit codes."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.program import SECONDS, Program

MOCK = "test:///default"
"""libvirt's mock host, new for every process: one machine that runs, `test`."""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def journal(program: Program) -> list[dict[str, Any]]:
    answer = program.run("audit", "show", "--json")
    assert answer.code == 0, answer.err
    return answer.lines


pytestmark = pytest.mark.libvirt_library


def test_a_plan_prints_the_calls_and_changes_nothing(program: Program) -> None:
    answer = program.run("power", "off", "test", "-c", MOCK, "--plan")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("1  virDomainDestroyFlags(dom=")
    assert "loses: " in answer.err
    assert (
        program.run("power", "off", "test", "-c", MOCK, "--plan", "--as", "virsh").out
        == f"virsh -c {MOCK} destroy test\n"
    )
    form = program.run("power", "off", "test", "-c", MOCK, "--plan", "--json").json
    assert form.keys() >= {"plan", "warnings", "inverse"}
    assert form["plan"][0].keys() == {"id", "connection", "call", "args"}
    assert (form["plan"][0]["call"], form["inverse"]["verb"]) == ("virDomainDestroyFlags", "power.start")
    assert journal(program) == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ((), 4),
        (("--yes",), 4),
        (("--confirm", "tost"), 4),
        (("--confirm", "test"), 0),
        (("--confirm", "test", "--ro"), 4),
    ],
)
def test_what_has_to_be_typed_is_confirmed_by_name(program: Program, said: tuple[str, ...], code: int) -> None:
    answer = program.run("power", "off", "test", "-c", MOCK, *said)
    assert answer.code == code, answer.err
    events = [one["event"] for one in journal(program)]
    if code == 0:
        assert answer.out.startswith("test: done and seen  (N-")
        assert events[-5:] == ["operation", "call", "result", "end", "seen"]
    else:
        assert (answer.out, "call" in events) == ("", False)
        assert "refused" in answer.err
        assert ("--confirm 'test'" in answer.err) is ("--ro" not in said)
    assert program.run("audit", "verify").code == 0


def test_yes_covers_yes_and_no(program: Program) -> None:
    assert program.run("power", "pause", "test", "-c", MOCK).code == 4
    assert program.run("power", "pause", "test", "-c", MOCK, "--yes").code == 0
    assert program.run("power", "autostart", "test", "--to", "on", "-c", MOCK).code == 0, "that asks nothing"


def test_a_protected_connection_needs_a_ticket(program: Program) -> None:
    program.configure(f'[connections.prod]\nuri = "{MOCK}"\nprotected = true\n')
    refused = program.run("power", "pause", "test", "--confirm", "test")
    assert refused.code == 4
    assert "protected" in refused.err
    answer = program.run("power", "pause", "test", "--confirm", "test", "--unlock", "INC-1")
    assert answer.code == 0, answer.err
    assert [one["ticket"] for one in journal(program) if one["event"] in {"unlock", "operation"}] == ["INC-1", "INC-1"]


def test_what_is_read_only_cannot_be_unlocked(program: Program) -> None:
    program.configure(f'[connections.prod]\nuri = "{MOCK}"\nro = true\n')
    answer = program.run("power", "pause", "test", "--yes", "--unlock", "INC-1")
    assert answer.code == 4
    assert "read-only" in answer.err
    assert journal(program) == []


def test_without_a_journal_nothing_is_changed_and_everything_read(program: Program) -> None:
    (program.home / "state/journal.jsonl").mkdir(parents=True)
    answer = program.run("power", "pause", "test", "--yes", "-c", MOCK)
    assert answer.code == 4
    assert "journal" in answer.err
    assert "running" in program.run("ls", "-c", MOCK).out
    assert program.run("power", "pause", "test", "--plan", "-c", MOCK).code == 0


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["power", "off", "nosuch"], 1, "no object is called `nosuch`"),
        (["power", "start", "test"], 1, "running"),
        (["power", "explode", "test"], 2, "invalid choice"),
        (["power", "off"], 2, "OBJECT"),
        (["power", "autostart", "test"], 2, "start with the host is missing"),
        (["snap", "create", "test"], 2, "NAME"),
        (["snap", "revert", "test", "nosuch"], 1, "there is no snapshot `nosuch`"),
        (["snap", "ls", "nosuch"], 1, "no object is called"),
        (["snap", "ls", "test", "more"], 2, "takes one object"),
        (["edit", "memory", "test", "64Q"], 2, "no size"),
        (["edit", "vcpus", "test"], 2, "processors is missing"),
        (["edit", "vcpus", "test", "2", "3"], 2, "too much"),
        (["edit", "vcpus", "test", "2", "aply=live"], 2, "did you mean `apply`?"),
        (["device", "attach"], 2, "of which object?"),
        (["device", "ls", "test"], 2, "is no host"),
        (["tasks", "cancel"], 2, "ID"),
        (["tasks", "cancel", "nosuch"], 1, "there is no task `nosuch`"),
        (["power", "off", "test", "--plan", "--as", "prose"], 2, "invalid choice"),
    ],
)
def test_bad_words_get_clear_ones_back(program: Program, argv: list[str], code: int, words: str) -> None:
    answer = program.run(*argv, "-c", MOCK)
    assert answer.code == code, answer.err
    assert words in answer.err
    assert "Traceback" not in answer.err
    assert [one for one in journal(program) if one["event"] == "call"] == []


def test_nobody_can_be_asked_without_a_connection(program: Program) -> None:
    answer = program.run("power", "off", "web", "-c", "qemu+unix:///session?socket=/nowhere/at-all")
    assert answer.code == 1, "the object is not found, and that weighs more than the connection that is not there"
    assert "/nowhere/at-all" in answer.err


@pytest.mark.parametrize(("typed", "code"), [("test", 0), ("tost", 4), ("", 4)])
def test_a_person_on_a_terminal_types_the_name(program: Program, typed: str, code: int) -> None:
    ours, theirs = pty.openpty()
    command = [*program.command, "power", "off", "test", "-c", MOCK]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=program.environment(), start_new_session=True
    )
    os.close(theirs)
    shown = b""
    while b"to go on:" not in shown:
        shown += os.read(ours, 4096)
    assert b"virDomainDestroyFlags" in shown
    os.write(ours, typed.encode() + b"\n")
    assert process.wait(SECONDS) == code
    os.close(ours)
    events = [one["event"] for one in journal(program)]
    assert ("declined" in events, "call" in events) == (code == 4, code == 0)
