"""The `[alarms]` table of `config.toml`: limits by rule, family and tag, and what is done when an alarm is raised."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from novatui.config.decode import Name
from novatui.core.alarms import ALARM_RULES, AlarmRule

Limit = Annotated[float, Meta(ge=0)]
Span = Annotated[float, Meta(ge=0, le=86_400)]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of a rule for one family, `[alarms.rules.RULE.family.FAMILY]`, or for what carries one tag,
    `[alarms.rules.RULE.tag.TAG]`. What is not given is as in the rule itself. A tag goes before a family.
    """

    enabled: Annotated[bool, Meta(examples=[False])] | None = None
    """false: this rule raises nothing here."""
    warn: Annotated[Limit, Meta(examples=[20.0])] | None = None
    """Above this it is a warning. In the unit of the rule."""
    critical: Annotated[Limit, Meta(examples=[40.0])] | None = None
    """Above this it is critical."""
    duration: Annotated[Span, Meta(examples=[300.0])] | None = None
    """Seconds for which a limit has to be exceeded before the alarm is raised."""
    hysteresis: Annotated[Limit, Meta(examples=[2.0])] | None = None
    """How far below its limit a value has to fall before the alarm is over."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule, `[alarms.rules.RULE]`. Quote a name with a dot: `[alarms.rules."cpu.wait"]`.

    Rules are all metrics (cpu.used, disk.latency, net.drops …), mem.percent (memory in use, of what it has),
    store.used (pools and datastores), snapshot.age (days), connection.lost (seconds without an answer), and the
    states io_error, crash and product (alarms of the products), which have no limits.
    """

    enabled: bool = True
    """false: this rule raises nothing."""
    warn: Annotated[Limit, Meta(examples=[5.0])] | None = None
    """Above this it is a warning. In the unit of the rule: percent, ms, bytes, days or seconds."""
    critical: Annotated[Limit, Meta(examples=[10.0])] | None = None
    """Above this it is critical."""
    duration: Annotated[Span, Meta(examples=[60.0])] | None = None
    """Seconds for which a limit has to be exceeded before the alarm is raised."""
    hysteresis: Annotated[Limit, Meta(examples=[1.0])] | None = None
    """How far below its limit a value has to fall before the alarm is over."""
    family: dict[str, Limits] = {}
    tag: dict[str, Limits] = {}


class Alarms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alarms of the console itself, `[alarms]`. An unknown value neither raises an alarm nor ends one."""

    bell: bool = True
    """Ring the terminal's bell when an alarm is raised that is neither silenced nor acknowledged."""
    command: Annotated[tuple[str, ...], Meta(examples=[["/usr/local/bin/page-oncall", "--from", "novatui"]])] = ()
    """Program to run then, and its arguments; no shell. It finds NOVATUI_ALARM_RULE, _LEVEL, _TEXT, _CONNECTION,
    _FAMILY, _KIND, _OBJECT, _REF, _VALUE, _LIMIT and _SINCE in its environment. What it prints goes to the log."""
    command_timeout: Annotated[float, Meta(ge=0.1, le=3600)] = 10.0
    """Seconds after which that program is ended."""
    interval: Annotated[float, Meta(ge=0, le=3600)] = 60.0
    """Seconds between two rounds in which everything is measured for these rules. 0: only what is on the screen is
    measured, so that only that can raise the alarms of metrics."""
    rules: dict[Name, Rule] = {}


def built_in(rule: AlarmRule) -> dict[str, float | bool]:
    """What is set for a rule unless a configuration says otherwise; nothing for a metric that nobody watches."""
    if rule.is_state:
        return {"enabled": True, "duration": rule.duration}
    if rule.warn is None:
        return {}
    critical = {} if rule.critical is None else {"critical": rule.critical}
    return {"warn": rule.warn, **critical, "duration": rule.duration, "hysteresis": rule.hysteresis}


def default_alarms() -> Alarms:
    """The table as it is without any configuration."""
    rules = {name: msgspec.convert(told, Rule) for name, rule in ALARM_RULES.items() if (told := built_in(rule))}
    return Alarms(rules=rules)
