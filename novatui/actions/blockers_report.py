"""Machines that keep hosts from their maintenance, as plain values for JSON and as Markdown for a change request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from novatui.actions.blockers import LEAVES, Blocked, Blocker, Way
from novatui.core.capabilities import Answer, Evidence
from novatui.engine.markdown import escape, table

WORDS = {
    Way.STUCK: "cannot leave",
    Way.COLD: "cold only",
    Way.ROOM: "no room for it",
    Way.UNKNOWN: "unknown",
    Way.CONDITION: "moves live, once",
    Way.LIVE: "moves live",
    Way.OFF: "off",
}
"""A way as people read it."""


def word(one: Blocker) -> str:
    """How it can leave."""
    return "cold, perhaps" if one.way is Way.COLD and one.cold is Answer.UNKNOWN else WORDS[one.way]


def why(one: Blocker) -> str:
    """What is in the way, with the host that it came nearest to; of one that can go where to."""
    if one.way is Way.LIVE:
        return f"to {one.to}" if one.to else ""
    near = f" (nearest: {one.nearest})" if one.nearest and one.way not in LEAVES else ""
    to = f" (to {one.to})" if one.to else ""
    return f"{one.reason}{near}{to}"


def summary(one: Blocked) -> str:
    """`4 can leave, 2 block, 1 unknown, 3 off`."""
    counts = [f"{one.leave} can leave", f"{one.block} block", f"{one.unknown} unknown"]
    if one.off:
        counts.append(f"{one.off} off")
    if one.waiting:
        counts.append(f"{one.waiting} not asked yet")
    return ", ".join(counts) if one.machines or one.waiting else "no machine is on it"


def plain(found: Iterable[Blocked]) -> dict[str, Any]:
    """As scripts get it: what is not known is no key."""
    return {"hosts": [_host(one) for one in found]}


def _host(one: Blocked) -> dict[str, Any]:
    return {
        "ref": str(one.host),
        "name": one.name,
        "leave": one.leave,
        "block": one.block,
        "unknown": one.unknown,
        "off": one.off,
        "machines": [machine(each) for each in one.machines],
    }


def machine(one: Blocker) -> dict[str, Any]:
    """One machine."""
    form = {
        "ref": str(one.ref),
        "name": one.name,
        "host": str(one.host),
        "answer": one.way.name.lower(),
        "reason": one.reason,
        "holds": one.holds,
        "lift": one.lift,
        "nearest": one.nearest,
        "to": one.to,
        "targets": [target.host for target in one.targets],
        "cold": one.cold.value if one.cold is not None else None,
        "hosts_asked": one.asked,
        "memory": one.memory,
        "state": one.power,
        "evidence": _evidence(one.evidence),
    }
    return {name: value for name, value in form.items() if value is not None and value != ""}


def _evidence(one: Evidence | None) -> dict[str, Any] | None:
    if one is None:
        return None
    form = {"kind": one.kind, "call": one.call, "at": _moment(one.at), "ms": one.ms, "excerpt": one.excerpt,
            "source": one.source}  # fmt: skip
    return {name: value for name, value in form.items() if value is not None and value != ""}


def markdown(found: Sequence[Blocked]) -> str:
    """A section for each host: those that block first, then the rest; off machines are counted only."""
    lines = ["# Machines that keep hosts from their maintenance"]
    for one in found:
        lines += ["", f"## {escape(one.name)}: {summary(one)}", ""]
        rows = [_row(each) for each in one.machines if each.way is not Way.OFF]
        lines += table(["machine", "answer", "held by", "why", "what would lift it", "found by"], rows) if rows else []
    return "\n".join(lines) + "\n"


def _row(one: Blocker) -> list[str]:
    return [*map(escape, (one.name, word(one), one.holds, why(one), one.lift, _found_by(one.evidence)))]


def _found_by(one: Evidence | None) -> str:
    if one is None:
        return ""
    at = _moment(one.at)
    return " ".join(filter(None, (one.call or one.source, at, f"{one.ms:.0f} ms" if one.ms is not None else "")))


def _moment(epoch: float | None) -> str | None:
    try:
        moment = None if epoch is None else datetime.fromtimestamp(epoch, UTC)
    except (ValueError, OverflowError, OSError):
        return None  # no time that a calendar has
    return moment and moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
