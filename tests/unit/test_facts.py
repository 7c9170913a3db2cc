"""Sheets of capabilities: asked when due, never twice at once, few at a time; what may be otherwise is stale."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence

import msgspec
import pytest

from novatui.core.capabilities import Answer, Evidence, Fact, Sheet
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.errors import Fault, Timeout, Unreachable
from novatui.core.features import FEATURES
from novatui.core.ids import ObjectRef
from novatui.core.inventory import Value
from novatui.core.states import Family, Kind, Link
from novatui.engine import facts as module
from novatui.engine import inspecting
from novatui.engine.connection import Connection
from novatui.engine.facts import Facts
from novatui.engine.identity import Identities
from novatui.engine.inspecting import InspectionRequests
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.metric_store import MetricStore
from novatui.engine.query import parse
from novatui.engine.selection import Selection
from novatui.engine.task_store import TaskStore
from novatui.wire import frames
from tests.fleets import until

ASKED = Evidence(kind="asked", call="GetThings", at=1.0, ms=2.0)


def fact(feature: str = "tpm", value: str = "yes", scope: str = "") -> Fact:
    return Fact(feature=feature, scope=scope, value=Answer(value), reason="so it is", evidence=ASKED)


class Desk:
    """Facts over connections that are up, and workers that answer when the test says so."""

    def __init__(self, *names: str, role: str = "CapabilityProbe", pace: float = 0.0) -> None:
        self.connections: dict[str, Connection] = {}
        self.inventory = InventoryStore()
        self.sent: list[frames.ProbeRequest] = []
        self.announced = 0
        for name in names or ("a",):
            spec = ConnectionSpec(name=name, family=Family.LIBVIRT, driver="libvirt", uri="test:///default")
            connection = self.connections[name] = Connection(spec)
            self.inventory.add_connection(spec)
            connection.begin()
            connection.info = ConnectionInfo(product="libvirt 9.0.0", version="9.0.0", roles=(role,))
            connection.go(Link.UP, None)
        self.inspecting = InspectionRequests(self.connections, self._send, itertools.count(1), pace)
        self.facts = Facts(self.connections, self.inventory, self.inspecting, self._announce)

    def _send(self, conn: str, frame: frames.Frame) -> bool:
        assert isinstance(frame, frames.ProbeRequest)
        self.sent.append(frame)
        return True

    def _announce(self) -> None:
        self.announced += 1

    def ask(self, ref: ObjectRef, *, fresh: bool = False) -> asyncio.Task[Sheet]:
        return asyncio.create_task(self.facts.probe(ref, fresh=fresh))

    def answer(self, request: frames.ProbeRequest, found: Sequence[Fact] | None = None) -> None:
        told = [fact(scope=request.scope)] if found is None else list(found)
        self.inspecting.told(frames.ProbeAnswer(request.conn, request.request, 12.0, 7, None, told))

    def refuse(self, request: frames.ProbeRequest, error: Exception) -> None:
        failure = error.failure
        self.inspecting.told(frames.ProbeAnswer(request.conn, request.request, 0.0, 0, failure, None))

    def restart(self, version: str) -> None:
        connection = self.connections["a"]
        connection.go(Link.DOWN, Unreachable("gone").failure)
        self.facts.stands(connection)
        connection.begin()
        connection.info = ConnectionInfo(product=f"libvirt {version}", version=version, roles=("CapabilityProbe",))
        connection.go(Link.UP, None)
        self.facts.stands(connection)


class View:
    """What a filter looks at."""

    def __init__(self, desk: Desk) -> None:
        self.inventory, self.facts = desk.inventory, desk.facts
        self.metrics = MetricStore()
        self.identity = Identities(self.inventory, self.metrics, TaskStore())


def conn(name: str = "a") -> ObjectRef:
    return ObjectRef(name, Kind.CONNECTION, name)


def host(number: int, name: str = "a") -> ObjectRef:
    return ObjectRef(name, Kind.HOST, f"h{number}")


async def rest() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_an_answer_is_kept_with_its_version_time_and_cost() -> None:
    desk = Desk()
    assert desk.facts.sheet(conn()) is None
    asked = desk.ask(conn())
    await rest()
    assert (desk.facts.probing(conn()), desk.facts.drain()) == (True, {conn()})
    assert (desk.sent[0].scope, desk.announced) == ("", 1)
    before = time.time()
    desk.answer(desk.sent[0])
    sheet = await asked
    await rest()
    assert desk.facts.sheet(conn()) is sheet
    assert (sheet.product, sheet.version, sheet.ms, sheet.calls) == ("libvirt 9.0.0", "9.0.0", 12.0, 7)
    assert (sheet.stale, sheet.failure) == (False, None)
    assert sheet.at is not None
    assert before - 5 < sheet.at <= time.time()
    assert (desk.facts.probing(conn()), desk.facts.drain(), desk.facts.drain()) == (False, {conn()}, set())


async def test_hosts_are_asked_by_their_key() -> None:
    desk = Desk()
    desk.ask(host(1))
    await rest()
    assert desk.sent[0].scope == "host:h1"


async def test_one_is_never_asked_twice_at_once_and_who_leaves_takes_nothing_from_others() -> None:
    desk = Desk()
    impatient, patient, eager = desk.ask(conn()), desk.ask(conn()), desk.ask(conn(), fresh=True)
    await rest()
    assert len(desk.sent) == 1
    impatient.cancel()
    await rest()
    desk.answer(desk.sent[0])
    assert (await patient) is (await eager)


async def test_it_is_asked_again_when_it_is_old_or_on_demand_and_not_before() -> None:
    desk = Desk()
    asked = desk.ask(conn())
    await rest()
    desk.answer(desk.sent[0])
    sheet = await asked
    assert await desk.facts.probe(conn()) is sheet
    assert not desk.facts.due(conn())
    assert len(desk.sent) == 1
    desk.ask(conn(), fresh=True)
    await rest()
    assert len(desk.sent) == 2
    desk.answer(desk.sent[1])
    await rest()
    desk.facts._sheets[conn()] = msgspec.structs.replace(sheet, at=time.time() - module.FRESH - 1)
    assert desk.facts.due(conn())
    desk.ask(conn())
    await rest()
    assert len(desk.sent) == 3


async def test_few_are_asked_at_once_of_one_connection_and_of_all() -> None:
    names = [f"c{number}" for number in range(10)]
    desk = Desk(*names)
    for name in names:
        for number in range(3):
            desk.ask(host(number, name))
    await rest()
    per = [sum(frame.conn == name for frame in desk.sent) for name in names]
    assert (len(desk.sent), max(per)) == (inspecting.OF_ALL, inspecting.OF_ONE)
    done = 0
    while done < len(desk.sent):
        desk.answer(desk.sent[done])
        done += 1
        await rest()
        assert len(desk.sent) - done <= inspecting.OF_ALL
    assert done == 30
    assert len({(frame.conn, frame.scope) for frame in desk.sent}) == 30


async def test_they_begin_one_after_the_other() -> None:
    desk = Desk("a", "b", pace=3600.0)
    desk.ask(conn("a"))
    waits = desk.ask(conn("b"))
    await rest()
    assert [frame.conn for frame in desk.sent] == ["a"]
    waits.cancel()


async def test_those_that_hang_delay_no_other_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    hung = [f"hung{number}" for number in range(inspecting.OF_ALL)]
    desk = Desk(*hung, "quick")
    monkeypatch.setattr(inspecting, "SLOW", 0.01)
    for name in hung:
        desk.ask(conn(name))
    quick = desk.ask(conn("quick"))
    await until(lambda: any(frame.conn == "quick" for frame in desk.sent))
    desk.answer(desk.sent[-1])
    assert (await quick).facts
    for frame in desk.sent[: len(hung)]:
        desk.answer(frame)
    await rest()
    assert desk.inspecting._all._value == inspecting.OF_ALL


async def test_what_was_known_stays_when_a_question_fails_and_is_stale() -> None:
    desk = Desk()
    asked = desk.ask(conn())
    await rest()
    desk.answer(desk.sent[0])
    before = await asked
    asked = desk.ask(conn(), fresh=True)
    await rest()
    desk.refuse(desk.sent[1], Timeout("no answer within 30 s"))
    sheet = await asked
    assert (sheet.facts, sheet.at, sheet.stale) == (before.facts, before.at, True)
    assert sheet.failure is not None
    assert sheet.failure.fault is Fault.TIMEOUT
    assert desk.facts.sheet(conn()) == sheet
    assert not desk.facts.due(conn())  # not again at once
    desk.facts._tried[conn()] -= module.RETRY
    assert desk.facts.due(conn())


async def test_a_first_question_that_fails_leaves_everything_unknown_with_the_reason() -> None:
    desk = Desk()
    asked = desk.ask(host(1))
    await rest()
    desk.refuse(desk.sent[0], Timeout("no answer within 30 s"))
    sheet = await asked
    assert (sheet.at, sheet.stale) == (None, True)
    for feature in FEATURES:
        told = sheet.fact(feature.slug)
        assert (told.value, told.reason, told.scope) == (Answer.UNKNOWN, "no answer within 30 s", "host:h1")


async def test_a_connection_that_is_down_is_not_asked_and_a_driver_without_the_role_says_so() -> None:
    desk = Desk()
    desk.connections["a"].go(Link.DOWN, Unreachable("no route to host").failure)
    sheet = await desk.facts.probe(conn())
    assert sheet.failure is not None
    assert "no route to host" in sheet.failure.message
    assert desk.facts.sheet(conn()) is None
    lacking = await Desk(role="MetricSource").facts.probe(conn())
    assert lacking.failure is not None
    assert lacking.failure.fault is Fault.NOT_SUPPORTED
    nowhere = await desk.facts.probe(conn("nowhere"))
    assert nowhere.failure is not None
    assert nowhere.failure.fault is Fault.NOT_FOUND
    assert desk.sent == []


async def test_sheets_are_stale_while_their_connection_is_down_and_kept() -> None:
    desk = Desk()
    asked = desk.ask(conn())
    await rest()
    desk.answer(desk.sent[0])
    await asked
    desk.connections["a"].go(Link.DOWN, Unreachable("gone").failure)
    sheet = desk.facts.sheet(conn())
    assert sheet is not None
    assert (sheet.stale, sheet.fact("tpm").value) == (True, Answer.YES)
    desk.restart("9.0.0")
    back = desk.facts.sheet(conn())
    assert back is not None
    assert not back.stale
    await rest()
    assert len(desk.sent) == 1  # the same version: nothing to ask again


async def test_after_an_upgrade_what_was_known_is_stale_and_asked_again() -> None:
    desk = Desk()
    machine = ObjectRef("a", Kind.VM, "m")
    for number, ref in enumerate((conn(), host(1), machine)):
        asked = desk.ask(ref)
        await rest()
        desk.answer(desk.sent[number])
        await asked
    desk.restart("9.1.0")
    stale = desk.facts.sheet(machine)
    assert stale is not None
    assert stale.stale
    assert desk.facts.due(machine)
    await rest()
    assert sorted(frame.scope for frame in desk.sent[3:]) == ["", "host:h1"]  # machines when they are looked at
    for frame in desk.sent[3:]:
        desk.answer(frame)
    await rest()
    fresh = desk.facts.sheet(host(1))
    assert fresh is not None
    assert (fresh.version, fresh.stale) == ("9.1.0", False)


async def test_a_host_that_is_upgraded_while_its_connection_stays_up_is_due() -> None:
    desk = Desk()
    begun = time.monotonic()

    def product(name: str, at: float) -> None:
        desk.inventory.apply_rows(frames.Rows("a", 1, at, ["product"], ["host:h1"], [[name]]), at)

    product("ESXi 8.0.2", begun)
    asked = desk.ask(host(1))
    await rest()
    desk.answer(desk.sent[0])
    assert (await asked).product == "ESXi 8.0.2"
    product("ESXi 8.0.2", begun + 1)
    assert not desk.facts.due(host(1))
    product("ESXi 8.0.3", begun + 2)
    old = desk.facts.sheet(host(1))
    assert old is not None
    assert old.stale
    assert desk.facts.due(host(1))


async def test_a_connection_that_ends_while_it_is_asked_gives_a_failure() -> None:
    desk = Desk()
    asked = desk.ask(conn())
    await rest()
    desk.inspecting.lost("a", Unreachable("it is gone").failure)
    failure = (await asked).failure
    assert failure is not None
    assert failure.message == "it is gone"


async def test_facts_that_a_driver_tells_by_itself_take_the_place_of_older_ones() -> None:
    desk = Desk()
    asked = desk.ask(conn())
    await rest()
    desk.answer(desk.sent[0], [fact(), fact("sriov", "no")])
    await asked
    desk.facts.drain()
    told = [fact("sriov", "yes"), fact("numa", "yes", "host:h1"), fact("numa", "yes", "nonsense")]
    desk.facts.told(frames.Facts("a", 1, 0.0, told))
    sheet, other = desk.facts.sheet(conn()), desk.facts.sheet(host(1))
    assert sheet is not None
    assert other is not None
    assert [sheet.fact(slug).value for slug in ("tpm", "sriov", "numa")] == [Answer.YES, Answer.YES, Answer.UNKNOWN]
    assert other.fact("numa").value is Answer.YES
    assert desk.facts.drain() == {conn(), host(1)}


async def test_what_is_gone_is_forgotten() -> None:
    desk = Desk()
    begun = time.monotonic()
    desk.inventory.open_generation("a", 1)
    desk.inventory.apply_rows(frames.Rows("a", 1, begun, ["name"], ["host:h1", "host:h2"], [["one", "two"]]), begun)
    for number in (1, 2):
        asked = desk.ask(host(number))
        await rest()
        desk.answer(desk.sent[-1])
        await asked
    desk.inventory.apply_remove(frames.Remove("a", 1, begun + 1, ["host:h1"]), begun + 1)
    assert desk.facts.sheet(host(1)) is not None  # hosts were not listed yet: nothing says that it was one of them
    desk.connections["a"].complete(["host"], {}, wanted=["host"])
    desk.inventory.apply_rows(frames.Rows("a", 1, begun + 2, ["name"], ["host:h3"], [["three"]]), begun + 2)
    desk.inventory.apply_remove(frames.Remove("a", 1, begun + 3, ["host:h3"]), begun + 3)
    assert desk.facts.sheet(host(1)) is None
    assert desk.facts.sheet(host(2)) is not None
    desk.inventory.remove_connection("a")
    desk.facts.forget("a")
    assert desk.facts.sheets() == []


async def test_columns_gather_hosts_and_count_those_never_asked_apart() -> None:
    desk = Desk()
    for number, value in ((1, "yes"), (2, "no")):
        asked = desk.ask(host(number))
        await rest()
        desk.answer(desk.sent[-1], [fact("tpm", value, f"host:h{number}")])
        await asked
    column = desk.facts.column([host(1), host(2), host(3)])
    assert list(column) == [feature.slug for feature in FEATURES]
    assert (column["tpm"].value, column["tpm"].note) == (Answer.PARTLY, "1/3 1?")
    assert column["numa"].value is Answer.UNKNOWN


async def test_a_filter_finds_what_is_known_and_never_what_is_not() -> None:
    desk = Desk()
    begun = time.monotonic()
    hosts = [host(number) for number in range(4)]
    names = [str(ref.id) for ref in hosts]
    desk.inventory.apply_rows(
        frames.Rows("a", 1, begun, ["name"], [ref.key for ref in hosts], [list[Value](names)]), begun
    )
    for ref, value in zip(hosts, ("yes", "no", "unknown"), strict=False):
        asked = desk.ask(ref)
        await rest()
        desk.answer(desk.sent[-1], [fact("tpm", value, ref.key)])
        await asked

    def found(text: str) -> list[str]:
        slots = Selection(View(desk), parse(text), kinds=[Kind.HOST]).slots
        return [desk.inventory.name(slot) for slot in slots]

    assert (found("can:tpm"), found("can:tpm=no"), found("can:tpm=partly")) == (["h0"], ["h1"], [])
    assert (found("!can:tpm"), found("not:can:tpm=no")) == (["h1"], ["h0"])
    assert (found("can:tpm=unknown"), found("!can:tpm:unknown")) == (["h2", "h3"], ["h0", "h1"])
    desk.connections["a"].go(Link.DOWN, Unreachable("gone").failure)
    assert found("can:tpm") == ["h0"]  # what is old is found, and shown as old


async def test_many_that_are_looked_at_are_asked_in_turns_in_the_background() -> None:
    desk = Desk("a", "b")
    desk.connections["b"].go(Link.DOWN, Unreachable("gone").failure)
    wanted = [*(host(number) for number in range(module.WANTED + 10)), conn("b")]
    desk.facts.want(wanted)
    assert sum(map(desk.facts.probing, wanted)) == module.WANTED
    done = 0
    while desk.facts.asking:
        await rest()
        desk.answer(desk.sent[done])
        done += 1
        await rest()
        desk.facts.want(wanted)
    assert done == module.WANTED + 10
    assert all(desk.facts.sheet(ref) for ref in wanted[:-1])
    desk.facts.want(wanted)
    assert not desk.facts.asking


def test_a_task_that_is_stopped_is_over() -> None:
    async def life() -> None:
        desk = Desk()
        asked = desk.ask(conn())
        await rest()
        desk.facts.stop()
        await rest()
        assert asked.cancelled()
        assert not desk.facts.probing(conn())

    asyncio.run(life())
