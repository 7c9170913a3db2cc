"""Devices of hosts in files, and hosts that were asked for some: exact values beside the cells that people read."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.core.devicerequest import Request
from novatui.engine.device_report import plain
from novatui.engine.devicestock import HostStock
from novatui.ui.export import Listed
from novatui.ui.inventory_rows import Row
from novatui.ui.render.inventory import Answered, InventoryTable, Item

NAME = "inventory"


def listed_inventory(
    shown: Sequence[Item], told: Sequence[HostStock], request: Request | None, table: InventoryTable
) -> Listed:
    """The rows that are listed; of hosts that were asked what they answered."""
    if request is not None:
        fits = {form["host"]: form for form in plain(told, request)["fit"]}
        asked = [item for item in shown if isinstance(item, Answered)]
        cells = [table.fits.cells((item, 0, None)) for item in asked]
        return Listed(
            name=NAME, titles=table.fits.titles, cells=cells, values=[fits[item.service.host] for item in asked]
        )
    rows = [item for item in shown if isinstance(item, Row)]
    cells = [table.cells((row, 0, None)) for row in rows]
    return Listed(name=NAME, titles=table.titles, cells=cells, values=[_values(row) for row in rows])


def _values(row: Row) -> dict[str, object]:
    names = ("free", "held", "blocked", "unknown", "total")
    counts = dict(zip(names, row.counts, strict=True)) if row.counts is not None else {}
    host = str(row.host) if row.host is not None else None
    values = {"title": row.title, "kind": row.kind, "host": host, "device": row.device, **counts}
    told = values | {"said": row.said, "conflict": row.conflict}
    return {name: value for name, value in told.items() if value is not None and value != ""}
