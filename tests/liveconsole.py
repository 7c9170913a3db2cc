"""A console that does this and that to machines of libvirt: `python -m tests.liveconsole URI FOLDER SEED COUNT`."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from novatui.actions.confirm import Confirmation
from novatui.actions.gate import Gate
from novatui.actions.journal_writer import Journal
from novatui.actions.outcome import Done
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet
from tests.acceptance.live import libvirt, live
from tests.fleets import until

WAYS = {
    "off": ("power.start",),
    "running": ("power.pause", "power.off", "power.reset"),
    "paused": ("power.resume", "power.off", "power.resume"),
}
"""What makes sense in each power state."""


@asynccontextmanager
async def gated(uri: str, folder: Path) -> AsyncIterator[tuple[Gate, Fleet]]:
    """A console on this host; its journal is in `folder`."""
    async with live(libvirt("lab", uri)) as fleet:
        await until(lambda: fleet.connections["lab"].lock)
        yield Gate(fleet, Journal(folder / "state" / "journal.jsonl", user="ana", system_log=None)), fleet


async def mix(gate: Gate, fleet: Fleet, seed: int, count: int) -> list[Done]:
    """So many operations, one after the other, on machines picked by lot."""
    inventory = fleet.inventory
    machines = sorted(inventory.ref(slot) for slot in inventory.slots(Kind.VM))
    dice, results = random.Random(seed), list[Done]()
    for _ in range(count):
        ref = dice.choice(machines)
        slot = inventory.slot(ref.conn, ref.key)
        assert slot is not None
        proposal = await gate.propose(dice.choice(WAYS[str(inventory.value(slot, "power"))]), [ref], {})
        run = gate.run(proposal, Confirmation(yes=True, typed=proposal.phrase))
        await run.done
        results += run.results
    return results


async def main(uri: str, folder: Path, seed: int, count: int) -> None:
    async with gated(uri, folder) as (gate, fleet):
        await mix(gate, fleet, seed, count)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
