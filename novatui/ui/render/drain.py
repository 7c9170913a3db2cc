"""The plan of emptying a host, drawn: a line for each machine, with where it goes, or why it stays."""

from __future__ import annotations

import msgspec

from novatui.actions.drain import Drain, Move
from novatui.core.text import clean
from novatui.core.units import lasting, size
from novatui.engine.migration_record import Record
from novatui.ui.render.cells import Piece
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN


class Row(msgspec.Struct, frozen=True):
    """One machine of the plan."""

    move: Move
    number: int
    """Its place in the order; 0 when it stays."""
    state: str = ""
    """How it stands once the plan is carried out; empty before."""


def drain_table(look: Look) -> ItemTable:
    """The columns of machines."""
    cells = _Cells(look)
    return ItemTable(
        (
            ItemColumn(title="", draw=cells.number, width=3, right=True),
            ItemColumn(title="MACHINE", draw=cells.name, width=14, grow=2),
            ItemColumn(title="MEM", draw=cells.memory, width=5, right=True, rank=1),
            ItemColumn(title="TO", draw=cells.to, width=10, grow=1),
            ItemColumn(title="HOW", draw=cells.how, width=24, grow=4),
        ),
        look,
    )


class _Cells:
    """What stands in the columns."""

    def __init__(self, look: Look) -> None:
        self._look, self._styles = look, look.styles

    def number(self, row: Row) -> Piece:
        return str(row.number) if row.number else self._look.marks.inapplicable, self._styles.quiet

    def name(self, row: Row) -> Piece:
        return clean(row.move.name), self._styles.text if row.move.goes else self._styles.quiet

    def memory(self, row: Row) -> Piece:
        return size(row.move.memory), self._styles.text if row.move.memory is not None else self._styles.quiet

    def to(self, row: Row) -> Piece:
        if not row.move.goes:
            return self._look.marks.inapplicable, self._styles.quiet
        return clean(row.move.target.name if row.move.target else row.move.to), self._styles.text

    def how(self, row: Row) -> Piece:
        move = row.move
        if row.state:
            return clean(row.state), self._styles.text
        if move.left_out:
            return "left out", self._styles.quiet
        if not move.to:
            return f"stays: {clean(move.reason)}", self._styles.warning
        return "live, its disks are copied" if move.copies else "live", self._styles.text


def rows_of(drain: Drain) -> list[Row]:
    """A row for each machine: those that go are numbered in their order."""
    number = 0
    rows: list[Row] = []
    for move in drain.moves:
        number += move.goes
        rows.append(Row(move, number if move.goes else 0))
    return rows


def summary(drain: Drain, seconds: float | None) -> str:
    """One line about all of it."""
    time = f"about {lasting(seconds)}" if seconds is not None else f"time {UNKNOWN}"
    copies = sum(move.copies for move in drain.going)
    copied = f", {copies} with their disks" if copies else ""
    return f"{len(drain.going)} go{copied}, {len(drain.staying)} stay, {drain.at_once} at a time, {time}"


def moving(record: Record) -> str:
    """How a move stands, in a few words."""
    if not record.live:
        return str(record.failure) if record.failure else record.verdict.call.value.lower()
    share = "" if record.done_percent is None else f" {record.done_percent:.0f}%"
    return f"{record.last.phase or 'begun'}{share}  {record.verdict.call.value}"
