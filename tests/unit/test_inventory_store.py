"""The inventory store: cells, places, counts, removal and age."""

from __future__ import annotations

import pytest

from novatui.core.errors import Failure, Fault
from novatui.core.ids import ObjectRef
from novatui.core.inventory import Group
from novatui.core.states import Family, Kind, Link
from novatui.engine.inventory_link import RELIST, STALE_AFTER
from novatui.wire import frames
from tests.unit.stores import complete, outline, remove, rows, slot, spec, store, tell


def test_absent_is_not_zero_and_none_makes_unknown() -> None:
    inventory = store()
    tell(inventory, {"vm:1": {"name": "a", "alarms": 0, "tags": [], "maintenance": False, "description": ""}})
    at = slot(inventory, "vm:1")
    known = [inventory.value(at, name) for name in ("alarms", "tags", "maintenance", "description")]
    assert known == [0, [], False, ""]
    assert [inventory.value(at, name) for name in ("vcpus", "ip", "persistent", "guest_os", "capacity")] == [None] * 5
    tell(inventory, {"vm:1": {"alarms": None, "tags": None, "maintenance": None, "description": None}}, begun=11)
    assert [inventory.value(at, name) for name in ("alarms", "tags", "maintenance", "description")] == [None] * 4
    assert inventory.value(at, "name") == "a"


def test_what_does_not_fit_a_column_is_unknown_and_counted() -> None:
    inventory = store()
    wrong = {"name": 5, "vcpus": "4", "memory": 2**70, "tags": "x", "persistent": 1, "since": "now", "power": "humming"}
    tell(inventory, {"vm:1": {"vcpus": 4, "name": "a"}})
    tell(inventory, {"vm:1": wrong}, begun=11)
    at = slot(inventory, "vm:1")
    assert [inventory.value(at, name) for name in wrong] == [None] * 6 + ["unknown"]
    assert sum(inventory.column(name).misfits for name in wrong) == 7
    tell(inventory, {"vm:1": {"capacity": "big", "no_such_column": 1}, "bad key": {"name": "x"}}, begun=12)
    assert inventory.value(at, "capacity") is None
    assert inventory.ignored == 2
    assert inventory.slot("c1", "bad key") is None


def test_only_changed_rows_are_dirty() -> None:
    inventory = store()
    tell(inventory, {"vm:1": {"name": "a", "vcpus": 2, "ip": ["10.0.0.1"]}, "vm:2": {"name": "b", "vcpus": 2}})
    inventory.drain()
    same = {"vm:1": {"name": "a", "vcpus": 2, "ip": ["10.0.0.1"]}, "vm:2": {"name": "b", "vcpus": 3}}
    version = inventory.structure_version
    tell(inventory, same, begun=11)
    assert inventory.drain().rows == {slot(inventory, "vm:2")}
    assert inventory.structure_version == version
    inventory.open_generation("c1", 2)
    inventory.drain()
    tell(inventory, same, begun=12, generation=2)
    assert inventory.drain().rows == {slot(inventory, "vm:1"), slot(inventory, "vm:2")}, "they were stale until now"


def test_children_are_ordered_by_kind_then_naturally() -> None:
    inventory = store(spec("c1", label="lab"), spec("b2"))
    names = ["vm10", "vm2", "VM1", "vm02", "vm-2", "alpha"]
    tell(inventory, {f"vm:{n}": {"name": n} for n in names} | {"host:h": {"name": "zz"}, "datastore:d": {"name": "a"}})
    assert outline(inventory) == [["lab", ["c1", "zz", "alpha", "vm-2", "VM1", "vm02", "vm2", "vm10", "a"]], "b2"]
    tell(inventory, {"vm:vm10": {"name": "vm0"}}, begun=11)
    assert outline(inventory)[0] == ["lab", ["c1", "zz", "alpha", "vm-2", "vm0", "VM1", "vm02", "vm2", "a"]]


