"""What a key of the filter language means for a slot: the value that filters compare and tables sort by."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from novatui.core.ids import ObjectRef, split_key
from novatui.core.inventory import FIELD, Group, Value
from novatui.core.metrics import POSITION
from novatui.core.states import Kind
from novatui.engine.columns import TextsColumn
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.metric_store import MetricStore
from novatui.engine.query_keys import BELOW, MEMORY_WHOLE, MOMENTS, REFERENCES, SUMS

Reader = Callable[[int], Value | tuple[str, ...]]
"""Value of one key by slot; None when unknown."""


class Doubles(Protocol):
    """Who knows which rows are the same machine."""

    def duplicate(self, slot: int) -> bool | None:
        """True when another visible row has the same identity; None when it has no identity."""
        ...

    @property
    def hidden(self) -> Mapping[int, int]:
        """Slots that are not shown, and the slot that stands for each."""
        ...


class Answers(Protocol):
    """Who knows what can be done where."""

    def answer(self, ref: ObjectRef, feature: str) -> str | None:
        """A word of `core.capabilities.Answer` for what was asked; None when it is unknown."""
        ...


class FleetView(Protocol):
    """What filters look at. The fleet is one."""

    @property
    def inventory(self) -> InventoryStore: ...
    @property
    def metrics(self) -> MetricStore: ...
    @property
    def identity(self) -> Doubles: ...
    @property
    def facts(self) -> Answers: ...


class Clocks(Protocol):
    """The two clocks that ages are counted by."""

    def monotonic(self) -> float: ...
    def time(self) -> float: ...


def reader(key: str, view: FleetView, clocks: Clocks = time) -> Reader:
    """How to read this key. KeyError when it is none."""
    inventory = view.inventory
    if key in POSITION:
        return view.metrics.reader(key)
    if key in SUMS:
        return _sum(view.metrics, *SUMS[key])
    if key in REFERENCES:
        return _referenced(inventory, key)
    if key in MOMENTS:
        return _ago(inventory, key, clocks)
    if key in BELOW:
        return _below(inventory, BELOW[key])
    if key in FIELD:
        column = inventory.column(key)
        return column.texts if isinstance(column, TextsColumn) else column.get
    return _special(key, view, clocks)


def _special(key: str, view: FleetView, clocks: Clocks) -> Reader:
    inventory = view.inventory
    match key:
        case "kind":
            return lambda slot: inventory.kind(slot).value
        case "family":
            return lambda slot: None if inventory.kind(slot) is Kind.GROUP else inventory.family(slot).value
        case "connection":
            return lambda slot: inventory.conn(slot) or None
        case "group":
            return lambda slot: inventory.spec(slot).label
        case "age":
            return _age(inventory, clocks)
        case "stale":
            return lambda slot: inventory.stale(slot, Group.STATE, clocks.monotonic())
        case "duplicate":
            return view.identity.duplicate
        case "mem.percent":
            return share("mem.used", MEMORY_WHOLE, view)
        case "store.used":
            return _filling(inventory)
        case _ if key == MEMORY_WHOLE:
            return memory_whole(view)
        case _:
            raise KeyError(key)


def _age(inventory: InventoryStore, clocks: Clocks) -> Reader:
    """How long ago it was read; of a snapshot, which does not change, how long ago it was made."""
    made = _ago(inventory, "created", clocks)

    def read(slot: int) -> Value | tuple[str, ...]:
        if inventory.kind(slot) is Kind.SNAPSHOT:
            return made(slot)
        return inventory.age(slot, Group.STATE, clocks.monotonic())

    return read


def answers(view: FleetView, feature: str) -> Reader:
    """How to read what is known of a capability."""
    answer, ref = view.facts.answer, view.inventory.ref
    return lambda slot: answer(ref(slot), feature)


def memory_whole(view: FleetView) -> Callable[[int], float | int | None]:
    """What 100 % of an object's memory is: what it was given now, else as configured, else the host's memory."""
    assigned = view.metrics.reader("mem.assigned")
    configured, total = (view.inventory.column(name).get for name in ("memory", "memory_total"))

    def read(slot: int) -> float | int | None:
        value = assigned(slot)
        if value is not None:
            return value
        found = configured(slot)
        if found is None:
            found = total(slot)
        return found if isinstance(found, int | float) else None

    return read


def share(key: str, whole: str, view: FleetView) -> Callable[[int], float | None]:
    """A figure in percent of another one; unknown when one of them is, or when the whole is nothing."""
    part, total = reader(key, view), reader(whole, view)

    def read(slot: int) -> float | None:
        value = part(slot)
        if not isinstance(value, int | float):
            return None
        of = total(slot)
        return 100.0 * value / of if isinstance(of, int | float) and of > 0 else None

    return read


def _sum(metrics: MetricStore, first: str, second: str) -> Reader:
    one, other = metrics.reader(first), metrics.reader(second)

    def read(slot: int) -> float | None:
        left, right = one(slot), other(slot)
        return None if left is None or right is None else left + right

    return read


def _referenced(inventory: InventoryStore, key: str) -> Reader:
    """Name of the object that a column refers to; its native id while it is not in the inventory."""
    get, neighbour, name = inventory.column(key).get, inventory.neighbour, inventory.name

    def read(slot: int) -> str | None:
        named = get(slot)
        if not isinstance(named, str):
            return None
        found = neighbour(slot, named) if named else None
        if found is not None:
            return name(found)
        try:
            return split_key(named)[1] if named else ""
        except ValueError:
            return named

    return read


def _below(inventory: InventoryStore, measure: str) -> Reader:
    """How many there are below something that holds machines; unknown for what holds none."""

    def read(slot: int) -> int | None:
        return inventory.count(slot, measure) if inventory.kind(slot) in _HOLDERS else None

    return read


_HOLDERS = frozenset(
    {Kind.GROUP, Kind.CONNECTION, Kind.DATACENTER, Kind.FOLDER, Kind.CLUSTER, Kind.HOST, Kind.RESOURCE_POOL}
)


def _filling(inventory: InventoryStore) -> Reader:
    """How full a store is, in percent."""
    capacity, free = (inventory.column(name).get for name in ("capacity", "free"))

    def read(slot: int) -> float | None:
        whole, left = capacity(slot), free(slot)
        if not isinstance(whole, int | float) or not isinstance(left, int | float) or whole <= 0:
            return None
        return 100.0 * (whole - left) / whole

    return read


def _ago(inventory: InventoryStore, key: str, clocks: Clocks) -> Reader:
    """How long ago it was. The oldest snapshot of a snapshot is the snapshot itself."""
    get = inventory.column(key).get
    made = inventory.column("created").get if key == "snapshot_oldest" else get

    def read(slot: int) -> float | None:
        moment = get(slot)
        if moment is None:
            moment = made(slot)
        return clocks.time() - moment if isinstance(moment, int | float) else None

    return read
