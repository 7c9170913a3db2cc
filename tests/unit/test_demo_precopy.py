"""A made-up migration obeys the arithmetic of a real one."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.backends.demo.precopy import STEP, Journey, Turn, state_at, takes
from novatui.backends.demo.shapes import GIB
from novatui.core.migration import Phase

BUSY = Journey(memory=64 * GIB, dirty=1.3 * GIB, hot=6 * GIB, line=1.1 * GIB)
"""Changes its memory faster than the line carries it."""


def phases(journey: Journey, seconds: float) -> list[Phase]:
    states = [state_at(journey, at * STEP).phase for at in range(int(seconds / STEP))]
    return [phase for phase, _ in itertools.groupby(states)]


def test_one_that_changes_little_ends() -> None:
    calm = msgspec.structs.replace(BUSY, dirty=0.1 * GIB)
    seconds = takes(calm)
    assert seconds is not None
    assert phases(calm, seconds + 1) == [Phase.PREPARING, Phase.MEMORY, Phase.SWITCHOVER, Phase.FINISHING]
    end = state_at(calm, seconds)
    assert end.over
    assert end.sent >= calm.memory
    assert end.pause is not None
    assert end.pause <= calm.downtime + 0.1


def test_one_that_changes_more_than_the_line_carries_does_not() -> None:
    assert takes(BUSY) is None
    later = state_at(BUSY, 300)
    assert later.sent > BUSY.memory
    assert later.iteration > 5


@pytest.mark.parametrize(
    "turn",
    [
        Turn(at=120, downtime=7.0),
        Turn(at=120, bandwidth=0.0, post_copy=True),
        Turn(at=120, paused=True),
    ],
)
def test_each_way_out_ends_it(turn: Turn) -> None:
    seconds = takes(msgspec.structs.replace(BUSY, post_copy=True, turns=(turn,)))
    assert seconds is not None
    assert 120 < seconds < 150


def test_auto_converge_slows_the_guest_until_it_ends() -> None:
    slowed = msgspec.structs.replace(BUSY, auto_converge=True)
    seconds = takes(slowed)
    assert seconds is not None
    assert state_at(slowed, seconds).throttle >= 20


def test_less_bandwidth_makes_it_longer_and_more_does_not_exceed_the_line() -> None:
    calm = msgspec.structs.replace(BUSY, dirty=0.05 * GIB)
    slow, fast = (takes(msgspec.structs.replace(calm, bandwidth=rate)) for rate in (0.3 * GIB, 90 * GIB))
    assert slow is not None
    assert fast == takes(calm)
    assert fast is not None
    assert slow > 3 * fast


def test_storage_goes_before_memory() -> None:
    with_disk = Journey(memory=GIB, dirty=0, hot=0, line=GIB, disk=20 * GIB)
    assert phases(with_disk, 40)[:3] == [Phase.PREPARING, Phase.DISK, Phase.MEMORY]


@given(
    memory=st.integers(GIB, 64 * GIB),
    dirty=st.floats(0, 2 * GIB),
    share=st.floats(0.01, 1),
    at=st.floats(0, 200),
)
def test_where_it_stands_is_possible(memory: int, dirty: float, share: float, at: float) -> None:
    journey = Journey(memory=memory, dirty=dirty, hot=int(memory * share), line=GIB)
    now, next_ = state_at(journey, at), state_at(journey, at + 1)
    assert 0 <= now.left <= memory
    assert now.sent <= next_.sent <= now.sent + 2 * GIB + memory * 0.001
    assert now.iteration <= next_.iteration
