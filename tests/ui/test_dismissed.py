"""A connection that is taken away while somebody looks at it: its rows go, and nothing else happens."""

from __future__ import annotations

import pytest

from novatui.ui.place import Place
from novatui.ui.screens.registry import OF_ONE, SCREENS
from tests.ui.desk import desk
from tests.ui.world import SPECS, world

GONE = ("kvm-03", "vc-east", "pve-lab")
"""One of two in a group, a large one, one that is not there."""

WITHOUT_OBJECT = sorted(set(SCREENS) - OF_ONE)


@pytest.mark.parametrize("conn", GONE)
@pytest.mark.parametrize("tree", [False, True])
async def test_its_rows_go_from_table_and_tree(conn: str, tree: bool) -> None:
    async with desk(world(), (160, 50)) as person:
        if tree:
            await person.press("tab")
            await person.go_to(conn, f"connection:{conn}", person.tree)
        person.fleet.dismiss(conn)
        await person.settle()
        assert conn not in person.fleet.connections
        assert not {person.fleet.inventory.conn(slot) for slot in person.table.model.window()} & {conn}
        assert f" {conn} " not in "\n".join(line.partition("│")[0] for line in person.lines)
        await person.press("j", "k", "tab", "j", "enter", "escape")
        assert person.text


async def test_everything_can_be_taken_away() -> None:
    async with desk(world(), (160, 50)) as person:
        for spec in SPECS:
            person.fleet.dismiss(spec.name)
            await person.settle()
            await person.press("j")
        assert "0/0 conns" in person.lines[0]
        assert list(person.fleet.inventory.slots()) == []


@pytest.mark.parametrize("place", WITHOUT_OBJECT)
async def test_every_list_bears_it(place: str) -> None:
    async with desk(world(), (160, 50), place=Place(place)) as person:
        for conn in GONE:
            person.fleet.dismiss(conn)
            await person.settle()
            await person.press("j", "k")
        assert person.text


@pytest.mark.parametrize("key", ["connection:vc-east", "host:esx-07", "vm:db-orders-01", "cluster:a"])
@pytest.mark.parametrize("tab", ["1", "2", "3"])
async def test_who_looks_at_one_of_its_objects_may_go_on(key: str, tab: str) -> None:
    async with desk(world(), (160, 50)) as person:
        ref = person.fleet.inventory.ref(person.slot("vc-east", key))
        await person.open(Place("detail", ref=str(ref)))
        await person.press(tab)
        person.fleet.dismiss("vc-east")
        await person.settle()
        await person.pass_time(10)
        assert person.text
        await person.press("r", "escape")
        assert person.text
