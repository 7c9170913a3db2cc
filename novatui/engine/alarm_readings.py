"""What the rules of alarms compare: one figure per rule and object, None when it is unknown or out of date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import nan
from typing import Protocol

from novatui.core.alarms import CRASHED, MEMORY, SNAPSHOT, STOPPED, STORE
from novatui.core.inventory import Group
from novatui.core.metrics import NAMES
from novatui.core.states import Family, Health, Link, Power
from novatui.engine.columns import TextsColumn
from novatui.engine.event_log import EventLog
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.metric_store import MetricStore
from novatui.engine.query_keys import MEMORY_WHOLE
from novatui.engine.query_values import Answers, Clocks, Doubles, reader, share

DAY = 86400.0

STOPPED_WORDS = ("i/o error", "io-error", "pausedcritical", "paused-critical")
"""How products say that a machine was stopped because its storage failed: libvirt `paused (I/O error)` (virsh
domstate --reason), QEMU's run state `io-error` as Proxmox passes it on, Hyper-V's VMState PausedCritical."""

IDLE = frozenset({Power.OFF.value, Power.SUSPENDED.value, Power.CRASHED.value})
"""States in which nothing is measured: alarms of metrics end there."""

METRIC_RULES = frozenset({*NAMES, MEMORY})

Reading = tuple[float | None, float]
"""A value, and when it was read by the local monotonic clock."""

UNREAD: Reading = (None, nan)


class Standing(Protocol):
    """Where a connection stands."""

    @property
    def link(self) -> Link: ...
    @property
    def broken(self) -> bool: ...
    @property
    def listed(self) -> bool: ...
    @property
    def last_good(self) -> float | None: ...


class AlarmView(Protocol):
    """What alarms are judged by. The fleet is one."""

    @property
    def inventory(self) -> InventoryStore: ...
    @property
    def metrics(self) -> MetricStore: ...
    @property
    def events(self) -> EventLog: ...
    @property
    def identity(self) -> Doubles: ...
    @property
    def facts(self) -> Answers: ...
    @property
    def connections(self) -> Mapping[str, Standing]: ...


class Readings:
    """Reads the figure of a rule for a slot."""

    def __init__(self, view: AlarmView, clocks: Clocks) -> None:
        self._inventory, self._metrics, self._clocks = view.inventory, view.metrics, clocks
        self._memory = share("mem.used", MEMORY_WHOLE, view)
        self._metric = {name: reader(name, view, clocks) for name in NAMES}
        self._tags = view.inventory.column("tags")
        self._power = view.inventory.column("power").get
        self._health = view.inventory.column("health").get
        self._native = view.inventory.column("native_state").get
        self._capacity, self._free, self._snapshots, self._oldest = (
            view.inventory.column(name).get for name in ("capacity", "free", "snapshots", "snapshot_oldest")
        )
        self._listed: dict[str, tuple[Callable[[int], float | None], Group]] = {
            CRASHED: (self._crashed, Group.STATE),
            STOPPED: (self._stopped, Group.STATE),
            STORE: (self._used, Group.STORAGE),
            SNAPSHOT: (self._snapshot_age, Group.SNAPSHOT),
        }

    def of(self, rule: str, slot: int) -> Reading:
        """The figure of a rule."""
        now = self._clocks.monotonic()
        if rule in METRIC_RULES:
            return self._measured(rule, slot, now)
        read, group = self._listed[rule]
        value = None if self._inventory.stale(slot, group, now) else read(slot)
        return value, now

    def family(self, slot: int) -> Family:
        """Which limits are meant."""
        return self._inventory.family(slot)

    def tags(self, slot: int) -> tuple[str, ...]:
        """Its tags; none when they are unknown."""
        column = self._tags
        return (column.texts(slot) if isinstance(column, TextsColumn) else None) or ()

    def idle(self, slot: int) -> bool:
        """True when it is known to be in a state that measures nothing."""
        return self._power(slot) in IDLE

    def native_state(self, slot: int) -> str:
        """The product's word for its state; empty when unknown."""
        return str(self._native(slot) or "")

    def is_stopped(self, slot: int) -> bool:
        """True when its product's words say that its storage failed."""
        words = self._native(slot)
        return isinstance(words, str) and _says_stopped(words)

    def _measured(self, rule: str, slot: int, now: float) -> Reading:
        age = self._metrics.age(slot, now)
        if age is None or self.idle(slot):
            return UNREAD
        value = self._memory(slot) if rule == MEMORY else self._metric[rule](slot)
        return (float(value) if isinstance(value, int | float) else None), now - age

    def _crashed(self, slot: int) -> float | None:
        power = self._power(slot)
        if power is None:
            return None
        worded = self._health(slot) == Health.CRITICAL and "crash" in self.native_state(slot).lower()
        return float(power == Power.CRASHED or worded)

    def _stopped(self, slot: int) -> float | None:
        power = self._power(slot)
        if power is None:
            return None
        return float(power in (Power.PAUSED, Power.UNKNOWN) and self.is_stopped(slot))

    def _used(self, slot: int) -> float | None:
        capacity, free = self._capacity(slot), self._free(slot)
        if not isinstance(capacity, int) or not isinstance(free, int) or capacity <= 0:
            return None
        return 100.0 * (capacity - free) / capacity

    def _snapshot_age(self, slot: int) -> float | None:
        oldest = self._oldest(slot)
        if isinstance(oldest, int | float):
            return max(0.0, self._clocks.time() - oldest) / DAY
        return 0.0 if self._snapshots(slot) == 0 else None


@lru_cache(maxsize=1000)
def _says_stopped(words: str) -> bool:
    words = words.lower()
    return any(known in words for known in STOPPED_WORDS)
