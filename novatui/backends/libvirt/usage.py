"""Which machines use a pool or a network: found in what was read of their XML already, no machine is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from posixpath import dirname
from typing import Any
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.roster import Roster
from novatui.backends.libvirt.summary import EMPTY, Summary
from novatui.backends.libvirt.xmltree import attribute_at, text_at
from novatui.core.detail import User, Users
from novatui.core.ids import key
from novatui.core.states import Kind

_FOLDERS = frozenset({"dir", "fs", "netfs", "logical", "zfs", "vstorage"})
"""Pools whose volumes lie in a folder that holds nothing else."""

_PROTOCOLS = frozenset({"rbd", "gluster", "sheepdog"})
"""Pools that a disk may also name by protocol and source."""

Uses = Callable[[Summary], tuple[str, ...] | None]
"""Through what a machine uses it; None when it does not."""


class Usage:
    """Looks through all known machines, running or not."""

    def __init__(self, link: Link, roster: Roster) -> None:
        self.link = link
        self.roster = roster

    def of_pool(self, pool: Any, described: Element | None) -> Users:
        """Machines with a disk, or a medium in a drive, on this pool; `described` is its XML."""
        if described is None:
            return Users(untold=len(self.roster))
        volumes = {volume.key() for volume in self.link.attempt(pool.listAllVolumes, 0) or ()}
        name, kind = text_at(described, "name"), described.get("type", "")
        folder = text_at(described, "target/path").rstrip("/") if kind in _FOLDERS else ""
        source = f"{kind}:{text_at(described, 'source/name')}/" if kind in _PROTOCOLS else ""

        def lies_there(image: str) -> bool:
            if image in volumes or (name and image.startswith(f"{name}/")):
                return True
            return bool((folder and dirname(image) == folder) or (source and image.startswith(source)))

        return self._users(lambda summary: _disks_of(summary, lies_there))

    def of_network(self, described: Element | None) -> Users:
        """Machines that are plugged into this network, or straight into its bridge; `described` is its XML."""
        if described is None:
            return Users(untold=len(self.roster))
        bridge = attribute_at(described, "bridge", "name")
        plugs = {f"network {text_at(described, 'name')}", f"bridge {bridge}" if bridge else ""} - {""}
        return self._users(lambda summary: _nics_of(summary, plugs))

    def _users(self, uses: Uses) -> Users:
        found: list[User] = []
        untold = 0
        for known in self.roster:
            if known.summary is None or known.summary is EMPTY:
                untold += 1
            elif (through := uses(known.summary)) is not None:
                found.append(User(key=key(Kind.VM, known.uuid), through=through))
        return Users(machines=tuple(found), untold=untold)


def _disks_of(summary: Summary, lies_there: Callable[[str], bool]) -> tuple[str, ...] | None:
    named = len(summary.fixed) == len(summary.images)
    targets = summary.fixed if named else ("",) * len(summary.images)
    places = (*zip(targets, summary.images, strict=True), *summary.media)
    return _through(target for target, image in places if image and lies_there(image))


def _nics_of(summary: Summary, plugs: set[str]) -> tuple[str, ...] | None:
    named = len(summary.macs) == len(summary.plugs)
    macs = summary.macs if named else ("",) * len(summary.plugs)
    return _through(mac for mac, plug in zip(macs, summary.plugs, strict=True) if plug in plugs)


def _through(names: Iterable[str]) -> tuple[str, ...] | None:
    """None without any; a device that has no name counts, but cannot be named."""
    found = tuple(names)
    return tuple(filter(None, found)) if found else None
