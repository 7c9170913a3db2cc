"""`novatui ls`: objects that match a filter, as a table or as JSON."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace

from novatui.cli.facts_first import facts_first
from novatui.cli.forms import document
from novatui.cli.measuring import measured
from novatui.cli.selecting import Wanted, wanted
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import say_json
from novatui.cli.table import columns_of, print_table


def ls(options: Namespace) -> int:
    """List the objects; exit 3 when a connection could not be made (the others are listed all the same)."""
    asked = wanted(options.filters, options.kind or (), options.sort or "")
    return asyncio.run(_ls(prepare(options), asked))


async def _ls(session: Session, asked: Wanted) -> int:
    options = session.options
    async with opened(session, kinds=asked.loads) as fleet:
        rates = options.metrics or asked.measures
        if rates or options.json:
            unmeasured = [slot for kind in asked.kinds for slot in fleet.inventory.slots(kind)]
            await measured(fleet, unmeasured if asked.measures else asked.candidates(fleet), rates=rates)
        await facts_first(fleet, asked, options.timeout or session.loaded.config.timeout)
        slots = asked.slots(fleet)
        if options.json:
            say_json(document(fleet, slots, time.monotonic()))
        else:
            print_table(fleet, slots, columns_of(asked.kinds, measured=rates))
        return report(fleet, asked.kinds)