def test_parents_may_come_late_move_and_go() -> None:
    inventory = store()
    tell(inventory, {"vm:1": {"name": "one", "parent": "host:h"}, "vm:2": {"name": "two", "parent": "host:h"}})
    assert outline(inventory) == [["c1", "one", "two"]]
    tell(inventory, {"host:h": {"name": "h", "parent": "cluster:c"}}, begun=11)
    assert outline(inventory) == [["c1", ["h", "one", "two"]]]
    tell(inventory, {"cluster:c": {"name": "cl"}, "host:g": {"name": "g", "parent": "cluster:c"}}, begun=12)
    tell(inventory, {"vm:2": {"parent": "host:g"}}, begun=13)
    assert outline(inventory) == [["c1", ["cl", ["g", "two"], ["h", "one"]]]]
    assert inventory.path(slot(inventory, "vm:1")) == ["c1", "cl", "h"]
    remove(inventory, "cluster:c", "host:h", begun=14)
    assert outline(inventory) == [["c1", ["g", "two"], "one"]]
    tell(inventory, {"host:h": {"name": "h again"}}, begun=15)
    assert outline(inventory) == [["c1", ["g", "two"], ["h again", "one"]]]
    tell(inventory, {"vm:1": {"parent": None}}, begun=16)
    assert outline(inventory) == [["c1", ["g", "two"], "h again", "one"]]


def test_circles_of_parents_hang_below_the_connection() -> None:
    inventory = store()
    tell(inventory, {f"folder:{n}": {"name": n, "parent": f"folder:{p}"} for n, p in ("ab", "bc", "ca", "da", "ee")})
    assert outline(inventory) == [["c1", ["a", "d"], "b", "c", "e"]]
    tell(inventory, {"folder:c": {"parent": ""}}, begun=11)
    assert outline(inventory) == [["c1", ["c", ["b", ["a", "d"]]], "e"]]


def test_counts_follow_power_place_and_alarms() -> None:
    inventory = store()
    tell(
        inventory,
        {
            "cluster:c": {"name": "c"},
            "host:h": {"name": "h", "parent": "cluster:c", "power": "running", "alarms": 1},
            "vm:1": {"name": "1", "parent": "host:h", "power": "running", "alarms": 2},
            "vm:2": {"name": "2", "parent": "host:h", "power": "off"},
            "template:t": {"name": "t", "parent": "host:h", "power": "off"},
        },
    )
    cluster = slot(inventory, "cluster:c")

    def counts(node: int | None) -> list[int]:
        return [inventory.count(node, measure) for measure in ("machines", "running", "migrating", "crashed", "alarms")]

    assert counts(cluster) == counts(None) == [2, 1, 0, 0, 3]
    tell(inventory, {"vm:1": {"power": "migrating", "alarms": 0}, "vm:2": {"power": "crashed", "parent": ""}}, begun=11)
    assert counts(cluster) == [1, 0, 1, 0, 1]
    assert counts(None) == [2, 0, 1, 1, 1]
    remove(inventory, "vm:1", begun=12)
    assert counts(cluster) == [0, 0, 0, 0, 1]


def test_a_listing_removes_what_nobody_saw_since_it_began() -> None:
    inventory = store()
    tell(inventory, {"vm:old": {"name": "old"}, "vm:kept": {"name": "kept"}, "host:h": {"name": "h"}}, begun=10)
    tell(inventory, {"vm:kept": {"name": "kept"}}, begun=20)
    tell(inventory, {"vm:new": {"name": "new"}}, begun=21)
    complete(inventory, "vm", begun=20)
    assert outline(inventory) == [["c1", "h", "kept", "new"]]
    tell(inventory, {"vm:old": {"name": "old"}}, begun=19)
    assert inventory.slot("c1", "vm:old") is None, "a late answer of before the listing does not bring it back"
    tell(inventory, {"vm:old": {"name": "old"}}, begun=22)
    assert inventory.slot("c1", "vm:old") is not None


def test_a_removal_is_not_undone_by_an_older_reading_and_does_not_undo_a_newer_one() -> None:
    inventory = store()
    tell(inventory, {"vm:1": {"name": "a"}}, begun=10)
    remove(inventory, "vm:1", begun=12)
    tell(inventory, {"vm:1": {"name": "a"}}, begun=11)
    assert inventory.slot("c1", "vm:1") is None
    tell(inventory, {"vm:1": {"power": "running"}}, begun=14)
    remove(inventory, "vm:1", begun=13)
    assert inventory.value(slot(inventory, "vm:1"), "power") == "running"


