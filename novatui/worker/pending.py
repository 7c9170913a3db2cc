"""What waits to be sent for one connection, coalesced: per key the newest value, never more than one of anything."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice

from novatui.core import logcode
from novatui.core.capabilities import Fact
from novatui.core.events import Event
from novatui.core.inventory import Value
from novatui.core.metrics import METRICS, NAMES, RINGED
from novatui.core.tasks import Task
from novatui.wire import frames

ROWS_AT_ONCE = 200
"""Rows of one frame: a console stores them in three milliseconds or so, and looks for keys in between."""

PAST_AT_ONCE = 24
"""Objects of one Past frame: ten minutes of each are some kilobytes."""

MAX_NOTICES = 10_000
"""Events, and tasks, kept for a console that takes none; older ones give way."""

_VALUES = struct.Struct(f"<{len(METRICS)}d")
_CODES = struct.Struct(f"<{RINGED}H")
_NAN = float("nan")


class _Waiting:
    """One object whose columns wait to be sent: of each the newest reading, all columns of one reading together."""

    __slots__ = ("begun", "parts", "serial")

    def __init__(self, serial: int) -> None:
        self.serial = serial
        self.begun = float("-inf")
        self.parts: dict[float, dict[str, Value]] = {}

    def put(self, begun: float, values: Mapping[str, Value]) -> None:
        self.begun = max(begun, self.begun)
        fresh = dict(values)
        for at, part in list(self.parts.items()):
            if at == begun:
                fresh = part | fresh
                continue
            older, newer = (part, fresh) if at < begun else (fresh, part)
            for name in older.keys() & newer.keys():
                del older[name]
            if not part:
                del self.parts[at]
        self.parts[begun] = fresh

    def forget(self, until: float) -> None:
        """What was read up to then counts no more."""
        self.parts = {at: part for at, part in self.parts.items() if at > until}

    def readings(self) -> dict[float, dict[str, Value]]:
        """The columns of each reading that still counts; the last mention of the object at least."""
        return {self.begun: {}} | {at: part for at, part in self.parts.items() if part}


class Inventory:
    """Rows, removals and the end of a listing, in an order that the receiver can trust.

    A key keeps its place in the queue while its columns are replaced, so that everything that a listing mentioned goes
    out before its LoadComplete. Every value keeps the time its own request began.
    """

    def __init__(self, conn: str, generation: int) -> None:
        self._conn = conn
        self._generation = generation
        self._rows: dict[str, _Waiting] = {}
        self._serial = 0
        self._removed: dict[str, float] = {}
        self._complete: list[tuple[int, frames.LoadComplete]] = []
        """Ends of listings, the oldest first."""
        self._ready: deque[frames.Frame] = deque()

    def put(self, begun: float, key: str, values: Mapping[str, Value]) -> None:
        """A reading of some columns of one object."""
        if begun <= self._removed.get(key, float("-inf")):
            return
        waiting = self._rows.get(key)
        if waiting is None:
            self._serial += 1
            waiting = self._rows[key] = _Waiting(self._serial)
        waiting.put(begun, values)

    def remove(self, begun: float, key: str) -> None:
        """The object is gone: its older readings go with it."""
        self._removed[key] = max(begun, self._removed.get(key, begun))
        waiting = self._rows.get(key)
        if waiting is None:
            return
        if waiting.begun <= begun:
            del self._rows[key]
        else:
            waiting.forget(begun)

    def complete(self, frame: frames.LoadComplete) -> None:
        """A listing ended; while it waits, one of the same kinds or more replaces it."""
        said = {*frame.scopes, *frame.failures}
        waiting = [(serial, old) for serial, old in self._complete if not said.issuperset((*old.scopes, *old.failures))]
        self._complete = [*waiting, (self._serial, frame)]

    def take(self) -> frames.Frame | None:
        """The next frame to send; None when nothing waits."""
        if not self._ready:
            self._fill()
        return self._ready.popleft() if self._ready else None

    def _fill(self) -> None:
        if self._removed:
            self._ready.extend(self._removals())
        elif self._complete and not self._waits_for(self._complete[0][0]):
            self._ready.append(self._complete.pop(0)[1])
        elif self._rows:
            keys = list(islice(self._rows, ROWS_AT_ONCE))
            self._ready.extend(self._framed([(key, self._rows.pop(key)) for key in keys]))

    def _waits_for(self, serial: int) -> bool:
        """True while a key is queued that was there when the listing ended."""
        first = next(iter(self._rows.values()), None)
        return first is not None and first.serial <= serial

    def _removals(self) -> list[frames.Remove]:
        by_time: dict[float, list[str]] = {}
        for key in list(islice(self._removed, frames.MAX_ROWS)):
            by_time.setdefault(self._removed.pop(key), []).append(key)
        return [frames.Remove(self._conn, self._generation, begun, keys) for begun, keys in sorted(by_time.items())]

    def _framed(self, taken: list[tuple[str, _Waiting]]) -> Iterable[frames.Rows]:
        """Rows frames of one field mask and one time each, oldest first."""
        groups: dict[tuple[float, tuple[str, ...]], list[tuple[str, dict[str, Value]]]] = {}
        for key, waiting in taken:
            for begun, values in waiting.readings().items():
                groups.setdefault((begun, tuple(values)), []).append((key, values))
        for (begun, mask), rows in sorted(groups.items(), key=lambda group: group[0][0]):
            keys = [key for key, _ in rows]
            columns = [[values[name] for _, values in rows] for name in mask]
            yield frames.Rows(self._conn, self._generation, begun, list(mask), keys, columns)


class Samples:
    """The newest sample of each key, packed as Samples frames carry it."""

    def __init__(self, conn: str, generation: int) -> None:
        self._conn = conn
        self._generation = generation
        self._waiting: dict[str, tuple[float, bytes, bytes]] = {}

    def put(self, begun: float, key: str, values: Mapping[str, float | None]) -> None:
        """One reading of one object; an absent metric has no sample."""
        if key in self._waiting and self._waiting[key][0] > begun:
            return
        row = [_NAN if (value := values.get(name)) is None else value for name in NAMES]
        codes = [logcode.encode(value) for value in row[:RINGED]]
        self._waiting.pop(key, None)
        self._waiting[key] = (begun, _VALUES.pack(*row), _CODES.pack(*codes))

    def forget(self, keys: Collection[str]) -> None:
        """These objects are gone."""
        for key in keys:
            self._waiting.pop(key, None)

    def take(self) -> frames.Samples | None:
        """The next frame: samples of one reading; None when nothing waits."""
        if not self._waiting:
            return None
        begun = next(iter(self._waiting.values()))[0]
        keys: list[str] = []
        for key, sample in self._waiting.items():
            if sample[0] != begun or len(keys) == frames.MAX_ROWS:
                break
            keys.append(key)
        rows = [self._waiting.pop(key) for key in keys]
        values, codes = b"".join(row[1] for row in rows), b"".join(row[2] for row in rows)
        return frames.Samples(self._conn, self._generation, begun, keys, values, codes)


class Past:
    """Earlier samples, the newest recollection of each object."""

    def __init__(self, conn: str, generation: int) -> None:
        self._conn = conn
        self._generation = generation
        self._waiting: dict[str, tuple[float, float, bytes]] = {}

    def put(self, begun: float, step: float, key: str, samples: Sequence[Mapping[str, float | None]]) -> None:
        """The samples of one object, oldest first; the last was measured at `begun`."""
        cells = [[logcode.encode(sample.get(name)) for name in NAMES[:RINGED]] for sample in samples]
        self._waiting.pop(key, None)
        self._waiting[key] = (begun, step, b"".join(_CODES.pack(*cell) for cell in cells))

    def forget(self, keys: Collection[str]) -> None:
        """These objects are gone."""
        for key in keys:
            self._waiting.pop(key, None)

    def take(self) -> frames.Past | None:
        """The next frame: objects that were measured at the same times; None when nothing waits."""
        if not self._waiting:
            return None
        begun, step, first = next(iter(self._waiting.values()))
        keys: list[str] = []
        for key, (ended, apart, codes) in self._waiting.items():
            if (ended, apart, len(codes)) != (begun, step, len(first)) or len(keys) == PAST_AT_ONCE:
                break
            keys.append(key)
        codes = b"".join(self._waiting.pop(key)[2] for key in keys)
        return frames.Past(self._conn, self._generation, begun, step, keys, codes)


class Notices:
    """Tasks, events and facts: the newest of each task and fact, every event in order."""

    def __init__(self, conn: str, generation: int) -> None:
        self._conn = conn
        self._generation = generation
        self._tasks: dict[str, tuple[float, Task]] = {}
        self._events: deque[Event] = deque(maxlen=MAX_NOTICES)
        self._facts: dict[tuple[str, str], tuple[float, Fact]] = {}

    def task(self, begun: float, task: Task) -> None:
        """A task as it stands now."""
        if task.id not in self._tasks or self._tasks[task.id][0] <= begun:
            self._tasks[task.id] = (begun, task)
            if len(self._tasks) > MAX_NOTICES:
                del self._tasks[next(iter(self._tasks))]

    def event(self, event: Event) -> None:
        """Something happened."""
        self._events.append(event)

    def fact(self, begun: float, fact: Fact) -> None:
        """A capability fact; of one feature and scope the newest."""
        self._facts[fact.feature, fact.scope] = (begun, fact)

    def take(self) -> frames.Frame | None:
        """The next frame; None when nothing waits."""
        if self._tasks:
            begun, task = self._tasks.pop(next(iter(self._tasks)))
            return frames.TaskUpdate(self._conn, self._generation, begun, task)
        if self._events:
            return frames.EventRecord(self._conn, self._generation, self._events.popleft())
        if self._facts:
            taken = [self._facts.pop(name) for name in list(islice(self._facts, frames.MAX_ROWS))]
            oldest = min(begun for begun, _ in taken)
            return frames.Facts(self._conn, self._generation, oldest, [fact for _, fact in taken])
        return None
