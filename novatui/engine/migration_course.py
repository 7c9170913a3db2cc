"""What the tasks of one moving machine say together: whose reading counts, where it goes, and how it ended.

A move shows as up to three tasks: that of the source, that of the destination where the machine comes in, and our own
operation. Whoever is nearer to the job has the last word: our operation, then the source, then the destination.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from novatui.core.migration import Fidelity, MigrationProgress, Phase
from novatui.core.tasks import Task, TaskState
from novatui.core.text import clean
from novatui.core.verdict import Call, Judge, Verdict
from novatui.engine.migration_record import Record, is_over, notes, takes
from novatui.engine.task_store import LIVE

GRACE = 10.0
"""Seconds for which another task may still tell of a move that has ended, and that a straggler is waited for."""

SILENT = 5.0
"""Seconds without news after which the verdict is looked at again."""

Name = tuple[str, str]
"""Family and uuid of a machine, or connection and key."""

_RANK = {Fidelity.NONE: 0, Fidelity.PERCENT: 1, Fidelity.LOG: 2, Fidelity.FULL: 3}


class Leg(msgspec.Struct):
    """One task of a move."""

    conn: str
    task: Task
    own: bool
    """It is an operation of a console of this user."""

    @property
    def live(self) -> bool:
        """It waits or runs."""
        return self.task.state in LIVE

    @property
    def incoming(self) -> bool:
        """It tells of the destination only."""
        move = self.task.migration
        return not self.own and move is not None and not move.source and bool(move.destination)


class Course:
    """The tasks of one move, and the record that they write."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.names: set[Name] = set()
        """Everything that the machine was called by."""
        self.legs: dict[tuple[str, str], Leg] = {}
        self._judge = Judge()
        for reading in record.trace:
            self._judge.add(reading, record.percent)
        self._feed: tuple[str, str] | None = None
        """The task whose readings count."""
        self.waits_since: float | None = None
        """Since when nobody says that it still runs; None while somebody does."""
        self._up_since: float | None = None
        """Since when its connections could tell more, while that is waited for."""
        self._timed_by_task = False

    # --- what belongs to it -----------------------------------------------------------------------------------------

    def fits(self, conn: str, task: Task, own: bool, now: float) -> bool:
        """True when a task of the same machine may be of this very move."""
        if (conn, task.id) in self.legs:
            return True
        record = self.record
        if own and record.own and record.own != task.id:
            return False
        began, ended = task.started, task.ended if task.state not in LIVE else None
        if record.ended is None:
            return ended is None or ended >= record.began - GRACE
        if began is not None:
            return began <= record.ended and (ended is None or ended >= record.began)
        return now - record.ended <= GRACE and not self._goes_elsewhere(task.migration)

    def _goes_elsewhere(self, move: MigrationProgress | None) -> bool:
        if move is None:
            return False
        ways = ((move.source, self.record.source), (move.destination, self.record.destination))
        return any(one and other and one != other for one, other in ways)

    @property
    def knows_source(self) -> bool:
        """One of its tasks is where the machine was; it is acted on there."""
        return any(not leg.incoming for leg in self.legs.values())

    # --- what its tasks say -----------------------------------------------------------------------------------------

    def hear(self, leg: Leg, now: float, arguments: Mapping[str, str]) -> None:
        """A task of it stands otherwise than before."""
        record, id = self.record, (leg.conn, leg.task.id)
        self.legs[id] = leg
        if id not in record.tasks:
            record.tasks.append(id)
        record.heard = now
        if leg.own:
            record.own, record.who = leg.task.id, leg.task.who or record.who
            record.arguments = dict(arguments) or record.arguments
        self._learn(leg)
        feed = self._choose()
        if feed is leg and leg.task.migration is not None:
            self._read(leg, leg.task.migration, now)
        self._settle(now)

    def _learn(self, leg: Leg) -> None:
        """Names, route and times, from whoever tells them."""
        record, task, move = self.record, leg.task, leg.task.migration
        record.name = task.target or record.name
        record.who = record.who or task.who
        if move is not None:
            record.source = move.source or record.source
            record.destination = move.destination or record.destination
        if task.started is not None and (not self._timed_by_task or task.started < record.began) and record.live:
            record.began, self._timed_by_task = task.started, True

    def _choose(self) -> Leg | None:
        """The task that tells most; the one that did stays as long as no other tells more."""
        before = self.legs.get(self._feed) if self._feed else None
        native = [leg for leg in self.legs.values() if not leg.own]
        best = max(native, key=lambda leg: (*_worth(leg), leg is before), default=None)
        if best is not None:
            if before is not None and _worth(best)[:2] > _worth(before)[:2]:
                self.record.trace, self._judge = [], Judge()  # what the other end told is no part of its course
            self._feed = (best.conn, best.task.id)
        acted = best if best is not None and not best.incoming else None
        acted = next((leg for leg in self.legs.values() if leg.own), acted) or best
        if acted is None:
            acted = next(iter(self.legs.values()))
        self.record.conn, self.record.key = acted.conn, acted.task.key or self.record.key
        return best

    def _read(self, leg: Leg, move: MigrationProgress, now: float) -> None:
        record, task = self.record, leg.task
        record.percent, record.detail = task.progress, task.detail
        reading = move if move.at is not None else msgspec.structs.replace(move, at=now)
        before = record.trace[-1] if record.trace else None
        if move.phase == Phase.PREPARING and before is not None and before.phase not in ("", Phase.PREPARING):
            return  # its figures are cleared away: that is no beginning
        if not leg.live:
            if task.state is TaskState.DONE and move.downtime is not None and move.fidelity is Fidelity.FULL:
                record.pause_real = move.downtime
            if reading.at == (before.at if before is not None else None):
                return
        takes(record, reading)
        self._tell_steps(before, reading)
        if leg.live:
            self._verdict(self._judge.add(record.last, record.percent), reading.at or now)

    def _tell_steps(self, before: MigrationProgress | None, reading: MigrationProgress) -> None:
        """What a timeline tells of a reading, at the time of the reading."""
        record, now = self.record, reading.at or 0.0
        if reading.phase and (before is None or before.phase != reading.phase):
            notes(record, now, "phase", clean(reading.phase))
        if reading.phase == Phase.MEMORY and (reading.iteration or 0) > 1 and before and (before.iteration or 0) <= 1:
            notes(record, now, "pass", "first pass over memory done")
        if reading.throttle and not (before is not None and before.throttle):
            notes(record, now, "throttle", f"auto-converge slows the guest by {reading.throttle} %")
        if reading.guest_paused and not (before is not None and before.guest_paused):
            notes(record, now, "guest", "the guest stands still")
        if before is not None and before.guest_paused and reading.guest_paused is False:
            notes(record, now, "guest", "the guest runs")

    def _verdict(self, verdict: Verdict, now: float) -> None:
        record = self.record
        if verdict.call is not record.verdict.call:
            notes(record, now, "verdict", f"{verdict.call.value}: {verdict.reason}" if verdict.reason else verdict.call)
        record.verdict = verdict

    # --- how it ends ------------------------------------------------------------------------------------------------

    def _settle(self, now: float) -> None:
        """Where it stands, from all of its tasks."""
        record = self.record
        moving = any(leg.live and not leg.own for leg in self.legs.values())
        decides = next((leg for leg in self._by_authority() if is_over(leg.task.state)), None)
        own = next((leg for leg in self.legs.values() if leg.own), None)
        if own is not None and own.live:
            decides = None
        elif decides is not None and not decides.own and moving:
            decides = None  # the other end is not done yet
        if decides is not None and decides.own and moving and record.ended is None:
            self.waits_since = self.waits_since if self.waits_since is not None else now
            if now - self.waits_since <= GRACE:
                return
        if decides is not None:
            self._end(decides.task.state, decides.task, now)
        elif moving or (own is not None and own.live):
            self.waits_since = None
            record.state = self._running_state(own)
        elif record.ended is None:
            self._lost(now)

    def _by_authority(self) -> Iterable[Leg]:
        return sorted(self.legs.values(), key=lambda leg: (not leg.own, leg.incoming))

    def _running_state(self, own: Leg | None) -> TaskState:
        native = [leg for leg in self.legs.values() if not leg.own]
        states = {leg.task.state for leg in native} or {own.task.state if own else TaskState.RUNNING}
        return TaskState.QUEUED if states == {TaskState.QUEUED} else TaskState.RUNNING

    def _lost(self, now: float) -> None:
        """Nobody says any more that it runs, and nobody that it does not."""
        record = self.record
        record.state = TaskState.UNKNOWN
        if self.waits_since is None:
            self.waits_since, self._up_since = now, None
            self._verdict(
                Verdict(call=Call.STALE, since=now, reason="nothing is heard of it: the connection was lost"), now
            )

    def tick(self, now: float, up: bool) -> bool:
        """Time went by; `up`: its connections are there and have told all they know. True when something changed."""
        record = self.record
        if record.ended is not None:
            return False
        if self.waits_since is None:
            return up and self._silence(now)
        if any(leg.own and is_over(leg.task.state) for leg in self.legs.values()):
            self._settle(now)
            return record.ended is not None
        self._up_since = (self._up_since if self._up_since is not None else now) if up else None
        if self._up_since is None or now - max(self.waits_since, self._up_since) <= GRACE:
            return False
        self._end(TaskState.UNKNOWN, None, now)
        return True

    def _silence(self, now: float) -> bool:
        """Nothing new was heard for a while. Of a product that tells only changes that means that nothing changed."""
        record, silent = self.record, now - self.record.heard
        if not record.trace or silent < SILENT:
            return False
        before = record.verdict
        at = (record.trace[-1].at or now) + silent
        if record.fidelity is Fidelity.FULL:
            verdict = self._judge.now(at)
        else:
            verdict = self._judge.add(msgspec.structs.replace(record.last, at=at), record.percent)
        self._verdict(verdict, at)
        return verdict != before

    def _end(self, state: TaskState, task: Task | None, now: float) -> None:
        record = self.record
        if record.ended is not None and record.state is state:
            record.failure = record.failure or (task.failure if task is not None else None)
            return
        record.state = state
        record.failure = task.failure if task is not None else None
        if record.ended is None:
            said = task.ended if task is not None else None
            record.ended = max(record.began, said if said is not None and said <= now else now)
        record.verdict = ended_as(record)
        self.waits_since = None
        notes(record, record.ended, "state", f"{record.verdict.call.value}: {record.verdict.reason}".rstrip(": "))

    # --- two that turn out to be one --------------------------------------------------------------------------------

    def absorb(self, other: Course, now: float) -> None:
        """The other one is the same move, told under another name."""
        mine, theirs = self.record, other.record
        if len(theirs.trace) > len(mine.trace):
            mine.trace, mine.first_pass, mine.verdict = theirs.trace, theirs.first_pass, theirs.verdict
            mine.memory, mine.fidelity, mine.percent = theirs.memory, theirs.fidelity, theirs.percent
            self._judge = other._judge
        mine.began = min(mine.began, theirs.began)
        mine.steps = sorted({*mine.steps, *theirs.steps}, key=lambda step: step.at)
        mine.used = sorted([*mine.used, *theirs.used], key=lambda used: used.at)
        mine.source, mine.destination = mine.source or theirs.source, mine.destination or theirs.destination
        mine.own, mine.arguments = mine.own or theirs.own, mine.arguments or theirs.arguments
        mine.tasks += [id for id in theirs.tasks if id not in mine.tasks]
        self.legs.update(other.legs)
        self.names |= other.names
        self._choose()
        self._settle(now)


def _worth(leg: Leg) -> tuple[int, bool, bool, int]:
    """How much a task tells of the move: fidelity, whether it is the source's and runs, how many figures."""
    move = leg.task.migration
    if move is None:
        return 0, False, leg.live, 0
    figures = (move.left, move.rate, move.dirty_rate, move.iteration, move.memory_left)
    return _RANK[move.fidelity], not leg.incoming, leg.live, sum(one is not None for one in figures)


def ended_as(record: Record) -> Verdict:
    """The last word on it."""
    calls = {TaskState.DONE: Call.DONE, TaskState.FAILED: Call.FAILED, TaskState.CANCELLED: Call.CANCELLED}
    call = calls.get(record.state, Call.UNKNOWN)
    source, destination = record.route
    at = f"the machine is at {source}" if source else "the machine is where it was"
    reasons = {
        Call.DONE: f"it runs at {destination}" if destination else "it has moved",
        Call.FAILED: str(record.failure) if record.failure is not None else at,
        Call.CANCELLED: str(record.failure) if record.failure is not None else at,
        Call.UNKNOWN: "nobody was told how it ended: look where the machine runs now",
    }
    return Verdict(call=call, since=record.ended, reason=reasons[call])
