"""Events of all products on one clock: each once, equal ones that follow each other folded, the oldest forgotten."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from math import isfinite

import msgspec

from novatui.core.events import Event
from novatui.wire import frames

CAPACITY = 20_000
"""Events kept, over all connections; folded ones count once."""

FOLD_WINDOW = 600.0
"""Seconds within which an equal event of the same object is folded into the one before."""

MAX_ALARMS = 5_000
"""Events of alarms that wait to be taken; without anybody who takes them the oldest are dropped."""

SKEW_SAMPLES = 101
"""Live events of a connection whose delays tell the skew of its clock."""

SKEW_TENTH = 10
"""One sample of so many may be shorter than the delay that counts: a wrong time or two decide nothing."""

MAX_SKEW = 86400.0
"""What is further off is no clock but a mistake, seconds."""

SKEW_SHOWN = 1.0
"""Less than this is the way of an event to us as much as a clock that is wrong, seconds."""


class LoggedEvent(msgspec.Struct):
    """An event, or several equal ones."""

    conn: str
    event: Event
    """The latest of them."""
    first: float
    """When the first of them happened, by the product's clock."""
    count: int = 1


class EventLog:
    """The last events of every connection."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._count = 0
        self._links: dict[str, _ConnectionLog] = {}
        self._alarms: deque[tuple[str, Event]] = deque(maxlen=MAX_ALARMS)
        """Connection and event: what `take_alarms` has not told yet."""

    def __len__(self) -> int:
        return self._count

    def apply(self, frame: frames.EventRecord, *, live: bool = True) -> bool:
        """An event; True when it is new. Known ids, and events older than what was forgotten, are not.

        `live`: it may have happened just now. What a product tells of its past says nothing of its clock.
        """
        event = _with_sane_times(frame.event)
        log = self._links.setdefault(frame.conn, _ConnectionLog(frame.conn))
        if event.id in log.ids or event.at <= log.forgotten:
            return False
        log.ids[event.id] = None
        if len(log.ids) > 2 * self._capacity:
            del log.ids[next(iter(log.ids))]
        delay = event.seen - event.at
        if live and not event.polled and abs(delay) <= MAX_SKEW:
            log.delays.append(delay)
            log.skew = sorted(log.delays)[len(log.delays) // SKEW_TENTH]
        if event.alarm and event.raised is not None:
            self._alarms.append((frame.conn, event))
        self._count += log.add(event)
        if self._count > self._capacity:
            self._forget_oldest()
        return True

    def take_alarms(self) -> list[tuple[str, Event]]:
        """Connection and event of every alarm that products raised or cleared since the last call, as they came."""
        taken = list(self._alarms)
        self._alarms.clear()
        return taken

    def skew(self, conn: str) -> float:
        """Seconds to add to the times of a connection; 0 without live events.

        Method: the delay from `at`, by the product's clock, to `seen`, by ours, is the skew of that clock plus the
        way to us. The shortest tenth of the last delays is passed over, the next one counts: it had next to no way.
        """
        log = self._links.get(conn)
        return log.skew if log is not None else 0.0

    def skews(self) -> dict[str, float]:
        """The connections whose clocks are corrected by as much as anybody would notice, the worst first."""
        found = {conn: log.skew for conn, log in self._links.items() if abs(log.skew) >= SKEW_SHOWN}
        return dict(sorted(found.items(), key=lambda pair: (-abs(pair[1]), pair[0])))

    def moment(self, entry: LoggedEvent) -> float:
        """When it happened, by our clock, epoch seconds."""
        return entry.event.at + self.skew(entry.conn)

    def newest(self, n: int | None = None) -> list[LoggedEvent]:
        """The last n events of all connections (None: all), the latest first."""
        return list(islice(self.latest_first(), n))

    def latest_first(self) -> Iterator[LoggedEvent]:
        """The events of all connections, the latest first; to be used before the next one comes."""
        logs = [reversed(log.entries) for log in self._links.values()]
        return merge(*logs, key=self.moment, reverse=True)

    def of(self, conn: str, key: str) -> Iterator[LoggedEvent]:
        """Events of one object, the latest first."""
        return (entry for entry in self.on(conn) if entry.event.key == key)

    def on(self, conn: str) -> Iterator[LoggedEvent]:
        """Events of one connection, the latest first; to be used before the next one comes."""
        log = self._links.get(conn)
        return reversed(log.entries) if log else iter(())

    def _forget_oldest(self) -> None:
        log = min(
            (log for log in self._links.values() if log.entries), key=lambda log: log.entries[0].event.at + log.skew
        )
        log.forget_first()
        self._count -= 1


class _ConnectionLog:
    """Events of one connection, by its own clock."""

    def __init__(self, conn: str) -> None:
        self.conn = conn
        self.entries: list[LoggedEvent] = []
        self.ids: dict[str, None] = {}
        """Ids seen, the oldest first."""
        self.delays: deque[float] = deque(maxlen=SKEW_SAMPLES)
        self.skew = 0.0
        self.forgotten = float("-inf")
        """Time of the last event that was forgotten."""
        self._last: dict[tuple[str, str], LoggedEvent] = {}
        """The latest entry of each object."""

    def add(self, event: Event) -> int:
        """Put an event in its place; how many entries that makes more."""
        subject = (event.key, event.subject)
        last = self._last.get(subject)
        if last is not None and 0 <= event.at - last.event.at <= FOLD_WINDOW and _equal(event, last.event):
            self.entries.pop(self._find(last))
            last.event = event
            last.count += 1
            self._insert(last)
            return 0
        entry = LoggedEvent(self.conn, event, event.at)
        self._insert(entry)
        if last is None or event.at >= last.event.at:
            self._last[subject] = entry
        return 1

    def forget_first(self) -> None:
        entry = self.entries.pop(0)
        self.forgotten = entry.event.at
        subject = (entry.event.key, entry.event.subject)
        if self._last.get(subject) is entry:
            del self._last[subject]

    def _insert(self, entry: LoggedEvent) -> None:
        at = bisect_right(self.entries, entry.event.at, key=lambda other: other.event.at)
        self.entries.insert(at, entry)

    def _find(self, entry: LoggedEvent) -> int:
        at = bisect_right(self.entries, entry.event.at, key=lambda other: other.event.at) - 1
        while self.entries[at] is not entry:
            at -= 1
        return at


def _equal(one: Event, other: Event) -> bool:
    """True when two events say the same of the same object."""
    return one == msgspec.structs.replace(other, id=one.id, at=one.at, seen=one.seen, polled=one.polled)


def _with_sane_times(event: Event) -> Event:
    if isfinite(event.at) and isfinite(event.seen):
        return event
    seen = event.seen if isfinite(event.seen) else 0.0
    return msgspec.structs.replace(event, at=event.at if isfinite(event.at) else seen, seen=seen)
