"""What the machines below a host, a cluster or a connection measure together, where the product gives no figure itself.

Only nodes that somebody looks at are followed. Sums are kept up by what changed: a change of one machine takes its old
part out and puts its new one in. So is their history, a cell for each native period.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from heapq import heappop, heappush
from math import nan

import msgspec

from novatui.core.logcode import NO_SAMPLE, decode
from novatui.core.metrics import NAMES, RINGED
from novatui.core.states import Kind, Power
from novatui.engine.inventory_rows import MACHINES
from novatui.engine.metric_store import HISTORY
from novatui.engine.query_values import FleetView

RESTING = frozenset({Power.OFF.value, Power.SUSPENDED.value, Power.CRASHED.value})
"""States in which a machine measures nothing: it is no part of a sum, and not missing from it either."""

SUMMED = (*NAMES[:RINGED], "mem.assigned")
"""Metrics that are summed up: those with a history, and the whole of the memory."""

WEIGHTS = {"cpu.used": "vcpus", "cpu.wait": "vcpus", "disk.latency": "disk.iops"}
"""Metrics that are no amounts: the mean of the machines, each as heavy as this column or metric of it says."""

BACKFILL = 200
"""Machines of which a new sum takes in the past; with more of them it begins now."""

WARM = 3
"""Periods that a new sum waits for the first samples of its machines before it writes history."""

Part = tuple[float, float]
"""What a machine adds to a sum, and to what the sum is divided by."""

_NOTHING: Sequence[Part | None] = [None] * len(SUMMED)
_POSITION = {metric: at for at, metric in enumerate(SUMMED)}


class Figure(msgspec.Struct, frozen=True):
    """One metric over the machines of a node."""

    value: float | None
    """None when no machine is known."""
    machines: int
    """How many are in it."""
    unknown: int
    """How many run and could not be counted."""


class Aggregate:
    """The running machines below one node."""

    def __init__(self, view: FleetView, node: int, now: float) -> None:
        self._view = view
        self._node = node
        self._parts: dict[int, Sequence[Part | None]] = {}
        """By machine that runs."""
        self._fresh: list[tuple[float, int]] = []
        """A heap: when to look at a machine again, for it may have fallen silent."""
        self._tops = [0.0] * len(SUMMED)
        self._bottoms = [0.0] * len(SUMMED)
        self._known = [0] * len(SUMMED)
        self._structure = -1
        self._members: frozenset[int] = frozenset()
        self._hosts: frozenset[int] = frozenset()
        self._processors: float | None = None
        self.period = view.metrics.period(node)
        """Seconds of a cell of its history."""
        self._begun = now
        self._cells: list[list[float | None]] = [[] for _ in SUMMED[:RINGED]]
        self._last = int(now / self.period)
        self._live: int | None = None
        """The first cell that was written as it passed; what is before it was recalled."""
        self.take((), now)
        if self._live is None:
            self.recall()

    # --- following --------------------------------------------------------------------------------------------------

    def take(self, changed: Collection[int], now: float) -> bool:
        """Rows changed, time went by. True when a figure may be another."""
        moved = self._structure != self._view.inventory.structure_version or not self._hosts.isdisjoint(changed)
        if moved:
            self._look_below()
            changed = self._members | self._parts.keys()
        touched = self._members.intersection(changed) if not moved else changed
        for slot in touched:
            self._put(slot, now)
        silent = self._expire(now)
        self._write(now)
        return bool(touched) or silent

    def _look_below(self) -> None:
        inventory = self._view.inventory
        self._structure = inventory.structure_version
        hidden = self._view.identity.hidden
        machines, hosts = list[int](), list[int]()
        for slot in (self._node, *inventory.below(self._node)):
            kind = inventory.kind(slot)
            if kind in MACHINES and slot not in hidden:
                machines.append(slot)
            elif kind is Kind.HOST:
                hosts.append(slot)
        self._members, self._hosts = frozenset(machines), frozenset(hosts)
        processors = [inventory.value(slot, "cpus") for slot in hosts]
        known = [float(count) for count in processors if isinstance(count, int)]
        self._processors = sum(known) if known and len(known) == len(processors) else None

    def _put(self, slot: int, now: float) -> None:
        """Take the old part of a machine out, put its new one in."""
        old = self._parts.pop(slot, None)
        if old is not None:
            self._add(old, -1)
        if slot not in self._members or self._view.inventory.value(slot, "power") in RESTING:
            return
        new = _NOTHING if self._silent(slot, now) else self._parts_of(slot)
        self._parts[slot] = new
        self._add(new, 1)
        if new is not _NOTHING:
            heappush(self._fresh, (self._view.metrics.fresh_until(slot), slot))

    def _silent(self, slot: int, now: float) -> bool:
        metrics = self._view.metrics
        return metrics.age(slot, now) is None or metrics.stale(slot, now)

    def _parts_of(self, slot: int) -> list[Part | None]:
        parts: list[Part | None] = []
        for metric in SUMMED:
            value, weight = self._view.metrics.latest(slot, metric), self._weight(slot, metric)
            parts.append(None if value is None or weight is None else (value * weight, weight))
        return parts

    def _weight(self, slot: int, metric: str) -> float | None:
        by = WEIGHTS.get(metric)
        if by is None:
            return 1.0
        weight = self._view.inventory.value(slot, by) if by == "vcpus" else self._view.metrics.latest(slot, by)
        return float(weight) if isinstance(weight, int | float) else None

    def _add(self, parts: Sequence[Part | None], sign: int) -> None:
        for at, part in enumerate(parts):
            if part is not None:
                self._known[at] += sign
                # The last one that goes takes the rounding errors of all others along.
                empty = self._known[at] == 0
                self._tops[at] = 0.0 if empty else self._tops[at] + sign * part[0]
                self._bottoms[at] = 0.0 if empty else self._bottoms[at] + sign * part[1]

    def _expire(self, now: float) -> bool:
        """Machines that fell silent are unknown from now on."""
        before = len(self._fresh)
        while self._fresh and self._fresh[0][0] < now:
            slot = heappop(self._fresh)[1]
            if slot in self._parts:
                self._put(slot, now)
        return len(self._fresh) != before

    # --- reading ----------------------------------------------------------------------------------------------------

    def figure(self, metric: str) -> Figure:
        """The figure of now. KeyError for a metric that is not summed up."""
        at = _POSITION[metric]
        known = self._known[at]
        return Figure(self._value(at), known, len(self._parts) - known)

    def _value(self, at: int) -> float | None:
        if not self._known[at]:
            return None
        metric = SUMMED[at]
        if metric not in WEIGHTS:
            return self._tops[at]
        whole = self._bottoms[at]
        if metric == "cpu.used" and self._processors is not None:
            whole = self._processors
        return self._tops[at] / whole if whole > 0 else 0.0

    def has_any(self, slots: Collection[int]) -> bool:
        """True when one of these machines is below the node."""
        return not self._members.isdisjoint(slots)

    @property
    def of_processors(self) -> bool:
        """True when its share of CPU is one of the hosts' processors, not of the machines' vCPUs."""
        return self._processors is not None

    def history(self, metric: str) -> tuple[list[float | None], int]:
        """The cells of one metric, most recent last, and the number of that one: periods of the monotonic clock."""
        at = _POSITION[metric]
        return (self._cells[at] if at < RINGED else []), self._last

    # --- history ----------------------------------------------------------------------------------------------------

    def _write(self, now: float) -> None:
        """The cell of this period takes what the figures are now; periods that nobody wrote are gaps."""
        number = int(now / self.period)
        waiting = self._live is None and now - self._begun < WARM * self.period and _NOTHING in self._parts.values()
        most = round(HISTORY / self.period)
        skipped = min(number - self._last, most)
        for at, cells in enumerate(self._cells):
            if skipped > 0:
                cells.extend([cells[-1] if cells and skipped == 2 else None] * (skipped - 1))
                cells.append(None)
                del cells[:-most]
            if not cells:
                cells.append(None)
            if not waiting:
                cells[-1] = self._value(at)
        if skipped > 0:
            self._keep_minute(now)
        self._last = max(self._last, number)
        if not waiting and self._live is None:
            self._live = self._last
            self.recall()

    def _keep_minute(self, now: float) -> None:
        """A kept node has its day, too: of the metrics that the product does not give."""
        metrics = self._view.metrics
        if self._node in metrics.minutes.kept:
            own = [metrics.latest(self._node, metric) for metric in SUMMED[:RINGED]]
            values = [self._cells[at][-1] if own[at] is None else None for at in range(RINGED)]
            metrics.minutes.add(self._node, now, [nan if value is None else value for value in values])

    def recall(self) -> None:
        """Take its past from the rings of its machines: cells in which most of them were measured.

        Not while few of them had the time to be: their past is not that of the node. What comes to be known of more of
        them replaces what was recalled before; what was written as it passed stays.
        """
        metrics = self._view.metrics
        measured = [slot for slot, parts in self._parts.items() if parts is not _NOTHING]
        few = len(measured) * 2 <= len(self._parts)
        if not measured or (self._live is None and few) or len(self._members) > BACKFILL:
            return
        before = self._last - self._live if self._live is not None else -1
        newest = min(self._last, max(metrics.last_cell(slot) for slot in measured))
        for at, metric in enumerate(SUMMED[:RINGED]):
            if metric != "disk.latency":  # its weights have no history
                past = self._past(at, measured, newest) + [None] * (self._last - newest)
                own = [None] * (len(past) - len(self._cells[at])) + self._cells[at]
                past = [None] * (len(own) - len(past)) + past
                live = len(own) - 1 - before
                self._cells[at] = [
                    new if new is not None and (old is None or cell < live) else old
                    for cell, (old, new) in enumerate(zip(own, past, strict=True))
                ]

    def _past(self, at: int, measured: Iterable[int], newest: int) -> list[float | None]:
        metrics, metric = self._view.metrics, SUMMED[at]
        tops, bottoms, counts = dict[int, float](), dict[int, float](), dict[int, int]()
        for slot in measured:
            weight = self._weight(slot, metric)
            codes = metrics.codes(slot, metric, round(HISTORY / self.period)) if weight is not None else []
            for number, code in enumerate(codes, metrics.last_cell(slot) - len(codes) + 1):
                if weight is not None and code != NO_SAMPLE:
                    tops[number] = tops.get(number, 0.0) + (decode(code) or 0.0) * weight
                    bottoms[number] = bottoms.get(number, 0.0) + weight
                    counts[number] = counts.get(number, 0) + 1
        most = max(counts.values(), default=0)
        first = min((number for number, count in counts.items() if count == most), default=newest + 1)
        cells = list[float | None]()
        for number in range(first, newest + 1):
            if counts.get(number) != most:
                cells.append(None)
                continue
            whole = bottoms[number] if metric in WEIGHTS else 1.0
            if metric == "cpu.used" and self._processors is not None:
                whole = self._processors
            cells.append(tops[number] / whole if whole > 0 else 0.0)
        return cells


class Aggregates:
    """The nodes that are followed."""

    def __init__(self, view: FleetView, clock: Callable[[], float] = time.monotonic) -> None:
        self._view = view
        self._clock = clock
        self._followed: dict[int, Aggregate] = {}
        self._recalled: set[int] = set()
        """Machines whose past came since the last `take`."""

    def follow(self, nodes: Collection[int]) -> None:
        """Follow these nodes from now on, and no other. Machines among them are no sums and not followed."""
        inventory = self._view.inventory
        wanted = {slot for slot in nodes if inventory.alive(slot) and inventory.kind(slot) not in MACHINES}
        for slot in self._followed.keys() - wanted:
            del self._followed[slot]
        for slot in wanted - self._followed.keys():
            self._followed[slot] = Aggregate(self._view, slot, self._clock())

    def recalled(self, slots: Collection[int]) -> None:
        """The past of these machines is known now: what products remember comes after the first samples."""
        self._recalled.update(slots)

    def take(self, changed: Collection[int], gone: Collection[int] = ()) -> set[int]:
        """Rows changed, objects went, time passed: the nodes whose figures may be others."""
        for slot in self._followed.keys() & set(gone):
            del self._followed[slot]
        now, recalled = self._clock(), self._recalled
        self._recalled = set()
        moved = {slot for slot, one in self._followed.items() if one.take(changed, now)}
        for one in self._followed.values():
            if one.has_any(recalled):
                one.recall()
        return moved

    def of(self, node: int) -> Aggregate | None:
        """The sums of a node that is followed."""
        return self._followed.get(node)
