"""Devices of a host in files, and one of them in full as text."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.ui.device_tree import Line
from novatui.ui.export import Listed
from novatui.ui.foreseeing import Foreseen
from novatui.ui.render.device_table import Holder
from novatui.ui.render.item_table import ItemTable
from novatui.ui.render.labelled import Fact


def listed_devices(lines: Sequence[Line], table: ItemTable, holder: Holder) -> Listed:
    """Exact values of each device, and of each type that can be made."""
    cells = [table.cells((one, 0, None)) for one in lines]
    return Listed(name="devices", titles=table.titles, cells=cells, values=[_values(one, holder) for one in lines])


def _values(one: Line, holder: Holder) -> dict[str, object]:
    device = one.device
    assert device is not None
    if one.mdev is not None:
        said: dict[str, object] = {"id": one.mdev.id, "name": one.mdev.name, "class": "type", "parent": device.id}
        return said | ({"available": one.mdev.available} if one.mdev.available is not None else {})
    values = {
        "id": device.id,
        "name": device.name,
        "class": device.device_class,
        "address": device.address,
        "vendor": device.vendor,
        "product": device.product,
        "driver": device.driver,
        "parent": device.parent,
        "iommu_group": device.iommu_group,
        "numa_node": device.numa_node,
        "functions": device.functions,
        "functions_max": device.functions_max,
        "holder": holder(device.holder)[0] if device.holder else "",
    }
    return {name: value for name, value in values.items() if value is not None}


def page_of(facts: Sequence[Fact], foreseen: Foreseen | None) -> str:
    """Every fact in full, and the native calls of what was looked at."""
    lines = [f"{label:8} {text}" for label, text, _ in facts if text]
    proposal = foreseen.proposal if foreseen is not None else None
    if proposal is not None:
        lines += ["", "it would be", *(f"  {call}" for call in proposal.as_lines())]
    if commands := proposal.as_commands() if proposal is not None else []:
        lines += ["", "by hand", *(f"  {command}" for command in commands)]
    return "\n".join(lines)
