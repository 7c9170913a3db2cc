"""Disks of a machine that moves: shared by both hosts, or copied on the way, to the same place or another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import NamedTuple
from xml.etree.ElementTree import Element, tostring

from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.movechecks import is_networked, needed_files, writable_disks
from novatui.backends.libvirt.moveway import Way
from novatui.backends.libvirt.places import Places
from novatui.backends.libvirt.planning import Planning
from novatui.backends.libvirt.xmltree import parse
from novatui.core.errors import InvalidInput, NotSupported
from novatui.core.ids import ObjectRef
from novatui.core.operations import Operation
from novatui.core.units import size
from novatui.core.vmspec import DiskSpec

_SHARED_POOLS = frozenset({"netfs", "gluster", "rbd", "iscsi", "iscsi-direct", "sheepdog", "vstorage", "scsi", "mpath"})
"""Types of pools that are meant to be seen by several hosts."""

_OWN_POOLS = frozenset({"dir", "fs", "logical", "disk", "zfs"})
"""Types of pools that are the host's own, unless somebody has mounted something shared there."""

_PER_FILE = {"file": "file", "block": "dev"}
"""Attribute of `<source>` that holds the path, by type of disk."""

Reach = Callable[[str], Link]
"""Opens a connection to another host by its address."""


class Told(NamedTuple):
    """What a plan says of the storage."""

    warnings: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()


class MoveStorage:
    """What becomes of the disks."""

    def __init__(self, planning: Planning, reach: Reach) -> None:
        self._planning = planning
        self._reach = reach

    def add(self, machine: Machine, operation: Operation, way: Way, *, keeps: bool) -> Told:
        """Put it into the way. InvalidInput or NotSupported when it cannot be done so."""
        how = operation.arguments.get("storage") or "shared"
        store = operation.arguments.get("store", "")
        if how not in {"shared", "copy", "changed"}:
            raise InvalidInput(f"storage: shared, copy or changed, not {how}", subject="storage")
        if how == "shared":
            if store:
                raise InvalidInput("a store at the destination is for disks that are copied", subject="store")
            return self._shared(machine)
        return self._copied(machine, operation, way, how, store, keeps=keeps)

    def _shared(self, machine: Machine) -> Told:
        files = needed_files(machine)
        own = [disk for disk in files if not disk.readonly and self._pool_type(disk) in _OWN_POOLS]
        if own:
            names = ", ".join(f"{disk.target} ({disk.source})" for disk in own)
            return Told(
                (
                    f"{names} seems to lie on storage of this host alone: unless both hosts see the same file there, "
                    "libvirt refuses, or asks for storage=copy",
                )
            )
        if files:
            return Told((f"the destination must see {_paths(files)} under the same path",))
        return Told()

    def _copied(self, machine: Machine, operation: Operation, way: Way, how: str, store: str, *, keeps: bool) -> Told:
        writable = writable_disks(machine)
        disks = [disk for disk in writable if not is_networked(disk) and self._pool_type(disk) not in _SHARED_POOLS]
        if not disks:
            raise InvalidInput(
                f"{machine.name} has no disk that could be copied",
                meaning="it has none, or all of them are read-only or on storage that both hosts see",
                hint="storage=shared",
                subject="storage",
            )
        way.flag("VIR_MIGRATE_NON_SHARED_INC" if how == "changed" else "VIR_MIGRATE_NON_SHARED_DISK")
        if len(disks) < len(writable):
            way.parameter("migrate_disks", ",".join(disk.target for disk in disks))
        folder = self._folder(store, operation.arguments["uri"]) if store else ""
        if folder:
            self._elsewhere(machine, way, disks, folder, whole=how == "copy", keeps=keeps)
        total = sum(self._bytes(machine, disk) or 0 for disk in disks)
        return Told((*_must_exist(disks, folder, how), *_stays(disks)), _cost(total, how, operation))

    def _folder(self, store: str, uri: str) -> str:
        """Folder of the destination that a store there is: said by its path, or asked of the destination."""
        if store.startswith("/"):
            return store.rstrip("/")
        far = self._reach(uri)
        try:
            pool = Places(far).pool(_key(store))
        finally:
            far.close()
        if pool.source_type != "file" or not pool.path:
            raise NotSupported(
                f"disks are not copied to {pool.name}",
                meaning=f"a pool of type {pool.type} is no folder",
                hint="choose a store of type dir, fs or netfs",
                subject="store",
            )
        return pool.path.rstrip("/")

    def _elsewhere(
        self, machine: Machine, way: Way, disks: list[DiskSpec], folder: str, *, whole: bool, keeps: bool
    ) -> None:
        """The machine's description as the destination is to have it: the same with other paths."""
        moved = {disk.source: f"{folder}/{PurePosixPath(disk.source).name}" for disk in disks}
        if len(set(moved.values())) < len(moved):
            raise InvalidInput("two disks would have the same name in one folder", subject="store")
        live = self._planning.link.call(machine.domain.XMLDesc, _MIGRATABLE)
        way.parameter("destination_xml", relocated(live, moved, whole=whole))
        if keeps:
            kept = self._planning.link.call(machine.domain.XMLDesc, _KEPT) if machine.persistent else live
            way.parameter("persistent_xml", relocated(kept, moved, whole=whole))

    def _pool_type(self, disk: DiskSpec) -> str:
        link = self._planning.link
        volume = link.attempt(link.conn.storageVolLookupByPath, disk.source)
        pool = link.attempt(volume.storagePoolLookupByVolume) if volume is not None else None
        xml = link.attempt(pool.XMLDesc) if pool is not None else None
        return parse(xml).get("type", "") if xml else ""

    def _bytes(self, machine: Machine, disk: DiskSpec) -> int | None:
        """Size of a disk as its guest sees it: that much is sent."""
        info = self._planning.link.attempt(machine.domain.blockInfo, disk.target)
        return info[0] if info else None


