"""Which objects are meant: those that were named, or all machines of a host or cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from novatui.actions.confirm import typeable
from novatui.core.errors import InvalidInput
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.core.verbs import MACHINES, Verb
from novatui.engine.fleet import Fleet

PLACES = frozenset({Kind.HOST, Kind.CLUSTER})
"""What stands for all its machines."""


class Scope(msgspec.Struct, frozen=True):
    """What an operation is about."""

    refs: tuple[ObjectRef, ...]
    """Each once, in the order in which they were named."""
    whole: tuple[str, ...]
    """Names of the hosts and clusters that are meant as a whole."""


def meant(fleet: Fleet, verb: Verb, refs: Sequence[ObjectRef]) -> Scope:
    """The objects of an operation, frozen. InvalidInput when there are none."""
    found: dict[ObjectRef, None] = {}
    whole: list[str] = []
    for ref in refs:
        if ref.kind in PLACES and ref.kind not in verb.kinds and verb.kinds & MACHINES:
            slot = fleet.inventory.slot(ref.conn, ref.key)
            name = "" if slot is None else fleet.inventory.name(slot)
            whole.append(typeable(name, ref.id))
            found |= dict.fromkeys(_machines(fleet, ref, verb))
        else:
            found[ref] = None
    if not found:
        where = f" on {', '.join(whole)}" if whole else ""
        raise InvalidInput(f"there is nothing to {verb.title}{where}", subject="object")
    return Scope(tuple(found), tuple(whole))


def _machines(fleet: Fleet, place: ObjectRef, verb: Verb) -> Iterator[ObjectRef]:
    inventory = fleet.inventory
    slot = inventory.slot(place.conn, place.key)
    if slot is None:
        return
    below = set(inventory.below(slot))
    for each in inventory.slots():
        if inventory.kind(each) in verb.kinds and (each in below or inventory.host(each) == slot):
            yield inventory.ref(each)
