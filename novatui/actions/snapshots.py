"""Snapshots of all machines together: which are old, what they take, how long their chains are, and how they go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import msgspec

from novatui.actions.parts import Part
from novatui.core.ids import ObjectRef, split_key
from novatui.core.states import Kind
from novatui.core.verbs import MACHINES
from novatui.engine.inventory_store import InventoryStore

OLD = 14 * 86400.0
"""Seconds after which a snapshot is old where nobody said otherwise."""


class Chain(msgspec.Struct, frozen=True):
    """The longest line of snapshots that grew from each other."""

    length: int
    machine: str
    conn: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of some snapshots together."""

    count: int
    machines: int
    size: float
    """Bytes of those whose size is told."""
    unsized: int
    """How many have a size that nobody tells."""
    oldest: float | None
    """When the oldest was made, epoch seconds; None when of none that is told."""
    chain: Chain | None
    """The longest of any of their machines; None when that is not known."""


def report(store: InventoryStore, slots: Collection[int]) -> Report:
    """Of these rows."""
    sizes = [_number(store, slot, "snapshot_size") for slot in slots]
    made = [created for slot in slots if (created := _number(store, slot, "created")) is not None]
    machines = {machine for slot in slots if (machine := machine_of(store, slot)) is not None}
    return Report(
        count=len(slots),
        machines=len(machines),
        size=sum(size for size in sizes if size is not None),
        unsized=sum(size is None for size in sizes),
        oldest=min(made, default=None),
        chain=_longest(store, machines),
    )


def older_than(store: InventoryStore, seconds: float, now: float) -> list[int]:
    """Snapshots that were made so many seconds before `now` (epoch) or earlier; not those of which nobody knows."""
    return [
        slot
        for slot in store.slots(Kind.SNAPSHOT)
        if (created := _number(store, slot, "created")) is not None and now - created >= seconds
    ]


def with_old(store: InventoryStore, now: float) -> int:
    """Machines whose oldest snapshot is old; from what the rows of machines tell."""
    oldest = store.column("snapshot_oldest").get
    found = 0
    for kind in MACHINES:
        for slot in store.slots(kind):
            made = oldest(slot)
            found += isinstance(made, int | float) and now - made >= OLD
    return found


def machine_of(store: InventoryStore, slot: int) -> ObjectRef | None:
    """The machine that a snapshot belongs to; None when its row does not tell."""
    key = store.value(slot, "vm")
    try:
        return ObjectRef(store.conn(slot), *split_key(key)) if isinstance(key, str) and key else None
    except ValueError:
        return None


def parts(store: InventoryStore, slots: Iterable[int]) -> list[Part]:
    """What a deletion of these snapshots is about: of each machine the youngest first, so that what grew from a
    snapshot goes before it. Rows that do not tell whose they are are left out."""
    found = [(machine, slot) for slot in slots if (machine := machine_of(store, slot)) is not None]
    levels = depths(store, {machine for machine, _ in found})
    order = dict[ObjectRef, list[int]]()
    for machine, slot in found:
        order.setdefault(machine, []).append(slot)
    for own in order.values():
        own.sort(key=lambda slot: (-(levels.get(slot) or 0), -(_number(store, slot, "created") or 0.0)))
    return [part_of(store, machine, slot) for machine, own in order.items() for slot in own]


def part_of(store: InventoryStore, machine: ObjectRef, slot: int) -> Part:
    """One snapshot of its machine."""
    native = store.value(slot, "native_id")
    id = native if isinstance(native, str) and native else store.name(slot)
    return Part(ref=machine, arguments={"snapshot": id}, name=store.name(slot))


def depths(store: InventoryStore, machines: Collection[ObjectRef]) -> dict[int, int | None]:
    """How many snapshots there are from the root to each of those of these machines, itself included; None where a
    parent is not told, or could be one of several."""
    levels = dict[int, int | None]()
    for own in _by_machine(store, machines).values():
        named = _by_name(store, own)
        for slot in own:
            levels[slot] = _depth(store, slot, named)
    return levels


def _longest(store: InventoryStore, machines: Collection[ObjectRef]) -> Chain | None:
    levels = depths(store, machines)
    longest, slot = max(((level, slot) for slot, level in levels.items() if level is not None), default=(0, None))
    machine = machine_of(store, slot) if slot is not None else None
    if machine is None:
        return None
    row = store.slot(machine.conn, machine.key)
    return Chain(longest, store.name(row) if row is not None else machine.id, machine.conn)


def _by_machine(store: InventoryStore, machines: Collection[ObjectRef]) -> Mapping[ObjectRef, list[int]]:
    found = defaultdict[ObjectRef, list[int]](list)
    for slot in store.slots(Kind.SNAPSHOT):
        machine = machine_of(store, slot)
        if machine in machines and machine is not None:
            found[machine].append(slot)
    return found


def _by_name(store: InventoryStore, slots: Iterable[int]) -> dict[str, int | None]:
    """None for a name that several have."""
    named = dict[str, int | None]()
    for slot in slots:
        name = store.name(slot)
        named[name] = None if name in named else slot
    return named


def _depth(store: InventoryStore, slot: int, named: Mapping[str, int | None]) -> int | None:
    passed = {slot}
    at = slot
    while (parent := store.value(at, "snapshot_parent")) != "":
        above = named.get(parent) if isinstance(parent, str) else None
        if above is None or above in passed:
            return None
        passed.add(above)
        at = above
    return len(passed)


def _number(store: InventoryStore, slot: int, column: str) -> float | None:
    value = store.value(slot, column)
    return float(value) if isinstance(value, int | float) else None