def test_a_listing_does_not_make_a_removal_forgotten_of_what_came_back() -> None:
    inventory = store()
    tell(inventory, {"vm:1": {"power": "running"}}, begun=20)
    remove(inventory, "vm:1", begun=12)
    complete(inventory, "vm", begun=15)
    tell(inventory, {"vm:1": {"name": "of before"}}, begun=10)
    assert inventory.value(slot(inventory, "vm:1"), "name") is None


def test_a_new_life_knows_nothing_of_the_one_before_the_listing() -> None:
    inventory = store()
    complete(inventory, "vm", begun=19)
    tell(inventory, {"vm:1": {"power": "running"}}, begun=20)
    tell(inventory, {"vm:1": {"name": "of before"}}, begun=10)
    assert inventory.value(slot(inventory, "vm:1"), "name") is None


def test_kinds_that_failed_turn_stale_and_stay() -> None:
    inventory = store()
    tell(inventory, {"vm:1": {"name": "a"}, "network:n": {"name": "n"}}, begun=10)
    failure = Failure(fault=Fault.DENIED, message="no")
    inventory.apply_complete(frames.LoadComplete("c1", 1, 20.0, ["vm"], {"network": failure}), 20.0)
    assert inventory.slot("c1", "vm:1") is None
    network = slot(inventory, "network:n")
    assert inventory.stale(network, Group.PLACE, 20.0)
    tell(inventory, {"network:n": {"name": "n"}}, begun=21)
    assert not inventory.stale(network, Group.PLACE, 21.0)


def test_staleness_is_of_the_connection_the_generation_and_the_group() -> None:
    inventory = store()
    tell(inventory, {"vm:1": {"name": "a", "power": "off"}}, begun=10)
    at = slot(inventory, "vm:1")
    assert inventory.age(at, Group.STATE, 13.0) == 3.0
    assert inventory.age(at, Group.GUEST, 13.0) is None
    assert not inventory.stale(at, Group.GUEST, 1e9), "never read is unknown, not stale"
    limit = STALE_AFTER[Group.STATE] * RELIST
    assert not inventory.stale(at, Group.STATE, 10 + limit)
    assert inventory.stale(at, Group.STATE, 10 + limit + 1)
    inventory.set_link("c1", Link.DOWN)
    assert inventory.stale(at, Group.STATE, 11.0)
    inventory.set_link("c1", Link.LOADING)
    inventory.open_generation("c1", 2)
    assert inventory.stale(at, Group.STATE, 11.0)
    tell(inventory, {"vm:1": {"power": "off"}}, begun=9, generation=2)
    assert not inventory.stale(at, Group.STATE, 11.0), "a new generation wins whatever its clock says"
    assert inventory.stale(at, Group.PLACE, 11.0)
    complete(inventory, "vm", generation=2, begun=9.5)
    assert inventory.slot("c1", "vm:1") is None


def test_frames_of_an_older_generation_or_an_unknown_connection_are_ignored() -> None:
    inventory = store()
    inventory.open_generation("c1", 3)
    tell(inventory, {"vm:1": {"name": "a"}}, generation=2)
    tell(inventory, {"vm:1": {"name": "a"}}, conn="nobody")
    remove(inventory, "vm:1", conn="nobody")
    assert list(inventory.slots(Kind.VM)) == []
    assert inventory.ignored == 3


def test_slots_are_reused_only_after_a_drain() -> None:
    inventory = store()
    tell(inventory, {"vm:1": {"name": "a", "vcpus": 4, "tags": ["x"], "ip": ["1"], "capacity": 5, "alarms": 2}})
    first = slot(inventory, "vm:1")
    remove(inventory, "vm:1", begun=11)
    tell(inventory, {"vm:2": {"name": "b"}}, begun=12)
    assert slot(inventory, "vm:2") != first
    assert inventory.drain().gone == {first}
    tell(inventory, {"vm:3": {}}, begun=13)
    assert slot(inventory, "vm:3") == first
    assert [inventory.value(first, name) for name in ("name", "vcpus", "tags", "ip", "capacity", "alarms")] == [
        None
    ] * 6
    assert inventory.age(first, Group.PLACE, 99) is None
    assert inventory.name(first) == "3"
    assert inventory.count(None, "alarms") == 0


