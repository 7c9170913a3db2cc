"""Consoles that are killed while they change things: started, struck at a random moment, and what they left behind.

What was made is always told by the product's own log; what was written down, by the journal as far as it is whole.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from novatui.actions import journal
from novatui.actions.journal import BrokenChain
from tests.fleets import PATIENCE
from tests.lab.processes import all_pids, command_line, is_alive, send

SEED = "NOVATUI_TEST_SEED"
"""Environment: the seed of a long test, to have it again."""

NEAR = 0.02
"""Seconds after a line within which a console is struck, where it is to be hit close to one."""

Record = dict[str, Any]


def seed() -> int:
    """That of the environment, else one by lot."""
    return int(os.environ.get(SEED) or random.SystemRandom().randrange(1_000_000))


@contextmanager
def killed(module: str, *arguments: str, deaf: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """A console in a process of its own; SIGKILL at the end of the body. Its workers are gone afterwards.

    They end by themselves; `deaf` ones, which are stopped or hang in their product, are killed too.
    """
    quiet = subprocess.DEVNULL
    console = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=quiet, stderr=quiet)
    try:
        yield console
        assert console.poll() is None, "it was to be killed and had ended by itself"
    finally:
        console.kill()
        console.wait()
        workers = _workers(console.pid)
        end = time.monotonic() + PATIENCE
        while alive := [worker for worker in workers if is_alive(worker)]:
            assert time.monotonic() < end, "a worker outlives its console"
            if deaf:
                for worker in alive:
                    send(worker, signal.SIGKILL)
            time.sleep(0.01)


def _workers(console: int) -> list[int]:
    """Processes that were told that this is their console, whoever is their parent now."""
    return [pid for pid in all_pids() if f"--parent {console} " in f"{command_line(pid)} "]


# --- its journal ------------------------------------------------------------------------------------------------------


def path(folder: Path) -> Path:
    """Where the console of this folder writes."""
    return folder / "state" / "journal.jsonl"


def size(folder: Path) -> int:
    """Bytes of the journal so far."""
    return path(folder).stat().st_size if path(folder).exists() else 0


def records(folder: Path, *events: str) -> list[Record]:
    """The journal as far as it is whole; of these events only where some are named."""
    found: list[Record] = []
    try:
        found.extend(record.body for record in journal.read(path(folder)))
    except BrokenChain as broken:
        if not broken.torn:
            raise
    return [record for record in found if not events or record["event"] in events]


async def written(folder: Path, event: str, times: int = 1, after: int = 0) -> None:
    """Until there are so many lines of an event, not counting the first `after` bytes; seen within milliseconds."""
    mark, file = f'"event":"{event}"'.encode(), path(folder)
    end = time.monotonic() + PATIENCE
    while not file.exists() or file.read_bytes()[after:].count(mark) < times:
        assert time.monotonic() < end, f"no {event} in the journal"
        await asyncio.sleep(0.001)


async def a_random_moment(folder: Path, dice: random.Random, span: float, after: int = 0) -> str:
    """Any time in the `span` seconds from the first operation on, or right after one of the first lines of a sort.

    Which of them it was, in words. The first `after` bytes of the journal are not looked at.
    """
    if dice.random() < 0.4:
        await written(folder, "operation", after=after)
        delay = dice.uniform(0.0, span)
        await asyncio.sleep(delay)
        return f"{delay:.2f} s after the first line"
    event, times = dice.choice(("operation", "call", "call", "result")), dice.randint(1, 4)
    delay = dice.choice((0.0, dice.uniform(0.0, NEAR)))
    await written(folder, event, times, after)
    await asyncio.sleep(delay)
    return f"{delay * 1000:.1f} ms after {event} {times}"


# --- what it left -----------------------------------------------------------------------------------------------------


class Moment(StrEnum):
    """How far an operation had come when its console was killed, by the last line of it in the journal."""

    BEFORE = "before a call's line"
    BETWEEN = "between a line and its call"
    DURING = "while a call ran, or before its result was written"
    AFTER = "after a call's result"
    NONE = "between two operations"


def moments(lines: Sequence[Record], was_made: Callable[[Record], bool]) -> list[Moment]:
    """Of each operation that has no end; `was_made` tells of a call's line whether the product had the call."""
    ended = {line["operation"] for line in lines if line["event"] == "end"}
    found = [
        _moment([line for line in lines if line.get("operation") == begun["seq"]], was_made)
        for begun in lines
        if begun["event"] == "operation" and begun["seq"] not in ended
    ]
    return found or [Moment.NONE]


def _moment(own: Sequence[Record], was_made: Callable[[Record], bool]) -> Moment:
    told = [line for line in own if line["event"] in {"call", "result"}]
    if not told:
        return Moment.BEFORE
    if told[-1]["event"] == "result":
        return Moment.AFTER
    return Moment.DURING if was_made(told[-1]) else Moment.BETWEEN


def done(lines: Sequence[Record]) -> list[Record]:
    """The lines of the calls of which the journal says that they were done."""
    ended = {(line["operation"], line["id"]) for line in lines if line["event"] == "result" and line["state"] == "done"}
    return [line for line in lines if line["event"] == "call" and (line["operation"], line["id"]) in ended]


class Tally:
    """What many killed consoles add up to."""

    def __init__(self) -> None:
        self.kills = 0
        self.moments = Counter[Moment]()
        self.outcomes = Counter[str]()
        self.let_go = self.made = self.lost = self.doubled = 0

    def count(self, *, let_go: int, made: int, lost: int, doubled: int) -> None:
        """The calls of one console."""
        self.let_go += let_go
        self.made += made
        self.lost += lost
        self.doubled += doubled

    def add(self, hit: Sequence[Moment], lines: Sequence[Record]) -> None:
        """One console: when it was hit, and its journal once the next console has looked after it."""
        self.kills += 1
        self.moments.update(hit)
        self.outcomes.update(line["outcome"] for line in lines if line["event"] == "end")

    def __str__(self) -> str:
        hit = ", ".join(f"{count} {moment}" for moment, count in self.moments.most_common())
        ended = ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.most_common())
        return (
            f"{self.kills} consoles killed: {hit}\n"
            f"{self.outcomes.total()} operations: {ended}\n"
            f"{self.let_go} calls let go, {self.made} made by the product's own log; "
            f"{self.lost} lost, {self.doubled} doubled"
        )
