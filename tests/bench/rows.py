"""The row engine against Textual's Tree and DataTable, each in a real pty of 160x50; goals G2 and G3.

Latencies are from writing a key to reading the frame that shows its effect. Both sides of a ratio are measured in turns
inside one run. Rows where we are slower are printed like all others, with a ratio below 1.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.bench.ptyharness import Pty, percentile

SIZES = (1_000, 10_000, 45_000, 100_000)
WALK = b"jjjjjfkkkkkb"
"""The keys of a walk: five rows down, a page down, and back."""

GAP = 0.03
"""Seconds between two keys."""

PATIENCE = 60.0
"""Seconds that one key may take."""

STOCK_BUDGET = 25.0
"""Seconds spent on one row with a stock widget that takes seconds per key."""


class Subject:
    """One running `rows_app`."""

    def __init__(self, kind: str, count: int, scratch: Path) -> None:
        self.kind = kind
        self.keys = 0
        self._report = scratch / f"{kind}-{count}"
        self._report.unlink(missing_ok=True)
        argv = [sys.executable, "-m", "tests.bench.rows_app", kind, str(count), str(self._report)]
        self.terminal = Pty(argv, env={"PYTHONPATH": os.getcwd()})
        self.started = self.terminal.wait_for(b"BUILT", timeout=120) - self.terminal.started
        """Seconds from the start of the process to the frame that shows the rows."""
        self.terminal.wait_quiet()

    def __enter__(self) -> Subject:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.terminal.close()

    def press(self, key: str) -> float:
        """Seconds from the key to the frame that shows what it did."""
        self.keys += 1
        start = len(self.terminal.data)
        pressed = time.perf_counter()
        self.terminal.write(key.encode())
        return self.terminal.wait_for(b"<%d>" % self.keys, PATIENCE, start) - pressed

    def presses(self, keys: str, budget: float = PATIENCE) -> list[float]:
        """Latencies of `keys`, of fewer when `budget` seconds are over."""
        deadline = time.perf_counter() + budget
        found: list[float] = []
        for key in keys:
            found.append(self.press(key))
            if time.perf_counter() > deadline:
                break
            time.sleep(GAP)
        return found

    def report(self) -> dict[str, float]:
        """What the app says of itself."""
        self._report.unlink(missing_ok=True)
        self.terminal.write(b"r")
        while not self._report.exists():
            time.sleep(0.01)
        return json.loads(self._report.read_text()) | {"started": self.started}

    def under_load(self, switch: str, keys: int, budget: float = STOCK_BUDGET) -> tuple[list[float], dict[str, float]]:
        """Latencies of a walk while updates pour in, and the rates that were reached, in 1/s."""
        self.press(switch)
        time.sleep(0.5)
        before, cpu = self.report(), self.terminal.cpu()
        found = self.presses(walk(keys), budget)
        after, cpu = self.report(), self.terminal.cpu() - cpu
        self.press(switch)
        seconds = after["at"] - before["at"]
        rates = {name: (after[name] - before[name]) / seconds for name in ("updates", "changes")}
        return found, rates | {"cpu": 100 * cpu / seconds}


def walk(keys: int) -> str:
    return (WALK.decode() * (keys // len(WALK) + 1))[:keys]


class Table:
    """Prints rows of two sides and their ratio."""

    def __init__(self, ours: str, stock: str) -> None:
        print(f"  {'':58}{ours:>18}{stock:>18}   ratio")

    def row(self, what: str, ours: float, stock: float, unit: str = "ms") -> None:
        ratio = f"{stock / ours:8.2f}x" if ours > 0 else "       –"
        lost = "   lost" if stock < ours else ""
        print(f"  {what:58}{ours:15.2f} {unit:2}{stock:15.2f} {unit:2}{ratio}{lost}", flush=True)

    def latencies(self, what: str, ours: Sequence[float], stock: Sequence[float]) -> None:
        self.row(f"{what}, p50", *(1000 * percentile(side, 50) for side in (ours, stock)))
        self.row(
            f"{what}, p99 of {len(ours)} and {len(stock)}", *(1000 * percentile(side, 99) for side in (ours, stock))
        )


def in_turns(sides: Sequence[Subject], keys: str, turns: int) -> list[list[float]]:
    """Latencies of `keys` pressed `turns` times on each side, alternating."""
    found: list[list[float]] = [[] for _ in sides]
    for _ in range(turns):
        for side, latencies in zip(sides, found, strict=True):
            latencies += side.presses(keys, STOCK_BUDGET / turns * 2)
    return found


def compare(ours: str, stock: str, count: int, runs: int, scratch: Path) -> dict[str, float]:
    """One size of one pair; the ratios that goals are about."""
    print(f"\n {count:,} rows, {ours} and {stock}")
    table = Table(ours, stock)
    cold: dict[str, list[dict[str, float]]] = {ours: [], stock: []}
    for _ in range(runs - 1):
        for kind in cold:
            with Subject(kind, count, scratch) as subject:
                cold[kind].append(subject.report())
    with Subject(ours, count, scratch) as us, Subject(stock, count, scratch) as them:
        cold[ours].append(us.report())
        cold[stock].append(them.report())

        def median(kind: str, value: Callable[[dict[str, float]], float]) -> float:
            return statistics.median(value(told) for told in cold[kind])

        builds = [1000 * median(kind, lambda told: told["build"] + told["frame"]) for kind in (ours, stock)]
        table.row(f"build and frame, median of {runs}", *builds)
        starts = (1000 * median(kind, lambda told: told["started"]) for kind in (ours, stock))
        table.row("process start to rows on screen", *starts)
        table.row("memory added", *(median(kind, lambda told: told["memory"]) for kind in (ours, stock)), unit="MB")
        ratios = {"build": builds[1] / builds[0]}
        in_turns((us, them), "m", 1)
        if "tree" in ours:
            host = in_turns((us, them), "hh", 8)
            table.latencies("fold and unfold a host on screen", *host)
            ratios["toggle"] = statistics.median(host[1]) / statistics.median(host[0])
            table.latencies("fold and unfold a connection", *in_turns((us, them), "cc", 3))
            in_turns((us, them), "m", 1)
        table.latencies("key, nothing else going on", *in_turns((us, them), walk(12), 5))
        loads = (("1,000 updates/s", "u"), ("10,000 updates/s + 10 structural/s", "l"))
        for what, switch in loads:
            mine, my_rates = us.under_load(switch, 120)
            theirs, their_rates = them.under_load(switch, 120)
            table.latencies(f"key, {what}", mine, theirs)
            for name, unit in (("updates", "/s"), ("changes", "/s"), ("cpu", "% ")):
                if my_rates[name]:
                    print(
                        f"  {'  ' + name:58}{my_rates[name]:15.1f} {unit}{their_rates[name]:15.1f} {unit}", flush=True
                    )
    return ratios


def steady_under_churn(scratch: Path, large: int, rounds: int) -> float:
    """G2: p99 at `large` rows under the full load over p99 at 1,000 rows idle, both ours, in turns."""
    with Subject("our-tree", 1_000, scratch) as quiet, Subject("our-tree", large, scratch) as busy:
        in_turns((quiet, busy), "m", 1)
        still: list[float] = []
        churned: list[float] = []
        for _ in range(rounds):
            still += quiet.presses(walk(60))
            churned += busy.under_load("l", 60)[0]
    print(f"\n our-tree, key to frame, {len(still)} keys each in {rounds} turns")
    for name, values in (("1,000 rows idle", still), (f"{large:,} rows, 10,000 updates/s + 10 structural/s", churned)):
        points = "   ".join(f"p{point} {1000 * percentile(values, point):7.2f} ms" for point in (50, 95, 99))
        print(f"  {name:52}{points}   max {1000 * max(values):7.2f} ms", flush=True)
    return percentile(churned, 99) / percentile(still, 99)


def goal(name: str, what: str, met: bool) -> bool:
    print(f"  {name}  {'met   ' if met else 'MISSED'}  {what}", flush=True)
    return met


def main(argv: list[str]) -> int:
    """1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench rows", description=__doc__)
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=list(SIZES))
    parser.add_argument("--runs", type=int, default=5, help="cold starts for the build times of the largest size")
    parser.add_argument("--rounds", type=int, default=10, help="turns for G2")
    options, _ = parser.parse_known_args(argv)
    print(f"load average before: {os.getloadavg()[0]:.2f}; lower is better, ratio = stock / ours")
    largest = max(options.sizes)
    ratios: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="novatui-bench-") as scratch:
        for count in options.sizes:
            runs = options.runs if count == largest else 1
            tree = compare("our-tree", "tree", count, runs, Path(scratch))
            compare("our-table", "table", count, 1, Path(scratch))
            if count == largest:
                ratios = tree
        steady = steady_under_churn(Path(scratch), largest, options.rounds)
    print(f"\n goals, at {largest:,} rows")
    met = [
        goal("G2", f"key p99 under load is {steady:.2f}x that of 1,000 rows idle (at most 2x)", steady <= 2),
        goal(
            "G3",
            f"fold and unfold is {ratios['toggle']:.0f}x quicker than Tree (at least 100x)",
            ratios["toggle"] >= 100,
        ),
        goal("G3", f"build is {ratios['build']:.0f}x quicker than Tree (at least 30x)", ratios["build"] >= 30),
    ]
    return int(not all(met))
