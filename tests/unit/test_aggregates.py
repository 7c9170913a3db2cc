"""Sums over the machines of a node: against a naive sum after random changes, and what they say of what is missing."""

from __future__ import annotations

import random
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novatui.core.inventory import Value
from novatui.core.logcode import NO_SAMPLE, encode
from novatui.core.metrics import NAMES, RINGED
from novatui.core.states import Kind
from novatui.engine import aggregates
from novatui.engine.aggregates import RESTING, SUMMED, WARM, Aggregates
from novatui.engine.identity import Identities
from novatui.engine.metric_store import MetricStore
from novatui.engine.task_store import TaskStore
from novatui.wire import frames
from tests.unit.stores import remove, samples, slot, store, tell

GIB = 1024.0**3


class Bench:
    """A fleet view with a clock of its own, over one connection with two hosts in a cluster."""

    def __init__(self, machines: int = 4) -> None:
        self.now = 1000.0
        self.inventory = store()
        self.metrics = MetricStore()
        self.identity = Identities(self.inventory, self.metrics, TaskStore(), lambda: self.now)
        self.aggregates = Aggregates(self, lambda: self.now)
        self.touched: set[int] = set()
        self.tell({"cluster:a": {"name": "a"}})
        self.tell({f"host:{n}": {"name": f"h{n}", "parent": "cluster:a", "cpus": 8} for n in (1, 2)})
        for n in range(machines):
            self.machine(n)
        self.aggregates.take(self.inventory.drain().rows)

    def machine(self, n: int, host: int | None = None, **values: Value) -> None:
        home = f"host:{host or n % 2 + 1}"
        row: dict[str, Value] = {"name": f"m{n}", "parent": home, "host": home, "power": "running", "vcpus": 2}
        self.tell({f"vm:{n}": row | values})

    def tell(self, objects: dict[str, dict[str, Value]]) -> None:
        tell(self.inventory, objects, begun=self.now)

    def measure(self, values: dict[str, dict[str, float]]) -> None:
        self.touched |= self.metrics.apply(samples(values, begun=self.now), self.inventory, self.now)

    def drain(self) -> set[int]:
        delta = self.inventory.drain()
        touched, self.touched = self.touched, set()
        return self.aggregates.take(delta.rows | touched, delta.gone)

    def node(self, key: str = "cluster:a") -> aggregates.Aggregate:
        one = self.aggregates.of(slot(self.inventory, key))
        assert one is not None
        return one

    def follow(self, *keys: str) -> None:
        self.aggregates.follow([slot(self.inventory, key) for key in keys])

    def naive(self, key: str, metric: str) -> tuple[float | None, int, int]:
        """Value, machines and unknown ones, from the stores as they are now."""
        node = slot(self.inventory, key)
        below = list(self.inventory.below(node))
        machines = [s for s in below if self.inventory.kind(s) is Kind.VM]
        running = [s for s in machines if self.inventory.value(s, "power") not in RESTING]
        parts = []
        for s in running:
            value = self.metrics.latest(s, metric)
            weight = 1.0
            if metric.startswith("cpu."):
                weight = self.inventory.value(s, "vcpus")
            if metric == "disk.latency":
                weight = self.metrics.latest(s, "disk.iops")
            if value is not None and weight is not None and not self.metrics.stale(s, self.now):
                parts.append((value, weight))
        cpus = [self.inventory.value(s, "cpus") for s in [node, *below] if self.inventory.kind(s) is Kind.HOST]
        top = sum(value * weight for value, weight in parts)
        whole = sum(weight for _, weight in parts) if metric.startswith("cpu.") or metric == "disk.latency" else 1.0
        if metric == "cpu.used" and cpus and all(isinstance(count, int) for count in cpus):
            whole = sum(cpus)
        value = None if not parts else top / whole if whole else 0.0
        return value, len(parts), len(running) - len(parts)


def test_a_cluster_is_the_sum_of_its_running_machines() -> None:
    bench = Bench(3)
    bench.machine(3, power="off")
    bench.follow("cluster:a")
    bench.measure({f"vm:{n}": {"net.rx": 10.0 * n, "cpu.used": 50.0, "cpu.wait": 2.0 * n} for n in (0, 1)})
    bench.drain()
    rx, cpu, wait = (bench.node().figure(metric) for metric in ("net.rx", "cpu.used", "cpu.wait"))
    assert (rx.value, rx.machines, rx.unknown) == (10.0, 2, 1)
    # Two machines of two vCPUs, half busy: two of the sixteen processors.
    assert cpu.value == pytest.approx(12.5)
    assert wait.value == pytest.approx(1.0)
    assert bench.node().figure("mem.used") == aggregates.Figure(None, 0, 3)


