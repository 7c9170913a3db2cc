"""Metrics of all objects: the latest values exactly, and ten minutes of the ringed ones as 16-bit log codes.

A ring has a cell for each native period of its connection; which one a sample takes is decided by its time. A cell
whose period brought no sample says so.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from math import inf, isfinite, nan
from struct import Struct
from typing import cast

from novatui.core.logcode import NO_SAMPLE, decode
from novatui.core.metrics import METRICS, NAMES, POSITION, RINGED
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.minute_store import MinuteStore
from novatui.wire import frames

HISTORY = 600.0
"""Seconds of history in a ring."""

PERIOD = 2.0
"""Native period of a connection that did not tell its own."""

MAX_HOLD = 16
"""Longest pace, in native periods, at which an object may be read without gaps: slower looks leave gaps."""

STALE_PERIODS = 2.5
"""A value older than so many of its own intervals is stale."""

_WIDTH = len(METRICS)
_ROW = 8 * _WIDTH
_CELL = 2 * RINGED
_NO_SAMPLES = b"\xff" * _CELL
_NO_VALUES = array("d", [nan] * _WIDTH).tobytes()
_NUMBER = Struct("d")
_LATEST = Struct(f"{_WIDTH}d")
_RINGED = Struct(f"{RINGED}d").unpack_from
_NEVER = -1e18
"""Time of a sample that never was: far enough to be older than anything, near enough to count periods since."""


class Pace:
    """How often a connection measures, and therefore how long its rings are."""

    def __init__(self, period: float) -> None:
        self.period = min(max(period, 0.1), HISTORY / 2) if isfinite(period) else PERIOD
        self.per_second = 1 / self.period
        self.cells = round(HISTORY / self.period)
        self.generation = -1
        self.resumed = _NEVER
        """When the first sample of this generation was asked for: what lies before it is apart from what follows."""


class MetricStore:
    """The latest sample of every object, and the history of those that were measured."""

    def __init__(self) -> None:
        self.begins_rings = True
        """False: samples of objects without a history begin none, because nobody looks at them."""
        self.minutes = MinuteStore()
        """One-minute figures of the objects that are kept."""
        self._store: InventoryStore | None = None
        self._paces: dict[str, Pace] = {}
        self._latest: list[bytes | None] = []
        """By slot: one number for each of METRICS."""
        self._at = array("d")
        """When the latest sample was asked for, local monotonic seconds."""
        self._slow: dict[int, float] = {}
        """Slots that are read less often than the native period → seconds between their two latest samples."""
        self._rings: list[bytearray | None] = []

    # --- writing ----------------------------------------------------------------------------------------------------

    def set_period(self, conn: str, period: float) -> None:
        """The native period of a connection, seconds. Another one than before begins its rings anew."""
        pace = Pace(period)
        if conn not in self._paces or self._paces[conn].period != pace.period:
            self._paces[conn] = pace

    def apply(self, frame: frames.Samples, store: InventoryStore, begun: float) -> set[int]:
        """Samples of one reading; the slots they belong to. `begun`: local monotonic time of its request.

        Objects that are not in the inventory, samples older than the latest, frames of an older generation and
        frames that are not whole are ignored.
        """
        count, generation = len(frame.keys), store.generation(frame.conn)
        whole = len(frame.values) == count * _ROW and len(frame.codes) == count * _CELL
        if not whole or not isfinite(begun) or frame.generation < generation:
            return set()
        if store is not self._store:
            self._follow(store)
        pace = self._paces.setdefault(frame.conn, Pace(PERIOD))
        if pace.generation != frame.generation:
            pace.generation, pace.resumed = frame.generation, begun
        self._reach(store.capacity)
        slots = store.slots_of(frame.conn, frame.keys)
        written = self._write(pace, begun, slots, native(frame.values, "d"), native(frame.codes, "H"))
        for slot in self.minutes.kept.keys() & written:
            self.minutes.add(slot, begun, _RINGED(self._latest[slot] or _NO_VALUES))
        return written

    def _write(self, pace: Pace, begun: float, slots: list[int | None], values: bytes, codes: bytes) -> set[int]:
        """The hot path: two copies of bytes and a little arithmetic for each object."""
        latest, times, rings, slow = self._latest, self._at, self._rings, self._slow
        begins = self.begins_rings
        rate, size, tick = pace.per_second, pace.cells * _CELL, int(begun * pace.per_second)
        cell = slice(tick * _CELL % size, tick * _CELL % size + _CELL)
        written: set[int | None] = set(slots)
        starts = zip(slots, range(0, len(values), _ROW), range(0, len(codes), _CELL), strict=True)
        for slot, value, code in starts:
            if slot is None:
                continue
            before = times[slot]
            if begun < before:
                written.discard(slot)
                continue
            latest[slot] = values[value : value + _ROW]
            ring = rings[slot]
            if ring is None or len(ring) != size:
                if not begins:
                    times[slot] = begun
                    continue
                ring = rings[slot] = bytearray(b"\xff") * size
            elif slow or tick - int(before * rate) != 1:
                self._bridge(slot, ring, pace, before, begun, codes[code : code + _CELL])
            ring[cell] = codes[code : code + _CELL]
            times[slot] = begun
        written.discard(None)
        return cast("set[int]", written)

    def _bridge(self, slot: int, ring: bytearray, pace: Pace, before: float, begun: float, cell: bytes) -> None:
        """Fill the cells since the sample before: with this sample when it came as expected, else with none."""
        gap, tick = begun - before, int(begun * pace.per_second)
        expected = max(pace.period, self._slow.pop(slot, 0.0))
        longest = MAX_HOLD * pace.period
        held = gap <= 1.5 * expected and gap <= longest and before >= pace.resumed
        fill(ring, tick, tick - int(before * pace.per_second), cell if held else _NO_SAMPLES)
        if 1.5 * pace.period < gap <= longest:
            self._slow[slot] = gap

    def recall(self, frame: frames.Past, store: InventoryStore, begun: float) -> set[int]:
        """What a product remembers of objects that have been measured since; the slots whose history it completes.

        Only cells without a sample take one: what was measured here counts more than what was remembered.
        """
        size = len(frame.codes) // (len(frame.keys) or 1)
        whole = size and size % _CELL == 0 and len(frame.codes) == size * len(frame.keys)
        sane = isfinite(begun) and isfinite(frame.step) and frame.step > 0
        if not whole or not sane or frame.generation < store.generation(frame.conn):
            return set()
        codes, completed = native(frame.codes, "H"), set[int]()
        for at, slot in enumerate(store.slots_of(frame.conn, frame.keys)):
            ring = self._rings[slot] if slot is not None and slot < len(self._rings) else None
            if slot is not None and ring is not None:
                _complete(ring, self._pace(slot), self._at[slot], begun, frame.step, codes[at * size : (at + 1) * size])
                completed.add(slot)
        return completed

    def forget(self, slot: int) -> None:
        """The object is gone: so are its samples."""
        if slot < len(self._at):
            self._at[slot], self._latest[slot], self._rings[slot] = _NEVER, None, None
            self._slow.pop(slot, None)
        self.minutes.drop(slot)

    def keep(self, slot: int) -> None:
        """From now on keep its minutes, too; they begin with what its ring holds."""
        self.minutes.keep(slot)
        if self.age(slot, 0.0) is None:
            return
        period, last = self.period(slot), self.last_cell(slot)
        past = [self.history(slot, metric, self._pace(slot).cells) for metric in NAMES[:RINGED]]
        for number, row in enumerate(zip(*past, strict=True), last + 1 - len(past[0])):
            if any(value is not None for value in row):
                self.minutes.add(slot, number * period, [nan if value is None else value for value in row])

    def move(self, source: int, target: int) -> None:
        """Two slots were one machine and only `target` goes on: what `source` measured becomes its past."""
        self.minutes.move(source, target)
        old = self._rings[source] if source < len(self._rings) else None
        if old is None:
            return
        self._reach(target + 1)
        pace, new = self._pace(target), self._rings[target]
        if len(old) != pace.cells * _CELL:
            return
        if new is None:
            self._rings[target], self._rings[source] = old, None
            self._at[target], self._latest[target] = self._at[source], self._latest[source]
        elif len(new) == len(old):
            last, end = int(self._at[target] * pace.per_second), int(self._at[source] * pace.per_second)
            for tick in range(max(last, end) - pace.cells + 1, min(last, end) + 1):
                at = tick % pace.cells * _CELL
                if new.startswith(_NO_SAMPLES, at):
                    new[at : at + _CELL] = old[at : at + _CELL]

    # --- reading ----------------------------------------------------------------------------------------------------

    def latest(self, slot: int, metric: str) -> float | None:
        """The latest value, exactly; None when the last sample had none or there never was one."""
        return self.reader(metric)(slot)

    def reader(self, metric: str) -> Callable[[int], float | None]:
        """`latest` of one metric, for those who read many slots. KeyError for a name that is no metric."""
        unpack, offset = _NUMBER.unpack_from, 8 * POSITION[metric]
        latest = self._latest

        def read(slot: int) -> float | None:
            row = latest[slot] if slot < len(latest) else None
            if row is None:
                return None
            value: float = unpack(row, offset)[0]
            return value if value == value else None

        return read

    def samples(self, slots: Iterable[int]) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Those of the slots that were ever measured, with their latest values in the order of METRICS; NaN: none."""
        unpack, latest, size = _LATEST.unpack, self._latest, len(self._latest)
        for slot in slots:
            if slot < size and (row := latest[slot]) is not None:
                yield slot, unpack(row)

    def age(self, slot: int, now: float) -> float | None:
        """Seconds since the latest sample was asked for; None when there never was one."""
        if slot >= len(self._at) or self._at[slot] == _NEVER:
            return None
        return max(0.0, now - self._at[slot])

    def stale(self, slot: int, now: float) -> bool:
        """True when the latest sample is older than STALE_PERIODS of the interval at which it was measured."""
        return now > self.fresh_until(slot)

    def fresh_until(self, slot: int) -> float:
        """When the latest sample turns stale unless a newer one comes; infinite when there never was one."""
        if slot >= len(self._at) or self._at[slot] == _NEVER:
            return inf
        return self._at[slot] + STALE_PERIODS * max(self._pace(slot).period, self._slow.get(slot, 0.0))

    def history(self, slot: int, metric: str, n: int, now: float | None = None) -> list[float | None]:
        """The last n cells of a ringed metric, one per native period, most recent last; None where no sample is.

        They end with the latest sample; with `now`, and once that sample is stale, they end now. Fewer than n when
        the ring is shorter. KeyError for a metric without history.
        """
        return [decode(code) for code in self.codes(slot, metric, n, now)]

    def codes(self, slot: int, metric: str, n: int, now: float | None = None) -> list[int]:
        """`history` as log codes, for those who need few of its values."""
        position = POSITION[metric]
        if position >= RINGED:
            raise KeyError(metric)
        ring = self._rings[slot] if slot < len(self._rings) else None
        if ring is None:
            return []
        last = self.last_cell(slot)
        missed = self.last_cell(slot, now) - last
        codes: list[int] = memoryview(ring).cast("H")[position::RINGED].tolist()
        oldest = (last + 1) % len(codes)
        in_order = codes[oldest:] + codes[:oldest] + [NO_SAMPLE] * min(missed, len(codes))
        return in_order[len(in_order) - min(n, len(codes)) :]

    def last_cell(self, slot: int, now: float | None = None) -> int:
        """The number of the cell that `history` ends with: periods since the monotonic clock began."""
        rate = self._pace(slot).per_second
        last = int(self._at[slot] * rate)
        return max(last, int(now * rate)) if now is not None and self.stale(slot, now) else last

    def period(self, slot: int) -> float:
        """Seconds that a cell of its history stands for."""
        return self._pace(slot).period

    def _pace(self, slot: int) -> Pace:
        conn = self._store.conn(slot) if self._store is not None else ""
        return self._paces.get(conn) or Pace(PERIOD)

    # --- room -------------------------------------------------------------------------------------------------------

    def _follow(self, store: InventoryStore) -> None:
        """Objects that leave this inventory take their samples with them."""
        self._store = store
        store.observers.append(self._forget_gone)

    def _forget_gone(self, touched: Collection[int], gone: Collection[int]) -> None:  # noqa: ARG002
        for slot in gone:
            self.forget(slot)

    def _reach(self, size: int) -> None:
        short = size - len(self._at)
        if short <= 0:
            return
        short = max(short, len(self._at) // 8)
        self._latest.extend([None] * short)
        self._at.extend([_NEVER] * short)
        self._rings.extend([None] * short)


def fill(ring: bytearray, tick: int, steps: int, cell: bytes) -> None:
    """Set the cells of the `steps` - 1 periods before `tick`."""
    cells = len(ring) // _CELL
    count = max(min(steps, cells) - 1, 0)
    start = (tick - count) % cells
    ahead = min(count, cells - start)
    ring[start * _CELL : (start + ahead) * _CELL] = cell * ahead
    ring[: (count - ahead) * _CELL] = cell * (count - ahead)


def _complete(ring: bytearray, pace: Pace, latest: float, begun: float, step: float, past: bytes) -> None:
    """Put remembered cells, `step` seconds apart up to `begun`, into the gaps of a ring that ends at `latest`."""
    cells, last = len(ring) // _CELL, int(latest * pace.per_second)
    first = last - cells + 1
    count = len(past) // _CELL
    for number in range(count):
        at = begun - step * (count - 1 - number)
        until = at + step if number < count - 1 else at
        begin = int(at * pace.per_second)
        end = max(begin + 1, int(until * pace.per_second))
        for tick in range(max(begin, first), min(end, last)):
            place = tick % cells * _CELL
            if ring.startswith(_NO_SAMPLES, place):
                ring[place : place + _CELL] = past[number * _CELL : (number + 1) * _CELL]


def native(data: bytes, typecode: str) -> bytes:
    """Little-endian numbers in this machine's byte order."""
    if sys.byteorder == "little":
        return data
    numbers: array[float] | array[int] = array(typecode)
    numbers.frombytes(data)
    numbers.byteswap()
    return numbers.tobytes()
