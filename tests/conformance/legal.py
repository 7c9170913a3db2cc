"""Whether what a driver says is legal in the model: kinds, keys, columns, types, ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping

from novatui.core.errors import Failure
from novatui.core.events import Event
from novatui.core.ids import key, split_key
from novatui.core.inventory import FIELD, Row, Type, Value
from novatui.core.metrics import METRICS
from novatui.core.states import Health, Kind, Power
from novatui.core.tasks import Task, TaskState

UNIT = {metric.name: metric.unit for metric in METRICS}
REFERENCES = ("parent", "host", "vm", "holder")
"""Columns that hold the key of another object, or nothing."""

CLOSED: dict[str, frozenset[str]] = {
    "power": frozenset(Power),
    "health": frozenset(Health),
    "snapshot_kind": frozenset({"disk", "memory"}),
    "firmware": frozenset({"bios", "uefi"}),
}
"""Columns with a closed vocabulary."""

PYTHON_TYPES: dict[Type, tuple[type, ...]] = {
    Type.TEXT: (str,),
    Type.INT: (int,),
    Type.BYTES: (int,),
    Type.FLOAT: (int, float),
    Type.TIME: (int, float),
    Type.BOOL: (bool,),
    Type.TEXTS: (list,),
}


def check_row(row: Row) -> None:
    """A row has a kind of the model, an id, and only columns of the model with values of their type."""
    assert isinstance(row.kind, Kind)
    assert row.kind not in (Kind.CONNECTION, Kind.GROUP), "those belong to the console"
    assert isinstance(row.id, str)
    assert row.id
    assert split_key(key(row.kind, row.id)) == (row.kind, row.id)
    for name, value in row.values.items():
        assert name in FIELD, f"{row.kind} fills a column that does not exist: {name}"
        check_value(name, value)


def check_value(name: str, value: Value) -> None:
    if value is None:
        return
    field = FIELD[name]
    assert isinstance(value, PYTHON_TYPES[field.type]), f"{name}: {value!r}"
    assert field.type is Type.BOOL or not isinstance(value, bool), f"{name}: {value!r}"
    if field.type in (Type.INT, Type.BYTES, Type.TIME):
        assert value >= 0, f"{name}: {value!r}"  # type: ignore[operator]
    if name in CLOSED:
        assert value in CLOSED[name], f"{name}: {value!r}"
    if isinstance(value, list):
        assert all(isinstance(text, str) and text for text in value), f"{name}: {value!r}"


def check_references(table: Mapping[str, Mapping[str, Value]]) -> None:
    """Every object that a row names is there."""
    for name, values in table.items():
        for column in REFERENCES:
            other = values.get(column)
            assert not other or other in table, f"{name}: {column} is {other}, which is not there"


def check_metrics(metrics: Mapping[str, float | None]) -> None:
    """Known metrics, finite and in range; an absent one is None or not named."""
    for name, value in metrics.items():
        assert name in UNIT, f"unknown metric {name}"
        if value is None:
            continue
        assert isinstance(value, int | float)
        assert not isinstance(value, bool)
        assert math.isfinite(value), f"{name}: {value}"
        assert value >= 0, f"{name}: {value}"
        assert UNIT[name] != "%" or value <= 100, f"{name}: {value}"


def check_task(task: Task) -> None:
    assert task.id
    assert task.verb
    assert task.progress is None or 0 <= task.progress <= 100
    if task.key:
        split_key(task.key)
    if task.state is TaskState.FAILED:
        assert task.failure is not None
    if task.failure is not None:
        check_failure(task.failure)
    if task.state is TaskState.RUNNING:
        assert task.ended is None
    if task.started is not None and task.ended is not None:
        assert task.started <= task.ended


def check_event(event: Event) -> None:
    assert event.id
    assert event.native_type
    assert event.at > 0
    assert event.seen > 0
    assert (event.raised is None) == (event.alarm == "")
    if event.key:
        split_key(event.key)


def check_failure(failure: Failure) -> None:
    """It says what happened in one sentence, without a traceback."""
    assert failure.message
    assert "\n" not in failure.message
    assert "Traceback" not in failure.message + failure.meaning + failure.hint
