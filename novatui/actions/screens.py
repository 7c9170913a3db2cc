"""The screen of a machine, asked for under the journal: who asked, when, for which way in; never the ticket itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from novatui.actions.gate import Gate
from novatui.actions.journal_writer import failure_body
from novatui.actions.outcome import Outcome
from novatui.core.consoles import Handoff, Picture, Way
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.engine.fleet import Fleet

PICTURE = "picture"

T = TypeVar("T")


async def hand_off(gate: Gate, fleet: Fleet, ref: ObjectRef, way: Way) -> Handoff:
    """A one-time ticket. NovaError says why there is none; Denied also when the journal cannot be written."""
    return await _written_down(gate, fleet, ref, way.value, lambda: fleet.screens.hand_off(ref, way))


async def picture(gate: Gate, fleet: Fleet, ref: ObjectRef) -> Picture:
    """What is on its screen now. NovaError as above."""
    return await _written_down(gate, fleet, ref, PICTURE, lambda: fleet.screens.picture(ref))


async def _written_down(gate: Gate, fleet: Fleet, ref: ObjectRef, way: str, ask: Callable[[], Awaitable[T]]) -> T:
    """On disk before it is asked for, as everything that the gate lets through."""
    slot = fleet.inventory.slot(ref.conn, ref.key)
    body = {
        "event": "console",
        **gate.journal.who,
        "connection": ref.conn,
        "ref": str(ref),
        "name": ref.id if slot is None else fleet.inventory.name(slot),
        "way": way,
    }
    if ticket := gate.ticket(ref.conn):
        body["ticket"] = ticket
    (begun,) = await gate.journal.write(body)
    end = {"event": "end", "operation": begun.seq}
    try:
        found = await ask()
    except NovaError as error:
        await gate.journal.write(
            {**end, "outcome": Outcome.FAILED.value, "failure": failure_body(error.failure)},
        )
        raise
    await gate.journal.write({**end, "outcome": Outcome.DONE.value})
    return found
