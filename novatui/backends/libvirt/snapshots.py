"""Snapshots of domains: the tree of one, and the two columns that a list shows of it."""

from __future__ import annotations

from typing import Any

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.libvirt.domxml import vm_spec
from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.roster import Known
from novatui.backends.libvirt.snapsizes import sizes_of
from novatui.backends.libvirt.snapxml import Taken, describe, machine_then, taken
from novatui.backends.libvirt.xmltree import MalformedXml
from novatui.core.errors import BackendFault, NotFound, NotSupported
from novatui.core.ids import key
from novatui.core.inventory import Row, Value
from novatui.core.snapshots import Snapshot, row_id
from novatui.core.states import Kind
from novatui.core.vmspec import VmSpec

_WITH_SNAPSHOTS = libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT
_TOPOLOGICAL = 1 << 10
"""VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL, since libvirt 5.2."""

_ROOTS = 1
"""VIR_DOMAIN_SNAPSHOT_LIST_ROOTS: the oldest snapshot of a tree is one of its roots."""


class Snapshots:
    """Reads snapshot trees."""

    def __init__(self, link: Link, sink: Sink) -> None:
        self.link = link
        self.sink = sink
        self._wanted = False
        self._told: dict[str, set[str]] = {}
        """Names of the snapshots that are rows, by their machine's uuid."""

    def load(self) -> None:
        """List the snapshots of all domains that have any."""
        self._wanted = True
        for domain in self.link.call(self.link.conn.listAllDomains, _WITH_SNAPSHOTS):
            begun = self.sink.now()
            try:
                found = self.tree(domain)
            except NotFound:
                continue
            self._tell(begun, domain.UUIDString(), found)

    def follow(self, uuid: str) -> None:
        """The machine was read again: libvirt tells of no snapshot that comes or goes, so its rows are read as well."""
        if not self._wanted:
            return
        begun = self.sink.now()
        try:
            found = self.tree(self.link.domain(uuid))
        except NotFound:
            found = []
        self._tell(begun, uuid, found)

    def _tell(self, begun: float, uuid: str, found: list[Snapshot]) -> None:
        """All snapshots of one machine; those that were told before and are none of them are gone."""
        names = {snapshot.id for snapshot in found}
        gone = self._told.get(uuid, set()) - names
        self._told[uuid] = names
        self.sink.rows(begun, [row(uuid, snapshot) for snapshot in found])
        self.sink.remove(begun, [key(Kind.SNAPSHOT, row_id(uuid, name)) for name in sorted(gone)])

    def refresh(self, identifier: str) -> None:
        """Read one snapshot again, by the id that `row` gives; one that is gone is removed."""
        uuid, _, name = identifier.partition("/")
        begun = self.sink.now()
        try:
            found = [each for each in self.tree(self.link.domain(uuid)) if each.id == name]
        except NotFound:
            found = []
        if found:
            self.sink.rows(begun, [row(uuid, found[0])])
        else:
            self.sink.remove(begun, [key(Kind.SNAPSHOT, identifier)])

    def tree(self, domain: Any) -> list[Snapshot]:
        """All snapshots of one domain, parents before children, with sizes as far as libvirt tells them."""
        found = self.taken(domain)
        sizes = sizes_of(self.link, domain, found)
        return [msgspec.structs.replace(each.snapshot, size=sizes.get(each.name)) for each in found]

    def taken(self, domain: Any) -> list[Taken]:
        """The same with the files that they live in, without sizes."""
        try:
            listed = self.link.call(domain.listAllSnapshots, _TOPOLOGICAL)
        except NotSupported:
            return []
        current = self.link.attempt(domain.snapshotCurrent) if listed else None
        now = current.getName() if current is not None else None
        found: list[Taken] = []
        for each in listed:
            try:
                found.append(taken(each.getName(), self.link.call(each.getXMLDesc), now))
            except NotFound:
                continue
        return found


def then_and_now(link: Link, domain: Any, xml: str) -> tuple[VmSpec | None, VmSpec | None]:
    """The machine as the snapshot with this XML holds it, and as it is now, in the form that compares with it.

    A snapshot holds the processor as it was asked for; libvirt tells that of a running machine only in the form that
    a migration would send. That form leaves out controllers, which a snapshot holds.
    """
    running = link.call(domain.isActive) == 1
    now = link.call(domain.XMLDesc)
    asked = link.call(domain.XMLDesc, libvirt.VIR_DOMAIN_XML_MIGRATABLE) if running else now
    try:
        spec = msgspec.structs.replace(vm_spec(now), cpu=vm_spec(asked).cpu)
    except MalformedXml as error:
        raise BackendFault("the machine's XML cannot be read", native=str(error)) from None
    return machine_then(xml, stored=not running), spec


def row(uuid: str, snapshot: Snapshot) -> Row:
    """A snapshot as a row; its id is the machine's uuid and the snapshot's name."""
    memory = snapshot.memory
    values: dict[str, Value] = {
        "name": snapshot.name,
        "parent": key(Kind.VM, uuid),
        "vm": key(Kind.VM, uuid),
        "native_id": snapshot.id,
        "native_type": "snapshot",
        "native_state": snapshot.native_state or None,
        "created": snapshot.created,
        "current": snapshot.current,
        "snapshot_kind": None if memory is None else "memory" if memory else "disk",
        "snapshot_parent": snapshot.parent or ("" if snapshot.native_state else None),
        "snapshot_size": snapshot.size,
        "description": snapshot.description or None,
    }
    return Row(Kind.SNAPSHOT, row_id(uuid, snapshot.id), values)


def snapshot_columns(link: Link, known: Known) -> dict[str, Value]:
    """Number of snapshots and the age of the oldest. A domain without any costs no call."""
    if known.has_snapshots is None:
        return {"snapshots": None, "snapshot_oldest": None}
    if not known.has_snapshots:
        return {"snapshots": 0, "snapshot_oldest": None}
    roots = link.attempt(known.domain.listAllSnapshots, _ROOTS) or []
    descriptions = [link.attempt(each.getXMLDesc) for each in roots]
    made = [time for xml in descriptions if xml and (time := describe("", xml, None).created) is not None]
    return {"snapshots": link.attempt(known.domain.snapshotNum), "snapshot_oldest": min(made, default=None)}
