"""Pools, volumes and networks as people name them in the arguments of an operation: by key, by name, by path."""

from __future__ import annotations

from typing import Any

import msgspec

from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.storage import describe_volume
from novatui.backends.libvirt.xmltree import parse, text_at
from novatui.core.detail import Volume
from novatui.core.errors import Conflict, InvalidInput, NotFound
from novatui.core.ids import split_key
from novatui.core.states import Kind

_FOLDERS = {"dir", "fs", "netfs"}
_BLOCKS = {"logical"}
"""Pools by type where the path of a volume is the pool's and its name; a machine is given a file, or a block device."""

_RUNNING = 2
"""VIR_STORAGE_POOL_RUNNING."""


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """A storage pool that is active."""

    found: Any
    name: str
    uuid: str
    type: str
    path: str
    free: int

    @property
    def source_type(self) -> str:
        """What a disk on one of its volumes is to QEMU: file or block; empty when it is neither."""
        return "file" if self.type in _FOLDERS else "block" if self.type in _BLOCKS else ""

    @property
    def new_format(self) -> str:
        """Format of a disk made here: one that grows, where the pool has files."""
        return "qcow2" if self.type in _FOLDERS else "raw"


class Places:
    """Finds them on one connection."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def pool(self, said: str) -> Pool:
        """The pool of this key, uuid or name. Conflict when it is not active."""
        conn = self._link.conn
        found = self._find(
            said, Kind.DATASTORE, conn.storagePoolLookupByUUIDString, conn.storagePoolLookupByName, "store"
        )
        name = found.name()
        state, _capacity, _allocation, available = self._link.call(found.info)
        if state != _RUNNING:
            raise Conflict(f"the store {name} is not active", hint=f"virsh pool-start {name}", subject=name)
        root = parse(self._link.call(found.XMLDesc))
        return Pool(
            found=found,
            name=name,
            uuid=found.UUIDString(),
            type=root.get("type", ""),
            path=text_at(root, "target/path"),
            free=available,
        )

    def volume(self, pool: Pool, name: str) -> Volume:
        """A volume of the pool. NotFound when it has none of this name."""
        try:
            found = self._link.call(pool.found.storageVolLookupByName, name)
        except NotFound as error:
            raise NotFound(
                f"the store {pool.name} has no volume {name}",
                hint=f"virsh pool-refresh {pool.name}, if it was put there by other means",
                code=error.failure.code,
                native=error.failure.native,
                subject=name,
            ) from None
        return describe_volume(found.name(), self._link.call(found.path), self._link.call(found.XMLDesc))

    def grown_from(self, pool: Pool, path: str) -> list[str]:
        """Names of the pool's volumes that hold only what differs from this one."""
        described = (
            describe_volume(each.name(), "", self._link.attempt(each.XMLDesc) or "")
            for each in self._link.call(pool.found.listAllVolumes, 0)
        )
        return [volume.name for volume in described if volume.backing == path]

    def volume_names(self, pool: Pool) -> frozenset[str]:
        """Names of all volumes of the pool."""
        return frozenset(self._link.call(pool.found.listVolumes))

    def home(self, path: str) -> tuple[str, str, str] | None:
        """Uuid and name of the pool, and name of the volume, where a file is; None when no pool knows it."""
        volume = self._link.attempt(self._link.conn.storageVolLookupByPath, path)
        pool = self._link.attempt(volume.storagePoolLookupByVolume) if volume is not None else None
        return None if volume is None or pool is None else (pool.UUIDString(), pool.name(), volume.name())

    def network(self, said: str, *, active: bool) -> Any:
        """The network of this key, uuid or name. Conflict when it has to be active and is not."""
        conn = self._link.conn
        found = self._find(said, Kind.NETWORK, conn.networkLookupByUUIDString, conn.networkLookupByName, "network")
        if active and self._link.call(found.isActive) != 1:
            name = found.name()
            raise Conflict(f"the network {name} is not active", hint=f"virsh net-start {name}", subject=name)
        return found

    def _find(self, said: str, kind: Kind, by_uuid: Any, by_name: Any, noun: str) -> Any:
        if said.startswith(f"{kind.value}:"):
            try:
                return self._link.call(by_uuid, split_key(said)[1])
            except ValueError as error:
                raise InvalidInput(str(error), subject=noun) from None
        found = self._link.attempt(by_name, said) or self._link.attempt(by_uuid, said)
        if found is None:
            raise NotFound(f"there is no {noun} {said} here", subject=noun)
        return found
