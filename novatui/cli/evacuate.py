"""`novatui evacuate HOST`: move every machine away from a host, as far as they can go; taken up again after a crash."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from typing import Any

import msgspec

from novatui.actions.drain import Drain, Move, estimate, planned
from novatui.actions.drain_book import DrainBook, cut_off, found, left
from novatui.cli import exits
from novatui.cli.changing import begin, carried_out, code_of
from novatui.cli.complaint import complain, complain_of, narrate
from novatui.cli.exits import NotThere, UsageError
from novatui.cli.feed import FIRST_LOOK
from novatui.cli.gating import gate_of
from novatui.cli.moves import told_as_they_move
from novatui.cli.objects import resolve
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import say_json, say_table
from novatui.config.paths import user_paths
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.core.units import lasting, size
from novatui.engine.fleet import Fleet

TITLES = ["MACHINE", "MEMORY", "TO", "HOW"]

UNKNOWN = "?"

LOOK = 0.5
"""Seconds between two looks at machines that another console has sent off."""


def evacuate(options: Namespace) -> int:
    """Plan it, ask, and carry it out; or take up one that was cut off."""
    return asyncio.run(_evacuate(prepare(options)))


async def _evacuate(session: Session) -> int:
    options = session.options
    async with opened(session) as fleet:
        unreached = report(fleet)
        await asyncio.sleep(FIRST_LOOK)
        try:
            host = fleet.inventory.ref(resolve(fleet, options.host, Kind.HOST))
            if host.kind is not Kind.HOST:
                raise UsageError(f"`{options.host}` is a {host.kind.value}, not a host")
            return exits.worst([await _of(fleet, host, options), unreached])
        except NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, unreached])
        except NovaError as error:
            complain_of(error.failure)
            return exits.worst([code_of(error.failure), unreached])


async def _of(fleet: Fleet, host: ObjectRef, options: Namespace) -> int:
    gate, book = gate_of(fleet), DrainBook(user_paths().drains)
    if not options.plan:
        await begin(gate, [host], options.unlock)
    drain = await _resumed(fleet, host, book) if options.resume else await planned(fleet, host, _counted)
    drain = _as_wished(drain, options)
    if not drain.going:
        _show(fleet, drain, options)
        if options.resume and not options.plan:
            await book.end(drain)
        return exits.FAILED if drain.staying and not options.resume else exits.DONE
    proposal = await gate.propose_each("migrate.live", drain.parts(), whole=drain.name)
    if options.plan:
        if options.json:
            say_json(proposal.json() | {"drain": _form(fleet, drain)})
        else:
            _show(fleet, drain, options)
        return exits.worst(code_of(aim.failure) for aim in proposal.failed)
    if not options.json:
        _show(fleet, drain, options)
    gate.limit_moves(drain.at_once)
    await book.take(drain, gate.journal.who["user"], time.time())
    tell = (lambda run: told_as_they_move(fleet, run, as_json=options.json)) if options.watch else None
    code = await carried_out(gate, proposal, options, tell)
    if not cut_off(drain, gate.history()):
        await book.end(drain)
    return exits.worst([code, exits.FAILED if drain.staying else exits.DONE])


async def _resumed(fleet: Fleet, host: ObjectRef, book: DrainBook) -> Drain:
    """What is left of it, once those that still move have arrived or stayed: nothing is sent twice."""
    lease, said = found(await book.get(host), host.id), ""
    while True:
        fleet.drain()
        drain, moving, gone = left(fleet, lease)
        if not moving:
            break
        names = ", ".join(move.name for move in moving)
        if names != said:
            narrate(f"novatui: waiting for what still moves: {names}")
        said = names
        await asyncio.sleep(LOOK)
    narrate(f"novatui: {len(gone)} of {len(lease.drain.going)} have been moved, {len(drain.going)} are left")
    return drain


def _as_wished(drain: Drain, options: Namespace) -> Drain:
    """With the limit and without the machines that were named."""
    known = {move.name: move.ref for move in drain.moves} | {move.ref: move.ref for move in drain.moves}
    for word in options.skip:
        if word not in known:
            raise UsageError(f"`{word}` is no machine on {drain.name}", "`novatui evacuate HOST --plan` lists them")
        drain = drain.leaving_out(known[word], out=True)
    return msgspec.structs.replace(drain, at_once=options.limit) if options.limit else drain


def _counted(done: int, of: int) -> None:
    if done == of:
        narrate(f"novatui: every host was asked about {of} machines")


def _show(fleet: Fleet, drain: Drain, options: Namespace) -> None:
    if options.json:
        say_json({"drain": _form(fleet, drain)})
        return
    say_table(TITLES, [_cells(move) for move in drain.moves], right=frozenset({1}))
    seconds = estimate(fleet, drain)
    narrate(
        f"{len(drain.going)} go, {len(drain.staying)} stay; {drain.at_once} at a time; "
        f"about {lasting(seconds) if seconds is not None else UNKNOWN}"
    )


def _cells(move: Move) -> list[str]:
    memory = UNKNOWN if move.memory is None else size(move.memory)
    if move.left_out:
        return [move.name, memory, "-", "left out"]
    if not move.to:
        return [move.name, memory, "-", f"stays: {move.reason}"]
    to = move.target.name if move.target else move.to
    return [move.name, memory, to, "live, disks copied" if move.copies else "live"]


def _form(fleet: Fleet, drain: Drain) -> dict[str, Any]:
    form: dict[str, Any] = {
        "host": drain.host,
        "name": drain.name,
        "at_once": drain.at_once,
        "moves": [
            {"ref": m.ref, "name": m.name, "to": m.to, "copies": m.copies}
            | ({"memory": m.memory} if m.memory is not None else {})
            for m in drain.going
        ],
        "stay": [
            {"ref": m.ref, "name": m.name, "reason": "left out" if m.left_out else m.reason} for m in drain.staying
        ],
    }
    seconds = estimate(fleet, drain)
    return form | ({"estimate_s": round(seconds, 1)} if seconds is not None else {})
