"""All managed objects of the simulated vCenter and when each was touched last; who waits for changes is woken here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap import paths

PREFIXES = {
    vim.Folder: "group-v",
    vim.Datacenter: "datacenter-",
    vim.ClusterComputeResource: "domain-c",
    vim.ComputeResource: "domain-s",
    vim.HostSystem: "host-",
    vim.VirtualMachine: "vm-",
    vim.ResourcePool: "resgroup-",
    vim.VirtualApp: "resgroup-v",
    vim.Datastore: "datastore-",
    vim.StoragePod: "group-p",
    vim.Network: "network-",
    vim.dvs.DistributedVirtualPortgroup: "dvportgroup-",
    vim.dvs.VmwareDistributedVirtualSwitch: "dvs-",
    vim.vm.Snapshot: "snapshot-",
    vim.Task: "task-",
    vim.alarm.Alarm: "alarm-",
    vim.EnvironmentBrowser: "envbrowser-",
}
"""What references of a kind look like on a vCenter; others are `session[…]…`."""


class Thing:
    """One managed object."""

    def __init__(self, ref: Any, facts: dict[str, Any]) -> None:
        self.ref = ref
        self.facts = facts
        self.touched = 0
        self.derive: Callable[[Thing], None] | None = None
        """Brings what follows from other facts up to date, each time that the object is touched."""
        self.private: dict[str, Any] = {}
        """What the simulator remembers of it and no client sees."""

    @property
    def kind(self) -> Any:
        return type(self.ref)

    @property
    def id(self) -> str:
        return self.ref._moId

    @property
    def name(self) -> str:
        return self.facts.get("name") or ""

    def is_a(self, kind: Any) -> bool:
        return isinstance(self.ref, kind)

    def read(self, path: str) -> Any:
        """The value at a property path; `paths.Absent` when it is not set."""
        return paths.read(self.facts, self.kind, path)

    def __getattr__(self, name: str) -> Any:
        """A fact, as the API names it."""
        try:
            return self.__dict__["facts"][name]
        except KeyError:
            raise AttributeError(name) from None


class Site:
    """The state. Everything that reads or changes it holds `lock`."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.things: dict[str, Thing] = {}
        self.serial = 0
        """Counts touches."""
        self.shape = 0
        """The serial at which an object came, went or moved last."""
        self.pace = 1.0
        """How many seconds a second of work takes."""
        self.skew = timedelta()
        """How far the server's clock is ahead of ours."""
        self.steps: dict[str, float] = {}
        """Seconds that work of a kind takes, by method; what is not here takes its own time."""
        self.unset_by = "remove"
        """The PropertyChangeOp that tells of a property which became unset; `assign` (without a value) is the other
        way."""
        self._numbers: dict[str, int] = {}

    def now(self) -> datetime:
        """The server's clock."""
        return datetime.now(UTC) + self.skew

    def number(self, prefix: str) -> int:
        """The next number of a row."""
        self._numbers[prefix] = self._numbers.get(prefix, 0) + 1
        return self._numbers[prefix]

    def add(self, kind: Any, id: str = "", **facts: Any) -> Thing:
        """A new object; without an id it gets the next reference of its kind."""
        if not id:
            prefix = PREFIXES.get(kind, f"session[sim]-{kind._wsdlName}-")
            id = f"{prefix}{self.number(prefix) + 100}"
        thing = Thing(kind(id), facts)
        self.things[id] = thing
        self.reshaped(thing)
        return thing

    def remove(self, thing: Thing) -> None:
        """The object is gone."""
        self.things.pop(thing.id, None)
        self.reshaped(thing)

    def reshaped(self, *things: Thing) -> None:
        """Objects came, went or moved."""
        for thing in things:
            self.touch(thing)
        self.shape = self.serial

    def touch(self, thing: Thing) -> None:
        """Facts of the object changed; who waits looks what."""
        if thing.derive:
            thing.derive(thing)
        self.serial += 1
        thing.touched = self.serial
        self.changed.notify_all()

    def put(self, thing: Thing, path: str, value: Any) -> None:
        """Set one property by its path."""
        first, _, rest = path.partition(".")
        if not rest:
            thing.facts[first] = value
        else:
            *way, last = rest.split(".")
            above = thing.facts[first]
            for step in way:
                above = getattr(above, step)
            setattr(above, last, value)
        self.touch(thing)

    def find(self, ref: Any) -> Thing:
        """The object of a reference; ManagedObjectNotFound."""
        thing = self.things.get(ref._moId)
        if thing is None:
            name = f"'{type(ref).__name__}:{ref._moId}'"
            words = f"The object {name} has already been deleted or has not been completely created"
            raise vmodl.fault.ManagedObjectNotFound(obj=ref, msg=words)
        return thing

    def of(self, kind: Any) -> Iterator[Thing]:
        """All objects of a kind."""
        return (thing for thing in list(self.things.values()) if isinstance(thing.ref, kind))

    def named(self, kind: Any, name: str) -> Thing:
        """The object of that name or reference."""
        for thing in self.of(kind):
            if name in {thing.id, thing.facts.get("name")}:
                return thing
        raise KeyError(f"no {kind.__name__} {name}")
