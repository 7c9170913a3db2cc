"""The list of migrations: what moves where, how far it is, and whether it will end. A line for each machine."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import msgspec
from rich.style import Style

from novatui.actions.outcome import Done
from novatui.core import units
from novatui.core.migration import Fidelity, Phase
from novatui.core.tasks import TaskState
from novatui.core.verdict import Call, Verdict
from novatui.engine.fleet import Fleet
from novatui.engine.migration_record import Record
from novatui.engine.migrations import named
from novatui.ui.render.cells import Piece
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN

FAMILIES = {"libvirt": "libvirt", "vsphere": "vSphere", "hyperv": "Hyper-V", "xcpng": "XCP-ng", "proxmox": "Proxmox"}

HOPELESS = frozenset({Call.NOT_CONVERGING, Call.STALLED})


class Moving(msgspec.Struct, frozen=True):
    """A line: the latest move of a machine that is told of, or one of ours that waits for its turn."""

    key: Hashable
    """The machine: it stays the same line, however often it moves."""
    record: Record | None = None
    waits: Done | None = None
    at_once: int = 0
    """Machines that leave a host, or arrive at one, at the same time: what it waits for."""
    earlier: tuple[Record, ...] = ()
    """What else it did today, the latest first."""


def migration_table(fleet: Fleet, look: Look) -> ItemTable:
    """The columns."""
    cells = _Cells(fleet, look)
    return ItemTable(
        (
            ItemColumn(title="VM", draw=cells.name, width=14, grow=12),
            ItemColumn(title="FAMILY", draw=cells.family, width=8, rank=6),
            ItemColumn(title="ROUTE", draw=cells.route, width=14, grow=16, rank=2),
            ItemColumn(title="PHASE", draw=cells.phase, width=9, rank=1),
            ItemColumn(title="DONE", draw=cells.done, width=4, right=True, rank=4),
            ItemColumn(title="LEFT", draw=cells.left, width=5, right=True, rank=4),
            ItemColumn(title="RATE", draw=cells.rate, width=5, right=True, rank=5),
            ItemColumn(title="DIRTY", draw=cells.dirty, width=5, right=True, rank=5),
            ItemColumn(title="ETA", draw=cells.eta, width=9, right=True, rank=3),
            ItemColumn(title="VERDICT", draw=cells.verdict, width=14),
        ),
        look,
    )


def style_of(call: Call, look: Look) -> Style:
    """Colour of a call; its word says the same."""
    styles = look.styles
    if call in (Call.FAILED, Call.NOT_CONVERGING):
        return styles.bad
    if call in (Call.STALLED, Call.STALE, Call.UNKNOWN, Call.CANCELLED):
        return styles.warning
    return styles.good if call in (Call.CONVERGING, Call.DONE) else styles.info


def clock(seconds: float) -> str:
    """Minutes and seconds; from an hour on in one unit."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}" if whole < 3600 else units.span(whole)


def eta(verdict: Verdict, ascii_only: bool) -> str:
    """When the guest runs at the destination, as far as that can be said; `none`: never, as things are now."""
    if verdict.eta is None and verdict.part is not None:
        return f"{'>' if ascii_only else '≥'}{clock(verdict.part)}"
    if verdict.eta is None:
        return "none" if verdict.call in HOPELESS else UNKNOWN
    low, high = (clock(seconds) for seconds in verdict.eta)
    return f"~{low}" if low == high else f"{low}-{high}"


def route(record: Record, look: Look) -> str:
    """From where to where, as far as it is told."""
    source, destination = record.route
    return f"{source or UNKNOWN}{look.marks.to}{destination or UNKNOWN}"


def phase(record: Record) -> str:
    """Where it stands: the phase, and the number of the pass over memory."""
    last = record.last
    if not record.live:
        return record.state.value
    if record.state is TaskState.QUEUED:
        return "queued"
    words = {Phase.SWITCHOVER: "switching", Phase.PREPARING: "preparing"}.get(last.phase, last.phase)  # type: ignore[call-overload]
    if last.phase == Phase.MEMORY and last.iteration:
        return f"memory {last.iteration}"
    return words or UNKNOWN


def took(record: Record, now: float) -> float:
    """Seconds since it began, or that it took."""
    return max(0.0, (record.ended if record.ended is not None else now) - record.began)


