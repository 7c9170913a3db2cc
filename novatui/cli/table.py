"""The plain tables of `ls` and `top`: which columns a kind of object has, and what stands in a cell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import msgspec

from novatui.cli.forms import name_of, timestamp
from novatui.cli.streams import say_table
from novatui.core import units
from novatui.core.inventory import FIELD, Type, Value
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet
from novatui.engine.query_keys import MEMORY_WHOLE
from novatui.engine.query_values import share

UNKNOWN = "?"


class Column(msgspec.Struct, frozen=True):
    """One column."""

    title: str
    read: Callable[[Fleet, int], str]
    """The cell of an object."""
    kinds: frozenset[Kind] = frozenset(Kind)
    """Kinds that have such a thing; the cell of any other is empty."""
    right: bool = False


def print_table(fleet: Fleet, slots: Sequence[int], columns: Sequence[Column]) -> None:
    """These objects with these columns, on standard output."""
    kind = fleet.inventory.kind
    rows = [[one.read(fleet, slot) if kind(slot) in one.kinds else "" for one in columns] for slot in slots]
    right = frozenset(at for at, one in enumerate(columns) if one.right)
    say_table([one.title for one in columns], rows, right)


def text(value: Value, field: str) -> str:
    """A value as people read it; unknown is `?`."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, int | float):
        if FIELD[field].type is Type.TIME:
            return timestamp(value) or UNKNOWN
        if FIELD[field].type is Type.BYTES:
            return units.size(value)
    return str(value)


def _field(field: str) -> Callable[[Fleet, int], str]:
    return lambda fleet, slot: text(fleet.inventory.value(slot, field), field)


def _reference(field: str) -> Callable[[Fleet, int], str]:
    def read(fleet: Fleet, slot: int) -> str:
        key = fleet.inventory.value(slot, field)
        return name_of(fleet, fleet.inventory.conn(slot), key) if isinstance(key, str) and key else text(key, field)

    return read


def _metric(*names: str) -> Callable[[Fleet, int], str]:
    def read(fleet: Fleet, slot: int) -> str:
        values = [fleet.metrics.latest(slot, name) for name in names]
        return units.size(None if None in values else sum(value or 0.0 for value in values))

    return read


def _percent(name: str) -> Callable[[Fleet, int], str]:
    return lambda fleet, slot: units.percent(fleet.metrics.latest(slot, name))


def _memory_share(fleet: Fleet, slot: int) -> str:
    return units.percent(share("mem.used", MEMORY_WHOLE, fleet)(slot))


def _product(fleet: Fleet, slot: int) -> str:
    """What a host says of itself; what a connection said when it was made."""
    connection = fleet.connections[fleet.inventory.conn(slot)]
    if fleet.inventory.kind(slot) is Kind.CONNECTION:
        return connection.info.product if connection.info else UNKNOWN
    return text(fleet.inventory.value(slot, "product"), "product")


def _state(fleet: Fleet, slot: int) -> str:
    if fleet.inventory.kind(slot) is Kind.CONNECTION:
        return fleet.connections[fleet.inventory.conn(slot)].link.value
    return text(fleet.inventory.value(slot, "power"), "power")


_NAME = Column("NAME", lambda fleet, slot: fleet.inventory.name(slot))
_CONNECTION = Column("CONNECTION", lambda fleet, slot: fleet.inventory.conn(slot))
_MACHINES = frozenset({Kind.VM, Kind.CONTAINER})
_WITH_TEMPLATES = _MACHINES | {Kind.TEMPLATE}
_MEASURED = _MACHINES | {Kind.HOST}
_STORES, _NETWORKS = frozenset({Kind.DATASTORE}), frozenset({Kind.NETWORK})
_DEVICES, _SNAPSHOTS = frozenset({Kind.DEVICE}), frozenset({Kind.SNAPSHOT})

_LISTED: tuple[Column, ...] = (
    Column("STATE", _state, _MACHINES | {Kind.HOST, Kind.CONNECTION}),
    Column("HOST", _reference("host"), _WITH_TEMPLATES),
    Column("VCPUS", _field("vcpus"), _WITH_TEMPLATES, right=True),
    Column("MEMORY", _field("memory"), _WITH_TEMPLATES, right=True),
    Column("CPUS", _field("cpus"), frozenset({Kind.HOST}), right=True),
    Column("TOTAL", _field("memory_total"), frozenset({Kind.HOST}), right=True),
    Column("FAMILY", lambda fleet, slot: fleet.inventory.family(slot).value, frozenset({Kind.CONNECTION})),
    Column("PRODUCT", _product, frozenset({Kind.HOST, Kind.CONNECTION})),
    Column("STORE", _field("store_type"), _STORES),
    Column("CAPACITY", _field("capacity"), _STORES, right=True),
    Column("FREE", _field("free"), _STORES, right=True),
    Column("NETWORK", _field("net_type"), _NETWORKS),
    Column("BRIDGE", _field("bridge"), _NETWORKS),
    Column("VLAN", _field("vlan"), _NETWORKS),
    Column("CLASS", _field("device_class"), _DEVICES),
    Column("VENDOR", _field("vendor"), _DEVICES),
    Column("IOMMU", _field("iommu_group"), _DEVICES, right=True),
    Column("NUMA", _field("numa_node"), _DEVICES, right=True),
    Column("DRIVER", _field("driver"), _DEVICES),
    Column("HOLDER", _reference("holder"), _DEVICES),
    Column("VM", _reference("vm"), _SNAPSHOTS),
    Column("CREATED", _field("created"), _SNAPSHOTS),
)
_BUSY: tuple[Column, ...] = (
    Column("CPU%", _percent("cpu.used"), _MEASURED, right=True),
    Column("MEM%", _memory_share, _MEASURED, right=True),
)

TOP: tuple[Column, ...] = (
    _NAME,
    _CONNECTION,
    Column("STATE", _state),
    Column("CPU%", _percent("cpu.used"), right=True),
    Column("WAIT%", _percent("cpu.wait"), right=True),
    Column("MEM%", _memory_share, right=True),
    Column("READ/s", _metric("disk.read"), right=True),
    Column("WRITE/s", _metric("disk.write"), right=True),
    Column("LAT ms", _percent("disk.latency"), right=True),
    Column("RX/s", _metric("net.rx"), right=True),
    Column("TX/s", _metric("net.tx"), right=True),
)
"""Columns of `top`."""


def columns_of(kinds: Collection[Kind], *, measured: bool) -> list[Column]:
    """Columns of `ls` for these kinds: what each has, and the kind itself where there are several sorts."""
    found = [one for one in (*_LISTED, *(_BUSY if measured else ())) if not one.kinds.isdisjoint(kinds)]
    several = not set(kinds) <= _MACHINES and len(kinds) > 1
    sort = [Column("KIND", lambda fleet, slot: fleet.inventory.kind(slot).value)] if several else []
    return [_NAME, *sort, *found, _CONNECTION]
