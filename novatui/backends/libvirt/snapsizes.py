"""Sizes of files that snapshots made: from the statistics of what runs, else from the pools' volumes.

What a snapshot takes inside a disk's own file (an internal one) libvirt does not tell: that stays unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from novatui.backends.libvirt.library import NOWAIT, libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.snapxml import Taken
from novatui.backends.libvirt.stats import number


def sizes_of(link: Link, domain: Any, found: Iterable[Taken]) -> dict[str, int]:
    """Bytes by name, of snapshots of which every file is known."""
    files = {each.name: each.files for each in found if each.files}
    if not files:
        return {}
    sizes = file_sizes(link, domain, {path for paths in files.values() for path in paths})
    return {name: sum(sizes[path] for path in paths) for name, paths in files.items() if sizes.keys() >= set(paths)}


def file_sizes(link: Link, domain: Any, wanted: Collection[str]) -> dict[str, int]:
    """Bytes by path, as far as they are told. Files of a running machine's disks are known without asking anybody."""
    sizes = _in_use(link, domain)
    for path in wanted:
        if path and path not in sizes:
            size = _in_a_pool(link, path)
            if size is not None:
                sizes[path] = size
    return {path: sizes[path] for path in wanted if path in sizes}


def free_beside(link: Link, path: str) -> int | None:
    """Bytes that are free in the pool of this file; None when it is in none, or when the pool does not tell."""
    volume = link.attempt(link.conn.storageVolLookupByPath, path) if path else None
    pool = link.attempt(volume.storagePoolLookupByVolume) if volume is not None else None
    info = link.attempt(pool.info) if pool is not None else None
    return info[3] if info else None


def _in_use(link: Link, domain: Any) -> dict[str, int]:
    """Every file of every disk's chain."""
    flags = NOWAIT | libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING
    answer = link.attempt(link.conn.domainListGetStats, [domain], libvirt.VIR_DOMAIN_STATS_BLOCK, flags)
    stats = answer[0][1] if answer else {}
    sizes = {
        str(stats.get(f"block.{index}.path")): number(stats, f"block.{index}.physical")
        for index in range(number(stats, "block.count") or 0)
    }
    return {path: size for path, size in sizes.items() if size is not None}


def _in_a_pool(link: Link, path: str) -> int | None:
    volume = link.attempt(link.conn.storageVolLookupByPath, path)
    info = link.attempt(volume.info) if volume is not None else None
    return info[2] if info else None
