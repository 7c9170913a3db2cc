"""Everything on its way to the console: urgent frames at once, data frames as the console grants credit for them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from novatui.core.capabilities import Fact
from novatui.core.events import Event
from novatui.core.inventory import Value
from novatui.core.tasks import Task
from novatui.wire import frames
from novatui.worker.pending import Inventory, Notices, Past, Samples


class Box:
    """What one generation of one connection has to say."""

    def __init__(self, conn: str, generation: int) -> None:
        self.inventory = Inventory(conn, generation)
        self.samples = Samples(conn, generation)
        self.past = Past(conn, generation)
        self.notices = Notices(conn, generation)
        self._turn = 0

    def take(self) -> frames.Frame | None:
        """The next data frame, each sort in its turn."""
        lines = (self.inventory.take, self._measured, self.notices.take)
        for step in range(len(lines)):
            at = (self._turn + step) % len(lines)
            frame = lines[at]()
            if frame is not None:
                self._turn = at + 1
                return frame
        return None

    def _measured(self) -> frames.Frame | None:
        """Samples before what lies before them."""
        return self.samples.take() or self.past.take()


class Outbox:
    """Filled by the lanes, emptied by the one writer thread. Bounded: what cannot be sent is coalesced.

    Data of a connection is kept for the newest generation alone; an older one has nothing to say any more.
    """

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._urgent: deque[frames.Frame] = deque()
        self._stats: frames.Stats | None = None
        self._boxes: dict[str, tuple[int, Box]] = {}
        self._credit = 0

    def send(self, frame: frames.Frame) -> None:
        """A frame that costs no credit: in order, before all data."""
        with self._ready:
            if isinstance(frame, frames.Stats):
                self._stats = frame
            else:
                self._urgent.append(frame)
            self._ready.notify()

    def grant(self, data_frames: int) -> None:
        """The console has room for so many more."""
        with self._ready:
            self._credit += data_frames
            self._ready.notify()

    def begin(self, conn: str, generation: int) -> None:
        """A new generation: what its predecessor had not sent is dropped."""
        with self._ready:
            self._boxes.pop(conn, None)
            self._boxes[conn] = (generation, Box(conn, generation))

    def end(self, conn: str) -> None:
        """The connection is closed on purpose: nobody waits for what is left."""
        with self._ready:
            self._boxes.pop(conn, None)

    def rows(self, conn: str, generation: int, begun: float, rows: Iterable[tuple[str, Mapping[str, Value]]]) -> None:
        """Readings of inventory columns by key."""
        with self._ready:
            if box := self._box(conn, generation):
                for key, values in rows:
                    box.inventory.put(begun, key, values)

    def remove(self, conn: str, generation: int, begun: float, keys: Sequence[str]) -> None:
        """Objects that are gone."""
        with self._ready:
            if box := self._box(conn, generation):
                box.samples.forget(keys)
                box.past.forget(keys)
                for key in keys:
                    box.inventory.remove(begun, key)

    def complete(self, frame: frames.LoadComplete) -> None:
        """A listing ended; sent after everything that it mentioned."""
        with self._ready:
            if box := self._box(frame.conn, frame.generation):
                box.inventory.complete(frame)

    def samples(
        self, conn: str, generation: int, begun: float, samples: Iterable[tuple[str, Mapping[str, float | None]]]
    ) -> None:
        """Metrics by key."""
        with self._ready:
            if box := self._box(conn, generation):
                for key, values in samples:
                    box.samples.put(begun, key, values)

    def past(
        self,
        conn: str,
        generation: int,
        begun: float,
        step: float,
        past: Iterable[tuple[str, Sequence[Mapping[str, float | None]]]],
    ) -> None:
        """Earlier samples by key."""
        with self._ready:
            if box := self._box(conn, generation):
                for key, samples in past:
                    box.past.put(begun, step, key, samples)

    def task(self, conn: str, generation: int, begun: float, task: Task) -> None:
        """A task as it stands now."""
        with self._ready:
            if box := self._box(conn, generation):
                box.notices.task(begun, task)

    def event(self, conn: str, generation: int, event: Event) -> None:
        """Something happened."""
        with self._ready:
            if box := self._box(conn, generation):
                box.notices.event(event)

    def facts(self, conn: str, generation: int, begun: float, facts: Iterable[Fact]) -> None:
        """Capability facts."""
        with self._ready:
            if box := self._box(conn, generation):
                for fact in facts:
                    box.notices.fact(begun, fact)

    def take(self) -> frames.Frame:
        """The next frame to write; waits for one."""
        with self._ready:
            while (frame := self._next()) is None:
                self._ready.wait()
            return frame

    def poll(self) -> frames.Frame | None:
        """The next frame that may go now; None when there is none."""
        with self._ready:
            return self._next()

    def _next(self) -> frames.Frame | None:
        if self._urgent:
            return self._urgent.popleft()
        if self._stats:
            stats, self._stats = self._stats, None
            return stats
        if self._credit > 0:
            for conn in list(self._boxes):
                if (frame := self._boxes[conn][1].take()) is not None:
                    self._boxes[conn] = self._boxes.pop(conn)  # the next turn is another connection's
                    self._credit -= 1
                    return frame
        return None

    def _box(self, conn: str, generation: int) -> Box | None:
        """Where this generation puts its data, and a nudge for the writer; None when it is over."""
        newest, box = self._boxes.get(conn, (generation, None))
        self._ready.notify()
        return box if newest == generation else None
