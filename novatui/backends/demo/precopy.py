"""A made-up migration, second by second: storage, rounds of memory while the guest dirties it again, the last pause.

Where one stands follows from how it began and from what was done to it since. Steps are as long as the clock of a
watch that looks four times a second.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from novatui.core.migration import Phase

STEP = 0.25
"""Seconds from one state to the next."""

PREPARING = 3.0
"""Seconds before the first byte: the destination is asked and made ready."""

FINISHING = 2.0
"""Seconds after the last byte."""

LIMIT = 0.3
"""Seconds that the guest may pause for the last round, unless told otherwise."""

HORIZON = 1800.0
"""Seconds after which one that does not end is given up."""

THROTTLE_FIRST, THROTTLE_MORE, THROTTLE_MOST = 20, 10, 99
"""Auto-converge: percent at first, with each further round, and at most."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done to it on the way."""

    at: float
    """Seconds after its begin."""
    bandwidth: float | None = None
    """Bytes per second that it may use from then on."""
    downtime: float | None = None
    """Seconds that the guest may pause for."""
    post_copy: bool = False
    paused: bool = False


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """How it begins. Sizes in bytes, rates in bytes per second."""

    memory: int
    dirty: float
    """How fast the guest changes memory."""
    hot: int
    """How much of its memory it changes again and again, at most."""
    line: float
    """What the network carries."""
    disk: int = 0
    """Storage that is copied before."""
    bandwidth: float | None = None
    downtime: float = LIMIT
    auto_converge: bool = False
    post_copy: bool = False
    """It may be switched to post-copy on the way."""
    turns: tuple[Turn, ...] = ()

    def switched(self, elapsed: float) -> bool:
        """The guest runs at the destination and fetches its memory from there."""
        return any(turn.post_copy for turn in self.turns) and state_at(self, elapsed).phase is Phase.POST_COPY


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Where it stands at one moment."""

    elapsed: float
    phase: Phase
    over: bool = False
    disk_left: int = 0
    disk_sent: int = 0
    left: int = 0
    """Memory that is still to be sent in this round."""
    began_with: int = 0
    """What was to be sent when this round began."""
    sent: int = 0
    """Memory sent, rounds upon rounds."""
    iteration: int = 0
    throttle: int = 0
    dirtied: float = 0.0
    """Memory that was changed since this round began."""
    dirty_rate: float | None = None
    rate: float = 0.0
    limit: float = LIMIT
    paused: bool = False
    pause: float | None = None
    """How long the guest stood still for the last of it."""
    phase_ends: float = 0.0


def state_at(journey: Journey, elapsed: float) -> State:
    """Where it stands so many seconds after its begin."""
    course = _course(journey)
    course.go_on(elapsed)
    return course.states[min(int(max(0.0, elapsed) / STEP), len(course.states) - 1)]


def takes(journey: Journey) -> float | None:
    """Seconds from begin to end; None when it does not end by itself."""
    course = _course(journey)
    course.go_on(HORIZON)
    return course.states[-1].elapsed if course.states[-1].over else None


class _Course:
    """States of one journey, made when somebody asks for them."""

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.states = [State(elapsed=0.0, phase=Phase.PREPARING, disk_left=journey.disk, left=journey.memory)]

    def go_on(self, elapsed: float) -> None:
        while len(self.states) <= min(elapsed, HORIZON) / STEP and not self.states[-1].over:
            self.states.append(_next(self.journey, self.states[-1]))


@lru_cache(maxsize=64)
def _course(journey: Journey) -> _Course:
    return _Course(journey)


def _next(journey: Journey, now: State) -> State:
    """One step on."""
    turn = _in_force(journey, now.elapsed)
    rate = min(journey.line, turn.bandwidth or journey.line)
    later = msgspec.structs.replace(
        now, elapsed=now.elapsed + STEP, rate=rate, limit=turn.downtime or journey.downtime, paused=turn.paused
    )
    match now.phase:
        case Phase.PREPARING:
            return _begin(journey, later) if later.elapsed >= PREPARING else later
        case Phase.DISK:
            return _copy_storage(later)
        case Phase.MEMORY if turn.post_copy:
            left = int(now.left + now.dirtied)
            return msgspec.structs.replace(later, phase=Phase.POST_COPY, left=left, dirtied=0.0, pause=0.02)
        case Phase.MEMORY:
            return _copy_memory(journey, later)
        case Phase.POST_COPY:
            return _fetch(later)
        case Phase.SWITCHOVER if later.elapsed >= now.phase_ends:
            sent = now.sent + now.left
            ends = later.elapsed + FINISHING
            return msgspec.structs.replace(later, phase=Phase.FINISHING, sent=sent, left=0, phase_ends=ends)
        case Phase.FINISHING if later.elapsed >= now.phase_ends:
            return msgspec.structs.replace(later, over=True)
        case _:
            return later


def _in_force(journey: Journey, elapsed: float) -> Turn:
    """Everything that was said so far, the latest of each."""
    bandwidth, downtime, post_copy, paused = journey.bandwidth, journey.downtime, False, False
    for turn in journey.turns:
        if turn.at <= elapsed:
            bandwidth = turn.bandwidth or bandwidth
            downtime = turn.downtime or downtime
            post_copy, paused = post_copy or turn.post_copy, paused or turn.paused
    return Turn(at=elapsed, bandwidth=bandwidth, downtime=downtime, post_copy=post_copy, paused=paused)


def _begin(journey: Journey, later: State) -> State:
    if journey.disk:
        return msgspec.structs.replace(later, phase=Phase.DISK)
    return msgspec.structs.replace(later, phase=Phase.MEMORY, iteration=1)


def _copy_storage(later: State) -> State:
    moved = min(later.disk_left, int(later.rate * STEP))
    left, sent = later.disk_left - moved, later.disk_sent + moved
    if left:
        return msgspec.structs.replace(later, disk_left=left, disk_sent=sent)
    return msgspec.structs.replace(later, disk_left=0, disk_sent=sent, phase=Phase.MEMORY, iteration=1)


def _copy_memory(journey: Journey, later: State) -> State:
    """A quarter of a second of a round; at its end the guest pauses, or what it changed meanwhile is sent again."""
    writes = 0.0 if later.paused else journey.dirty * (1 - later.throttle / 100)
    dirtied = min(float(journey.hot), later.dirtied + writes * STEP)
    moved = min(later.left, int(later.rate * STEP))
    left, sent = later.left - moved, later.sent + moved
    told = writes if later.iteration > 1 or later.dirty_rate is not None else None
    later = msgspec.structs.replace(later, left=left, sent=sent, dirtied=dirtied, dirty_rate=told)
    if left:
        return later
    return _round_is_over(journey, later, writes)


def _round_is_over(journey: Journey, later: State, writes: float) -> State:
    again = int(later.dirtied)
    if again <= later.rate * later.limit:
        pause = again / later.rate + 0.03
        ends = later.elapsed + pause
        return msgspec.structs.replace(later, phase=Phase.SWITCHOVER, left=again, pause=pause, phase_ends=ends)
    throttle = later.throttle
    if journey.auto_converge and later.iteration >= 2 and writes > later.rate / 2:
        throttle = min(THROTTLE_MOST, throttle + THROTTLE_MORE) if throttle else THROTTLE_FIRST
    return msgspec.structs.replace(
        later,
        iteration=later.iteration + 1,
        left=again,
        began_with=again,
        dirtied=0.0,
        throttle=throttle,
        dirty_rate=writes,
    )


def _fetch(later: State) -> State:
    """After the switch only the source sends, and nothing is changed there any more."""
    moved = min(later.left, int(later.rate * STEP))
    left, sent = later.left - moved, later.sent + moved
    if left:
        return msgspec.structs.replace(later, left=left, sent=sent)
    ends = later.elapsed + FINISHING
    return msgspec.structs.replace(later, left=0, sent=sent, phase=Phase.FINISHING, phase_ends=ends)
