"""How good verdicts are, and what one costs: confusion matrix of simulated and of recorded migrations.

Goals: false `NOT CONVERGING` at most 2 %, median error of the time told at most 20 %, 20 µs per reading.
"""

from __future__ import annotations

import argparse
import time

from novatui.core.verdict import Judge
from tests.migration import steadiness
from tests.migration.matrix import Figures, figures
from tests.migration.precopy import Run, simulate
from tests.migration.real_matrix import real_figures
from tests.migration.recorded import FIXED, FORECAST_FIXED, replays
from tests.migration.scenarios import HELD_OUT, TUNED, scenario

FALSE = 0.02
ERROR = 0.2
PER_READING = 20e-6
"""Seconds."""


def cost(runs: list[Run]) -> float:
    """Seconds per reading over all of these: the best of three rounds, for others use this computer, too."""
    rounds: list[float] = []
    for _ in range(3):
        begun = time.process_time()
        for run in runs:
            judge = Judge()
            for reading in run.readings:
                judge.add(reading)
        rounds.append(time.process_time() - begun)
    return min(rounds) / sum(len(run.readings) for run in runs)


def show(title: str, found: Figures, goals: dict[str, bool]) -> None:
    print(f"\n{title}")
    print("\n".join(found.lines()))
    goals[f"{title}: false 'not converging' at most {FALSE:.0%}"] = found.false_share <= FALSE
    goals[f"{title}: median error of the time told at most {ERROR:.0%}"] = found.error <= ERROR


def main(argv: list[str]) -> list[str]:
    """The goals that were missed."""
    argparse.ArgumentParser(prog="verdict", description=__doc__).parse_args(argv)
    goals: dict[str, bool] = {}
    tuned = [simulate(scenario(seed)) for seed in TUNED]
    held_out = [simulate(scenario(seed)) for seed in HELD_OUT]
    show(f"{len(tuned)} simulated, in view when the thresholds were chosen", figures(tuned), goals)
    show(f"{len(held_out)} simulated, held out", figures(held_out), goals)
    recorded = replays()
    before = [one for one in recorded if one.recorded <= FIXED]
    later = [one for one in recorded if FIXED < one.recorded <= FORECAST_FIXED]
    fresh = [one for one in recorded if one.recorded > FORECAST_FIXED]
    show(f"{len(before)} recorded on real hosts before the thresholds stood", real_figures(before), goals)
    show(f"{len(later)} recorded on real hosts afterwards", real_figures(later), goals)
    show(f"{len(fresh)} recorded on real hosts after the forecast was made anew", real_figures(fresh), goals)
    print("", *steadiness.lines(recorded), sep="\n")
    seconds = cost(tuned)
    print(f"\none reading: {seconds * 1e6:.1f} µs")
    goals[f"at most {PER_READING * 1e6:.0f} µs per reading"] = seconds <= PER_READING
    for goal, met in goals.items():
        print(f"{'met   ' if met else 'MISSED'} {goal}")
    return [goal for goal, met in goals.items() if not met]
