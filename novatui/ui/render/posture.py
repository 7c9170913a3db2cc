"""Findings drawn: lines of the list, what matters of one below it, and the page with everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from novatui.core.capabilities import Evidence
from novatui.core.posture import Finding, Level
from novatui.core.posture_rules import RULE
from novatui.core.text import clean, clean_lines
from novatui.engine.posture_report import word
from novatui.ui.posture_list import Row, finding_of
from novatui.ui.render.capability_evidence import call_line
from novatui.ui.render.cells import Piece
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.labelled import Fact
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN

Drawn = tuple[Row, int, bool | None]
"""A row, its depth, and whether what is below it is shown; None where nothing is."""


def posture_table(look: Look) -> ItemTable:
    """The columns of findings."""
    cells = _Cells(look)
    return ItemTable(
        (
            ItemColumn(title="  WHAT", draw=cells.title, width=26, grow=16),
            ItemColumn(title="LEVEL", draw=cells.level, width=9),
            ItemColumn(title="N", draw=cells.count, width=4, right=True),
            ItemColumn(title="CONN", draw=cells.conn, width=9, rank=1),
            ItemColumn(title="FINDING", draw=cells.said, width=32),
        ),
        look,
    )


class _Cells:
    """What stands in the columns."""

    def __init__(self, look: Look) -> None:
        self._look, self._styles = look, look.styles

    def title(self, drawn: Drawn) -> Piece:
        row, depth, unfolded = drawn
        marks = self._look.marks
        sign = " " if unfolded is None else marks.unfolded if unfolded else marks.folded
        return f"{'  ' * depth}{sign} {row.title}", self._styles.text if depth else self._styles.title

    def level(self, drawn: Drawn) -> Piece:
        sign, style = signed(drawn[0].level, self._look)
        return f"{sign} {word(drawn[0].level)}", style

    def count(self, drawn: Drawn) -> Piece:
        count = drawn[0].count
        return "" if count is None else f"{count:,}" if count < 10_000 else f"{count // 1000}k", self._styles.text

    def conn(self, drawn: Drawn) -> Piece:
        return clean(drawn[0].conn), self._styles.quiet

    def said(self, drawn: Drawn) -> Piece:
        return drawn[0].said, self._styles.quiet if drawn[2] is not None else self._styles.text


def signed(level: Level, look: Look) -> Piece:
    """The sign of a level, and its style."""
    marks, styles = look.marks, look.styles
    return {
        Level.RISK: (marks.error, styles.bad),
        Level.WARNING: (marks.alarm, styles.warning),
        Level.ADVICE: (marks.partly, styles.info),
        Level.UNKNOWN: (UNKNOWN, styles.warning),
        Level.OK: (marks.done, styles.good),
        Level.NOT_OFFERED: (marks.lacking, styles.quiet),
    }[level]


def counted(numbers: Mapping[Level, int], look: Look) -> list[Piece]:
    """How many findings there are of each level that matters, the worst first."""
    found: list[Piece] = []
    for level in Level:
        if level.matters and numbers.get(level):
            sign, style = signed(level, look)
            found.append((f" {sign} {numbers[level]:,} {word(level)} ", style))
    return found


def pane(row: Row | None, look: Look) -> list[Fact]:
    """What matters of the line under the cursor: why, what to do, how that is typed, what it rests on."""
    finding = finding_of(row)
    if row is None:
        return []
    if finding is None:
        return _group(row, look)
    styles = look.styles
    _, style = signed(finding.level, look)
    lines: list[Fact] = [("found", finding.reason, style), ("remedy", finding.remedy, styles.text)]
    lines += [("type" if at == 0 else "", line, styles.key) for at, line in enumerate(finding.native)]
    for one in finding.evidence:
        lines += [("proof", _proof(one, look), styles.quiet), ("said", " ".join(one.excerpt.split()), styles.quiet)]
    return [*lines, ("rule", RULE[finding.rule].meaning, styles.quiet)]


def _group(row: Row, look: Look) -> list[Fact]:
    failure, styles = row.failure, look.styles
    if failure is not None:
        return [
            ("failed", str(failure), styles.bad),
            ("means", failure.meaning, styles.text),
            ("try", failure.hint, styles.text),
        ]
    key = row.key
    slug = key[2] if isinstance(key, tuple) and len(key) == 3 and key[0] == "rule" else ""
    return [("rule", RULE[slug].meaning, styles.text) if slug in RULE else ("has", row.said, styles.text)]


def _proof(evidence: Evidence, look: Look) -> str:
    """The call, or what declares it."""
    return f"declared: {evidence.source}" if evidence.kind == "declared" else call_line(evidence, look)


def page_of(name: str, findings: Iterable[Finding], look: Look) -> str:
    """Everything about these findings of one object, as a page to be read and copied."""
    parts: list[str] = [name]
    for finding in findings:
        part = f" ({finding.subject})" if finding.subject else ""
        lines = [f"{word(finding.level).upper()}  {RULE[finding.rule].title}{part}: {finding.reason}"]
        lines.append(f"  {RULE[finding.rule].meaning}")
        if finding.remedy:
            lines += ["", f"  {finding.remedy}", *(f"    {line}" for line in finding.native)]
        for one in finding.evidence:
            lines += ["", f"  {_proof(one, look)}", *(f"    {line}" for line in one.excerpt.splitlines())]
        parts.append("\n".join(lines))
    return clean_lines("\n\n".join(parts))
