"""Any interleaving of readings, removals and listings ends in what the request times dictate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from novatui.core.inventory import FIELD, Group, Value
from novatui.core.states import Kind
from novatui.engine.inventory_store import InventoryStore
from tests.unit.stores import complete, remove, slot, store, tell

Stamp = tuple[int, float]
KEYS = ["vm:1", "vm:2", "host:h", "host:g", "cluster:c"]
FIELDS = ["name", "parent", "power", "alarms", "vcpus", "memory", "capacity"]
VALUES: dict[str, list[Value]] = {
    "name": ["a", "b2", "b10", None],
    "parent": ["", "host:h", "host:g", "cluster:c", None],
    "power": ["running", "off", None],
    "alarms": [0, 3, None],
    "vcpus": [1, 2, None],
    "memory": [1, 2, None],
    "capacity": [1, 2, None],
}


class Step(NamedTuple):
    what: str
    stamp: Stamp
    key: str = ""
    values: dict[str, Value] = {}  # noqa: RUF012 - never changed
    scopes: tuple[str, ...] = ()


class Model:
    """The rules, told as simply as they can be: a time beside every single value."""

    def __init__(self) -> None:
        self.generation = 0
        self.cells: dict[str, dict[str, tuple[Stamp, Value]]] = {}
        self.seen: dict[str, Stamp] = {}
        self.absent: dict[str, Stamp] = {}
        """When an object was last known not to be there."""
        self.listed: dict[str, Stamp] = {}

    def take(self, step: Step) -> None:
        if step.stamp[0] < self.generation:
            return
        self.generation = step.stamp[0]
        getattr(self, step.what)(step)

    def rows(self, step: Step) -> None:
        if step.key not in self.seen:
            self.miss(step.key, self.listed.get(step.key.split(":")[0], (-1, 0)))
        if step.stamp < self.absent.get(step.key, (-1, 0)):
            return
        self.seen[step.key] = max(step.stamp, self.seen.get(step.key, (-1, 0)))
        cells = self.cells.setdefault(step.key, {})
        for name, value in step.values.items():
            if name not in cells or cells[name][0] <= step.stamp:
                cells[name] = (step.stamp, value)

    def remove(self, step: Step) -> None:
        self.miss(step.key, step.stamp)
        if step.key not in self.seen:
            return
        if self.seen[step.key] <= step.stamp:
            self.forget(step.key)
        else:
            self.cells[step.key] = {n: cell for n, cell in self.cells[step.key].items() if cell[0] >= step.stamp}

    def complete(self, step: Step) -> None:
        for kind in step.scopes:
            self.listed[kind] = max(step.stamp, self.listed.get(kind, (-1, 0)))
            for key in [k for k in self.seen if k.split(":")[0] == kind and self.seen[k] < step.stamp]:
                self.forget(key)

    def miss(self, key: str, stamp: Stamp) -> None:
        self.absent[key] = max(stamp, self.absent.get(key, (-1, 0)))

    def forget(self, key: str) -> None:
        del self.seen[key], self.cells[key]

    def value(self, key: str, name: str) -> Value:
        return self.cells[key].get(name, ((0, 0), None))[1]

    def parent(self, key: str) -> str:
        """Key of the node it hangs below; empty for the connection."""
        wanted = self.value(key, "parent")
        if wanted not in self.seen:
            return ""
        walked, node = {key}, wanted
        while node in self.seen and node not in walked:
            walked.add(node)
            node = self.value(node, "parent")
        return "" if node == key else str(wanted)


def apply(inventory: InventoryStore, step: Step) -> None:
    generation, begun = step.stamp
    if step.what == "rows":
        tell(inventory, {step.key: step.values}, generation=generation, begun=begun)
    elif step.what == "remove":
        remove(inventory, step.key, generation=generation, begun=begun)
    else:
        complete(inventory, *step.scopes, generation=generation, begun=begun)


@st.composite
def histories(draw: st.DrawFn, generations: int = 3) -> list[Step]:
    """Steps with a time each, no two alike, in the order in which they arrive."""
    times = draw(st.lists(st.tuples(st.integers(1, generations), st.integers(1, 99)), unique=True, max_size=24))
    return [draw(steps((generation, float(begun)))) for generation, begun in times]


@st.composite
def steps(draw: st.DrawFn, stamp: Stamp) -> Step:
    what = draw(st.sampled_from(["rows"] * 5 + ["remove", "complete"]))
    if what == "complete":
        return Step(what, stamp, scopes=tuple(draw(st.sets(st.sampled_from(["vm", "host", "cluster"])))))
    key = draw(st.sampled_from(KEYS))
    if what == "remove":
        return Step(what, stamp, key)
    names = draw(st.lists(st.sampled_from(FIELDS), unique=True))
    return Step(what, stamp, key, {name: draw(st.sampled_from(VALUES[name])) for name in names})


def agree(inventory: InventoryStore, model: Model) -> None:
    assert {inventory.key(s) for s in inventory.slots() if inventory.kind(s) is not Kind.CONNECTION} == set(model.seen)
    for key in model.seen:
        at = slot(inventory, key)
        for name in FIELDS:
            assert inventory.value(at, name) == model.value(key, name), (key, name)
        parent = inventory.parent(at)
        assert parent is not None
        assert ("" if inventory.kind(parent) is Kind.CONNECTION else inventory.key(parent)) == model.parent(key)
        for group in Group:
            read = [stamp for n, (stamp, _) in model.cells[key].items() if FIELD[n].group is group]
            assert inventory.age(at, group, 100.0) == (100.0 - max(read)[1] if read else None)
    check_tree(inventory)


def check_tree(inventory: InventoryStore) -> None:
    """Everything is in the tree once, in order, and counted once."""
    walked = list(inventory.below(None))
    assert sorted(walked) == sorted(inventory.slots())
    for node in [None, *walked]:
        children = inventory.children(node)
        assert all(inventory.parent(child) == node for child in children)
        named = [
            (inventory.kind(c) is not Kind.CLUSTER, inventory.kind(c) is not Kind.HOST, *key(inventory, c))
            for c in children
        ]
        assert named == sorted(named)
        below = list(inventory.below(node)) + ([] if node is None else [node])
        machines = [s for s in below if inventory.kind(s) is Kind.VM]
        assert inventory.count(node, "machines") == len(machines)
        assert inventory.count(node, "running") == sum(inventory.value(s, "power") == "running" for s in machines)
        assert inventory.count(node, "alarms") == sum(int(inventory.value(s, "alarms") or 0) for s in below)


def key(inventory: InventoryStore, node: int) -> tuple[str, str]:
    return inventory.name_key(node), inventory.key(node)


@given(histories())
def test_every_step_agrees_with_the_naive_model(history: list[Step]) -> None:
    inventory, model = store(), Model()
    for step in history:
        apply(inventory, step)
        model.take(step)
        agree(inventory, model)
        if step.stamp[1] % 3 == 0:
            inventory.drain()


@given(histories(generations=1), st.randoms(use_true_random=False))
def test_the_newest_reading_wins_whatever_the_order(history: list[Step], random: object) -> None:
    """Of the readings after the last removal or listing nothing is lost; none of before wins over them."""
    random.shuffle(history)  # type: ignore[attr-defined]
    inventory = store()
    for step in history:
        apply(inventory, step)
    for key in KEYS:
        ends = [s.stamp for s in history if s.key == key and s.what == "remove"]
        ends += [s.stamp for s in history if key.split(":")[0] in s.scopes]
        end = max(ends, default=(0, 0.0))
        readings = sorted((s for s in history if s.what == "rows" and s.key == key), key=lambda s: s.stamp)
        assert (inventory.slot("c1", key) is not None) == any(s.stamp > end for s in readings)
        if readings and readings[-1].stamp > end:
            for name, (stamp, value) in newest(readings):
                shown = inventory.value(slot(inventory, key), name)
                assert shown == value or (shown is None and stamp < end), (key, name)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 9),
            st.dictionaries(st.sampled_from(["vcpus", "memory", "disks", "nics"]), st.none() | st.integers(0, 9)),
        ),
        unique_by=lambda reading: reading[0],
        max_size=9,
    )
)
def test_partial_readings_of_one_group_leave_each_column_at_its_newest(
    readings: list[tuple[int, dict[str, Value]]],
) -> None:
    inventory = store()
    for begun, values in readings:
        tell(inventory, {"vm:1": values}, begun=float(begun))
    shown = {} if not readings else {n: inventory.value(slot(inventory, "vm:1"), n) for n in FIELD if n != "name"}
    expected = {name: value for _, values in sorted(readings, key=lambda r: r[0]) for name, value in values.items()}
    assert {name: value for name, value in shown.items() if value is not None} == {
        name: value for name, value in expected.items() if value is not None
    }


def newest(readings: list[Step]) -> Iterator[tuple[str, tuple[Stamp, Value]]]:
    last = {name: (step.stamp, value) for step in readings for name, value in step.values.items()}
    yield from last.items()
