"""One raised alarm: its words, how urgent it is, and what all of them add up to."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from novatui.core import units
from novatui.core.alarms import ALARM_RULES, LOST, PRODUCT, Level
from novatui.core.events import Acknowledgement
from novatui.engine.alarm_book import AlarmBook, AlarmId
from novatui.engine.alarm_limits import Bounds
from novatui.engine.inventory_store import InventoryStore


class Alarm(msgspec.Struct, kw_only=True, eq=False):
    """One rule on one object, above its limit."""

    id: AlarmId
    slot: int | None
    """Slot of the object; None when it is not in the inventory."""
    subject: str
    """Name of the object."""
    level: Level
    since: float
    """Epoch seconds: since when it is so, as far as we know."""
    value: float | None
    """In the unit of the rule, the latest known; of a product's alarms: how many."""
    limit: float | None
    """The limit that is exceeded; None for alarms of products."""
    bounds: Bounds | None
    """All limits of the rule on this object."""
    detail: str = ""
    """The product's words: its state, or what it says of its alarm."""
    at_least: bool = False
    """It was there when we first looked: it may be so for longer than `since`."""
    at_server: Acknowledgement | None = None
    """Whether somebody has acknowledged it at its product; None when that is not told. Its moment by our clock."""
    pending: bool = False
    """Above its limit, but not for long enough: not raised yet."""

    @property
    def known_at_server(self) -> bool:
        """True when somebody has acknowledged it at its product, where everybody sees that."""
        return self.at_server is not None and self.at_server.done

    @property
    def title(self) -> str:
        """What it is about, two or three words."""
        return self.id.name or ALARM_RULES[self.id.rule].title

    @property
    def chore(self) -> bool:
        """Something for the day, not for the night; a critical one never is."""
        return ALARM_RULES[self.id.rule].chore and self.level is not Level.CRITICAL

    @property
    def text(self) -> str:
        """What is wrong, in one line: `cpu wait 6.1% > 5.0%`."""
        rule = ALARM_RULES[self.id.rule]
        if self.id.rule == PRODUCT:
            return self.detail
        if rule.is_state:
            return f"{rule.title}: {self.detail}" if self.detail else rule.title
        return f"{rule.title} {figure(self.value, rule.unit)} > {figure(self.limit, rule.unit)}"

    @property
    def explanation(self) -> str:
        """Which rule raised it, and when that would end."""
        rule, bounds = ALARM_RULES[self.id.rule], self.bounds
        if self.id.rule == PRODUCT:
            return "raised by the product itself; it is over when the product says so"
        if rule.is_state or bounds is None:
            return "a state of the object; it is over when the product tells another one"
        words = [
            f"{level.value} above {figure(limit, rule.unit)}"
            for level in Level
            if (limit := bounds.limit(level)) is not None
        ]
        if bounds.duration:
            words.append(f"for {units.span(bounds.duration)}")
        lowest = bounds.lowest - bounds.hysteresis
        return f"{', '.join(words)}; over at {figure(lowest, rule.unit)} or below"


def figure(value: float | None, unit: str) -> str:
    """A value in the unit of its rule, as people read it."""
    match unit:
        case "%":
            return f"{units.percent(value)}%"
        case "B":
            return units.size(value)
        case "B/s":
            return f"{units.size(value)}/s"
        case "d":
            return units.span(None if value is None else value * 86400.0)
        case "s":
            return units.span(value)
        case "ms":
            return f"{units.count(value)} ms"
        case _:
            return f"{units.count(value)}{unit}"


def urgency(alarm: Alarm) -> tuple[object, ...]:
    """What alarms are ordered by: the worst first and chores last, then the newest, then by name."""
    return alarm.level is not Level.CRITICAL, alarm.chore, -alarm.since, alarm.subject, alarm.id


def is_worse(new: Alarm, old: Alarm) -> bool:
    """True when it grew from a warning to a critical one, or the product counts more of them."""
    if new.level is not old.level:
        return new.level is Level.CRITICAL
    return new.id.rule == PRODUCT and (new.value or 0) > (old.value or 0)


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many alarms are raised. Each is in one of these: a silenced one is not also counted as acknowledged."""

    critical: int = 0
    warning: int = 0
    acknowledged: int = 0
    silenced: int = 0
    chores: int = 0

    @property
    def open(self) -> int:
        """Alarms that nobody has taken note of."""
        return self.critical + self.warning


class Marks(msgspec.Struct, frozen=True):
    """What the raised alarms add up to."""

    levels: dict[int, Level]
    """By slot, of the objects and all above them: the worst that is neither silenced nor a chore."""
    numbers: dict[int, int]
    """By slot, the same: how many."""
    counts: Counts

    @classmethod
    def of(cls, raised: Sequence[Alarm], book: AlarmBook, now: float, inventory: InventoryStore) -> Marks:
        """Add up all raised alarms. `now` in epoch seconds."""
        levels: dict[int, Level] = {}
        numbers: dict[int, int] = {}
        sums = dict.fromkeys(("critical", "warning", "acknowledged", "silenced", "chores"), 0)
        for alarm in raised:
            if book.silenced(alarm.id, now):
                sums["silenced"] += 1
                continue
            known = alarm.known_at_server or book.acknowledged(alarm.id)
            sums["acknowledged" if known else "chores" if alarm.chore else alarm.level.value] += 1
            if alarm.chore or alarm.slot is None or not inventory.alive(alarm.slot):
                continue
            nodes = [alarm.slot] if alarm.id.rule == LOST else [alarm.slot, *inventory.above(alarm.slot)]
            for node in nodes:
                numbers[node] = numbers.get(node, 0) + 1
                if alarm.level is Level.CRITICAL or node not in levels:
                    levels[node] = alarm.level
        return cls(levels, numbers, Counts(**sums))
