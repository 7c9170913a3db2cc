"""Calls into drivers, each under a deadline; what is past it is abandoned, never waited for.

A deadline is for an answer that does not come. A call that computes itself is at work, however long it takes on a busy
machine: libvirt's drivers inside this process parse thousands of domains while they connect.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

import msgspec

AT_WORK = 0.02
"""Share of the processor that a call's thread used up to its deadline, and uses from then on, if it is at work."""

EXTENSION = 1 / 3
"""Of its time: what a call at work is given at each deadline."""

AT_MOST = 20.0
"""Times its time: a call that computes for longer is lost in itself."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Deadlines by class of call, seconds. A call past its deadline is abandoned and reported as Timeout."""

    connect: float = 15.0
    """Resolve, connect, TLS, authentication, identification together."""
    list: float = 60.0
    """One full listing, the load included."""
    read: float = 15.0
    """A short question: detail, refresh, tasks, events, ping, subscribing to events."""
    sample: float = 10.0
    """One reading of metrics."""
    change: float = 60.0
    """One short call that changes something; a long one has no deadline."""
    close: float = 5.0
    per_object: float = 0.002
    """Added to `list` and `sample` for each object known or measured: 10,000 of them add 20 s."""

    def wished(self, options: Mapping[str, str]) -> Limits:
        """The same as the options of a connection want it: `connect_timeout` for `connect`, `call_timeout` for `read`.

        Listings, metrics and changes have as much more or less.
        """
        connect, read = seconds_of(options, "connect_timeout"), seconds_of(options, "call_timeout")
        share = (read or self.read) / self.read
        return msgspec.structs.replace(
            self,
            connect=connect or self.connect,
            list=self.list * share,
            read=self.read * share,
            sample=self.sample * share,
            change=self.change * share,
        )


def seconds_of(options: Mapping[str, str], name: str) -> float | None:
    """An option that is a number of seconds; None when it is not set, or is none."""
    try:
        seconds = float(options.get(name, "nan"))
    except ValueError:
        return None
    return seconds if 0 < seconds < float("inf") else None


class Abandoned(Exception):
    """The call came back after its deadline: its result is late and must not be used."""


class Call:
    """One call in flight."""

    def __init__(self, conn: str, lane: str, what: str, seconds: float, overdue: Callable[[Call], None]) -> None:
        self.conn = conn
        self.lane = lane
        self.what = what
        self.seconds = seconds
        """What it was given, a person's time to answer not counted."""
        self.begun = time.monotonic()
        self.due = self.begun + seconds
        self.overdue = overdue
        self.abandoned = False
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        self._looked, self._worked = self.begun, time.clock_gettime(self._clock)

    def extend(self, now: float) -> bool:
        """More time, if its thread was at work since the last look; only while it flies."""
        worked = time.clock_gettime(self._clock)
        at_work = worked - self._worked >= AT_WORK * (now - self._looked)
        self._looked, self._worked = now, worked
        if at_work and now < self.begun + AT_MOST * self.seconds:
            self.due = now + EXTENSION * self.seconds
            return True
        return False


class Calls:
    """Every call in flight in this process. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._serial = itertools.count()
        self._flying: dict[int, Call] = {}
        self._paused: dict[str, tuple[int, float]] = {}
        self._begun = 0

    @contextmanager
    def within(
        self, seconds: float, conn: str, lane: str, what: str, overdue: Callable[[Call], None]
    ) -> Generator[Call]:
        """Count the body as one call with this deadline.

        When the deadline passes, `overdue` is called from the clock thread at once, and the body ends with Abandoned
        as soon as it comes back.
        """
        call = Call(conn, lane, what, seconds, overdue)
        with self._lock:
            at = next(self._serial)
            self._flying[at] = call
            self._begun += 1
        try:
            yield call
        finally:
            with self._lock:
                del self._flying[at]
            if call.abandoned:
                raise Abandoned(call.what)

    def pause(self, conn: str) -> None:
        """A person is asked: the clock of this connection's calls stands still until `resume`."""
        with self._lock:
            depth, since = self._paused.get(conn, (0, time.monotonic()))
            self._paused[conn] = (depth + 1, since)

    def resume(self, conn: str) -> None:
        """The person answered: every deadline moves by the time that took."""
        with self._lock:
            depth, since = self._paused.pop(conn)
            if depth > 1:
                self._paused[conn] = (depth - 1, since)
                return
            for call in self._of(conn):
                call.due += time.monotonic() - max(since, call.begun)

    def expire(self, now: float) -> None:
        """Abandon what is past its deadline and not at work."""
        with self._lock:
            late = [c for c in self._flying.values() if now > c.due and not c.abandoned and c.conn not in self._paused]
            late = [call for call in late if not call.extend(now)]
            for call in late:
                call.abandoned = True
        for call in late:
            call.overdue(call)

    def report(self, now: float) -> dict[str, float]:
        """Calls in flight for Stats: `connection/lane/what` → seconds past the deadline, negative within it."""
        with self._lock:
            flying: dict[str, float] = {}
            for call in self._flying.values():
                name = f"{call.conn}/{call.lane}/{call.what}"
                late = -1.0 if call.conn in self._paused else now - call.due
                flying[name] = max(late, flying.get(name, late))
            return flying

    def begun_since(self) -> int:
        """How many calls began since this was asked last."""
        with self._lock:
            begun, self._begun = self._begun, 0
            return begun

    def next_due(self) -> float | None:
        """When the next deadline passes; None when no call is in flight."""
        with self._lock:
            return min((c.due for c in self._flying.values() if not c.abandoned), default=None)

    def _of(self, conn: str) -> list[Call]:
        return [call for call in self._flying.values() if call.conn == conn]
