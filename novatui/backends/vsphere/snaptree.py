"""All snapshots of one machine at once: who grew from whom, and how much each of them takes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from novatui.backends.vsphere.asking import Told
from novatui.backends.vsphere.fields import each, lines, listed, moment, number, refs, truth, words
from novatui.backends.vsphere.tree import shown_name
from novatui.core.errors import Conflict, InvalidInput, NotFound
from novatui.core.snapshots import Snapshot
from novatui.core.units import span

PATHS = ("snapshot", "layoutEx")
"""What a tree with sizes is made of."""


class SnapshotTree:
    """Answers questions about a machine's snapshots."""

    def __init__(self, found: Iterable[Snapshot]) -> None:
        self.all = {one.id: one for one in found}

    def __len__(self) -> int:
        return len(self.all)

    def find(self, wanted: str) -> Snapshot:
        """The snapshot with this reference, else the one of this name, which need not be unique here.

        NotFound when there is none, Conflict when there are several, InvalidInput when none was named.
        """
        if not wanted:
            raise InvalidInput("say which snapshot", subject="snapshot")
        if wanted in self.all:
            return self.all[wanted]
        named = [one for one in self.all.values() if one.name == wanted]
        if not named:
            there = ", ".join(one.name for one in self.all.values()) or "none"
            raise NotFound(f"there is no snapshot '{wanted}'", hint=f"its snapshots: {there}", subject=wanted)
        if len(named) > 1:
            ids = ", ".join(f"{one.id} ({age_of(one)})" for one in named)
            raise Conflict(f"{len(named)} snapshots are named '{wanted}'", hint=f"say which: {ids}", subject=wanted)
        return named[0]

    @property
    def current(self) -> Snapshot | None:
        """The one that the machine's present state grew from."""
        return next((one for one in self.all.values() if one.current), None)

    def children(self, of: Snapshot) -> list[Snapshot]:
        """What grew from it, directly."""
        return [one for one in self.all.values() if one.parent == of.id]

    def descendants(self, of: Snapshot) -> list[Snapshot]:
        """What grew from it, at any depth."""
        found: list[Snapshot] = []
        waiting = self.children(of)
        while waiting:
            one = waiting.pop(0)
            found.append(one)
            waiting += self.children(one)
        return found

    @property
    def depth(self) -> int:
        """Snapshots in the chain that the machine runs on now."""
        chain = 0
        one = self.current
        while one is not None and chain <= len(self.all):
            chain += 1
            one = self.all.get(one.parent or "")
        return chain


def tree_of(told: Told) -> SnapshotTree:
    """The tree as it was read with PATHS, parents before children."""
    found = list(snapshots(told))
    sizes = _sizes(told.values.get("layoutEx"), found)
    return SnapshotTree(msgspec.structs.replace(one, size=sizes.get(one.id)) for one in found)


def snapshots(told: Told) -> Iterator[Snapshot]:
    """All of VirtualMachineSnapshotInfo, roots first. NovaError when it could not be read; absent without any."""
    if "snapshot" in told.unread:
        told.has("snapshot")
    info = told.values.get("snapshot")
    current = refs(info, "currentSnapshot")
    waiting: list[tuple[dict[str, Any], str | None]] = [(root, None) for root in each(info, "rootSnapshotList")]
    while waiting:
        tree, above = waiting.pop(0)
        own = refs(tree, "snapshot")
        if not own:
            continue
        state = words(tree, "state")
        yield Snapshot(
            id=own[0].id,
            name=shown_name(words(tree, "name")),
            parent=above,
            created=moment(tree, "createTime"),
            memory=state == "poweredOn" if state else None,
            quiesced=truth(tree, "quiesced"),
            current=own == current,
            description=lines(tree, "description"),
            native_state=state,
        )
        waiting += [(child, own[0].id) for child in each(tree, "childSnapshotList")]


def age_of(one: Snapshot) -> str:
    """`3h ago`; `at an unknown time`."""
    return f"{span(time.time() - one.created)} ago" if one.created is not None else "at an unknown time"


# --- sizes, of VirtualMachineFileLayoutEx -----------------------------------------------------------------------------


def _sizes(layout: Any, found: list[Snapshot]) -> dict[str, int]:
    """Bytes by snapshot: its description and memory, and the disk files that what grew from it has been writing to.

    A snapshot with a file whose size is not told has none.
    """
    files = {words(one, "key"): number(one, "size") for one in each(layout, "file")}
    kept = {refs(one, "key")[0].id: one for one in each(layout, "snapshot") if refs(one, "key")}
    now = _chains(layout)
    sizes: dict[str, int] = {}
    for one in found:
        own = kept.get(one.id)
        if own is None:
            continue
        keys = {words(own, "dataKey"), words(own, "memoryKey")} - {"", "-1"}
        grown = [_chains(kept[child.id]) for child in found if child.parent == one.id and child.id in kept]
        for later in [*grown, *([now] if one.current else [])]:
            keys |= _written(_chains(own), later)
        told = [files.get(key) for key in keys]
        known = [size for size in told if size is not None]
        if len(known) == len(told):
            sizes[one.id] = sum(known)
    return sizes


def _chains(layout: Any) -> dict[str, list[list[str]]]:
    """Keys of the files of each disk, from its base up."""
    return {words(one, "key"): [listed(link, "fileKey") for link in each(one, "chain")] for one in each(layout, "disk")}


def _written(then: dict[str, list[list[str]]], later: dict[str, list[list[str]]]) -> set[str]:
    """Files that were begun when the snapshot was taken: the first link of the later chain that it has not itself."""
    found: set[str] = set()
    for disk, chain in later.items():
        own = len(then.get(disk, ()))
        if own and own < len(chain):
            found |= set(chain[own])
    return found
