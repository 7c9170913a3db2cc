"""Holds what changed against the limits: a look at every changed row that costs next to nothing unless it matters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from heapq import heappop, heappush
from math import inf

from novatui.config.alarms import Alarms
from novatui.core.alarms import CRASHED, LOST, MEMORY, SNAPSHOT, STOPPED, STORE
from novatui.core.metrics import NAMES, POSITION
from novatui.core.states import Health, Kind, Power
from novatui.engine.alarm_limits import Bounds, LimitTable
from novatui.engine.alarm_readings import DAY, METRIC_RULES, AlarmView, Readings
from novatui.engine.alarm_track import Track
from novatui.engine.inventory_rows import MACHINES
from novatui.engine.query_values import Clocks, memory_whole

SHORTEST_GAP = 150.0
"""Seconds without a known value after which a run above a limit is no longer one, at least."""

GAP_ROUNDS = 2.5
"""The same in rounds of measuring everything."""

LATER = 60.0
"""Seconds until a snapshot whose row is out of date is looked at again."""

_MAY_BE_STOPPED = frozenset({Power.PAUSED.value, Power.UNKNOWN.value})
_USED, _ASSIGNED = POSITION["mem.used"], POSITION["mem.assigned"]

Told = Callable[[int, str, Track, Bounds], None]
"""Slot, rule, what is remembered of it, and its limits."""


class Judge:
    """The rules with limits and the states of objects; `told` hears of every track that moved."""

    def __init__(self, view: AlarmView, config: Alarms, table: LimitTable, clocks: Clocks, told: Told) -> None:
        self.readings = Readings(view, clocks)
        self._inventory, self._metrics, self._links = view.inventory, view.metrics, view.connections
        self._table, self._clocks, self._told = table, clocks, told
        self._tracks: dict[int, dict[str, Track]] = {}
        """By slot and rule; only what is above a limit, or was until the hysteresis lets it go."""
        self._waiting: set[tuple[int, str]] = set()
        """States and stores above a limit for less than the duration: no row has to change for them to be raised."""
        self._oldest: dict[int, float] = {}
        """By slot: the moment of its oldest snapshot when it was judged last."""
        self._due: list[tuple[float, int, float]] = []
        """When a snapshot grows past a limit, its slot and moment; the earliest first."""
        self._lost: dict[str, float] = {}
        """By connection: since when it does not answer, epoch seconds."""
        self._memory_whole = memory_whole(view)
        self._power = view.inventory.column("power").get
        self._health = view.inventory.column("health").get
        self._snapshot = view.inventory.column("snapshot_oldest").get
        self._take_floors(config)

    def _take_floors(self, config: Alarms) -> None:
        """Below which values nothing has to be looked at."""
        self.gap = max(SHORTEST_GAP, GAP_ROUNDS * config.interval)
        rules = {name: self._table.floor(name) for name in METRIC_RULES}
        self._metric_rules = tuple(name for name, floor in rules.items() if floor < inf)
        self._floors = [(POSITION[name], rules[name]) for name in NAMES if rules[name] < inf]
        self._memory_floor = rules[MEMORY] / 100.0

    def limits_changed(self, config: Alarms) -> None:
        """Hold what is remembered against the limits of now: its latest value, also where that is out of date.

        What was below all limits before is for `rows`.
        """
        self._take_floors(config)
        self._oldest.clear()
        self._due.clear()
        for slot, tracks in list(self._tracks.items()):
            for rule, track in list(tracks.items()):
                bounds = self._bounds(rule, slot)
                track.step(track.value, track.seen, bounds, self.gap)
                self._tell(slot, rule, track, bounds)

    def pending(self) -> list[tuple[int, str, Track, Bounds]]:
        """Limits that are exceeded, but not for long enough yet."""
        return [
            (slot, rule, track, self._bounds(rule, slot))
            for slot, tracks in self._tracks.items()
            for rule, track in tracks.items()
            if track.level is None and track.pending
        ]

    def track(self, slot: int, rule: str) -> Track | None:
        """What is remembered of a rule on an object."""
        return self._tracks.get(slot, {}).get(rule)

    def rows(self, slots: Collection[int], told: Collection[int]) -> None:
        """These rows were measured or changed; of those told, columns may be others."""
        for slot in self._over(slots):
            self._judge(slot, self._metric_rules)
        self._look(told)

    def gone(self, slots: Iterable[int]) -> None:
        """These objects are gone."""
        for slot in slots:
            self._tracks.pop(slot, None)
            self._oldest.pop(slot, None)

    def tick(self) -> None:
        """Time went by: snapshots grew older, connections are still lost, states still there."""
        now = self._clocks.time()
        while self._due and self._due[0][0] <= now:
            _, slot, oldest = heappop(self._due)
            if self._oldest.get(slot) == oldest:
                self._judge_snapshot(slot, oldest)
        for slot, rule in list(self._waiting):
            self._waiting.discard((slot, rule))
            if slot in self._tracks:
                self._judge(slot, (rule,))
        for name in list(self._links):
            self.link(name)

    def link(self, name: str) -> None:
        """Look at a connection; one that was removed is not lost."""
        one, now = self._links.get(name), self._clocks.time()
        if one is None or not self._inventory.has_connection(name):
            self._lost.pop(name, None)
            return
        if one.broken:
            since = self._lost.setdefault(name, one.last_good or now)
        elif name in self._lost:
            since = now
            del self._lost[name]
        else:
            return
        slot = self._inventory.connection(name)
        self._hold(slot, LOST, max(0.0, now - since), self._clocks.monotonic(), self._bounds(LOST, slot))

    # --- which rows matter ------------------------------------------------------------------------------------------

    def _over(self, slots: Collection[int]) -> list[int]:
        """Slots whose metrics are above the lowest limit that anybody has, or were."""
        floors, memory, tracks = self._floors, self._memory_floor, self._tracks
        found: list[int] = []
        for slot, values in self._metrics.samples(slots):
            for position, floor in floors:
                if values[position] > floor:
                    found.append(slot)
                    break
            else:
                used, whole = values[_USED], values[_ASSIGNED]
                if whole != whole:
                    whole = self._memory_whole(slot) or inf
                if used > memory * whole or slot in tracks:  # never true for a NaN
                    found.append(slot)
        return found

    def _look(self, slots: Collection[int]) -> None:
        """Judge the columns of the rows in which something could be wrong."""
        inventory, tracks, power, health = self._inventory, self._tracks, self._power, self._health
        for slot in slots:
            if not inventory.alive(slot):
                continue
            kind = inventory.kind(slot)
            if kind in MACHINES:
                state = power(slot)
                if (
                    slot in tracks
                    or state == Power.CRASHED
                    or (state in _MAY_BE_STOPPED and self.readings.is_stopped(slot))
                    or health(slot) == Health.CRITICAL
                ):
                    self._judge(slot, (CRASHED, STOPPED))
                    self._end_of_metrics(slot)
                oldest = self._snapshot(slot)
                if oldest is not None or slot in self._oldest:
                    self._look_at_snapshots(slot, oldest)
            elif kind is Kind.DATASTORE:
                self._judge(slot, (STORE,))

    def _end_of_metrics(self, slot: int) -> None:
        """A machine that is off is not short of anything."""
        tracks = self._tracks.get(slot)
        if tracks and self.readings.idle(slot):
            for rule in METRIC_RULES & tracks.keys():
                tracks[rule].end()
                self._tell(slot, rule, tracks[rule], self._bounds(rule, slot))

    def _look_at_snapshots(self, slot: int, oldest: object) -> None:
        if isinstance(oldest, int | float):
            if self._oldest.get(slot) != oldest:
                self._judge_snapshot(slot, oldest)
            return
        self._judge(slot, (SNAPSHOT,))
        if SNAPSHOT not in self._tracks.get(slot, {}):
            self._oldest.pop(slot, None)

    def _judge_snapshot(self, slot: int, oldest: float) -> None:
        """Judge the oldest snapshot now, and again when it grows past the next limit."""
        self._oldest[slot] = oldest
        if self.readings.of(SNAPSHOT, slot)[0] is None:
            # Out of date. That it is told again is no change of its row: nobody else would look.
            heappush(self._due, (self._clocks.time() + LATER, slot, oldest))
            return
        self._judge(slot, (SNAPSHOT,))
        bounds, now = self._bounds(SNAPSHOT, slot), self._clocks.time()
        moments = [oldest + limit * DAY for limit in (bounds.warn, bounds.critical) if limit is not None]
        later = [moment for moment in moments if moment >= now]
        if later:
            # A moment later, so that it is above the limit then.
            heappush(self._due, (min(later) + 1.0, slot, oldest))

    # --- judging ----------------------------------------------------------------------------------------------------

    def _bounds(self, rule: str, slot: int) -> Bounds:
        return self._table.of(rule, self.readings.family(slot), self.readings.tags(slot))

    def _judge(self, slot: int, rules: Iterable[str]) -> None:
        for rule in rules:
            value, at = self.readings.of(rule, slot)
            track = self.track(slot, rule)
            if value is not None:
                self._hold(slot, rule, value, at, self._bounds(rule, slot))
            elif track is not None and track.pending and rule not in METRIC_RULES:
                self._waiting.add((slot, rule))

    def _hold(self, slot: int, rule: str, value: float, at: float, bounds: Bounds) -> None:
        track = self.track(slot, rule)
        if track is None:
            if value <= bounds.lowest:
                return
            track = self._tracks.setdefault(slot, {})[rule] = Track()
        track.step(value, at, bounds, self.gap)
        if track.pending and rule not in METRIC_RULES:
            self._waiting.add((slot, rule))
        self._tell(slot, rule, track, bounds)

    def _tell(self, slot: int, rule: str, track: Track, bounds: Bounds) -> None:
        self._told(slot, rule, track, bounds)
        if track.idle:
            del self._tracks[slot][rule]
            if not self._tracks[slot]:
                del self._tracks[slot]
