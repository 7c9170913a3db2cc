"""What one object can do: a line for each feature, and in full the evidence for one of them."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.core.capabilities import Fact, Sheet
from novatui.core.features import FEATURES, Feature
from novatui.engine.facts_report import WORDS, blocks
from novatui.ui.render.capabilities import DECLARED, STALE, cell_of, signed
from novatui.ui.render.capability_evidence import call_line, staleness
from novatui.ui.render.detail.grid import Column
from novatui.ui.render.detail.listing import Entry, Listing
from novatui.ui.render.detail.sheet import Field, Item, Section, Text
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.look import Look

COLUMNS = (
    Column("feature"),
    Column("answer"),
    Column("note", rank=1, shrinks=True),
    Column("reason", shrinks=True),
    Column("from", rank=2),
)


def capabilities(whole: Whole) -> Listing:
    """All features; what was not asked is not known."""
    ref = whole.fleet.inventory.ref(whole.slot)
    sheet, asking = whole.fleet.facts.sheet(ref), whole.fleet.facts.probing(ref)
    entries = [_entry(one, sheet, asking, whole.look) for one in FEATURES]
    return Listing(columns=COLUMNS, entries=entries)


def _entry(feature: Feature, sheet: Sheet | None, asking: bool, look: Look) -> Entry:
    fact = sheet.facts.get(feature.slug) if sheet is not None else None
    cell = cell_of(fact, stale=sheet is not None and sheet.stale, asking=asking)
    sign, style = signed(cell, look)
    gap, quiet = look.marks.inapplicable, look.styles.quiet
    word = WORDS[cell.answer] if cell.told else "asking" if asking else "not asked"
    evidence = fact.evidence if fact is not None else None
    return Entry(
        key=feature.slug,
        cells=[
            feature.title,
            (f"{STALE if cell.stale else ''}{sign} {word}{DECLARED if cell.by_table else ''}", style),
            cell.note or (gap, quiet),
            _reason(fact, sheet) or (gap, quiet),
            (evidence.kind if evidence is not None else gap, quiet),
        ],
        full=lambda: _sections(feature, fact, sheet, f"{sign} {word}", look),
    )


def _reason(fact: Fact | None, sheet: Sheet | None) -> str:
    if fact is not None:
        return fact.reason
    return str(sheet.failure) if sheet is not None and sheet.failure is not None else ""


def _sections(feature: Feature, fact: Fact | None, sheet: Sheet | None, answer: str, look: Look) -> Iterator[Section]:
    items: list[Item] = [Field("answer", f"{answer} {fact.note if fact is not None else ''}".rstrip(), alone=True)]
    if reason := _reason(fact, sheet):
        items.append(Field("reason", reason, alone=True))
    if fact is not None and (blocked := blocks(fact)):
        items.append(Field("it blocks", blocked, look.styles.warning, alone=True))
    if sheet is not None and sheet.stale:
        items.append(Field("stale", staleness(sheet, look), look.styles.stale, alone=True))
    items.append(Field("a yes says", feature.meaning, alone=True))
    asked = look.date(sheet.at) if sheet is not None and sheet.at is not None else "not asked"
    yield Section(title=feature.title, far=asked, items=items, wide=True)
    if fact is None:
        return
    for one in (fact.evidence, *fact.more):
        if one is None:
            continue
        said: list[Item] = [Text(line) for line in one.excerpt.splitlines()]
        if one.kind == "declared":
            said.insert(0, Field("source", one.source, alone=True))
            said.insert(1, Text("declared, not asked: the product has no call for it", look.styles.quiet))
        else:
            said.insert(0, Field("asked", call_line(one, look), alone=True))
        yield Section(title="Decided by" if one is fact.evidence else "Beside it", items=said, wide=True)
