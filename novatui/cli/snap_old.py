"""Old snapshots of many machines: told together, and deleted in one run."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections.abc import Sequence

import msgspec

from novatui.actions import snapshots
from novatui.actions.parts import Part
from novatui.actions.snapshots import Report
from novatui.cli import exits
from novatui.cli.changing import change_parts, found, narrowed
from novatui.cli.complaint import complain, narrate
from novatui.cli.exits import NotThere, UsageError
from novatui.cli.forms import object_json, plain, timestamp
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import say_json, say_table
from novatui.core import units
from novatui.core.states import Kind
from novatui.engine.fleet import DEFAULT_KINDS, Fleet

TITLES = ["MACHINE", "SNAPSHOT", "AGE", "CREATED", "KIND", "SIZE", "CONNECTION"]

UNKNOWN = "?"

_KINDS = frozenset({Kind.SNAPSHOT})


def old(options: Namespace) -> int:
    """`snap ls --older-than` and `snap rm --older-than`."""
    if options.action not in {"ls", "rm"}:
        raise UsageError(f"`snap {options.action}` takes no --older-than", "ls and rm do")
    for name in ("children", "metadata"):
        if getattr(options, name):
            raise UsageError(f"--{name} is for one snapshot", "leave it out, or name the snapshot")
    seconds = units.parse_span(options.older_than)
    if seconds is None:
        raise UsageError(f"`{options.older_than}` is no span of time", "--older-than 14d, 12h, 30m")
    words = [options.object, *options.names] if options.object else []
    session = prepare(options, narrow=lambda targets: narrowed(words, targets))
    if options.action == "ls":
        return asyncio.run(_ls(session, words, seconds))

    def find(fleet: Fleet) -> Sequence[Part]:
        return snapshots.parts(fleet.inventory, _meant(fleet, words, seconds))

    return change_parts(session, "snap.delete", find, _KINDS)


def _meant(fleet: Fleet, words: Sequence[str], seconds: float) -> list[int]:
    """Old ones of the machines that are named, or of all. NotThere when a word names none."""
    store = fleet.inventory
    machines = set(found(fleet, words))
    meant = snapshots.older_than(store, seconds, time.time())
    return [slot for slot in meant if not words or snapshots.machine_of(store, slot) in machines]


async def _ls(session: Session, words: Sequence[str], seconds: float) -> int:
    async with opened(session, kinds=DEFAULT_KINDS | _KINDS) as fleet:
        code = report(fleet, _KINDS)
        try:
            slots = _meant(fleet, words, seconds)
        except NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, code])
        slots.sort(key=lambda slot: fleet.inventory.value(slot, "created") or 0.0)
        summary = snapshots.report(fleet.inventory, slots)
        if session.options.json:
            now = time.monotonic()
            say_json({"snapshots": [object_json(fleet, slot, now) for slot in slots], "report": _form(summary)})
        else:
            say_table(TITLES, [_cells(fleet, slot) for slot in slots], right=frozenset({2, 5}))
            narrate(f"novatui: {in_words(summary)}")
        return code


def in_words(summary: Report) -> str:
    """`61 snapshots of 38 machines, 1.8T; longest chain 11 (build-3 on kvm-farm)`."""
    one = f"{summary.count} snapshot{'' if summary.count == 1 else 's'}"
    many = f"{summary.machines} machine{'' if summary.machines == 1 else 's'}"
    sized = summary.count - summary.unsized
    size = f", {units.size(summary.size) if sized else UNKNOWN}" if summary.count else ""
    more = f" and {summary.unsized} of unknown size" if sized and summary.unsized else ""
    chain = summary.chain
    longest = f"; longest chain {chain.length} ({chain.machine} on {chain.conn})" if chain else ""
    return f"{one} of {many}{size}{more}{longest}"


def _form(summary: Report) -> dict[str, object]:
    form = plain(msgspec.structs.replace(summary, oldest=None))
    if summary.oldest is not None:
        form["oldest"] = timestamp(summary.oldest)
    if summary.unsized == summary.count:
        del form["size"]
    return form


def _cells(fleet: Fleet, slot: int) -> list[str]:
    store = fleet.inventory
    machine = snapshots.machine_of(store, slot)
    row = store.slot(machine.conn, machine.key) if machine is not None else None
    created, size = store.value(slot, "created"), store.value(slot, "snapshot_size")
    made = created if isinstance(created, int | float) else None
    return [
        store.name(row) if row is not None else machine.id if machine is not None else UNKNOWN,
        store.name(slot),
        units.span(time.time() - made if made is not None else None),
        (timestamp(made) if made is not None else None) or UNKNOWN,
        str(store.value(slot, "snapshot_kind") or UNKNOWN),
        units.size(float(size)) if isinstance(size, int | float) else UNKNOWN,
        store.conn(slot),
    ]