def test_what_a_slot_is() -> None:
    inventory = store(spec("kvm 1", Family.LIBVIRT, "lab"))
    frame = rows({"vm:a%2Fb": {"name": "x", "host": "host:h"}, "host:h": {"name": "h1"}}, conn="kvm 1")
    for one in frame:
        inventory.apply_rows(one, 10.0)
    at = slot(inventory, "vm:a%2Fb", "kvm 1")
    assert inventory.ref(at) == ObjectRef("kvm 1", Kind.VM, "a/b")
    assert (inventory.conn(at), inventory.family(at), inventory.kind(at)) == ("kvm 1", Family.LIBVIRT, Kind.VM)
    host = inventory.host(at)
    assert host is not None
    assert inventory.name(host) == "h1"
    for node in (at, *inventory.children(None), *inventory.children(inventory.children(None)[0])):
        ref = inventory.ref(node)
        assert inventory.slot(ref.conn, ref.key) == node
        assert ObjectRef.parse(str(ref)) == ref


def test_guests_are_drawn_anew_when_their_host_is_renamed() -> None:
    inventory = store()
    tell(inventory, {"vm:1": {"host": "host:h"}, "vm:2": {"host": "host:g"}})
    inventory.drain()
    tell(inventory, {"host:h": {"name": "h"}}, begun=11)
    assert slot(inventory, "vm:1") in inventory.drain().rows
    tell(inventory, {"host:h": {"name": "h2"}}, begun=12)
    assert inventory.drain().rows == {slot(inventory, "vm:1"), slot(inventory, "host:h")}


def test_a_product_cannot_rename_move_or_remove_its_connection() -> None:
    inventory = store()
    tell(inventory, {"connection:x": {"name": "x", "parent": "vm:1", "product": "p 1"}, "vm:1": {"name": "a"}})
    remove(inventory, "connection:x", "connection:c1", begun=11)
    complete(inventory, "connection", "vm", begun=10)
    assert outline(inventory) == [["c1", "a"]]
    assert inventory.value(slot(inventory, "connection:c1"), "product") == "p 1"


def test_a_field_that_is_no_column_is_a_mistake_of_the_caller() -> None:
    inventory = store()
    with pytest.raises(KeyError):
        inventory.value(inventory.children(None)[0], "nonsense")


def test_times_that_are_no_numbers_do_no_harm() -> None:
    inventory = store()
    for begun in (float("nan"), float("inf"), float("-inf"), 1.0):
        tell(inventory, {"vm:1": {"name": "a"}, "vm:2": {"power": "off"}}, begun=begun)
        remove(inventory, "vm:2", begun=begun)
        complete(inventory, "vm", begun=begun)
        inventory.drain()
    assert inventory.count(None, "machines") == len(list(inventory.slots(Kind.VM)))


def test_one_frame_may_name_an_object_twice() -> None:
    inventory = store()
    frame = frames.Rows("c1", 1, 10.0, ["name", "parent"], ["vm:1", "vm:1"], [["a", "b"], ["host:h", ""]])
    inventory.apply_rows(frame, 10.0)
    assert outline(inventory) == [["c1", "b"]]
    assert inventory.count(None, "machines") == 1


def test_kinds_that_are_dropped_go_at_once_and_late_readings_bring_none_back() -> None:
    inventory = store()
    tell(inventory, {"vm:a": {"name": "a"}, "snapshot:s": {"name": "s", "parent": "vm:a"}}, begun=50.0)
    inventory.drop([Kind.SNAPSHOT], 20.0)
    assert slot(inventory, "vm:a")
    assert inventory.slot("c1", "snapshot:s") is None
    tell(inventory, {"snapshot:s": {"name": "s"}, "snapshot:t": {"name": "t"}}, begun=19.0)
    assert inventory.slot("c1", "snapshot:t") is None
    tell(inventory, {"snapshot:s": {"name": "s"}}, begun=51.0)
    assert inventory.slot("c1", "snapshot:s") is not None, "wanted again"
    assert inventory.drain().gone
