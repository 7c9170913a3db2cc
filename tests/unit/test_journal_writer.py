"""What a console writes into the journal: in order, without secrets, on disk before anything is let go."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest

from novatui.actions import journal
from novatui.actions.adopt import is_gone
from novatui.actions.journal_writer import Journal, console_of
from novatui.actions.outcome import Outcome
from novatui.config.redact import Redactor
from novatui.core.errors import Denied
from tests.changing import console_of as console_at
from tests.changing import spec, vm
from tests.fleets import until


def writer(tmp_path: Path, **options: object) -> Journal:
    options.setdefault("environ", {})
    return Journal(tmp_path / "state" / "journal.jsonl", user="ana", system_log=None, **options)  # type: ignore[arg-type]


async def test_what_is_written_at_once_keeps_its_order(tmp_path: Path) -> None:
    log = writer(tmp_path)
    written = await asyncio.gather(*(log.write({"event": "call", "at_": at}) for at in range(200)))
    assert [record.seq for [record] in written] == list(range(1, 201))
    assert [record.body["at_"] for record in journal.read(log.path)] == list(range(200))


async def test_secrets_are_taken_out_wherever_they_stand(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.add('hunter2"')
    log = writer(tmp_path, redact=redactor.redact)
    await log.write({"event": "call", "args": {"xml": '<p>hunter2"</p>', "list": ['a hunter2" b']}, "n": 7})
    text = log.path.read_text()
    assert "hunter2" not in text
    assert text.count("«secret»") == 2
    [record] = journal.read(log.path)
    assert record.body["n"] == 7


async def test_text_that_is_no_text_is_written_all_the_same(tmp_path: Path) -> None:
    log = writer(tmp_path)
    await log.write({"event": "call", "name": "bad \udcff name"})
    [record] = journal.read(log.path)
    assert record.body["name"] == "bad \\udcff name"


async def test_when_it_cannot_be_written_everybody_who_waits_is_told(tmp_path: Path) -> None:
    log = writer(tmp_path)
    log.path.mkdir(parents=True)
    answers = await asyncio.gather(*(log.write({"event": "call"}) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(answer, Denied) and answer.failure.subject == "journal" for answer in answers)
    log.path.rmdir()
    assert [record.seq for record in await log.write({"event": "call"})] == [1]


def test_who_it_was_and_from_where(tmp_path: Path) -> None:
    environ = {"SSH_CONNECTION": "2001:db8::7 50123 192.0.2.1 22", "SUDO_USER": "bob"}
    who = writer(tmp_path, environ=environ).who
    assert (who["user"], who["sudo_user"], who["origin"]) == ("ana", "bob", "2001:db8::7 port 50123")
    assert who["pid"] == os.getpid()
    here = writer(tmp_path).who
    assert "origin" not in here
    assert "sudo_user" not in here


def test_a_console_is_told_from_others_that_have_its_number() -> None:
    mine = console_of(os.getpid())
    assert not is_gone(mine)
    assert is_gone(mine | {"started": mine["started"] - 1})
    assert is_gone(mine | {"boot": "another"})
    assert not is_gone(mine | {"host": "another", "boot": "another"}), "its own machine takes care of it"
    assert not is_gone({"event": "operation"})
    child = os.fork()
    if child == 0:
        os._exit(0)
    while console_of(child)["started"] is not None:
        time.sleep(0.01)
    assert is_gone(console_of(child) | {"started": 1}), "one that ended and was not fetched is gone too"
    os.waitpid(child, 0)


async def test_nothing_is_let_go_before_the_disk_has_it_and_the_loop_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, asked = threading.Event(), threading.Event()
    real = os.fsync

    def slow(file: int) -> None:
        asked.set()
        disk.wait()
        real(file)

    async with console_at(tmp_path, spec(tmp_path)) as console:
        proposal = await console.gate.propose("power.start", [vm(1)], {})
        monkeypatch.setattr(os, "fsync", slow)
        run = console.gate.run(proposal)
        try:
            await until(asked.is_set)
            for _ in range(20):
                await asyncio.sleep(0.01)
            assert console.made() == []
            assert not run.over
        finally:
            disk.set()
        await run.done
        assert run.worst is Outcome.DONE
        assert len(console.made()) == 1
