"""Migrations in words and as JSON: one line, one object, and a stream of them while they go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from novatui.actions.bulk import Run
from novatui.cli.forms import plain, timestamp
from novatui.cli.streams import flush, say, say_json
from novatui.core.states import Kind
from novatui.core.units import lasting, size, span
from novatui.core.verdict import Call
from novatui.engine.fleet import Fleet
from novatui.engine.migration_record import Record

UNKNOWN = "?"

GATHER = 0.25
"""Seconds between two looks at what moves: products tell four readings a second at most."""

TITLES = ["MACHINE", "FROM", "TO", "PHASE", "DONE", "LEFT", "RATE", "DIRTY", "PASS", "ETA", "VERDICT"]

RIGHT = frozenset({4, 5, 6, 7, 8, 9})


async def told_as_they_move(fleet: Fleet, run: Run, *, as_json: bool) -> None:
    """Tell the moves of a run as they go on, until it is over."""
    refs = {done.ref for done in run.results}
    await told(fleet, lambda: [one for one in fleet.migrations.all() if one.ref in refs and one.live], as_json=as_json)


async def told(fleet: Fleet, records: Callable[[], Iterable[Record]], *, as_json: bool) -> None:
    """Tell each record when it has changed, again and again until cancelled."""
    seen: dict[str, object] = {}
    while True:
        fleet.drain()
        for record in records():
            now = form(fleet, record) if as_json else cells(record)
            if seen.get(record.id) != now:
                seen[record.id] = now
                if isinstance(now, dict):
                    say_json({"type": "migration"} | now)
                else:
                    say("  ".join(cell for cell in (timestamp(time.time()) or "", *now) if cell))
        flush()
        await asyncio.sleep(GATHER)


def form(fleet: Fleet, record: Record) -> dict[str, Any]:
    """One migration for scripts; what is not known is no key. There is a percentage only where its product says one,
    or before anything was sent twice. Hosts of one name are told apart by their references."""
    last, verdict = record.last, record.verdict
    body: dict[str, Any] = {
        "id": record.id,
        "ref": str(record.ref),
        "connection": record.conn,
        "family": record.family.value,
        "name": record.name,
        "uuid": record.identity,
        "state": record.state.value,
        "source_ref": _host(fleet, record.conn, record.source),
        "destination_ref": _destination(fleet, record),
        "task": record.own,
        "who": record.who,
        "began": timestamp(record.began),
        "ended": None if record.ended is None else timestamp(record.ended),
        "percent": record.done_percent,
        "pause_expected_s": record.pause_expected,
        "pause_measured_s": record.pause_real,
        "verdict": verdict.call.value,
        "reason": verdict.reason,
        "eta_s": None if verdict.eta is None else list(verdict.eta),
        "at_least_s": verdict.part,
        "floor": verdict.floor,
    }
    reading = msgspec.to_builtins(last) | {"source": record.source, "destination": record.destination}
    reading["at"] = None if last.at is None else timestamp(last.at)
    whole = body | {"progress": reading} | ({"failure": plain(record.failure)} if record.failure else {})
    return {name: value for name, value in plain(whole).items() if value is not None and value != ""}


def _destination(fleet: Fleet, record: Record) -> str:
    """As it was asked for, where the operation is ours; else by its name, where it arrives."""
    if not record.to_conn and record.destination == record.source:
        return record.arguments.get("to", "")
    return record.arguments.get("to") or _host(fleet, record.to_conn or record.conn, record.destination)


def _host(fleet: Fleet, conn: str, name: str) -> str:
    """Reference of the host of that name in a connection; empty when none is listed there, or several are."""
    inventory = fleet.inventory
    hosts = (slot for slot in inventory.slots(Kind.HOST) if inventory.conn(slot) == conn)
    found = [slot for slot in hosts if inventory.name(slot) == name]
    return str(inventory.ref(found[0])) if len(found) == 1 else ""


def cells(record: Record) -> list[str]:
    """One migration in a line."""
    last, verdict = record.last, record.verdict
    ended = not record.live
    return [
        record.name,
        record.route[0] or UNKNOWN,
        record.route[1] or UNKNOWN,
        record.state.value if ended else last.phase or UNKNOWN,
        "" if record.done_percent is None else f"{record.done_percent:.0f}%",
        "" if last.left is None or ended else size(last.left),
        "" if last.rate is None or ended else f"{size(last.rate)}/s",
        "" if last.dirty_rate is None or ended else f"{size(last.dirty_rate)}/s",
        "" if last.iteration is None else str(last.iteration),
        _took(record) if ended else _eta(record),
        str(record.failure) if record.failure else verdict.call.value,
    ]


def _took(record: Record) -> str:
    return "" if record.ended is None else f"took {span(record.ended - record.began)}"


def _eta(record: Record) -> str:
    verdict = record.verdict
    if verdict.eta is not None:
        low, high = (lasting(seconds) for seconds in verdict.eta)
        return low if low == high else f"{low}–{high}"
    if verdict.part is not None:
        return f"≥ {lasting(verdict.part)}"
    return "none" if verdict.call is Call.NOT_CONVERGING else UNKNOWN
