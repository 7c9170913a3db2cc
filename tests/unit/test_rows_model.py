"""RowModel against a naive reference: a dictionary of children, walked anew for every question."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from textual.strip import Strip

from novatui.ui.rows import rowlist, tree
from novatui.ui.rows.model import RowModel
from novatui.ui.rows.source import ROOT, RowState


@dataclass
class World:
    """A source whose children are plain lists."""

    below: dict[int, list[int]] = field(default_factory=lambda: {ROOT: []})

    def children(self, node: int) -> list[int]:
        return self.below.get(node, [])

    def parent(self, node: int) -> int | None:
        return next((parent for parent, kids in self.below.items() if node in kids), None)

    def version(self, node: int) -> int:
        return 0

    def strip(self, node: int, width: int, state: RowState) -> Strip:
        return Strip.blank(width)

    def header(self, width: int) -> Strip:
        return Strip.blank(width)

    def visible(self, expanded: set[int], node: int = ROOT) -> list[int]:
        rows: list[int] = []
        for kid in self.children(node):
            rows.append(kid)
            if kid in expanded:
                rows += self.visible(expanded, kid)
        return rows

    def descendants(self, node: int) -> list[int]:
        return [node, *(below for kid in self.children(node) for below in self.descendants(kid))]


def model_of(below: dict[int, list[int]], height: int = 5, expanded: tuple[int, ...] = ()) -> RowModel:
    model = RowModel(World(below))
    model.set_expanded(expanded)
    model.resize(height)
    model.commit()
    return model


picks = st.integers(0, 10_000)


class Life(RuleBasedStateMachine):
    """A tree that grows, shrinks, moves and is sorted while a user walks over it."""

    def __init__(self) -> None:
        super().__init__()
        self.saved = rowlist.LOAD, tree.MANY
        rowlist.LOAD, tree.MANY = 4, 3
        self.world = World()
        self.model = RowModel(self.world)
        self.expanded: set[int] = set()
        self.marks: set[int] = set()
        self.fresh = 0
        self.pending = True
        self.committed: dict[int, list[int]] = {}

    def teardown(self) -> None:
        rowlist.LOAD, tree.MANY = self.saved

    @initialize(height=st.integers(0, 12))
    def lay_out(self, height: int) -> None:
        self.model.resize(height)

    def pick(self, number: int) -> int:
        nodes = self.world.descendants(ROOT)
        return nodes[number % len(nodes)]

    def is_leaf(self, node: int) -> bool:
        return not self.world.children(node)

    # What happens to the data

    @rule(parent=picks, at=picks, count=st.integers(1, 6))
    def insert(self, parent: int, at: int, count: int) -> None:
        kids = self.world.below.setdefault(self.pick(parent), [])
        at %= len(kids) + 1
        kids[at:at] = range(self.fresh, self.fresh + count)
        self.fresh += count
        self.announce(parent_of := self.world.parent(self.fresh - 1))
        assert parent_of is not None

    @rule(number=picks, forget=st.booleans())
    def remove(self, number: int, forget: bool) -> None:
        node = self.pick(number)
        if node == ROOT:
            return
        parent = self.world.parent(node)
        assert parent is not None
        lost = self.world.descendants(node)
        self.world.below[parent].remove(node)
        for each in lost:
            self.world.below.pop(each, None)
        if forget:
            self.model.forget(lost)
            self.marks.difference_update(lost)
            self.expanded.difference_update(lost)
        self.announce(parent)

    @rule(number=picks, below=picks, at=picks, tell_old=st.booleans())
    def move_below(self, number: int, below: int, at: int, tell_old: bool) -> None:
        node, parent = self.pick(number), self.pick(below)
        if node == ROOT or parent in self.world.descendants(node):
            return
        if not tell_old:
            self.commit()
        old = self.world.parent(node)
        assert old is not None
        self.world.below[old].remove(node)
        kids = self.world.below.setdefault(parent, [])
        kids.insert(at % (len(kids) + 1), node)
        self.announce(parent)
        if tell_old or not self.shown(parent):
            self.announce(old)
        else:
            self.commit()

    @rule(number=picks, seed=st.randoms(use_true_random=False))
    def sort(self, number: int, seed: object) -> None:
        parent = self.pick(number)
        kids = self.world.below.get(parent, [])
        seed.shuffle(kids)  # type: ignore[attr-defined]
        self.announce(parent)

    @rule(keep=st.sets(st.integers(0, 20)), seed=st.randoms(use_true_random=False))
    def replace(self, keep: set[int], seed: object) -> None:
        self.commit()
        order = [node for at, node in enumerate(self.world.below[ROOT]) if at in keep]
        seed.shuffle(order)  # type: ignore[attr-defined]
        for lost in set(self.world.below[ROOT]) - set(order):
            for each in self.world.descendants(lost):
                self.world.below.pop(each, None)
        self.world.below[ROOT] = order
        before = list(self.model.rows), self.model.cursor
        self.model.replace(order)
        self.committed[ROOT] = list(order)
        self.check_cursor(*before)

    def announce(self, parent: int | None) -> None:
        assert parent is not None
        self.model.changed(parent)
        self.pending = True

    def shown(self, parent: int) -> bool:
        return parent == ROOT or (parent in self.model.rows and parent in self.expanded)

    @rule()
    def commit(self) -> None:
        rows, cursor, top = list(self.model.rows), self.model.cursor, self.model.top
        self.model.commit()
        self.check_cursor(rows, cursor)
        self.check_scroll(rows, cursor, top)
        self.pending = False
        self.committed = {parent: list(kids) for parent, kids in self.world.below.items()}

    def check_cursor(self, before: list[int], cursor: int | None) -> None:
        after = self.world.visible(self.expanded)
        assert list(self.model.rows) == after
        if self.model.untouched or cursor is None or not after:
            assert self.model.cursor == (after[0] if after else None)
            return
        at = before.index(cursor)
        nearest = [node for node in before[at:] + before[:at][::-1] if node in after]
        assert self.model.cursor == (nearest[0] if nearest else after[min(at, len(after) - 1)])

    def check_scroll(self, before: list[int], cursor: int | None, top: int) -> None:
        """The line of the cursor row, or of the first row shown, has not moved, as far as the list allows."""
        model = self.model
        after = list(model.rows)
        if self.reordered() or model.untouched or cursor is None or not after:
            return
        at = before.index(cursor)
        anchor = cursor if top <= at < top + model.height else before[min(top, len(before) - 1)]
        if anchor in after:
            wanted = after.index(anchor) - (before.index(anchor) - top)
            assert model.top == max(0, min(wanted, len(after) - model.height))

    def reordered(self) -> bool:
        """Children that a parent kept since the last commit are in another order now."""
        for parent, kids in self.world.below.items():
            old = self.committed.get(parent, [])
            if [kid for kid in old if kid in kids] != [kid for kid in kids if kid in old]:
                return True
        return False

    # What the user does

    @rule(number=picks, opened=st.booleans())
    def expand_one(self, number: int, opened: bool) -> None:
        self.commit()
        rows = list(self.model.rows)
        if not rows:
            return
        node = rows[number % len(rows)]
        cursor = self.model.cursor
        assert cursor is not None
        path = [cursor, *self.model.tree.path(cursor)]
        self.model.set_expanded([node], opened)
        (self.expanded.add if opened else self.expanded.discard)(node)
        if not self.model.untouched:
            assert self.model.cursor == next(each for each in path if each in self.model.rows)

    @rule(numbers=st.sets(picks, max_size=8), opened=st.booleans())
    def expand_many(self, numbers: set[int], opened: bool) -> None:
        nodes = {self.pick(number) for number in numbers} - {ROOT}
        self.commit()
        self.model.set_expanded(nodes, opened)
        (self.expanded.update if opened else self.expanded.difference_update)(nodes)

    @rule(step=st.integers(-15, 15))
    def move(self, step: int) -> None:
        rows = list(self.model.rows)
        cursor = self.model.cursor
        self.model.move(step)
        if rows:
            assert cursor is not None
            assert self.model.cursor == rows[min(max(0, rows.index(cursor) + step), len(rows) - 1)]
            self.must_show_cursor()

    @rule(step=st.integers(-15, 15))
    def scroll(self, step: int) -> None:
        cursor = self.model.cursor
        self.model.scroll(step)
        assert self.model.cursor == cursor

    @rule(height=st.integers(0, 12))
    def resize(self, height: int) -> None:
        self.model.resize(height)

    @rule(number=picks)
    def reveal(self, number: int) -> None:
        node = self.pick(number)
        self.commit()
        found = self.model.reveal(node)
        assert found == (node != ROOT)
        if found:
            above = self.world.parent(node)
            while above != ROOT:
                assert above is not None
                self.expanded.add(above)
                above = self.world.parent(above)
            assert self.model.cursor == node
            self.must_show_cursor()

    @rule(numbers=st.sets(picks, max_size=6), marked=st.booleans())
    def mark(self, numbers: set[int], marked: bool) -> None:
        nodes = {self.pick(number) for number in numbers} - {ROOT}
        self.model.mark(nodes, marked)
        (self.marks.update if marked else self.marks.difference_update)(nodes)

    @rule()
    def invert(self) -> None:
        self.model.invert_marks()
        self.marks ^= set(self.model.rows)

    @precondition(lambda self: self.model.rows)
    @rule(steps=st.integers(-6, 6))
    def mark_range(self, steps: int) -> None:
        rows = list(self.model.rows)
        cursor = self.model.cursor
        assert cursor is not None
        start = rows.index(cursor)
        self.model.range_start = cursor
        self.model.move(steps)
        end = self.model.cursor_index
        assert end is not None
        assert self.model.marked_range() == (min(start, end), max(start, end))
        self.model.finish_range()
        assert self.model.marked_range() is None
        self.marks.update(rows[min(start, end) : max(start, end) + 1])

    def must_show_cursor(self) -> None:
        if self.model.height:
            assert self.model.cursor in self.model.window()

    # What always holds

    @invariant()
    def is_sound(self) -> None:
        model = self.model
        rows = list(model.rows)
        assert (model.cursor in rows) if rows else model.cursor is None
        assert 0 <= model.top <= max(0, len(rows) - model.height)
        assert model.marks == self.marks
        assert model.window() == rows[model.top : model.top + model.height]
        if not self.pending:
            assert rows == self.world.visible(self.expanded)
            for node in rows:
                path = model.tree.path(node)
                assert [self.world.parent(each) for each in (node, *path)] == [*path, ROOT]


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


TWICE = {ROOT: [1, 1, 2], 1: [3, 2], 2: [3]}


def test_a_source_that_names_a_node_twice_shows_it_once() -> None:
    opened_one_by_one = model_of(TWICE, expanded=(1, 2))
    assert sorted(opened_one_by_one.rows) == [1, 2, 3]
    laid_out_at_once = RowModel(World(TWICE))
    laid_out_at_once.tree.expanded.update((1, 2))
    laid_out_at_once.commit()
    assert list(laid_out_at_once.rows) == [1, 3, 2]


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.dictionaries(st.integers(ROOT, 7), st.lists(st.integers(ROOT, 7), max_size=8), min_size=8),
        min_size=2,
        max_size=6,
    )
)
def test_a_source_that_says_anything_breaks_nothing(worlds: list[dict[int, list[int]]]) -> None:
    """Circles, doubles, nodes below two parents: every row once, each below what the model says."""
    source = World(worlds[0])
    model = RowModel(source)
    model.tree.expanded.update(range(8))
    for below in worlds:
        source.below = below
        model.changed(*range(ROOT, 8))
        model.commit()
        rows = list(model.rows)
        assert len(set(rows)) == len(rows)
        shown = [node for node in below[ROOT] if node != ROOT] if ROOT in below else []
        assert set(shown) <= set(rows)
        above: list[int] = []
        for node in rows:
            path = model.tree.path(node)
            del above[len(path) :]
            assert path == above[::-1]
            above.append(node)
        assert (model.cursor in rows) if rows else model.cursor is None
        for node in rows:
            model.set_expanded([node], node % 2 == 0)
        model.set_expanded(range(8))


def test_a_source_that_runs_in_a_circle_ends() -> None:
    model = model_of({ROOT: [1], 1: [2], 2: [1, 3, ROOT]}, expanded=(1, 2))
    assert list(model.rows) == [1, 2, 3]


def test_an_id_given_to_another_object_is_another_row() -> None:
    model = model_of({ROOT: [1, 2, 3]})
    model.go(1)
    model.mark([2])
    model.forget([2])
    model.commit()  # the source names 2 still: by now it is another object
    assert list(model.rows) == [1, 2, 3]
    assert (model.cursor, model.marks) == (3, set())


def test_the_cursor_stays_on_top_while_nothing_was_touched() -> None:
    world = World({ROOT: [5]})
    model = RowModel(world)
    model.resize(3)
    model.commit()
    world.below[ROOT] = [1, 2, 3, 4, 5]
    model.changed(ROOT)
    model.commit()
    assert (model.cursor, model.top) == (1, 0)
    model.move(0)
    world.below[ROOT] = [0, 1, 2, 3, 4, 5]
    model.changed(ROOT)
    model.commit()
    assert (model.cursor, model.top) == (1, 1)


def test_a_new_order_keeps_the_viewport_and_the_cursor_node() -> None:
    model = model_of({ROOT: list(range(20))}, height=5)
    model.go(2)
    model.replace([3, 4, 5, 6, 2, 0, 1, *range(7, 20)])
    assert (model.cursor, model.top) == (2, 0)
    model.replace([*range(3, 13), 2, 0, 1, *range(13, 20)])
    assert (model.cursor, model.top) == (2, 6)


def test_rows_coming_and_going_above_do_not_move_what_is_looked_at() -> None:
    world = World({ROOT: list(range(100, 160))})
    model = RowModel(world)
    model.resize(5)
    model.commit()
    model.go(20)
    model.scroll(19)
    assert model.window() == [135, 136, 137, 138, 139]  # the cursor is above, off screen
    world.below[ROOT][3:9] = range(200, 250)
    world.below[ROOT].remove(140)
    model.changed(ROOT)
    model.commit()
    assert (model.window(), model.cursor) == ([135, 136, 137, 138, 139], 120)
    world.below[ROOT].remove(120)
    world.below[ROOT].remove(135)
    model.changed(ROOT)
    model.commit()
    assert (model.window(), model.cursor) == ([136, 137, 138, 139, 141], 121)


@pytest.mark.parametrize("height", [0, 1, 3])
def test_collapsing_above_the_cursor_moves_it_to_the_collapsed_row(height: int) -> None:
    model = model_of({ROOT: [1, 2], 1: [10, 11, 12], 11: [110]}, height=height, expanded=(1, 11))
    model.select(110)
    model.set_expanded([1], False)
    assert (list(model.rows), model.cursor) == ([1, 2], 1)
    model.set_expanded([1])
    assert list(model.rows) == [1, 10, 11, 110, 12, 2]
