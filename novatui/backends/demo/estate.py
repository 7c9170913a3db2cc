"""A whole site as it was set up: tree, hosts, stores, networks, machines, and how to find each by its key."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.backends.demo.dialects.base import Dialect, Layout
from novatui.backends.demo.shapes import Host, Machine, Net, Place, Store
from novatui.core.ids import key
from novatui.core.states import Kind

Thing = Place | Host | Store | Net | Machine


class Estate:
    """What exists on one connection, before anything happens to it."""

    def __init__(self, dialect: Dialect, layout: Layout, machines: Sequence[Machine]) -> None:
        self.dialect = dialect
        self.layout = layout
        self.places = layout.places
        self.hosts = layout.hosts
        self.stores = layout.stores
        self.nets = layout.nets
        self.machines = machines
        self._things: dict[str, Thing] = {key(kind_of(thing), thing.id): thing for thing in self.things()}

    def find(self, wanted: str) -> Thing | None:
        """The thing with this key; None when there is none."""
        return self._things.get(wanted)

    def host_of(self, machine: Machine, away: bool) -> Host:
        """The host that a machine is on."""
        return self.hosts[machine.away if away and machine.away is not None and machine.away >= 0 else machine.host]

    def things(self) -> list[Thing]:
        """Everything, from the top of the tree."""
        return [*self.places, *self.hosts, *self.stores, *self.nets, *self.machines]


def kind_of(thing: Thing) -> Kind:
    """What a thing is."""
    match thing:
        case Place() | Machine():
            return thing.kind
        case Host():
            return Kind.HOST
        case Store():
            return Kind.DATASTORE
        case Net():
            return Kind.NETWORK
