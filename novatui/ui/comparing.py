"""From names or marks to the screens about several hosts: two side by side, or what some have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from novatui.config.errors import nearest
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.ui.commands import SCOPES, Wrong
from novatui.ui.place import Place

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen

_WORD = re.compile(r'"([^"]*)"|(\S+)')


def compare(screen: FrameScreen, argument: str, meant: Sequence[ObjectRef] = ()) -> None:
    """Show the two hosts that are named, or `meant`, or marked, side by side. Wrong when they are not two."""
    words = _words(argument)
    hosts = [_one(screen, word) for word in words] if words else _meant(screen, meant)
    if len(hosts) != 2:
        said = {0: "no hosts are named or marked", 1: "one host alone cannot be compared"}
        few, many = "diff HOST HOST, or mark two in the list of hosts", "baseline takes any number"
        raise Wrong(
            said.get(len(hosts), f"{len(hosts)} hosts are too many for a comparison"), many if len(hosts) > 2 else few
        )
    left, right = hosts
    screen.stage.navigation.open(Place("diff", ref=str(left), scope=str(right)))


def common(screen: FrameScreen, argument: str) -> None:
    """Show what the hosts that are named or marked have in common; of a node all of its hosts, of nothing all there
    are."""
    words = _words(argument)
    if len(words) == 1 and (top := _node(screen, words[0])) is not None:
        screen.stage.navigation.open(Place("baseline", scope=str(top)))
        return
    named = [host for word in words for host in _hosts(screen, word)]
    marked = _meant(screen) if not words else []
    hosts = named or (marked if len(marked) > 1 else [])
    screen.stage.navigation.open(Place("baseline", ref=" ".join(str(host) for host in dict.fromkeys(hosts))))


def names(screen: FrameScreen) -> Iterator[str]:
    """What can be named: hosts first, then what holds them."""
    store = screen.fleet.inventory
    for kind in dict.fromkeys((Kind.HOST, *SCOPES)):
        for slot in store.slots(kind):
            name = store.name(slot)
            yield f'"{name}"' if " " in name else name


def _words(argument: str) -> list[str]:
    return [found[1] or found[2] or "" for found in _WORD.finditer(argument)]


def _meant(screen: FrameScreen, meant: Sequence[ObjectRef] = ()) -> list[ObjectRef]:
    """The hosts among these, or among what is marked, else what the cursor is on."""
    return [host for ref in meant or screen.aim() for host in _of(screen, ref)]


def _of(screen: FrameScreen, ref: ObjectRef) -> list[ObjectRef]:
    slot = screen.fleet.inventory.slot(ref.conn, ref.key)
    if slot is None or ref.kind not in {Kind.HOST, Kind.CONNECTION}:
        return []
    found = screen.fleet.profiles.hosts(slot)
    return found if len(found) == 1 else []


def _one(screen: FrameScreen, word: str) -> ObjectRef:
    found = _hosts(screen, word)
    if len(found) > 1:
        names = ", ".join(f"{host.conn}/{_name(screen, host)}" for host in found[:3])
        raise Wrong(f"`{word}` means {len(found)} hosts", f"say connection/host: {names}")
    return found[0]


def _hosts(screen: FrameScreen, word: str) -> list[ObjectRef]:
    """The hosts that a word means: one by its name, its reference or connection/name, or those of a node."""
    store, wanted = screen.fleet.inventory, word.casefold()
    refs = [store.ref(slot) for slot in store.slots(Kind.HOST)]
    meant = [
        ref
        for ref in refs
        if wanted in (str(ref).casefold(), _name(screen, ref).casefold(), f"{ref.conn}/{_name(screen, ref)}".casefold())
    ]
    top = None if meant else _node(screen, word)
    if top is not None and (slot := store.slot(top.conn, top.key)) is not None:
        meant = screen.fleet.profiles.hosts(slot)
    if not meant:
        near = nearest(word, _plain(names(screen)))
        raise Wrong(f"no host is called `{word}`", f"did you mean `{near}`?" if near else "`:host` lists them")
    return meant


def _node(screen: FrameScreen, word: str) -> ObjectRef | None:
    """What holds hosts and is called so; None for a host, or when nothing is."""
    store = screen.fleet.inventory
    for kind in (Kind.HOST, *SCOPES):
        for slot in store.slots(kind):
            if store.name(slot).casefold() == word.casefold():
                return None if kind is Kind.HOST else store.ref(slot)
    return None


def _name(screen: FrameScreen, ref: ObjectRef) -> str:
    slot = screen.fleet.inventory.slot(ref.conn, ref.key)
    return ref.id if slot is None else screen.fleet.inventory.name(slot)


def _plain(words: Iterable[str]) -> list[str]:
    return [word.strip('"') for word in words]
