"""Views and their columns: every cell as wide as asked at every width, and what matters most stays longest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from novatui.core.states import Kind
from novatui.engine.query_keys import find_key
from novatui.engine.query_values import reader
from novatui.engine.selection import Sort
from novatui.ui.columns.choice import Choice
from novatui.ui.columns.column import GUTTER, NAME_AT_LEAST, NAME_LEGIBLE
from novatui.ui.columns.views import VIEW, VIEWS, View, falls, view_of
from novatui.ui.render import table
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from novatui.ui.render.subject import Subject
from novatui.ui.rows.source import RowState
from tests.ui import hostile, world
from tests.ui.desk import look_at
from tests.ui.still import StillFleet

STATES = (RowState(), RowState(cursor=True, marked=True, focused=True))
WIDTHS = range(20, 221)

NAMES = [view.name for view in VIEWS]


@pytest.fixture(scope="module", params=[world.world, hostile.fleet], ids=["world", "hostile"])
def fleet(request: pytest.FixtureRequest) -> StillFleet:
    return request.param()


def subjects(fleet: StillFleet, view: View, marks: Marks) -> list[Subject]:
    look = look_at(fleet, marks)
    kind = fleet.inventory.kind
    return [
        Subject(fleet, slot, look, look.monotonic()) for slot in fleet.inventory.slots() if kind(slot) in view.kinds
    ]


@pytest.mark.parametrize("marks", [DRAWN, PLAIN], ids=["drawn", "ascii"])
@pytest.mark.parametrize("name", NAMES)
def test_no_line_overflows_at_any_width(fleet: StillFleet, name: str, marks: Marks) -> None:
    view = VIEW[name]
    grid = view.grid()
    for subject in subjects(fleet, view, marks)[:12]:
        for width in WIDTHS:
            for draw in (table.row, table.words):
                assert cell_len(draw(grid, subject, width, STATES[width % 2]).text) == width


@pytest.mark.parametrize("marks", [DRAWN, PLAIN], ids=["drawn", "ascii"])
@pytest.mark.parametrize("name", NAMES)
def test_every_cell_is_as_wide_as_asked_and_ascii_where_names_are(fleet: StillFleet, name: str, marks: Marks) -> None:
    view = VIEW[name]
    for subject in subjects(fleet, view, marks):
        for column in view.columns:
            for width in (column.width, column.width + column.grow):
                text, _ = column.draw(subject, width)
                assert cell_len(text) == width, (column.id, text)


@pytest.mark.parametrize("name", NAMES)
def test_what_fits_a_width_fits_every_greater_one(name: str) -> None:
    grid = VIEW[name].grid()
    shown = frozenset[str]()
    for width in WIDTHS:
        name_cells, columns = grid.at(width)
        assert shown <= grid.shows(width), width
        shown = grid.shows(width)
        assert GUTTER + name_cells + sum(1 + placed.cells for placed in columns) == width
        assert not columns or name_cells >= NAME_AT_LEAST
    assert shown == {column.id for column in grid.columns}, "a wide screen shows all of them"


@pytest.mark.parametrize("name", NAMES)
def test_at_80_columns_a_view_shows_its_most_important_columns_and_a_legible_name(name: str) -> None:
    view = VIEW[name]
    name_cells, columns = view.grid().at(79)
    first = {column.id for column in view.columns if column.rank <= 2 and column.id not in view.hidden}
    assert first <= {placed.column.id for placed in columns}
    assert name_cells >= NAME_AT_LEAST
    assert len(columns) < 4 or name_cells <= 79 - 4 * 5


@pytest.mark.parametrize("name", NAMES)
def test_ids_letters_and_sort_keys_of_a_view(name: str) -> None:
    view, made = VIEW[name], StillFleet(world.SPECS)
    ids = [column.id for column in view.columns]
    letters = [column.letter for column in view.columns if column.letter]
    assert len(set(ids)) == len(ids)
    assert len(set(letters)) == len(letters)
    assert "n" not in letters, "n is the name"
    assert view.hidden <= set(ids)
    for column in view.columns:
        assert (column.help and column.word and column.width >= len(column.title)) or column.grow, column.id
        assert not column.letter or column.sort, column.id
        if column.sort:
            reader(column.sort, made)
            assert find_key(column.sort) is not None
    reader(view.sort.key, made)
    assert set(view.words()) == set(view.letters())


def test_every_kind_that_a_product_lists_has_one_view() -> None:
    for kind in Kind:
        assert (view_of(kind) is None) == (kind is Kind.GROUP), kind
        assert sum(kind in view.kinds for view in VIEWS) <= 1


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_chosen_columns_come_as_chosen_and_before_the_usual_ones(name: str, data: st.DataObject) -> None:
    view = VIEW[name]
    ids = [column.id for column in view.columns]
    chosen = data.draw(st.lists(st.sampled_from([*ids, "no-such-column"]), min_size=1))
    width = data.draw(st.integers(1, 260))
    grid = view.grid(chosen)
    wanted = [one for one in dict.fromkeys(chosen) if one != "no-such-column"]
    assert [column.id for column in grid.columns] == wanted
    name_cells, columns = grid.at(width)
    there = [placed.column.id for placed in columns]
    assert there == [one for one in wanted if one in there]
    assert name_cells >= 1
    assert sum(1 + placed.cells for placed in columns) + name_cells + GUTTER == max(width, GUTTER + 1)
    added = set(wanted) - set(view.usual)
    if added - set(there):
        assert set(there) <= added, "a usual column stayed though an added one had to go"


def test_a_column_that_is_asked_for_is_there_at_80_columns() -> None:
    view = VIEW["vm"]
    for added in view.hidden:
        grid = view.grid([*view.usual, added])
        assert added in grid.shows(79)
        assert grid.at(79)[0] >= 8


def test_wide_extras_leave_the_name_legible() -> None:
    grid = VIEW["vm"].grid()
    for width in WIDTHS:
        if "conn" in grid.shows(width):
            assert grid.at(width)[0] >= NAME_LEGIBLE


def test_a_click_on_each_title_finds_its_key() -> None:
    for view in VIEWS:
        grid = view.grid()
        name_cells, columns = grid.at(200)
        at = GUTTER + name_cells
        assert grid.sort_at(0, 200) == grid.sort_at(at - 1, 200) == "name"
        for column, cells in columns:
            assert {grid.sort_at(at + 1, 200), grid.sort_at(at + cells, 200)} == {column.sort}
            at += 1 + cells


def test_measures_and_counts_fall_and_words_rise() -> None:
    assert all(falls(key) for key in ("cpu.used", "disk", "since", "store.used", "machines", "vcpus", "created"))
    assert not any(falls(key) for key in ("name", "host", "power", "tags", "connection"))


def test_the_new_keys_count_and_measure() -> None:
    made = world.world()
    store = made.inventory
    made.tell("kvm-12", {"datastore:full": {"name": "full", "capacity": 100, "free": 4}})
    made.tell("kvm-12", {"datastore:odd": {"name": "odd", "capacity": 0, "free": 0}})
    used = reader("store.used", made)
    assert used(store.slot("kvm-12", "datastore:full") or 0) == 96.0
    assert used(store.slot("kvm-12", "datastore:odd") or 0) is None
    host = store.slot("kvm-12", "host:kvm-12") or 0
    assert reader("machines", made)(host) == 8
    assert reader("machines", made)(store.slot("kvm-12", "vm:mystery") or 0) is None


def test_the_age_of_a_snapshot_is_asked_for_like_that_of_the_oldest_of_a_machine() -> None:
    made = world.world()
    clock = made.clock
    made.tell("kvm-12", {"snapshot:s": {"name": "s", "created": clock.time() - 20 * 86400, "vm": "vm:nfs-gw"}})
    slot = made.inventory.slot("kvm-12", "snapshot:s") or 0
    assert reader("snapshot_oldest", made, clock)(slot) == pytest.approx(20 * 86400)


def test_a_view_can_be_sorted_by_each_of_its_columns() -> None:
    from novatui.ui.listing import FleetListing

    made = world.world()
    listing = FleetListing(made, look_at(made))
    for view in VIEWS:
        assert listing.set_view(view) is None
        kinds = {made.inventory.kind(slot) for slot in listing.order}
        assert kinds <= view.kinds
        assert listing.sort == view.sort
        for key in view.letters().values():
            listing.set_sort(key)
            assert listing.sort.key == key
            assert len(listing.order) == listing.summary(0).total
    assert listing.set_view(VIEW["host"], sort=Sort("no-such-key")) is None
    assert listing.sort == VIEW["host"].sort
    assert listing.set_view(VIEW["vm"], filter="cpu>") is not None
    assert listing.view is VIEW["host"], "a filter that cannot be read leaves what is there"


# --- the choice of columns --------------------------------------------------------------------------------------------


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_is_chosen_all_columns_stay_and_one_at_least_is_shown(data: st.DataObject) -> None:
    view = VIEW[data.draw(st.sampled_from(NAMES))]
    choice = Choice(view, data.draw(st.lists(st.sampled_from([column.id for column in view.columns]))) or view.usual)
    for step in data.draw(
        st.lists(st.sampled_from(["up", "down", "toggle", "earlier", "later", "reset"]), max_size=30)
    ):
        under, before = choice.columns[choice.at].id, choice.chosen
        match step:
            case "up" | "down":
                choice.step(1 if step == "down" else -1)
                assert choice.chosen == before
            case "toggle":
                changed = choice.toggle()
                assert changed == (set(choice.chosen) ^ set(before) == {under})
            case "earlier" | "later":
                choice.move(1 if step == "later" else -1)
                assert choice.columns[choice.at].id == under, "the cursor goes along"
            case _:
                choice.reset()
                assert choice.chosen == view.usual
                assert choice.columns[choice.at].id == under
        assert sorted(column.id for column in choice.columns) == sorted(column.id for column in view.columns)
        assert choice.chosen
        assert [column.id for column in view.grid(choice.chosen).columns] == list(choice.chosen)
