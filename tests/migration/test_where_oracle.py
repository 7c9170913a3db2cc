"""Where a machine can run, against a table made by hand: single reasons, mixtures, and what nobody answered.

Every reason is found, nothing is called a no that is none, and nothing that was not asked ends in a yes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec
import pytest

from novatui.core.capabilities import Answer
from novatui.core.fitting import fit
from novatui.core.needs import HostTold, Needs
from novatui.core.reasons import Fit, Topic
from novatui.core.states import Power
from novatui.core.vmspec import VmSpec
from novatui.wire import frames
from novatui.wire.channel import decode, encode
from tests.migration.where_faults import ASKED, EVERY, HOST, NEEDS, Wrong

MIXTURES = 160
"""Beside one case for each entry of the table."""


def mixtures() -> list[tuple[Wrong, ...]]:
    """Two to six things wrong at once, each about another part."""
    dice = random.Random(5)
    found: list[tuple[Wrong, ...]] = []
    while len(found) < MIXTURES:
        chosen: dict[str, Wrong] = {}
        for wrong in dice.sample(EVERY, dice.randint(2, 6)):
            chosen.setdefault(wrong.part, wrong)
        if len(chosen) > 1:
            found.append(tuple(chosen.values()))
    return found


CASES = [(wrong,) for wrong in EVERY] + mixtures()


def expected(wrongs: Sequence[Wrong]) -> Answer:
    """By hand: one reason against rules it out; else one open question leaves it open; else conditions remain."""
    blocking = [wrong for wrong in wrongs if wrong.blocking]
    if any(wrong.answer is Answer.NO and not wrong.condition for wrong in blocking):
        return Answer.NO
    if any(wrong.answer is Answer.UNKNOWN for wrong in blocking):
        return Answer.UNKNOWN
    return Answer.PARTLY if blocking else Answer.YES


def broken(wrongs: Sequence[Wrong]) -> Fit:
    needs: Needs = NEEDS
    host: HostTold = HOST
    for wrong in sorted(wrongs, key=lambda wrong: wrong.part):
        needs, host = wrong.do(needs, host)
    return fit(needs, host)


def test_there_are_two_hundred_cases() -> None:
    assert len(CASES) >= 200
    assert len({wrong.name for wrong in EVERY}) == len(EVERY)


@pytest.mark.parametrize("wrongs", CASES, ids=lambda wrongs: "+".join(wrong.name for wrong in wrongs))
def test_every_reason_is_found_and_no_other(wrongs: tuple[Wrong, ...]) -> None:
    found = broken(wrongs)
    for wrong in wrongs:
        hits = [check for check in found.against if check.topic is wrong.topic and wrong.words in check.reason]
        assert len(hits) == 1, (wrong.name, found.reasons)
        assert (hits[0].answer, hits[0].blocking) == (wrong.answer, wrong.blocking)
        assert bool(hits[0].condition) == wrong.condition
    assert len(found.against) == len(wrongs), found.reasons
    assert found.answer is expected(wrongs), found.reasons


@pytest.mark.parametrize("wrongs", CASES[:: len(CASES) // 40], ids=lambda wrongs: wrongs[0].name)
def test_the_first_reason_is_the_weightiest(wrongs: tuple[Wrong, ...]) -> None:
    found = broken(wrongs)
    first = found.against[0]
    if found.answer is Answer.NO:
        assert first.blocks
    elif found.answer is Answer.UNKNOWN:
        assert first.open


def test_a_yes_names_every_topic_that_was_asked_with_evidence() -> None:
    found = fit(NEEDS, HOST)
    assert found.answer is Answer.YES
    assert found.against == ()
    assert {check.topic for check in found.checks} == set(Topic) - {Topic.PRODUCT}
    assert all(check.evidence is not None and check.reason for check in found.checks)


def test_a_driver_that_asks_nothing_gets_no_yes() -> None:
    silent = HostTold(host="host:b", name="b", host_uuid="bbbb")
    assert fit(NEEDS, silent).answer is Answer.UNKNOWN
    assert Fit(host="host:b").answer is Answer.UNKNOWN
    least = Needs(
        key=NEEDS.key, conn=NEEDS.conn, family=NEEDS.family, host_uuid="aaaa", power=Power.OFF,
        vm=VmSpec(name="db"), snapshots=0, evidence=ASKED,
    )  # fmt: skip
    assert fit(least, silent).answer is Answer.UNKNOWN


@pytest.mark.parametrize("field", [name for name in HostTold.__struct_fields__ if name.endswith("_free")])
def test_any_single_silence_takes_the_yes_away(field: str) -> None:
    default = getattr(HostTold(host="", name=""), field)
    assert fit(NEEDS, msgspec.structs.replace(HOST, **{field: default})).answer is Answer.UNKNOWN


def test_the_host_that_it_is_on_is_named_and_nothing_else_is_said_of_it() -> None:
    here = fit(NEEDS, msgspec.structs.replace(HOST, host_uuid="aaaa"))
    assert here.answer is Answer.NO
    assert here.reasons == ("it is on kvm-12 already",)


@pytest.mark.parametrize("wrongs", CASES[::7], ids=lambda wrongs: wrongs[0].name)
def test_an_answer_is_the_same_on_the_other_side_of_the_wire(wrongs: tuple[Wrong, ...]) -> None:
    found = broken(wrongs)
    there = decode(encode(frames.FitAnswer("kvm-12", 1, found, None))[4:])
    assert isinstance(there, frames.FitAnswer)
    assert there.fit == found
    asked = decode(encode(frames.FitRequest("kvm-12", 1, NEEDS, "host:b"))[4:])
    assert isinstance(asked, frames.FitRequest)
    assert asked.needs == NEEDS
