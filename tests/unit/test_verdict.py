"""Verdicts of single situations, and what holds of every verdict whatever the readings are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novatui.core.migration import Fidelity, MigrationProgress, Phase
from novatui.core.tasks import TaskState
from novatui.core.verdict import Call, Judge, Verdict, judge

MIB = 1 << 20
EPOCH = 1.7e9
EVERY = 0.25


@dataclass
class Guest:
    """A guest whose passes begin with sizes as asked for, sent at a steady rate and read four times a second."""

    rate: float = 100.0 * MIB
    limit: float | None = 0.3
    at: float = EPOCH
    sent: float = 0.0
    number: int = 0
    total: int = 1024 * MIB
    throttle: int | None = None
    armed: tuple[str, ...] | None = ()
    tells_downtime: bool = True
    dirty: float = 100.0 * MIB

    def pass_of(self, size: float, *, stop: float | None = None) -> Iterator[MigrationProgress]:
        """The readings of a pass that begins with so many bytes, until the rest fits into the pause."""
        self.number += 1
        left = size
        rest = self.rate * (self.limit or 0.3) if stop is None else stop
        while left > rest:
            yield self.reading(left, size)
            left -= self.rate * EVERY
            self.sent += self.rate * EVERY
            self.at += EVERY

    def reading(self, left: float, size: float) -> MigrationProgress:
        first = self.number < 2
        downtime = (self.limit or 0.3) if first else size / self.rate
        return MigrationProgress(
            fidelity=Fidelity.FULL,
            phase=Phase.MEMORY,
            at=self.at,
            total=self.total,
            sent=int(self.sent),
            left=int(left),
            rate=self.rate,
            dirty_rate=None if first else self.dirty,
            iteration=self.number,
            throttle=self.throttle,
            downtime=downtime if self.tells_downtime else None,
            downtime_limit=self.limit,
            armed=self.armed,
        )


def follow(judge: Judge, readings: Iterator[MigrationProgress]) -> list[Verdict]:
    return [judge.add(reading) for reading in readings]


def stuck(guest: Guest, passes: int = 5, size: float = 400 * MIB) -> tuple[Judge, list[Verdict]]:
    """A guest that writes so much of its memory again and again."""
    judging = Judge()
    said = follow(judging, guest.pass_of(guest.total))
    for _ in range(passes):
        said += follow(judging, guest.pass_of(size))
    return judging, said


def test_the_first_pass_says_when_it_ends_and_nothing_of_the_whole() -> None:
    judging, guest = Judge(), Guest()
    said = follow(judging, guest.pass_of(guest.total))
    assert {one.call for one in said} == {Call.FIRST_PASS}
    assert {one.eta for one in said} == {None}
    assert said[0].part == pytest.approx(10.24)


def test_not_converging_names_the_floor_and_the_pause_against_the_allowed_one() -> None:
    judging, said = stuck(Guest())
    found = judging.verdict
    assert found.call is Call.NOT_CONVERGING
    assert found.floor == pytest.approx(400 * MIB, rel=0.02)
    assert found.pause == pytest.approx(4.0, rel=0.02)
    assert found.limit == 0.3
    assert "400M" in found.reason
    assert "4.0 s" in found.reason
    assert "300 ms" in found.reason
    first = next(index for index, one in enumerate(said) if one.call is Call.NOT_CONVERGING)
    assert found.since == EPOCH + first * EVERY


@pytest.mark.parametrize("tells_downtime", [True, False])
def test_it_is_named_in_the_fourth_pass_at_the_latest(tells_downtime: bool) -> None:
    judging, _ = stuck(Guest(tells_downtime=tells_downtime), passes=3)
    assert judging.verdict.call is Call.NOT_CONVERGING


def test_small_rest_at_the_end_of_each_pass_is_not_taken_for_headway() -> None:
    _, said = stuck(Guest(), passes=8)
    named = [one.call for one in said].index(Call.NOT_CONVERGING)
    assert {one.call for one in said[named:]} == {Call.NOT_CONVERGING}


def test_passes_that_shrink_converge_with_a_range_that_holds_what_happens() -> None:
    judging, guest = Judge(), Guest(dirty=50.0 * MIB)
    follow(judging, guest.pass_of(guest.total))
    trace: list[tuple[float, Verdict]] = []
    size = 500.0 * MIB
    while size > guest.rate * 0.3:
        trace += [(one.at or 0.0, judging.add(one)) for one in guest.pass_of(size)]
        size *= 0.5
    ended = guest.at + 0.3
    told = [(at, one.eta) for at, one in trace if one.eta is not None]
    assert {one.call for _, one in trace} == {Call.CONVERGING}
    assert len(told) > 10
    assert all(eta[0] - 0.5 <= ended - at <= eta[1] + 0.5 for at, eta in told)


def test_a_longer_pause_that_covers_the_floor_is_seen_at_once() -> None:
    guest = Guest()
    judging, _ = stuck(guest)
    guest.limit = 6.0
    found = judging.add(next(guest.pass_of(400 * MIB, stop=0.0)))
    assert found.call is Call.CONVERGING
    assert found.limit == 6.0
    assert found.eta is not None


def test_more_bandwidth_is_seen_within_a_pass() -> None:
    guest = Guest()
    judging, _ = stuck(guest)
    guest.rate *= 10
    readings = [msgspec.structs.replace(one, bandwidth_limit=2e9) for one in guest.pass_of(400 * MIB)]
    assert Call.NOT_CONVERGING not in {judging.add(one).call for one in readings}


def test_auto_converge_that_rises_is_stalled_and_never_more() -> None:
    guest = Guest(armed=("auto-converge",))
    judging, said = stuck(guest, passes=2)
    for throttle in range(20, 99, 10):
        guest.throttle = throttle
        for _ in range(2):
            said += follow(judging, guest.pass_of(400 * MIB))
    assert Call.NOT_CONVERGING not in {one.call for one in said}
    assert judging.verdict.call is Call.STALLED
    assert "90 %" in judging.verdict.reason
    guest.throttle = 99
    for _ in range(4):
        said += follow(judging, guest.pass_of(400 * MIB))
    assert judging.verdict.call is Call.NOT_CONVERGING


def test_armed_auto_converge_that_has_not_begun_is_waited_for() -> None:
    _, said = stuck(Guest(armed=("auto-converge",)), passes=6)
    assert Call.NOT_CONVERGING not in {one.call for one in said}


def test_a_paused_guest_ends_with_what_is_left() -> None:
    guest = Guest()
    judging, _ = stuck(guest)
    one = msgspec.structs.replace(next(guest.pass_of(400 * MIB)), guest_paused=True)
    found = judging.add(one)
    assert found.call is Call.CONVERGING
    assert found.eta is not None
    assert found.eta[0] < 4.0 < found.eta[1]


def test_a_link_that_carries_nothing_is_stalled_whatever_the_figures_say() -> None:
    judging, guest = Judge(), Guest()
    follow(judging, guest.pass_of(guest.total))
    for _ in range(30):
        guest.at += EVERY
        judging.add(guest.reading(300 * MIB, 300 * MIB))
    assert judging.verdict.call is Call.STALLED
    assert "Nothing was sent" in judging.verdict.reason


def test_storage_comes_before_memory_and_has_its_own_end() -> None:
    disk = MigrationProgress(
        fidelity=Fidelity.FULL, phase=Phase.DISK, at=EPOCH, disk_left=500 * MIB, disk_rate=50.0 * MIB, total=900 * MIB
    )
    found = judge([disk])
    assert (found.call, found.part, found.eta) == (Call.DISK, 10.0, None)


def test_other_phases_have_their_own_word() -> None:
    at = {"fidelity": Fidelity.FULL, "at": EPOCH}
    assert judge([MigrationProgress(phase=Phase.PREPARING, **at)]).call is Call.PREPARING
    assert judge([MigrationProgress(phase=Phase.SWITCHOVER, **at)]).call is Call.SWITCHOVER
    assert judge([MigrationProgress(phase=Phase.FINISHING, **at)]).call is Call.FINISHING
    assert judge([MigrationProgress(phase="", **at)]).call is Call.UNKNOWN
    fetching = MigrationProgress(phase=Phase.POST_COPY, left=100 * MIB, rate=10.0 * MIB, iteration=4, **at)
    found = judge([fetching])
    assert found.call is Call.POST_COPY
    assert found.eta is not None
    assert found.eta[0] < 10 < found.eta[1]


@pytest.mark.parametrize(
    ("state", "call"),
    [(TaskState.DONE, Call.DONE), (TaskState.FAILED, Call.FAILED), (TaskState.CANCELLED, Call.CANCELLED)],
)
def test_an_end_is_the_last_word(state: TaskState, call: Call) -> None:
    judging, _ = stuck(Guest())
    found = judging.end(state, EPOCH + 100)
    assert (found.call, found.since) == (call, EPOCH + 100)
    assert judging.now(EPOCH + 1000).call is call


def test_an_old_reading_says_nothing_of_now() -> None:
    judging, _ = stuck(Guest())
    last = judging.verdict.since or 0.0
    assert judging.now(last).call is Call.NOT_CONVERGING
    assert judging.now(EPOCH + 1000).call is Call.STALE


def percent_reading(at: float) -> MigrationProgress:
    return MigrationProgress(fidelity=Fidelity.PERCENT, phase=Phase.MEMORY, at=EPOCH + at)


def test_a_percentage_moves_or_stands_and_nothing_else_is_said() -> None:
    judging = Judge()
    said = [judging.add(percent_reading(second), float(min(second, 40))) for second in range(90)]
    assert said[20].call is Call.PERCENT_ONLY
    assert said[20].eta is not None
    assert said[20].eta[0] < 80 < said[20].eta[1]
    assert said[89].call is Call.STALLED
    assert "40 %" in said[89].reason
    assert all(one.floor is None and one.pause is None for one in said)


def test_of_a_log_only_the_rates_are_held_against_each_other() -> None:
    def line(at: float, sent: int, dirty: float | None) -> MigrationProgress:
        return MigrationProgress(
            fidelity=Fidelity.LOG, phase=Phase.MEMORY, at=EPOCH + at, total=528 * MIB, sent=sent * MIB,
            rate=30.0 * MIB, dirty_rate=dirty, downtime_limit=0.1,
        )  # fmt: skip

    judging = Judge()
    assert judging.add(line(1, 30, None)).call is Call.FIRST_PASS
    assert judging.add(line(2, 60, None)).call is Call.FIRST_PASS
    assert judging.add(line(20, 600, 40.2 * MIB)).call is Call.STALLED
    assert "%" not in judging.verdict.reason


def test_a_rate_that_jumps_and_a_size_that_lies_do_not_make_a_floor() -> None:
    guest = Guest()
    judging = Judge()
    said = follow(judging, guest.pass_of(guest.total))
    size = 500.0 * MIB
    turn = 0
    while size > guest.rate * 0.3:
        for one in guest.pass_of(size):
            turn += 1
            told = msgspec.structs.replace(one, rate=guest.rate * 4) if turn % 7 == 0 else one
            said.append(judging.add(told))
        size *= 0.6
    assert Call.NOT_CONVERGING not in {one.call for one in said}


def test_more_sent_than_there_is_leads_to_no_percentage() -> None:
    guest = Guest()
    _, said = stuck(guest, passes=20)
    assert guest.sent > 3 * guest.total
    after = [one for one in said if one.call is not Call.FIRST_PASS]
    assert after
    assert not any("%" in one.reason for one in after)


figure = st.none() | st.integers(min_value=-(1 << 40), max_value=1 << 50)
rates = st.none() | st.floats(min_value=-1e3, max_value=1e12, allow_nan=False)
READINGS = st.builds(
    MigrationProgress,
    fidelity=st.sampled_from(list(Fidelity)),
    phase=st.sampled_from(["", "memory", "memory", "memory", "disk", "preparing", "post-copy", "what"]),
    at=st.none() | st.floats(min_value=EPOCH, max_value=EPOCH + 300),
    total=figure, sent=figure, left=figure, rate=rates, dirty_rate=rates,
    iteration=st.none() | st.integers(min_value=-1, max_value=60),
    throttle=st.none() | st.integers(min_value=-5, max_value=150),
    downtime=rates, memory_total=figure, memory_sent=figure, memory_left=figure, memory_rate=rates,
    disk_left=figure, disk_rate=rates, downtime_limit=rates, bandwidth_limit=rates,
    armed=st.none() | st.just(("auto-converge",)), guest_paused=st.none() | st.booleans(),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(READINGS, max_size=12))
def test_no_readings_break_it_and_what_is_told_makes_sense(trace: list[MigrationProgress]) -> None:
    judging = Judge()
    since = 0.0
    for reading in trace:
        found = judging.add(reading)
        assert found.since is not None
        assert found.since >= since
        since = found.since
        if found.eta is not None:
            assert 0 <= found.eta[0] <= found.eta[1]
            assert isfinite(found.eta[1])
        for value in (found.part, found.pause):
            assert value is None or (value >= 0 and isfinite(value))
        assert (found.floor is not None) == (found.call is Call.NOT_CONVERGING)
        said = re.sub(r"slows the guest by \d+ % and goes on to 99 %", "", found.reason)
        assert "%" not in said
    assert judge(trace) == judging.verdict


@settings(max_examples=50, deadline=None)
@given(st.lists(READINGS, max_size=8))
def test_judging_a_trace_is_folding_it(trace: list[MigrationProgress]) -> None:
    judging = Judge()
    for count, reading in enumerate(trace, 1):
        assert judging.add(reading) == judge(trace[:count])