_MIGRATABLE = libvirt.VIR_DOMAIN_XML_MIGRATABLE | libvirt.VIR_DOMAIN_XML_SECURE
_KEPT = _MIGRATABLE | libvirt.VIR_DOMAIN_XML_INACTIVE


def relocated(xml: str, moved: dict[str, str], *, whole: bool) -> str:
    """A description with disks in other places. `whole`: a disk is copied with everything below it."""
    root = parse(xml)
    for disk in root.findall("devices/disk"):
        source = disk.find("source")
        name = _PER_FILE.get(disk.get("type", ""), "")
        if source is None or source.get(name, "") not in moved:
            continue
        _make_file(disk, source, moved[source.get(name, "")])
        if whole:
            for below in disk.findall("backingStore"):
                disk.remove(below)
    return tostring(root, encoding="unicode")


def _make_file(disk: Element, source: Element, path: str) -> None:
    disk.set("type", "file")
    source.attrib.pop("dev", None)
    source.set("file", path)


def _key(store: str) -> str:
    """A store by its reference, key or name, as one looks for it on its own connection."""
    try:
        return ObjectRef.parse(store).key
    except ValueError:
        return store


def _paths(disks: list[DiskSpec]) -> str:
    return ", ".join(disk.source for disk in disks)


def _must_exist(disks: list[DiskSpec], folder: str, how: str) -> tuple[str, ...]:
    """libvirt makes the images itself only inside a pool that the destination knows."""
    places = [f"{folder}/{PurePosixPath(disk.source).name}" if folder else disk.source for disk in disks]
    words = [
        f"at the destination {', '.join(places)} are made by libvirt where a storage pool is active for that folder; "
        "else images of the same size must be there already, and what is in them is written over"
    ]
    if how == "changed":
        words.append(
            "only what the topmost image holds is copied: the image must be at the destination already, on the same "
            f"base ({', '.join(filter(None, (' ← '.join(disk.backing) for disk in disks))) or 'it has none here'})"
        )
    return tuple(words)


def _stays(disks: list[DiskSpec]) -> tuple[str, ...]:
    return (f"libvirt leaves {_paths(disks)} on this host: remove them by hand once all is well",)


def _cost(total: int, how: str, operation: Operation) -> tuple[str, ...]:
    if not total:
        return ()
    rate = int(operation.arguments.get("bandwidth") or 0)
    takes = f", at least {total / rate:.0f} s at {size(rate)}/s" if rate else ""
    most = "at most " if how == "changed" else ""
    return (f"{most}{size(total)} of disks are sent before the memory{takes}",)
