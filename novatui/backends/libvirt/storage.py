"""Storage pools as rows, and the volumes in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from novatui.backends.libvirt.listed import Listed
from novatui.backends.libvirt.xmltree import MalformedXml, attribute_at, integer, parse, text_at
from novatui.core.detail import Volume
from novatui.core.errors import NotFound
from novatui.core.inventory import Value
from novatui.core.states import Kind

_STATES = ("inactive", "building", "running", "degraded", "inaccessible")
"""virStoragePoolState, in the words of `virsh pool-info`."""

_ACTIVE = 2
"""VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE."""

_USABLE = {2, 3}
_SHARED = {"netfs", "iscsi", "iscsi-direct", "rbd", "gluster", "sheepdog"}
_LOCAL = {"dir", "fs", "logical", "disk", "zfs", "vstorage"}


class Storage(Listed):
    """Lists and refreshes pools."""

    kind = Kind.DATASTORE
    native_type = "storage pool"

    def lookup(self, uuid: str) -> Any:
        """The pool with this uuid. NotFound when there is none."""
        return self.link.call(self.link.conn.storagePoolLookupByUUIDString, uuid)

    def volumes(self, uuid: str) -> list[Volume]:
        """All volumes of one pool. Conflict when the pool is not active."""
        found: list[Volume] = []
        for volume in self.link.call(self.lookup(uuid).listAllVolumes, 0):
            try:
                found.append(describe_volume(volume.name(), volume.key(), self.link.call(volume.XMLDesc)))
            except NotFound:
                continue
        return found

    def volumes_by_path(self) -> dict[str, Any]:
        """libvirt's volumes of all active pools, by path and by `pool/volume`: one call per pool."""
        found: dict[str, Any] = {}
        for pool in self.link.attempt(self.link.conn.listAllStoragePools, _ACTIVE) or ():
            for volume in self.link.attempt(pool.listAllVolumes, 0) or ():
                found[volume.key()] = found[f"{pool.name()}/{volume.name()}"] = volume
        return found

    def _list_all(self) -> Callable[[int], list[Any]]:
        return self.link.conn.listAllStoragePools

    def _values(self, found: Any) -> dict[str, Value]:
        return describe_state(self.link.call(found.info)) | describe(self.link.attempt(found.XMLDesc))


def describe_state(info: Sequence[int]) -> dict[str, Value]:
    """State and space of a pool's info: state, capacity, allocation, available. Space is known of active pools only."""
    state, capacity, available = info[0], info[1], info[3]
    usable = state in _USABLE
    return {
        "native_state": _STATES[state] if 0 <= state < len(_STATES) else f"state {state}",
        "active": usable,
        "health": {3: "warning", 4: "critical"}.get(state),
        "capacity": capacity if usable else None,
        "free": available if usable else None,
    }


def describe(xml: str | None) -> dict[str, Value]:
    """Columns of a pool's XML; unknown where it cannot be read."""
    try:
        root = parse(xml) if xml else None
    except MalformedXml:
        root = None
    kind = root.get("type", "") if root is not None else ""
    return {"store_type": kind or None, "shared": True if kind in _SHARED else False if kind in _LOCAL else None}


def describe_volume(name: str, path: str, xml: str) -> Volume:
    """One volume from its XML; sizes are in bytes there."""
    try:
        root = parse(xml)
    except MalformedXml:
        return Volume(name=name, path=path)
    return Volume(
        name=name,
        path=text_at(root, "target/path") or path,
        format=attribute_at(root, "target/format", "type"),
        capacity=integer(text_at(root, "capacity")),
        allocation=integer(text_at(root, "allocation")),
        backing=text_at(root, "backingStore/path"),
    )
