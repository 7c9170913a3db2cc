"""The catalogue of keys: no key twice where both would work, none that a terminal swallows."""

from __future__ import annotations

from itertools import combinations

from novatui.actions.catalogue import ACTIONS, FORBIDDEN, Action, Scope, in_footer, shown, verbs
from novatui.actions.together import PLACES, meet

CHARTS = {Scope.EVERYWHERE, Scope.FRAME, Scope.OBJECTS, Scope.CHART}
"""Whose keys the footer shows while charts have the keyboard."""


def test_ids_are_unique() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


def stands_in(one: Action, other: Action) -> bool:
    """Two with one key on purpose: charts and snapshots go before their screen, what a dialog does with text before
    the text."""
    scopes = {one.scope, other.scope}
    if Scope.CHART in scopes:
        return bool(scopes & {Scope.DETAIL, Scope.CHANGES})
    if Scope.SNAPSHOTS in scopes:
        return bool(scopes & {Scope.FRAME, Scope.CHANGES})
    return Scope.TEXT in scopes and bool(scopes & {Scope.FORM, Scope.ASK, Scope.ARGUMENTS, Scope.CONFIRM})


def test_no_key_means_two_things_in_one_place() -> None:
    for one, other in combinations(ACTIONS, 2):
        if meet(one, other) and not stands_in(one, other):
            assert not set(one.keys) & set(other.keys), (one.id, other.id)


def test_no_key_is_taken_by_a_terminal() -> None:
    assert not {key for action in ACTIONS for key in action.keys} & FORBIDDEN


def test_the_footer_ranks_are_unique_and_names_are_short() -> None:
    ranked = in_footer(ACTIONS)
    own = {Scope.CHART, Scope.SNAPSHOTS, Scope.GIVING}
    for scopes in (*(place for place in PLACES if not own & place), CHARTS, {Scope.SNAPSHOTS}, {Scope.GIVING}):
        shown_together = [action.footer for action in ranked if action.scope in scopes]
        assert len(set(shown_together)) == len(shown_together)
    assert all(len(shown(action.keys[0])) <= 6 for action in ranked)


def test_no_action_lives_on_an_alt_or_function_key_alone() -> None:
    for action in ACTIONS:
        assert not action.keys or any(not key.startswith(("alt+", "f1")) for key in action.keys)


def test_no_word_means_two_things() -> None:
    words = [action.word for action in verbs()]
    assert len(set(words)) == len(words)


def test_what_stands_in_a_strip_has_a_leader_and_one_key() -> None:
    ids = {action.id for action in ACTIONS if not action.leader}
    for action in ACTIONS:
        if action.leader:
            assert action.leader in ids
            assert len(action.keys) == 1
