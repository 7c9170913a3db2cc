"""Snapshots of all machines together: what is old, what it takes, how long chains are, and in which order they go."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from novatui.actions import snapshots
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.inventory_store import InventoryStore
from tests.ui import world
from tests.ui.still import EVENING, StillFleet

DAY = 86400.0
CONN = "kvm-03"


@pytest.fixture
def fleet() -> StillFleet:
    made = StillFleet(world.SPECS)
    made.connect(CONN)
    made.tell(CONN, {f"vm:{name}": {"name": name, "power": "off"} for name in ("db", "web", "young")})
    return made


def tell(fleet: StillFleet, machine: str, *rows: tuple[str, str | None, float | None], **told: object) -> None:
    """Snapshots of a machine: name, parent, age in days."""
    fleet.tell(CONN, {
        f"snapshot:{machine}%2F{at}{name}": {
            "name": name, "native_id": f"id-{name}", "vm": f"vm:{machine}", "parent": f"vm:{machine}",
            "snapshot_parent": parent, "created": None if days is None else EVENING - days * DAY, **told,
        }
        for at, (name, parent, days) in enumerate(rows)
    })  # fmt: skip


def names(store: InventoryStore, slots: list[int]) -> list[str]:
    return sorted(store.name(slot) for slot in slots)


def everything(fleet: StillFleet) -> list[int]:
    return list(fleet.inventory.slots(Kind.SNAPSHOT))


def levels(fleet: StillFleet) -> Mapping[str, int | None]:
    store = fleet.inventory
    machines = {machine for slot in everything(fleet) if (machine := snapshots.machine_of(store, slot))}
    return {store.name(slot): level for slot, level in snapshots.depths(store, machines).items()}


def test_old_is_what_was_made_long_ago_and_not_what_nobody_knows(fleet: StillFleet) -> None:
    tell(fleet, "db", ("old", "", 15.0), ("edge", "old", 14.0), ("new", "edge", 13.9), ("undated", "new", None))
    store = fleet.inventory
    assert names(store, snapshots.older_than(store, snapshots.OLD, EVENING)) == ["edge", "old"]
    assert names(store, snapshots.older_than(store, 0, EVENING)) == ["edge", "new", "old"]


def test_the_report_adds_up_what_is_told(fleet: StillFleet) -> None:
    tell(fleet, "db", ("a", "", 40.0), ("b", "a", 30.0), ("c", "b", 20.0), snapshot_size=1000)
    tell(fleet, "web", ("x", "", 50.0))
    told = snapshots.report(fleet.inventory, everything(fleet))
    assert (told.count, told.machines, told.size, told.unsized) == (4, 2, 3000, 1)
    assert told.oldest == EVENING - 50 * DAY
    assert told.chain == snapshots.Chain(3, "db", CONN)
    nothing = snapshots.report(fleet.inventory, [])
    assert (nothing.count, nothing.machines, nothing.oldest, nothing.chain) == (0, 0, None, None)


def test_the_chain_counts_all_snapshots_of_the_machines_that_are_listed(fleet: StillFleet) -> None:
    tell(fleet, "db", ("a", "", 40.0), ("b", "a", 1.0), ("c", "b", 0.5))
    old = snapshots.older_than(fleet.inventory, snapshots.OLD, EVENING)
    told = snapshots.report(fleet.inventory, old)
    assert (told.count, told.chain) == (1, snapshots.Chain(3, "db", CONN))


def test_a_chain_that_cannot_be_followed_has_no_length(fleet: StillFleet) -> None:
    tell(fleet, "db", ("a", "", 9.0), ("b", None, 8.0), ("c", "b", 7.0), ("d", "gone", 6.0))
    assert levels(fleet) == {"a": 1, "b": None, "c": None, "d": None}
    tell(fleet, "web", ("same", "", 9.0), ("same", "", 8.0), ("above", "same", 7.0))
    assert levels(fleet)["above"] is None, "which of the two is not told"
    tell(fleet, "young", ("one", "two", 9.0), ("two", "one", 8.0))
    assert levels(fleet)["one"] is None, "a circle"


def test_what_grew_from_a_snapshot_goes_before_it(fleet: StillFleet) -> None:
    tell(fleet, "db", ("a", "", 40.0), ("b", "a", 30.0), ("c", "b", 20.0), ("side", "a", 25.0))
    tell(fleet, "web", ("x", "", None), ("y", "x", None))
    parts = snapshots.parts(fleet.inventory, sorted(everything(fleet)))
    by_machine: dict[str, list[str]] = {}
    for part in parts:
        by_machine.setdefault(part.ref.id, []).append(part.name)
    assert by_machine == {"db": ["c", "side", "b", "a"], "web": ["y", "x"]}
    assert parts[0].ref == ObjectRef(CONN, Kind.VM, "db")
    assert parts[0].arguments == {"snapshot": "id-c"}


def test_a_row_that_does_not_tell_whose_it_is_is_left_out(fleet: StillFleet) -> None:
    fleet.tell(CONN, {"snapshot:lost": {"name": "lost", "created": EVENING - 99 * DAY}})
    assert snapshots.parts(fleet.inventory, everything(fleet)) == []
    assert snapshots.report(fleet.inventory, everything(fleet)).machines == 0


def test_machines_with_old_snapshots_are_counted_from_their_own_rows(fleet: StillFleet) -> None:
    for name, days in (("db", 20.0), ("web", 14.0), ("young", 2.0)):
        fleet.tell(CONN, {f"vm:{name}": {"snapshot_oldest": EVENING - days * DAY}})
    assert snapshots.with_old(fleet.inventory, EVENING) == 2
