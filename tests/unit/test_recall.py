"""The cached inventory at start: a screenful at once, the rest in slices, and all of it unless all is known anew."""

from __future__ import annotations

from pathlib import Path

from novatui.core.states import Kind
from novatui.engine.cache import CacheFile, open_cache, path_of, snapshot, write
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.recall import SCREENFUL, Recall, first_machines
from tests.unit import stores

MACHINES = 3 * SCREENFUL


def saved(folder: Path) -> None:
    inventory = stores.store()
    stores.tell(inventory, {f"vm:{n}": {"name": f"m{n}", "parent": "", "power": "off"} for n in range(MACHINES)})
    stores.complete(inventory, "vm")
    write(path_of(folder, "c1"), snapshot(inventory, "c1"))


def count(inventory: InventoryStore) -> int:
    return inventory.count(None, "machines")


async def test_a_screenful_is_there_at_once_and_the_rest_follows(tmp_path: Path) -> None:
    saved(tmp_path)
    inventory = stores.store()
    recall = Recall(tmp_path, [stores.spec()], inventory)
    assert SCREENFUL <= count(inventory) < MACHINES
    changes: list[int] = []
    await recall.fill(lambda _: False, lambda: changes.append(count(inventory)))
    assert count(inventory) == MACHINES
    assert changes


async def test_the_first_screenful_is_that_of_all_connections_together(tmp_path: Path) -> None:
    for conn, first in (("c1", 0), ("c2", SCREENFUL // 2)):
        inventory = stores.store(stores.spec(conn))
        names = {f"vm:{n}": {"name": f"m{n}", "parent": ""} for n in range(first, first + MACHINES)}
        stores.tell(inventory, names, conn=conn)
        write(path_of(tmp_path, conn), snapshot(inventory, conn))
    files = [open_cache(tmp_path, stores.spec(conn)) for conn in ("c1", "c2")]
    chosen = first_machines([file for file in files if isinstance(file, CacheFile)], SCREENFUL)
    assert [len(rows) for rows in chosen] == [45, 15], "m0 to m29 once, and m30 to m44 of both"
    together = stores.store(stores.spec("c1"), stores.spec("c2"))
    Recall(tmp_path, [stores.spec("c1"), stores.spec("c2")], together)
    names = {together.name(slot) for slot in together.slots(Kind.VM)}
    assert {f"m{n}" for n in range(45)} <= names


async def test_what_is_known_whole_is_not_recalled_further(tmp_path: Path) -> None:
    saved(tmp_path)
    inventory = stores.store()
    stores.tell(inventory, {"vm:new": {"name": "new", "parent": "", "power": "off"}}, begun=1e12)
    recall = Recall(tmp_path, [stores.spec()], inventory)
    turns: list[None] = []
    await recall.fill(lambda _: True, lambda: turns.append(None))
    assert len(turns) == 1


async def test_what_is_saved_is_recalled(tmp_path: Path) -> None:
    inventory = stores.store()
    stores.tell(inventory, {"vm:1": {"name": "one", "parent": ""}})
    await Recall(tmp_path, [stores.spec()], inventory).save(["c1"])
    again = stores.store()
    Recall(tmp_path, [stores.spec()], again)
    assert again.name(stores.slot(again, "vm:1")) == "one"


async def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    inventory = stores.store()
    stores.tell(inventory, {"vm:1": {"name": "one"}})
    await Recall(tmp_path / "file" / "below", [stores.spec()], inventory).save(["c1"])
