"""Changes of the demo fleet, counted by its own ledger: a hundred of all sorts, and consoles that are killed."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from novatui.actions import journal
from novatui.actions.journal import BrokenChain
from novatui.actions.outcome import Done, Outcome
from novatui.core.errors import Fault
from tests.democonsole import gated, mix
from tests.fleets import until
from tests.lab.processes import descendants, is_alive

Call = tuple[str, str, str]
"""Connection, native name, arguments."""


def uri(folder: Path) -> str:
    """A demo fleet that stands still, so that nobody else changes it, and keeps its calls."""
    return f"demo://?vms=80&seed=3&speed=0&state={folder}/ledger"


def made(folder: Path) -> Counter[Call]:
    """The calls that reached the products, by their ledger."""
    path = folder / "ledger"
    lines = path.read_text().splitlines() if path.exists() else []
    return Counter((entry["site"], entry["call"], _sorted(entry["args"])) for entry in map(json.loads, lines))


def records(folder: Path) -> list[dict[str, Any]]:
    """The journal as far as it is whole."""
    found: list[dict[str, Any]] = []
    try:
        found.extend(record.body for record in journal.read(folder / "state" / "journal.jsonl"))
    except BrokenChain as broken:
        if not broken.torn:
            raise
    return found


def let_go(written: list[dict[str, Any]], *, done: bool) -> Counter[Call]:
    """The calls that were written down; with `done`: those of which the journal says that they were done."""
    places = {record["seq"]: record["connection"] for record in written if record["event"] == "operation"}
    ended = {(r["operation"], r["id"]) for r in written if r["event"] == "result" and r["state"] == "done"}
    return Counter(
        (places[record["operation"]], record["call"], _sorted(record["args"]))
        for record in written
        if record["event"] == "call" and (not done or (record["operation"], record["id"]) in ended)
    )


def _sorted(args: dict[str, Any]) -> str:
    return json.dumps(args, sort_keys=True)


def _said_no(done: Done) -> bool:
    """Its product answered, and the answer was no: it is being moved or saved, or the host has no memory left."""
    no = frozenset({Fault.BUSY, Fault.CONFLICT, Fault.BACKEND_FAULT})
    return done.outcome is Outcome.FAILED and done.failure is not None and done.failure.fault in no


async def test_a_hundred_operations_of_all_sorts(tmp_path: Path) -> None:
    async with gated(uri(tmp_path), tmp_path) as (gate, fleet):
        results = await mix(gate, fleet, seed=1, count=100)
        others = [done for done in results if done.outcome is not Outcome.DONE or done.seen is False]
        assert [(done.verb, done.text) for done in others if not _said_no(done)] == []
        assert len(others) < 20, "most of it is done"
        assert len({done.ref.conn for done in results}) >= 4
        assert len({done.verb for done in results}) >= 8
        assert {done.task for done in results} <= {tracked.task.id for tracked in fleet.tasks.tasks()}
    written = records(tmp_path)
    assert len([record for record in written if record["event"] == "end"]) == 100
    assert made(tmp_path) == let_go(written, done=False)
    assert not let_go(written, done=True) - made(tmp_path)
    assert made(tmp_path).total() >= 100


def begin(folder: Path, seed: int) -> subprocess.Popen[bytes]:
    """A console in a process of its own, with many operations before it."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.democonsole", uri(folder), str(folder), str(seed), "400"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def killed(folder: Path, seed: int) -> None:
    """One console, killed somewhere between its first operation and its last; what it leaves behind is looked at."""
    console = begin(folder, seed)
    try:
        await until(lambda: any(record["event"] == "operation" for record in records(folder)))
        await asyncio.sleep(random.Random(seed).uniform(0.0, 1.5))
    finally:
        workers = descendants(console.pid)
        console.kill()
        console.wait()
    await until(lambda: not any(map(is_alive, workers)))

    written, happened = records(folder), made(folder)
    assert not let_go(written, done=True) - happened, "lost: called done and not made"
    assert not happened - let_go(written, done=False), "doubled, or made without a line"
    async with gated(uri(folder), folder) as (gate, _):
        await gate.start()
        begun = {record["seq"] for record in written if record["event"] == "operation"}
        unknown = {done.id for done in gate.adopted.operations}
        assert unknown == begun - {record["operation"] for record in written if record["event"] == "end"}
        assert {record["operation"] for record in records(folder) if record["event"] == "end"} == begun
    assert made(folder) == happened, "nothing is repeated"


@pytest.mark.parametrize("seed", range(4))
async def test_a_console_that_is_killed_loses_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    await killed(tmp_path / "one", seed)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_fifty_consoles_that_are_killed_lose_and_double_nothing(tmp_path: Path) -> None:
    for seed in range(100, 150):
        await killed(tmp_path / str(seed), seed)
