"""The metric store: exact latest values, rings placed by time, gaps, minutes."""

from __future__ import annotations

import sys
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.core.metrics import NAMES
from novatui.engine import metric_store
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.metric_store import HISTORY, MAX_HOLD, MetricStore
from novatui.engine.minute_store import MINUTES, Minute, MinuteStore
from tests.unit.stores import past, remove, samples, slot, store, tell


def fleet(*keys: str) -> InventoryStore:
    inventory = store()
    tell(inventory, {key: {"name": key} for key in keys or ("vm:1",)})
    return inventory


def measure(metrics: MetricStore, inventory: InventoryStore, begun: float, value: float, generation: int = 1) -> None:
    frame = samples({"vm:1": {"cpu.used": value}}, begun=begun, generation=generation)
    metrics.apply(frame, inventory, begun)


def cpu(metrics: MetricStore, n: int = 10, now: float | None = None) -> list[int | None]:
    return [None if v is None else round(v) for v in metrics.history(1, "cpu.used", n, now)]


def test_latest_values_are_exact_and_absent_ones_unknown() -> None:
    inventory, metrics = fleet("vm:1", "vm:2"), MetricStore()
    values = {name: 1.1 * at for at, name in enumerate(NAMES)}
    written = metrics.apply(samples({"vm:2": values, "vm:?": values}), inventory, 10.0)
    two = slot(inventory, "vm:2")
    assert written == {two}
    assert {name: metrics.latest(two, name) for name in NAMES} == values
    assert [metrics.latest(slot(inventory, "vm:1"), name) for name in NAMES] == [None] * len(NAMES)
    assert metrics.latest(10**6, "cpu.used") is None
    metrics.apply(samples({"vm:2": {"net.rx": 5.0}}, begun=12), inventory, 12.0)
    assert {n: metrics.latest(two, n) for n in NAMES if metrics.latest(two, n) is not None} == {"net.rx": 5.0}


def test_an_older_sample_or_generation_never_replaces_a_newer_one() -> None:
    inventory, metrics = fleet(), MetricStore()
    measure(metrics, inventory, 10, 1)
    measure(metrics, inventory, 8, 2)
    assert metrics.latest(1, "cpu.used") == 1
    inventory.open_generation("c1", 2)
    measure(metrics, inventory, 12, 3, generation=1)
    assert metrics.latest(1, "cpu.used") == 1
    assert cpu(metrics, 1) == [1]


def test_frames_that_are_not_whole_are_ignored() -> None:
    inventory, metrics = fleet(), MetricStore()
    good = samples({"vm:1": {"cpu.used": 1}})
    for values, codes in ((good.values[:-1], good.codes), (good.values, good.codes + b"x"), (b"", b"")):
        bad = type(good)("c1", 1, 10.0, good.keys, values, codes)
        assert metrics.apply(bad, inventory, 10.0) == set()
    for begun in (float("nan"), float("inf"), float("-inf")):
        assert metrics.apply(good, inventory, begun) == set()
    assert metrics.latest(1, "cpu.used") is None


def test_a_missed_period_is_a_gap() -> None:
    inventory, metrics = fleet(), MetricStore()
    for begun in (10, 12, 14, 20, 22):
        measure(metrics, inventory, begun, begun)
    assert cpu(metrics) == [None, None, None, 10, 12, 14, None, None, 20, 22]


def test_jitter_is_no_gap() -> None:
    inventory, metrics = fleet(), MetricStore()
    for begun in (10.0, 11.9, 14.1, 16.0, 17.9, 20.1):
        measure(metrics, inventory, begun, begun)
    assert None not in cpu(metrics, 6)
    assert cpu(metrics, 1) == [20]


def test_a_slower_pace_is_held_and_not_full_of_gaps() -> None:
    inventory, metrics = fleet(), MetricStore()
    for begun in (10, 16, 22, 28):
        measure(metrics, inventory, begun, begun)
    assert cpu(metrics) == [10, None, None, 16, 22, 22, 22, 28, 28, 28], "the first longer interval looks like a gap"


def test_what_is_looked_at_rarely_is_not_held_for_minutes() -> None:
    inventory, metrics = fleet(), MetricStore()
    pace = 2.0 * (MAX_HOLD + 1)
    for at in range(4):
        measure(metrics, inventory, 10 + at * pace, at)
    assert [v for v in cpu(metrics, 300) if v is not None] == [0, 1, 2, 3]


def test_a_reconnect_is_a_gap() -> None:
    inventory, metrics = fleet(), MetricStore()
    for begun in (8, 12, 16, 20):
        measure(metrics, inventory, begun, begun)
    inventory.open_generation("c1", 2)
    for begun in (24, 28):
        measure(metrics, inventory, begun, begun, generation=2)
    assert cpu(metrics, 7) == [16, 20, 20, None, 24, 28, 28]


