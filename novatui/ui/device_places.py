"""Whose devices are meant: of a host, of a machine, of the host that a device or a whole connection is of."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.config.errors import nearest
from novatui.core.ids import ObjectRef, split_key
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet
from novatui.ui.commands import Wrong
from novatui.ui.place import Place

KINDS = (Kind.HOST, Kind.VM, Kind.CONNECTION)
"""What can be named; of several with one name the first kind is meant."""


def devices_of(fleet: Fleet, refs: Sequence[ObjectRef]) -> Place:
    """The pane for the first of these that has devices. Wrong where none has."""
    for ref in refs:
        place = _place(fleet, ref)
        if place is not None:
            return place
    raise Wrong("the devices of which host?", "`:passthrough HOST`; `:dev` lists those of all hosts")


def devices_named(fleet: Fleet, name: str) -> Place:
    """The pane for the host, machine or connection of this name. Wrong where nothing is called so."""
    store, wanted = fleet.inventory, name.strip().strip('"').casefold()
    slots = [slot for kind in KINDS for slot in store.slots(kind)]
    found = [store.ref(slot) for slot in slots if store.name(slot).casefold() == wanted]
    if not found:
        near = nearest(name, (store.name(slot) for slot in slots))
        raise Wrong(f"no host or machine is called `{name}`", f"did you mean `{near}`?" if near else "")
    return devices_of(fleet, found)


def is_host(fleet: Fleet, name: str) -> bool:
    """A host is called exactly so."""
    store, wanted = fleet.inventory, name.casefold()
    return any(store.name(slot).casefold() == wanted for slot in store.slots(Kind.HOST))


def _place(fleet: Fleet, ref: ObjectRef) -> Place | None:
    store = fleet.inventory
    match ref.kind:
        case Kind.HOST | Kind.VM:
            return Place("passthrough", ref=str(ref))
        case Kind.DEVICE:
            slot = store.slot(ref.conn, ref.key)
            host = store.value(slot, "host") if slot is not None else None
            native = store.value(slot, "native_id") if slot is not None else None
            if not isinstance(host, str) or not host:
                return None
            return Place("passthrough", ref=str(ObjectRef(ref.conn, *split_key(host))), tab=str(native or ""))
        case Kind.CONNECTION:
            hosts = [slot for slot in store.slots(Kind.HOST) if store.conn(slot) == ref.conn]
            return Place("passthrough", ref=str(store.ref(hosts[0]))) if len(hosts) == 1 else None
        case _:
            return None
