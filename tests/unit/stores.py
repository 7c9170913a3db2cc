"""Small fleets for tests of the stores: specifications and frames without ceremony."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from math import nan

from novatui.core.connection import ConnectionSpec
from novatui.core.inventory import Value
from novatui.core.logcode import encode
from novatui.core.metrics import NAMES, RINGED
from novatui.core.states import Family, Link
from novatui.engine.inventory_store import InventoryStore
from novatui.wire import frames


def spec(name: str = "c1", family: Family = Family.LIBVIRT, label: str = "") -> ConnectionSpec:
    return ConnectionSpec(name=name, family=family, driver=family.value, uri=f"{family.value}://{name}", label=label)


def store(*specs: ConnectionSpec) -> InventoryStore:
    made = InventoryStore()
    for one in specs or (spec(),):
        made.add_connection(one)
        made.set_link(one.name, Link.UP)
    return made


def rows(
    objects: Mapping[str, Mapping[str, Value]], *, conn: str = "c1", generation: int = 1, begun: float = 10.0
) -> list[frames.Rows]:
    """Frames that tell of these objects: one frame for each set of columns."""
    by_fields: dict[tuple[str, ...], list[str]] = {}
    for key, values in objects.items():
        by_fields.setdefault(tuple(values), []).append(key)
    return [
        frames.Rows(
            conn, generation, begun, list(fields), keys, [[objects[key][name] for key in keys] for name in fields]
        )
        for fields, keys in by_fields.items()
    ]


def tell(inventory: InventoryStore, objects: Mapping[str, Mapping[str, Value]], **how: object) -> None:
    for frame in rows(objects, **how):  # type: ignore[arg-type]
        inventory.apply_rows(frame, frame.begun)


def remove(inventory: InventoryStore, *keys: str, conn: str = "c1", generation: int = 1, begun: float = 10.0) -> None:
    frame = frames.Remove(conn, generation, begun, list(keys))
    inventory.apply_remove(frame, begun)


def complete(
    inventory: InventoryStore, *scopes: str, conn: str = "c1", generation: int = 1, begun: float = 10.0
) -> None:
    inventory.apply_complete(frames.LoadComplete(conn, generation, begun, list(scopes), {}), begun)


def slot(inventory: InventoryStore, key: str, conn: str = "c1") -> int:
    found = inventory.slot(conn, key)
    assert found is not None
    return found


def outline(inventory: InventoryStore, node: int | None = None) -> Sequence[object]:
    """The tree below a node: names, and lists for what has children."""
    found: list[object] = []
    for child in inventory.children(node):
        below = outline(inventory, child)
        found.append([inventory.name(child), *below] if below else inventory.name(child))
    return found


def samples(
    values: Mapping[str, Mapping[str, float]], *, conn: str = "c1", generation: int = 1, begun: float = 10.0
) -> frames.Samples:
    """One reading of metrics, as a worker sends it."""
    exact = [[values[key].get(name, nan) for name in NAMES] for key in values]
    codes = [[encode(value) for value in row[:RINGED]] for row in exact]
    return frames.Samples(
        conn,
        generation,
        begun,
        list(values),
        b"".join(struct.pack(f"<{len(NAMES)}d", *row) for row in exact),
        b"".join(struct.pack(f"<{RINGED}H", *row) for row in codes),
    )


def past(
    values: Mapping[str, Sequence[float | None]], *, begun: float, step: float = 2.0, generation: int = 1
) -> frames.Past:
    """Remembered `cpu.used` by key, oldest first, as a worker sends it."""
    codes = [
        encode(value) if name == "cpu.used" else encode(None)
        for row in values.values()
        for value in row
        for name in NAMES[:RINGED]
    ]
    return frames.Past("c1", generation, begun, step, list(values), struct.pack(f"<{len(codes)}H", *codes))
