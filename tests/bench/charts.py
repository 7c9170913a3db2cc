"""The live chart against plotext: goal G10. 120×20 cells, three curves of 240 values, legend, axes and threshold.

Ours is measured whole, from values to styled strips; plotext from values to its text, in colours. CPU time, medians of
interleaved rounds. The goal was set against plotext 5.3. The 6.x that draws our history charts is compiled: it is
printed beside.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

from novatui.ui.render import canvas, chart, scale
from novatui.ui.render.look import Look
from novatui.ui.render.marks import DRAWN
from novatui.ui.theme import load_theme

WIDTH, HEIGHT, CURVES, VALUES = 120, 20, 3, 240
OLD = "5.3.2"
"""The plotext that the goal was set against."""

OURS = 20
"""Drawings of ours in each round: one takes less than a millisecond."""


def values() -> list[list[float]]:
    dice = random.Random(1)
    return [[50 + 20 * dice.random() for _ in range(VALUES)] for _ in range(CURVES)]


def timed(draw: Callable[[], object], times: int = 1) -> float:
    """Seconds of one drawing."""
    begin = time.process_time()
    for _ in range(times):
        draw()
    return (time.process_time() - begin) / times


def main(argv: list[str]) -> int:
    """1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench charts", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options, _ = parser.parse_known_args(argv)
    curves = values()
    whole, bare, now = _whole(curves), _bare(curves), _plotext_now(curves)
    for draw in (whole, bare, now):
        draw()
    old = _Old()
    found: dict[str, list[float]] = {"whole": [], "bare": [], "now": [], "old": []}
    for _ in range(options.rounds):
        found["whole"].append(timed(whole, OURS))
        found["now"].append(timed(now))
        found["bare"].append(timed(bare, OURS))
        if old.works:
            found["old"].append(old.draw())
    old.close()
    return _report({name: median(times) for name, times in found.items() if times}, options.rounds, old)


def _report(ms: dict[str, float], rounds: int, old: _Old) -> int:
    import plotext

    ms = {name: seconds * 1e3 for name, seconds in ms.items()}
    print(f"{WIDTH}x{HEIGHT} cells, {CURVES} curves of {VALUES} values, median of {rounds} interleaved rounds")
    print(f"  our chart            {ms['whole']:8.3f} ms   legend, axes, threshold and colours included")
    print(f"  our canvas alone     {ms['bare']:8.3f} ms   text and colours of the curves")
    for version, name in ((plotext.version, "now"), (OLD, "old")):
        if name in ms:
            beside = f"{ms[name] / ms['whole']:.0f}x our chart, {ms[name] / ms['bare']:.0f}x our canvas"
            print(f"  plotext {version:12} {ms[name]:8.3f} ms   braille, frame, labels and colours: {beside}")
        else:
            print(f"  plotext {version:12} not measured: {old.why}")
    met = [_goal(f"the live chart takes {ms['whole']:.2f} ms (at most 1 ms)", ms["whole"] <= 1)]
    if "old" in ms:
        ratio = ms["old"] / ms["whole"]
        met.append(_goal(f"plotext {OLD} takes {ratio:.0f} times as long as our chart (at least 50)", ratio >= 50))
    ratio = ms["now"] / ms["bare"]
    met.append(_goal(f"plotext {plotext.version}, compiled, {ratio:.0f} times our canvas (at least 50)", ratio >= 50))
    return int(not all(met))


def _goal(text: str, met: bool) -> bool:
    print(f"  G10 {'met   ' if met else 'MISSED'}  {text}")
    return met


def _whole(curves: list[list[float]]) -> Callable[[], object]:
    look = Look(marks=DRAWN, styles=load_theme("dark").styles, utc=True)
    now = time.time()
    made = chart.Chart(
        title="cpu",
        unit=scale.UNITS["%"],
        series=[chart.Series(name=f"curve {at}", values=one, now=one[-1]) for at, one in enumerate(curves)],
        top=100.0,
        begin=now - 600,
        end=now,
        thresholds=[chart.Threshold(90.0)],
        note="10 min",
    )
    width = WIDTH + chart.AXIS + CURVES
    return lambda: chart.lines(made, look, width, HEIGHT + 3)


def _bare(curves: list[list[float]]) -> Callable[[], object]:
    steps = canvas.down(HEIGHT, ascii_only=False)
    return lambda: canvas.draw([canvas.Curve(canvas.levels(one, 100.0, steps)) for one in curves], WIDTH, HEIGHT)


def _plotext_now(curves: list[list[float]]) -> Callable[[], object]:
    import plotext

    plotext.terminal.limit(False, False)

    def draw() -> str:
        plotext.figure.clear.all()
        plotext.figure.plot_size(WIDTH, HEIGHT)
        for one in curves:
            plotext.figure.draw(plotext.figure.signal(one, marker="braille").lines(True))
        return plotext.figure.build().string()

    return draw


_OLD_PROGRAM = """
import json, sys, time, plotext
curves, width, height = json.loads(sys.stdin.readline())
for line in sys.stdin:
    begin = time.process_time()
    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plotsize(width, height)
    for one in curves:
        plotext.plot(one, marker="braille")
    plotext.build()
    print(time.process_time() - begin, flush=True)
"""


class _Old:
    """The old plotext in an environment of its own, made by uv; it draws when it is told to."""

    def __init__(self) -> None:
        argv = ["uv", "run", "--quiet", "--isolated", "--no-project", "--python", sys.executable]
        argv += ["--with", f"plotext=={OLD}", "python", "-c", _OLD_PROGRAM]
        self.works, self.why = False, ""
        try:
            self._process = subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            self._say(json.dumps([values(), WIDTH, HEIGHT]))
            self.draw()
            self.works = True
        except (OSError, ValueError) as error:
            self.why = f"plotext {OLD} cannot be had here ({error})"

    def draw(self) -> float:
        """Seconds of one drawing."""
        self._say("go")
        assert self._process.stdout is not None
        return float(self._process.stdout.readline())

    def _say(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """End it."""
        if hasattr(self, "_process"):
            self._process.communicate()
