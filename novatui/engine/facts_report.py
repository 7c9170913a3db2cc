"""Capability facts as a report: a matrix with its evidence in Markdown for a change request, plain values for JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from novatui.core.capabilities import Answer, Evidence, Fact, Sheet
from novatui.core.features import FEATURE, FEATURES, Feature
from novatui.core.states import Kind
from novatui.core.units import span
from novatui.engine.markdown import escape, table

WORDS = {
    Answer.YES: "yes",
    Answer.PARTLY: "partly",
    Answer.NO: "no",
    Answer.NOT_OFFERED: "not offered",
    Answer.UNKNOWN: "unknown",
}
"""An answer as people read it."""

DECLARED = "declared"

LEGEND = """partly: on some hosts, or with a condition. not offered: the product does not have it.
unknown: not asked, or the question failed; that says neither yes nor no.
*Slanted*: declared by documents of the product, which has no call to ask."""


class Column(msgspec.Struct, frozen=True):
    """One connection, host or machine of a report."""

    title: str
    """What people call it."""
    sheet: Sheet
    """What is known of it."""
    hosts: tuple[Column, ...] = ()
    """The hosts whose facts were gathered in it, where it is a connection with several."""

    @property
    def scope(self) -> str:
        """What facts of it have as their scope."""
        ref = self.sheet.ref
        return "" if ref.kind is Kind.CONNECTION else ref.key


def words(fact: Fact) -> str:
    """The value with its note: `yes 14/14`, `partly, qcow2`, `not offered`."""
    parted = " " if fact.note[:1].isdigit() else ", "
    return f"{WORDS[fact.value]}{parted}{fact.note}" if fact.note else WORDS[fact.value]


def features_of(slugs: Collection[str] = ()) -> list[Feature]:
    """The features of these slugs in the order of the matrix; without any: all."""
    return [feature for feature in FEATURES if not slugs or feature.slug in slugs]


# --- JSON ----------------------------------------------------------------------------------------------------------


def plain(columns: Iterable[Column], slugs: Collection[str] = (), *, now: float) -> dict[str, Any]:
    """`{"facts": […]}` of the command line contract: what is unknown is no key, times are ISO 8601 in UTC."""
    features = features_of(slugs)
    return {"facts": [_plain_fact(one, feature.slug, now) for one in columns for feature in features]}


def _plain_fact(column: Column, slug: str, now: float) -> dict[str, Any]:
    fact = column.sheet.fact(slug)
    form: dict[str, Any] = {
        "feature": slug,
        "connection": column.sheet.ref.conn,
        "scope": column.scope,
        "ref": str(column.sheet.ref),
        "name": column.title,
        "value": fact.value.value,
    }
    told = {"note": fact.note, "reason": fact.reason, "blocks": fact.blocks, "product": column.sheet.product}
    form |= {name: text for name, text in told.items() if text}
    if column.sheet.stale:
        form["stale"] = True
    if column.sheet.at is not None:
        form["age_s"] = round(max(0.0, now - column.sheet.at), 3)
    if fact.evidence is not None:
        form["evidence"] = plain_evidence(fact.evidence)
    if fact.more:
        form["more"] = [plain_evidence(one) for one in fact.more]
    return form


def plain_evidence(evidence: Evidence) -> dict[str, Any]:
    """Why we say so, as scripts get it."""
    told = {
        "call": evidence.call,
        "args": evidence.args,
        "at": timestamp(evidence.at),
        "ms": None if evidence.ms is None else round(evidence.ms, 3),
        "excerpt": evidence.excerpt,
        "source": evidence.source,
    }
    return {"kind": evidence.kind} | {name: value for name, value in told.items() if value is not None and value != ""}


def timestamp(epoch: float | None) -> str | None:
    """ISO 8601 in UTC, to the millisecond; None for what is no moment that a calendar has."""
    try:
        moment = None if epoch is None else datetime.fromtimestamp(epoch, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment and moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- Markdown ------------------------------------------------------------------------------------------------------


def markdown(columns: Sequence[Column], slugs: Collection[str] = (), *, now: float) -> str:
    """A matrix of features × columns, and below it the evidence for each of its cells."""
    features = features_of(slugs)
    parts = ["# Capabilities", "", f"Printed {_moment(now)}.", "", *_matrix(columns, features, now), "", LEGEND]
    for column in columns:
        parts += ["", *_evidence_of(column, features)]
    return "\n".join(parts) + "\n"


def _matrix(columns: Sequence[Column], features: Sequence[Feature], now: float) -> list[str]:
    titles = ["feature", *(escape(one.title) for one in columns)]
    rows = [[escape(feature.title), *(_cell(one.sheet.fact(feature.slug)) for one in columns)] for feature in features]
    heads = [
        ["product", *(escape(one.sheet.product) for one in columns)],
        ["asked", *(age_of(one.sheet, now) for one in columns)],
    ]
    return table(titles, [*heads, *rows])


def _cell(fact: Fact) -> str:
    text = escape(words(fact))
    return f"*{text}*" if declared(fact) else text


def _evidence_of(column: Column, features: Sequence[Feature]) -> Iterator[str]:
    yield f"## {escape(column.title)}"
    yield ""
    sheet = column.sheet
    told = [str(sheet.ref), sheet.product, "not asked" if sheet.at is None else f"asked {_moment(sheet.at)}"]
    yield " · ".join(escape(one) for one in told if one)
    yield ""
    for feature in features:
        fact = sheet.fact(feature.slug)
        reason = f": {escape(fact.reason)}" if fact.reason else ""
        yield f"- **{escape(feature.title)}** {_cell(fact)}{reason}"
        if parted := parted_hosts(column, feature.slug):
            yield f"    - {escape(parted)}"
        yield from (f"    - {escape(line)}" for line in evidence_lines(fact))
        if blocked := blocks(fact):
            yield f"    - blocks: {escape(blocked)}"


# --- shared by the screen, the table and Markdown ------------------------------------------------------------------


def parted_hosts(column: Column, slug: str) -> str:
    """Which of its hosts say what; empty when all of them say the same."""
    names: dict[Answer, list[str]] = {answer: [] for answer in Answer}
    for host in column.hosts:
        names[host.sheet.fact(slug).value].append(host.title)
    told = [f"{WORDS[answer]}: {', '.join(titles)}" for answer, titles in names.items() if titles]
    return "; ".join(told) if len(told) > 1 else ""


def age_of(sheet: Sheet, now: float) -> str:
    """How old it is: `3m ago`, `2d ago, perhaps over`, `not asked`."""
    if sheet.at is None:
        return "not asked"
    return f"{span(now - sheet.at)} ago{', perhaps over' if sheet.stale else ''}"


def declared(fact: Fact) -> bool:
    """It is said by documents, as the product has no call to ask."""
    return fact.evidence is not None and fact.evidence.kind == DECLARED and fact.value is not Answer.UNKNOWN


def blocks(fact: Fact) -> str:
    """What a fact takes away; empty unless it says no, or yes with a condition that it names."""
    if fact.value is Answer.NO:
        return fact.blocks or FEATURE[fact.feature].blocks
    return fact.blocks if fact.value is Answer.PARTLY else ""


def evidence_lines(fact: Fact) -> list[str]:
    """Why we say so, one line for each call or declaration; the one that decided stands first."""
    return [evidence_line(one) for one in (fact.evidence, *fact.more) if one is not None]


def evidence_line(evidence: Evidence) -> str:
    """Why we say so, in a line: what was called, when, how long it took, what it answered."""
    call = f"{evidence.call}({evidence.args})" if evidence.args else evidence.call
    if evidence.kind == DECLARED:
        told = [call, evidence.source]
    else:
        told = [call, _moment(evidence.at), "" if evidence.ms is None else f"{evidence.ms:.1f} ms"]
    line = " · ".join(one for one in told if one)
    answer = f" → {evidence.excerpt}" if evidence.excerpt else ""
    return f"{evidence.kind}: {line}{answer}"


def _moment(epoch: float | None) -> str:
    moment = timestamp(epoch)
    return f"{moment[:19]}Z" if moment else ""
