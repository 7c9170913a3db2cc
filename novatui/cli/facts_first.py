"""Asks for capabilities before a filter with `can:` is judged: of whom the filter means otherwise, under a budget."""

from __future__ import annotations

import asyncio
from collections import Counter

from novatui.cli.complaint import complain
from novatui.cli.selecting import Wanted
from novatui.core.states import Kind, Link
from novatui.engine.fleet import Fleet

ABLE = frozenset({Kind.CONNECTION, Kind.HOST, Kind.VM, Kind.CONTAINER})
"""Kinds that can be asked what they can do."""


async def facts_first(fleet: Fleet, asked: Wanted, seconds: float) -> None:
    """Ask everybody whom it depends on, so many seconds at most; who was not asked or gave no answer is said.

    Their capabilities are unknown then, and neither `can:` nor its contrary finds them.
    """
    if not asked.query.asks_facts:
        return
    refs = [fleet.inventory.ref(slot) for slot in asked.candidates(fleet) if fleet.inventory.kind(slot) in ABLE]
    up = [ref for ref in refs if fleet.connections[ref.conn].link is Link.UP]
    tasks = [asyncio.create_task(fleet.facts.probe(ref)) for ref in up]
    if not tasks:
        return
    done, waiting = await asyncio.wait(tasks, timeout=seconds)
    for task in waiting:
        task.cancel()
    if waiting:
        complain(
            f"can: {len(waiting)} of {len(tasks)} objects were not asked within {seconds:g} s, and are left out",
            "narrow the filter, or give it more time with --timeout",
        )
    failures = Counter(str(sheet.failure) for sheet in (task.result() for task in done) if sheet.failure is not None)
    for why, count in failures.items():
        complain(f"can: {count} of {len(tasks)} objects gave no answer and are left out: {why}")
