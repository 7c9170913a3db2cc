"""A value against its limits: duration, hysteresis and gaps, held against a definition that looks at the whole past."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from novatui.core.alarms import Level
from novatui.engine.alarm_limits import Bounds
from novatui.engine.alarm_track import Track

GAP = 150.0

Past = list[tuple[float, float]]


def is_active(past: Past, limit: float | None, bounds: Bounds) -> bool:
    """By definition: raised at some moment, and no value at or below the limit less the hysteresis since."""
    if limit is None:
        return False
    over = max((at for at, value in past if value <= limit - bounds.hysteresis), default=float("-inf"))
    since = [(at, value) for at, value in past if at > over]
    return any(begins_at(since[: n + 1], limit, bounds) for n in range(len(since)))


def begins_at(past: Past, limit: float, bounds: Bounds) -> bool:
    """The values up to the last one were above the limit for the duration, without a gap."""
    began = at = past[-1][0]
    for earlier, value in reversed(past):
        if value <= limit or at - earlier > GAP:
            break
        began = at = earlier
    return past[-1][1] > limit and past[-1][0] - began >= bounds.duration


BOUNDS = st.builds(
    lambda warn, more, duration, hysteresis, only: Bounds(
        None if only == "critical" else warn,
        None if only == "warn" else warn + more,
        duration,
        min(hysteresis, warn),
    ),
    st.sampled_from([1.0, 5.0]),
    st.sampled_from([0.0, 2.0, 5.0]),
    st.sampled_from([0.0, 30.0, 60.0, 120.0]),
    st.sampled_from([0.0, 1.0, 3.0]),
    st.sampled_from(["", "", "warn", "critical"]),
)


PAUSES = st.sampled_from([1.0, 29.0, 30.0, 31.0, 60.0, 100.0, 150.0, 151.0])
VALUES = st.integers(0, 12).map(float) | st.floats(0, 12)
"""Often exactly a limit, or a limit less a hysteresis."""


@given(BOUNDS, st.lists(st.tuples(PAUSES, VALUES), max_size=25))
def test_levels_are_those_of_the_definition(bounds: Bounds, steps: Past) -> None:
    track, past, now = Track(), Past(), 0.0
    for pause, value in steps:
        now += pause
        past.append((now, value))
        track.step(value, now, bounds, GAP)
        critical, warning = is_active(past, bounds.critical, bounds), is_active(past, bounds.warn, bounds)
        assert track.level is (Level.CRITICAL if critical else Level.WARNING if warning else None)
        if track.idle:
            assert not track.pending
            assert track.since is None
            track, past = Track(), past[-1:]  # what is idle may be forgotten


def test_a_limit_itself_is_not_above_it() -> None:
    track = Track()
    track.step(5.0, 1.0, Bounds(5.0, 10.0), GAP)
    assert track.idle
    track.step(5.1, 2.0, Bounds(5.0, 10.0), GAP)
    assert track.level is Level.WARNING


def test_a_value_read_before_the_latest_says_nothing() -> None:
    track = Track()
    track.step(9.0, 10.0, Bounds(5.0, None), GAP)
    track.step(0.0, 9.0, Bounds(5.0, None), GAP)
    assert (track.level, track.value) == (Level.WARNING, 9.0)
