"""Lists of every kind: opened, sorted, left and found again; loaded on demand; saved, and restored with the session."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from novatui.config.saved import SavedView, Session
from novatui.core.states import Kind
from novatui.ui.columns.views import VIEW, VIEWS
from novatui.ui.place import Place
from novatui.ui.preferences import Preferences
from novatui.wire import frames
from tests.ui.desk import Desk, desk
from tests.ui.still import StillFleet
from tests.ui.world import SPECS, host, machine, parts, world

NAMES = [view.name for view in VIEWS]


async def go(person: Desk, name: str, **chosen: str) -> None:
    person.app.stage.navigation.open(Place(name, **chosen))
    await person.settle()


def can(fleet: StillFleet) -> StillFleet:
    """Its products have snapshots and devices."""
    for one in fleet.connections.values():
        if one.info:
            one.info = msgspec.structs.replace(one.info, roles=("SnapshotSource", "DeviceSource"))
    return fleet


def wanted(fleet: StillFleet) -> list[set[str]]:
    """What each connection was asked to list, time after time."""
    return [set(frame.kinds) for frame in fleet.sent if isinstance(frame, frames.Kinds) and frame.conn == "kvm-12"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_view_lists_its_kinds_and_nothing_else(name: str) -> None:
    async with desk(parts()) as person:
        await go(person, name)
        store = person.fleet.inventory
        kinds = VIEW[name].kinds
        expected = [slot for kind in kinds for slot in store.slots(kind) if person.fleet.identity.visible(slot)]
        assert sorted(person.table.model.rows) == sorted(expected)
        assert expected, "the world has some of each"
        assert f":{name} " in person.lines[1]
        assert VIEW[name].title in person.lines[2]


@pytest.mark.parametrize("name", NAMES)
async def test_every_letter_of_the_prompt_sorts_a_view(name: str) -> None:
    async with desk(parts(), (160, 50)) as person:
        await go(person, name)
        for letter, key in VIEW[name].letters().items():
            await person.press("s", letter)
            assert person.home._listing.sort.key == key
            assert len(person.table.model.rows) == person.home._listing.summary(0).total


@pytest.mark.parametrize("size", [(40, 12), (60, 15), (79, 24), (80, 24), (99, 30), (100, 30), (140, 40), (200, 60)])
@pytest.mark.parametrize("name", NAMES)
async def test_a_view_fits_every_size_and_a_change_of_it(name: str, size: tuple[int, int]) -> None:
    async with desk(parts(), (100, 30)) as person:
        await go(person, name)
        await person.resize(*size)
        assert person.names()[0][:4] in person.text
        assert ("NAME" in person.text) == (size[0] >= 80), "columns have titles, lines of words have none"
        await person.press("T")
        assert person.lines
        await person.press("T")
        assert person.names()[0][:4] in person.text


async def test_below_80_columns_the_tree_takes_the_place_of_the_list() -> None:
    async with desk(world(), (70, 20)) as person:
        assert "api-hv-01, on, cpu" in person.text
        assert "kvm-farm" not in person.text
        await person.press("T")
        assert "kvm-farm" in person.text
        assert "api-hv-01, on, cpu" not in person.text
        await person.press("T")
        assert "api-hv-01, on, cpu" in person.text


async def test_the_way_back_leads_through_the_views_with_filter_sort_and_cursor() -> None:
    async with desk(parts()) as person:
        await person.press("slash", *"db", "enter", "s", "c")
        await person.press("j")
        under = person.under()
        await go(person, "ds")
        assert person.home._listing.sort == VIEW["ds"].sort
        assert person.home._listing.filter == ""
        await go(person, "host")
        await person.press("escape")
        assert person.home.place().name == "ds"
        await person.press("escape")
        place = person.home.place()
        assert (place.name, place.filter, place.sort) == ("vm", "db", "-cpu.used")
        assert person.under() == under
        assert "/db" in person.lines[1]


async def test_a_view_begins_at_its_top_and_marks_of_another_are_gone() -> None:
    async with desk(parts()) as person:
        await person.press("G", "space")
        assert person.table.marks
        await go(person, "host")
        assert person.table.model.cursor_index == 0
        assert not person.table.marks
        assert "marked" not in person.lines[1]


async def test_the_peek_pane_follows_the_view() -> None:
    async with desk(parts()) as person:
        await go(person, "ds")
        assert "full 98%" in person.text
        await go(person, "snap")
        assert "machine gone   age 400d" in person.text
        await go(person, "cluster")
        assert "hosts 5" in person.text


# --- on demand --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "kind"), [("snap", "snapshot"), ("dev", "device")])
async def test_snapshots_and_devices_are_asked_for_when_they_are_looked_at(name: str, kind: str) -> None:
    async with desk(can(world())) as person:
        assert wanted(person.fleet) == []
        await go(person, name)
        assert [kind in asked for asked in wanted(person.fleet)] == [True]
        assert "vm" in wanted(person.fleet)[0], "beside what is listed anyway"
        assert f"{VIEW[name].many} are being read from 5 connections" in person.text
        person.fleet.tell("kvm-12", {f"{kind}:new": {"name": "brand-new", "parent": "host:kvm-12"}})
        await person.settle()
        assert "brand-new" in person.text


async def test_what_is_left_lingers_and_then_goes() -> None:
    async with desk(parts()) as person:
        await go(person, "snap")
        await go(person, "vm")
        assert len(wanted(person.fleet)) == 1, "who comes back soon finds it as it was"
        assert list(person.fleet.inventory.slots(Kind.SNAPSHOT))
        assert list(person.home._wanted_kinds._lingering) == [Kind.SNAPSHOT]
        person.home._wanted_kinds._forget(Kind.SNAPSHOT)
        assert "snapshot" not in wanted(person.fleet)[-1]
        assert not list(person.fleet.inventory.slots(Kind.SNAPSHOT))
        await go(person, "snap")
        assert "snapshot" in wanted(person.fleet)[-1]
        assert not person.home._wanted_kinds._lingering


async def test_a_list_that_is_empty_says_why() -> None:
    made = StillFleet(SPECS[:2])
    made.connect("kvm-03", "kvm-12")
    made.tell("kvm-03", {"host:h": host("h")})
    async with desk(made) as person:
        await go(person, "snap")
        assert "no product here tells of snapshots" in person.text, "the connections of the tests have no roles"
        await go(person, "net")
        assert "networks are being read from 2 connections" in person.text
        for conn in ("kvm-03", "kvm-12"):
            made.listed(conn, ["network"])
        await person.settle()
        person.app.stage.pulse.age()
        await person.settle()
        assert "there are no networks" in person.text
        await go(person, "host", filter="power:off")
        assert "no host matches power:off" in person.text


# --- saved views ------------------------------------------------------------------------------------------------------


async def say(person: Desk, command: str) -> None:
    await person.press("colon")
    await person.type(command)
    await person.press("enter")


async def test_a_view_is_saved_and_shown_again() -> None:
    async with desk(parts()) as person:
        await go(person, "host", filter="cpu>40", sort="-machines")
        await say(person, "save busy")
        assert "saved as busy" in person.lines[-1]
        await say(person, "vm")
        assert person.home.place() == Place("vm")
        await say(person, "view busy")
        assert person.home.place() == Place("host", filter="cpu>40", sort="-machines")
        await say(person, "view bussy")
        assert "there is no saved list `bussy`" in person.lines[-1]
        assert "did you mean `busy`?" in person.lines[-1]
        await person.press("escape", "colon", *"view b", "tab")
        assert "view busy" in person.lines[-1], "it is completed"
        await person.press("escape", "escape")
        await say(person, "forget busy")
        await say(person, "view busy")
        assert "no list was saved yet" in person.lines[-1]


async def test_a_saved_view_brings_its_columns_and_its_scope() -> None:
    async with desk(parts()) as person:
        await person.press("tab", "G", "at", "tab")
        scope = person.home.place().scope
        assert scope
        person.home.choose_columns(("state", "ip"))
        await say(person, "save mine")
        person.home.choose_columns(VIEW["vm"].usual)
        await say(person, "ds")
        await say(person, "view mine")
        assert person.home.columns() == ("state", "ip")
        assert person.home.place().scope == scope
        await say(person, "ds")
        await say(person, "vm")
        assert person.home.columns() == VIEW["vm"].usual, "its columns were those of the saved list only"


async def test_a_saved_view_is_shown_from_another_screen_and_stands_in_the_palette() -> None:
    async with desk(parts()) as person:
        await say(person, "host")
        await say(person, "save all-hosts")
        await say(person, "vm")
        await say(person, "log")
        await say(person, "view all-hosts")
        assert person.app.screen is person.home
        assert person.home.place().name == "host"
        await say(person, "vm")
        await person.press("semicolon", *"all-hos", "enter")
        assert person.home.place().name == "host"


async def test_columns_are_chosen_by_keys_and_drawn_at_once() -> None:
    async with desk(world()) as person:
        await person.press("v", "o")
        assert "Columns of machines" in person.text
        await person.press("space")  # the state, the first one
        assert "state" not in person.home.columns()
        assert " ST " not in person.lines[3]
        await person.press("j", "j", "K", "K")  # the processor before the host
        assert person.home.columns()[:2] == ("cpu", "host")
        await person.press(*["j"] * 40, "space")
        assert "tools" in person.home.columns()
        shown = person.home._table_source.grid.shows(person.table.body_width)
        assert "tools" in shown, "what was asked for is drawn, whatever else has to go"
        assert "no room" in person.text
        await person.press("r")
        assert person.home.columns() == VIEW["vm"].usual
        await person.press("escape")
        assert "Columns of machines" not in person.text


async def test_the_last_column_cannot_be_hidden() -> None:
    async with desk(world()) as person:
        person.home.choose_columns(("cpu",))
        await person.press("v", "o", "space")
        assert person.home.columns() == ("cpu",)


@pytest.mark.parametrize("size", [(40, 10), (80, 24)])
async def test_the_columns_dialog_scrolls_on_a_small_screen(size: tuple[int, int]) -> None:
    async with desk(world(), size) as person:
        await person.press("v", "o", *["j"] * 40)
        assert "tools" in person.text
        await person.press(*["k"] * 40)
        assert "[x] state" in person.text


async def test_lines_of_words_can_be_had_at_any_width() -> None:
    async with desk(world(), (160, 50)) as person:
        await say(person, "lines")
        assert "api-hv-01, on, cpu 14%" in person.text
        assert "NAME" not in person.text
        await say(person, "lines")
        assert "NAME" in person.text


async def test_chosen_columns_are_kept_for_their_view() -> None:
    async with desk(world()) as person:
        person.home.choose_columns(("ip", "state", "snaps"))
        await person.settle()
        assert person.lines[3][31:].split()[1:4] == ["IP", "ST", "SNAPS"]
        await go(person, "host")
        assert "IP" not in person.lines[3].split()
        await go(person, "vm")
        assert person.home.columns() == ("ip", "state", "snaps")
        person.home.choose_columns(VIEW["vm"].usual)
        assert person.app.stage.preferences.columns("vm") == ()


# --- the session ------------------------------------------------------------------------------------------------------


def kept(folder: Path) -> Preferences:
    return Preferences(folder / "views.toml", folder / "session.toml")


async def test_a_session_begins_where_the_last_one_ended(tmp_path: Path) -> None:
    async with desk(parts(), preferences=kept(tmp_path)) as person:
        await go(person, "ds", filter="used>1", sort="name")
        await person.press("j")
        under = person.under()
        tree = person.tree
        tree.fold(person.slot("kvm-03", "group:kvm-farm"))
        tree.set_expanded([person.slot("vc-east", "datacenter:dc")])
        await person.press("T")
    async with desk(parts(), preferences=kept(tmp_path)) as person:
        assert person.home.place() == Place("ds", filter="used>1", sort="name")
        assert person.under() == under
        assert person.home.query_one("#tree-pane").has_class("gone")
        await person.press("T")
        assert not person.tree.model.tree.is_open(person.slot("kvm-03", "group:kvm-farm"))
        assert person.tree.model.tree.is_open(person.slot("vc-east", "datacenter:dc"))
        assert "Production" in person.text


async def test_pinned_rows_stay_at_the_top_of_their_list(tmp_path: Path) -> None:
    async with desk(parts(), preferences=kept(tmp_path)) as person:
        others = person.names()
        await person.go_to("vc-east", "vm:db-orders-01")
        await person.press("w")
        assert person.under() == "db-orders-01"
        await person.go_to("kvm-12", "vm:mystery")
        await person.press("w")
        pins = ["db-orders-01", "mystery"]
        await person.press("s", "c")
        assert person.names()[:2] == pins
        assert "2 pinned" in person.lines[1]
        await person.press("slash", *"web", "enter")
        assert person.names()[:2] == pins
        assert all("web" in name for name in person.names()[2:])
        assert "▴" in next(line for line in person.lines if "db-orders-01" in line)
        await go(person, "host")
        assert not set(pins) & set(person.names())
        assert "pinned" not in person.lines[1]
    async with desk(parts(), preferences=kept(tmp_path)) as person:
        await go(person, "vm")
        assert person.names()[:2] == pins
        await person.go_to("kvm-12", "vm:mystery")
        await person.press("colon", *"pin", "enter")
        await person.go_to("vc-east", "vm:db-orders-01")
        await person.press("w", "g")
        assert person.names() == others


async def test_a_pin_goes_with_a_machine_that_moves_and_not_to_whoever_gets_its_row() -> None:
    made = parts()
    async with desk(made) as person:
        await person.go_to("vc-east", "vm:db-orders-01")
        await person.press("w", "tab")
        await person.go_to("vc-east", "host:esx-07", person.tree)
        await person.press("w")
        assert "stays at the top of the list that has it" in person.lines[-1]
        made.remove("vc-east", "vm:db-orders-01")
        made.tell("vc-east", {"vm:zzz": machine("zzz", "esx-07")})
        await person.settle()
        assert "pinned" not in person.lines[1]
        assert person.names()[0] != "zzz"
        await go(person, "host")
        assert person.names()[0] == "esx-07"


async def test_what_a_session_names_is_found_once_it_is_loaded(tmp_path: Path) -> None:
    async with desk(world(), preferences=kept(tmp_path)) as person:
        slot = person.slot("vc-east", "cluster:a")
        person.home._listing.set_scope(slot)
        person.home._show_listing()
        await person.go_to("vc-east", "vm:mail-02")
    made = StillFleet(SPECS)
    made.connect(*(spec.name for spec in SPECS))
    async with desk(made, preferences=kept(tmp_path)) as person:
        assert person.home._listing.scope is None
        made.tell("vc-east", {"vm:early": machine("early", "esx-03")})
        await person.settle()
        assert person.under() == "early"
        made.tell(
            "vc-east", {"cluster:a": {"name": "Cluster A", "parent": ""}, "host:esx-08": host("esx-08", "cluster:a")}
        )
        made.tell("vc-east", {f"vm:{name}": machine(name, "esx-08") for name in ("a", "mail-02", "z")})
        await person.settle()
        assert person.names() == ["a", "mail-02", "z"], "limited to the cluster"
        assert person.under() == "mail-02"


async def test_the_cursor_of_the_last_session_does_not_jump_away_from_a_person(tmp_path: Path) -> None:
    kept(tmp_path).end_session(
        Session(connections=tuple(sorted(spec.name for spec in SPECS)), cursor="vc-east:vm:late")
    )
    async with desk(world(), preferences=kept(tmp_path)) as person:
        await person.press("j")
        under = person.under()
        person.fleet.tell("vc-east", {"vm:late": machine("late", "esx-03")})
        await person.settle()
        assert person.under() == under


async def test_a_filter_on_the_command_line_is_stronger_than_the_last_session(tmp_path: Path) -> None:
    preferences = kept(tmp_path)
    names = tuple(sorted(spec.name for spec in SPECS))
    preferences.end_session(Session(connections=names, at=SavedView(view="host", filter="cpu>1")))
    async with desk(world(), find="db", preferences=preferences) as person:
        assert (person.home.place().name, person.home.place().filter) == ("vm", "db")


@pytest.mark.parametrize(
    "at",
    [
        SavedView(view="no-such"),
        SavedView(filter="cpu>"),
        SavedView(sort="no-such-key"),
        SavedView(scope="what:is:this:"),
        SavedView(scope="gone:host:x"),
        SavedView(view="ds", sort="-" * 40),
    ],
)
async def test_a_session_of_another_version_does_no_harm(tmp_path: Path, at: SavedView) -> None:
    names = tuple(sorted(spec.name for spec in SPECS))
    kept(tmp_path).end_session(Session(connections=names, at=at, cursor="?", folded=("x",), unfolded=("::",)))
    async with desk(world(), preferences=kept(tmp_path)) as person:
        assert person.table.model.rows
        await person.press("escape", "escape", "j")
        assert person.under()


async def test_without_files_nothing_is_restored(tmp_path: Path) -> None:
    async with desk(parts(), preferences=Preferences(tmp_path / "views.toml")) as person:
        await go(person, "ds")
    assert not os.listdir(tmp_path)
    async with desk(parts(), preferences=Preferences(tmp_path / "views.toml")) as person:
        assert person.home.place() == Place()


async def test_a_file_of_views_that_is_damaged_is_told_on_the_screen(tmp_path: Path) -> None:
    (tmp_path / "views.toml").write_text("[")
    async with desk(world(), preferences=kept(tmp_path)) as person:
        assert "views.toml cannot be read" in person.lines[-1]
        await say(person, "save x")
        assert "for this session only" in person.lines[-1]
