"""Connections that come and go while a fleet runs, and secrets that somebody has to type."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Fault
from novatui.core.states import Family, Kind, Link
from novatui.engine.fleet import Fleet, Target
from novatui.engine.placement import place_another
from tests.fleets import fleet_of, until
from tests.lab.processes import is_alive
from tests.oddworker import spec


def target(name: str, typed: tuple[str, ...] = (), **options: str) -> Target:
    return Target(spec(name, **options), dict, typed=typed)


def listed(fleet: Fleet, name: str) -> bool:
    return fleet.connections[name].link is Link.UP and fleet.connections[name].listed


def machines(fleet: Fleet, conn: str) -> int:
    return sum(fleet.inventory.conn(slot) == conn for slot in fleet.inventory.slots(Kind.VM))


# --- coming and going -------------------------------------------------------------------------------------------------


async def test_a_connection_can_come_later() -> None:
    async with fleet_of(spec("a")) as fleet:
        await until(lambda: listed(fleet, "a"))
        fleet.drain()
        fleet.add(target("b", objects="5"))
        await until(lambda: listed(fleet, "b"))
        changes = fleet.drain()
        assert changes.connections == {"b"}
        assert None in changes.reshaped, "the top of the tree has one more node"
        assert (machines(fleet, "a"), machines(fleet, "b")) == (3, 5)
        with pytest.raises(ValueError, match="there is a connection b"):
            fleet.add(target("b"))


async def test_a_removed_connection_leaves_nothing_and_disturbs_nobody(tmp_path: Path) -> None:
    said_goodbye = tmp_path / "closed"
    async with fleet_of(spec("a"), spec("b", closed_file=str(said_goodbye))) as fleet:
        await until(lambda: listed(fleet, "a") and listed(fleet, "b"))
        before, pid = fleet.connections["a"].generation, fleet.connections["b"].worker_pid
        gone = set(fleet.inventory.slots(Kind.VM)) | {fleet.inventory.connection("b")}
        fleet.drain()
        fleet.dismiss("b")
        assert fleet.connections["b"].link is Link.CLOSED, "what is drawn before the next tick finds its connection"
        changes = fleet.drain()
        assert list(fleet.connections) == ["a"]
        assert changes.connections == {"b"}
        assert changes.gone == {slot for slot in gone if not fleet.inventory.alive(slot)}
        assert len(changes.gone) == 4
        assert (machines(fleet, "a"), machines(fleet, "b")) == (3, 0)
        assert pid is not None
        await until(lambda: not is_alive(pid))
        assert said_goodbye.read_text() == "closed", "the product was told"
        assert (fleet.connections["a"].link, fleet.connections["a"].generation) == (Link.UP, before)


async def test_the_same_name_can_come_again_elsewhere_at_once() -> None:
    async with fleet_of(spec("a"), spec("b")) as fleet:
        await until(lambda: listed(fleet, "b"))
        fleet.dismiss("b")
        fleet.add(target("b", objects="7"))
        await until(lambda: listed(fleet, "b"))
        fleet.drain()
        assert machines(fleet, "b") == 7
        assert fleet.connections["b"].generation == 2, "late frames of the first one could be taken for its own"


async def test_one_that_is_being_made_or_waits_can_be_removed() -> None:
    async with fleet_of(spec("slow", connect="sleep:2"), spec("down", connect="lose")) as fleet:
        await until(lambda: fleet.connections["down"].retry_at is not None)
        fleet.dismiss("slow")
        fleet.dismiss("down")
        fleet.drain()
        assert not fleet.connections
        fleet.add(target("a"))
        await until(lambda: listed(fleet, "a"))


async def test_a_label_goes_with_its_last_connection() -> None:
    def labelled(name: str) -> ConnectionSpec:
        return ConnectionSpec(name=name, family=Family.LIBVIRT, driver="odd", uri="odd://", label="site")

    async with fleet_of(labelled("a"), labelled("b")) as fleet:
        groups = lambda: len(list(fleet.inventory.slots(Kind.GROUP)))  # noqa: E731
        fleet.dismiss("a")
        assert groups() == 1
        fleet.dismiss("b")
        assert groups() == 0
        fleet.drain()
        fleet.add(Target(labelled("c"), dict))
        assert groups() == 1


async def test_what_was_known_of_it_is_there_before_it_answers(tmp_path: Path) -> None:
    async with fleet_of(spec("a", objects="30"), cache=tmp_path) as fleet:
        await until(lambda: listed(fleet, "a"))
    async with fleet_of(cache=tmp_path) as fleet:
        fleet.add(target("a", objects="30", connect="sleep:2"))
        await until(lambda: machines(fleet, "a") == 30)
        assert fleet.connections["a"].link is Link.CONNECTING


def test_another_connection_shares_a_worker_only_when_it_must() -> None:
    libvirt = [(spec("a"), "")], [(spec("b"), "")]
    far = (spec("c"), "ssh://far")
    embed = ConnectionSpec(name="e", family=Family.LIBVIRT, driver="libvirt", uri="qemu:///embed?root=/x")
    placed = {0: libvirt[0], 1: [*libvirt[1], (spec("d"), "")]}
    assert place_another(spec("n"), "", {}, 2) == 0
    assert place_another(spec("n"), "", placed, 3) == 2
    assert place_another(spec("n"), "", placed, 2) == 0, "the emptiest"
    assert place_another(spec("n"), "ssh://far", placed, 2) == 2, "nobody goes that way"
    assert place_another(spec("n"), "ssh://far", {**placed, 5: [far]}, 2) == 5
    assert place_another(embed, "", placed, 2) == 2
    assert place_another(spec("n"), "", {0: [(embed, "")]}, 1) == 1


# --- typed secrets ----------------------------------------------------------------------------------------------------


async def test_a_password_is_asked_for_and_remembered() -> None:
    async with fleet_of(spec("other")) as fleet:
        fleet.add(target("a", typed=("password",)))
        one = fleet.connections["a"]
        await until(lambda: one.questions)
        (number, question), *_ = one.questions.items()
        assert (question.topic, question.secret) == ("password", True)
        assert "a" in question.text
        await until(lambda: listed(fleet, "other"))
        assert one.worker_pid is None, "nothing is started before it is known"
        fleet.answer("a", number, "pässword")
        await until(lambda: listed(fleet, "a"))
        assert one.info is not None
        assert one.info.user == "pässword"
        fleet.reconnect("a")
        await until(lambda: one.generation == 2 and listed(fleet, "a"))
        assert one.info.user == "pässword", "a lost connection comes back without a person"


async def test_who_declines_is_not_asked_again_until_it_is_wanted() -> None:
    async with fleet_of() as fleet:
        fleet.add(target("a", typed=("password", "key_password")))
        one = fleet.connections["a"]
        await until(lambda: one.questions)
        fleet.answer("a", next(iter(one.questions)), None)
        await until(lambda: one.link is Link.DOWN)
        assert one.failure is not None
        assert one.failure.fault is Fault.AUTH_FAILED
        assert one.retry_at is None
        assert not one.questions
        fleet.reconnect("a")
        await until(lambda: one.questions)
        fleet.answer("a", next(iter(one.questions)), "one")
        await until(lambda: one.questions and "private key" in next(iter(one.questions.values())).text)
        fleet.answer("a", next(iter(one.questions)), "two")
        await until(lambda: listed(fleet, "a"))


async def test_a_refused_password_is_asked_for_again() -> None:
    async with fleet_of() as fleet:
        fleet.add(target("a", typed=("password",), connect="refuse"))
        one = fleet.connections["a"]
        for _ in range(2):
            await until(lambda: one.questions)
            fleet.answer("a", next(iter(one.questions)), "wrong")
            await until(lambda: one.link is Link.DOWN)
            fleet.reconnect("a")


async def test_removing_a_connection_takes_its_question_along() -> None:
    async with fleet_of() as fleet:
        fleet.add(target("a", typed=("password",)))
        one = fleet.connections["a"]
        await until(lambda: one.questions)
        fleet.dismiss("a")
        assert not one.questions
