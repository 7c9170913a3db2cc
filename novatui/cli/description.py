"""One object in words: its columns, what was measured, and every part of its detail, for people to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novatui.cli.forms import connection_json, name_of, plain
from novatui.cli.table import text
from novatui.core import units
from novatui.core.detail import Detail
from novatui.core.inventory import FIELDS
from novatui.core.metrics import METRICS, Metric
from novatui.core.specdiff import differences
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet

_REFERENCES = frozenset({"parent", "host", "vm", "holder"})
_PARTS = {
    "vm": "specification",
    "snapshots": "snapshots",
    "devices": "devices",
    "volumes": "volumes",
    "leases": "leases",
    "users": "used by",
}


def describe(fleet: Fleet, slot: int, detail: Detail) -> Iterator[str]:
    """Line by line. What is unknown is left out."""
    store = fleet.inventory
    yield f"{store.name(slot)}  {store.kind(slot).value}  {store.ref(slot)}"
    if path := store.path(slot):
        yield _named("path", " › ".join(path))
    if store.kind(slot) is Kind.CONNECTION:
        yield from _tree(connection_json(fleet.connections[store.conn(slot)]), "  ")
    yield from _columns(fleet, slot)
    yield from _measured(fleet, slot)
    for part, title in _PARTS.items():
        value = getattr(detail, part)
        if value:
            yield title
            yield from _tree(plain(value), "  ")
    if detail.vm is not None and detail.now is not None:
        yield "changed since"
        for each in differences(detail.vm, detail.now):
            yield _named(each.field, f"{each.before or '-'} -> {each.after or '-'}")
    section = ""
    for one in detail.properties:
        if one.section != section:
            section = one.section
            yield section
        yield _named(one.name, one.value)
    for one in detail.failures:
        yield f"? {one.part}: {one.failure}"


def _named(name: str, value: str) -> str:
    return f"  {name:15} {value}"


def _columns(fleet: Fleet, slot: int) -> Iterator[str]:
    for field in FIELDS:
        value = fleet.inventory.value(slot, field.name)
        if value is None or value == "" or value == [] or field.name == "name":
            continue
        if field.name in _REFERENCES:
            value = name_of(fleet, fleet.inventory.conn(slot), str(value))
        yield _named(field.name, text(value, field.name))


def _measured(fleet: Fleet, slot: int) -> Iterator[str]:
    for metric in METRICS:
        value = fleet.metrics.latest(slot, metric.name)
        if value is not None:
            yield _named(metric.name, _amount(metric, value))


def _amount(metric: Metric, value: float) -> str:
    if metric.unit.startswith("B"):
        return units.size(value) + metric.unit.removeprefix("B")
    return f"{value:.1f} {metric.unit}"


def _tree(value: Any, indent: str) -> Iterator[str]:
    """Names and values, those of a list's elements on one line each."""
    if isinstance(value, dict):
        for name, one in value.items():
            if one == [] or one == {}:
                continue
            if isinstance(one, dict | list):
                yield f"{indent}{name}"
                yield from _tree(one, indent + "  ")
            else:
                yield f"{indent}{name:15} {_inline(one)}"
    else:
        for one in value:
            yield f"{indent}- {_inline(one) if not isinstance(one, dict) else _pairs(one)}"


def _pairs(value: dict[str, Any]) -> str:
    return "  ".join(f"{name}={_inline(one)}" for name, one in value.items() if one not in ([], {}))


def _inline(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(map(_inline, value))
    if isinstance(value, dict):
        return f"{{{_pairs(value)}}}"
    return str(value)
