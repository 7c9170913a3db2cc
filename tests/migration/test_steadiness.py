"""The word on a recorded migration does not flicker."""

from __future__ import annotations

from itertools import pairwise

import pytest

from novatui.core.verdict import ADJUSTING, HELD, Call
from tests.migration.recorded import Replay, replays
from tests.migration.steadiness import both, changes


@pytest.fixture(scope="module")
def recorded() -> list[Replay]:
    found = replays()
    if not found:
        pytest.skip("no recordings")
    return found


def test_the_word_changes_seldom(recorded: list[Replay]) -> None:
    found = both(recorded)
    before, after = (sum(pair[which] for pair in found.values()) for which in (0, 1))
    assert before > 200, "the recordings do flicker when every pass counts at once"
    assert after <= before * 0.4
    assert max(pair[1] for pair in found.values()) <= 10, found


def test_stalled_follows_another_word_only_when_it_has_held(recorded: list[Replay]) -> None:
    """Unless somebody changed a limit just before."""
    followed = 0
    for one in recorded:
        for (before, _), (after, word) in pairwise(changes(one)):
            if word is Call.STALLED and not any(at <= after <= at + ADJUSTING + 1 for at in one.changed):
                followed += 1
                assert after - before >= HELD, (one.name, before, after)
    assert followed > 0
