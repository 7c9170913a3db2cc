"""The curves in tables: what a person chooses after `v`, and on which scale it is drawn."""

from __future__ import annotations

import pytest

from novatui.actions.catalogue import ACTIONS, Section
from novatui.ui.render.marks import PLAIN
from novatui.ui.render.sparkchoice import CURVES, LONG, MINUTE, Choice
from novatui.ui.render.sparks import values
from tests.ui.desk import Desk, desk
from tests.ui.measured import STEP, measured
from tests.ui.test_charts import subject
from tests.ui.world import GIB, load

STRIP = [action for action in ACTIONS if action.leader == "look" and action.section is Section.CURVES]


def title(person: Desk) -> str:
    return person.line("NAME")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("c", "60 s"), ("m", "MEM 1m"), ("d", "DISK 1m"), ("n", "NET 1m"), ("w", "WAIT 1m"), ("l", "LAT 1m"),
        ("t", "10 min"), ("dt", "DISK 10m"), ("dtt", "DISK 1m"), ("dc", "60 s"),
    ],
)  # fmt: skip
async def test_a_key_of_the_strip_chooses_the_curve(keys: str, words: str) -> None:
    async with desk(measured()) as person:
        for key in keys:
            await person.press("v", key)
        assert words in title(person)


def test_every_key_of_the_strip_is_tried() -> None:
    assert {key for action in STRIP for key in action.keys} == set("cmdnwlt")


async def test_the_strip_says_its_keys_and_any_other_key_closes_it() -> None:
    async with desk(measured(), (80, 24)) as person:
        await person.press("v")
        said = "o columns c cpu m memory d disk n net w wait l latency t 1 or 10 min"
        assert said in " ".join(" ".join(person.lines[-2:]).split())
        await person.press("s")
        assert "o columns" not in person.text
        assert "sort by" not in person.text
        assert "60 s" in title(person)


async def test_rows_are_drawn_anew_at_once() -> None:
    async with desk(measured(swing=0.6), marks=PLAIN) as person:
        before = person.lines[4]
        await person.press("v", "d")
        assert person.lines[4] != before


def test_scales() -> None:
    fleet = measured()
    one, other = subject(fleet, "vm:busy"), subject(fleet, "vm:idle")
    high = {curve.title: values(Choice(at), one, 16)[1] for at, curve in enumerate(CURVES)}
    assert high["CPU"] == 100.0
    assert high["MEM"] == 16 * GIB
    assert high["WAIT"] == 10.0
    assert high["LAT"] == 20.0
    assert high["DISK"] == pytest.approx(50 * 5e5, rel=1e-3)
    fleet.measure("kvm-03", {"vm:idle": load("idle", 0.01)})
    assert values(Choice(3), other, 16)[1] >= 1024.0**2


def test_a_sum_is_not_known_where_one_of_its_parts_is_not() -> None:
    fleet = measured(minutes=1)
    for _ in range(20):
        fleet.measure("kvm-03", {"vm:busy": {"net.rx": 5.0, "disk.read": 5.0, "disk.write": 6.0}})
        fleet.clock.advance(STEP)
    one = subject(fleet, "vm:busy")
    assert values(Choice(3), one, 8)[0][-1] is None
    assert values(Choice(2), one, 8)[0][-1] == pytest.approx(11.0, rel=1e-3)


def test_titles_fit_their_column() -> None:
    assert all(len(Choice(at, span).title) <= 8 for at in range(len(CURVES)) for span in (MINUTE, LONG))
