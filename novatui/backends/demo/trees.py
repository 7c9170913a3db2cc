"""Snapshot trees after a snapshot was taken, deleted, or gone back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from novatui.backends.demo.shapes import GIB
from novatui.backends.demo.standing import Standing
from novatui.core.errors import Conflict, InvalidInput, NotFound
from novatui.core.operations import Argument
from novatui.core.snapshots import Snapshot
from novatui.core.states import Family

Tree = tuple[Snapshot, ...]


def found(tree: Sequence[Snapshot], wanted: str) -> Snapshot:
    """By its id, else by its name when only one is called so. NotFound when there is none."""
    named = [each for each in tree if each.id == wanted] or [each for each in tree if each.name == wanted]
    if not named:
        raise NotFound(f"there is no snapshot {wanted}", subject=wanted)
    if len(named) > 1:
        raise InvalidInput(f"{len(named)} snapshots are called {wanted}", hint="name it by its id", subject="snapshot")
    return named[0]


def created(one: Standing, native: str, given: Mapping[str, Argument], at: float) -> Tree:
    """With one more, which is the current one."""
    tree, name, memory = one.machine.snapshots, str(given["name"]), bool(given["memory"])
    if one.family in (Family.LIBVIRT, Family.PROXMOX) and any(each.name == name for each in tree):
        raise Conflict(f"{one.machine.name} has a snapshot {name} already", hint="take another name", subject=name)
    if memory and one.cold:
        raise Conflict(f"{one.machine.name} is {one.power}: it has no memory to save", subject=one.power.value)
    current = next((each.id for each in tree if each.current), None)
    new = Snapshot(
        id=native,
        name=name,
        parent=current,
        created=at,
        memory=memory,
        quiesced=bool(given["quiesce"]),
        current=True,
        size=one.machine.memory + GIB // 4 if memory else GIB // 4,
        description=str(given["description"] or ""),
        native_state=one.scene.dialect.state(one.machine, one.now),
    )
    return (*_current(tree, None), new)


def reverted(tree: Tree, wanted: str) -> Tree:
    """The machine grows from that one again."""
    return _current(tree, wanted)


def deleted(tree: Tree, wanted: str, children: str) -> Tree:
    """Without it (keep: its children move up), without it and all below (with), or without all below (only)."""
    one = found(tree, wanted)
    if children == "keep":
        kept = [each for each in tree if each.id != wanted]
        moved = [msgspec.structs.replace(each, parent=one.parent) if each.parent == wanted else each for each in kept]
        return _current(tuple(moved), one.parent) if one.current else tuple(moved)
    gone = below(tree, wanted) | ({wanted} if children == "with" else set())
    kept = [each for each in tree if each.id not in gone]
    if any(each.current for each in tree if each.id in gone):
        return _current(tuple(kept), wanted if children == "only" else one.parent)
    return tuple(kept)


def below(tree: Tree, wanted: str) -> set[str]:
    """Ids of everything that grew from it."""
    gone: set[str] = set()
    while more := {each.id for each in tree if each.parent in gone | {wanted} and each.id not in gone}:
        gone |= more
    return gone


def _current(tree: Tree, wanted: str | None) -> Tree:
    return tuple(
        each if each.current == (each.id == wanted) else msgspec.structs.replace(each, current=each.id == wanted)
        for each in tree
    )
