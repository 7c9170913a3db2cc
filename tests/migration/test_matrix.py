"""Verdicts of simulated and of recorded migrations against what happened to them. Counts, no times."""

from __future__ import annotations

import pytest

from novatui.core.verdict import Call
from tests.migration.matrix import ENDED, PROVABLE, Figures, figures, score
from tests.migration.precopy import simulate
from tests.migration.real_matrix import real_figures
from tests.migration.recorded import FIXED, FORECAST_FIXED, replays
from tests.migration.scenarios import HELD_OUT, KINDS, TUNED, scenario

NOT_CONVERGING_FALSE = 0.02
ERROR = 0.2


@pytest.fixture(scope="module", params=["tuned", "held out"])
def simulated(request: pytest.FixtureRequest) -> Figures:
    seeds = TUNED if request.param == "tuned" else HELD_OUT
    return figures(simulate(scenario(seed)) for seed in seeds)


@pytest.fixture(scope="module")
def recorded() -> Figures:
    found = replays()
    if not found:
        pytest.skip("no recordings")
    return real_figures(found)


def test_there_are_enough_of_every_outcome(simulated: Figures) -> None:
    outcomes = [one.outcome for one in simulated.scored]
    assert len(outcomes) == 96
    assert outcomes.count(ENDED) >= 40
    assert outcomes.count(PROVABLE) >= 30
    assert {one.name for one in simulated.scored} == {scenario(seed).name for seed in range(len(KINDS))}


def test_what_ends_is_not_called_not_converging(simulated: Figures) -> None:
    assert simulated.false_share <= NOT_CONVERGING_FALSE, [one.name for one in simulated.false]
    assert len(simulated.wrong) <= NOT_CONVERGING_FALSE * len(simulated.scored), [one.name for one in simulated.wrong]


def test_what_cannot_end_is_named_in_time(simulated: Figures) -> None:
    assert not simulated.missed
    assert len(simulated.late) <= 0.05 * len(simulated.delays), simulated.late


def test_the_time_that_is_told_is_about_right(simulated: Figures) -> None:
    assert simulated.error <= ERROR
    assert simulated.within >= 0.8
    assert simulated.bound >= 0.9


def test_recorded_what_ends_is_not_called_not_converging(recorded: Figures) -> None:
    assert sum(one.outcome == ENDED for one in recorded.scored) >= 20
    assert recorded.false_share <= NOT_CONVERGING_FALSE, [one.name for one in recorded.false]


def test_recorded_what_cannot_end_is_named_in_time(recorded: Figures) -> None:
    assert sum(one.outcome == PROVABLE for one in recorded.scored) >= 4
    assert not recorded.missed
    assert len(recorded.late) <= 0.1 * len(recorded.delays), recorded.late


def test_recorded_later_the_time_that_is_told_is_about_right() -> None:
    """Of recordings that were not in view when the forecast was chosen."""
    later = real_figures(one for one in replays() if FIXED < one.recorded <= FORECAST_FIXED)
    assert sum(bool(one.errors) for one in later.scored) >= 12
    assert later.error <= ERROR
    assert later.bound >= 0.9


def test_every_recording_is_followed_through_its_phases(recorded: Figures) -> None:
    for one in recorded.scored:
        assert one.calls[Call.FIRST_PASS], one.name
        assert one.calls[Call.UNKNOWN] <= 0.1 * one.calls.total() + 5, one.name


def test_the_matrix_shows_a_judge_that_errs() -> None:
    """The scoring can fail: a run that never ends, held against a judge that calls nothing, is a miss."""
    found = score(simulate(scenario(4)))
    assert (found.outcome, found.said) == (PROVABLE, True)
    found.said = False
    assert Figures([found]).missed == [found]
    found.outcome, found.said = ENDED, True
    assert Figures([found]).false_share == 1.0
