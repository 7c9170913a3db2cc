"""The columns of the matrix of capabilities: families and groups, connections, hosts or machines of some scope."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from novatui.core.ids import ObjectRef, encode_id
from novatui.core.states import Family, Kind
from novatui.engine.fleet import Fleet

FAMILY = "family:"
"""How a scope begins that is a family and no object."""


class Level(StrEnum):
    """What the columns are."""

    FAMILIES = "families"
    CONNECTIONS = "connections"
    HOSTS = "hosts"
    MACHINES = "machines"


LEVELS = tuple(Level)

ONE = {Level.FAMILIES: "family", Level.CONNECTIONS: "connection", Level.HOSTS: "host", Level.MACHINES: "machine"}
"""What one column of a level is."""

KINDS: dict[Level, tuple[Kind, ...]] = {
    Level.HOSTS: (Kind.HOST,),
    Level.MACHINES: (Kind.VM, Kind.CONTAINER),
}
"""Kinds of the objects of a level below connections."""

BELOW = {Kind.GROUP: Level.CONNECTIONS, Kind.CONNECTION: Level.HOSTS, Kind.HOST: Level.MACHINES}
"""What a column opens into."""


class Column(msgspec.Struct, frozen=True):
    """One of them."""

    key: str
    """What it is called as long as it is the same one: `str(ObjectRef)`, or `family:libvirt`. It names a scope, too."""
    name: str
    family: Family
    conn: str
    """Name of its connection, or of the first of several."""
    slot: int | None = None
    """The object that it is; None for a family, which is none."""
    several: tuple[ObjectRef, ...] = ()
    """The connections that it gathers, where it is more than one object."""

    @property
    def parts(self) -> tuple[ObjectRef, ...]:
        """Whose answers are shown, gathered where there are several."""
        return self.several or (ObjectRef.parse(self.key),)

    @property
    def gathered(self) -> bool:
        """Several answers in one."""
        return bool(self.several)


def columns_of(fleet: Fleet, level: Level, scope: str = "") -> list[Column]:
    """Everything of this level inside the scope, in the order of the tree. ValueError for a scope that is none."""
    if level is Level.FAMILIES:
        return list(_families(fleet, _connections(fleet, scope)))
    if level is Level.CONNECTIONS:
        return [_of_object(fleet, slot) for slot in _connections(fleet, scope)]
    return [_of_object(fleet, slot) for slot in _objects(fleet, KINDS[level], scope)]


def inside(fleet: Fleet, column: Column) -> Level | None:
    """What is shown when this column is opened; None for one that has nothing below it."""
    if column.slot is None:
        return Level.CONNECTIONS
    return BELOW.get(fleet.inventory.kind(column.slot))


def members(fleet: Fleet, column: Column) -> list[Column]:
    """The columns that it opens into."""
    level = inside(fleet, column)
    return [] if level is None else columns_of(fleet, level, column.key)


def scope_name(fleet: Fleet, scope: str) -> str:
    """What people call a scope; empty for the whole fleet and for what is gone."""
    if scope.startswith(FAMILY):
        return scope.removeprefix(FAMILY)
    slot = _slot(fleet, scope) if scope else None
    return "" if slot is None else fleet.inventory.name(slot)


def checked_scope(scope: str) -> str:
    """The scope, if it is one; else the whole fleet."""
    try:
        if scope.startswith(FAMILY):
            Family(scope.removeprefix(FAMILY))
        elif scope:
            ObjectRef.parse(scope)
    except ValueError:
        return ""
    return scope


def _slot(fleet: Fleet, scope: str) -> int | None:
    ref = ObjectRef.parse(scope)
    return fleet.inventory.slot(ref.conn, ref.key)


def _of_object(fleet: Fleet, slot: int) -> Column:
    store = fleet.inventory
    conn = store.conn(slot)
    return Column(f"{encode_id(conn)}:{store.key(slot)}", store.name(slot), store.family(slot), conn, slot)


def _families(fleet: Fleet, connections: Sequence[int]) -> Iterator[Column]:
    """Groups as somebody made them; of the other connections those of one family together."""
    store = fleet.inventory
    together: dict[int | Family, list[int]] = {}
    for slot in connections:
        group = _group(fleet, slot)
        together.setdefault(store.family(slot) if group is None else group, []).append(slot)
    for whole, slots in together.items():
        if len(slots) == 1:
            yield _of_object(fleet, slots[0])
            continue
        parts, family = tuple(store.ref(slot) for slot in slots), store.family(slots[0])
        if isinstance(whole, Family):
            yield Column(f"{FAMILY}{whole.value}", whole.value, family, parts[0].conn, None, parts)
        else:
            yield Column(str(store.ref(whole)), store.name(whole), family, parts[0].conn, whole, parts)


def _group(fleet: Fleet, connection: int) -> int | None:
    above = fleet.inventory.parent(connection)
    return above if above is not None and fleet.inventory.kind(above) is Kind.GROUP else None


def _connections(fleet: Fleet, scope: str) -> list[int]:
    """The connections of a scope; of a host or a cluster, the one that it belongs to."""
    store = fleet.inventory
    found = [store.connection(name) for name in fleet.connections if store.has_connection(name)]
    if not scope:
        return found
    if scope.startswith(FAMILY):
        family = Family(scope.removeprefix(FAMILY))
        return [slot for slot in found if store.family(slot) is family and _group(fleet, slot) is None]
    node = _slot(fleet, scope)
    if node is None:
        return []
    if store.kind(node) is Kind.GROUP:
        return [slot for slot in found if store.parent(slot) == node]
    return [slot for slot in found if store.conn(slot) == store.conn(node)]


def _objects(fleet: Fleet, kinds: tuple[Kind, ...], scope: str) -> Iterator[int]:
    """Visible objects of these kinds: of one machine that is seen twice, the row that stands for it."""
    store, visible = fleet.inventory, fleet.identity.visible
    node = _slot(fleet, scope) if scope and not scope.startswith(FAMILY) else None
    for top in _connections(fleet, scope) if node is None or store.kind(node) is Kind.GROUP else (node,):
        for slot in (top, *store.below(top)):
            if store.kind(slot) in kinds and visible(slot):
                yield slot
