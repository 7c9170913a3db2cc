"""`novatui watch`: changes of objects, connections, tasks and events as they come, one a line."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace

from novatui.cli.changes import Watcher
from novatui.cli.facts_first import facts_first
from novatui.cli.measuring import INTERVAL
from novatui.cli.selecting import Wanted, wanted
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import flush
from novatui.core.states import Kind
from novatui.engine.fleet import DEFAULT_KINDS, Fleet

GATHER = 0.05
"""Seconds between the first change and the report of it: what belongs together arrives together."""

_TOLD = tuple(kind for kind in Kind if kind in DEFAULT_KINDS and kind is not Kind.CONNECTION)


def watch(options: Namespace) -> int:
    """Tell every change until the time is over or somebody interrupts."""
    asked = wanted(options.filters, _TOLD)
    return asyncio.run(_watch(prepare(options), asked))


async def _watch(session: Session, asked: Wanted) -> int:
    options = session.options
    end = time.monotonic() + options.seconds if options.seconds else None
    async with opened(session, kinds=asked.loads, retry=True) as fleet:
        code = report(fleet)
        await facts_first(fleet, asked, options.timeout or session.loaded.config.timeout)
        if options.samples or asked.measures:
            fleet.watch(dict.fromkeys(fleet.connections), INTERVAL)
        await _follow(fleet, Watcher(fleet, asked, as_json=options.json, samples=options.samples), end)
        return code


async def _follow(fleet: Fleet, watcher: Watcher, end: float | None) -> None:
    changed = asyncio.Event()
    fleet.on_change = changed.set
    while end is None or time.monotonic() < end:
        try:
            async with asyncio.timeout(None if end is None else end - time.monotonic()):
                await changed.wait()
                await asyncio.sleep(GATHER)
        except TimeoutError:
            pass
        changed.clear()
        watcher.tell()
        flush()
