"""Jobs of domains, whoever started them: found by looking, ended by events.

libvirt has no list of jobs, and asking a domain for its job waits up to 30 s while something else holds its monitor.
So a domain is asked only after `controlInfo`, which never waits, says that its monitor is free; suspects (told by an
event or by their state) each time, all others in turn within a time budget.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.libvirt import control, jobs, movefigures, states
from novatui.backends.libvirt.blockjobs import BlockJobs
from novatui.backends.libvirt.changelinks import ChangeLinks
from novatui.backends.libvirt.domains import state_columns
from novatui.backends.libvirt.errors import NOTHING_OF_THE_KIND
from novatui.backends.libvirt.follower import STAYED, Follower
from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.roster import Known, Roster
from novatui.backends.libvirt.taskbook import TaskBook
from novatui.core.errors import Aborted, Failure, NovaError, Unreachable
from novatui.core.ids import key
from novatui.core.inventory import Row
from novatui.core.states import Kind
from novatui.core.tasks import Task, TaskState

BUDGET_S = 0.3
"""For domains that nothing speaks of; the next call goes on with those that were not reached."""

ROUND_S = 2.0
ROUND_SHARE = 40
"""Such domains are asked this often at most, and the pause is so many times as long as asking them all took. A
migration tells of itself when the first memory is sent, a save by its end; what comes before, and backups, do not."""

_EARLY_S = 0.1
"""A call of `current` that comes so much too early is a round's all the same."""

_COMPLETED_KEPT = 1 | 2
"""VIR_DOMAIN_JOB_STATS_COMPLETED | _KEEP_COMPLETED: others may want to read it too."""


_NEVER_CAME: Failure = Aborted(
    "the machine did not come", meaning="the migration to this host was cancelled or it failed"
).failure


