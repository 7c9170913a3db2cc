"""Whether a host reaches the disks of a machine: the very same storage, not only something of the same name.

libvirt tells of storage through its pools. A file that no pool lists cannot be asked for, and a pool lists what was
there when it was refreshed last: not listed is not missing. Of a file that both hosts list, size and time of change
tell whether it is one file: no two files change at the same nanosecond.
"""

from __future__ import annotations

from posixpath import dirname
from typing import Any
from xml.etree.ElementTree import Element, tostring

from novatui.backends.libvirt.asking import Asked, ask
from novatui.backends.libvirt.host import Host, parsed
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.xmltree import integer, size_of, text_at
from novatui.core.needs import DiskTold, Needs, Told
from novatui.core.units import size
from novatui.core.vmspec import DiskSpec

NO_POOL, NO_VOLUME = "49", "50"

ACTIVE = 2
"""VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE."""

TOLERANCE_S = 1.0
"""How far the clock of a file server may be behind ours."""

SHARED = {"netfs", "iscsi", "iscsi-direct", "rbd", "gluster", "sheepdog"}
"""Kinds of pools whose source is on the network: the same source is the same storage."""


def disks_told(link: Link, host: Host, needs: Needs) -> dict[str, DiskTold]:
    """By target; drives without a medium need nothing."""
    return {disk.target: _Disk(link, host, needs, disk).told() for disk in needs.vm.disks if disk.source}


class _Disk:
    """One disk, looked for on one host."""

    def __init__(self, link: Link, host: Host, needs: Needs, disk: DiskSpec) -> None:
        self.link, self.host, self.needs, self.disk = link, host, needs, disk
        there = parsed(needs.native_disks.get(disk.target))
        self.volume = there.find("volume") if there is not None else None
        self.pool = there.find("pool") if there is not None else None
        """Volume and pool as the host that the machine is on tells them."""

    def told(self) -> DiskTold:
        conn, disk = self.link.conn, self.disk
        if disk.source_type == "volume":
            pool = ask(self.link, conn.storagePoolLookupByName, disk.store, shown=_named)
            if pool.failure is not None:
                return self._without_pool(pool)
            asked = ask(self.link, pool.value.storageVolLookupByName, disk.source, shown=_named)
            if asked.code == NO_VOLUME:
                missing = f"its pool {disk.store} lists no volume {disk.source}"
                return DiskTold(reached=asked.tell(False, missing), room=self._room(asked, pool.value))
        else:
            asked = ask(self.link, conn.storageVolLookupByPath, disk.source, shown=_named)
        if asked.failure is not None:
            return DiskTold(reached=self._not_listed(asked))
        return self._found(asked)

    def _without_pool(self, asked: Asked) -> DiskTold:
        if asked.code != NO_POOL:
            return DiskTold(reached=asked.untold())
        none = f"it has no pool {self.disk.store}"
        return DiskTold(reached=asked.tell(False, none), room=asked.tell(False, none))

    def _not_listed(self, asked: Asked) -> Told[bool]:
        if asked.code != NO_VOLUME:
            return asked.untold()
        folder = dirname(self.disk.source)
        for pool in self.link.attempt(self.link.conn.listAllStoragePools, ACTIVE) or ():
            if text_at(parsed(self.link.attempt(pool.XMLDesc, 0)), "target/path") == folder:
                hint = f"virsh pool-refresh {pool.name()} there, then ask again"
                return asked.untold(f"its pool {pool.name()} has that folder and does not list the file ({hint})")
        return asked.untold("no pool there lists it, and libvirt cannot be asked for a file outside of pools")

    def _found(self, asked: Asked) -> DiskTold:
        """Something of that name is there: the same, or another?"""
        volume = parsed(self.link.attempt(asked.value.XMLDesc, 0))
        handle = self.link.attempt(asked.value.storagePoolLookupByVolume)
        pool = parsed(self.link.attempt(handle.XMLDesc, 0)) if handle is not None else None
        if volume is None or self.volume is None:
            unseen = "a file with that path is there; whether it is the same one is not known, as no pool lists it here"
            return DiskTold(reached=asked.untold(unseen))
        if self._same_source(pool):
            return DiskTold(reached=asked.tell(True, "both hosts have it from the same storage"))
        here, there = size_of(self.volume.find("capacity"), "bytes"), size_of(volume.find("capacity"), "bytes")
        if here != there:
            other = f"a file of {size(there)} with that path is there, the disk has {size(here)}: it is another one"
            return DiskTold(reached=asked.tell(False, other), room=self._room(asked, handle))
        return DiskTold(reached=self._same_file(asked, volume))

    def _same_source(self, pool: Element | None) -> bool:
        if pool is None or self.pool is None or pool.get("type") not in SHARED:
            return False
        ours, theirs = self.pool.find("source"), pool.find("source")
        if ours is None or theirs is None or self.pool.get("type") != pool.get("type"):
            return False
        return tostring(ours).split() == tostring(theirs).split()

    def _same_file(self, asked: Asked, volume: Element) -> Told[bool]:
        ours, theirs = _changed(self.volume), _changed(volume)
        if ours is None or theirs is None:
            return asked.untold("a file with that path and size is there; whether it is the same one is not told")
        if self.host.name == self.needs.host_name:
            return asked.untold("both hosts are one computer: libvirt may refuse a disk that is local to it as unsafe")
        if ours == theirs or (theirs > ours and self._written_since(theirs)):
            return asked.tell(True, "the same file: its size, and the time of its last change, agree")
        return asked.untold("a file with that path and size is there, changed at another time: perhaps another one")

    def _written_since(self, changed: tuple[int, int]) -> bool:
        """It was changed after our look at the disk where its machine runs: who but that machine writes to it?"""
        looked = self.needs.evidence.at
        return self.needs.running and looked is not None and changed[0] >= looked - TOLERANCE_S

    def _room(self, asked: Asked, pool: Any) -> Told[bool]:
        """Whether the pool has room for a copy: libvirt makes one only in a pool."""
        info = self.link.attempt(pool.info) if pool is not None else None
        wanted = size_of(self.volume.find("capacity"), "bytes") if self.volume is not None else self.disk.size
        if info is None or wanted is None:
            return asked.untold("how much room its pool has, or the disk takes, is not known")
        short = f"its pool has {size(info[3])} free, the disk takes {size(wanted)}"
        return asked.tell(True) if wanted <= info[3] else asked.tell(False, short)


def _named(found: Any) -> str:
    return found.name()


def _changed(volume: Element | None) -> tuple[int, int] | None:
    """When its inode changed last: seconds and nanoseconds; None where libvirt does not tell."""
    seconds, _, rest = text_at(volume, "target/timestamps/ctime").partition(".")
    whole = integer(seconds)
    return None if whole is None else (whole, integer(rest.ljust(9, "0")[:9].lstrip("0") or "0") or 0)
