"""Machines that keep hosts from their maintenance: the columns, and everything that is known of one of them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from textual.strip import Strip

from novatui.actions.blockers import BLOCKS, Blocked, Blocker, Way
from novatui.actions.blockers_report import summary, why, word
from novatui.core.capabilities import Answer
from novatui.core.ids import ObjectRef
from novatui.core.text import clean
from novatui.core.units import size
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.labelled import Fact
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.table import highlighted
from novatui.ui.rows.source import RowState

FEW = 6
"""Sorts of parts that are counted out for a host."""


class Row(msgspec.Struct, frozen=True):
    """One line: a host with all its machines, or one machine."""

    of: Blocked
    one: Blocker | None = None
    """None: the host itself."""
    alone: bool = False
    """Only one host is listed: its machines stand at the top."""

    @property
    def ref(self) -> ObjectRef:
        """What it is about."""
        return self.of.host if self.one is None else self.one.ref

    @property
    def key(self) -> str:
        """Stays the same as long as it is the same thing."""
        return str(self.ref)

    @property
    def above(self) -> str | None:
        """What it stands below."""
        return None if self.one is None or self.alone else str(self.of.host)


Drawn = tuple[Row, int, bool | None]
"""A row, its depth, and whether what is below it is shown; None where nothing is."""


class BlockerTable(ItemTable):
    """Machines in columns; a host takes the whole line."""

    def __init__(self, look: Look) -> None:
        cells = _Cells(look)
        super().__init__(
            (
                ItemColumn(title="MACHINE", draw=cells.name, width=18, grow=10),
                ItemColumn(title="ANSWER", draw=cells.answer, width=13, grow=3),
                ItemColumn(title="HELD BY", draw=cells.holds, width=12, grow=10),
                ItemColumn(title="MEM", draw=cells.memory, width=5, right=True, rank=1),
                ItemColumn(title="WHY", draw=cells.why, width=24),
            ),
            look,
        )
        self._cells = cells

    def row(self, item: Drawn, width: int, state: RowState) -> Strip:
        """The line of a machine, or of a host."""
        row, _, unfolded = item
        if row.one is not None:
            return super().row(item, width, state)
        look, of = self._look, row.of
        sign = " " if unfolded is None else look.marks.unfolded if unfolded else look.marks.folded
        point = look.marks.point if state.cursor else " "
        pieces: list[Piece] = [
            (point, look.styles.key),
            ("*" if state.marked else " ", look.styles.mark),
            (f"{sign} {of.name}  ", look.styles.title),
            *counted(of, look),
        ]
        return highlighted(line(pieces, width, cut=look.marks.ellipsis), state, look)

    def words(self, item: Drawn) -> str:
        """The line as text; of a host its counts."""
        of = item[0].of
        return super().words(item) if item[0].one is not None else f"{of.name}: {summary(of)}"


class _Cells:
    """What stands in the columns."""

    def __init__(self, look: Look) -> None:
        self._look, self._styles = look, look.styles

    def name(self, drawn: Drawn) -> Piece:
        row, depth, _ = drawn
        return f"{'  ' * depth}{row.one.name if row.one is not None else ''}", self._styles.text

    def answer(self, drawn: Drawn) -> Piece:
        one = drawn[0].one
        return answered(one, self._look) if one is not None else ("", self._styles.text)

    def holds(self, drawn: Drawn) -> Piece:
        one = drawn[0].one
        return clean(one.holds) if one is not None else "", self._styles.text

    def memory(self, drawn: Drawn) -> Piece:
        one = drawn[0].one
        return size(one.memory) if one is not None else "", self._styles.quiet

    def why(self, drawn: Drawn) -> Piece:
        one = drawn[0].one
        if one is None:
            return "", self._styles.text
        return clean(why(one)), self._styles.quiet if one.way in {Way.LIVE, Way.OFF} else self._styles.text


def answered(one: Blocker, look: Look) -> Piece:
    """Sign and word of how a machine can leave."""
    marks, styles = look.marks, look.styles
    sign, style = {
        Way.LIVE: (marks.done, styles.good),
        Way.CONDITION: (marks.partly, styles.warning),
        Way.UNKNOWN: (UNKNOWN, styles.warning),
        Way.OFF: (marks.inapplicable, styles.quiet),
        Way.COLD: (marks.alarm, styles.bad),
    }.get(one.way, (marks.error, styles.bad))
    return f"{sign} {_SHORT.get(one.way, word(one))}", style


_SHORT = {Way.LIVE: "moves live", Way.CONDITION: "once copied", Way.STUCK: "cannot", Way.ROOM: "no room"}
"""A condition that is known is that storage is copied."""


def counted(of: Blocked, look: Look) -> list[Piece]:
    """How many of its machines there are of each sort."""
    styles, marks = look.styles, look.marks
    if not of.machines and not of.waiting:
        return [(summary(of), styles.quiet)]
    parts = (
        (of.block, f"{marks.error} {of.block} block", styles.bad),
        (of.unknown, f"{UNKNOWN} {of.unknown} unknown", styles.warning),
        (of.leave, f"{marks.done} {of.leave} can leave", styles.good),
        (of.off, f"{marks.inapplicable} {of.off} off", styles.quiet),
        (of.waiting, f"{of.waiting} not asked yet", styles.info),
    )
    return [(f"{text}  ", style) for count, text, style in parts if count]


def verdict(of: Blocked) -> str:
    """Whether the host can be emptied without a break, in a few words."""
    if of.waiting:
        return "being asked"
    if of.block:
        return f"no: {of.block} of {len(of.machines) - of.off} that run keep it"
    if of.unknown:
        return f"unknown: {of.unknown} did not tell"
    return "yes: all that run can leave" if of.leave else "yes: nothing runs on it"


def blocker_facts(row: Row, look: Look) -> list[Fact]:
    """In the order in which they matter."""
    return list(_of_machine(row.one, look) if row.one is not None else _of_host(row.of, look))


def _of_host(of: Blocked, look: Look) -> Iterator[Fact]:
    style = look.styles.bad if of.block else look.styles.warning if of.unknown or of.waiting else look.styles.good
    yield "empty", verdict(of), style
    yield "counts", summary(of), look.styles.text
    held: dict[str, int] = {}
    for one in of.machines:
        if one.way in BLOCKS:
            held[clean(one.holds) or "other"] = held.get(clean(one.holds) or "other", 0) + 1
    first = sorted(held.items(), key=lambda item: (-item[1], item[0]))
    more = f", and {len(first) - FEW} more" if len(first) > FEW else ""
    yield "by", ", ".join(f"{count} x {what}" for what, count in first[:FEW]) + more, look.styles.text


def _of_machine(one: Blocker, look: Look) -> Iterator[Fact]:
    styles = look.styles
    yield "why", clean(why(one)), answered(one, look)[1]
    yield "part", clean(one.holds), styles.text
    yield "lift", clean(one.lift), styles.good
    if one.cold is not None:
        yield "off", _COLD.get(one.cold, "it cannot go when it is shut down, either"), styles.text
    names = ", ".join(clean(target.name) + (" (disks copied)" if target.copies else "") for target in one.targets)
    yield "to", names, styles.text
    yield "asked", _asked(one), styles.quiet
    evidence = one.evidence
    if evidence is not None:
        took = f"  {evidence.ms:.1f} ms" if evidence.ms is not None else ""
        when = f"  {look.clock(evidence.at)}" if evidence.at is not None else ""
        yield "call", f"{evidence.kind}: {clean(evidence.call or evidence.source)}{when}{took}", styles.quiet


def _asked(one: Blocker) -> str:
    if one.asked:
        return f"{one.asked} host{'' if one.asked == 1 else 's'}"
    return "no host: what it holds keeps it everywhere" if one.way in BLOCKS and one.evidence is not None else ""


_COLD = {
    Answer.YES: "it can go when it is shut down",
    Answer.PARTLY: "it can go when it is shut down, with its storage copied",
    Answer.UNKNOWN: "whether it can go when it is shut down is not known",
}