class _Cells:
    """What stands in the columns."""

    def __init__(self, fleet: Fleet, look: Look) -> None:
        self._fleet, self._look = fleet, look

    def _style(self, item: Moving) -> Style:
        return self._look.styles.text if item.record is not None and item.record.live else self._look.styles.quiet

    def name(self, item: Moving) -> Piece:
        one = item.record or item.waits
        return one.name if one is not None else "", self._style(item)

    def family(self, item: Moving) -> Piece:
        return FAMILIES.get(self._family(item), UNKNOWN), self._look.styles.quiet

    def _family(self, item: Moving) -> str:
        if item.record is not None:
            return item.record.family.value
        spec = self._fleet.connections.get(item.waits.ref.conn) if item.waits is not None else None
        return spec.spec.family.value if spec is not None else ""

    def route(self, item: Moving) -> Piece:
        if item.record is not None:
            return route(item.record, self._look), self._style(item)
        return f"{self._look.marks.to}{self._target(item)}", self._style(item)

    def _target(self, item: Moving) -> str:
        to = item.waits.operation.arguments.get("to", "") if item.waits is not None else ""
        return named(self._fleet.inventory, to) or UNKNOWN

    def phase(self, item: Moving) -> Piece:
        return ("waits" if item.record is None else phase(item.record)), self._style(item)

    def done(self, item: Moving) -> Piece:
        percent = item.record.done_percent if item.record is not None and item.record.live else None
        return (f"{percent:.0f}%" if percent is not None else self._look.marks.inapplicable), self._style(item)

    def _figure(self, item: Moving, value: float | None) -> Piece:
        """A figure of one that runs; what a product does not tell at all has no `?` either."""
        record = item.record
        if record is None or not record.live or record.fidelity in (Fidelity.PERCENT, Fidelity.NONE):
            return self._look.marks.inapplicable, self._look.styles.quiet
        return units.size(value), self._style(item)

    def left(self, item: Moving) -> Piece:
        return self._figure(item, item.record.last.left if item.record is not None else None)

    def rate(self, item: Moving) -> Piece:
        return self._figure(item, item.record.last.rate if item.record is not None else None)

    def dirty(self, item: Moving) -> Piece:
        return self._figure(item, item.record.last.dirty_rate if item.record is not None else None)

    def eta(self, item: Moving) -> Piece:
        record = item.record
        if record is None:
            return self._look.marks.inapplicable, self._look.styles.quiet
        if not record.live:
            return clock(took(record, self._look.epoch())), self._look.styles.quiet
        return eta(record.verdict, self._look.marks.ascii), self._style(item)

    def verdict(self, item: Moving) -> Piece:
        record = item.record
        if record is None:
            return f"QUEUED  {item.at_once} at a time", self._look.styles.quiet
        words = [record.verdict.call.value, ended_words(record, self._look)]
        return "  ".join(filter(None, words)), style_of(record.verdict.call, self._look)


def ended_words(record: Record, look: Look) -> str:
    """What else is to be said in a line of one that is over: when, the pause that was measured, why it failed."""
    if record.live:
        return ""
    pause = f"pause {units.lasting(record.pause_real)}" if record.pause_real is not None else ""
    why = str(record.failure) if record.failure is not None else ""
    return "  ".join(filter(None, (look.clock(record.ended, seconds=False), pause, why)))


def counts(lines: Sequence[Moving]) -> str:
    """How many there are of each sort; what there is none of is left out."""
    records = [record for one in lines for record in (one.record, *one.earlier) if record is not None]
    moving = sum(one.live for one in records)
    done, failed = (sum(one.state is state for one in records) for state in (TaskState.DONE, TaskState.FAILED))
    queued = sum(one.waits is not None for one in lines)
    at_once = max((one.at_once for one in lines), default=0)
    words = ((queued, f"queued, {at_once} at a time"), (done, "done today"), (failed, "failed"))
    return "  ".join([f"{moving} moving", *(f"{count} {word}" for count, word in words if count)])


def is_today(record: Record, look: Look) -> bool:
    """It ended on the day that the clock of the console shows."""
    return record.ended is not None and look.date(record.ended)[:10] == look.date(look.epoch())[:10]
