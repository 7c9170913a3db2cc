"""Changes of the demo fleet, counted by its own ledger: a hundred of all sorts, and consoles that are killed."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from novatui.actions.outcome import Done, Outcome
from novatui.core.errors import Fault
from tests.acceptance import killing
from tests.acceptance.killing import Record, Tally
from tests.democonsole import gated, mix

SPAN = 1.5
"""Seconds of a console's work in which it is killed."""

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


def let_go(lines: list[Record], calls: Iterable[Record] | None = None) -> Counter[Call]:
    """The calls of a journal, or these of them."""
    places = {line["seq"]: line["connection"] for line in lines if line["event"] == "operation"}
    return Counter(
        (places[line["operation"]], line["call"], _sorted(line["args"]))
        for line in (lines if calls is None else calls)
        if line["event"] == "call"
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
    written = killing.records(tmp_path)
    assert len([record for record in written if record["event"] == "end"]) == len(results) == 100
    assert made(tmp_path) == let_go(written)
    assert not let_go(written, killing.done(written)) - made(tmp_path)
    assert made(tmp_path).total() >= 100


def begun_in(folder: Path, seed: int) -> AbstractContextManager[object]:
    """A console with many operations before it, on a fleet of its own; it is killed at the end of the body."""
    folder.mkdir()
    return killing.killed("tests.democonsole", uri(folder), str(folder), str(seed), "400")


async def _killed(folder: Path, seed: int, tally: Tally) -> None:
    """One console, killed somewhere between its first operation and its last; what it leaves behind is looked at."""
    with begun_in(folder, seed):
        when = await killing.a_random_moment(folder, random.Random(seed), SPAN)
    lines, happened = killing.records(folder), made(folder)
    written = let_go(lines)
    lost, doubled = let_go(lines, killing.done(lines)) - happened, happened - written
    tally.count(let_go=written.total(), made=happened.total(), lost=lost.total(), doubled=doubled.total())
    assert not lost, f"called done and not made, {when}"
    assert not doubled, f"made twice, or without a line, {when}"
    not_made = written - happened
    hit = killing.moments(lines, lambda line: not let_go(lines, [line]) & not_made)

    async with gated(uri(folder), folder) as (gate, _):
        await gate.start()
        begun = {line["seq"] for line in lines if line["event"] == "operation"}
        unknown = begun - {line["operation"] for line in lines if line["event"] == "end"}
        assert {done.id for done in gate.adopted.operations} == unknown, when
        assert {line["operation"] for line in killing.records(folder, "end")} == begun, when
    assert made(folder) == happened, f"nothing is repeated, {when}"
    tally.add(hit, killing.records(folder))


@pytest.mark.parametrize(
    "times", [4, pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(3000)])], ids="{}-times".format
)
async def test_consoles_that_are_killed_lose_and_double_nothing(
    tmp_path: Path, times: int, capsys: pytest.CaptureFixture[str]
) -> None:
    seed, tally = killing.seed(), Tally()
    try:
        for turn in range(times):
            await _killed(tmp_path / str(turn), seed + turn, tally)
    finally:
        with capsys.disabled():
            print(f"\n{killing.SEED}={seed}: {tally}")
    assert tally.kills == times
