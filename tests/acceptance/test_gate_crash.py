"""A console that is killed in the middle of changes: nothing is lost or done twice, and the next one says so."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from novatui.actions.adopt import recall
from novatui.actions.outcome import Outcome
from novatui.core.states import Link
from tests.acceptance import killing
from tests.changing import console_of, spec
from tests.fleets import until


def killed(folder: Path, verb: str, text: str = "", **options: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A console that changes things on a scripted worker; both are killed at the end of the body."""
    pairs = [f"{name}={value}" for name, value in options.items()]
    return killing.killed("tests.changeconsole", str(folder), verb, text, *pairs, deaf=True)


def made(folder: Path) -> list[list[Any]]:
    path = folder / "state" / "made"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def test_killed_between_the_line_and_the_call(tmp_path: Path) -> None:
    """The worker is stopped by itself just before it may be let go: the line is there, the call is not made."""
    with killed(tmp_path, "power.start", stop="1", objects="1"):
        await killing.written(tmp_path, "call")
    assert made(tmp_path) == []
    before = killing.records(tmp_path)
    assert [record["event"] for record in before] == ["operation", "call"]

    async with console_of(tmp_path, spec(tmp_path, objects="1")) as console:
        await console.gate.start()
        [done] = console.gate.adopted.operations
        assert (done.outcome, done.verb, done.ref.id) == (Outcome.UNKNOWN, "power.start", "0")
        assert done.failure is not None
        assert "Power_Start was let go" in done.failure.meaning
        task = console.fleet.tasks.get("lab", done.task)
        assert task is not None
        assert (task.task.state, task.task.key) == ("unknown", "vm:0")
        [event] = [logged.event for logged in console.fleet.events.of("lab", "vm:0")]
        assert "outcome unknown" in event.text
        assert console.fleet.connections["lab"].link is Link.UP
        assert made(tmp_path) == [], "nothing is repeated"
        end = killing.records(tmp_path)[-1]
        assert (end["event"], end["operation"], end["outcome"]) == ("end", done.id, "unknown")
        assert end["adopted_by"]["pid"] == os.getpid()

    async with console_of(tmp_path, spec(tmp_path, objects="1")) as console:
        await console.gate.start()
        assert console.gate.adopted.operations == (), "it is adopted once"
        task = console.fleet.tasks.get("lab", done.task)
        assert task is not None, "and stays among the tasks"
        assert (task.task.state, task.task.verb, task.task.target) == ("unknown", "start", "vm 0")


async def test_killed_while_the_product_works(tmp_path: Path) -> None:
    with killed(tmp_path, "power.start", on_call="hang", objects="1"):
        await until(lambda: made(tmp_path))
    async with console_of(tmp_path, spec(tmp_path, objects="1")) as console:
        await console.gate.start()
        [done] = console.gate.adopted.operations
        assert done.outcome is Outcome.UNKNOWN
        assert made(tmp_path) == [["Power_Start", {"vm": "0"}]]


async def test_the_operations_of_a_console_that_lives_are_its_own(tmp_path: Path) -> None:
    with killed(tmp_path, "power.start", on_call="hang", objects="1"):
        await killing.written(tmp_path, "call")
        async with console_of(tmp_path, spec(tmp_path, objects="1")) as console:
            await console.gate.start()
            assert console.gate.adopted.operations == ()
            await recall(console.fleet, console.path)
            [task] = [tracked.task for tracked in console.fleet.tasks.tasks()]
            assert (task.id, task.state) == ("N-1", "running")


async def test_whoever_only_reads_shows_what_a_dead_console_left_and_writes_nothing(tmp_path: Path) -> None:
    with killed(tmp_path, "power.start", on_call="hang", objects="1"):
        await killing.written(tmp_path, "call")
    before = killing.records(tmp_path)
    async with console_of(tmp_path, spec(tmp_path, objects="1")) as console:
        await recall(console.fleet, console.path)
        [task] = [tracked.task for tracked in console.fleet.tasks.tasks()]
        assert (task.id, task.state) == ("N-1", "unknown")
    assert killing.records(tmp_path) == before


async def test_two_consoles_that_begin_at_once_adopt_it_once(tmp_path: Path) -> None:
    with killed(tmp_path, "power.start", stop="1", objects="2"):
        await killing.written(tmp_path, "call")
    lab = spec(tmp_path, objects="2")
    begun = [record["seq"] for record in killing.records(tmp_path) if record["event"] == "operation"]
    async with console_of(tmp_path, lab) as one, console_of(tmp_path, lab) as other:
        await asyncio.gather(one.gate.start(), other.gate.start())
        adopted = [*one.gate.adopted.operations, *other.gate.adopted.operations]
        assert sorted(done.id for done in adopted) == begun


@pytest.mark.parametrize("turn", range(6))
async def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path, turn: int) -> None:
    """Everything the product did is in the journal, once; what the journal calls done was done, once."""
    delay = random.Random(turn).uniform(0.0, 0.4)
    with killed(tmp_path, "edit.notes", "mark", objects="60", calls="2"):
        await killing.written(tmp_path, "operation")
        await asyncio.sleep(delay)
    written, happened = killing.records(tmp_path), made(tmp_path)
    times = Counter((verb, args["vm"]) for verb, args in happened)
    assert set(times.values()) <= {1}, "doubled"
    operations = {record["seq"]: record for record in written if record["event"] == "operation"}
    let_go = {(record["call"], record["args"]["vm"]) for record in written if record["event"] == "call"}
    assert set(times) <= let_go, "made and not written down"
    for end in (record for record in written if record["event"] == "end"):
        if end["outcome"] == "done":
            id = operations[end["operation"]]["ref"].rpartition(":")[2]
            assert times["Edit_Notes", id] == times["Edit_Notes+", id] == 1, "lost"

    async with console_of(tmp_path, spec(tmp_path, objects="60")) as console:
        await console.gate.start()
        ended = {record["operation"] for record in killing.records(tmp_path) if record["event"] == "end"}
        assert ended == set(operations), "each has an end now"
        await until(lambda: console.fleet.connections["lab"].settled)
        assert made(tmp_path) == happened, "nothing is repeated"
