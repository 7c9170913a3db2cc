"""What can be found by typing a part of its name: the verbs of a screen, and every object of the fleet."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TYPE_CHECKING

from novatui.actions.catalogue import Action, Section, shown
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.ui import fuzzy
from novatui.ui.commands import Wrong, available, do
from novatui.ui.dialogs.picker import Choice, Find

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen

MOST = 200
"""Choices that are offered; who typed so little that more fit has to type on."""


def verbs_of(screen: FrameScreen) -> Find:
    """Everything that can be done on this screen; what moves the cursor comes last, everybody finds that."""
    actions, lists = available(screen), screen.stage.preferences.names()
    actions.sort(key=lambda action: action.section is Section.MOVE)
    names = [f"{action.title} {action.word} {action.id}".casefold() for action in actions]
    names += [f"view {name}".casefold() for name in lists]

    def find(typed: str) -> Sequence[Choice]:
        best = _best(names, typed)
        return [
            _verb(screen, actions[at]) if at < len(actions) else _list(screen, lists[at - len(actions)]) for at in best
        ]

    return find


def _verb(screen: FrameScreen, action: Action) -> Choice:
    ascii_only = screen.look.marks.ascii
    keys = screen.stage.keys.keys(action)
    leader = next((one for one in available(screen) if one.id == action.leader), None)
    first = [*screen.stage.keys.keys(leader)[:1]] if leader is not None else []
    key = " ".join(shown(one, ascii_only) for one in [*first, *keys[:1]])
    return Choice(action.title, f"{key}   :{action.word}", lambda: perform(screen, action))


def _list(screen: FrameScreen, name: str) -> Choice:
    """A list that was saved."""
    view = next(action for action in available(screen) if action.id == "saved")
    return Choice(name, f"saved list   :view {name}", lambda: perform(screen, view, name))


def perform(screen: FrameScreen, action: Action, argument: str = "") -> None:
    """Carry out an action that was picked; what is wrong with that is said in the footer."""
    try:
        do(screen, action, argument)
    except Wrong as wrong:
        screen.report(wrong.message, wrong.hint)


def objects_of(screen: FrameScreen) -> Find:
    """Every object of the fleet but groups; those that were visited lately come first."""
    store = screen.fleet.inventory
    slots = [slot for slot in store.slots() if store.kind(slot) is not Kind.GROUP]
    visited = {ref: at for at, ref in enumerate(screen.stage.visited)}
    slots.sort(key=lambda slot: -visited.get(str(store.ref(slot)), -1) if visited else 0)
    names = [store.name(slot).casefold() for slot in slots]

    def find(typed: str) -> Sequence[Choice]:
        return [_object(screen, slots[at]) for at in _best(names, typed) if store.alive(slots[at])]

    return find


def _object(screen: FrameScreen, slot: int) -> Choice:
    store = screen.fleet.inventory
    ref = store.ref(slot)
    return Choice(store.name(slot), f"{ref.kind.value}  {ref.conn}", lambda: visit(screen, ref))


def visit(screen: FrameScreen, ref: ObjectRef) -> None:
    """Go to an object."""
    if screen.fleet.inventory.slot(ref.conn, ref.key) is None:
        screen.report("it is gone by now")
    else:
        screen.stage.navigation.visit(ref)


def _best(names: Sequence[str], typed: str) -> list[int]:
    """Places of the names that fit best; in their own order when nothing was typed."""
    if not typed.strip():
        return list(range(min(len(names), MOST)))
    judge = fuzzy.fit(typed)
    scored = ((score, -at) for at, name in enumerate(names) if (score := judge(name)) is not None)
    return [-at for _, at in heapq.nlargest(MOST, scored)]
