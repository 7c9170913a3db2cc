"""The event log: each event once, on one clock, folded, bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.core.events import Event
from novatui.engine.event_log import FOLD_WINDOW, EventLog
from novatui.wire import frames


def put(log: EventLog, id: str, at: float, *, conn: str = "c1", seen: float | None = None, **more: object) -> bool:
    event = Event(id=id, at=at, seen=at if seen is None else seen, **{"native_type": "t", "text": id} | more)  # type: ignore[arg-type]
    return log.apply(frames.EventRecord(conn, 1, event))


def ids(log: EventLog, n: int | None = None) -> list[str]:
    return [entry.event.id for entry in log.newest(n)]


def test_an_id_is_one_event_in_its_connection() -> None:
    log = EventLog()
    assert put(log, "1", 10)
    assert not put(log, "1", 11)
    assert put(log, "1", 10, conn="c2")
    assert len(log) == 2


def test_events_are_ordered_by_time_not_by_arrival() -> None:
    log = EventLog()
    for id, at, conn in (("b", 20, "c1"), ("a", 10, "c1"), ("d", 40, "c1"), ("c", 30, "c2")):
        put(log, id, at, conn=conn)
    assert ids(log) == ["d", "c", "b", "a"]
    assert ids(log, 2) == ["d", "c"]


@given(
    st.sampled_from([-5.0, 0.0, 5.0]),
    st.sampled_from([-5.0, 5.0]),
    st.lists(st.tuples(st.sampled_from(["c1", "c2"]), st.sampled_from([0.0, 0.1, 0.4])), min_size=2, max_size=60),
)
def test_skewed_clocks_are_corrected(first: float, second: float, told: list[tuple[str, float]]) -> None:
    """Clocks are off by seconds, ways take up to 0.4 s, events happen a second apart: the order is the world's."""
    log, skews = EventLog(), {"c1": first, "c2": second}
    for conn in ("c1", "c2"):
        put(log, f"first {conn}", 99.0 + skews[conn], seen=99.0, conn=conn)
    for at, (conn, way) in enumerate(told):
        put(log, f"{at}", 100.0 + at + skews[conn], seen=100.0 + at + way, conn=conn)
    assert ids(log, len(told)) == [str(at) for at in reversed(range(len(told)))]
    for conn, skew in skews.items():
        assert -skew <= log.skew(conn) <= -skew + 0.4
    moments = [log.moment(entry) for entry in log.newest(len(told))]
    assert all(at <= moment <= at + 0.4 for at, moment in zip(range(99 + len(told), 99, -1), moments, strict=True))


def test_what_was_found_by_looking_says_nothing_of_the_clock() -> None:
    log = EventLog()
    put(log, "old", 10, seen=5000, polled=True)
    assert log.skew("c1") == 0.0
    for at, delay in enumerate((1.0, 90.0, 1.5, 0.5, 2.0)):
        put(log, f"e{at}", 100 + at, seen=100 + at + delay)
    assert log.skew("c1") == 0.5
    assert log.skew("nobody") == 0.0


def test_neither_the_past_nor_a_wrong_time_says_anything_of_the_clock() -> None:
    log = EventLog()
    for at in range(50):
        event = Event(id=f"past {at}", at=100.0 + at, seen=900.0, native_type="t")
        log.apply(frames.EventRecord("c1", 1, event), live=False)
    assert log.skew("c1") == 0.0
    put(log, "far", 9e9, seen=1000)
    assert log.skew("c1") == 0.0
    for at in range(10):
        put(log, f"e{at}", 1000 + at - 3.2, seen=1000 + at)
    put(log, "odd", 1020, seen=1010)
    assert log.skew("c1") == pytest.approx(3.2)
    assert log.skews() == {"c1": pytest.approx(3.2)}
    put(log, "b", 1000.5, seen=1000.6, conn="c2")
    assert "c2" not in log.skews()


def test_equal_events_that_follow_each_other_are_folded() -> None:
    log = EventLog()
    for at in range(4):
        put(log, f"x{at}", 10 + at, key="vm:1", text="cpu high")
        put(log, f"y{at}", 10 + at, key="vm:2", text=f"other {at}")
    assert [(e.event.id, e.count, e.first) for e in log.newest() if e.event.key == "vm:1"] == [("x3", 4, 10)]
    assert len(log) == 5
    put(log, "z", 20, key="vm:1", text="cpu normal")
    put(log, "x5", 21, key="vm:1", text="cpu high")
    put(log, "x6", 21 + FOLD_WINDOW + 1, key="vm:1", text="cpu high")
    assert [(e.event.id, e.count) for e in log.of("c1", "vm:1")] == [("x6", 1), ("x5", 1), ("z", 1), ("x3", 4)]
    assert not put(log, "x1", 11, key="vm:1", text="cpu high"), "folded ids are known"


def test_the_oldest_are_forgotten_and_do_not_come_back() -> None:
    log = EventLog(capacity=5)
    for at in range(6):
        put(log, f"a{at}", 10 + 2 * at)
        put(log, f"b{at}", 11 + 2 * at, conn="c2")
    assert ids(log) == ["b5", "a5", "b4", "a4", "b3"]
    for at in range(3):
        assert not put(log, f"a{at}", 10 + 2 * at)
    assert len(log) == 5
    for at in range(100):
        put(log, f"n{at}", 100 + at, key="vm:1", text="same")
    assert len(log) == 5
    assert not put(log, "n99", 300)


def test_times_that_are_no_numbers_do_no_harm() -> None:
    log = EventLog()
    nan, inf = float("nan"), float("inf")
    for at, (happened, seen) in enumerate(((nan, 5.0), (inf, 7.0), (6.0, nan), (-inf, inf))):
        put(log, f"{at}", happened, seen=seen, polled=True)
    assert ids(log) == ["1", "2", "0", "3"]


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.integers(0, 2000), st.sampled_from("xy")), max_size=40
    )
)
def test_nothing_is_lost_or_counted_twice(arrivals: list[tuple[str, int, int, str]]) -> None:
    log = EventLog()
    for at, (conn, number, moment, text) in enumerate(arrivals):
        put(log, f"{at}", float(moment), conn=conn, key=f"vm:{number}", text=text, polled=True)
    entries = log.newest()
    assert sum(entry.count for entry in entries) == len(arrivals)
    assert len(entries) == len(log)
    moments = [log.moment(entry) for entry in entries]
    assert moments == sorted(moments, reverse=True)
