"""A whole site: tree, hosts, stores, networks, machines, how to find each by its key, and how to put another there."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.backends.demo.dialects.base import Dialect, Layout
from novatui.backends.demo.shapes import Host, Machine, Net, Place, Store
from novatui.core.ids import key
from novatui.core.states import Kind

Thing = Place | Host | Store | Net | Machine


class Estate:
    """What exists on one connection, before its routines; what somebody changes is put in place of what was there."""

    def __init__(self, dialect: Dialect, layout: Layout, machines: Sequence[Machine]) -> None:
        self.dialect = dialect
        self.layout = layout
        self.places = list(layout.places)
        self.hosts = list(layout.hosts)
        self.stores = layout.stores
        self.nets = layout.nets
        self.machines = list(machines)
        self._places_of: dict[str, int] | None = None
        self._things: dict[str, Thing] = {key(kind_of(thing), thing.id): thing for thing in self.things()}

    def find(self, wanted: str) -> Thing | None:
        """The thing with this key; None when there is none."""
        return self._things.get(wanted)

    def put(self, machine: Machine) -> None:
        """The machine as it is now, in place of what it was; or one that came."""
        if self._places_of is None:
            self._places_of = {each.id: at for at, each in enumerate(self.machines)}
        place = self._places_of.setdefault(machine.id, len(self.machines))
        self.machines[place : place + 1] = [machine]
        self._things[key(machine.kind, machine.id)] = machine

    def put_host(self, host: Host) -> None:
        """The host as it is now, in place of what it was."""
        self.hosts[host.at] = host
        self._things[key(Kind.HOST, host.id)] = host

    def put_place(self, place: Place) -> None:
        """The place as it is now, in place of what it was."""
        self.places = [place if (each.kind, each.id) == (place.kind, place.id) else each for each in self.places]
        self._things[key(place.kind, place.id)] = place

    def automation(self, cluster: str) -> str:
        """What the balancer of the cluster with this key may do by itself; empty where there is none."""
        place = self.find(cluster)
        return place.automation if isinstance(place, Place) else ""

    def machine(self, native: str) -> Machine | None:
        """The machine with this native id."""
        return next((each for each in map(self.find, self._keys(native)) if isinstance(each, Machine)), None)

    def current(self, machine: Machine) -> Machine:
        """What the machine is by now."""
        found = self.find(key(machine.kind, machine.id))
        return found if isinstance(found, Machine) else machine

    def host_of(self, machine: Machine, away: bool) -> Host:
        """The host that a machine is on."""
        return self.hosts[machine.away if away and machine.away is not None and machine.away >= 0 else machine.host]

    def _keys(self, native: str) -> tuple[str, ...]:
        return tuple(key(kind, native) for kind in (Kind.VM, Kind.CONTAINER))

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