def test_share_of_vcpus_where_the_processors_are_not_known() -> None:
    bench = Bench(2)
    bench.tell({"host:2": {"cpus": None}})
    bench.machine(1, vcpus=6)
    bench.follow("cluster:a")
    bench.measure({"vm:0": {"cpu.used": 100.0}, "vm:1": {"cpu.used": 0.0}})
    bench.drain()
    assert not bench.node().of_processors
    assert bench.node().figure("cpu.used").value == pytest.approx(25.0)
    bench.tell({"host:2": {"cpus": 8}})
    bench.drain()
    assert bench.node().of_processors
    assert bench.node().figure("cpu.used").value == pytest.approx(12.5)


def test_latency_is_that_of_the_mean_request() -> None:
    bench = Bench(2)
    bench.follow("cluster:a")
    bench.measure(
        {"vm:0": {"disk.latency": 10.0, "disk.iops": 300.0}, "vm:1": {"disk.latency": 2.0, "disk.iops": 100.0}}
    )
    bench.drain()
    assert bench.node().figure("disk.latency").value == pytest.approx(8.0)


def test_a_machine_that_falls_silent_is_unknown_and_not_the_last_it_said() -> None:
    bench = Bench(2)
    bench.follow("cluster:a")
    bench.measure({"vm:0": {"net.rx": 5.0}, "vm:1": {"net.rx": 7.0}})
    bench.drain()
    for _ in range(5):
        bench.now += 2
        bench.measure({"vm:1": {"net.rx": 7.0}})
        bench.drain()
    figure = bench.node().figure("net.rx")
    assert (figure.value, figure.machines, figure.unknown) == (7.0, 1, 1)
    bench.now += 60
    assert bench.drain() == {slot(bench.inventory, "cluster:a")}
    assert bench.node().figure("net.rx") == aggregates.Figure(None, 0, 2)


def test_history_has_a_cell_for_each_period_and_gaps_where_nobody_looked() -> None:
    bench = Bench(1)
    bench.follow("host:1")
    for value in (1.0, 2.0, 3.0):
        bench.measure({"vm:0": {"net.rx": value}})
        bench.drain()
        bench.now += 2
    bench.now += 8
    bench.measure({"vm:0": {"net.rx": 9.0}})
    bench.drain()
    cells, last = bench.node("host:1").history("net.rx")
    assert last == int(bench.now / 2)
    assert cells == [1.0, 2.0, 3.0, None, None, None, None, 9.0]


def test_nothing_is_written_before_every_machine_had_the_time_to_be_measured() -> None:
    bench = Bench(2)
    bench.follow("cluster:a")
    bench.measure({"vm:0": {"net.rx": 5.0}})
    bench.drain()
    assert bench.node().history("net.rx")[0] == [None]
    bench.now += 2 * WARM + 2
    bench.measure({"vm:0": {"net.rx": 5.0}})
    bench.drain()
    assert bench.node().history("net.rx")[0][-1] == 5.0


def test_the_past_of_the_machines_is_taken_in() -> None:
    bench = Bench(2)
    for at in range(10):
        seen = {"vm:0": {"net.rx": 1.0, "cpu.used": 40.0}}
        if at >= 4:
            seen["vm:1"] = {"net.rx": 2.0, "cpu.used": 80.0}
        bench.measure(seen)
        bench.now += 2
    bench.drain()
    bench.follow("cluster:a")
    cells, last = bench.node().history("net.rx")
    known = [cell for cell in cells if cell is not None]
    assert known == [pytest.approx(3.0, rel=1e-3)] * len(known)
    assert 6 <= len(known) <= 7
    assert last == int(bench.now / 2)
    assert bench.node().history("cpu.used")[0][0] == pytest.approx((40 * 2 + 80 * 2) / 16, rel=1e-3)


def test_the_past_of_a_few_machines_is_not_taken_for_that_of_all() -> None:
    """One machine was on the screen for a while, the others are measured only since the node is looked at."""
    bench = Bench(3)
    for _ in range(10):
        bench.measure({"vm:0": {"net.rx": 1.0}})
        bench.now += 2
    bench.drain()
    bench.follow("cluster:a")
    assert bench.node().history("net.rx")[0] == [None]
    for _ in range(WARM + 2):
        bench.measure({f"vm:{n}": {"net.rx": 1.0} for n in range(3)})
        bench.drain()
        bench.now += 2
    known = [cell for cell in bench.node().history("net.rx")[0] if cell is not None]
    assert known == [pytest.approx(3.0, rel=1e-3)] * len(known)
    assert len(known) >= WARM


