"""A proposal in the words that a person is asked with."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from novatui.actions.proposal import Aim, Proposal
from novatui.actions.protections import is_protected
from novatui.core.text import clean
from novatui.core.verbs import VERBS, Given, Verb
from novatui.engine.migrations import named
from novatui.ui.folding import folded
from novatui.ui.options import WORDS, exact_size
from novatui.ui.render.confirm import Asked, Subject

SAFETY = "safety"
"""Argument of the operations that can take a snapshot first."""

if TYPE_CHECKING:
    from novatui.actions.gate import Gate
    from novatui.ui.stage import Stage


def title_of(proposal: Proposal) -> str:
    """What and whom."""
    aims = proposal.planned or proposal.aims
    whom = proposal.whole or (aims[0].title if len(aims) == 1 else f"{len(aims)} {things(proposal)}")
    return f"{'undo: ' if proposal.undoes else ''}{short(proposal.verb)} {whom}"


def things(proposal: Proposal) -> str:
    """What several of them are called."""
    if not all(aim.part for aim in proposal.aims):
        return "objects"
    return "alarms" if proposal.verb.noun == "alarm" else "snapshots"


PARTS = frozenset({"snapshot", "alarm"})
"""Arguments that say which part of an object is meant: each part is named by itself."""


def short(verb: Verb) -> str:
    """What an operation does, without what stands in brackets: `power off`."""
    return verb.title.partition(" (")[0]


def asked_of(proposal: Proposal, stage: Stage, gate: Gate) -> Asked:
    """All that stands in the dialog."""
    commands = tuple(proposal.as_commands())
    json = msgspec.json.format(msgspec.json.encode(proposal.json()), indent=2).decode()
    forms = {"calls": tuple(proposal.as_lines()), "commands": commands, "json": tuple(map(clean, json.split("\n")))}
    locked = proposal.locked if not any(aim.ready for aim in proposal.aims) else None
    return Asked(
        title=title_of(proposal),
        where=_where(proposal, stage),
        protected=any(_protected(stage, aim.ref.conn) for aim in proposal.aims),
        subjects=tuple(_subject(aim, stage, len(proposal.aims) > 1) for aim in proposal.aims),
        things=things(proposal),
        owners=len({aim.ref for aim in proposal.aims if aim.ready}) if proposal.aims[0].part else 0,
        does=_does(proposal, stage),
        losses=folded(proposal, "losses"),
        costs=folded(proposal, "costs"),
        warnings=_warnings(proposal),
        undo=_undo(proposal),
        forms={name: lines for name, lines in forms.items() if lines},
        recorded=_recorded(gate),
        locked=str(locked) if locked else "" if proposal.planned else "It cannot be done now.",
    )


def _does(proposal: Proposal, stage: Stage) -> str:
    """The operation and what it was given, counted where that is not the same for all; whether it takes a snapshot
    first has a line of its own."""
    aims = proposal.planned or proposal.aims
    given: list[str] = []
    for one in proposal.verb.takes:
        if one.name == SAFETY or (one.name in PARTS and proposal.aims[0].part):
            continue
        values = Counter(aim.operation.arguments[one.name] for aim in aims if one.name in aim.operation.arguments)
        alike = set(values.values()) == {len(aims)}
        words = (_value(one, value, stage) + ("" if alike else f" ({count})") for value, count in values.items())
        if values:
            given.append(f"{one.title} {', '.join(words)}")
    said = f": {', '.join(given)}" if given else ""
    return clean(f"{proposal.verb.title}{said}", 2_000)


def _value(given: Given, value: str, stage: Stage) -> str:
    """A value as people read it."""
    if given.kind == "host":
        return named(stage.fleet.inventory, value)
    if given.kind == "size" and value.isdigit():
        return exact_size(int(value))
    meaning = WORDS.get((given.name, value), "")
    return f"{value} ({meaning})" if meaning else value


def _subject(aim: Aim, stage: Stage, several: bool) -> Subject:
    store = stage.fleet.inventory
    slot = store.slot(aim.ref.conn, aim.ref.key)
    power = store.value(slot, "power") if slot is not None else None
    native = store.value(slot, "native_state") if slot is not None else None
    state = f"{power} ({native})" if power and native and native != power else str(power or "")
    failure = aim.failure
    problem = tuple(filter(None, (str(failure), failure.meaning, failure.hint))) if failure else ()
    if aim.refused is not None and several:
        problem = (str(aim.refused),)
    return Subject(name=aim.title, conn=aim.ref.conn, state=state, problem=problem)


def _protected(stage: Stage, conn: str) -> bool:
    connection = stage.fleet.connections.get(conn)
    return connection is not None and is_protected(connection)


def _where(proposal: Proposal, stage: Stage) -> str:
    conns = list(dict.fromkeys(aim.ref.conn for aim in proposal.aims))
    if len(conns) > 1:
        guarded = sum(_protected(stage, conn) for conn in conns)
        return f"{len(conns)} connections{f', {guarded} PROTECTED' if guarded else ''}"
    if not _protected(stage, conns[0]):
        return conns[0]
    return f"{conns[0]}  PROTECTED  {stage.locks.badge(conns[0])}".rstrip()


def _undo(proposal: Proposal) -> str:
    """The way back, and what it does not bring back; what takes something back is no action that `u` takes back."""
    if not proposal.planned or proposal.undoes:
        return ""
    inverses = {aim.plan.inverse.verb for aim in proposal.planned if aim.plan and aim.plan.inverse}
    lost = "; ".join(_irreversible(proposal))
    if not inverses:
        return f"nothing takes it back{f': {lost}' if lost else ''}"
    words = ", ".join(short(VERBS[verb]) for verb in sorted(inverses))
    return f"u takes it back: {words}{f'; {lost}' if lost else ''}"


def _warnings(proposal: Proposal) -> tuple[str, ...]:
    """What an undo does not bring back has a line of its own, unless this is one."""
    found = dict.fromkeys((*proposal.extra, *folded(proposal, "warnings")))
    lost = _irreversible(proposal)
    return (*found, *lost) if proposal.undoes else tuple(one for one in found if one not in lost)


def _irreversible(proposal: Proposal) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clean(a.plan.irreversible) for a in proposal.planned if a.plan and a.plan.irreversible))


def _recorded(gate: Gate) -> str:
    who = gate.journal.who
    origin = f" from {str(who['origin']).partition(' port ')[0]}" if who.get("origin") else ""
    return clean(f"in the journal before it is sent, as {who['user']}{origin}")
