"""The catalogue of keys: no key twice where both would work, none that a terminal swallows."""

from __future__ import annotations

from itertools import combinations

from novatui.actions.catalogue import ACTIONS, ELSEWHERE, FORBIDDEN, Scope, in_footer, shown, verbs

TOGETHER = set(Scope) - ELSEWHERE - {Scope.CHART, Scope.MOVERS, Scope.ADD, Scope.FEED, Scope.ALARMS}
LISTS = TOGETHER - {Scope.FLEET, Scope.DETAIL}
"""Other screens with rows than the home and the details of an object."""

FEED, ALARMS = LISTS | {Scope.FEED}, LISTS - {Scope.PANES} | {Scope.ALARMS}
CHARTS = {Scope.EVERYWHERE, Scope.FRAME, Scope.OBJECTS, Scope.CHART}
"""Charts have the keyboard: their keys go before those of a screen with rows, but not before these."""

MOVERS = {Scope.EVERYWHERE, Scope.FRAME, Scope.MOVE, Scope.ROWS, Scope.OBJECTS, Scope.MOVERS}
ADDING = {Scope.EVERYWHERE, Scope.FRAME, Scope.MOVE, Scope.ADD}
PLACES = (TOGETHER, CHARTS, MOVERS, ADDING, FEED, ALARMS)
TYPING = ({Scope.TEXT, Scope.FILTER}, {Scope.TEXT, Scope.COMMAND}, {Scope.TEXT, Scope.PICKER})


def test_ids_are_unique() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


def test_no_key_means_two_things_in_one_place() -> None:
    for one, other in combinations(ACTIONS, 2):
        scopes = {one.scope, other.scope}
        together = len(scopes) == 1 or any(scopes <= place for place in (*PLACES, *TYPING))
        if together and one.leader == other.leader:
            assert not set(one.keys) & set(other.keys), (one.id, other.id)


def test_no_key_is_taken_by_a_terminal() -> None:
    assert not {key for action in ACTIONS for key in action.keys} & FORBIDDEN


def test_the_footer_ranks_are_unique_and_names_are_short() -> None:
    ranked = in_footer(ACTIONS)
    for scopes in PLACES:
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
