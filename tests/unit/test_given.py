"""What is typed for the arguments of an operation, and what is wrong with it."""

from __future__ import annotations

import pytest

from novatui.actions.arguments import checked
from novatui.actions.catalogue import ACTIONS
from novatui.actions.given import BadArgument, missing, read_form, read_line
from novatui.core.verbs import VERBS


@pytest.mark.parametrize(
    ("verb", "text", "said"),
    [
        ("snap.create", "", {}),
        ("snap.create", "monday", {"name": "monday"}),
        ("snap.create", "memory", {"name": "memory"}),
        ("snap.create", "monday memory", {"name": "monday", "memory": "yes"}),
        ("snap.create", 'monday "before the patch" quiesce', {
            "name": "monday", "description": "before the patch", "quiesce": "yes"
        }),
        ("snap.create", "memory=no monday", {"name": "monday", "memory": "no"}),
        ("snap.revert", "base running", {"snapshot": "base", "then": "running"}),
        ("edit.memory", "1.5G live", {"size": str(3 * 512 * 1024**2), "apply": "live"}),
        ("edit.notes", "call ana first", {"text": "call ana first"}),
        ("edit.pin", "0 2-3 persistent", {"vcpu": "0", "cpus": "2-3", "apply": "persistent"}),
        ("power.autostart", "on", {"to": "on"}),
        ("power.off", "", {}),
    ],
)  # fmt: skip
def test_a_line_is_understood(verb: str, text: str, said: dict[str, str]) -> None:
    assert read_line(VERBS[verb], text) == said


@pytest.mark.parametrize(
    ("verb", "text", "name"),
    [
        ("power.off", "now", ""),
        ("edit.vcpus", "four", "count"),
        ("edit.vcpus", "-1", "count"),
        ("edit.memory", "0", "size"),
        ("edit.memory", "8G sometimes", ""),
        ("snap.create", "x memory=perhaps", "memory"),
        ("power.autostart", "maybe", "to"),
        ("snap.create", '"open', ""),
    ],
)
def test_what_makes_no_sense_is_named(verb: str, text: str, name: str) -> None:
    with pytest.raises(BadArgument) as bad:
        read_line(VERBS[verb], text)
    assert bad.value.name == name
    assert bad.value.message


def test_a_form_tells_the_first_line_that_is_missing() -> None:
    with pytest.raises(BadArgument) as bad:
        read_form(VERBS["edit.disk_add"], {"store": " ", "size": "8G"})
    assert bad.value.name == "store"
    assert [given.name for given in missing(VERBS["edit.disk_add"], {})] == ["store"]


def test_nothing_is_a_value_where_it_takes_something_away() -> None:
    assert read_form(VERBS["edit.notes"], {"text": ""}) == {"text": ""}
    assert missing(VERBS["edit.notes"], {}) == []


def test_what_is_understood_is_what_workers_take() -> None:
    for verb, text in (("edit.memory", "8G live"), ("snap.create", "x memory"), ("edit.vcpus", "007")):
        said = read_line(VERBS[verb], text)
        assert checked(VERBS[verb], said) == said


def test_every_operation_can_be_begun_or_stands_in_the_list_of_tasks() -> None:
    assert {action.change for action in ACTIONS if action.change} | {"task.cancel"} == set(VERBS)


def test_what_is_hard_on_a_guest_stands_on_no_small_letter_beside_what_is_not() -> None:
    for action in (one for one in ACTIONS if one.keys):  # without a key it has to be typed out
        if action.change and action.leader != "delete" and VERBS[action.change].effect.value in ("hard", "loss"):
            assert action.keys[0].isupper(), action.id
            small = action.keys[0].lower()
            same = [one.id for one in ACTIONS if one.leader == action.leader and small in one.keys]
            assert not same, f"{action.id} is one slip away from {same}"
