"""What the console itself can raise an alarm for: the rules by name, what each compares, and its built-in limits."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from novatui.core.metrics import METRICS


class Level(StrEnum):
    """How bad a raised alarm is."""

    WARNING = "warning"
    CRITICAL = "critical"


class AlarmRule(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that an alarm can be raised for."""

    name: str
    """Token: configuration, filters and JSON use it."""
    title: str
    """What is watched, as alarms say it: `cpu wait`."""
    unit: str = ""
    """`%`, `B`, `B/s`, `/s`, `ms`, `d` or `s`; empty for a state, which has no limits."""
    warn: float | None = None
    critical: float | None = None
    duration: float = 0.0
    """Seconds that the limit has to be exceeded."""
    hysteresis: float = 0.0
    level: Level = Level.CRITICAL
    """How bad a state is; what has limits says it by them."""

    chore: bool = False
    """Something for the day: it is listed, but rings no bell, marks no row and does not count among the others."""

    @property
    def is_state(self) -> bool:
        """True when it is raised by a state and not by a number above a limit."""
        return not self.unit


CPU_WAIT = "cpu.wait"
MEMORY = "mem.percent"
STORE = "store.used"
SNAPSHOT = "snapshot.age"
LOST = "connection.lost"
STOPPED = "io_error"
CRASHED = "crash"
PRODUCT = "product"

_TUNED = (
    AlarmRule(name=CPU_WAIT, title="cpu wait", unit="%", warn=5.0, critical=10.0, duration=60.0, hysteresis=1.0),
    AlarmRule(
        name="disk.latency", title="disk latency", unit="ms", warn=30.0, critical=60.0, duration=60.0, hysteresis=5.0
    ),
    AlarmRule(name=MEMORY, title="memory in use", unit="%", warn=95.0, critical=98.0, duration=120.0, hysteresis=2.0),
    AlarmRule(name=STORE, title="store used", unit="%", warn=85.0, critical=95.0, hysteresis=1.0),
    AlarmRule(name=SNAPSHOT, title="oldest snapshot", unit="d", warn=30.0, chore=True),
    AlarmRule(name=LOST, title="no answer", unit="s", warn=30.0, critical=300.0),
    AlarmRule(name=STOPPED, title="stopped by an I/O error"),
    AlarmRule(name=CRASHED, title="crashed"),
    AlarmRule(name=PRODUCT, title="alarm of the product", level=Level.WARNING),
)
_TITLES = {"cpu.used": "cpu in use", "disk.iops": "disk requests", "net.drops": "dropped packets"}
_NAMED = {rule.name: rule for rule in _TUNED}

ALARM_RULES: dict[str, AlarmRule] = {
    metric.name: AlarmRule(
        name=metric.name, title=_TITLES.get(metric.name, metric.name.replace(".", " ")), unit=metric.unit
    )
    for metric in METRICS
} | _NAMED
"""Every rule by its name. A metric without built-in limits raises nothing until it is given some."""
