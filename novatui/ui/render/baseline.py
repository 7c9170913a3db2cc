"""Hosts and what each of them loses with the processor that all of them can stand for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from textual.strip import Strip

from novatui.engine.host_words import common
from novatui.engine.profiles import FamilyBaseline, HostLoss
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.table import highlighted
from novatui.ui.rows.source import RowState


class BaselineLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row: a family, or one of its hosts."""

    family: FamilyBaseline
    host: HostLoss | None = None
    """None: the row of the family."""

    @property
    def key(self) -> tuple[str, ...]:
        """Stays the same as long as it is about the same."""
        return (*self.top, str(self.host.host)) if self.host is not None else self.top

    @property
    def top(self) -> tuple[str, ...]:
        """The row of its family: several connections of one family may be asked apart."""
        return self.family.family.value, self.family.asked, str(self.family.hosts[0].host)

    @property
    def above(self) -> tuple[str, ...] | None:
        """The family that it belongs to."""
        return None if self.host is None else self.top


def lines_of(found: Sequence[FamilyBaseline], words: Sequence[str]) -> list[BaselineLine]:
    """Families, each with its hosts, or with those that the words fit."""
    lines: list[BaselineLine] = []
    for family in found:
        hosts = [host for host in family.hosts if _fits(family, host, words)]
        if hosts:
            lines.append(BaselineLine(family=family))
            lines += (BaselineLine(family=family, host=host) for host in hosts)
    return lines


def _fits(family: FamilyBaseline, host: HostLoss, words: Sequence[str]) -> bool:
    loss = host.loss
    said = " ".join((family.family.value, host.name, host.host.conn, loss.model, loss.reason, *(loss.flags or ())))
    folded = said.casefold()
    return all((word.removeprefix("!") in folded) != word.startswith("!") for word in words)


Drawn = tuple[BaselineLine, int, bool | None]
"""A row, its depth, and whether what is below it is shown; None where nothing is."""


class BaselineTable(ItemTable):
    """Hosts in columns; a family takes the whole line."""

    def __init__(self, look: Look) -> None:
        self._styles = look.styles
        columns = (
            ItemColumn(title="HOST", draw=self._host, width=16, grow=12),
            ItemColumn(title="CONN", draw=self._conn, width=10, rank=1),
            ItemColumn(title="ITS OWN", draw=self._own, width=16, grow=8),
            ItemColumn(title="LOST", draw=self._number, width=4, right=True),
            ItemColumn(title="FLAGS THAT ITS GUESTS LOSE", draw=self._flags, width=20),
        )
        super().__init__(columns, look)

    def row(self, item: Drawn, width: int, state: RowState) -> Strip:
        """The line of a host, or of a family."""
        one, _, unfolded = item
        if one.host is not None:
            return super().row(item, width, state)
        look = self._look
        marks, styles = look.marks, look.styles
        point = marks.point if state.cursor else " "
        fold = " " if unfolded is None else marks.unfolded if unfolded else marks.folded
        found = bool(one.family.baseline.model)
        pieces: list[Piece] = [
            (f"{point} ", styles.key),
            (f"{fold} ", styles.quiet),
            (f"{marks.done if found else UNKNOWN} ", styles.good if found else styles.warning),
            (f"{one.family.family.value:10} ", styles.title),
            (common(one.family), styles.text if found else styles.warning),
        ]
        return highlighted(line(pieces, width, cut=marks.ellipsis), state, look)

    def _host(self, drawn: Drawn) -> Piece:
        one, depth, _ = drawn
        return ("  " * depth + "  " + one.host.name if one.host is not None else ""), self._styles.text

    def _conn(self, drawn: Drawn) -> Piece:
        host = drawn[0].host
        return host.host.conn if host is not None else "", self._styles.quiet

    def _own(self, drawn: Drawn) -> Piece:
        host = drawn[0].host
        return (host.loss.model or UNKNOWN) if host is not None else "", self._styles.quiet

    def _number(self, drawn: Drawn) -> Piece:
        host = drawn[0].host
        flags = host.loss.flags if host is not None else None
        if flags is None:
            return UNKNOWN, self._styles.warning
        return str(len(flags)), self._styles.text if flags else self._styles.good

    def _flags(self, drawn: Drawn) -> Piece:
        host = drawn[0].host
        if host is None:
            return "", self._styles.text
        if host.loss.flags is None:
            return host.loss.reason, self._styles.warning
        return " ".join(host.loss.flags) or "nothing", self._styles.text if host.loss.flags else self._styles.quiet
