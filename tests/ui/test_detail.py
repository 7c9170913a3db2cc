"""The detail screen on its own: what it asks for, what it shows while it waits, and what becomes of its object."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from novatui.actions.catalogue import Scope, in_scope
from novatui.core.detail import Detail, DiskRates, Rates, User, Users
from novatui.core.errors import Failure, Fault
from novatui.core.states import Kind
from novatui.ui.place import Place
from novatui.ui.render.detail.tabs import TABS
from novatui.ui.screens.detail import DetailScreen
from novatui.wire import frames
from tests.ui import detail_pictures, details, hostile, world
from tests.ui.desk import MIDDLE, NARROW, Desk, desk
from tests.ui.details import GPU, TellingFleet
from tests.ui.still import EVENING, StillFleet
from tests.ui.world import machine


@asynccontextmanager
async def shown(
    fleet: StillFleet, conn: str = "kvm-03", key: str = GPU, tab: str = "", size: tuple[int, int] = NARROW
) -> AsyncIterator[Desk]:
    """A person in front of the detail of one object."""
    async with desk(fleet, size) as person:
        ref = fleet.inventory.ref(person.slot(conn, key))
        person.app.stage.navigation.open(Place("detail", ref=str(ref), tab=tab))
        await person.settle()
        yield person


def screen(person: Desk) -> DetailScreen:
    assert isinstance(person.screen, DetailScreen)
    return person.screen


@pytest.mark.parametrize("size", detail_pictures.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("signs", detail_pictures.SIGNS)
async def test_the_pictures_are_as_kept(size: tuple[int, int], signs: str) -> None:
    drawn = {name: text async for name, text in detail_pictures.pictures(size, signs)}
    kept = detail_pictures.FOLDER.glob(f"*-{signs}-{size[0]}x{size[1]}.txt")
    assert drawn == {path.stem: path.read_text(encoding="utf-8") for path in kept}


async def test_enter_opens_the_object_under_the_cursor_and_escape_goes_back() -> None:
    async with desk(details.fleet()) as person:
        await person.go_to("kvm-03", GPU)
        await person.press("enter")
        assert "gpu-train-1" in person.lines[0]
        await person.press("escape")
        assert person.screen is person.home
        assert person.under() == "gpu-train-1"


async def test_each_tab_asks_for_its_own_parts_and_only_once() -> None:
    made = details.fleet()
    async with shown(made) as person:
        assert made.asked() == [(GPU, ["vm"])]
        await person.press("3", "4", "1", "6", "6", "9")
        assert made.asked() == [(GPU, ["vm"]), (GPU, ["rates"]), (GPU, ["snapshots"]), (GPU, ["raw"])]


async def test_numbers_and_tab_go_through_the_tabs_and_a_number_without_a_tab_says_so() -> None:
    async with shown(details.fleet(), key=details.POOL) as person:
        names = [tab.name for tab in TABS[Kind.DATASTORE]]
        walked = []
        for _ in names:
            walked.append(person.screen.place().tab)
            await person.press("tab")
        assert walked == names
        assert person.screen.place().tab == names[0]
        await person.press("shift+tab")
        assert person.screen.place().tab == names[-1]
        await person.press("5")
        assert "a datastore has no tab 5" in person.lines[-1]
        await person.press("3")
        assert person.screen.place().tab == "volumes"


async def test_the_place_holds_object_and_tab_and_opens_the_same_again() -> None:
    async with shown(details.fleet(), tab="disks") as person:
        place = person.screen.place()
        assert place == Place("detail", ref=f"kvm-03:{GPU}", tab="disks")
        await person.press("escape")
        person.app.stage.navigation.open(place)
        await person.settle()
        assert "[3 Disks]" in person.lines[1]


async def test_an_answer_that_fails_says_why_and_r_reads_again() -> None:
    made = details.fleet()
    async with shown(made, "vc-east", "vm:db-orders-01") as person:
        assert "no answer to detail within 15 s" in person.text
        assert ":refresh reads again" in person.text.replace("\n", " ")
        made.told["vc-east", "vm:db-orders-01"] = Detail(key="vm:db-orders-01", vm=details.spec())
        await person.press("r")
        assert "no answer to detail" not in person.text
        await person.press("3")
        assert "vda  virtio disk" in person.text


async def test_values_follow_the_stores() -> None:
    made = details.fleet()
    async with shown(made) as person:
        assert "64 % of 4 vCPU" in person.text
        made.measure("kvm-03", {GPU: {"cpu.used": 12.0}})
        await person.settle()
        assert "12 % of 4 vCPU" in person.text


async def test_a_row_that_was_read_again_makes_the_detail_be_read_again_but_not_at_once() -> None:
    made = details.fleet()
    async with shown(made) as person:
        before = len(made.asked())
        made.clock.advance(1.0)
        made.tell("kvm-03", {GPU: {"vcpus": 6}})
        await person.settle()
        assert len(made.asked()) == before
        assert "6 vCPU" in person.text
        made.clock.advance(10.0)
        made.tell("kvm-03", {GPU: {"vcpus": 8}})
        await person.settle()
        assert len(made.asked()) == before + 1


async def test_what_is_gone_stays_as_it_was_last_seen_and_may_come_back() -> None:
    made = details.fleet()
    async with shown(made) as person:
        await person.press("3")
        before = person.lines[2:-1]
        made.remove("kvm-03", GPU)
        await person.settle()
        assert "gone since 23:41:07" in person.lines[0]
        assert "gpu-train-1 is gone" in person.lines[-1]
        assert person.lines[2:-1] == before
        await person.resize(100, 30)
        assert "vda  virtio disk" in person.text
        own = in_scope(Scope.DETAIL, Scope.PANES, Scope.MOVE, Scope.ROWS, Scope.OBJECTS)
        stay = [action for action in own if not action.leader and action.id != "snapshots.old"]  # that is another list
        for key in [key for action in stay for key in action.keys]:
            await person.press(key)
            if person.screen.taker is not None:
                await person.press("escape")
        made.clock.advance(2.0)
        made.tell("kvm-03", {GPU: machine("gpu-train-1", "kvm-03")})
        await person.settle()
        await person.press("1")
        assert "gone" not in person.lines[0]
        assert "● running" in person.lines[0]


async def test_an_object_may_go_between_two_looks_at_the_stores() -> None:
    made = details.fleet()
    for tab in ("summary", "disks", "snapshots", "tasks", "raw", "metrics"):
        async with shown(made, tab=tab) as person:
            made.remove("kvm-03", GPU)  # what is asked now is asked before the next tick
            on_top = screen(person)
            assert on_top.wanted() == {}
            assert on_top.subject() is None
            assert on_top.sight() is None
            assert on_top.crumbs()
            assert on_top.facts()
            on_top.age()
            on_top.minute()
            await person.settle()
            assert "gone since" in person.lines[0]
        made.clock.advance(1.0)
        made.tell("kvm-03", {GPU: machine("gpu-train-1", "kvm-03")})


async def test_a_host_may_go_while_its_devices_are_looked_at() -> None:
    made = details.fleet()
    async with shown(made, key="host:kvm-03", tab="devices") as person:
        made.remove("kvm-03", "host:kvm-03")
        await person.press("j", "j", "enter")
        assert "gone since" in person.lines[0]
        assert "0000:5e:00.2" in person.text


async def test_a_machine_that_migrates_to_another_connection_is_followed() -> None:
    made = details.fleet()
    uuid = "b20bb610-fb32-420f-8177-d4ba00014344"
    async with shown(made, "kvm-03", f"vm:{uuid}") as person:
        at = made.identity.fold(person.slot("kvm-03", f"vm:{uuid}"))
        first = made.inventory.conn(at)
        other = {"kvm-03": "kvm-12", "kvm-12": "kvm-03"}[first]
        assert screen(person).subject() == at
        made.clock.advance(1.0)
        made.tell(other, {f"vm:{uuid}": {"power": "running", "job": ""}})
        made.remove(first, f"vm:{uuid}")
        await person.settle()
        assert "gone" not in person.lines[0]
        assert made.inventory.conn(screen(person).subject() or -1) == other
        assert person.screen.place().ref == f"{other}:vm:{uuid}"


async def test_a_lost_connection_leaves_marked_values() -> None:
    made = details.fleet()
    async with shown(made) as person:
        made.lose("kvm-03")
        made.clock.advance(60.0)
        person.app.stage.pulse.age()
        await person.settle()
        assert "~● running 3d, 1m old" in person.lines[0]
        assert "kvm-03 is down" in person.text
        assert "what you see was last true at" in person.text


async def test_members_open_and_lead_back() -> None:
    async with shown(details.fleet(), "vc-east", "host:esx-07", "machines") as person:
        await person.press("j", "enter")
        assert "app-vc-07" in person.lines[0]
        await person.press("escape")
        assert "[3 VMs]" in person.text
        assert "esx-07" in person.lines[0]


async def test_marks_work_on_members_only() -> None:
    async with shown(details.fleet(), "vc-east", "host:esx-07", "machines") as person:
        await person.press("space", "space")
        assert len(screen(person).targets()) == 2
        await person.press("1", "space")
        assert len(screen(person).targets()) == 1


async def test_enter_gives_an_entry_all_the_room_and_escape_takes_it_back() -> None:
    async with shown(details.fleet(), tab="snapshots") as person:
        assert "you are here" in person.text
        await person.press("j", "enter")
        assert "you are here" not in person.text
        assert "─ app-1.0 ─" in person.lines[3]
        await person.press("escape")
        assert "you are here" in person.text
        assert "app-1.0" in person.text


async def test_branches_of_the_snapshot_tree_fold_and_stay_folded() -> None:
    made = details.fleet()
    async with shown(made, tab="snapshots") as person:
        await person.press("h")
        assert "exp-tuning" not in person.text
        await person.press("r")
        assert "exp-tuning" not in person.text
        await person.press("l")
        assert "exp-tuning" in person.text


async def test_a_deep_chain_of_snapshots_stays_readable() -> None:
    made = details.fleet()
    made.told["kvm-03", GPU] = Detail(key=GPU, snapshots=details.deep(300))
    async with shown(made, tab="snapshots") as person:
        await person.press("G")
        assert "you are here" in person.text
        assert "…299 " in person.text
        await person.press("k")
        assert "─ daily-299 ─" in person.text
        assert "parent         daily-298" in person.text


async def test_snapshots_that_name_each_other_in_a_circle_are_all_shown() -> None:
    made = details.fleet()
    one, other = details.deep(2)
    circle = (detail_replace(one, parent=other.id), other, detail_replace(one, id="x", parent="x"), one)
    made.told["kvm-03", GPU] = Detail(key=GPU, snapshots=circle)
    async with shown(made, tab="snapshots") as person:
        tree = person.lines[4:9]
        assert sum("daily-0" in line for line in tree) == 3
        assert sum("daily-1" in line for line in tree) == 1


def detail_replace(snapshot: object, **changes: object) -> object:
    return msgspec.structs.replace(snapshot, **changes)  # type: ignore[arg-type, type-var]


async def test_the_native_form_is_searched_wrapped_and_scrolled() -> None:
    async with shown(details.fleet(), tab="raw") as person:
        await person.press("slash", *"backing")
        assert "1 of 7 lines" in person.lines[2]
        assert any("memoryBacking" in line for line in person.lines[3:-1])
        await person.press("enter", "enter")
        assert "2 of 7 lines" in person.lines[2]
        await person.press("escape")
        assert "to search" in person.lines[2]
        await person.press("W", "g")
        assert "cut, W wraps" in person.lines[2]
        first = person.lines[3]
        await person.press("l")
        assert person.lines[3] != first


async def test_tasks_of_the_object_are_listed_with_why_one_failed() -> None:
    made = details.fleet()
    failure = Failure(
        fault=Fault.CONFLICT, message="the disk is locked", meaning="a backup holds it", hint="wait for it"
    )
    async with shown(made, tab="tasks") as person:
        assert "no task and no event of it is known" in person.text
        made.hear(world.task("kvm-03", id="1", verb="snapshot", key=GPU, state="failed", started=made.clock.time() - 9,
                       ended=made.clock.time() - 3, failure=failure, who="ana"))  # fmt: skip
        await person.settle()
        assert "the disk is locked" in person.line("snapshot  ")
        for part in ("a backup holds it", "wait for it"):
            assert part in person.text


async def test_a_place_that_is_not_in_the_inventory_waits_for_it() -> None:
    made = details.fleet()
    async with desk(made, NARROW) as person:
        person.app.stage.navigation.open(Place("detail", ref="kvm-03:vm:later"))
        await person.settle()
        assert "not in the inventory" in person.text
        made.tell("kvm-03", {"vm:later": machine("later", "kvm-03")})
        await person.settle()
        assert "later" in person.lines[0]
        assert "● running" in person.text


@pytest.mark.parametrize("tab", ["summary", "raw", "tasks", "machines"])
async def test_nothing_hostile_comes_out(tab: str) -> None:
    made = hostile.fleet()
    async with desk(made, NARROW) as person:
        for slot in list(made.inventory.slots())[:40]:
            ref = made.inventory.ref(slot)
            person.app.stage.navigation.open(Place("detail", ref=str(ref), tab=tab))
            await person.settle()
            assert all(char == "\n" or char.isprintable() for char in person.text)
            person.app.stage.navigation.back()
            await person.settle()


async def test_details_are_asked_of_a_connection_that_stands() -> None:
    made = TellingFleet()
    made.connect("kvm-03")
    made.tell("kvm-03", {"vm:a": machine("a", "kvm-03", parent="")})
    async with shown(made, key="vm:a") as person:
        assert any(isinstance(frame, frames.DetailRequest) for frame in made.sent)
        assert "it is being read" in person.text


# --- rates of single devices ------------------------------------------------------------------------------------------


def cells(person: Desk, device: str) -> list[str]:
    """The words of the line of a device in the table of traffic, without the scrollbar."""
    line = next(line for line in person.lines[3:12] if line.startswith(f" {device} "))
    return line.rstrip("▐ ").split()


async def test_each_disk_and_interface_has_its_rates_and_what_nobody_counts_is_unknown() -> None:
    async with shown(details.fleet(), tab="disks") as person:
        assert cells(person, "vda")[1:] == ["42", "MiB/s", "3.1", "MiB/s", "1914", "/s", "7.4", "ms"]
        assert cells(person, "sda")[-1] == "·"
        assert cells(person, "vdb") == ["vdb", "?", "?", "?", "?"]
        assert "mean of 2 s" in person.text
        await person.press("4")
        assert person.line("12 /s").split()[:5] == ["vnet0", "5.5", "MiB/s", "1.8", "MiB/s"]


async def test_rates_are_read_again_while_they_are_looked_at_and_no_longer() -> None:
    made = details.fleet()
    async with shown(made, tab="disks") as person:
        before = len(made.asked())
        told = made.told["kvm-03", GPU]
        assert isinstance(told, Detail)
        made.told["kvm-03", GPU] = msgspec.structs.replace(
            told, rates=Rates(disks=(DiskRates(target="vda", read=5 * 2**20),), seconds=4.0)
        )
        made.clock.advance(2.5)
        made.measure("kvm-03", {GPU: {"cpu.used": 12.0}})
        await person.settle()
        assert made.asked()[before:] == [(GPU, ["rates"])]
        assert "mean of 4 s" in person.text
        await person.press("1")
        made.clock.advance(2.5)
        made.measure("kvm-03", {GPU: {"cpu.used": 13.0}})
        await person.settle()
        assert made.asked()[before:] == [(GPU, ["rates"])]


async def test_old_rates_say_how_old_they_are() -> None:
    made = details.fleet()
    async with shown(made, tab="disks") as person:
        made.told = {}
        await person.pass_time(30)
        assert "~30s old" in person.text


async def test_the_first_reading_has_no_rates_and_says_why() -> None:
    made = details.fleet()
    told = made.told["kvm-03", GPU]
    assert isinstance(told, Detail)
    made.told["kvm-03", GPU] = msgspec.structs.replace(told, rates=Rates(disks=(DiskRates(target="vda"),)))
    async with shown(made, tab="disks") as person:
        assert "rates come with the next reading" in person.text
        assert cells(person, "vda") == ["vda", "?", "?", "?", "?"]


# --- who uses a store or a network ------------------------------------------------------------------------------------


async def test_a_store_tells_its_machines_and_enter_opens_one() -> None:
    async with shown(details.fleet(), key=details.POOL, tab="users") as person:
        assert "vda, sdb" in person.line("gpu-train-1")
        assert "of 2 more machines it is not known" in person.text
        assert "gone" not in person.text
        await person.press("enter")
        assert "gpu-train-1" in person.lines[0]
        assert "[1 Summary]" in person.lines[1]


async def test_its_machines_can_be_marked() -> None:
    async with shown(details.fleet(), key=details.POOL, tab="users") as person:
        await person.press("space")
        assert [str(ref) for ref in person.screen.aim()] == [f"kvm-03:{GPU}"]


async def test_nobody_on_a_network_is_said_and_so_is_what_is_not_told() -> None:
    made = details.fleet()
    async with shown(made, key=details.NET, tab="users") as person:
        assert "no machine is plugged in here" in person.text
    made = details.fleet()
    told = made.told["kvm-03", details.NET]
    assert isinstance(told, Detail)
    made.told["kvm-03", details.NET] = msgspec.structs.replace(told, users=None)
    async with shown(made, key=details.NET, tab="users") as person:
        assert "no machine" not in person.text
        assert "not told" in person.text


# --- tasks and events of a place --------------------------------------------------------------------------------------


async def test_a_place_tells_what_happens_in_it_and_to_what() -> None:
    async with shown(details.fleet(), "vc-east", "connection:vc-east", tab="tasks", size=MIDDLE) as person:
        assert "OBJECT" in person.lines[2]
        of_connection = person.text
        assert "web-front-11" in of_connection
        assert "fs-gone" not in of_connection, "of another connection"
        store = person.fleet.inventory
        host = store.host(person.slot("vc-east", "vm:db-orders-01"))
        assert host is not None
        await person.open(Place("detail", ref=str(store.ref(host)), tab="tasks"))
        assert "db-orders-01" in person.text


async def test_what_happens_to_a_machine_appears_on_its_connection_at_once() -> None:
    made = details.fleet()
    async with shown(made, "kvm-12", "connection:kvm-12", tab="tasks", size=MIDDLE) as person:
        assert "freezes" not in person.text
        made.hear(world.event("kvm-12", id="e9", at=EVENING, key="vm:nfs-gw", text="freezes"))
        await person.settle()
        assert any("nfs-gw" in line and "freezes" in line for line in person.lines[3:6])


# --- told apart -------------------------------------------------------------------------------------------------------


async def test_a_way_that_is_too_long_says_that_something_is_left_out() -> None:
    async with shown(details.fleet(), "vc-east", "vm:db-orders-01", size=(100, 30)) as person:
        assert "vc-east › DC East › Production › Cluster A › esx-07 › db-orders-01" not in person.lines[0]
        assert person.lines[0].startswith(" NovaTUI › vc-east › … ›")
        assert "› esx-07 › db-orders-01" in person.lines[0]
        await person.resize(160, 50)
        assert "vc-east › DC East › Production › Cluster A › esx-07 › db-orders-01" in person.lines[0]
        await person.resize(60, 24)
        assert "db-orders-01" in person.lines[0]


async def test_interfaces_on_a_network_are_named_whole_at_80_columns() -> None:
    made = details.fleet()
    told = made.told["kvm-03", details.NET]
    assert isinstance(told, Detail)
    users = Users(machines=(User(key=GPU, through=("52:54:00:00:00:01",)),))
    made.told["kvm-03", details.NET] = msgspec.structs.replace(told, users=users)
    async with shown(made, key=details.NET, tab="users") as person:
        assert "52:54:00:00:00:01" in person.line("gpu-train-1")


async def test_stores_of_one_name_are_told_apart_by_where_they_are_at_80_columns() -> None:
    async with desk(world.parts(), NARROW) as person:
        await person.open("ds")
        assert person.lines[3].split()[-1] == "IN"
        assert person.line("Local storage").split()[-1] == "pool-xen", "what lies in nothing else is its connection's"


@pytest.mark.parametrize(
    ("native", "said"),
    [
        ("running (booted)", "● running (booted)"),
        ("Running", "● running"),
        ("poweredOn", "● running (poweredOn)"),
        (None, "● running"),
    ],
)
async def test_what_the_product_calls_a_state_is_not_said_twice(native: str | None, said: str) -> None:
    made = details.fleet()
    made.tell("kvm-03", {GPU: {"native_state": native}})
    async with shown(made) as person:
        assert person.line(" power ").partition("power")[2].rstrip("▐ ").strip() == said
