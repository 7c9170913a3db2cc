"""The ways out: the golden table of states, families and start flags, and what holds of every way."""

from __future__ import annotations

import pytest

from novatui.core.states import Family
from novatui.core.verbs import VERBS
from novatui.core.waysout import NEEDS_FLAG, ways_out
from tests.migration.ways import COPYING, FLAGS, GOLDEN, LEVERS, STATES, STUCK, cases, reading, table


def test_every_way_says_what_the_golden_table_says() -> None:
    assert table() == GOLDEN.read_text(encoding="utf-8"), "python -m tests.migration.ways writes it anew"


def test_there_are_always_the_same_six_in_the_same_order() -> None:
    for title, ways in cases():
        assert [way.number for way in ways] == [1, 2, 3, 4, 5, 0], title


def test_what_may_be_used_can_be_proposed() -> None:
    for title, ways in cases():
        for way in ways:
            if way.refused:
                continue
            assert way.verb in LEVERS, title
            assert way.native, title
            required = {given.name for given in VERBS[way.verb].takes if given.required} - {"task"}
            assert required == set(way.arguments), title
            assert all(int(value) > 0 for value in way.arguments.values()), title


@pytest.mark.parametrize("flags", FLAGS)
def test_what_was_not_armed_is_refused_with_the_flag(flags: str) -> None:
    armed = FLAGS[flags]
    ways = {way.number: way for way in ways_out(reading(armed=armed), STUCK, family=Family.LIBVIRT, offered=LEVERS)}
    has = armed or ()
    assert (ways[1].refused == NEEDS_FLAG) == ("auto-converge" not in has)
    assert ways[1].refused
    assert (ways[3].refused == NEEDS_FLAG) == (armed is not None and "post-copy" not in has)


@pytest.mark.parametrize("family", [family for family in Family if family is not Family.LIBVIRT])
def test_no_other_family_is_said_to_have_a_lever(family: Family) -> None:
    ways = ways_out(COPYING, STUCK, family=family, offered=("task.cancel",))
    assert [way.number for way in ways if not way.refused] == [0]


def test_the_pause_that_is_asked_for_covers_the_floor_with_room_to_spare() -> None:
    downtime = ways_out(COPYING, STUCK, family=Family.LIBVIRT, offered=LEVERS)[1]
    assert STUCK.pause is not None
    assert 1.2 * STUCK.pause <= int(downtime.arguments["downtime"]) / 1000 <= 1.4 * STUCK.pause


def test_the_bandwidth_that_is_asked_for_is_above_what_the_guest_writes_and_what_is_allowed() -> None:
    asked = int(ways_out(COPYING, STUCK, family=Family.LIBVIRT, offered=LEVERS)[3].arguments["bandwidth"])
    assert COPYING.dirty_rate is not None
    assert COPYING.bandwidth_limit is not None
    assert asked >= 2 * COPYING.dirty_rate
    assert asked > COPYING.bandwidth_limit


def test_post_copy_names_the_risk_and_cannot_be_cancelled() -> None:
    ways = ways_out(reading(armed=("post-copy",)), STUCK, family=Family.LIBVIRT, offered=LEVERS)
    assert "lost" in ways[2].risk
    progress, verdict = STATES["post-copy"]
    assert "cannot be cancelled" in ways_out(progress, verdict, family=Family.LIBVIRT, offered=LEVERS)[5].refused
