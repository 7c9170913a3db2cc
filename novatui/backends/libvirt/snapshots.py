"""Snapshots of domains: the tree of one, and the two columns that a list shows of it."""

from __future__ import annotations

from typing import Any

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.roster import Known
from novatui.backends.libvirt.xmltree import MalformedXml, attribute_at, integer, parse, text_at
from novatui.core.errors import NotFound, NotSupported
from novatui.core.ids import key
from novatui.core.inventory import Row, Value
from novatui.core.snapshots import Snapshot
from novatui.core.states import Kind

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

    def load(self) -> None:
        """List the snapshots of all domains that have any."""
        for domain in self.link.call(self.link.conn.listAllDomains, _WITH_SNAPSHOTS):
            begun = self.sink.now()
            try:
                found = self.tree(domain)
            except NotFound:
                continue
            self.sink.rows(begun, [row(domain.UUIDString(), snapshot) for snapshot in found])

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
        """All snapshots of one domain, parents before children."""
        try:
            listed = self.link.call(domain.listAllSnapshots, _TOPOLOGICAL)
        except NotSupported:
            return []
        current = self.link.attempt(domain.snapshotCurrent) if listed else None
        now = current.getName() if current is not None else None
        found: list[Snapshot] = []
        for each in listed:
            try:
                found.append(describe(each.getName(), self.link.call(each.getXMLDesc), now))
            except NotFound:
                continue
        return found


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
        "description": snapshot.description or None,
    }
    return Row(Kind.SNAPSHOT, f"{uuid}/{snapshot.id}", values)


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


def describe(name: str, xml: str, current: str | None) -> Snapshot:
    """One snapshot from its XML. Malformed XML leaves everything but the name unknown."""
    snapshot = Snapshot(id=name, name=name, current=name == current)
    try:
        root = parse(xml)
    except MalformedXml:
        return snapshot
    created = integer(text_at(root, "creationTime"))
    kept = attribute_at(root, "memory", "snapshot")
    disks = {disk.get("snapshot") for disk in root.findall("disks/disk")} - {None, "no", "manual"}
    return msgspec.structs.replace(
        snapshot,
        parent=text_at(root, "parent/name") or None,
        created=float(created) if created is not None else None,
        memory=_holds_memory(kept, text_at(root, "state")),
        description=text_at(root, "description"),
        native_state=text_at(root, "state"),
        external=_external(kept, disks),
    )


def _holds_memory(kept: str, state: str) -> bool | None:
    """`<memory>` says it; snapshots of versions without that element hold memory unless they are of an off machine."""
    if kept:
        return kept in {"internal", "external"}
    return False if state in {"shutoff", "disk-snapshot"} else None


def _external(kept: str, disks: set[str | None]) -> bool | None:
    if "external" in disks or kept == "external":
        return True
    return False if "internal" in disks or kept == "internal" else None
