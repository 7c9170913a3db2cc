"""Objects, connections, tasks and events as scripts get them: plain values for JSON, where an unknown one is no key."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from novatui.core.ids import encode_id, split_key
from novatui.core.inventory import FIELDS, Group, Type
from novatui.core.metrics import NAMES
from novatui.core.states import Kind
from novatui.core.tasks import Task
from novatui.engine.event_log import LoggedEvent
from novatui.engine.fleet import Connection, Fleet

LABELS = {"name": "name", "native_id": "native_id", "power": "state", "native_state": "native_state"}
"""Columns that JSON calls otherwise, or tells before the others: column → key."""

_REFERENCES = ("host", "vm", "holder")
_PLAIN = tuple(field for field in FIELDS if field.name not in {*LABELS, *_REFERENCES, "parent"})

_MOMENTS = frozenset(
    {"created", "expires", "started", "ended", "at", "seen", "first", "since", "retry_at", "last_good"}
)
"""Keys of the model's structs that hold epoch seconds."""


def timestamp(epoch: float) -> str | None:
    """ISO 8601 in UTC, to the millisecond; None for what is no moment that a calendar has."""
    try:
        moment = datetime.fromtimestamp(epoch, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(value: Any) -> Any:
    """A struct of the model, or a container of them, as plain values; what it does not state is no key.

    Moments become ISO 8601. An empty list stays: it says that there is none.
    """
    return _stated(msgspec.to_builtins(value))


def _stated(value: Any) -> Any:
    if isinstance(value, dict):
        told = {name: _told(name, one) for name, one in value.items()}
        return {name: one for name, one in told.items() if one is not None and one != "" and one != {}}
    if isinstance(value, list | tuple):
        return [_stated(one) for one in value]
    return value


def _told(name: str, value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if name in _MOMENTS and isinstance(value, int | float) and not isinstance(value, bool):
        return timestamp(value)
    return _stated(value)


def connection_json(connection: Connection) -> dict[str, Any]:
    """A connection, with where it stands and what the product said of itself."""
    spec, info, status = connection.spec, connection.info, connection.status
    form: dict[str, Any] = {
        "name": spec.name,
        "family": spec.family.value,
        "uri": spec.uri,
        "state": status.link.value,
        "protected": spec.protected,
        "ro": spec.readonly,
        "loaded": sorted(connection.loaded),
    }
    if spec.label:
        form["group"] = spec.label
    if info is not None:
        form |= plain(info)
    if connection.load_failures:
        form["not_loaded"] = {kind: plain(one) for kind, one in sorted(connection.load_failures.items())}
    if status.failure is not None:
        form["failure"] = plain(status.failure)
    return form


def object_json(fleet: Fleet, slot: int, now: float) -> dict[str, Any]:
    """An object with all that is known of it; `now`: monotonic time, for its age."""
    form = identity_json(fleet, slot) | {"path": fleet.inventory.path(slot)} | _columns(fleet, slot)
    if metrics := _metrics(fleet, slot):
        form["metrics"] = metrics
    group = Group.PLACE if fleet.inventory.value(slot, "power") is None else Group.STATE
    age = fleet.inventory.age(slot, group, now)
    if age is not None:
        form["age_s"] = round(age, 3)
    return form


def sample_json(fleet: Fleet, slot: int, now: float) -> dict[str, Any]:
    """The latest sample of an object as one line of a stream; `at` is when it was asked for."""
    form = {"type": "sample"} | identity_json(fleet, slot) | {"metrics": _metrics(fleet, slot)}
    age = fleet.metrics.age(slot, now)
    return form if age is None else form | {"at": timestamp(time.time() - age)}


def _metrics(fleet: Fleet, slot: int) -> dict[str, float]:
    return {name: value for name in NAMES if (value := fleet.metrics.latest(slot, name)) is not None}


def identity_json(fleet: Fleet, slot: int) -> dict[str, Any]:
    """What an object is: reference, connection, family, kind, name."""
    store = fleet.inventory
    ref = store.ref(slot)
    form: dict[str, Any] = {"ref": str(ref), "kind": ref.kind.value}
    if ref.kind is not Kind.GROUP:
        form |= {"connection": ref.conn, "family": store.family(slot).value}
    name = store.value(slot, "name")
    return form if name is None else form | {"name": name}


def _columns(fleet: Fleet, slot: int) -> dict[str, Any]:
    store = fleet.inventory
    form: dict[str, Any] = {}
    for name, label in LABELS.items():
        if (value := store.value(slot, name)) is not None:
            form[label] = value
    for name in _REFERENCES:
        key = store.value(slot, name)
        if isinstance(key, str):
            form |= _reference(fleet, slot, name, key)
    parent = store.parent(slot)
    if parent is not None and store.kind(parent) is not Kind.GROUP:
        form["parent_ref"] = str(store.ref(parent))
    for field in _PLAIN:
        value = store.value(slot, field.name)
        if field.type is Type.TIME and isinstance(value, int | float):
            value = timestamp(value)
        if value is not None:
            form[field.name] = value
    return form


def _reference(fleet: Fleet, slot: int, name: str, key: str) -> dict[str, str]:
    """Another object by its name, and by its reference; empty when the product says that there is none."""
    if not key:
        return {name: ""}
    conn = fleet.inventory.conn(slot)
    return {name: name_of(fleet, conn, key), f"{name}_ref": f"{encode_id(conn)}:{key}"}


def name_of(fleet: Fleet, conn: str, key: str) -> str:
    """Name of the object with this key; its native id when it is not in the inventory."""
    slot = fleet.inventory.slot(conn, key)
    if slot is not None:
        return fleet.inventory.name(slot)
    try:
        return split_key(key)[1]
    except ValueError:
        return key


def task_json(fleet: Fleet, conn: str, task: Task) -> dict[str, Any]:
    """A task, its object by reference and name."""
    form = plain(task)
    form.pop("key", None)
    return {"connection": conn} | _object_of(fleet, conn, task.key, task.target) | form


def event_json(fleet: Fleet, entry: LoggedEvent) -> dict[str, Any]:
    """An event, its object by reference and name; `count` when it stands for several equal ones."""
    form = plain(entry.event)
    form.pop("key", None)
    if entry.count > 1:
        form |= {"count": entry.count} | plain({"first": entry.first})
    return {"connection": entry.conn} | _object_of(fleet, entry.conn, entry.event.key, entry.event.subject) | form


def _object_of(fleet: Fleet, conn: str, key: str, name: str) -> dict[str, str]:
    named = name or (name_of(fleet, conn, key) if key else "")
    ref = {"ref": f"{encode_id(conn)}:{key}"} if key else {}
    return ref | ({"object": named} if named else {})


def document(fleet: Fleet, slots: Iterable[int], now: float) -> dict[str, Any]:
    """The document of `ls --json`."""
    return {
        "connections": [connection_json(one) for one in fleet.connections.values()],
        "objects": [object_json(fleet, slot, now) for slot in slots],
    }
