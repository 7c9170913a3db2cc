"""Top movers: against a naive search over everything that was measured."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novatui.core.states import Kind
from novatui.engine.movers import EDGE, SPAN, Move, Movers, move
from tests.unit.stores import remove, slot
from tests.unit.test_aggregates import Bench

STEP = 2.0


def run(bench: Bench, values: dict[str, list[float | None]], metric: str = "cpu.used") -> None:
    """Samples each STEP seconds, the last of them now."""
    length = max(map(len, values.values()))
    for at in range(length):
        bench.now += STEP
        bench.measure({key: {metric: row[at]} for key, row in values.items() if row[at] is not None})


def test_a_change_is_the_mean_of_the_end_less_that_of_the_beginning() -> None:
    bench = Bench(2)
    run(bench, {"vm:0": [10.0] * 20 + [50.0] * 20, "vm:1": [30.0] * 40})
    one = move(bench, slot(bench.inventory, "vm:0"), "cpu.used", bench.now)
    assert one is not None
    assert (one.before, one.now, one.change) == (
        pytest.approx(10, rel=1e-3),
        pytest.approx(50, rel=1e-3),
        pytest.approx(40, rel=1e-3),
    )
    movers = Movers(bench, "cpu.used", bench.now)
    assert [bench.inventory.name(one.slot) for one in movers.top(5)] == ["m0", "m1"]
    assert len(movers.top(1)) == 1


def test_what_was_measured_too_shortly_or_is_silent_moves_not() -> None:
    bench = Bench(1)
    vm = slot(bench.inventory, "vm:0")
    run(bench, {"vm:0": [10.0] * 15})
    assert move(bench, vm, "cpu.used", bench.now) is None
    run(bench, {"vm:0": [90.0]})
    assert move(bench, vm, "cpu.used", bench.now) is not None
    assert move(bench, vm, "net.rx", bench.now) is None
    assert move(bench, vm, "cpu.used", bench.now + 2 * EDGE) is None
    movers = Movers(bench, "cpu.used", bench.now)
    assert len(movers) == 1
    movers.look_again(bench.now + 2 * EDGE)
    assert len(movers) == 0


def test_disk_and_net_are_sums_and_unknown_with_one_of_their_parts() -> None:
    bench = Bench(1)
    vm = slot(bench.inventory, "vm:0")
    for at in range(30):
        bench.now += STEP
        bench.measure({"vm:0": {"disk.read": 100.0 * (at > 20), "disk.write": 7.0, "net.rx": 5.0}})
    disk = move(bench, vm, "disk", bench.now)
    assert disk is not None
    assert disk.change == pytest.approx(100.0, rel=1e-3)
    assert move(bench, vm, "net", bench.now) is None


def test_a_machine_that_is_gone_or_hidden_is_no_mover() -> None:
    bench = Bench(2)
    run(bench, {"vm:0": [10.0] * 40, "vm:1": [10.0] * 40})
    movers = Movers(bench, "cpu.used", bench.now)
    assert len(movers) == 2
    gone = slot(bench.inventory, "vm:0")
    remove(bench.inventory, "vm:0", begun=bench.now)
    movers.take((), {gone}, bench.now)
    assert [one.slot for one in movers.top(9)] == [slot(bench.inventory, "vm:1")]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_movers_equal_a_naive_search(seed: int) -> None:
    dice = random.Random(seed)
    bench = Bench(8)
    movers = Movers(bench, "cpu.used", bench.now)
    told: dict[int, list[tuple[float, float]]] = {}
    for _ in range(dice.randrange(10, 250)):
        bench.now += STEP
        values = {f"vm:{n}": {"cpu.used": dice.uniform(0, 100)} for n in range(8) if dice.random() < 0.9}
        bench.measure(values)
        for key, row in values.items():
            told.setdefault(slot(bench.inventory, key), []).append((bench.now, row["cpu.used"]))
        movers.take(bench.touched, (), bench.now)
        bench.touched = set()
    movers.look_again(bench.now)
    found = {one.slot: one for one in movers.top(99)}
    for vm in bench.inventory.slots(Kind.VM):
        expected = _naive(bench, told.get(vm, []), vm)
        if expected is None:
            assert vm not in found
        else:
            assert found[vm].before == pytest.approx(expected.before, rel=2e-3)
            assert found[vm].now == pytest.approx(expected.now, rel=2e-3)
    changes = [abs(one.change) for one in movers.top(99)]
    assert changes == sorted(changes, reverse=True)


def _naive(bench: Bench, told: list[tuple[float, float]], vm: int) -> Move | None:
    """By cells of STEP seconds; a missed one holds the sample after it, as the rings do."""
    cells: dict[int, float] = {}
    before = None
    for at, value in told:
        number = int(at / STEP)
        missed = 1 if before is None else number - before
        # A gap of one missed sample is filled by the sample that ends it, from the second slow one on longer ones, too.
        cells[number] = value
        if missed > 1:
            codes = bench.metrics.history(vm, "cpu.used", 300)
            last = bench.metrics.last_cell(vm)
            for filled in range(before + 1, number):
                where = filled - last - 1
                if -len(codes) <= where and codes[where] is not None:
                    cells[filled] = codes[where]
        before = number
    now = bench.metrics.last_cell(vm, bench.now)
    size, edge = int(SPAN / STEP), int(EDGE / STEP + 0.999)
    span = [cells.get(number) for number in range(now - size + 1, now + 1)]
    while span and span[0] is None:
        span.pop(0)
    if len(span) < 2 * edge:
        return None
    first, last_ones = ([v for v in part if v is not None] for part in (span[:edge], span[-edge:]))
    if not first or not last_ones:
        return None
    return Move(vm, sum(first) / len(first), sum(last_ones) / len(last_ones))
