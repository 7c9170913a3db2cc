"""Selections: when rows come, go, jump and stay."""

from __future__ import annotations

import pytest

from novatui.core.states import Kind
from novatui.engine.identity import Identities
from novatui.engine.metric_store import MetricStore
from novatui.engine.query import parse
from novatui.engine.selection import Selection, Sort
from novatui.engine.task_store import TaskStore
from tests.unit.stores import remove, samples, store, tell


class View:
    def __init__(self) -> None:
        self.now = 1000.0
        self.inventory = store()
        self.metrics = MetricStore()
        self.identity = Identities(self.inventory, self.metrics, TaskStore(), self.monotonic)
        self.begun = 10.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1.7e9

    def tell(self, **names: object) -> tuple[set[int], set[int]]:
        """Rows by key number: `v1="name"` or `v1={…}`."""
        self.begun += 1
        told = {f"vm:{key[1:]}": value if isinstance(value, dict) else {"name": value} for key, value in names.items()}
        tell(self.inventory, told, begun=self.begun)  # type: ignore[arg-type]
        return self.drain()

    def measure(self, **cpu: float) -> set[int]:
        self.begun += 1
        frame = samples({f"vm:{key[1:]}": {"cpu.used": value} for key, value in cpu.items()}, begun=self.begun)
        return self.metrics.apply(frame, self.inventory, self.begun)

    def drain(self) -> tuple[set[int], set[int]]:
        delta = self.inventory.drain()
        return delta.rows, delta.gone

    def names(self, selection: Selection) -> str:
        return " ".join(self.inventory.name(slot) for slot in selection.slots)


def test_rows_come_and_go_at_once_but_jump_only_on_resort() -> None:
    view = View()
    view.tell(v1="a", v2="b", v3="c")
    changed = view.measure(v1=10, v2=20, v3=30)
    selection = Selection(view, parse("cpu>5"), Sort("cpu.used", descending=True), [Kind.VM])
    assert view.names(selection) == "c b a"
    changed = view.measure(v1=99, v2=0)
    assert selection.update(changed)
    assert view.names(selection) == "c a"
    version = selection.version
    assert selection.resort()
    assert view.names(selection) == "a c"
    assert selection.version > version
    assert not selection.resort()
    assert not selection.update(view.measure(v1=99))
    selection.update(view.measure(v2=50))
    assert view.names(selection) == "a b c"


def test_frozen_rows_stay_but_gone_objects_leave() -> None:
    view = View()
    view.tell(v1="a", v2="b", v3="c")
    selection = Selection(view, parse("!x"), kinds=[Kind.VM])
    selection.freeze()
    assert not selection.update(*view.tell(v1="x", v4="d"))
    remove(view.inventory, "vm:2", begun=99)
    rows, gone = view.drain()
    assert selection.update(rows, gone)
    assert view.names(selection) == "x c"
    assert not selection.resort()
    assert selection.thaw()
    assert view.names(selection) == "c d"
    assert [slot in selection for slot in selection.slots] == [True, True]


def test_a_slot_that_was_given_to_another_object_is_not_confused() -> None:
    view = View()
    view.tell(v1="a", v2="b")
    selection = Selection(view, kinds=[Kind.VM])
    remove(view.inventory, "vm:1", begun=50)
    rows, gone = view.drain()
    selection.freeze()
    selection.update(rows, gone)
    view.begun = 60
    changed = view.tell(v9="new")
    assert changed[0] == gone
    selection.update(*changed)
    assert view.names(selection) == "b"
    selection.thaw()
    assert view.names(selection) == "b new"


def test_unknown_values_are_last_in_both_directions() -> None:
    view = View()
    view.tell(v1="b", v2="a", v3={"name": "x10"}, v4={"name": "x2"})
    view.measure(v1=1, v2=1)
    for descending in (False, True):
        selection = Selection(view, sort=Sort("cpu.used", descending=descending), kinds=[Kind.VM])
        assert view.names(selection) == "a b x2 x10"
    assert view.names(Selection(view, sort=Sort("name", descending=True), kinds=[Kind.VM])) == "x10 x2 b a"


def test_hundreds_of_newcomers_are_sorted_in() -> None:
    view = View()
    view.tell(v1="n50", v2="n7")
    selection = Selection(view, kinds=[Kind.VM])
    selection.update(*view.tell(**{f"v{at + 10}": f"n{at}" for at in range(200)}))
    names = view.names(selection).split()
    assert names == sorted(names, key=lambda name: int(name[1:]))
    assert len(names) == 202


def test_hidden_rows_are_not_shown() -> None:
    view = View()
    rows = view.tell(v1={"name": "a", "uuid": "u"}, v2="b")
    selection = Selection(view, kinds=[Kind.VM])
    hidden = next(slot for slot in rows[0] if view.inventory.name(slot) == "a")
    view.identity._folded[hidden] = hidden  # pyright: ignore[reportPrivateUsage] - as if another row stood for it
    assert selection.update({hidden})
    assert view.names(selection) == "b"
    selection.refresh()
    assert view.names(selection) == "b"


def test_a_timed_query_is_judged_again_on_refresh() -> None:
    view = View()
    view.tell(v1={"name": "a", "power": "off"})
    selection = Selection(view, parse("age>2m"), kinds=[Kind.VM], clocks=view)
    assert selection.query.timed
    view.now = view.begun + 60
    selection.refresh()
    assert view.names(selection) == ""
    view.now = view.begun + 121
    selection.refresh()
    assert view.names(selection) == "a"


def test_another_query_and_order() -> None:
    view = View()
    view.tell(v1="db1", v2="web", v3="db0")
    selection = Selection(view, kinds=[Kind.VM])
    selection.show(parse("db"))
    assert view.names(selection) == "db0 db1"
    selection.show(parse(""), Sort("name", descending=True))
    assert view.names(selection) == "web db1 db0"
    with pytest.raises(KeyError):
        selection.show(parse(""), Sort("nonsense"))
    assert view.names(selection) == "web db1 db0"


def test_by_name_rows_are_put_in_order_anew_for_a_name_and_for_nothing_else() -> None:
    view = View()
    view.tell(v1="a", v2="b", v3="c")
    selection = Selection(view, kinds=[Kind.VM])
    version = selection.version
    assert not selection.update(view.measure(v1=10, v2=20, v3=30))
    assert not selection.resort()
    assert selection.version == version, "nothing was sorted"
    selection.update(*view.tell(v1="z"))
    assert selection.resort()
    assert view.names(selection) == "b c z"
