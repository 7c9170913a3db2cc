"""How much has to be said: the table of the product's design, verb by verb, written out a second time."""

from __future__ import annotations

import pytest

from novatui.actions import confirm
from novatui.actions.confirm import Confirmation
from novatui.core.verbs import VERBS, Effect

TABLE = {
    # verb: one object, several, whole host or cluster (None: not offered)
    "power.start": (0, 1, 2),
    "power.resume": (0, 1, 2),
    "power.wake": (0, 1, 2),
    "power.autostart": (0, 1, 2),
    "edit.notes": (0, 1, 2),
    "power.shutdown": (1, 2, 2),
    "power.reboot": (1, 2, 2),
    "power.pause": (1, 2, 2),
    "power.suspend": (1, 2, 2),
    "snap.create": (1, 2, 2),
    "device.attach": (1, 2, 2),
    "device.mdev_create": (1, 2, 2),
    "edit.vcpus": (1, 2, 2),
    "edit.memory": (1, 2, 2),
    "edit.memory_add": (1, 2, 2),
    "edit.disk_add": (1, 2, 2),
    "edit.nic_add": (1, 2, 2),
    "edit.iso_insert": (1, 2, 2),
    "edit.iso_eject": (1, 2, 2),
    "edit.pin": (1, 2, 2),
    "edit.rename": (1, 2, 2),
    "edit.pool": (1, 2, 2),
    "migrate.live": (1, 2, 2),
    "migrate.downtime": (1, 2, 2),
    "migrate.pause": (1, 2, 2),
    "migrate.bandwidth": (0, 1, 2),
    "migrate.offline": (2, 2, 2),
    "migrate.postcopy": (2, 2, 2),
    "power.reset": (2, 2, 2),
    "power.off": (2, 2, 2),
    "snap.delete": (2, 2, 2),
    "device.detach": (2, 2, 2),
    "device.mdev_remove": (2, 2, 2),
    "device.vfs": (2, 2, 2),
    "edit.disk_remove": (2, 2, 2),
    "edit.nic_remove": (2, 2, 2),
    "alarm.acknowledge": (1, 2, 2),
    "task.cancel": (2, 2, 2),
    "host.maintenance": (2, 2, 2),
    "host.return": (0, 1, 2),
    "cluster.apply": (1, 2, 2),
    "cluster.dismiss": (0, 1, 2),
    "snap.revert": (2, 2, None),
}


def test_the_table_has_every_verb() -> None:
    assert TABLE.keys() == VERBS.keys()


@pytest.mark.parametrize("verb", TABLE)
def test_a_verb_asks_for_what_the_table_says(verb: str) -> None:
    effect, (one, several, whole) = VERBS[verb].effect, TABLE[verb]
    assert confirm.level(effect, 1, whole=False, protected=False) == one
    for count in (2, 3, 500):
        assert confirm.level(effect, count, whole=False, protected=False) == several
    for count in (1, 2, 500):
        assert confirm.level(effect, count, whole=True, protected=False) == whole


@pytest.mark.parametrize("verb", TABLE)
def test_a_protected_connection_asks_for_one_step_more(verb: str) -> None:
    effect = VERBS[verb].effect
    for count, whole, asked in zip((1, 2, 2), (False, False, True), TABLE[verb], strict=True):
        step = None if asked is None else asked + 1
        assert confirm.level(effect, count, whole=whole, protected=True) == step


def test_effects_weigh_in_their_order() -> None:
    assert confirm.weightiest([Effect.HARD, Effect.RELIEF]) is Effect.HARD
    assert confirm.weightiest([Effect.AGREED, Effect.LOSS, Effect.HARD]) is Effect.LOSS


@pytest.mark.parametrize(
    ("said", "covered"),
    [
        (Confirmation(), (True, False, False, False)),
        (Confirmation(yes=True), (True, True, False, False)),
        (Confirmation(typed="db-01"), (True, True, True, True)),
        (Confirmation(typed=" db-01 "), (True, True, True, True)),
        (Confirmation(typed="db-0"), (True, False, False, False)),
        (Confirmation(typed="DB-01", yes=True), (True, True, False, False)),
    ],
)
def test_what_is_said_covers_a_level_or_not(said: Confirmation, covered: tuple[bool, ...]) -> None:
    assert tuple(said.covers(level, "db-01") for level in range(4)) == covered


def test_without_a_phrase_nothing_typed_covers_anything() -> None:
    assert not Confirmation(typed="").covers(confirm.TYPED, "")
    assert not Confirmation(typed="x").covers(confirm.YES, "")


def test_the_name_is_typed_for_one_the_count_for_several_the_host_for_a_whole_one() -> None:
    assert confirm.phrase(confirm.YES, ["db-01"], "") == ""
    assert confirm.phrase(confirm.TYPED, ["db-01"], "") == "db-01"
    assert confirm.phrase(confirm.TYPED, ["a", "b", "c"], "") == "3"
    assert confirm.phrase(confirm.TYPED, ["a", "b", "c"], "esx-07") == "esx-07"
    assert confirm.phrase(confirm.TYPED, [], "") == ""


@pytest.mark.parametrize("name", ["", "  ", "a\x1b[2J", "a\u202eb", "two\nlines", "\ufffd"])
def test_for_a_name_that_cannot_be_typed_as_shown_the_id_is(name: str) -> None:
    assert confirm.typeable(name, "4711") == "4711"


@pytest.mark.parametrize("name", ["db-01", "Büro 2", "売上 db", " padded "])
def test_other_names_are_typed(name: str) -> None:
    assert confirm.typeable(name, "4711") == name.strip()
