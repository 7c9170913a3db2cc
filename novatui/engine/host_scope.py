"""Which hosts are meant: themselves, those of machines, and all that are below a connection, a cluster or a group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.inventory_store import InventoryStore


def hosts_in(inventory: InventoryStore, refs: Sequence[ObjectRef] = ()) -> list[ObjectRef]:
    """Each once, in the order of the tree; without any refs every host that is known."""
    if not refs:
        slots = [slot for slot in inventory.below(None) if inventory.kind(slot) is Kind.HOST]
    else:
        slots = [host for ref in refs for host in _hosts(inventory, ref)]
    return [inventory.ref(slot) for slot in dict.fromkeys(slots)]


def _hosts(inventory: InventoryStore, ref: ObjectRef) -> Iterator[int]:
    slot = inventory.slot(ref.conn, ref.key)
    if slot is None:
        return
    if ref.kind is Kind.HOST:
        yield slot
        return
    below = [each for each in inventory.below(slot) if inventory.kind(each) is Kind.HOST]
    host = inventory.host(slot)
    yield from below or ([host] if host is not None else [])
