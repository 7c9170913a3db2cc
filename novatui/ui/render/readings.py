"""What is known of one object right now, in words and numbers: the part that table, tree and peek share."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from rich.style import Style

from novatui.core import units
from novatui.core.ids import split_key
from novatui.core.inventory import Group
from novatui.core.states import Kind, Link, Power
from novatui.engine.fleet import Fleet
from novatui.engine.query_keys import MEMORY_WHOLE
from novatui.engine.query_values import share
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN

MACHINES = frozenset({Kind.VM, Kind.CONTAINER})
"""Kinds that run."""

IDLE_STATES = frozenset({Power.OFF, Power.SUSPENDED, Power.CRASHED})
"""States in which a machine measures nothing: its metrics are not unknown but not applicable."""

NOTHING = "none"
"""Stands for what is known to be empty."""

LISTED = 3
"""Items of a list that are named; the others are counted."""


def protected(fleet: Fleet, slot: int) -> bool:
    """True for what belongs to a production connection; of a group, when one of its connections is one."""
    store = fleet.inventory
    if store.kind(slot) is Kind.GROUP:
        return any(store.spec(each).protected for each in store.children(slot))
    return store.spec(slot).protected


def tint(fleet: Fleet, conn: str, look: Look) -> Style | None:
    """The style of the name of a connection that was given a colour; None for the others."""
    connection = fleet.connections.get(conn)
    return look.styles.tint(connection.spec.color) if connection is not None else None


def conn_style(fleet: Fleet, conn: str, look: Look) -> Style:
    """The style of the name of a connection beside what it is about: its colour, else a quiet one."""
    return tint(fleet, conn, look) or look.styles.quiet


def own_tint(fleet: Fleet, slot: int, look: Look) -> Style | None:
    """The style of the name of an object that was given a colour: only connections are."""
    store = fleet.inventory
    return tint(fleet, store.conn(slot), look) if store.kind(slot) is Kind.CONNECTION else None


def power(fleet: Fleet, slot: int) -> str | None:
    """Power state as stored; None when unknown."""
    value = fleet.inventory.value(slot, "power")
    return value if isinstance(value, str) else None


def text(fleet: Fleet, slot: int, field: str) -> str:
    """A column as text; `?` when unknown."""
    value = fleet.inventory.value(slot, field)
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        more = f" +{len(value) - LISTED}" if len(value) > LISTED else ""
        return " ".join(value[:LISTED]) + more if value else NOTHING
    return str(value) or NOTHING


def number(fleet: Fleet, slot: int, field: str) -> float | None:
    """A numeric column; None when unknown."""
    value = fleet.inventory.value(slot, field)
    return float(value) if isinstance(value, int | float) else None


def host_name(fleet: Fleet, slot: int) -> str:
    """Name of the host that it runs on; `?` when unknown, empty when it says that it has none."""
    store = fleet.inventory
    host = store.host(slot)
    if host is not None:
        return store.name(host)
    key = store.value(slot, "host")
    if not isinstance(key, str):
        return UNKNOWN
    try:
        return split_key(key)[1] if key else ""
    except ValueError:
        return UNKNOWN


def measures(fleet: Fleet, slot: int) -> bool:
    """False when it is in a state that measures nothing."""
    return power(fleet, slot) not in IDLE_STATES


def memory_percent(fleet: Fleet, slot: int) -> float | None:
    """Memory that the guest uses in percent of what it has; None when either is unknown."""
    return memory_share(fleet)(slot)


@lru_cache(maxsize=4)
def memory_share(fleet: Fleet) -> Callable[[int], float | None]:
    """The same figure that filters and sorts compare."""
    return share("mem.used", MEMORY_WHOLE, fleet)


def counted(fleet: Fleet, slot: int, measure: str) -> int | None:
    """How many of `measure` there are below it; None for a resource pool without any.

    Machines hang below their host: which of them belong to a pool is known only where its product puts them there.
    """
    found = fleet.identity.count(slot, measure)
    pool = fleet.inventory.kind(slot) is Kind.RESOURCE_POOL
    return None if pool and not fleet.identity.count(slot, "machines") else found


def total(*values: float | None) -> float | None:
    """Their sum; None as soon as one of them is unknown, as filters and sorts have it."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def state_group(kind: Kind) -> Group:
    """The columns whose age tells whether an object's state is still true."""
    return Group.STATE if kind in MACHINES or kind is Kind.HOST else Group.PLACE


def shown_age(fleet: Fleet, slot: int, look: Look) -> str:
    """Age of the state in the steps that screens show, empty while it is fresh; of a lost connection: since when."""
    store = fleet.inventory
    kind = store.kind(slot)
    if kind is Kind.CONNECTION:
        status = fleet.connections[store.conn(slot)].status
        lost = status.link is not Link.UP and status.last_good is not None
        return _age(look.epoch() - status.last_good) if lost and status.last_good is not None else ""
    now, group = look.monotonic(), state_group(kind)
    if kind is Kind.GROUP or not store.stale(slot, group, now):
        return ""
    age = store.age(slot, group, now)
    return _age(age) if age is not None else UNKNOWN


def _age(seconds: float) -> str:
    """What is stale has an age, however short."""
    return units.age(max(seconds, 0.001))