class Tasks:
    """Finds jobs and follows them."""

    def __init__(self, link: Link, links: ChangeLinks, host: Host, roster: Roster, sink: Sink) -> None:
        """`link` is for looking; migrations are read on one of the others while they run."""
        self.link = link
        self.host = host
        self.roster = roster
        self.sink = sink
        self.book = TaskBook()
        self.blocks = BlockJobs(link, self.book)
        self.follower = Follower(links, host, roster, self.book, sink, self._show_job)
        self._suspects: set[str] = set()
        self._queue: list[str] = []
        self._round_begun = float("-inf")
        self._round_took = 0.0
        self._offered = True
        self._lock = threading.Lock()

    def current(self) -> list[Task]:
        """Jobs that run, and those that ended lately."""
        if self._offered:
            with self._lock:
                suspects, self._suspects = self._suspects, set()
            busy = self.book.busy()
            for uuid in busy:
                if self.roster.get(uuid) is None and not self.follower.follows(uuid):
                    self._gone(uuid, None)
            first = [each for each in self.roster if self._is_suspect(each, suspects, busy)]
            for known in first:
                self._look(known)
            seen = {known.uuid for known in first}
            deadline = time.monotonic() + BUDGET_S
            for known in self._in_turn(seen):
                begun = time.monotonic()
                self._look(known)
                self._round_took += time.monotonic() - begun
                if time.monotonic() > deadline or not self._offered:
                    break
        return self.book.tasks()

    def on_event(self, uuid: str, name: str, arguments: tuple[Any, ...]) -> None:
        """A job's event: it goes on, or it ended."""
        known, begun = self.roster.get(uuid), self.sink.now()
        ended: Task | None = None
        if name == "MIGRATION_ITERATION":
            self.follower.follow(uuid)
        elif name == "JOB_COMPLETED":
            ended = self._end_of_job(uuid, known, arguments[0])
        elif name == "BLOCK_JOB_2":
            ended = self.blocks.on_event(uuid, known, *arguments)
        if ended is not None:
            self.sink.task(begun, ended)
            self._show(known, "")
        with self._lock:
            self._suspects.add(uuid)

    # Which domains

    def _is_suspect(self, known: Known, told: set[str], busy: set[str]) -> bool:
        return (
            known.uuid in told
            or bool(known.job)
            or (known.state, known.reason) in states.JOB_REASONS
            or known.uuid in busy
        )

    def _in_turn(self, seen: set[str]) -> Iterator[Known]:
        """All other running domains, each once per round; a round that the budget cut short goes on next time."""
        with self._lock:
            pause = max(ROUND_S, ROUND_SHARE * self._round_took)
            if not self._queue and time.monotonic() - self._round_begun >= pause - _EARLY_S:
                self._round_begun, self._round_took = time.monotonic(), 0.0
                self._queue = [each.uuid for each in self.roster if states.is_active(each.state)]
        while uuid := self._next_in_turn():
            known = self.roster.get(uuid)
            if known is not None and uuid not in seen:
                yield known

    def _next_in_turn(self) -> str:
        with self._lock:
            return self._queue.pop() if self._queue else ""

    # One domain

    def _look(self, known: Known) -> None:
        if self.follower.follows(known.uuid):
            return
        try:
            if not states.is_active(known.state):
                self._gone(known.uuid, known)
                return
            info = self._free(known)
            if info is None:
                self._show(known, "")
            elif control.is_free(info):
                self._ask(known)
            else:
                self._stuck(known, info)
        except Unreachable:
            raise
        except NovaError as error:
            if error.failure.code in NOTHING_OF_THE_KIND:
                self._offered = False
            else:
                self._gone(known.uuid, known)

    def _free(self, known: Known) -> list[int] | None:
        """What holds the monitor, asked again while it is at work."""
        return control.asked(lambda: self.link.call(known.domain.controlInfo))

    def _ask(self, known: Known) -> None:
        """Its monitor is free, so this is answered at once."""
        coming = (known.state, known.reason) == states.COMING
        try:
            figures = self.link.call(known.domain.jobStats)
        except Unreachable:
            raise
        except NovaError as error:
            if error.failure.code in NOTHING_OF_THE_KIND:
                raise
            # A migration's target has no statistics of its own: only that it comes is known.
            figures = {"type": jobs.UNBOUNDED, "operation": jobs.MIGRATION_IN} if coming else {}
        if figures.get("type", jobs.NONE) in {jobs.BOUNDED, jobs.UNBOUNDED}:
            self._running(known, figures)
        else:
            self._not_running(known)
            if coming and jobs.is_none(figures):
                self._rests(known)
        self.blocks.look(known)
        job = self.book.running(known.uuid)
        self._show(known, job[0].native_verb if job else "")

    def _rests(self, known: Known) -> None:
        """Nothing brings it here: it is paused, whatever reason libvirt still gives."""
        with self.roster.telling:
            if not known.jobless:
                known.jobless = True
                self.sink.rows(self.sink.now(), [Row(Kind.VM, known.uuid, state_columns(known))])

    def _running(self, known: Known, figures: jobs.Figures) -> None:
        if movefigures.is_leaving(figures):
            self.follower.follow(known.uuid)
            return
        spent = jobs.elapsed(figures)
        started = time.time() - spent if spent is not None else None
        identifier, started = self.book.identify(known.uuid, jobs.operation(figures), started)
        comes = movefigures.arriving(self.host.name) if jobs.operation(figures) == jobs.MIGRATION_IN else None
        vm = key(Kind.VM, known.uuid)
        self.book.put(known.uuid, jobs.running_task(identifier, vm, known.name, figures, started, comes))

    def _not_running(self, known: Known) -> None:
        """A job that ran has ended without an event: its completed statistics say how, or where the machine is now."""
        for task in self.book.jobs(known.uuid):
            figures = self.link.attempt(known.domain.jobStats, _COMPLETED_KEPT) or {}
            if figures.get("type") and jobs.operation(figures) == jobs.operation_of(task):
                state, failure = jobs.outcome(figures)
            elif task.migration is None:
                state, failure = TaskState.UNKNOWN, None
            elif not task.migration.source:
                state, failure = TaskState.DONE, None
            else:
                state, failure = TaskState.FAILED, STAYED
            self.book.end(task, state, failure)

    def _stuck(self, known: Known, info: list[int]) -> None:
        """Something holds the monitor: nothing is asked, and the time since when is shown."""
        trouble = control.monitor_trouble(info)
        if trouble:
            self._show(known, f"monitor {trouble}")
        for task in self.book.running(known.uuid):
            self.book.put(known.uuid, msgspec.structs.replace(task, detail=f"monitor {trouble}" if trouble else ""))

    def _gone(self, uuid: str, known: Known | None) -> None:
        """The domain runs here no longer: its tasks have ended, but a migration that leaves ends by its event."""
        moved = known is not None and (known.state, known.reason) == (states.SHUTOFF, states.SHUTOFF_MIGRATED)
        for task in self.book.running(uuid):
            if task.migration is None:
                self.book.end(task, TaskState.UNKNOWN, None)
            elif moved:
                self.book.end(task, TaskState.DONE, None)
            elif not task.migration.source:
                self.book.end(task, TaskState.FAILED, _NEVER_CAME)
            elif self.book.is_old(task):
                self.book.end(task, TaskState.UNKNOWN, None)
            else:
                finishing = msgspec.structs.replace(task.migration, phase="finishing")
                self.book.put(uuid, msgspec.structs.replace(task, migration=finishing, detail="finishing"))
        self._show(known, "")

    # Ends and rows

    def _end_of_job(self, uuid: str, known: Known | None, figures: jobs.Figures) -> Task | None:
        state, failure = jobs.outcome(figures)
        name = known.name if known is not None else ""
        moved = self.follower.completed(uuid, figures) if movefigures.is_leaving(figures) else None
        running = self.book.jobs(uuid)
        if running:
            last = running[0]
            return self.book.end(msgspec.structs.replace(last, migration=moved or last.migration), state, failure)
        spent = jobs.elapsed(figures)
        identifier, started = self.book.identify(
            uuid, jobs.operation(figures), time.time() - spent if spent is not None else None
        )
        task = jobs.running_task(identifier, key(Kind.VM, uuid), name, figures, started, moved)
        return self.book.end(task, state, failure)

    def _show_job(self, uuid: str, job: str) -> None:
        self._show(self.roster.get(uuid), job)

    def _show(self, known: Known | None, job: str) -> None:
        """The `job` column of a machine's row."""
        if known is None or known.job == job:
            return
        with self.roster.telling:
            known.job = job
            self.sink.rows(self.sink.now(), [Row(Kind.VM, known.uuid, {"job": job})])