def test_history_ends_now_once_the_samples_are_stale() -> None:
    inventory, metrics = fleet(), MetricStore()
    for begun in (10, 12):
        measure(metrics, inventory, begun, begun)
    assert cpu(metrics, 3, now=16) == [None, 10, 12]
    assert not metrics.stale(1, 16)
    assert cpu(metrics, 4, now=18) == [12, None, None, None]
    assert metrics.stale(1, 18)
    assert cpu(metrics, 4, now=1e7) == [None] * 4
    assert metrics.age(1, 18) == 6
    assert metrics.age(0, 18) is None
    assert cpu(metrics, 0) == []


def test_rings_have_the_length_of_their_period_and_forget_the_last_lap() -> None:
    inventory, metrics = fleet(), MetricStore()
    metrics.set_period("c1", 20.0)
    measure(metrics, inventory, 20, 1)
    measure(metrics, inventory, 20 + HISTORY + 20, 2)
    assert cpu(metrics, 999) == [None] * 29 + [2]
    metrics.set_period("c1", 5.0)
    measure(metrics, inventory, 1000, 3)
    assert cpu(metrics, 999) == [None] * 119 + [3]


@given(st.lists(st.integers(1, 400), min_size=1, max_size=40))
def test_a_sample_is_found_at_its_time(steps: list[int]) -> None:
    inventory, metrics = fleet(), MetricStore()
    metrics.set_period("c1", 2.0)
    begun, expected = 10, {}
    for at, step in enumerate(steps):
        begun += 2 * step
        expected[begun] = at + 1
        measure(metrics, inventory, begun, at + 1)
    found = cpu(metrics, 300)
    assert len(found) == 300
    for back, value in enumerate(reversed(found)):
        taken = expected.get(begun - 2 * back)
        assert taken is None or value == taken
    live = [value for value in found if value is not None]
    assert live == sorted(live), "nothing of an earlier lap is left"


def test_a_gone_object_takes_its_samples_with_it() -> None:
    inventory, metrics = fleet(), MetricStore()
    measure(metrics, inventory, 10, 50)
    metrics.minutes.keep(1)
    remove(inventory, "vm:1", begun=11)
    inventory.drain()
    tell(inventory, {"vm:2": {"name": "b"}}, begun=12)
    assert slot(inventory, "vm:2") == 1
    assert (metrics.latest(1, "cpu.used"), metrics.age(1, 12), cpu(metrics)) == (None, None, [])
    assert not metrics.minutes.kept


def test_metrics_without_history_say_so() -> None:
    inventory, metrics = fleet(), MetricStore()
    measure(metrics, inventory, 10, 50)
    for ask in (metrics.history, lambda slot, name, n: metrics.minutes.history(slot, name, n, 0)):
        with pytest.raises(KeyError):
            ask(1, "mem.assigned", 5)


def test_little_endian_frames_are_read_on_any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    swapped = array("d", [1.5, -2.25])
    swapped.byteswap()
    monkeypatch.setattr(sys, "byteorder", "big" if sys.byteorder == "little" else "little")
    assert metric_store.native(swapped.tobytes(), "d") == array("d", [1.5, -2.25]).tobytes()


def test_minutes_keep_lowest_mean_and_highest() -> None:
    minutes = MinuteStore()
    minutes.keep(1)
    nan = float("nan")
    for begun, value in ((60.0, 10.0), (90.0, 30.0), (119.0, nan), (240.0, 5.0)):
        minutes.add(1, begun, [value] + [nan] * 7)
    shown = minutes.history(1, "cpu.used", 5, 250.0)
    assert shown[0] is None
    first = shown[1]
    assert first is not None
    assert [round(v, 1) for v in (first.low, first.mean, first.high)] == [10.0, 20.0, 30.0]
    assert shown[2:] == [None, None, Minute(5.0, 5.0, 5.0)]
    assert minutes.history(1, "net.rx", 5, 250.0) == [None] * 5
    minutes.add(1, 240.0 + 60 * MINUTES, [7.0] * 8)
    day = minutes.history(1, "cpu.used", MINUTES, 240.0 + 60 * MINUTES)
    assert day == [None] * (MINUTES - 1) + [Minute(7.0, 7.0, 7.0)]
    minutes.drop(1)
    assert minutes.history(1, "cpu.used", 5, 250.0) == []


def test_kept_objects_get_their_minutes_from_samples() -> None:
    inventory, metrics = fleet(), MetricStore()
    measure(metrics, inventory, 10, 50)
    metrics.minutes.keep(1)
    measure(metrics, inventory, 12, 60)
    assert metrics.minutes.history(1, "cpu.used", 1, 13.0) == [Minute(60.0, 60.0, 60.0)]


