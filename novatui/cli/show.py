"""`novatui show`: one object in full, as named fields, JSON or its native form."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections.abc import Collection, Sequence
from typing import Any

from novatui.cli import exits
from novatui.cli.complaint import complain, complain_of
from novatui.cli.description import describe
from novatui.cli.forms import connection_json, object_json, plain
from novatui.cli.measuring import measured
from novatui.cli.objects import reference, resolve
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import say, say_json, say_lines
from novatui.core.detail import Detail
from novatui.core.errors import NotFound, NotSupported, NovaError
from novatui.core.specdiff import differences
from novatui.core.states import Kind
from novatui.engine.fleet import DEFAULT_KINDS, Fleet, Target

PARTS = ("snapshots", "devices", "volumes", "leases", "users", "properties")
"""Parts of a detail beside the specification."""


_SELDOM_TOLD = frozenset({Kind.SNAPSHOT, Kind.DEVICE})
"""Kinds of which most products tell no more than their listing says."""


def show(options: Namespace) -> int:
    """Show the object; exit 1 when there is none, 2 when several are meant."""
    return asyncio.run(_show(prepare(options, narrow=lambda targets: _narrowed(options.object, targets))))


async def _show(session: Session) -> int:
    options, word = session.options, session.options.object
    async with opened(session, kinds=_kinds(word)) as fleet:
        unreached = report(fleet)
        try:
            slot = resolve(fleet, word)
        except exits.NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, unreached])
        if options.raw:
            return exits.worst([unreached, await _say_raw(fleet, slot)])
        await measured(fleet, [slot], rates=True)
        code, detail = await _detail(fleet, slot)
        if options.json:
            say_json(_json(fleet, slot, detail))
        else:
            for line in describe(fleet, slot, detail):
                say(line)
        return exits.worst([unreached, code])


def _kinds(word: str) -> Collection[Kind]:
    """Snapshots and devices are listed only when a reference names one: there may be very many."""
    ref = reference(word)
    return DEFAULT_KINDS | {ref.kind} if ref else DEFAULT_KINDS


def _narrowed(word: str, targets: Sequence[Target]) -> Sequence[Target]:
    """A reference names its connection: no other one is needed."""
    ref = reference(word)
    return [target for target in targets if ref and target.spec.name == ref.conn] or targets


async def _detail(fleet: Fleet, slot: int) -> tuple[int, Detail]:
    """All that its connection tells of it, beside what is known already. What keeps it from telling is narrated."""
    ref = fleet.inventory.ref(slot)
    nothing = Detail(key=ref.key)
    if ref.kind in {Kind.CONNECTION, Kind.GROUP}:
        return exits.DONE, nothing
    try:
        return exits.DONE, await fleet.detail(ref)
    except NovaError as error:
        if isinstance(error, NotSupported) or (isinstance(error, NotFound) and ref.kind in _SELDOM_TOLD):
            return exits.DONE, nothing
        complain_of(error.failure, str(ref))
        return exits.FAILED, nothing


async def _say_raw(fleet: Fleet, slot: int) -> int:
    ref = fleet.inventory.ref(slot)
    detail = await fleet.detail(ref, ("raw",))
    if detail.raw:
        say_lines(detail.raw)
        return exits.DONE
    for one in detail.failures:
        complain_of(one.failure, f"{ref}: {one.part}")
    complain(f"{ref} has no native form to show")
    return exits.FAILED


def _json(fleet: Fleet, slot: int, detail: Detail) -> dict[str, Any]:
    form = object_json(fleet, slot, time.monotonic())
    if fleet.inventory.kind(slot) is Kind.CONNECTION:
        form |= connection_json(fleet.connections[fleet.inventory.conn(slot)])
    if detail.vm is not None:
        form["spec"] = plain(detail.vm)
    if detail.vm is not None and detail.now is not None:
        form["changed_since"] = [plain(each) for each in differences(detail.vm, detail.now)]
    form |= {part: plain(value) for part in PARTS if (value := getattr(detail, part)) not in {None, ()}}
    if detail.failures:
        form["failures"] = {one.part: plain(one.failure) for one in detail.failures}
    return form
