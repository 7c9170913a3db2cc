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
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet
from tests.acceptance.live import libvirt, live
from tests.fleets import until

WAYS = {
    "off": ("power.start", "power.start"),
    "running": ("power.pause", "power.off", "power.reset", "power.suspend"),
    "paused": ("power.resume", "power.off", "power.suspend", "power.resume"),
    "suspended": ("power.wake", "power.wake"),
}
"""What makes sense in each power state; what is named twice is done twice as often."""

ALWAYS = ("power.autostart", "edit.notes", "snap.create")
WITH_SNAPSHOT = ("snap.revert", "snap.delete")
TRIES = 100
"""How often in a row nothing may be possible: libvirt ends what a killed console had begun."""


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
    dice, results, tries = random.Random(seed), list[Done](), 0
    taken: dict[ObjectRef, list[str]] = {ref: [] for ref in machines}
    while len(results) < count:
        ref = dice.choice(machines)
        slot = inventory.slot(ref.conn, ref.key)
        assert slot is not None
        snapshots = taken[ref]
        ways = WAYS.get(str(inventory.value(slot, "power")), ()) + ALWAYS + (WITH_SNAPSHOT if snapshots else ())
        verb = dice.choice(ways)
        arguments = _arguments(verb, f"{seed}-{len(results)}", snapshots, dice)
        proposal = await gate.propose(verb, [ref], arguments)
        if not proposal.planned:
            tries += 1
            assert tries < TRIES, [str(aim.failure or aim.refused) for aim in proposal.failed]
            await asyncio.sleep(0.05)
            continue
        run = gate.run(proposal, Confirmation(yes=True, typed=proposal.phrase))
        await run.done
        results += run.results
        tries = 0
        match verb:
            case "snap.create":
                snapshots.append(arguments["name"])
            case "snap.delete":
                snapshots.remove(arguments["snapshot"])
    return results


def _arguments(verb: str, mark: str, snapshots: list[str], dice: random.Random) -> dict[str, str]:
    match verb:
        case "power.autostart":
            return {"to": dice.choice(("on", "off"))}
        case "edit.notes":
            return {"text": f"looked after {mark}"}
        case "snap.create":
            return {"name": f"mark-{mark}"}
        case "snap.revert" | "snap.delete":
            return {"snapshot": dice.choice(snapshots)}
        case _:
            return {}


async def main(uri: str, folder: Path, seed: int, count: int) -> None:
    async with gated(uri, folder) as (gate, fleet):
        await mix(gate, fleet, seed, count)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
