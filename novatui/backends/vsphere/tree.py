"""Where objects stand in the tree that people see: vSphere's own has members that nobody made.

Hidden are the root folder, the four folders that every datacenter has, the compute resource around a lone host, and
the root pool of each compute resource; what lies in them stands where they would. Objects arrive in any order: one
whose way up is not known yet is told again as soon as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from novatui.backends.vsphere.updates import Ref
from novatui.core.ids import key
from novatui.core.states import Kind
from novatui.core.text import clean

KINDS: dict[str, Kind] = {
    "Datacenter": Kind.DATACENTER,
    "Folder": Kind.FOLDER,
    "StoragePod": Kind.FOLDER,
    "ClusterComputeResource": Kind.CLUSTER,
    "HostSystem": Kind.HOST,
    "ResourcePool": Kind.RESOURCE_POOL,
    "VirtualApp": Kind.RESOURCE_POOL,
    "Datastore": Kind.DATASTORE,
    "Network": Kind.NETWORK,
    "DistributedVirtualPortgroup": Kind.NETWORK,
    "OpaqueNetwork": Kind.NETWORK,
}
"""Kind by type. Machines and templates are one type; a lone host's ComputeResource is none."""

OWN_FOLDERS = frozenset({"vm", "host", "datastore", "network"})
POOLS = frozenset({"ResourcePool", "VirtualApp"})
DEPTH = 64
"""Folders nest deeper nowhere; a server that says otherwise goes round in circles."""


class _Member:
    """What has to be remembered of an object that others stand in."""

    __slots__ = ("name", "parent", "ref")

    def __init__(self, ref: Ref) -> None:
        self.ref = ref
        self.name = ""
        self.parent: Ref | None = None


class Tree:
    """Objects that others stand in, by reference. Belongs to one thread at a time."""

    def __init__(self) -> None:
        self._members: dict[Ref, _Member] = {}
        self._hosts: dict[Ref, Ref] = {}
        """The host of a compute resource that has one only."""
        self._astray: dict[Ref, set[Ref]] = defaultdict(set)
        """Who was told before the object that is missing on its way up."""

    def learn(self, ref: Ref, values: dict[str, Any]) -> Iterator[Ref]:
        """Keep what leads up from this object; yields who has to be told again because of it."""
        member = self._members.get(ref) or self._members.setdefault(ref, _Member(ref))
        moved = False
        if "name" in values:
            moved = member.name != values["name"] and ref.type == "Folder"
            member.name = str(values["name"] or "")
        if "parent" in values and member.parent != values["parent"]:
            member.parent = values["parent"]
            moved = True
            if ref.type == "HostSystem" and member.parent is not None and member.parent.type == "ComputeResource":
                self._hosts[member.parent] = ref
        yield from self._astray.pop(ref, ())
        if moved and self.is_hidden(ref):
            yield from [each.ref for each in self._members.values() if each.parent == ref]

    def refs(self) -> list[Ref]:
        """Everything that is known."""
        return list(self._members)

    def knows(self, ref: Ref) -> bool:
        """It was told of."""
        return ref in self._members

    def name(self, ref: Ref) -> str:
        """What people call it; empty when it is not known."""
        member = self._members.get(ref)
        return "" if member is None else shown_name(member.name)

    def parent(self, ref: Ref) -> Ref | None:
        """What the server says it stands in."""
        member = self._members.get(ref)
        return None if member is None else member.parent

    def forget(self, ref: Ref) -> None:
        """It is gone."""
        self._members.pop(ref, None)
        self._hosts = {above: host for above, host in self._hosts.items() if host != ref}

    def is_hidden(self, ref: Ref) -> bool:
        """People never see this one."""
        member = self._members.get(ref)
        above = member.parent if member is not None else None
        if ref.type == "Folder":
            return above is None or (above.type == "Datacenter" and member is not None and member.name in OWN_FOLDERS)
        if ref.type == "ResourcePool":
            return above is None or above.type not in POOLS
        return ref.type == "ComputeResource"

    def above(self, ref: Ref, parent: Ref | None) -> str | None:
        """Key of what this object stands in for people: empty below the connection, None when it is not known yet."""
        for _ in range(DEPTH):
            if parent is None:
                return ""
            member = self._members.get(parent)
            if member is None:
                self._astray[parent].add(ref)
                return None
            if parent.type == "ComputeResource" and ref.type != "HostSystem" and parent in self._hosts:
                parent = self._hosts[parent]
                continue
            if not self.is_hidden(parent):
                return key(KINDS.get(parent.type, Kind.FOLDER), parent.id)
            parent = member.parent
        return ""


def shown_name(name: str) -> str:
    """vSphere escapes `%`, `/` and `\\` in names as `%25`, `%2f` and `%5c`."""
    return clean(unquote(name)) if "%" in name else clean(name)
