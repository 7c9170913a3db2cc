"""The record of one migration as a report for a ticket: Markdown to be read, JSON to be counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from novatui.core.units import lasting, size
from novatui.engine.markdown import escape, table
from novatui.engine.migration_book import sparse
from novatui.engine.migration_record import Record
from novatui.engine.migrations import lever_words


def as_json(record: Record) -> str:
    """Everything that is kept of it: sizes in bytes, rates in bytes a second, times as ISO 8601 in UTC."""
    verdict = record.verdict
    body: dict[str, Any] = {
        "type": "migration",
        "ref": str(record.ref),
        "name": record.name,
        "uuid": record.identity,
        "connection": record.conn,
        "family": record.family.value,
        "source": record.route[0],
        "destination": record.route[1],
        "state": record.state.value,
        "began": _time(record.began),
        "ended": _time(record.ended),
        "who": record.who,
        "task": record.own,
        "arguments": record.arguments,
        "started_with": record.last.armed,
        "percent": record.percent,
        "pre_check": [{"topic": topic, "answer": answer} for topic, answer in record.checks],
        "memory": record.memory,
        "sent": record.last.sent,
        "pause_expected_s": record.pause_expected,
        "pause_measured_s": record.pause_real,
        "failure": str(record.failure) if record.failure is not None else "",
        "verdict": {"call": verdict.call.value, "since": _time(verdict.since), "reason": verdict.reason},
        "timeline": [{"at": _time(step.at), "kind": step.kind, "text": step.text} for step in record.steps],
        "ways_used": [{**msgspec.to_builtins(used), "at": _time(used.at)} for used in record.used],
        "readings": [sparse(msgspec.to_builtins(one)) for one in record.trace],
    }
    told = {name: value for name, value in body.items() if value is not None and value not in ("", {}, [])}
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"


def as_markdown(record: Record) -> str:
    """What an administrator attaches to a ticket."""
    parts = [f"# Migration of {escape(record.name)}", "", *_facts(record), "", "## Verdict", ""]
    parts += [f"**{record.verdict.call.value}**: {escape(record.verdict.reason)}", ""]
    if record.used:
        parts += [
            "## Ways out that were used",
            "",
            *_escaped_table(("time", "audit", "what", "outcome"), _used(record)),
            "",
        ]
    steps = ((_time(step.at), step.text) for step in record.steps)
    parts += ["## Timeline", "", *_escaped_table(("time (UTC)", "what"), steps)]
    if record.trace:
        parts += ["", "## Readings", "", *_escaped_table(_COLUMNS, _readings(record))]
    return "\n".join(parts) + "\n"


def _facts(record: Record) -> list[str]:
    last = record.last
    took = record.ended - record.began if record.ended is not None else None
    facts = {
        "machine": str(record.ref),
        "route": " to ".join(place or "?" for place in record.route),
        "state": record.state.value,
        "began": _time(record.began),
        "ended": _time(record.ended),
        "took": lasting(took) if took is not None else "",
        "started by": record.who,
        "audit number": record.own.removeprefix("N-"),
        "started with": ", ".join(last.armed) if last.armed else "",
        "pre-check": ", ".join(f"{topic} {answer}" for topic, answer in record.checks),
        "memory": size(record.memory) if record.memory else "",
        "sent": size(last.sent) if last.sent is not None else "",
        "passes over memory": str(last.iteration) if last.iteration is not None else "",
        "pause expected": lasting(record.pause_expected) if record.pause_expected is not None else "",
        "pause measured": lasting(record.pause_real) if record.pause_real is not None else "",
        "failure": str(record.failure) if record.failure is not None else "",
    }
    return [f"- {name}: {escape(value)}" for name, value in facts.items() if value]


def _used(record: Record) -> Iterable[tuple[str, ...]]:
    return ((_time(one.at), one.task, lever_words(one), one.outcome) for one in record.used)


_COLUMNS = ("time (UTC)", "phase", "pass", "left", "sent", "rate", "dirty", "throttle")

_ROWS = 60
"""Readings of a Markdown report; the JSON has all that are kept."""


def _readings(record: Record) -> Iterable[tuple[str, ...]]:
    step = max(1, -(-len(record.trace) // _ROWS))
    shown = [*record.trace[:-1:step], record.trace[-1]]
    for one in shown:
        figures = (one.left, one.sent, one.rate, one.dirty_rate)
        throttle = f"{one.throttle} %" if one.throttle is not None else ""
        iteration = str(one.iteration) if one.iteration is not None else ""
        yield (_time(one.at), one.phase, iteration, *(size(value, "") for value in figures), throttle)


def _escaped_table(titles: Sequence[str], rows: Iterable[Iterable[str]]) -> list[str]:
    return table(titles, (map(escape, row) for row in rows))


def _time(epoch: float | None) -> str:
    try:
        return "" if epoch is None else datetime.fromtimestamp(epoch, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return ""
