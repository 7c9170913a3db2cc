"""Findings of many objects as a folded list: by rule or by object, the worst first; what is typed leaves some out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

import msgspec

from novatui.core.errors import Failure
from novatui.core.ids import ObjectRef
from novatui.core.posture import Finding, Level
from novatui.core.posture_rules import RULE
from novatui.engine.posture_report import Told, told, word
from novatui.engine.postures import Judged

EXAMPLES = "risk  security  disk  conn:kvm*  words of a reason  !advice"

MOST = 300
"""Findings that are listed below one group; the others are counted, and found by a filter."""

MOST_OBJECTS = 2000
"""Objects that are listed; the others are counted."""

GROUPS = ("rule", "object")
"""What findings are put together by."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    key: Hashable
    above: Hashable = None
    title: str
    level: Level
    conn: str = ""
    count: int | None = None
    """Of a group: objects, or findings of one object."""
    said: str
    ref: ObjectRef | None = None
    """The object; None for a rule, and for what is not listed."""
    told: Told | None = None
    """The finding; None for a group."""
    failure: Failure | None = None
    """Why the object could not be asked."""


def rows_of(
    judged: Sequence[Judged], name: Callable[[ObjectRef], str], *, by: str, whole: bool, filter: str
) -> list[Row]:
    """All lines, each below its group."""
    words = filter.casefold().split()
    found = [each for each in told(judged, name, whole=whole) if _fits(_text(each), each.ref.conn, words)]
    grouped = _by_object(found) if by == "object" else _by_rule(found)
    rows, failed = list(grouped), list(_failed(judged, name, words))
    tops = (at for at, row in enumerate(rows) if row.above is None and row.level.rank >= Level.UNKNOWN.rank)
    at = next(tops, len(rows))
    return [*rows[:at], *failed, *rows[at:]]


def _text(each: Told) -> str:
    finding, rule = each.finding, RULE[each.finding.rule]
    parts = (
        each.name,
        word(finding.level),
        rule.title,
        rule.topic.value,
        finding.subject,
        finding.reason,
        each.ref.conn,
    )
    return " ".join((*parts, each.ref.kind.value)).casefold()


def _fits(text: str, conn: str, words: Iterable[str]) -> bool:
    """Every word stands in it; with `!` before it none of it does. `conn:` is about the connection alone."""
    for each in words:
        wanted = each.removeprefix("!")
        if wanted.startswith("conn:"):
            asked = wanted.removeprefix("conn:").rstrip("*")
            holds = conn.casefold().startswith(asked) if wanted.endswith("*") else conn.casefold() == asked
        else:
            holds = wanted in text
        if holds == each.startswith("!"):
            return False
    return True


def _failed(judged: Iterable[Judged], name: Callable[[ObjectRef], str], words: Sequence[str]) -> Iterator[Row]:
    """Who could not be asked: as bad as what is not known."""
    failed = [(one, called) for one in judged if one.failure is not None and (called := name(one.ref))]
    fit = [(one, called) for one, called in failed
           if _fits(f"{called} {one.failure} no answer {one.ref.conn}".casefold(), one.ref.conn, words)]  # fmt: skip
    if not fit:
        return
    key = ("failed",)
    yield Row(
        key=key,
        title="no answer",
        level=Level.UNKNOWN,
        count=len(fit),
        said="they could not be asked, or did not answer",
    )
    for one, called in sorted(fit, key=lambda each: each[1])[:MOST]:
        yield Row(
            key=("failed", one.ref), above=key, title=called, level=Level.UNKNOWN, conn=one.ref.conn,
            said=str(one.failure), ref=one.ref, failure=one.failure,
        )  # fmt: skip


def _by_rule(found: Iterable[Told]) -> Iterator[Row]:
    """Rules at each of their levels: what is a risk here is only an advice there."""
    groups: dict[tuple[Level, str], list[Told]] = {}
    for each in found:
        groups.setdefault((each.finding.level, each.finding.rule), []).append(each)
    order = {slug: at for at, slug in enumerate(RULE)}
    for level, slug in sorted(groups, key=lambda group: (group[0].rank, order[group[1]])):
        mine, key = groups[level, slug], ("rule", level, slug)
        objects = len({each.ref for each in mine})
        reason, often = Counter(each.finding.reason for each in mine).most_common(1)[0]
        said = reason if often * 2 >= len(mine) else RULE[slug].meaning
        yield Row(key=key, title=RULE[slug].title, level=level, count=objects, said=said)
        yield from _below(key, mine, lambda each: f"{each.name} {each.finding.subject}".strip())


def _by_object(found: Iterable[Told]) -> Iterator[Row]:
    """Objects, those with the worst findings first."""
    groups: dict[ObjectRef, list[Told]] = {}
    for each in found:
        groups.setdefault(each.ref, []).append(each)
    ordered = sorted(groups.items(), key=lambda group: _badness(group[1]))
    for ref, mine in ordered[:MOST_OBJECTS]:
        level, key = mine[0].finding.level, ("object", ref)
        numbers = Counter(each.finding.level for each in mine)
        said = ", ".join(f"{numbers[level]} {word(level)}" for level in Level if numbers[level])
        yield Row(key=key, title=mine[0].name, level=level, conn=ref.conn, count=len(mine), said=said, ref=ref)
        yield from _below(key, mine, lambda each: f"{RULE[each.finding.rule].title} {each.finding.subject}".strip())
    if left := len(ordered) - MOST_OBJECTS:
        yield from _left(("object",), None, left, Level.OK) if left > 0 else ()


def _badness(mine: Sequence[Told]) -> tuple[object, ...]:
    numbers = Counter(each.finding.level for each in mine)
    return (*(-numbers[level] for level in Level), mine[0].name, str(mine[0].ref))


def _below(key: Hashable, mine: Sequence[Told], title: Callable[[Told], str]) -> Iterator[Row]:
    alike: Counter[Hashable] = Counter()
    for each in mine[:MOST]:
        finding = each.finding
        own = (key, each.ref, finding.rule, finding.subject, finding.reason)
        alike[own] += 1
        yield Row(
            key=(own, alike[own]), above=key,
            title=title(each), level=finding.level, conn=each.ref.conn, said=finding.reason, ref=each.ref, told=each,
        )  # fmt: skip
    if len(mine) > MOST:
        yield from _left((key, "left"), key, len(mine) - MOST, mine[-1].finding.level)


def _left(key: Hashable, above: Hashable, left: int, level: Level) -> Iterator[Row]:
    yield Row(key=key, above=above, title=f"and {left:,} more", level=level, said="a filter finds them")


def totals(judged: Iterable[Judged]) -> Mapping[Level, int]:
    """Findings of each level, and one that is unknown for each object that gave no answer."""
    found: Counter[Level] = Counter()
    for one in judged:
        if one.posture is None:
            found[Level.UNKNOWN] += 1
        else:
            found.update(each.level for each in one.posture.findings)
    return found


def finding_of(row: Row | None) -> Finding | None:
    """The finding of a line; None for a group."""
    return row.told.finding if row is not None and row.told is not None else None
