"""Which scopes are active at the same time: a key means one thing in all of them, or its second meaning never works."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations

from novatui.actions.action import Action, Scope
from novatui.actions.catalogue import ACTIONS

_FULL = frozenset({Scope.EVERYWHERE, Scope.FRAME})
_LIST = _FULL | {Scope.MOVE, Scope.ROWS, Scope.FILTERED, Scope.OBJECTS}

PLACES: tuple[frozenset[Scope], ...] = (
    _LIST | {Scope.PANES, Scope.FLEET, Scope.LISTED, Scope.CHANGES},
    _LIST | {Scope.PANES, Scope.DETAIL, Scope.CHANGES},
    _LIST | {Scope.PANES, Scope.FEED, Scope.LISTED},
    _LIST | {Scope.ALARMS, Scope.LISTED},
    _FULL | {Scope.MOVE, Scope.ROWS, Scope.OBJECTS, Scope.MOVERS},
    _FULL | {Scope.MOVE, Scope.ROWS, Scope.OBJECTS, Scope.MIGRATIONS, Scope.LISTED, Scope.CHANGES},
    _LIST | {Scope.GIVING, Scope.LISTED, Scope.CHANGES},
    _LIST | {Scope.INVENTORY, Scope.LISTED},
    _FULL | {Scope.MOVE, Scope.WHERE, Scope.FILTERED, Scope.LISTED, Scope.OBJECTS},
    _FULL | {Scope.MOVE, Scope.CAPABILITIES, Scope.FILTERED, Scope.LISTED, Scope.OBJECTS, Scope.CHANGES},
    _LIST | {Scope.POSTURE, Scope.LISTED, Scope.CHANGES},
    _LIST | {Scope.DIFF, Scope.LISTED},
    _LIST | {Scope.BASELINE, Scope.LISTED},
    _FULL | {Scope.MOVE, Scope.DRAIN},
    _FULL | {Scope.MOVE, Scope.ADD},
    _FULL | {Scope.MOVE, Scope.FILTERED, Scope.LISTED},
    # Charts have the keyboard: what goes through them goes before what goes through rows.
    _FULL | {Scope.OBJECTS, Scope.PANES, Scope.FILTERED, Scope.DETAIL, Scope.CHANGES, Scope.CHART},
    # So does the tree of snapshots; the keys of rows go through it.
    _FULL | {Scope.MOVE, Scope.ROWS, Scope.PANES, Scope.FILTERED, Scope.DETAIL, Scope.LISTED, Scope.SNAPSHOTS},
    frozenset({Scope.TEXT, Scope.FILTER}),
    frozenset({Scope.TEXT, Scope.COMMAND}),
    frozenset({Scope.TEXT, Scope.PICKER}),
    frozenset({Scope.TEXT, Scope.FORM}),
    frozenset({Scope.TEXT, Scope.ASK}),
    frozenset({Scope.TEXT, Scope.ARGUMENTS}),
    frozenset({Scope.TEXT, Scope.CONFIRM}),
)
"""Every screen, and everything in which text is typed; a dialog with keys of its own stands alone."""

LEAVE = "leave"
"""The action whose key goes before all others, wherever the person is."""

_ASKED = {
    "answer.yes": (frozenset({"quit", "submit"}), Scope.ADD),
    "confirm.yes": (
        frozenset({"submit", "fill.done", "way.1", "way.2", "way.3", "way.4", "way.5", "mig.cancel"}),
        Scope.CHANGES,
    ),
}
"""What can open the question that an action says yes to, by id and by scope: its key must be another one."""

Keys = Callable[[Action], tuple[str, ...]]


def clashes(keys: Keys) -> Iterator[tuple[Action, Action, str]]:
    """Pairs of actions and the key that both have where both work; those that share one in the catalogue may do so."""
    holders: dict[str, list[Action]] = defaultdict(list)
    for action in ACTIONS:
        for key in keys(action):
            holders[key].append(action)
    for key, several in holders.items():
        for one, other in combinations(several, 2):
            if meet(one, other) and set(one.keys).isdisjoint(other.keys):
                yield one, other, key


def meet(one: Action, other: Action) -> bool:
    """True when a key cannot mean both."""
    ids = {one.id, other.id}
    if LEAVE in ids:
        return True
    if _asks(one, other) or _asks(other, one):
        return True
    if one.leader != other.leader:
        # The key of a leader, pressed twice, must not do anything: a second, different key acts.
        return one.id == other.leader or other.id == one.leader
    scopes = {one.scope, other.scope}
    return len(scopes) == 1 or any(scopes <= place for place in PLACES)


def _asks(one: Action, other: Action) -> bool:
    """The first may open the question that the second says yes to."""
    ids, scope = _ASKED.get(other.id, (frozenset[str](), None))
    return one.id in ids or one.scope is scope
