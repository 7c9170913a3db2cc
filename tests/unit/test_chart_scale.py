"""Round ends of scales, round times on an axis, and windows of time that keys move."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from novatui.engine.metric_store import HISTORY
from novatui.ui.render.scale import UNITS, ceiling, time_ticks, value_ticks
from novatui.ui.render.window import DAY, SPANS, Grid, Window, grid, mean, span_words, spread

NOON = 1_791_720_000.0
NOW = 100_000.0


@pytest.mark.parametrize(
    ("peak", "unit", "top"),
    [
        (0.0, "%", 100.0), (0.0, "B/s", 1.0), (-3.0, "ms", 1.0), (nan, "ms", 1.0), (inf, "ms", 1.0),
        (3.2, "%", 5.0), (5.0, "%", 5.0), (99.0, "ms", 100.0), (101.0, "ms", 200.0), (0.03, "ms", 0.05),
        (1000.0, "B/s", 1024.0), (1025.0, "B/s", 2048.0), (700 * 1024.0, "B/s", 1024.0**2), (3e9, "B", 4 * 1024.0**3),
    ],
)  # fmt: skip
def test_a_scale_ends_at_a_round_number(peak: float, unit: str, top: float) -> None:
    assert ceiling(peak, UNITS[unit]) == pytest.approx(top)


@given(st.floats(1e-6, 1e18), st.sampled_from(sorted(UNITS)))
def test_a_scale_holds_its_peak_and_wastes_little(peak: float, unit: str) -> None:
    top = ceiling(peak, UNITS[unit])
    assert peak <= top <= peak * 2.51
    assert all(len(tick.label) <= 5 for tick in value_ticks(top, UNITS[unit], 20))


def test_times_are_round_and_as_many_as_fit() -> None:
    ticks = time_ticks(NOON - 600, NOON, 60, utc=True)
    assert [tick.label for tick in ticks] == ["11:50", "11:52", "11:54", "11:56", "11:58", "12:00"]
    assert (ticks[0].at, ticks[-1].at) == (0.0, 1.0)
    assert [tick.label for tick in time_ticks(NOON - 60, NOON, 40, utc=True)][-2:] == ["11:59:30", "12:00:00"]
    assert [tick.label for tick in time_ticks(NOON - DAY, NOON, 40, utc=True)] == [
        "12:00", "18:00", "00:00", "06:00", "12:00",
    ]  # fmt: skip


def test_days_have_dates() -> None:
    week = [tick.label for tick in time_ticks(NOON - 7 * DAY, NOON, 80, utc=True)]
    assert len(week) == 7
    assert all(len(label) == 6 and ":" not in label for label in week)
    assert time_ticks(NOON - 30 * DAY, NOON, 60, utc=True)


@pytest.mark.parametrize(("begin", "end"), [(nan, NOON), (NOON, NOON), (NOON, NOON - 1), (0, inf), (1e300, 1.1e300)])
def test_times_that_no_calendar_has_are_no_ticks(begin: float, end: float) -> None:
    assert time_ticks(begin, end, 60, utc=True) == []


def test_windows_have_names() -> None:
    assert [span_words(span) for span in SPANS] == [
        "1 min", "2 min", "5 min", "10 min", "30 min", "1 h", "3 h", "6 h", "12 h", "24 h",
        "3 d", "7 d", "30 d",
    ]  # fmt: skip


def test_zoom_keeps_the_end_or_what_is_read() -> None:
    live = Window().zoom(1, NOW)
    assert (live.span, live.end) == (300.0, None)
    assert Window().zoom(-1, NOW).by_minute
    assert Window(SPANS[0]).zoom(9, NOW).span == SPANS[0]
    assert Window(DAY).zoom(-9, NOW).span == DAY, "no longer than anything is kept"
    assert Window(DAY).zoom(-9, NOW, SPANS[-1]).span == SPANS[-1]
    read = Window(600.0, cursor=NOW - 300).zoom(1, NOW)
    assert (read.span, read.end, read.cursor) == (300.0, NOW - 150, NOW - 300)


def test_panning_ends_where_nothing_is_kept_any_more() -> None:
    window = Window(60.0).pan(-1, NOW)
    assert window.end == NOW - 15
    for _ in range(100):
        window = window.pan(-1, NOW)
    assert window.end == NOW - HISTORY + 60
    for _ in range(100):
        window = window.pan(1, NOW)
    assert window.end is None
    assert Window(DAY).pan(-1, NOW).end is None


def test_the_cursor_moves_the_window_along() -> None:
    window = Window(60.0).read(-1, 2.0, NOW)
    assert (window.cursor, window.end) == (NOW - 2, None)
    for _ in range(40):
        window = window.read(-1, 2.0, NOW)
    assert window.cursor == NOW - 82
    assert window.end == NOW - 22
    assert window.live() == Window(60.0)
    for _ in range(1000):
        window = window.read(-1, 2.0, NOW)
    assert window.cursor == NOW - HISTORY


@given(
    st.lists(st.sampled_from(["in", "out", "left", "right", "back", "on", "switch", "live"]), max_size=60),
    st.floats(0.5, 100),
)
def test_windows_stay_within_what_is_kept(keys: list[str], step: float) -> None:
    window, now = Window(), NOW
    for key in keys:
        now += 1
        match key:
            case "in" | "out":
                window = window.zoom(1 if key == "in" else -1, now)
            case "left" | "right":
                window = window.read(-1 if key == "left" else 1, step, now)
            case "back" | "on":
                window = window.pan(-1 if key == "back" else 1, now)
            case "switch":
                window = window.switch()
            case _:
                window = window.live()
        limit = DAY if window.by_minute else HISTORY
        assert window.span in SPANS
        # A window that stands still leaves what is kept as time goes by: by a second for each key here.
        assert now - limit - len(keys) - 1 <= window.right(now) - window.span + 1e-6
        assert window.right(now) <= now
        if window.cursor is not None and key in {"left", "right", "in", "out"}:
            assert window.right(now) - window.span - 1e-6 <= window.cursor <= window.right(now) + 1e-6


@given(
    st.lists(st.none() | st.floats(0, 100), min_size=1, max_size=400),
    st.integers(0, 10**6),
    st.sampled_from([0.5, 2.0, 5.0, 20.0]),
    st.integers(1, 300),
    st.sampled_from(SPANS[:4]),
)
@example([0.0], 248, 20.0, 59, 120.0)  # the middle of the last column is the edge of two cells
def test_columns_equal_a_naive_search(
    cells: list[float | None], first: int, period: float, count: int, span: float
) -> None:
    last = first + len(cells) - 1
    columns = grid(span, (last + 1) * period, count)
    assert columns.end == pytest.approx((last + 1) * period, abs=columns.step)
    found = spread(cells, last, period, columns, mean)
    assert len(found) == count
    for at, value in enumerate(found):
        begin, end = (columns.first + at) * columns.step, (columns.first + at + 1) * columns.step
        if columns.step < period:
            middle = (begin + end) / 2 / period
            number = round(middle) if abs(middle - round(middle)) < 1e-9 else int(middle)  # of two, the later one
            expected = cells[number - first] if 0 <= number - first < len(cells) else None
        else:
            inside = [
                cell
                for number, cell in enumerate(cells, first)
                if cell is not None and begin - 1e-6 * columns.step <= number * period < end - 1e-6 * columns.step
            ]
            expected = sum(inside) / len(inside) if inside else None
        assert value == (None if expected is None else pytest.approx(expected))


def test_cells_lie_where_their_product_began_them() -> None:
    columns = Grid(60.0, 10, 20)  # 600 to 1800
    wide = spread([1.0, None, 3.0], 2, 300.0, columns, mean, 360.0)  # 360 to 660, a hole, 960 to 1260
    assert wide == [1.0] + [None] * 5 + [3.0] * 5 + [None] * 9
    many = spread([1.0, 3.0, 5.0, 7.0], 43, 20.0, Grid(60.0, 13, 3), mean, 10.0)  # begin at 810, 830, 850, 870
    assert many == [2.0, 6.0, None]


def test_a_column_is_found_by_its_moment() -> None:
    columns = Grid(2.0, 50, 10)
    assert (columns.begin, columns.end) == (100.0, 120.0)
    assert [columns.column(moment) for moment in (0.0, 100.0, 103.9, 119.0, 500.0)] == [0, 0, 1, 9, 9]
