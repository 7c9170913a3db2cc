"""Updates of objects as rows, load and removals for the console. One thread at a time takes them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from novatui.backends.driver import Sink
from novatui.backends.vsphere.known import Host, Machine, keep
from novatui.backends.vsphere.measures import Size
from novatui.backends.vsphere.properties import FOLLOWED
from novatui.backends.vsphere.rows import columns_of, snapshot_rows, standing
from novatui.backends.vsphere.tree import DEPTH, KINDS, Tree
from novatui.backends.vsphere.updates import Ref, Update
from novatui.core.ids import key, split_key
from novatui.core.inventory import Row, Value
from novatui.core.snapshots import row_id
from novatui.core.states import Kind

BATCH = 200
"""Rows that are told together: the first ones come while an answer still arrives."""

OF_KIND: dict[Kind, tuple[str, ...]] = {
    kind: tuple(each for each in FOLLOWED if KINDS.get(each) is kind) for kind in Kind if kind in KINDS.values()
} | dict.fromkeys((Kind.VM, Kind.TEMPLATE, Kind.SNAPSHOT), ("VirtualMachine",))
"""Types that objects of a kind are read from."""


class Measurable(NamedTuple):
    """A machine that runs, or a host that is connected."""

    key: str
    ref: Ref
    size: Size
    load: dict[str, float | None]
    """As quickStats told it last."""


class Inventory:
    """What is known of a server's objects, and what the console was told of them."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._turn = threading.RLock()
        self._tree = Tree()
        self._machines: dict[Ref, Machine] = {}
        self._hosts: dict[Ref, Host] = {}
        self._rows: list[Row] = []
        self._load: list[tuple[str, dict[str, float | None]]] = []
        self._begun = 0.0
        self._kinds: frozenset[Kind] = frozenset()
        self._incomplete: set[Ref] = set()
        self._reconfigured: dict[Ref, None] = {}
        self._counted: frozenset[str] = frozenset()
        """Keys of what counters tell more of than quickStats."""
        self._alarms: dict[Ref, int] | None = None
        """How many are raised on each object; None when the server does not tell."""
        self._tags: dict[Ref, list[str]] = {}
        """Of each object that was there when they were read."""

    def want(self, kinds: Collection[str]) -> None:
        """Tell of these kinds, too."""
        with self._turn:
            self._kinds |= {Kind(each) for each in kinds}

    def refs(self, keys: Collection[str]) -> dict[str, Ref | None]:
        """The object behind each key, None for one that is not known. A snapshot is told with its machine."""
        with self._turn:
            known = {str(self._key(ref)): ref for ref in (*self._machines, *self._tree.refs())}
            if any(each.startswith(Kind.SNAPSHOT.value) for each in keys):
                for ref, machine in self._machines.items():
                    known |= {key(Kind.SNAPSHOT, row_id(ref.id, each)): ref for each in machine.snapshots}
        return {each: known.get(each) for each in keys}

    def name_of(self, ref: Ref) -> str:
        """What people call an object that others stand in; empty when it is not known."""
        with self._turn:
            return self._tree.name(ref)

    def key_of(self, ref: Ref) -> str:
        """Key of an object; empty when it is not known, or is none that people see."""
        with self._turn:
            return str(self._key(ref))

    def things(self, types: Collection[str]) -> list[Ref]:
        """Everything of these types that is known, machines aside."""
        with self._turn:
            return [ref for ref in self._tree.refs() if ref.type in types]

    def hosts(self) -> list[Ref]:
        """Every host that is known."""
        with self._turn:
            return list(self._hosts)

    def host_of(self, machine: Ref) -> Ref | None:
        """Where a machine is; None when it is nowhere, or not known."""
        with self._turn:
            known = self._machines.get(machine)
            return known.host if known is not None and isinstance(known.host, Ref) else None

    def datacenter_of(self, ref: Ref) -> Ref | None:
        """The datacenter that an object lies in; None when it is in none, or that is not known."""
        with self._turn:
            machine = self._machines.get(ref)
            at: Ref | None = machine.folder if machine is not None else ref
            for _ in range(DEPTH):
                if at is None or at.type == "Datacenter":
                    return at
                at = self._tree.parent(at)
        return None

    def take(self, begun: float, update: Update) -> None:
        """One object of an answer to a request that began then."""
        with self._turn:
            if begun != self._begun or len(self._rows) >= BATCH:
                self.settle()
            self._begun = begun
            if update.kind == "leave":
                self._leave(update.ref)
            elif update.ref.type == "VirtualMachine":
                self._machine(update.ref, _whole(update), new=update.kind == "enter")
            else:
                self._member(update.ref, update.values, new=update.kind == "enter")

    def settle(self) -> None:
        """Tell what was taken."""
        with self._turn:
            rows, self._rows = self._rows, []
            load, self._load = self._load, []
            if rows:
                self._sink.rows(self._begun, rows)
            if load:
                self._sink.samples(self._begun, load)

    def incomplete(self) -> list[Ref]:
        """Objects that have to be read whole; each is named once."""
        with self._turn:
            found, self._incomplete = list(self._incomplete), set()
            return found

    def reconfigured(self) -> list[Ref]:
        """Machines whose devices may be others than when they were last read; each is named once."""
        with self._turn:
            found, self._reconfigured = list(self._reconfigured), {}
            return found

    def equip(self, begun: float, columns: Mapping[Ref, dict[str, Value]]) -> None:
        """What follows from the devices of these machines, as they were read since then."""
        with self._turn:
            known = {ref: told for ref, told in columns.items() if ref in self._machines}
            changed = {ref: told for ref, told in known.items() if self._machines[ref].equipment != told}
            for ref, told in changed.items():
                self._machines[ref].equipment = told
            self._tell_beside(begun, changed)

    def measurable(self, keys: Collection[str] | None, *, resting: bool = False) -> list[Measurable]:
        """What of these (None: all) can be measured now; with `resting` also what could be measured earlier."""
        with self._turn:
            every = (*self._machines.items(), *self._hosts.items())
            named = ((str(self._key(ref)), ref, known) for ref, known in every if resting or known.runs)
            return [
                Measurable(name, ref, known.size(), known.load())
                for name, ref, known in named
                if keys is None or name in keys
            ]

    def counted(self, keys: Collection[str]) -> None:
        """Counters tell of these from now on: what quickStats says of them is not told beside."""
        self._counted = frozenset(keys)

    def count_alarms(self, counts: Mapping[Ref, int], begun: float = 0.0) -> None:
        """So many alarms are raised on each of these, and none on any other."""
        with self._turn:
            before, self._alarms = self._alarms or {}, dict(counts)
            changed = [ref for ref in before.keys() | counts.keys() if before.get(ref, 0) != counts.get(ref, 0)]
            self._tell_beside(begun, {ref: {"alarms": counts.get(ref, 0)} for ref in changed})

    def tag(self, begun: float, tags: Mapping[Ref, list[str]]) -> None:
        """These objects have these tags, and no other that is known now has any."""
        with self._turn:
            found = {ref: tags.get(ref, []) for ref in (*self._machines, *self._tree.refs())}
            changed = {ref: {"tags": names} for ref, names in found.items() if self._tags.get(ref) != names}
            self._tags = found
            self._tell_beside(begun, changed)

    def _tell_beside(self, begun: float, columns: Mapping[Ref, Mapping[str, Value]]) -> None:
        """Columns that come by other ways than the object's own properties."""
        known = {ref: told for ref, told in columns.items() if ref in self._machines or self._tree.knows(ref)}
        named = [(ref, str(self._key(ref)), told) for ref, told in known.items() if not self._tree.is_hidden(ref)]
        rows = [
            Row(kind, ref.id, dict(told))
            for ref, name, told in named
            if name and (kind := split_key(name)[0]) in self._kinds
        ]
        if rows:
            self._sink.rows(begun, rows)

    # --- one object ------------------------------------------------------------------------------------------------

    def _member(self, ref: Ref, values: dict[str, Any], *, new: bool) -> None:
        astray = list(self._tree.learn(ref, values))
        columns = columns_of(ref, values)
        if ref.type == "HostSystem":
            host = self._hosts.setdefault(ref, Host())
            if keep(host, values):
                columns |= host.state()
                self._measured(ref, host.load())
        if "parent" in values:
            columns["parent"] = self._tree.above(ref, values["parent"])
        if new:
            columns |= standing(ref) | self._beside(ref)
        if not self._tree.is_hidden(ref) and ref.type in KINDS:
            self._tell(KINDS[ref.type], ref.id, columns)
        for each in astray:
            self._moved(each)

    def _machine(self, ref: Ref, values: dict[str, Any], *, new: bool) -> None:
        known = self._machines.get(ref)
        before = None if known is None else known.kind
        if known is None:
            known, new = self._machines.setdefault(ref, Machine()), True
        stands = bool(values.keys() & {"parent", "parentVApp", "runtime.host", "config.template"})
        if above := values.get("parent") or values.get("parentVApp"):
            known.folder = above
        columns = columns_of(ref, values)
        was = None if before is None else known.configuration()
        if keep(known, values):
            columns |= known.state()
            self._measured(ref, known.load())
        if was is None or known.configuration() != was:
            self._reconfigured[ref] = None
        if before is not None and known.kind is not before:
            self._change_kind(ref, before, whole=new)
            new = True
        if stands or new:
            columns |= self._place(ref, known)
        if new:
            columns |= standing(ref) | self._beside(ref)
        if "snapshot" in values:
            columns |= self._snapshots(ref, known, values["snapshot"])
        self._tell(known.kind, ref.id, columns)

    def _place(self, ref: Ref, known: Machine) -> dict[str, Value]:
        """A machine stands at its host; a template, and one that has none, in its folder."""
        host = known.host if isinstance(known.host, Ref) else None
        at_host = host is not None and known.kind is Kind.VM
        above = self._tree.above(ref, host if at_host else known.folder)
        return {"parent": above, "host": key(Kind.HOST, host.id) if host is not None else ""}

    def _snapshots(self, ref: Ref, known: Machine, told: Any) -> dict[str, Value]:
        rows = list(snapshot_rows(ref, known.kind, told))
        for each, columns in rows:
            self._tell(Kind.SNAPSHOT, row_id(ref.id, each), columns)
        there = frozenset(each for each, _ in rows)
        gone = known.snapshots - there
        known.snapshots = there
        if gone and Kind.SNAPSHOT in self._kinds:
            self.settle()
            self._sink.remove(self._begun, [key(Kind.SNAPSHOT, row_id(ref.id, each)) for each in gone])
        made = [columns["created"] for _, columns in rows if isinstance(columns["created"], float)]
        return {"snapshots": len(rows), "snapshot_oldest": min(made, default=None)}

    def _change_kind(self, ref: Ref, before: Kind, *, whole: bool) -> None:
        """A template became a machine, or the other way: to the console another object, of which all has to be told."""
        self.settle()
        if before in self._kinds:
            self._sink.remove(self._begun, [key(before, ref.id)])
        if not whole:
            self._incomplete.add(ref)

    def _moved(self, ref: Ref) -> None:
        """What was missing on its way up is known now, or has moved."""
        if ref in self._machines:
            self._tell(self._machines[ref].kind, ref.id, self._place(ref, self._machines[ref]))
        elif ref.type in KINDS and not self._tree.is_hidden(ref):
            self._tell(KINDS[ref.type], ref.id, {"parent": self._tree.above(ref, self._tree.parent(ref))})

    def _leave(self, ref: Ref) -> None:
        self.settle()
        machine = self._machines.get(ref)
        gone = [self._key(ref)]
        if machine is not None:
            gone += [key(Kind.SNAPSHOT, row_id(ref.id, each)) for each in machine.snapshots]
            if machine.equipment.get("passthrough"):
                self._reconfigured[ref] = None  # others can have its devices now
        self._machines.pop(ref, None)
        self._tags.pop(ref, None)
        self._hosts.pop(ref, None)
        self._tree.forget(ref)
        self._sink.remove(self._begun, [each for each in gone if each])

    def _tell(self, kind: Kind, native: str, columns: dict[str, Value]) -> None:
        if columns and kind in self._kinds:
            self._rows.append(Row(kind, native, columns))

    def _measured(self, ref: Ref, load: dict[str, float | None]) -> None:
        if load and (name := str(self._key(ref))) not in self._counted:
            self._load.append((name, load))

    def _beside(self, ref: Ref) -> dict[str, Value]:
        """The same columns, of an object that enters or is told anew."""
        told: dict[str, Value] = {} if self._alarms is None else {"alarms": self._alarms.get(ref, 0)}
        if (tags := self._tags.get(ref)) is not None:
            told["tags"] = tags
        if machine := self._machines.get(ref):
            told |= machine.equipment
        return told

    def _key(self, ref: Ref) -> str:
        if machine := self._machines.get(ref):
            return key(machine.kind, ref.id)
        return key(KINDS[ref.type], ref.id) if ref.type in KINDS else ""


def _whole(update: Update) -> dict[str, Any]:
    """A machine that is told whole has no snapshots when none are told: then the property is not set."""
    if update.kind != "enter" or "snapshot" in update.values or "snapshot" in update.unread:
        return update.values
    return update.values | {"snapshot": None}