# --- what a product remembers -----------------------------------------------------------------------------------------


def test_the_past_goes_before_the_first_sample() -> None:
    inventory, metrics = fleet(), MetricStore()
    measure(metrics, inventory, 100, 9)
    told = past({"vm:1": [1, 2, None, 4]}, begun=98)
    assert metrics.recall(told, inventory, 98.0) == {1}
    assert cpu(metrics, 6) == [None, 1, 2, None, 4, 9]
    assert metrics.latest(1, "cpu.used") == 9
    assert metrics.age(1, 101.0) == 1.0


def test_what_was_measured_counts_more_than_what_is_remembered() -> None:
    inventory, metrics = fleet(), MetricStore()
    for begun in (90, 92, 98, 100):
        measure(metrics, inventory, begun, begun)
    metrics.recall(past({"vm:1": [1, 2, 3, 4, 5, 6, 7]}, begun=100), inventory, 100.0)
    assert cpu(metrics, 8) == [None, 1, 90, 92, 4, 5, 98, 100]


def test_a_coarser_past_is_held_between_its_cells() -> None:
    inventory, metrics = fleet(), MetricStore()
    measure(metrics, inventory, 100, 9)
    metrics.recall(past({"vm:1": [1, 2]}, begun=96, step=6), inventory, 96.0)
    assert cpu(metrics, 7) == [None, 1, 1, 1, 2, None, 9]


def test_the_past_of_what_was_never_measured_or_is_not_whole_is_ignored() -> None:
    inventory, metrics = fleet("vm:1", "vm:2"), MetricStore()
    measure(metrics, inventory, 100, 9)
    good = past({"vm:1": [1, 2]}, begun=98)
    assert metrics.recall(past({"vm:2": [1], "vm:?": [2]}, begun=98), inventory, 98.0) == set()
    assert metrics.recall(type(good)("c1", 1, 98.0, 2.0, good.keys, good.codes[:-1]), inventory, 98.0) == set()
    assert metrics.recall(type(good)("c1", 1, 98.0, 2.0, [], good.codes), inventory, 98.0) == set()
    assert metrics.recall(type(good)("c1", 1, 98.0, 2.0, good.keys, b""), inventory, 98.0) == set()
    for step in (0.0, -1.0, float("nan"), float("inf")):
        assert metrics.recall(type(good)("c1", 1, 98.0, step, good.keys, good.codes), inventory, 98.0) == set()
    inventory.open_generation("c1", 2)
    assert metrics.recall(good, inventory, 98.0) == set()
    assert cpu(metrics, 3) == [None, None, 9]


@given(
    st.lists(st.one_of(st.none(), st.integers(1, 90)), min_size=1, max_size=400),
    st.integers(0, 900),
    st.lists(st.integers(0, 300), max_size=20, unique=True),
)
def test_the_past_lies_where_its_times_are(cells: list[int | None], late: int, live: list[int]) -> None:
    """Against a plain dictionary from period to value."""
    inventory, metrics = fleet(), MetricStore()
    last, wanted = 2000, dict[int, int | None]()
    for tick in sorted({last, *(last - ago for ago in live)}):
        measure(metrics, inventory, 2.0 * tick, 100)
        wanted[tick] = 100
    before = cpu(metrics, 300)
    wanted = {last - ago: value for ago, value in enumerate(reversed(before))}
    metrics.recall(past({"vm:1": cells}, begun=2.0 * (last - late)), inventory, 2.0 * (last - late))
    for ago, value in enumerate(reversed(cells)):
        tick = last - late - ago
        if tick < last and wanted.get(tick, 0) is None:
            wanted[tick] = value
    assert cpu(metrics, 300) == [wanted[tick] for tick in range(last - 299, last + 1)]


def test_a_look_at_everything_begins_no_histories() -> None:
    inventory, metrics = store(), MetricStore()
    tell(inventory, {"vm:1": {"name": "a"}, "vm:2": {"name": "b"}})
    metrics.apply(samples({"vm:1": {"cpu.used": 5}}, begun=10.0), inventory, 10.0)
    metrics.begins_rings = False
    metrics.apply(samples({"vm:1": {"cpu.used": 6}, "vm:2": {"cpu.used": 7}}, begun=12.0), inventory, 12.0)
    one, other = slot(inventory, "vm:1"), slot(inventory, "vm:2")
    assert metrics.latest(other, "cpu.used") == 7
    assert metrics.age(other, 13.0) == 1.0
    assert metrics.history(other, "cpu.used", 3) == []
    assert metrics.history(one, "cpu.used", 2) == [pytest.approx(5, rel=1e-3), pytest.approx(6, rel=1e-3)]
