"""`novatui top`: one table of current metrics, once or again and again."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections.abc import Sequence

from novatui.cli.facts_first import facts_first
from novatui.cli.forms import document, sample_json
from novatui.cli.measuring import measured
from novatui.cli.selecting import Wanted, wanted
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import clear_screen, flush, say_json
from novatui.cli.table import TOP, print_table
from novatui.engine.fleet import Fleet

INTERVAL = 2.0
"""Seconds between two tables of --follow."""


def top(options: Namespace) -> int:
    """Print the table, busiest first."""
    asked = wanted(options.filters, sort=options.sort or "cpu", descending=True)
    return asyncio.run(_top(prepare(options), asked))


async def _top(session: Session, asked: Wanted) -> int:
    options = session.options
    async with opened(session, kinds=asked.loads, retry=options.follow) as fleet:
        code = report(fleet, asked.kinds)
        machines = [slot for kind in asked.kinds for slot in fleet.inventory.slots(kind)]
        await measured(fleet, machines, rates=True)
        await facts_first(fleet, asked, options.timeout or session.loaded.config.timeout)
        if options.follow:
            await _follow(options, asked, fleet)
        else:
            slots = asked.slots(fleet)[: options.lines]
            _print(fleet, slots, as_json=options.json)
        return code


def _print(fleet: Fleet, slots: Sequence[int], *, as_json: bool) -> None:
    if as_json:
        say_json(document(fleet, slots, time.monotonic()))
    else:
        print_table(fleet, slots, TOP)


async def _follow(options: Namespace, asked: Wanted, fleet: Fleet) -> None:
    """A table every two seconds, or with --json a line for each new sample. Ends by interruption only."""
    fleet.watch(dict.fromkeys(fleet.connections), INTERVAL)
    told: dict[int, float] = {}
    while True:
        slots = asked.slots(fleet)[: options.lines]
        if options.json:
            _tell(fleet, slots, told)
        else:
            clear_screen()
            print_table(fleet, slots, TOP)
        flush()
        await asyncio.sleep(INTERVAL)
        fleet.drain()


def _tell(fleet: Fleet, slots: Sequence[int], told: dict[int, float]) -> None:
    """What was measured since it was told last. `told`: by slot, when its last told reading began."""
    now = time.monotonic()
    for slot in slots:
        age = fleet.metrics.age(slot, now)
        if age is not None and now - age > told.get(slot, 0.0) + 1e-3:
            told[slot] = now - age
            form = sample_json(fleet, slot, now)
            if form["metrics"]:
                say_json(form)
