"""The cached inventory: what was known comes back, stale; a file that is not whole is refused with a reason."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from novatui.core.inventory import FIELDS, Group
from novatui.engine import cache as caching
from novatui.engine.cache import CacheFile, Unusable, adopt, open_cache, path_of, snapshot
from novatui.engine.cache_format import Damaged
from novatui.engine.inventory_store import InventoryStore
from tests.unit.stores import complete, outline, remove, slot, spec, store, tell

FLEET = {
    "cluster:c": {"name": "cluster", "health": "ok"},
    "host:h": {
        "name": "host 2",
        "parent": "cluster:c",
        "memory_total": 2**40,
        "maintenance": False,
        "power": "running",
    },
    "host:g": {"name": "host 10", "parent": "cluster:c", "power": "running"},
    "vm:1": {"name": "vm10", "parent": "host:h", "power": "running", "tags": [], "since": 1.5e9, "vcpus": 4},
    "vm:2": {"name": "vm2", "parent": "host:h", "power": "off", "tags": ["a", "b c"], "alarms": 0, "description": ""},
    "vm:3": {"name": "vm1", "parent": "host:g", "persistent": True, "snapshot_oldest": 1.25e9},
    "vm:4": {"parent": "host:missing", "power": "paused", "ip": ["10.0.0.1", "::1"]},
    "datastore:d": {"name": "ds", "capacity": 2**50, "shared": None},
}


def filled() -> InventoryStore:
    inventory = store()
    tell(inventory, FLEET, begun=time.monotonic())
    return inventory


@pytest.fixture(scope="module")
def image() -> bytes:
    return snapshot(filled(), "c1")


def opened(folder: Path, data: bytes) -> CacheFile:
    caching.write(path_of(folder, "c1"), data)
    found = open_cache(folder, spec())
    assert isinstance(found, CacheFile), found
    return found


def everything(inventory: InventoryStore) -> dict[str, dict[str, object]]:
    return {
        inventory.key(s): {f.name: v for f in FIELDS if (v := inventory.value(s, f.name)) is not None}
        for s in inventory.slots()
    }


def test_what_was_known_comes_back_stale(tmp_path: Path, image: bytes) -> None:
    cache = opened(tmp_path, image)
    inventory = store()
    assert list(adopt(cache, inventory, size=3)) == [3, 6, 8]
    assert everything(inventory) == everything(filled())
    assert outline(inventory) == outline(filled())
    inventory.open_generation("c1", 1)
    for s in inventory.slots():
        if inventory.key(s) != "connection:c1" and inventory.age(s, Group.PLACE, time.monotonic()) is not None:
            assert inventory.stale(s, Group.PLACE, time.monotonic())
    assert cache.problems == []


def test_rows_are_in_tree_order_and_machines_by_name(tmp_path: Path, image: bytes) -> None:
    cache = opened(tmp_path, image)
    names = [cache.value(row, "name") for row in range(len(cache))]
    assert names == ["cluster", "host 2", "vm2", "vm10", "host 10", "vm1", None, "ds"]
    assert [cache.value(row, "name") for row in cache.machines()] == [None, "vm1", "vm2", "vm10"]
    assert [cache.parent(row) for row in range(8)] == [None, 0, 1, 1, 0, 4, None, None]
    assert [cache.end(row) for row in range(8)] == [6, 4, 3, 4, 6, 6, 7, 8]
    assert cache.key(2) == "vm:2"
    assert cache.value(2, "alarms") == 0
    assert cache.value(2, "vcpus") is None
    with pytest.raises(IndexError):
        cache.value(8, "name")


def test_a_screenful_is_enough_for_the_first_frame(tmp_path: Path, image: bytes) -> None:
    cache = opened(tmp_path, image)
    assert cache.tops(2) == [0, 6], "nothing is unfolded yet"
    rows = cache.hanging([*cache.tops(2), *cache.machines(2)])
    assert rows == [0, 4, 5, 6], "the first two rows, the first two machines, and what is above them"
    inventory = store()
    list(adopt(cache, inventory, rows))
    assert outline(inventory) == [["c1", ["cluster", ["host 10", "vm1"]], "4"]]
    list(adopt(cache, inventory))
    assert everything(inventory) == everything(filled())


def test_the_live_connection_knows_better_whenever_it_speaks(tmp_path: Path, image: bytes) -> None:
    cache = opened(tmp_path, image)
    inventory = store()
    inventory.open_generation("c1", 1)
    tell(inventory, {"vm:1": {"name": "new name"}, "host:h": {"name": "host 2"}}, begun=-1e6)
    remove(inventory, "vm:2", begun=-1e6)
    complete(inventory, "host", begun=-1e6)
    list(adopt(cache, inventory))
    assert inventory.value(slot(inventory, "vm:1"), "name") == "new name"
    assert inventory.value(slot(inventory, "vm:1"), "vcpus") == 4, "what it did not tell is known from before"
    assert inventory.slot("c1", "vm:2") is None
    assert inventory.slot("c1", "host:g") is None
    complete(inventory, "vm", begun=-1e6)
    assert inventory.slot("c1", "vm:3") is None


def test_ages_outlive_the_console(tmp_path: Path) -> None:
    inventory = store()
    tell(inventory, {"vm:1": {"power": "off"}}, begun=time.monotonic() - 7200)
    tell(inventory, {"vm:2": {"power": "off"}}, begun=time.monotonic())
    later = store()
    list(adopt(opened(tmp_path, snapshot(inventory, "c1")), later))
    ages = [later.age(slot(later, key), Group.STATE, time.monotonic()) for key in ("vm:1", "vm:2")]
    assert ages[0] is not None
    assert ages[1] is not None
    assert ages[0] - ages[1] >= 7000


def test_an_empty_inventory_is_kept_too(tmp_path: Path) -> None:
    cache = opened(tmp_path, snapshot(store(), "c1"))
    assert (len(cache), cache.machines(), cache.tops(50), list(adopt(cache, store()))) == (0, [], [], [])


def test_the_file_is_for_its_owner_alone_and_replaced_whole(tmp_path: Path, image: bytes) -> None:
    folder = tmp_path / "a" / "cache"
    first = opened(folder, image)
    assert folder.stat().st_mode & 0o777 == 0o700
    path = path_of(folder, "c1")
    assert path.stat().st_mode & 0o777 == 0o600
    caching.write(path, snapshot(store(), "c1"))
    assert first.value(0, "name") == "cluster", "who has the old file open goes on reading it"
    assert os.listdir(folder) == [path.name]
    path.chmod(0o622)
    assert open_cache(folder, spec()) == Unusable("somebody else can write it")


def test_names_of_connections_are_no_paths(tmp_path: Path) -> None:
    names = ["..", "/etc/passwd", "a/b", "a" * 300, "a" * 299 + "b", "\ud800", "", "ä\n\0"]
    paths = {path_of(tmp_path, name) for name in names}
    assert len(paths) == len(names)
    assert all(path.parent == tmp_path and len(path.name) < 200 for path in paths)


def test_what_is_not_there_or_of_another_target_is_not_used(tmp_path: Path, image: bytes) -> None:
    assert open_cache(tmp_path, spec()) == Unusable("")
    caching.write(path_of(tmp_path, "c1"), image)
    moved = msgspec.structs.replace(spec(), uri="qemu+ssh://elsewhere/system")
    assert open_cache(tmp_path, moved) == Unusable("it is of another target")
    path_of(tmp_path, "c1").rename(path_of(tmp_path, "c2"))
    assert open_cache(tmp_path, spec("c2")) == Unusable("it is of another target")
    path_of(tmp_path, "c3").mkdir()
    assert isinstance(open_cache(tmp_path, spec("c3")), Unusable)


def test_a_file_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path, image: bytes) -> None:
    target = path_of(tmp_path, "c1")
    target.mkdir()
    with pytest.raises(OSError, match="directory"):
        caching.write(target, image)
    assert os.listdir(tmp_path) == [target.name]


def read_all(data: bytes) -> CacheFile | None:
    """Use everything of a file, as the console would."""
    try:
        cache = CacheFile(memoryview(data))
    except Damaged:
        return None
    for row in cache.hanging([*cache.tops(50), *cache.machines(50)]):
        cache.end(row), cache.seen(row)
    if cache.conn == "c1":
        for _ in adopt(cache, store()):
            pass
    return cache


def test_every_truncation_is_refused(image: bytes) -> None:
    for length in range(len(image)):
        assert read_all(image[:length]) is None


@given(st.binary(max_size=200), st.integers(0, 40))
def test_foreign_bytes_are_refused(data: bytes, kept: int) -> None:
    image = snapshot(store(), "c1")
    assert read_all(image[:kept] + data) is None


@given(st.data())
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_bytes_do_no_harm(image: bytes, data: st.DataObject) -> None:
    changed = bytearray(image)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(image) - 1))] ^= data.draw(st.integers(1, 255))
    cache = read_all(bytes(changed))
    if cache is None or cache.problems:
        return
    inventory = store()
    list(adopt(cache, inventory))
    assert everything(inventory) == everything(filled()), "only padding was hit"


def test_a_sealed_lie_does_no_harm_either(image: bytes) -> None:
    """Right check sums around wrong contents: rows, sections, numbers, types that do not fit."""
    lies = {
        "column.name": b"\xff" * 64,
        "column.key": b"",
        "column.tags": b"\0\0\0",
        "tree.parent": b"\xff" * 33,
        "tree.end": b"\0" * 32,
        "by_name": b"\xff" * 16,
        "age": b"\xff" * 32,
        "column.power": caching.column_section([("x",)] * 8),
        "column.vcpus": caching.column_section(["four"] * 8),
    }
    honest = {
        name: bytes(memoryview(image)[section.at : section.at + section.size])
        for name, section in caching.read_header(memoryview(image)).sections.items()
    }
    for name, lie in lies.items():
        parts = honest | {name: lie or b""}
        assert read_all(caching.assemble("c1", "t", 1.0, 8, parts)) is not None
    assert read_all(caching.assemble("c1", "t", float("nan"), 8, honest)) is None
    assert read_all(caching.assemble("c1", "t", 1.0, 10**6, honest)) is not None
    assert read_all(caching.assemble("c1", "t", 1.0, 10**9, honest)) is None
