"""Devices of many hosts, and hosts that could serve a request: the columns, and all that is known of a row."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from rich.style import Style
from textual.strip import Strip

from novatui.core.capabilities import Answer
from novatui.core.deviceparts import releases_in_words
from novatui.core.deviceplan import Service
from novatui.core.devicestanding import FREE_DRIVERS, Standing, Use
from novatui.core.text import clean
from novatui.engine.device_report import NOT_OFFERED, in_words
from novatui.engine.devicestock import HostStock
from novatui.ui.inventory_rows import Row
from novatui.ui.render.cells import Piece
from novatui.ui.render.detail.words import joined
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.labelled import Fact
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.rows.source import RowState


class Answered(msgspec.Struct, frozen=True):
    """A host that was asked for something."""

    service: Service
    told: HostStock


Item = Row | Answered
Drawn = tuple[Item, int, bool | None]
"""A row, its depth, and whether what is below it is shown; None where nothing is."""


class InventoryTable(ItemTable):
    """Rows of devices; while something is asked for, the hosts that could give it."""

    def __init__(self, look: Look) -> None:
        cells, fits = _Cells(look), _Fits(look)
        numbers = (("FREE", 5, 0), ("HELD", 4, 0), ("BLOCK", 5, 0), (UNKNOWN, 3, 1), ("ALL", 5, 0))
        super().__init__(
            (
                ItemColumn(title="WHAT", draw=cells.name, width=26, grow=20),
                ItemColumn(title="KIND", draw=cells.kind, width=4),
                *(
                    ItemColumn(title=title, draw=lambda drawn, at=at: cells.number(drawn, at), width=width, right=True,
                               rank=rank)
                    for at, (title, width, rank) in enumerate(numbers)
                ),
                ItemColumn(title="HELD BY, WHY NOT", draw=cells.said, width=18),
            ),
            look,
        )  # fmt: skip
        self.fits = ItemTable(
            (
                ItemColumn(title="HOST", draw=fits.name, width=14, grow=10),
                ItemColumn(title="ANSWER", draw=fits.answer, width=13),
                ItemColumn(title="WHAT IT WOULD GIVE, OR WHY NOT", draw=fits.said, width=30),
            ),
            look,
        )
        self.asked = False
        """Something is asked for."""

    def header(self, width: int) -> Strip:
        """Titles."""
        return self.fits.header(width) if self.asked else super().header(width)

    def row(self, item: Drawn, width: int, state: RowState) -> Strip:
        """The line of a row."""
        return self.fits.row(item, width, state) if isinstance(item[0], Answered) else super().row(item, width, state)

    def words(self, item: Drawn) -> str:
        """The line as text."""
        return self.fits.words(item) if isinstance(item[0], Answered) else super().words(item)


class _Cells:
    """What stands in the columns of devices."""

    def __init__(self, look: Look) -> None:
        self._look, self._styles = look, look.styles

    def name(self, drawn: Drawn) -> Piece:
        one, depth, unfolded = drawn
        assert isinstance(one, Row)
        marks = self._look.marks
        sign = " " if unfolded is None else marks.unfolded if unfolded else marks.folded
        style = self._styles.title if one.above is None else self._styles.text
        return f"{'  ' * depth}{sign} {clean(one.title)}", style

    def kind(self, drawn: Drawn) -> Piece:
        assert isinstance(drawn[0], Row)
        return drawn[0].kind, self._styles.quiet

    def number(self, drawn: Drawn, at: int) -> Piece:
        one = drawn[0]
        assert isinstance(one, Row)
        if one.counts is None:
            return self._untold(one)
        value = one.counts[at]
        if value is None:
            return UNKNOWN, self._styles.warning
        return str(value), self._style(at, value)

    def _untold(self, one: Row) -> Piece:
        if one.standing is not None:
            return "", self._styles.quiet
        offered = one.told is None or one.told.failure is not None
        return (UNKNOWN, self._styles.warning) if offered else (self._look.marks.lacking, self._styles.quiet)

    def _style(self, at: int, value: int) -> Style:
        styles = self._styles
        if not value:
            return styles.quiet
        return (styles.good, styles.text, styles.warning, styles.warning, styles.text)[at]

    def said(self, drawn: Drawn) -> Piece:
        one, look = drawn[0], self._look
        assert isinstance(one, Row)
        if one.conflict:
            return f"{look.marks.alarm} {clean(one.said) or clean(one.conflict)}", self._styles.bad
        if one.standing is not None:
            return clean(one.said), stands(one.standing, look)
        return clean(one.said), self._styles.quiet


class _Fits:
    """What stands in the columns of hosts that were asked."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def name(self, drawn: Drawn) -> Piece:
        assert isinstance(drawn[0], Answered)
        return clean(drawn[0].service.name), self._look.styles.text

    def answer(self, drawn: Drawn) -> Piece:
        assert isinstance(drawn[0], Answered)
        return answered(drawn[0].service, self._look)

    def said(self, drawn: Drawn) -> Piece:
        one = drawn[0]
        assert isinstance(one, Answered)
        no = one.service.answer in {Answer.NO, Answer.NOT_OFFERED}
        return clean(in_words(one.service)), self._look.styles.quiet if no else self._look.styles.text


