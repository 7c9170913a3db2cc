"""What the strip of a leader offers for the objects that it froze, and why something is not for them now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from novatui.actions.catalogue import Action, in_strip
from novatui.actions.guard import Code, Refused
from novatui.actions.scope import PLACES, meant
from novatui.actions.snapshots import machine_of
from novatui.core.errors import InvalidInput
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.core.verbs import MACHINES, VERBS
from novatui.engine.fleet import Fleet
from novatui.ui.commands import scopes_of
from novatui.ui.render.menu import Entry

if TYPE_CHECKING:
    from novatui.actions.gate import Gate
    from novatui.ui.screens.frame import FrameScreen


def machines_of(fleet: Fleet, refs: Sequence[ObjectRef]) -> list[ObjectRef]:
    """Snapshots stand for the machines that they belong to; everything else for itself. None twice."""
    store = fleet.inventory
    found: dict[ObjectRef, None] = {}
    for ref in refs:
        slot = store.slot(ref.conn, ref.key) if ref.kind is Kind.SNAPSHOT else None
        machine = machine_of(store, slot) if slot is not None else ref
        if machine is not None:
            found[machine] = None
    return list(found)


class Verdict(msgspec.Struct, frozen=True):
    """What the guard says of an operation on some objects."""

    allowed: int
    of: int
    first: Refused | None
    """The first refusal."""

    @property
    def reason(self) -> str:
        """Why not, or why not all of them; empty when nothing is against it."""
        if self.first is None:
            return ""
        if self.allowed:
            return f"{self.allowed} of {self.of}; others: {self.first.reason}"
        return self.first.reason


CONSOLE = "console"
"""Id of the leader of what leads to a screen."""

MOST = 500
"""Objects that the guard is asked about: of more than that the first ones speak for all."""


def judge(gate: Gate, fleet: Fleet, verb: str, refs: Sequence[ObjectRef]) -> Verdict:
    """Ask the guard about each; a host or cluster stands for its machines where machines are what it is for."""
    try:
        found = meant(fleet, VERBS[verb], refs).refs[:MOST]
    except InvalidInput as error:
        return Verdict(0, len(refs), Refused(code=Code.GONE, reason=error.failure.message))
    refusals = [gate.check(verb, ref) for ref in found]
    return Verdict(refusals.count(None), len(found), next((one for one in refusals if one is not None), None))


def entries(screen: FrameScreen, leader: Action, refs: Sequence[ObjectRef]) -> list[Entry]:
    """What stands in the strip: operations for the kinds of these objects, and what is no operation at all."""
    keys = screen.stage.keys
    machines = machines_of(screen.fleet, refs) if {ref.kind for ref in refs} == {Kind.SNAPSHOT} else list(refs)
    kinds = {ref.kind for ref in refs}
    if kinds & PLACES:
        kinds |= MACHINES
    found: list[Entry] = []
    for action in in_strip(leader, scopes_of(screen)):
        key = next(iter(keys.keys(action)), "")
        if leader.id == CONSOLE and len(refs) == 1:
            found.append(_screen_entry(screen, key, action, refs[0]))
        elif not action.change:
            found.append(Entry(key, action))
        elif VERBS[action.change].noun == "snap" and machines and kinds == {Kind.SNAPSHOT}:
            found.append(_entry(screen, key, action, machines))
        elif not kinds.isdisjoint(VERBS[action.change].kinds):
            found.append(_entry(screen, key, action, refs))
    return found


def _screen_entry(screen: FrameScreen, key: str, action: Action, ref: ObjectRef) -> Entry:
    from novatui.ui.handing import why_not

    marks, lacking = screen.look.marks, bool(screen.fleet.screens.lacking(ref))
    locked = screen.stage.locks.dead(ref.conn)
    reason = why_not(screen.fleet, ref, locked, ticket=action.id != f"{CONSOLE}.picture")
    return Entry(key, action, (marks.lacking if lacking else marks.inapplicable) if reason else "", reason)


def _entry(screen: FrameScreen, key: str, action: Action, refs: Sequence[ObjectRef]) -> Entry:
    assert screen.stage.acting is not None
    verdict = judge(screen.stage.acting.gate, screen.fleet, action.change, refs)
    if verdict.allowed:
        return Entry(key, action, reason=verdict.reason)
    marks = screen.look.marks
    lacking = verdict.first is not None and verdict.first.code is Code.OFFERED
    return Entry(key, action, marks.lacking if lacking else marks.inapplicable, verdict.reason)
