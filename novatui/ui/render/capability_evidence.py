"""Why a cell of the matrix says what it says: a few lines for the pane, and a page with everything that was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from rich.style import Style

from novatui.core import units
from novatui.core.capabilities import Answer, Evidence, Fact, Sheet
from novatui.core.features import Feature
from novatui.core.text import clean_lines
from novatui.engine.facts_report import WORDS, blocks, declared
from novatui.ui.render.capabilities import STALE, Cell, cell_of, signed
from novatui.ui.render.labelled import Fact as Labelled
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN

NAMED = 200
"""Members whose answers a page lists; the others are counted."""


class Member(msgspec.Struct, frozen=True):
    """One of those whose answers were gathered."""

    name: str
    fact: Fact | None
    stale: bool = False

    @property
    def answer(self) -> Answer:
        """Unknown while it was not asked."""
        return Answer.UNKNOWN if self.fact is None else cell_of(self.fact).answer


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One cell with all that is known about it."""

    feature: Feature
    name: str
    """Of the column."""
    cell: Cell
    fact: Fact | None = None
    sheet: Sheet | None = None
    members: Sequence[Member] = ()
    """In what its column opens into; without any it is one answer alone."""
    one: str = ""
    """What each of them is."""
    many: str = ""
    """The same in the plural."""
    untold: str = ""
    """Why nothing could be asked."""


def title(told: Told, look: Look) -> str:
    """Feature, column and answer."""
    sign, _ = signed(told.cell, look)
    return f"{told.feature.title} on {told.name}: {sign} {_answer(told)}"


def _answer(told: Told) -> str:
    if not told.cell.told:
        return "being asked" if told.cell.asking else "not asked"
    return f"{WORDS[told.cell.answer]} {told.cell.note}".rstrip()


def pane(told: Told, look: Look) -> list[Labelled]:
    """What matters of it, the weightiest first; each as name, text, style."""
    styles, fact = look.styles, told.fact
    _, style = signed(told.cell, look)
    lines: list[Labelled] = [("answer", f"{_answer(told)}{_reason(told)}", style)]
    if fact is not None and fact.evidence is not None:
        lines.append(_source(fact.evidence, look))
    lines += _against(told.members, look)
    if fact is not None and (blocked := blocks(fact)):
        lines.append(("blocks", blocked, styles.warning))
    if told.sheet is not None and told.sheet.stale:
        lines.append(("stale", staleness(told.sheet, look), styles.stale))
    if fact is not None and fact.evidence is not None and fact.evidence.excerpt:
        lines.append(("said", " ".join(fact.evidence.excerpt.split()), styles.quiet))
    if fact is not None and fact.more:
        lines.append(("also", ", ".join(dict.fromkeys(one.call or one.source for one in fact.more)), styles.quiet))
    lines.append(("means", told.feature.meaning, styles.quiet))
    return lines


def _reason(told: Told) -> str:
    if told.fact is not None:
        return f": {told.fact.reason}" if told.fact.reason else ""
    failure = told.sheet.failure if told.sheet is not None else None
    why = str(failure) if failure is not None else told.untold
    return f": {why}" if why else ""


def _source(evidence: Evidence, look: Look) -> Labelled:
    if evidence.kind == "declared":
        return "table", f"declared, not asked: {evidence.source}", look.styles.quiet
    return "asked", call_line(evidence, look), look.styles.text


def call_line(evidence: Evidence, look: Look) -> str:
    """Call, arguments, when, and how long it took."""
    took = f"  {evidence.ms:.1f} ms" if evidence.ms is not None else ""
    return f"{evidence.call}({evidence.args})  {look.clock(evidence.at)}{took}"


def _against(members: Sequence[Member], look: Look) -> Iterator[Labelled]:
    """Who says no, who says it with a condition, and of whom it is not known."""
    styles = look.styles
    kinds: tuple[tuple[Answer, str, Style], ...] = (
        (Answer.NO, "no", styles.bad),
        (Answer.PARTLY, "partly", styles.warning),
        (Answer.UNKNOWN, UNKNOWN, styles.warning),
    )
    for answer, word, style in kinds:
        if names := [one.name for one in members if one.fact is not None and one.answer is answer]:
            yield word, ", ".join(names), style


def staleness(sheet: Sheet, look: Look) -> str:
    """How old it is, and why it may be otherwise now."""
    old = f"{units.age(max(0.001, look.epoch() - sheet.at))} old" if sheet.at is not None else "never answered"
    why = f": {sheet.failure}" if sheet.failure is not None else ", and may be otherwise now"
    return f"{old}{f', from {sheet.product}' if sheet.product else ''}{why}"


# --- the whole evidence -----------------------------------------------------------------------------------------------


def page(told: Told, look: Look) -> str:
    """Everything: meaning, answer, what it blocks, every call with all that it said, and the answer of each member."""
    parts = ["\n".join(_head(told, look))]
    if told.fact is not None:
        parts += _evidence(told.fact, look)
    if told.members:
        parts.append("\n".join(_members(told, look)))
    return clean_lines("\n\n".join(part for part in parts if part))


def _head(told: Told, look: Look) -> Iterator[str]:
    fact, sheet = told.fact, told.sheet
    yield f"{_answer(told)}{_reason(told)}"
    yield f"A yes says: {told.feature.meaning}."
    yield f"A no takes away: {told.feature.blocks}."
    if fact is not None and (blocked := blocks(fact)) and blocked != told.feature.blocks:
        yield f"What it blocks here: {blocked}."
    if sheet is None or sheet.at is None:
        yield "Nothing was answered yet."
        return
    took = f", {sheet.calls:,} calls in {sheet.ms:.0f} ms" if sheet.ms is not None and sheet.calls else ""
    yield f"Asked {look.date(sheet.at)}{f', {sheet.product}' if sheet.product else ''}{took}."
    if sheet.stale:
        yield f"Stale: {staleness(sheet, look)}."


def _evidence(fact: Fact, look: Look) -> Iterator[str]:
    if fact.evidence is None:
        yield "No call went out for it."
    for one in (fact.evidence, *fact.more):
        if one is None:
            continue
        by_table = one.kind == "declared"
        said = (one.call or one.source) if by_table else call_line(one, look)
        how = "Declared, not asked:" if by_table else "Decided by" if one is fact.evidence else "Beside it"
        head = f"{how} {said}"
        source = [f"    source: {one.source}"] if one.source and one.source not in said else []
        yield "\n".join([head, *source, *(f"    {line}" for line in one.excerpt.splitlines())])
    if declared(fact):
        yield "The product has no call to ask this: it is what its documents say."


def _members(told: Told, look: Look) -> Iterator[str]:
    """The answers of those that were asked; the others are counted."""
    asked = [one for one in told.members if one.fact is not None]
    count, rest = len(told.members), len(told.members) - len(asked)
    untold = "" if not rest else f", {rest:,} of them not asked" if asked else ", not asked yet"
    yield f"{count:,} {told.many if count > 1 else told.one}{untold}{':' if asked else ''}"
    for one in asked[:NAMED]:
        cell = cell_of(one.fact, stale=one.stale)
        sign, _ = signed(cell, look)
        said = " ".join(filter(None, (WORDS[cell.answer], cell.note)))
        reason = f": {one.fact.reason}" if one.fact is not None and one.fact.reason else ""
        yield f"  {STALE if one.stale else ''}{sign} {one.name}: {said}{reason}"
    if len(asked) > NAMED:
        yield f"  and {len(asked) - NAMED:,} more"