def answered(one: Service, look: Look) -> Piece:
    """Sign and word of an answer."""
    marks, styles = look.marks, look.styles
    return {
        Answer.YES: (f"{marks.done} now", styles.good),
        Answer.PARTLY: (f"{marks.partly} after", styles.warning),
        Answer.NO: (f"{marks.error} no", styles.bad),
        Answer.NOT_OFFERED: (f"{marks.lacking} not offered", styles.quiet),
    }.get(one.answer, (f"{UNKNOWN} unknown", styles.warning))


def stands(one: Standing, look: Look) -> Style:
    """How a device is drawn by what stands of it."""
    styles = look.styles
    return {Use.FREE: styles.good, Use.HELD: styles.text, Use.DEFINED: styles.off}.get(one.use, styles.warning)


# --- everything about one row --------------------------------------------------------------------------------------


def facts_of(item: Item, told: HostStock | None, look: Look) -> list[Fact]:
    """In the order in which they matter; `told`: the host that it is of."""
    facts = list(_of_service(item, look) if isinstance(item, Answered) else _of_row(item, look))
    return [*facts, *_read(told, look)]


def _of_service(item: Answered, look: Look) -> Iterator[Fact]:
    one, styles = item.service, look.styles
    given = ", ".join(f"{pick.count} x {pick.slot.title}" for pick in one.picks)
    yield "gives", clean(given), answered(one, look)[1]
    yield "after", clean("; ".join(releases_in_words(one.releases))), styles.warning
    yield "why", clean(one.reason), styles.text
    yield "note", clean("; ".join(one.notes)), styles.text


def _of_row(row: Row, look: Look) -> Iterator[Fact]:
    styles, one = look.styles, row.standing
    yield "clash", clean(row.conflict), styles.bad
    if one is None:
        yield "is", clean(row.said), styles.text
        return
    device = one.device
    product = joined(device.vendor, device.product)
    where = "  ".join(dict.fromkeys(filter(None, (device.address, device.id, device.ids))))
    yield "this", f"{device.device_class}  {where}  {product}".rstrip(), styles.text
    yield "stands", clean(row.said), stands(one, look)
    uses = "" if device.driver in FREE_DRIVERS else " (the host uses it)"
    numa = f", NUMA node {device.numa_node}" if device.numa_node is not None else ", NUMA node ?"
    group = f", IOMMU group {device.iommu_group}" if device.iommu_group is not None else ", no IOMMU group"
    yield "host", f"driver {device.driver or 'none'}{uses}{numa}{group}", styles.text
    if one.obstacles and one.use is not Use.UNKNOWN:
        releases = one.releases
        helps = "nothing that is simply done" if releases is None else "; ".join(releases_in_words(releases))
        yield "lift", clean(helps), styles.text


def _read(told: HostStock | None, look: Look) -> Iterator[Fact]:
    """What was asked, and when."""
    if told is None:
        return
    styles = look.styles
    when = look.clock(told.at) if told.at is not None else UNKNOWN
    took = f", {told.ms:.0f} ms" if told.ms is not None else ""
    if told.stock is None:
        why = NOT_OFFERED if told.failure is None else clean(str(told.failure))
        yield "asked", f"{when}{took}: {why}", styles.warning if told.failure is not None else styles.quiet
        return
    calls = ", ".join(clean(each.call or each.source) for each in told.evidence)
    yield "asked", f"{told.name} at {when}{took}: {calls or 'its product names no calls'}", styles.quiet
