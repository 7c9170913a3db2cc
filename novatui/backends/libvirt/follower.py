"""Follows migrations that leave this host: each is read four times a second, on a connection of its own, while it runs.

Nothing here waits for a monitor that is held: `controlInfo` is asked first, and a reading that would wait is left out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.libvirt import control, jobs, movefigures, states
from novatui.backends.libvirt.changelinks import ChangeLinks
from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.moveway import MIB, UNLIMITED
from novatui.backends.libvirt.roster import Roster
from novatui.backends.libvirt.taskbook import TaskBook
from novatui.core.errors import Aborted, Conflict, Failure, NotFound, NovaError, Unreachable
from novatui.core.ids import key
from novatui.core.migration import MigrationProgress
from novatui.core.states import Kind
from novatui.core.tasks import Task, TaskState

log = logging.getLogger(__name__)

PERIOD_S = 0.25

LIMITS_EVERY_S = 5.0
"""The limits are asked for this often, and at once after a lever of ours: that one goes through the monitor."""

UNSEEN_S = 3.0
"""A migration that was announced and has not been seen for so long is none."""

LEFT_S = 15.0
"""The event of its end comes with the end of the clearing up; without one, this long after the guest has left."""

STOP_S = 2.0

_ABORTED = "78"
"""VIR_ERR_OPERATION_ABORTED: somebody cancelled the job."""

STAYED: Failure = Aborted(
    "the migration failed: the machine is still here",
    meaning="libvirt tells why only to whoever started it",
    hint="its log on both hosts has the reason (/var/log/libvirt/qemu)",
).failure


class Move:
    """One migration, as the follower knows it."""

    def __init__(self, uuid: str, known: MigrationProgress, *, ours: bool = False) -> None:
        self.uuid = uuid
        self.known = known
        """What figures do not tell; the figures themselves are in `last`."""
        self.last: MigrationProgress | None = None
        self.ours = ours
        """A call of ours leads it, and will say how it ended."""
        self.by_hand = False
        """Somebody paused the guest: that it stands still is not the switch."""
        self.ending: TaskState | None = None
        """How it is about to end, by its own statistics."""
        self.since = time.monotonic()
        self.limits_at = 0.0
        self.left_at = 0.0
        """When the guest was gone; 0 while it is here."""


class Follower:
    """Knows the migrations of one connection. Safe from any thread."""

    def __init__(
        self,
        links: ChangeLinks,
        host: Host,
        roster: Roster,
        book: TaskBook,
        sink: Sink,
        show: Callable[[str, str], None],
    ) -> None:
        """`show` puts a job's name into the row of a machine."""
        self._links = links
        self._host = host
        self._roster = roster
        self._book = book
        self._sink = sink
        self._show = show
        self._moves: dict[str, Move] = {}
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopping = False

    # --- what others know -------------------------------------------------------------------------------------------

    def follow(self, uuid: str) -> None:
        """This machine moves, whoever started it."""
        with self._lock:
            self._moves.setdefault(uuid, Move(uuid, MigrationProgress(source=self._host.name)))
            self._start()

    def lead(self, uuid: str, armed: tuple[str, ...], destination: str) -> None:
        """A call of ours is about to move it."""
        known = MigrationProgress(source=self._host.name, destination=destination, armed=armed)
        with self._lock:
            self._moves[uuid] = Move(uuid, known, ours=True)
            self._start()

    def led(self, uuid: str, error: NovaError | None) -> None:
        """Our call has ended. After a lost connection nobody knows: what is read then tells."""
        with self._lock:
            move = self._moves.get(uuid)
            if move is None:
                return
            move.ours = False
            if error is None:
                move.left_at = move.left_at or time.monotonic()
            elif error.failure.code == _ABORTED:
                self._end(move, TaskState.CANCELLED, error.failure)
            elif not isinstance(error, Unreachable):
                self._end(move, TaskState.FAILED, error.failure)
            self._wake.set()

    def asked(self, uuid: str, *, post_copy: bool = False, paused: bool = False, cancelled: bool = False) -> None:
        """A lever of ours was moved."""
        with self._lock:
            move = self._moves.get(uuid)
            if move is None:
                return
            if post_copy:
                move.known = msgspec.structs.replace(move.known, requested="post-copy")
            move.by_hand = move.by_hand or paused
            if cancelled:
                move.ending = TaskState.CANCELLED
            move.limits_at = 0.0
            self._wake.set()

    def follows(self, uuid: str) -> bool:
        """It is read often enough: nobody else needs to ask for it."""
        with self._lock:
            return uuid in self._moves and self._thread is not None

    def armed(self, uuid: str) -> tuple[str, ...] | None:
        """What its migration was started with; None when somebody else started it, or nothing is known of one."""
        with self._lock:
            move = self._moves.get(uuid)
            return move.known.armed if move is not None else None

    def completed(self, uuid: str, figures: jobs.Figures) -> MigrationProgress:
        """Its job has ended well, with these statistics: the last reading. It is followed no more."""
        with self._lock:
            move = self._moves.pop(uuid, None)
            last = (move.last or move.known) if move is not None else self._told(uuid)
            return movefigures.finished(last, figures, self._host.name, time.time())

    def stop(self) -> None:
        """Follow nothing any more; before the connections are closed."""
        with self._lock:
            self._stopping = True
            self._moves.clear()
            thread = self._thread
            self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(STOP_S)

    def _told(self, uuid: str) -> MigrationProgress | None:
        return next((task.migration for task in self._book.jobs(uuid) if task.migration is not None), None)

    # --- the thread -------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._thread is None and not self._stopping:
            self._thread = threading.Thread(target=self._run, name=f"libvirt-moves-{self._host.name}", daemon=True)
            self._thread.start()
        self._wake.set()

    def _run(self) -> None:
        domains: dict[str, Any] = {}
        try:
            with self._links.lend() as link:
                while moves := self._present():
                    begun = time.monotonic()
                    for move in moves:
                        self._read(link, domains, move)
                    self._wake.wait(max(0.02, PERIOD_S - (time.monotonic() - begun)))
                    self._wake.clear()
                domains.clear()  # each holds the connection open
        except NovaError as error:
            log.info("migrations are not followed any more: %s", error.failure)
        except Exception:
            log.exception("migrations are not followed any more")
        finally:
            with self._lock:
                if self._thread is threading.current_thread():
                    self._thread = None

    def _present(self) -> list[Move]:
        """What is to be read now. Without anything the thread is given up, under the lock that a new one begins in."""
        with self._lock:
            if not self._moves:
                self._thread = None
            return list(self._moves.values())

    def _read(self, link: Link, domains: dict[str, Any], move: Move) -> None:
        begun, at = self._sink.now(), time.time()
        try:
            if move.uuid not in domains:
                domains[move.uuid] = link.domain(move.uuid)
            domain = domains[move.uuid]
            info = link.call(domain.controlInfo)
            if not control.is_free(info):
                self._held(begun, move, info)
                return
            figures = link.call(domain.jobStats)
            state = tuple(link.call(domain.state))
            self._limits(link, domain, move, figures, state)
        except Unreachable:
            raise
        except (NotFound, Conflict):
            domains.pop(move.uuid, None)
            self._gone(link, begun, at, move)
            return
        except NovaError as error:
            log.info("a reading of %s was left out: %s", move.uuid, error.failure)
            return
        with self._lock:
            if self._moves.get(move.uuid) is move:
                self._judge(begun, at, move, figures, state)

    def _limits(self, link: Link, domain: Any, move: Move, figures: jobs.Figures, state: tuple[int, int]) -> None:
        now = time.monotonic()
        if not figures.get("data_total") or (move.limits_at and now - move.limits_at < LIMITS_EVERY_S):
            return
        move.limits_at = now
        pause = link.attempt(domain.migrateGetMaxDowntime, 0)
        rate = link.attempt(domain.migrateGetMaxSpeed, movefigures.speed_flag(state))
        move.known = msgspec.structs.replace(
            move.known,
            downtime_limit=pause / 1000 if pause is not None else None,
            bandwidth_limit=float(rate * MIB) if rate and 0 < rate < UNLIMITED else None,
        )

    # --- what a reading means, under the lock -----------------------------------------------------------------------

    def _judge(self, begun: float, at: float, move: Move, figures: jobs.Figures, state: tuple[int, int]) -> None:
        kind = figures.get("type", jobs.NONE)
        if kind in {jobs.CANCELLED, jobs.FAILED}:
            move.ending = TaskState.CANCELLED if kind == jobs.CANCELLED else TaskState.FAILED
        elif kind in {jobs.BOUNDED, jobs.UNBOUNDED} and movefigures.is_leaving(figures):
            self._goes_on(begun, at, move, figures, state)
        elif not move.ours:
            self._over(move)

    def _goes_on(self, begun: float, at: float, move: Move, figures: jobs.Figures, state: tuple[int, int]) -> None:
        progress = movefigures.leaving(figures, state, at=at, known=move.known, by_hand=move.by_hand)
        stood = move.last is not None and move.last.guest_paused
        if progress.guest_paused and not stood and not move.by_hand and movefigures.fits_in_pause(progress) is False:
            move.by_hand = True  # the switch pauses a guest only when the rest fits
            progress = movefigures.leaving(figures, state, at=at, known=move.known, by_hand=True)
        if not progress.guest_paused:
            move.by_hand = False
        if progress.requested != move.known.requested:
            move.known = msgspec.structs.replace(move.known, requested=progress.requested)
        move.last = progress
        spent = jobs.elapsed(figures)
        started = at - spent if spent is not None else None
        identifier, started = self._book.identify(move.uuid, jobs.MIGRATION_OUT, started)
        task = jobs.running_task(identifier, key(Kind.VM, move.uuid), self._name(move.uuid), figures, started, progress)
        if state == (states.PAUSED, states.PAUSED_POST_COPY_FAILED):
            task = msgspec.structs.replace(task, detail="post-copy failed: the guest stands still at the destination")
        self._tell(begun, move, task)

    def _held(self, begun: float, move: Move, info: Any) -> None:
        """Something holds its monitor: the last reading stays and ages."""
        trouble = control.monitor_trouble(info)
        with self._lock:
            task = self._task(move)
            if trouble and task is not None and self._moves.get(move.uuid) is move:
                self._tell(begun, move, msgspec.structs.replace(task, detail=f"monitor {trouble}"))

    def _gone(self, link: Link, begun: float, at: float, move: Move) -> None:
        """The guest has left; its end comes with an event, or with our call."""
        moved = self._was_moved(link, move.uuid)
        with self._lock:
            if self._moves.get(move.uuid) is not move:
                return
            task = self._task(move)
            if task is None or move.last is None:
                self._over(move)
                return
            move.left_at = move.left_at or time.monotonic()
            if time.monotonic() - move.left_at < LEFT_S or move.ours:
                move.last = movefigures.finishing(move.last, at)
                self._tell(
                    begun,
                    move,
                    msgspec.structs.replace(task, migration=move.last, detail="finishing", cancellable=False),
                )
            else:
                self._end(move, TaskState.DONE if moved else TaskState.UNKNOWN, None)

    def _was_moved(self, link: Link, uuid: str) -> bool:
        domain = link.attempt(link.conn.lookupByUUIDString, uuid)
        state = link.attempt(domain.state) if domain is not None else None
        return state is not None and tuple(state) == (states.SHUTOFF, states.SHUTOFF_MIGRATED)

    def _over(self, move: Move) -> None:
        """Its job is gone and no event has told of an end, which libvirt only has for a good one."""
        if move.left_at:
            if time.monotonic() - move.left_at > LEFT_S:
                self._end(move, TaskState.DONE, None)
        elif move.last is not None:
            state = move.ending or TaskState.FAILED
            self._end(move, state, STAYED if state is TaskState.FAILED else None)
        elif time.monotonic() - move.since > UNSEEN_S:
            del self._moves[move.uuid]

    def _end(self, move: Move, state: TaskState, failure: Failure | None) -> None:
        del self._moves[move.uuid]
        task = self._task(move)
        if task is not None:
            self._sink.task(self._sink.now(), self._book.end(task, state, failure))
        self._show(move.uuid, "")

    def _tell(self, begun: float, move: Move, task: Task) -> None:
        self._book.put(move.uuid, task)
        self._sink.task(begun, task)
        self._show(move.uuid, task.native_verb)

    def _task(self, move: Move) -> Task | None:
        return next((task for task in self._book.jobs(move.uuid) if task.migration is not None), None)

    def _name(self, uuid: str) -> str:
        known = self._roster.get(uuid)
        return known.name if known is not None else ""
