"""Hosts that were asked whether they can run a machine: the columns, and everything that one of them answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from rich.style import Style
from textual.strip import Strip

from novatui.core.capabilities import Answer, Evidence
from novatui.core.ids import ObjectRef
from novatui.core.reasons import Check, Fit, Topic
from novatui.core.text import clean, clean_lines
from novatui.core.units import percent, size
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.detail.wrap import wrap
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN

TOPIC = 14
"""Cells of a topic before its reason."""


class Asked(msgspec.Struct, frozen=True):
    """One host of the list."""

    host: ObjectRef
    name: str
    fit: Fit | None = None
    """None: it has not answered yet."""
    cpu_used: float | None = None
    """Percent of its processors in use."""

    @property
    def answer(self) -> Answer | None:
        """None while it has not answered."""
        return None if self.fit is None else self.fit.answer

    @property
    def here(self) -> bool:
        """The machine is on it."""
        checks = self.fit.checks if self.fit is not None else ()
        return any(check.topic is Topic.PLACE and check.blocks for check in checks)

    @property
    def first(self) -> str:
        """What there is to say of it first."""
        if self.fit is None:
            return "it is being asked"
        against = list(self.fit.against)
        if self.fit.answer is Answer.YES:
            warned = f"; {against[0].reason}" if against else ""
            return f"all {len(self.fit.checks)} checks asked{warned}"
        if not against:
            return "nothing was asked"
        more = f" (+{len(against) - 1})" if len(against) > 1 else ""
        once = f"once {', '.join(self.fit.conditions)}: " if self.fit.answer is Answer.PARTLY else ""
        return f"{once}{against[0].reason}{more}"


def where_table(look: Look) -> ItemTable:
    """The columns of hosts."""
    cells = _Cells(look)
    return ItemTable(
        (
            ItemColumn(title="HOST", draw=cells.host, width=12, grow=4),
            ItemColumn(title="CONN", draw=cells.conn, width=9, rank=2),
            ItemColumn(title="ANSWER", draw=cells.answer, width=9),
            ItemColumn(title="FREE", draw=cells.memory, width=5, right=True),
            ItemColumn(title="CPU%", draw=cells.cpu, width=4, right=True, rank=1),
            ItemColumn(title="FIRST REASON", draw=cells.reason, width=20),
        ),
        look,
    )


class _Cells:
    """What stands in the columns."""

    def __init__(self, look: Look) -> None:
        self._look, self._styles = look, look.styles

    def host(self, one: Asked) -> Piece:
        return one.name, self._styles.text

    def conn(self, one: Asked) -> Piece:
        return clean(one.host.conn), self._styles.quiet

    def answer(self, one: Asked) -> Piece:
        return answered(one, self._look)

    def memory(self, one: Asked) -> Piece:
        return self._figure(one, size(one.fit.memory_free if one.fit is not None else None))

    def cpu(self, one: Asked) -> Piece:
        return self._figure(one, percent(one.cpu_used))

    def reason(self, one: Asked) -> Piece:
        return one.first, self._styles.quiet if one.fit is None or one.here else self._styles.text

    def _figure(self, one: Asked, figure: str) -> Piece:
        shown = self._look.marks.inapplicable if one.fit is None or one.here else figure
        return shown, self._styles.quiet if shown in (UNKNOWN, self._look.marks.inapplicable) else self._styles.text


def answered(one: Asked, look: Look) -> Piece:
    """Sign and word of an answer."""
    if one.fit is None:
        return "asking", look.styles.quiet
    if one.here:
        return f"{look.marks.inapplicable} here", look.styles.quiet
    sign, style = _signs(one.fit.answer, look)
    return f"{sign} {_WORDS[one.fit.answer]}", style


_WORDS = {
    Answer.YES: "yes",
    Answer.PARTLY: "partly",
    Answer.NO: "no",
    Answer.NOT_OFFERED: "no",
    Answer.UNKNOWN: "unknown",
}


def _signs(answer: Answer, look: Look) -> Piece:
    marks, styles = look.marks, look.styles
    return {
        Answer.YES: (marks.done, styles.good),
        Answer.PARTLY: (marks.partly, styles.warning),
        Answer.NO: (marks.error, styles.bad),
    }.get(answer, (UNKNOWN, styles.warning))


# --- everything that one host answered --------------------------------------------------------------------------------


def checks_drawn(one: Asked | None, look: Look, width: int, height: int) -> list[Strip]:
    """What speaks against it first, then what was asked beside; the last line says how much there is no room for."""
    if one is None or one.fit is None:
        return []
    checks = ordered(one.fit)
    shown: list[Strip] = []
    for at, check in enumerate(checks):
        lines = _check(check, look, width)
        rest = len(checks) - at
        if len(shown) + len(lines) > height - (rest > 1):
            return [*shown, line([(f"   and {rest} more", look.styles.quiet)], width)][:height]
        shown += lines
    return shown


def ordered(fit: Fit) -> list[Check]:
    """All checks: what speaks against the host, the weightiest first, then the others in their order."""
    return [*fit.against, *(check for check in fit.checks if check.answer is Answer.YES)]


def _check(check: Check, look: Look, width: int) -> list[Strip]:
    sign, style = _sign_of(check, look)
    said = wrap(check.reason, max(8, width - TOPIC - 4))
    head: list[Piece] = [(f" {sign} ", style), (f"{check.topic.value:{TOPIC}} ", look.styles.quiet)]
    first = line([*head, (said[0], look.styles.text)], width)
    return [first, *(line([(" " * (TOPIC + 4) + part, look.styles.text)], width) for part in said[1:])]


def _sign_of(check: Check, look: Look) -> tuple[str, Style]:
    if check.answer is Answer.NO and (check.condition or not check.blocking):
        return (look.marks.partly if check.condition else look.marks.alarm), look.styles.warning
    if not check.blocking and check.answer is Answer.UNKNOWN:
        return UNKNOWN, look.styles.quiet
    return _signs(check.answer, look)


def page_of(one: Asked, look: Look) -> str:
    """Every check with its evidence, as a page to be read."""
    if one.fit is None:
        return "It is being asked."
    fit = one.fit
    took = f", {fit.ms:.0f} ms" if fit.ms is not None else ""
    asked = f"asked at {look.clock(fit.at)}{took}" if fit.at is not None else "not asked"
    parts = [f"{_verdict(one)}  ({asked})"]
    for check in ordered(fit):
        sign, _ = _sign_of(check, look)
        weight = "" if check.blocking else " (good to know)"
        condition = f"\n    unless {check.condition}" if check.condition else ""
        evidence = "".join(f"\n    {each}" for each in _evidence(check.evidence, look))
        parts.append(f"{sign} {check.topic.value}{weight}: {check.reason}{condition}{evidence}")
    return clean_lines("\n".join(parts))


def _verdict(one: Asked) -> str:
    fit = one.fit
    if fit is None or one.here:
        return "The machine is on it."
    match fit.answer:
        case Answer.YES:
            return f"Yes: {len(fit.checks)} checks asked, nothing speaks against it."
        case Answer.PARTLY:
            return f"Once {', '.join(fit.conditions)}: nothing else speaks against it."
        case Answer.NO:
            return "No."
        case _:
            return "Unknown: what might rule it out was not answered. It may work or fail."


def _evidence(evidence: Evidence | None, look: Look) -> Iterator[str]:
    if evidence is None:
        return
    took = f"  {evidence.ms:.1f} ms" if evidence.ms is not None else ""
    when = f"  {look.clock(evidence.at)}" if evidence.at is not None else ""
    yield f"{evidence.kind}: {evidence.call or evidence.source}{when}{took}"
    yield from evidence.excerpt.splitlines()[:4]


def counted(hosts: Sequence[Asked], look: Look) -> list[Piece]:
    """How many there are of each answer."""
    styles, marks = look.styles, look.marks
    others = [one for one in hosts if not one.here]
    asked = sum(one.fit is None for one in others)
    kinds = (
        (Answer.YES, f"{marks.done}", styles.good), (Answer.PARTLY, marks.partly, styles.warning),
        (Answer.UNKNOWN, UNKNOWN, styles.warning), (Answer.NO, marks.error, styles.bad),
    )  # fmt: skip
    pieces: list[Piece] = []
    for answer, sign, style in kinds:
        count = sum(one.answer is answer for one in others)
        if count:
            pieces.append((f" {sign} {count} {_WORDS[answer]} ", style))
    return [*pieces, *([(f" {asked} asking ", styles.quiet)] if asked else [])]
