"""Which limits hold for an object: those of the rule, of its family, of its tags, the closest before the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import inf

import msgspec

from novatui.config.alarms import Alarms, Limits, Rule
from novatui.core.alarms import ALARM_RULES, Level
from novatui.core.states import FAMILY_ALIASES, Family

PRESENT = 0.5
"""Limit of a state: 1 while it is there, 0 while not."""


class Bounds(msgspec.Struct, frozen=True):
    """What a value is held against."""

    warn: float | None
    critical: float | None
    duration: float = 0.0
    """Seconds that a limit has to be exceeded."""
    hysteresis: float = 0.0

    @property
    def lowest(self) -> float:
        """Above this something begins; infinite when nothing ever does."""
        return min((limit for limit in (self.warn, self.critical) if limit is not None), default=inf)

    def limit(self, level: Level) -> float | None:
        """The limit whose crossing has this level."""
        return self.critical if level is Level.CRITICAL else self.warn


NOWHERE = Bounds(None, None)
"""Raises nothing."""


class LimitTable:
    """The configured limits, resolved when an object asks."""

    def __init__(self, alarms: Alarms) -> None:
        self._found: dict[tuple[str, Family, tuple[str, ...]], Bounds] = {}
        self.take(alarms)

    def take(self, alarms: Alarms) -> None:
        """These limits hold from now on."""
        self._rules = alarms.rules
        self._found.clear()

    def of(self, rule: str, family: Family, tags: Iterable[str] = ()) -> Bounds:
        """What holds for an object of this family with these tags."""
        configured = self._rules.get(rule)
        if configured is None:
            return NOWHERE
        carried = set(tags) if configured.tag else set[str]()
        named = tuple(tag for tag in configured.tag if tag in carried)
        found = self._found.get((rule, family, named))
        if found is None:
            found = self._found[rule, family, named] = _bounds(rule, configured, family, named)
        return found

    def floor(self, rule: str) -> float:
        """No object raises this rule with a value that is not above this; infinite when none ever does."""
        configured = self._rules.get(rule)
        if configured is None:
            return inf
        layers = [configured, *configured.family.values(), *configured.tag.values()]
        return min((limit for one in layers for limit in (one.warn, one.critical) if limit is not None), default=inf)


def _bounds(rule: str, configured: Rule, family: Family, tags: Collection[str]) -> Bounds:
    layers: list[Rule | Limits] = [configured.tag[tag] for tag in tags]
    layers += [one for name, one in configured.family.items() if FAMILY_ALIASES.get(name, name) == family]
    layers.append(configured)
    if not _first(layers, "enabled"):
        return NOWHERE
    duration = _number(layers, "duration") or 0.0
    known = ALARM_RULES.get(rule)
    if known is not None and known.is_state:
        critical = known.level is Level.CRITICAL
        return Bounds(None if critical else PRESENT, PRESENT if critical else None, duration)
    return Bounds(_number(layers, "warn"), _number(layers, "critical"), duration, _number(layers, "hysteresis") or 0.0)


def _number(layers: list[Rule | Limits], name: str) -> float | None:
    found = _first(layers, name)
    return found if isinstance(found, float) else None


def _first(layers: list[Rule | Limits], name: str) -> float | bool | None:
    return next((value for layer in layers if (value := getattr(layer, name)) is not None), None)