def test_what_comes_to_be_known_of_more_machines_replaces_the_past_of_fewer() -> None:
    bench = Bench(2)
    for _ in range(10):
        bench.measure({"vm:0": {"net.rx": 1.0}})
        bench.now += 2
    bench.drain()
    bench.follow("cluster:a")
    bench.now += 2 * WARM
    bench.measure({"vm:0": {"net.rx": 1.0}})
    bench.drain()
    past = [cell for cell in bench.node().history("net.rx")[0] if cell is not None]
    assert past == [pytest.approx(1.0, rel=1e-3)] * len(past)
    assert len(past) >= 10
    begun = bench.now - 2 * (WARM + 1)
    bench.now += 2
    bench.measure({f"vm:{n}": {"net.rx": 1.0} for n in range(2)})
    bench.drain()
    other = slot(bench.inventory, "vm:1")
    codes = array("H", [encode(5.0) if at == NAMES.index("net.rx") else NO_SAMPLE for at in range(RINGED)] * 8)
    told = bench.metrics.recall(frames.Past("c1", 1, begun, 2.0, ["vm:1"], codes.tobytes()), bench.inventory, begun)
    assert told == {other}
    bench.aggregates.recalled(told)
    bench.drain()
    cells = bench.node().history("net.rx")[0]
    assert cells.count(pytest.approx(6.0, rel=1e-2)) >= 7
    assert cells[-2] == pytest.approx(1.0, rel=1e-3), "what was written as it passed stays"


def test_a_node_that_is_gone_or_no_longer_looked_at_is_not_followed() -> None:
    bench = Bench(1)
    bench.follow("host:1", "host:2", "vm:0")
    assert bench.aggregates.of(slot(bench.inventory, "vm:0")) is None
    two = slot(bench.inventory, "host:2")
    remove(bench.inventory, "host:2", begun=bench.now)
    bench.drain()
    assert bench.aggregates.of(two) is None
    bench.follow()
    assert bench.aggregates.of(slot(bench.inventory, "host:1")) is None


def test_a_kept_node_has_its_day_only_where_the_product_gives_none() -> None:
    bench = Bench(1)
    host = slot(bench.inventory, "host:1")
    bench.metrics.keep(host)
    bench.follow("host:1")
    for _ in range(4):
        bench.measure({"vm:0": {"net.rx": 5.0, "cpu.used": 50.0}, "host:1": {"cpu.used": 77.0}})
        bench.drain()
        bench.now += 2
    (rx,) = bench.metrics.minutes.history(host, "net.rx", 1, bench.now)
    (cpu,) = bench.metrics.minutes.history(host, "cpu.used", 1, bench.now)
    assert rx is not None
    assert rx.mean == 5.0
    assert cpu is not None
    assert (cpu.low, cpu.high) == (77.0, 77.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_sums_equal_naive_sums_after_any_changes(seed: int) -> None:
    dice = random.Random(seed)
    bench = Bench(6)
    bench.follow("cluster:a", "host:1", "host:2")
    for _ in range(30):
        match dice.randrange(6):
            case 0:
                n = dice.randrange(8)
                power = dice.choice(["running", "off", "paused", None])
                bench.machine(n, dice.choice([1, 2]), power=power, vcpus=dice.choice([1, 2, 8, None]))
            case 1:
                remove(bench.inventory, f"vm:{dice.randrange(8)}", begun=bench.now)
            case 2:
                bench.tell({f"host:{dice.choice([1, 2])}": {"cpus": dice.choice([8, 16, None])}})
            case _:
                known = {
                    f"vm:{n}": {m: dice.random() * 1e9 for m in NAMES[: RINGED + 4] if dice.random() < 0.8}
                    for n in dice.sample(range(8), 4)
                }
                bench.measure(known)
        bench.now += dice.choice([0.5, 1.0, 2.0, 4.0])
        bench.drain()
        for key in ("cluster:a", "host:1", "host:2"):
            for metric in SUMMED:
                value, machines, unknown = bench.naive(key, metric)
                figure = bench.node(key).figure(metric)
                assert (figure.machines, figure.unknown) == (machines, unknown), (key, metric)
                assert figure.value == (None if value is None else pytest.approx(value, rel=1e-6, abs=1e-3)), (
                    key,
                    metric,
                )
