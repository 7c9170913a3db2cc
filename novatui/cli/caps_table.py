"""Capability facts for people: a matrix of features and objects, or one object with its evidence."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from textwrap import wrap

from novatui.cli.complaint import narrate
from novatui.cli.streams import cells, is_terminal, say, say_table
from novatui.core.capabilities import Answer, Fact
from novatui.engine.facts_report import WORDS, Column, age_of, blocks, declared, evidence_lines, features_of

GAP = 2
"""Cells between two columns of a table."""

DRAWN = {
    Answer.YES: "✓",
    Answer.PARTLY: "◐",
    Answer.NO: "×",
    Answer.NOT_OFFERED: "–",
    Answer.UNKNOWN: "?",
}
PLAIN = {
    Answer.YES: "+",
    Answer.PARTLY: "%",
    Answer.NO: "x",
    Answer.NOT_OFFERED: "n",
    Answer.UNKNOWN: "?",
}
"""Where the signs cannot be written."""


def say_matrix(columns: Sequence[Column], slugs: Collection[str], *, now: float, wide: bool) -> None:
    """Features × objects. On a terminal as many objects side by side as fit, unless `wide`."""
    signs = _signs()
    features = features_of(slugs)
    names = ["", *(["PRODUCT"] if wide else []), "ASKED", *(feature.title for feature in features)]
    filled = [
        [
            one.title,
            *([one.sheet.product or "?"] if wide else []),
            age_of(one.sheet, now),
            *(_cell(one.sheet.fact(feature.slug), signs) for feature in features),
        ]
        for one in columns
    ]
    width = shutil.get_terminal_size().columns if is_terminal() and not wide else None
    for number, part in enumerate(_parts(names, filled, width)):
        if number:
            say()
        header, *rows = ([*row] for row in zip(names, *part, strict=True))
        say_table(["FEATURE", *header[1:]], rows)
    if is_terminal():
        narrate("(in brackets) is declared by documents, not asked; name one object for the evidence")


def _parts(names: list[str], columns: list[list[str]], width: int | None) -> Iterator[list[list[str]]]:
    """The columns in groups that fit beside the names; a column that never fits stands alone."""
    if width is None:
        yield columns
        return
    room = width - max(map(cells, names))
    part: list[list[str]] = []
    left = room
    for column in columns:
        needs = GAP + max(map(cells, column))
        if part and needs > left:
            yield part
            part, left = [], room
        part.append(column)
        left -= needs
    yield part


def say_details(column: Column, slugs: Collection[str], *, now: float, wide: bool) -> None:
    """One object: each feature with its reason and the call that decided it; with `wide` with all that was answered."""
    sheet = column.sheet
    took = f"{sheet.calls} calls in {sheet.ms:.0f} ms" if sheet.ms is not None else ""
    told = [column.title, sheet.product, f"asked {age_of(sheet, now)}" if sheet.at is not None else "not asked", took]
    say("  ".join(one for one in told if one))
    facts = [(feature.title, sheet.fact(feature.slug)) for feature in features_of(slugs)]
    signs = _signs()
    if wide:
        _say_everything(facts, signs)
        return
    header = ["FEATURE", "VALUE", "EVIDENCE", "MS", "REASON"]
    rows = [[title, _cell(fact, signs), *_decided(fact), fact.reason] for title, fact in facts]
    if is_terminal() and _width([header, *rows]) > shutil.get_terminal_size().columns:
        _say_narrow(rows)
    else:
        say_table(header, rows, frozenset({3}))


def _width(table: Sequence[Sequence[str]]) -> int:
    """Cells that a table takes."""
    return sum(max(map(cells, column)) + GAP for column in zip(*table, strict=True)) - GAP


def _say_narrow(rows: Sequence[Sequence[str]]) -> None:
    """Reason and evidence below each other, beside the value."""
    names, values = max(cells(row[0]) for row in rows), max(cells(row[1]) for row in rows)
    left = names + values + 2 * GAP
    room = max(20, shutil.get_terminal_size().columns - left)
    for title, value, evidence, _, reason in rows:
        lines = [line for text in (reason, evidence) for line in wrap(text, room)] or [""]
        head = title + " " * (names - cells(title) + GAP) + value + " " * (values - cells(value) + GAP)
        for line in lines:
            say((head + line).rstrip())
            head = " " * left


def _say_everything(facts: Sequence[tuple[str, Fact]], signs: dict[Answer, str]) -> None:
    """Each feature with every call, what it was asked with and what it answered."""
    for title, fact in facts:
        say()
        say(f"{title}: {_cell(fact, signs)}{f', {fact.reason}' if fact.reason else ''}")
        for line in evidence_lines(fact):
            say(f"    {line}")
        if taken := blocks(fact):
            say(f"    blocks: {taken}")


def _decided(fact: Fact) -> tuple[str, str]:
    """The call or document that decided it, and how long the call took."""
    evidence = fact.evidence
    if evidence is None:
        return "", ""
    told = evidence.call if evidence.kind == "asked" else evidence.source or evidence.call
    return f"{evidence.kind}: {told}", "" if evidence.ms is None else f"{evidence.ms:.1f}"


def _cell(fact: Fact, signs: dict[Answer, str]) -> str:
    """Sign and word; the note takes the place of the word. In brackets what was declared and not asked."""
    told = fact.note or WORDS[fact.value]
    return f"{signs[fact.value]} {f'({told})' if declared(fact) else told}"


def _signs() -> dict[Answer, str]:
    """Signs that standard output can write."""
    try:
        "".join(DRAWN.values()).encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return PLAIN
    return DRAWN
