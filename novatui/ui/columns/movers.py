"""The columns of the top movers: what each machine had some minutes ago, what it has now, and the way between."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from novatui.core import units
from novatui.engine.movers import SPAN, Move, Movers
from novatui.engine.query_keys import SUMS
from novatui.ui.columns import cells, machines
from novatui.ui.columns.column import Cell, Column, Grid
from novatui.ui.render.cells import Piece
from novatui.ui.render.curve import curve
from novatui.ui.render.scale import UNITS, Unit
from novatui.ui.render.spark import SAMPLES_PER_CELL, sparkline
from novatui.ui.render.subject import Subject
from novatui.ui.rows.cells import fit


class Mover(msgspec.Struct, frozen=True):
    """A metric whose movers can be looked for."""

    key: str
    """As `engine.movers` takes it."""
    title: str
    unit: Unit


MOVERS: dict[str, Mover] = {
    "cpu": Mover("cpu.used", "cpu", UNITS["%"]),
    "mem": Mover("mem.used", "memory", UNITS["B"]),
    "disk": Mover("disk", "disk traffic", UNITS["B/s"]),
    "net": Mover("net", "network traffic", UNITS["B/s"]),
    "wait": Mover("cpu.wait", "cpu wait", UNITS["%"]),
    "latency": Mover("disk.latency", "disk latency", UNITS["ms"]),
}
"""By the word in places."""


def grid(movers: Movers, mover: Mover) -> Grid:
    """The columns over what is known of these movers."""
    unit = mover.unit

    def number(read: Callable[[Move], float]) -> Cell:
        def draw(subject: Subject, width: int) -> Piece:
            move = movers.of(subject.slot)
            value = None if move is None else read(move)
            return cells.figure(value, lambda known: unit.say(known).replace(" ", ""), subject, width)

        return draw

    def change(subject: Subject, width: int) -> Piece:
        look, move = subject.look, movers.of(subject.slot)
        if move is None:
            return cells.figure(None, units.count, subject, width)
        rose = move.change > 0
        arrow = look.marks.up if rose else look.marks.down
        said = f"{arrow} {unit.say(abs(move.change)).replace(' ', '')}"
        return fit(said, width, right=True), look.styles.warning if rose else look.styles.info

    def way(subject: Subject, width: int) -> Piece:
        look = subject.look
        dots = width * SAMPLES_PER_CELL[look.spark]
        metrics = SUMS.get(mover.key, (mover.key,))
        curves = [
            curve(subject.fleet.metrics, subject.slot, metric, columns=dots, seconds=SPAN, now=subject.now)
            for metric in metrics
        ]
        values = [None if None in both else sum(value or 0.0 for value in both) for both in zip(*curves, strict=False)]
        return sparkline(values, width, kind=look.spark), look.styles.spark

    minutes = f"{SPAN / 60:.0f} min"
    return Grid(
        [
            Column(
                id="change", title="CHANGE", help="now less before", width=9, rank=1, sort="change", draw=change,
                numeric=True,
            ),
            Column(
                id="before", title="BEFORE", help=f"{minutes} ago, or when measuring began", width=8, rank=3,
                draw=number(lambda move: move.before), numeric=True,
            ),
            Column(
                id="now", title="NOW", help="mean of the last seconds", width=8, rank=2,
                draw=number(lambda move: move.now), numeric=True,
            ),
            Column(id="way", title=minutes, help="the way there", width=12, grow=24, rank=4, draw=way, spoken=False),
            replace(machines.HOST, rank=5),
            replace(machines.CONN, rank=6),
        ]
    )  # fmt: skip
