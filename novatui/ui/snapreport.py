"""What the title of the list of snapshots says of those that are listed together."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from novatui.actions.snapshots import Report, report
from novatui.engine.fleet import Fleet
from novatui.ui.render.detail import words
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN

GOOD_FOR = 3.0
"""Seconds for which nothing is added up again while the same snapshots are listed."""


class SnapshotReport:
    """Of one list; added up when it is drawn and something may have changed."""

    def __init__(self, fleet: Fleet, look: Look) -> None:
        self._fleet = fleet
        self._look = look
        self._order: Sequence[int] | None = None
        self._made_at = 0.0
        self._report: Report | None = None

    def text(self, order: Sequence[int], room: int) -> str:
        """As much of it as fits: the machines first, then what they take, then the longest chain."""
        now = self._look.monotonic()
        if self._report is None or order is not self._order or now - self._made_at >= GOOD_FOR:
            store = self._fleet.inventory
            self._order, self._made_at = order, now
            self._report = report(store, [slot for slot in order if store.alive(slot)])
        said = ""
        for part in parts(self._report):
            longer = f"{said}, {part}" if said else part
            if cell_len(longer) > room:
                break
            said = longer
        return said


def parts(told: Report) -> list[str]:
    """`on 38 machines`, `1.8 TiB`, `longest chain 11: build-3 on kvm-farm`."""
    if not told.count:
        return []
    found = [f"on {told.machines:,} machine{'' if told.machines == 1 else 's'}"]
    sized = told.count - told.unsized
    more = f" and {told.unsized:,} {UNKNOWN}" if told.unsized else ""
    found.append(f"{words.size(told.size)}{more}" if sized else f"size {UNKNOWN}")
    if told.chain is not None:
        found.append(f"longest chain {told.chain.length}: {told.chain.machine} on {told.chain.conn}")
    return found
