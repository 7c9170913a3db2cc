"""Built-in limits as a layer of settings, and what no single key of `[alarms]` can tell: whether they fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from novatui.config.alarms import built_in
from novatui.config.decode import Path, dotted, names_in
from novatui.config.errors import Problem, did_you_mean
from novatui.config.layers import Layer, Origin, Setting
from novatui.core.alarms import ALARM_RULES
from novatui.core.states import FAMILY_ALIASES, Family

RULES: Path = ("alarms", "rules")

_KINDS = ("family", "tag")
_LIMITS = ("warn", "critical", "hysteresis")


def alarm_layer() -> Layer:
    """The limits that hold when nothing is configured."""
    default = Origin("default")
    return {
        (*RULES, name, key): Setting(value, default)
        for name, rule in ALARM_RULES.items()
        for key, value in built_in(rule).items()
    }


def alarm_problems(history: Mapping[Path, tuple[Setting, ...]]) -> list[Problem]:
    """Everything that does not fit in `[alarms]`."""
    problems: list[Problem] = []
    for name in names_in(history, RULES):
        path = (*RULES, name)
        if name not in ALARM_RULES:
            problems.append(_problem(history, path, f"there is no rule `{name}`", did_you_mean(name, ALARM_RULES)))
            continue
        base = _values(history, path)
        problems += _misfits(history, path, name, base)
        for kind in _KINDS:
            for which in names_in(history, (*path, kind)):
                here = (*path, kind, which)
                if kind == "family" and which not in {*Family, *FAMILY_ALIASES}:
                    hint = did_you_mean(which, list(Family)) or f"one of {', '.join(Family)}"
                    problems.append(_problem(history, here, f"there is no family `{which}`", hint))
                else:
                    problems += _misfits(history, here, name, base | _values(history, here))
    return problems


def _values(history: Mapping[Path, tuple[Setting, ...]], path: Path) -> dict[str, Any]:
    """The effective values of one table of limits."""
    depth = len(path)
    return {
        key[depth]: settings[-1].value
        for key, settings in history.items()
        if len(key) == depth + 1 and key[:depth] == path
    }


def _misfits(
    history: Mapping[Path, tuple[Setting, ...]], path: Path, name: str, values: Mapping[str, Any]
) -> Iterator[Problem]:
    """What is wrong with the limits of one table, given what they are there in effect."""
    given = [key for key in _LIMITS if _is_configured(history.get((*path, key), ()))]
    if not given:
        return
    if ALARM_RULES[name].is_state:
        hint = "a state has only `enabled` and `duration`"
        yield _problem(history, (*path, given[0]), f"`{name}` is a state: it has no `{given[0]}`", hint)
        return
    unfit = next((key for key in given if not isfinite(values[key])), None)
    if unfit is not None:
        yield _problem(history, (*path, unfit), f"`{dotted((*path, unfit))}` is no finite number", "")
        return
    warn, critical, slack = (values.get(key) for key in _LIMITS)
    lowest = min((limit for limit in (warn, critical) if limit is not None), default=None)
    if warn is not None and critical is not None and critical < warn:
        message = f"critical ({critical:g}) is below warn ({warn:g})"
        yield _problem(history, (*path, given[0]), message, "critical is the higher one")
    elif slack and lowest is not None and slack > lowest:
        message = f"hysteresis ({slack:g}) is above the limit ({lowest:g})"
        yield _problem(history, (*path, given[-1]), message, "it would never end")


def _is_configured(settings: tuple[Setting, ...]) -> bool:
    return bool(settings) and settings[-1].origin.kind != "default"


def _problem(history: Mapping[Path, tuple[Setting, ...]], path: Path, message: str, hint: str) -> Problem:
    origins = (settings[-1].origin for key, settings in history.items() if key[: len(path)] == path)
    origin = next(origin for origin in origins if origin.kind != "default")
    return Problem(message=message, hint=hint, file=origin.source, line=origin.line, key=dotted(path))


def with_quotes_hint(problem: Problem) -> Problem:
    """`[alarms.rules.cpu.wait]` is read as a key `wait` in a rule `cpu`: say that the name wants quotes."""
    name = problem.key.removeprefix("alarms.rules.")
    if problem.key == name or name not in ALARM_RULES or "." not in name:
        return problem
    hint = f'quote the name: [alarms.rules."{name}"]'
    return Problem(
        message=problem.message,
        hint=hint,
        file=problem.file,
        line=problem.line,
        key=problem.key,
        severity=problem.severity,
    )
