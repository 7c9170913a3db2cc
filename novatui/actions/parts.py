"""Operations on parts of objects: several of one object, each with arguments of its own, one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from novatui.actions.arguments import checked
from novatui.core.errors import InvalidInput
from novatui.core.ids import ObjectRef
from novatui.core.operations import Operation
from novatui.core.verbs import Verb

IN_TURN = frozenset({"snap.delete", "alarm.acknowledge"})
"""Operations that one object may be given several of at once: none of them is taken back one by one."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an object that an operation is meant for, such as one snapshot of a machine."""

    ref: ObjectRef
    """The object."""
    arguments: Mapping[str, str]
    """What says which part."""
    name: str
    """What people call the part; empty when it is the whole object, with arguments of its own."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One operation that is to be planned."""

    ref: ObjectRef
    operation: Operation
    part: str = ""
    """Name of the part of the object that it is for; empty for all of it."""
    state: str = ""
    """The fingerprint that the object must have; empty for any."""


def wishes(verb: Verb, parts: Sequence[Part]) -> list[Wish]:
    """An operation for each part, in their order, none twice. InvalidInput when they make no sense."""
    found: dict[tuple[ObjectRef, tuple[tuple[str, str], ...]], Wish] = {}
    for part in parts:
        given = checked(verb, part.arguments)
        operation = Operation(verb=verb.name, key=part.ref.key, arguments=given)
        wish = Wish(ref=part.ref, operation=operation, part=part.name)
        found.setdefault((part.ref, tuple(sorted(given.items()))), wish)
    if not found:
        raise InvalidInput(f"there is nothing to {verb.title}", subject="object")
    twice = len({wish.ref for wish in found.values()}) < len(found)
    if twice and verb.name not in IN_TURN:
        raise InvalidInput(
            f"`{verb.title}` is meant for several parts of one object",
            hint="choose one of each object",
            subject="object",
        )
    return list(found.values())
