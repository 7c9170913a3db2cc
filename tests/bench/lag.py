"""The console while 10,000-object replies are parsed without pause: in a worker, as we do, or on a thread; goal G7.

Key latency is from writing a key to reading the frame that shows it, in a real pty of 160x50; loop lag is how late the
event loop runs a timer. All kinds are measured in turns, cold, and compared inside each round.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.ptyharness import Pty, percentile

GOAL = 1.5
"""G7: key p99 beside a parsing worker, as a multiple of the idle one."""

KINDS = {
    "idle": "nothing is parsed",
    "worker": "worker process, ElementTree",
    "thread-expat": "thread, expat callbacks",
    "thread-tree": "thread, ElementTree",
}
FIGURES = ("key p50", "key p99", "lag p50", "lag p99", "lag max")
GAP = 0.02
"""Seconds between the answer to a key and the next key."""


def measure(kind: str, objects: int, keys: int, scratch: Path) -> dict[str, float]:
    """Milliseconds of one cold run, and how many replies were parsed in its course."""
    report = scratch / kind
    report.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "tests.bench.lag_app", kind, str(objects), str(report)]
    with Pty(argv, env={"PYTHONPATH": os.getcwd()}) as terminal:
        terminal.wait_for(b"READY", timeout=180)
        time.sleep(1)
        latencies: list[float] = []
        for number in range(1, keys + 1):
            start, pressed = len(terminal.data), time.perf_counter()
            terminal.write(b"j" if number % 40 < 20 else b"k")
            latencies.append(terminal.wait_for(f"<{number}>".encode(), start=start) - pressed)
            time.sleep(GAP)
        terminal.write(b"r")
        terminal.child.wait(60)
    told = json.loads(report.read_text())
    if told["failure"]:
        raise RuntimeError(f"{kind}: {told['failure']}")
    lags = told["lags"]
    values = (
        percentile(latencies, 50),
        percentile(latencies, 99),
        percentile(lags, 50),
        percentile(lags, 99),
        max(lags),
    )
    return {name: 1000 * value for name, value in zip(FIGURES, values, strict=True)} | {"replies": told["replies"]}


def main(argv: list[str]) -> int:
    """How many goals were missed."""
    parser = argparse.ArgumentParser(prog="lag", description=__doc__)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--keys", type=int, default=200, help="keys of each run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures there")
    chosen, _ = parser.parse_known_args(argv)
    rounds: list[dict[str, dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(chosen.rounds):
            order = list(KINDS) if number % 2 == 0 else list(reversed(KINDS))
            found = {kind: measure(kind, chosen.objects, chosen.keys, Path(scratch)) for kind in order}
            rounds.append(found)
    print(f"{chosen.objects} objects a reply, {chosen.keys} keys, medians of {chosen.rounds} rounds, milliseconds")
    print(f"{'':30}" + "".join(f"{name:>10}" for name in FIGURES) + f"{'replies':>10}{'key p99 / idle':>16}")
    ratios: dict[str, float] = {}
    for kind, title in KINDS.items():
        middle = {name: statistics.median(each[kind][name] for each in rounds) for name in (*FIGURES, "replies")}
        ratios[kind] = statistics.median(each[kind]["key p99"] / each["idle"]["key p99"] for each in rounds)
        print(f"{title:30}" + "".join(f"{value:10.1f}" for value in middle.values()) + f"{ratios[kind]:15.2f}x")
    met = ratios["worker"] <= GOAL
    print(f"G7 {'met' if met else 'MISSED'}: beside a worker {ratios['worker']:.2f}x of idle, goal {GOAL}x")
    if chosen.json:
        chosen.json.write_text(json.dumps({"rounds": rounds, "ratios": ratios}, indent=1))
    return int(not met)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
