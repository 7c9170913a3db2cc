"""Filtering and sorting large fleets: what one keystroke in the filter costs, and what updates cost a sorted table.

Beside each stands the same filter and sort over a list of dicts, as one would write it without columns. CPU time.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import time
from array import array
from collections.abc import Callable
from typing import Any

from novatui.core.metrics import METRICS, RINGED
from novatui.core.states import Kind
from novatui.engine.identity import Identities
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.metric_store import MetricStore
from novatui.engine.query import parse
from novatui.engine.selection import Selection, Sort
from novatui.engine.task_store import TaskStore
from novatui.wire import frames
from tests.bench import fleetdata

Row = dict[str, Any]
TYPED: list[tuple[str, Sort, Callable[[Row], bool]]] = [
    ("", Sort(), lambda row: True),
    ("w", Sort(), lambda row: "w" in row["name"]),
    ("web", Sort(), lambda row: "web" in row["name"]),
    ("web-front-4", Sort(), lambda row: "web-front-4" in row["name"]),
    ("power:on", Sort(), lambda row: row["power"] == "running"),
    ("power:on cpu>80", Sort("cpu.used", descending=True), lambda row: row["power"] == "running" and row["cpu"] > 80),
    ("mem>50% !tag:lab", Sort("mem.used", descending=True), lambda row: row["mem"] > 50 and "lab" not in row["tags"]),
    ("host:kvm-0100", Sort(), lambda row: row["host"] == "kvm-0100"),
    ("~^(web|db)-.*7$", Sort(), lambda row: re.search("^(web|db)-.*7$", row["name"]) is not None),
    ("", Sort("cpu.used", descending=True), lambda row: True),
]


class Fleet:
    """What selections look at."""

    def __init__(self, count: int) -> None:
        self.metrics = MetricStore()
        self.inventory: InventoryStore = fleetdata.inventory(count)
        self.identity = Identities(self.inventory, self.metrics, TaskStore())
        self.keys = fleetdata.keys(count)
        self.random = random.Random(1)
        self.sample(self.keys, 10.0)

    def sample(self, keys: list[str], begun: float) -> set[int]:
        """Measure these machines; the slots that changed."""
        changed = set[int]()
        for start in range(0, len(keys), frames.MAX_ROWS):
            part = keys[start : start + frames.MAX_ROWS]
            values = array("d")
            for _ in part:
                values.extend([self.random.random() * 100, 0.0, self.random.random() * 2**30] + [1.0] * 5 + [2**30] * 5)
            codes = bytes(2 * RINGED * len(part))
            assert len(values) == len(part) * len(METRICS)
            frame = frames.Samples(fleetdata.SPEC.name, 1, begun, part, values.tobytes(), codes)
            changed |= self.metrics.apply(frame, self.inventory, begun)
        return changed

    def dicts(self) -> list[Row]:
        """The same fleet as a list of dicts."""
        found: list[Row] = []
        for slot in self.inventory.slots(Kind.VM):
            host = self.inventory.host(slot)
            used, name = self.metrics.latest(slot, "mem.used") or 0.0, self.inventory.name(slot)
            row = {"name": name, "host": self.inventory.name(host) if host is not None else ""}
            row |= {field: self.inventory.value(slot, field) for field in ("power", "tags", "memory")}
            found.append(row | {"cpu": self.metrics.latest(slot, "cpu.used"), "mem": 100 * used / 2**30})
        return found


def main(argv: list[str]) -> int:
    """Always 0: no goal of its own, the keystroke is judged on the whole console."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench queries", description=__doc__)
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=[50_000, 100_000])
    parser.add_argument("--runs", type=int, default=5)
    options, _ = parser.parse_known_args(argv)
    print(f"load average before: {os.getloadavg()[0]:.2f}; ms of CPU, median of {options.runs}")
    for count in options.sizes:
        fleet = Fleet(count)
        keystrokes(fleet, count, options.runs)
        updates(fleet)
    return 0


def keystrokes(fleet: Fleet, count: int, runs: int) -> None:
    rows = fleet.dicts()
    selection = Selection(fleet, kinds=[Kind.VM])
    print(f"\n {count:,} machines{'shown':>34}{'ours':>9}{'dicts':>9}")
    for text, sort, naive in TYPED:
        ours = median_ms(lambda text=text, sort=sort: selection.show(parse(text), sort), runs)
        key = {"cpu.used": "cpu", "mem.used": "mem"}.get(sort.key, "name")
        peer = median_ms(
            lambda naive=naive, key=key, sort=sort: sorted(
                (row for row in rows if naive(row)), key=lambda row: row[key], reverse=sort.descending
            ),
            runs,
        )
        label = f"{text or '(all)'}  by {sort.key}"
        print(f"  {label:<36}{len(selection.slots):>9,}{ours:>9.1f}{peer:>9.1f}")


def updates(fleet: Fleet) -> None:
    """10,000 updates a second, drawn four times a second, resorted every three seconds."""
    selection = Selection(fleet, parse("cpu>20"), Sort("cpu.used", descending=True), [Kind.VM])
    spent = list[float]()
    for tick in range(12):
        changed = fleet.sample(fleet.random.sample(fleet.keys, 2500), 20.0 + tick)
        begin = time.process_time()
        selection.update(changed)
        if tick == 11:
            selection.resort()
        spent.append(time.process_time() - begin)
    tick, load = statistics.median(spent) * 1e3, sum(spent) / 3 * 100
    print(
        f"  10,000 updates/s in a sorted, filtered table of {len(selection.slots):,} rows, resorted every 3 s:", end=" "
    )
    print(f"{tick:.1f} ms a tick, {load:.1f} % of a core")


def median_ms(work: Callable[[], object], runs: int) -> float:
    spent = list[float]()
    for _ in range(runs):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return statistics.median(spent) * 1e3
