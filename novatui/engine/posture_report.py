"""Findings of many objects as plain values for programs, and as Markdown for a change request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from novatui.core.ids import ObjectRef
from novatui.core.posture import Finding, Level
from novatui.core.posture_rules import RULE
from novatui.engine.facts_report import plain_evidence, timestamp
from novatui.engine.markdown import escape, table
from novatui.engine.postures import Judged

Name = Callable[[ObjectRef], str]

WORDS = {Level.NOT_OFFERED: "not offered"}
"""Levels that are not said as they are called."""


class Told(msgspec.Struct, frozen=True):
    """One finding and what it is about."""

    ref: ObjectRef
    name: str
    finding: Finding


def word(level: Level) -> str:
    """A level as people read it."""
    return WORDS.get(level, level.value)


def told(judged: Iterable[Judged], name: Name, *, whole: bool = False) -> list[Told]:
    """Every finding that matters, or every one at all: the worst first, alike ones beside each other."""
    found = [
        Told(one.ref, name(one.ref), finding)
        for one in judged
        if one.posture is not None
        for finding in one.posture.findings
        if whole or finding.level.matters
    ]
    order = {slug: at for at, slug in enumerate(RULE)}
    return sorted(found, key=lambda each: (each.finding.level.rank, order[each.finding.rule], each.name, str(each.ref)))


def counts(judged: Iterable[Judged]) -> dict[Level, int]:
    """Findings of each level, the worst first; levels without any are left out."""
    found = Counter(finding.level for one in judged if one.posture is not None for finding in one.posture.findings)
    return {level: found[level] for level in Level if found[level]}


def plain(judged: Sequence[Judged], name: Name) -> dict[str, Any]:
    """As scripts get it: what is not known is no key, times are ISO 8601 in UTC."""
    return {
        "postures": [_posture(one, name(one.ref)) for one in judged],
        "counts": {level.value: count for level, count in counts(judged).items()},
    }


def _posture(one: Judged, name: str) -> dict[str, Any]:
    form: dict[str, Any] = {"ref": str(one.ref), "connection": one.ref.conn, "kind": one.ref.kind.value, "name": name}
    if one.failure is not None:
        form["failure"] = {"fault": one.failure.fault.value, "message": one.failure.message}
    if one.posture is not None:
        form |= _known({"at": timestamp(one.posture.at), "ms": one.posture.ms})
        form["findings"] = [finding_values(finding) for finding in one.posture.findings]
    return form


def finding_values(finding: Finding) -> dict[str, Any]:
    """One finding."""
    return _known(
        {
            "rule": finding.rule,
            "topic": finding.topic.value,
            "level": finding.level.value,
            "subject": finding.subject,
            "reason": finding.reason,
            "remedy": finding.remedy,
            "native": list(finding.native),
            "evidence": [plain_evidence(each) for each in finding.evidence],
        }
    )


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def markdown(judged: Sequence[Judged], name: Name) -> str:
    """What matters, level by level, with what to do and what that rests on; then who could not be asked."""
    numbers = counts(judged)
    said = ", ".join(f"{count} {word(level)}" for level, count in numbers.items()) or "nothing was judged"
    lines = ["# Posture", "", f"{len(judged)} objects: {said}.", ""]
    found = told(judged, name)
    for level in numbers:
        mine = [each for each in found if each.finding.level is level]
        if mine:
            rows = [_row(each) for each in mine]
            lines += [f"## {word(level).capitalize()}", "", *table(_TITLES, rows), ""]
    failed = [one for one in judged if one.failure is not None]
    if failed:
        rows = [[escape(name(one.ref)), escape(one.ref.conn), escape(str(one.failure))] for one in failed]
        lines += ["## Not asked", "", *table(["Object", "Connection", "Why"], rows), ""]
    return "\n".join(lines)


_TITLES = ["Object", "Connection", "Rule", "Part", "Finding", "Remedy", "In the product's words", "Evidence"]


def _row(each: Told) -> list[str]:
    finding = each.finding
    native = "<br>".join(escape(line.strip()) for line in finding.native)
    calls = ", ".join(dict.fromkeys(one.call or f"declared: {one.source}" for one in finding.evidence))
    return [
        escape(each.name), escape(each.ref.conn), RULE[finding.rule].title, escape(finding.subject),
        escape(finding.reason), escape(finding.remedy), native, escape(calls),
    ]  # fmt: skip
