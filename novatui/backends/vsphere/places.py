"""Stores and networks as people name them in the arguments of an operation: by key, by id, by name.

Names repeat from datacenter to datacenter: a name means the one that the machine's own host reaches.
"""

from __future__ import annotations

from novatui.backends.vsphere.fields import refs, truth, words
from novatui.backends.vsphere.planning import Planning
from novatui.backends.vsphere.reconfiguring import Machine
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.backends.vsphere.volumes import Volumes
from novatui.core.detail import Volume
from novatui.core.errors import Conflict, InvalidInput, NotFound
from novatui.core.ids import key
from novatui.core.states import Kind

_STORE = ("name", "summary.accessible", "summary.freeSpace", "summary.maintenanceMode")

NETWORKS = frozenset({"Network", "DistributedVirtualPortgroup", "OpaqueNetwork"})


class Store:
    """A store that the machine's host reaches."""

    def __init__(self, ref: Ref, name: str, free: int | None) -> None:
        self.ref = ref
        self.name = name
        """As the server writes it in paths."""
        self.free = free

    @property
    def key(self) -> str:
        return key(Kind.DATASTORE, self.ref.id)


class Places:
    """Finds them for one machine at a time."""

    def __init__(self, planning: Planning, volumes: Volumes) -> None:
        self._planning = planning
        self._volumes = volumes

    def store(self, machine: Machine, said: str) -> Store:
        """Conflict when the machine's host does not reach it, or nothing can be written to it."""
        host, reached = self._reached(machine, "datastore")
        ref = self._find(said, reached, frozenset({"Datastore"}), "store")
        told = self._planning.asking.of(ref, _STORE)
        name = str(told.values.get("name") or ref.id)
        if ref not in reached:
            raise Conflict(
                f"{host} does not reach the store {shown_name(name)}",
                meaning=f"{machine.name} runs there, and could not open its disk",
                subject=name,
            )
        if truth(told.values.get("summary.accessible")) is False:
            raise Conflict(f"the store {shown_name(name)} is not accessible", subject=name)
        if words(told.values.get("summary.maintenanceMode")) not in ("", "normal"):
            raise Conflict(f"the store {shown_name(name)} is in maintenance", subject=name)
        free = told.values.get("summary.freeSpace")
        return Store(ref, name, free if isinstance(free, int) else None)

    def network(self, machine: Machine, said: str) -> Ref:
        """Conflict when the machine's host does not have it."""
        host, reached = self._reached(machine, "network")
        ref = self._find(said, reached, NETWORKS, "network")
        if ref not in reached:
            raise Conflict(
                f"{host} does not have the network {self._planning.name_of(ref)}",
                meaning=f"{machine.name} runs there, and could not be plugged into it",
                subject="network",
            )
        return ref

    def file(self, machine: Machine, said: str, store: Store | None = None) -> tuple[Store, Volume]:
        """A file by `[store] path`, by `store/path`, or by its path within a store that is given."""
        if store is None:
            name, inside = _split(said)
            store = self.store(machine, name)
        else:
            inside = _split(said)[1] if said.startswith("[") else said
        for volume in self._volumes.list(store.key):
            if volume.name == inside:
                return store, volume
        raise NotFound(
            f"there is no {inside} on the store {shown_name(store.name)}",
            hint="the tab `volumes` of the store lists what is there",
            subject=inside,
        )

    def _reached(self, machine: Machine, path: str) -> tuple[str, list[Ref]]:
        host = machine.subject.values.get("runtime.host")
        if not isinstance(host, Ref):
            raise Conflict(f"{machine.name} is on no host", subject="host")
        told = self._planning.asking.of(host, (path,))
        return self._planning.name_of(host), refs(told.values, path)

    def _find(self, said: str, reached: list[Ref], types: frozenset[str], noun: str) -> Ref:
        if not said.strip():
            raise InvalidInput(f"say which {noun}", subject=noun)
        inventory = self._planning.inventory
        if ":" in said and (ref := inventory.refs([said])[said]) is not None and ref.type in types:
            return ref
        every = [*reached, *(ref for ref in inventory.things(types) if ref not in reached)]
        for ref in every:
            if said in (inventory.name_of(ref), ref.id):
                return ref
        raise NotFound(f"there is no {noun} {said} here", subject=noun)


def _split(said: str) -> tuple[str, str]:
    """Name of the store and path within it."""
    if said.startswith("["):
        name, bracket, inside = said[1:].partition("]")
        found = name, inside.strip()
    else:
        name, bracket, inside = said.partition("/")
        found = name, inside
    if not bracket or not all(found):
        raise InvalidInput(
            f"{said!r} is no file of a store",
            hint="[store] folder/file.iso, or store/folder/file.iso",
            subject="source",
        )
    return found
