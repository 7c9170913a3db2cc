"""A console that does this and that to the demo fleet: `python -m tests.democonsole URI FOLDER SEED COUNT`."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from novatui.actions.bulk import few_at_a_time
from novatui.actions.confirm import Confirmation
from novatui.actions.gate import Gate
from novatui.actions.journal_writer import Journal
from novatui.actions.outcome import Done
from novatui.config.demo import expand
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.core.verbs import VERBS
from novatui.engine.fleet import Fleet, Target
from tests.fleets import PATIENCE, until

POWER = tuple(name for name in VERBS if name.startswith("power.") and name != "power.shutdown")
"""Guests of the demo that do not listen to a shutdown would be waited for."""

VERBS_USED = (*POWER, "snap.create", "edit.notes", "edit.vcpus")
AT_ONCE = 3


@asynccontextmanager
async def gated(uri: str, folder: Path) -> AsyncIterator[tuple[Gate, Fleet]]:
    """A console on the demo fleet, unlocked wherever it can be; its journal is in `folder`."""
    fleet = Fleet([Target(spec, dict) for spec in expand(uri)])
    await fleet.start()
    try:
        await fleet.settled(PATIENCE)
        await until(lambda: all(one.lock for one in fleet.connections.values()))
        gate = Gate(fleet, Journal(folder / "state" / "journal.jsonl", user="ana", system_log=None))
        for name, one in fleet.connections.items():
            if one.spec.protected and not one.spec.readonly:
                await gate.unlock(name, 3600, "CHG-1")
        yield gate, fleet
        await gate.stop(PATIENCE)
    finally:
        await fleet.stop()


async def mix(gate: Gate, fleet: Fleet, seed: int, count: int) -> list[Done]:
    """So many operations on machines picked by lot, a few at a time."""
    inventory, dice = fleet.inventory, random.Random(seed)
    machines = sorted(inventory.ref(slot) for slot in inventory.slots(Kind.VM))
    results: list[Done] = []
    taken = set[ObjectRef]()

    async def one(number: int) -> None:
        while True:
            ref, verb = dice.choice(machines), dice.choice(VERBS_USED)
            if ref not in taken and gate.check(verb, ref) is None:
                taken.add(ref)
                proposal = await gate.propose(verb, [ref], arguments(verb, number))
                if proposal.planned:
                    break
                taken.remove(ref)
        run = gate.run(proposal, Confirmation(yes=True, typed=proposal.phrase))
        await run.done
        taken.remove(ref)
        results.extend(run.results)

    await few_at_a_time([lambda number=number: one(number) for number in range(count)], AT_ONCE)
    return results


def arguments(verb: str, number: int) -> dict[str, str]:
    match verb:
        case "power.autostart":
            return {"to": "on" if number % 2 else "off"}
        case "snap.create":
            return {"name": f"mark-{number}"}
        case "edit.notes":
            return {"text": f"looked after {number}"}
        case "edit.vcpus":
            return {"count": str(1 + number % 4)}
        case _:
            return {}


async def main(uri: str, folder: Path, seed: int, count: int) -> None:
    async with gated(uri, folder) as (gate, fleet):
        await mix(gate, fleet, seed, count)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
