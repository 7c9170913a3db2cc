"""Which operations an undo takes back, and whether they can be."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.actions.outcome import Done, Outcome
from novatui.actions.run import word
from novatui.core.errors import Conflict, NotFound
from novatui.core.text import clean

_TRIED = frozenset({Outcome.DONE, Outcome.UNKNOWN})


def last_action(actions: Sequence[Sequence[Done]]) -> list[Done]:
    """The operations of the last action that changed something, was not taken back and is no undo itself. NotFound."""
    for action in reversed(actions):
        tried = [done for done in action if done.outcome in _TRIED and not done.undone_by and not done.undoes]
        if tried:
            return tried
    raise NotFound("there is nothing to undo: this console has changed nothing that was not taken back")


def takers(tried: Sequence[Done]) -> list[Done]:
    """Those of an action that can be taken back, all by the same operation. Conflict with the reason when none can."""
    able = [done for done in tried if done.outcome is Outcome.DONE and done.inverse and not done.undone_by]
    if not able:
        raise Conflict(_why_not(tried[0]), hint="A shows what was done", subject="undo")
    first = able[0].inverse
    assert first is not None, "only those with an inverse are left"
    return [done for done in able if done.inverse and done.inverse.verb == first.verb]


def _why_not(done: Done) -> str:
    what = f"{word(done.verb)} of {clean(done.name)}"
    if done.undone_by:
        return f"{what} was taken back already (N-{done.undone_by})"
    if done.outcome is Outcome.UNKNOWN:
        return f"nobody knows whether {what} was done: look at it first"
    if done.outcome is not Outcome.DONE:
        return f"{what} was not done"
    return f"{what}: {clean(done.irreversible) or 'nothing takes it back'}"
