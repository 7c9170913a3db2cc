"""Whether an operation may be tried on an object, and if not, why: from what is known, without asking anybody."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from novatui.config.policy import Role
from novatui.core.connection import ConnectionSpec
from novatui.core.ids import ObjectRef
from novatui.core.inventory import Group
from novatui.core.states import Link, Power
from novatui.core.text import clean
from novatui.core.verbs import VERBS, Verb
from novatui.engine.connection import Connection
from novatui.engine.fleet import Fleet


class Code(StrEnum):
    """Which rule refuses."""

    VERB = "verb"
    """There is no such operation."""
    KIND = "kind"
    """It is for another kind of object."""
    LINK = "link"
    """The connection does not stand: nothing is known for sure, nothing can be sent."""
    GONE = "gone"
    """The object is not there."""
    OFFERED = "offered"
    """The product does not have it: `–`."""
    RO = "ro"
    ROLE = "role"
    PRIVILEGE = "privilege"
    """The account that the connection was made with only reads."""
    LOCKED = "locked"
    """Protected, and not unlocked."""
    STATE = "state"
    """It makes no sense in this power state: `·`."""
    BUSY = "busy"
    """An operation of ours is under way on it."""
    WHOLE = "whole"
    """Not for everything on a host or cluster at once."""


LOCKS = frozenset({Code.RO, Code.ROLE, Code.PRIVILEGE, Code.LOCKED, Code.BUSY})
"""Rules that let an operation be planned and looked at, and refuse only to carry it out."""


READ_AGAIN = (Group.STATE,)
"""Columns that have to be fresh before an object is changed."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Why an operation may not be tried."""

    code: Code
    reason: str
    """A sentence."""
    hint: str = ""
    """What would change that."""

    def __str__(self) -> str:
        return f"{self.reason}; {self.hint}" if self.hint else self.reason


def check(fleet: Fleet, verb: str, ref: ObjectRef) -> Refused | None:
    """The first rule that refuses; None when the operation may be tried."""
    known = VERBS.get(verb)
    if known is None:
        return Refused(code=Code.VERB, reason=f"there is no operation {clean(verb)}")
    if ref.kind not in known.kinds:
        return Refused(code=Code.KIND, reason=f"{known.title} is not for a {ref.kind.value}")
    connection = fleet.connections.get(ref.conn)
    if connection is None:
        return Refused(code=Code.GONE, reason=f"there is no connection {clean(ref.conn)}")
    return _link(connection) or _offered(connection, known) or _lock(connection, known) or _object(fleet, known, ref)


def _link(connection: Connection) -> Refused | None:
    if connection.link is Link.UP:
        return None
    why = f": {connection.failure}" if connection.failure else ""
    return Refused(
        code=Code.LINK,
        reason=f"{connection.name} is not connected{why}",
        hint="what is shown may be out of date; it is tried again by itself, or with r",
    )


def _offered(connection: Connection, verb: Verb) -> Refused | None:
    info = connection.info
    if info is not None and verb.name in info.verbs:
        return None
    product = info.product if info else connection.name
    return Refused(code=Code.OFFERED, reason=f"not offered by {clean(product)}")


def _lock(connection: Connection, verb: Verb) -> Refused | None:
    lock, spec, name = connection.lock, connection.spec, connection.name
    if lock is None:
        return Refused(code=Code.LOCKED, reason=f"{name} has not told yet what may be changed", hint="wait a moment")
    why = _because(spec, lock.reasons)
    if spec.readonly or lock.ro:
        return Refused(code=Code.RO, reason=f"{name} is read-only{why}")
    role = min(_role(spec.role), _role(lock.role), key=lambda each: each.rank)
    if role is Role.VIEWER:
        return Refused(code=Code.ROLE, reason=f"you may only look at {name}{why}")
    if verb.admin and role is not Role.ADMIN:
        return Refused(code=Code.ROLE, reason=f"only an admin of {name} may do that, you are {role.value}{why}")
    if connection.info is not None and connection.info.privileges == "read-only":
        return Refused(
            code=Code.PRIVILEGE,
            reason=f"the account {clean(connection.info.user)} may only read on {name}".replace("  ", " "),
            hint="connect with one that may do more",
        )
    if (spec.protected or lock.protected) and not connection.unlocked:
        return Refused(code=Code.LOCKED, reason=f"{name} is protected{why}", hint=f":unlock 15m TICKET @{name}")
    return None


def _object(fleet: Fleet, verb: Verb, ref: ObjectRef) -> Refused | None:
    slot = fleet.inventory.slot(ref.conn, ref.key)
    if slot is None:
        return Refused(code=Code.GONE, reason="it is not there any more", hint="r lists everything again")
    power = fleet.inventory.value(slot, "power")
    if not verb.states or power is None or power == Power.UNKNOWN.value or power in verb.states:
        return None
    wanted = " or ".join(state.value for state in Power if state in verb.states)
    return Refused(code=Code.STATE, reason=f"it is {power}; this needs {wanted}")


def _because(spec: ConnectionSpec, reasons: Sequence[str]) -> str:
    words = tuple(dict.fromkeys((*spec.lock_reasons, *reasons)))
    return f" ({clean('; '.join(words))})" if words else ""


def _role(word: str) -> Role:
    """An unknown word is the least that there is."""
    try:
        return Role(word)
    except ValueError:
        return Role.VIEWER
