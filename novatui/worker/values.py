"""What a driver says of a column, checked: only values of the column's own type may travel."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TypeGuard, cast

from novatui.core.inventory import FIELD, Type, Value

log = logging.getLogger(__name__)

_MIN_INT, _MAX_INT = -(2**63), 2**64 - 1
_reported: set[tuple[str, str]] = set()


def checked(driver: str, values: Mapping[str, object]) -> dict[str, Value]:
    """The columns that may travel: an unknown column is dropped, a value of the wrong type becomes unknown.

    Both are faults of the driver, logged once per driver and column.
    """
    passed: dict[str, Value] = {}
    for name, value in values.items():
        field = FIELD.get(name)
        if field is None:
            _report(driver, name, "it fills a column that does not exist")
            continue
        passed[name] = None if value is None else _fit(field.type, value)
        if value is not None and passed[name] is None:
            _report(driver, name, f"a value of type {type(value).__name__} does not fit a column of {field.type}")
    return passed


def encodable(text: str) -> str:
    """The text without lone surrogates, which no UTF-8 can carry."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _fit(wanted: Type, value: object) -> Value:
    """The value as the wire carries it; None when it does not fit."""
    match wanted:
        case Type.TEXT:
            return encodable(str(value)) if isinstance(value, str) else None
        case Type.BOOL:
            return value if isinstance(value, bool) else None
        case Type.INT | Type.BYTES:
            return value if _is_number(value) and isinstance(value, int) and _MIN_INT <= value <= _MAX_INT else None
        case Type.FLOAT | Type.TIME:
            return value if _is_number(value) and abs(value) <= _MAX_INT else None
        case Type.TEXTS:
            return _texts(cast("list[object]", value)) if isinstance(value, list | tuple) else None


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _texts(values: list[object]) -> list[str] | None:
    return [encodable(str(text)) for text in values] if all(isinstance(text, str) for text in values) else None


def _report(driver: str, name: str, fault: str) -> None:
    if (driver, name) not in _reported:
        _reported.add((driver, name))
        log.error("driver %s, column %s: %s", driver, name, fault)
