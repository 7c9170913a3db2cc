"""Who has a day of minutes, and for which reason."""

from __future__ import annotations

from novatui.engine import keeping
from novatui.engine.keeping import Keeping
from tests.unit.stores import remove, slot
from tests.unit.test_aggregates import Bench


def made(machines: int = 4) -> tuple[Bench, Keeping, list[int]]:
    bench = Bench(machines)
    return bench, Keeping(bench.inventory, bench.metrics), [slot(bench.inventory, f"vm:{n}") for n in range(machines)]


def test_a_reason_that_ends_leaves_the_others() -> None:
    _, keep, (one, two, *_) = made()
    keep.look_into(one)
    keep.alarm([one, two])
    assert set(keep.kept) == {one, two}
    keep.alarm([])
    assert set(keep.kept) == {one}


def test_what_is_kept_is_to_be_measured() -> None:
    _, keep, (one, two, *_) = made()
    keep.alarm([one])
    keep.look_into(two)
    assert keep.wanted() == {"c1": {"vm:0", "vm:1"}}


def test_what_was_looked_into_longest_ago_gives_way_first() -> None:
    bench, keep, slots = made(keeping.LOOKED_INTO + 3)
    keep.alarm([slots[0]])
    for vm in slots[:-1]:
        keep.look_into(vm)
    keep.look_into(slots[2])
    keep.look_into(slots[-1])
    assert set(slots) - set(keep.kept) == {slots[1], slots[3]}
    assert bench.metrics.minutes.history(slots[1], "cpu.used", 5, bench.now) == []


def test_alarms_are_kept_up_to_a_bound_and_none_twice() -> None:
    _, keep, slots = made(keeping.ALARMED + 5)
    keep.alarm([*slots, slots[0]])
    assert set(keep.kept) == set(slots[: keeping.ALARMED])
    keep.alarm(slots[-2:])
    assert set(keep.kept) == set(slots[-2:])


def test_an_object_that_is_gone_is_not_kept() -> None:
    bench, keep, (one, *_) = made()
    keep.look_into(one)
    keep.alarm([one])
    remove(bench.inventory, "vm:0", begun=bench.now)
    assert set(keep.kept) == set()
    assert keep.wanted() == {}


def test_a_day_begins_with_what_the_ring_holds() -> None:
    bench, keep, (one, *_) = made()
    bench.now = 60.0 * 20
    for value in (10.0, 20.0, 30.0):
        bench.measure({"vm:0": {"cpu.used": value}})
        bench.now += 2
    keep.look_into(one)
    (minute,) = bench.metrics.minutes.history(one, "cpu.used", 1, bench.now)
    assert minute is not None
    assert [round(value, 1) for value in (minute.low, minute.mean, minute.high)] == [10.0, 20.0, 30.0]
    bench.measure({"vm:0": {"cpu.used": 60.0}})
    (minute,) = bench.metrics.minutes.history(one, "cpu.used", 1, bench.now)
    assert minute is not None
    assert round(minute.high) == 60
