"""Machines that keep a host from its maintenance: how each can leave, what is in the way, how often hosts are asked."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from novatui.actions.blockers import Blocked, Blocker, Way, asked, together
from novatui.actions.blockers_report import markdown, plain, summary, why, word
from novatui.actions.drain import NO_MEMORY
from novatui.core.capabilities import Answer
from novatui.core.connection import ConnectionSpec
from novatui.core.fitting import COPIED
from novatui.core.ids import ObjectRef, key
from novatui.core.lifting import lift
from novatui.core.reasons import Check, Topic
from novatui.core.states import Family, Kind, Power
from novatui.engine.fleet import Fleet, Target
from novatui.engine.host_scope import hosts_in
from tests.placings import EVIDENCE, GIB, Placing
from tests.unit import stores

A, B, C = (ObjectRef(name, Kind.HOST, "h") for name in "abc")


def ref(name: str) -> ObjectRef:
    return ObjectRef("a", Kind.VM, name)


def check(topic: Topic, answer: Answer = Answer.NO, reason: str = "", **more: Any) -> Check:
    return Check(topic=topic, answer=answer, reason=reason or topic.value, evidence=EVIDENCE, **more)


GPU = check(Topic.DEVICES, reason="it holds a GPU", subject="0000:3b:00.0")
COPY = check(Topic.STORAGE, reason="does not reach vda; it can be copied", subject="vda", condition=COPIED)


@pytest.fixture
def placing() -> Placing:
    return Placing((A, B, C))


def fleet_of(placing: Placing, **machines: tuple[str, int | None]) -> Fleet:
    """Machines on host `a`: state and GiB by name."""
    fleet = Fleet(
        [Target(ConnectionSpec(name=name, family=Family.LIBVIRT, driver="libvirt", uri=name), dict) for name in "abc"]
    )
    for name in "abc":
        stores.tell(fleet.inventory, {"host:h": {"name": name}}, conn=name)
    rows = {str(key(Kind.VM, name)): {"name": name, "host": "host:h", "power": power, "memory": size and size * GIB}
            for name, (power, size) in machines.items()}  # fmt: skip
    stores.tell(fleet.inventory, rows, conn="a")
    fleet.placing = placing  # type: ignore[assignment]
    return fleet


async def found(fleet: Fleet, *hosts: ObjectRef) -> Blocked:
    every = [one async for one in asked(fleet, hosts or (A,))]
    return together(fleet, A, every)


def one(of: Blocked, name: str) -> Blocker:
    (machine,) = (each for each in of.machines if each.name == name)
    return machine


async def test_each_machine_is_told_how_it_can_leave(placing: Placing) -> None:
    placing.held = {"gpu": (GPU,), "snap": (check(Topic.SNAPSHOTS),)}
    for host in "bc":
        placing.live["net", host] = placing.off["net", host] = (check(Topic.NETWORK, subject="vlan42"),)
        placing.live["open", host] = (check(Topic.CPU, Answer.UNKNOWN),)
    placing.live["disk", "b"] = (COPY,)
    placing.live["disk", "c"] = (check(Topic.MEMORY), check(Topic.CPU))
    names = ("fine", "gpu", "snap", "net", "open", "disk")
    fleet = fleet_of(placing, **dict.fromkeys(names, ("running", 1)), still=("off", 1), odd=(Power.UNKNOWN.value, 1))
    of = await found(fleet)
    ways = {each.name: each.way for each in of.machines}
    assert ways == {"fine": Way.LIVE, "gpu": Way.COLD, "snap": Way.STUCK, "net": Way.STUCK, "open": Way.UNKNOWN,
                    "disk": Way.CONDITION, "still": Way.OFF, "odd": Way.UNKNOWN}  # fmt: skip
    assert (of.leave, of.block, of.unknown, of.off) == (2, 3, 2, 1)
    assert summary(of) == "2 can leave, 3 block, 2 unknown, 1 off"
    gpu, net, disk = one(of, "gpu"), one(of, "net"), one(of, "disk")
    assert (gpu.holds, gpu.reason, gpu.cold) == ("0000:3b:00.0", "it holds a GPU", Answer.YES)
    assert gpu.lift == "detach it (0000:3b:00.0); shut it down: then it can go"
    assert (net.holds, net.nearest, net.cold, net.lift) == ("vlan42", "b", Answer.NO, "define it on the host (vlan42)")
    assert (disk.holds, disk.to, disk.lift) == ("vda", "b", "copy its storage on the way (vda): --storage copy")
    assert one(of, "snap").holds == "snapshots"
    assert one(of, "fine").to in {"b", "c"}
    assert [each.way for each in of.machines] == sorted((each.way for each in of.machines), key=list(Way).index)


async def test_what_all_of_them_need_together_is_not_given_twice(placing: Placing) -> None:
    fleet = fleet_of(placing, **dict.fromkeys(("one", "two", "three"), ("running", 6)))
    of = await found(fleet)
    assert (of.leave, of.block) == (2, 1)
    (left,) = (each for each in of.machines if each.way is Way.ROOM)
    assert (left.reason, left.holds) == (NO_MEMORY, "memory")
    assert "b, c" in left.lift or "c, b" in left.lift
    assert sorted(each.to for each in of.machines if each.way is Way.LIVE) == ["b", "c"]


async def test_every_machine_is_read_once_and_what_needs_no_question_asks_none(placing: Placing) -> None:
    placing.held["stuck"] = (check(Topic.SNAPSHOTS),)
    fleet = fleet_of(
        placing,
        still=("off", 1),
        stuck=("running", 1),
        fine=("paused", 1),
        **{f"m{at}": ("running", 1) for at in range(9)},
    )
    of = await found(fleet)
    assert len(of.machines) == 12
    assert set(placing.read.values()) == {1}
    assert "still" not in placing.read
    assert {name for _, name in placing.asked} == {"fine", *(f"m{at}" for at in range(9))}
    assert set(placing.asked.values()) == {1}
    assert placing.most <= 3


async def test_a_host_that_does_not_answer_is_not_asked_about_every_machine(placing: Placing) -> None:
    placing.silent = {"c"}
    for name in range(12):
        placing.live[f"m{name}", "b"] = (check(Topic.MEMORY),)
    of = await found(fleet_of(placing, **{f"m{name}": ("running", 1) for name in range(12)}))
    assert sum(count for (host, _), count in placing.asked.items() if host == "c") <= 3, "those that were under way"
    assert {each.way for each in of.machines} == {Way.UNKNOWN}, "it might be able"
    assert one(of, "m7").reason == "no answer within 15 s"
    assert one(of, "m7").nearest == "c"


async def test_what_cannot_be_read_is_unknown_and_holds_up_no_other(placing: Placing) -> None:
    placing.unread = {"odd"}
    of = await found(fleet_of(placing, odd=("running", 1), fine=("running", 1)))
    assert (one(of, "odd").way, one(of, "fine").way) == (Way.UNKNOWN, Way.LIVE)
    assert "no answer within 15 s" in one(of, "odd").reason


async def test_a_machine_without_another_host_cannot_leave(placing: Placing) -> None:
    placing.hosts = [A]
    lone = one(await found(fleet_of(placing, lone=("running", 1))), "lone")
    assert (lone.way, lone.reason, lone.lift) == (Way.STUCK, "there is no other host of its family", "add a host")


async def test_cold_that_is_not_known_says_so(placing: Placing) -> None:
    placing.held = {"gpu": (GPU,)}
    for host in "bc":
        placing.off["gpu", host] = (check(Topic.DEVICES, Answer.UNKNOWN),)
    gpu = one(await found(fleet_of(placing, gpu=("running", 1))), "gpu")
    assert (gpu.way, gpu.cold, word(gpu)) == (Way.COLD, Answer.UNKNOWN, "cold, perhaps")
    assert "not known" in gpu.lift


async def test_a_report_is_text_whatever_machines_are_called(placing: Placing) -> None:
    hostile = "vm[/]|<b>"
    placing.held = {hostile: (GPU,)}
    fleet = fleet_of(placing, **{hostile: ("running", None)}, moves=("running", 1), still=("off", 1))
    of = await found(fleet)
    text = markdown([of, Blocked(host=B, name="b")])
    assert r"vm\[/\]\|\<b\>" in text
    assert "## b: no machine is on it" in text
    assert "virDomainGetXMLDesc 1970-01-01T00:00:01.000Z 2 ms" in text
    assert "| still" not in text
    form = plain([of])["hosts"][0]
    assert (form["leave"], form["block"], form["off"]) == (1, 1, 1)
    machines = {each["name"]: each for each in form["machines"]}
    assert machines[hostile]["answer"] == "cold"
    assert machines[hostile]["holds"] == "0000:3b:00.0"
    assert "memory" not in machines[hostile]
    assert machines["moves"]["to"] in {"b", "c"}
    assert why(one(of, "moves")).startswith("to ")


def test_every_topic_has_something_that_lifts_it() -> None:
    for topic in Topic:
        assert lift(check(topic)), topic


def test_hosts_are_found_from_whatever_is_named(placing: Placing) -> None:
    fleet = fleet_of(placing, db=("running", 1))
    store = fleet.inventory
    assert hosts_in(store) == [A, B, C]
    assert hosts_in(store, [ref("db"), A]) == [A]
    assert hosts_in(store, [ObjectRef("b", Kind.CONNECTION, "b")]) == [B]
    assert hosts_in(store, [ref("gone")]) == []


def test_waiting_is_part_of_the_summary(placing: Placing) -> None:
    of = msgspec.structs.replace(Blocked(host=A, name="a"), waiting=4)
    assert summary(of) == "0 can leave, 0 block, 0 unknown, 4 not asked yet"


async def test_a_container_goes_when_it_is_shut_down(placing: Placing) -> None:
    fleet = fleet_of(placing)
    row = {"name": "ct", "host": "host:h", "power": "running", "memory": GIB}
    stores.tell(fleet.inventory, {"container:101": row}, conn="a")
    of = await found(fleet)
    ct = one(of, "ct")
    assert (ct.way, ct.cold, ct.reason) == (Way.COLD, Answer.YES, "a container does not move while it runs")
    assert ct.lift == "shut it down: then it can go"
