"""What a driver says of a column, checked: only values of the column's own type may travel."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TypeGuard, cast

from novatui.core.inventory import FIELD, FIELDS, Type, Value

log = logging.getLogger(__name__)

_MIN_INT, _MAX_INT = -(2**63), 2**64 - 1
_reported: set[tuple[str, str]] = set()


def checked(driver: str, values: Mapping[str, object]) -> dict[str, Value]:
    """The columns that may travel: an unknown column is dropped, a value of the wrong type becomes unknown.

    Both are faults of the driver, logged once per driver and column.
    """
    passed: dict[str, Value] = {}
    for name, value in values.items():
        fit = _FIT.get(name)
        if fit is None:
            _report(driver, name, "it fills a column that does not exist")
            continue
        passed[name] = fitted = None if value is None else fit(value)
        if fitted is None and value is not None:
            wanted = FIELD[name].type
            _report(driver, name, f"a value of type {type(value).__name__} does not fit a column of {wanted}")
    return passed


def encodable(text: str) -> str:
    """The text without lone surrogates, which no UTF-8 can carry."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


# One function per type of column: the value as the wire carries it; None when it does not fit.


def _text(value: object) -> str | None:
    return encodable(str(value)) if isinstance(value, str) else None


def _bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _int(value: object) -> int | None:
    return value if _is_number(value) and isinstance(value, int) and _MIN_INT <= value <= _MAX_INT else None


def _float(value: object) -> float | None:
    return value if _is_number(value) and abs(value) <= _MAX_INT else None


def _texts(value: object) -> list[str] | None:
    if not isinstance(value, list | tuple):
        return None
    texts = cast("Sequence[object]", value)
    return [encodable(str(text)) for text in texts] if all(isinstance(text, str) for text in texts) else None


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


_FITS: dict[Type, Callable[[object], Value]] = {
    Type.TEXT: _text,
    Type.BOOL: _bool,
    Type.INT: _int,
    Type.BYTES: _int,
    Type.FLOAT: _float,
    Type.TIME: _float,
    Type.TEXTS: _texts,
}
_FIT = {field.name: _FITS[field.type] for field in FIELDS}


def _report(driver: str, name: str, fault: str) -> None:
    if (driver, name) not in _reported:
        _reported.add((driver, name))
        log.error("driver %s, column %s: %s", driver, name, fault)
