"""Postures of many objects: a slow connection holds up no other, a failure is told, who stops listening stops it."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.errors import Fault, NotFound, NotSupported, Timeout
from novatui.core.ids import ObjectRef, key
from novatui.core.posture import Finding, Level, Posture, Topic
from novatui.core.states import Family, Kind, Link
from novatui.engine.connection import Connection
from novatui.engine.inspecting import OF_ONE, InspectionRequests
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.postures import Judged, Postures
from novatui.wire import frames
from tests.fleets import until

FINDING = Finding(rule="tpm", topic=Topic.SECURITY, level=Level.ADVICE, reason="it has no TPM")


class Desk:
    """Connections that are up, and workers that answer when the test says so."""

    def __init__(self, *names: str, role: str = "PostureSource") -> None:
        connections: dict[str, Connection] = {}
        self.inventory = InventoryStore()
        self.sent: list[frames.PostureRequest] = []
        for name in names:
            spec = ConnectionSpec(name=name, family=Family.LIBVIRT, driver="libvirt", uri="test:///default")
            connection = connections[name] = Connection(spec)
            self.inventory.add_connection(spec)
            connection.begin()
            connection.info = ConnectionInfo(product="libvirt", roles=(role,))
            connection.go(Link.UP, None)
        self.inspecting = InspectionRequests(connections, self._send, itertools.count(1))
        self.postures = Postures(self.inventory, self.inspecting)

    def _send(self, conn: str, frame: frames.Frame) -> bool:
        assert isinstance(frame, frames.PostureRequest)
        self.sent.append(frame)
        return True

    def answer(self, request: frames.PostureRequest) -> None:
        found = Posture(key=request.key, findings=(FINDING,))
        self.inspecting.told(frames.PostureAnswer(request.conn, request.request, 1.0, 2, None, found))

    def refuse(self, request: frames.PostureRequest) -> None:
        failure = Timeout("no answer").failure
        self.inspecting.told(frames.PostureAnswer(request.conn, request.request, 0.0, 0, failure, None))


def vm(conn: str, name: str) -> ObjectRef:
    return ObjectRef(conn, Kind.VM, name)


async def listen(desk: Desk, refs: list[ObjectRef], heard: list[Judged]) -> None:
    async for one in desk.postures.survey(refs):
        heard.append(one)  # noqa: PERF401 - told one by one


async def test_each_is_told_as_it_answers_and_a_failure_with_its_reason() -> None:
    desk, heard = Desk("a", "b"), list[Judged]()
    refs = [vm("a", "1"), vm("b", "1"), vm("b", "2")]
    task = asyncio.create_task(listen(desk, refs, heard))
    await until(lambda: len(desk.sent) == 3)
    mine = {(each.conn, each.key): each for each in desk.sent}
    desk.answer(mine["b", key(Kind.VM, "2")])
    await until(lambda: len(heard) == 1)
    assert heard[0].ref == vm("b", "2")
    assert heard[0].posture is not None
    assert heard[0].posture.worst is Level.ADVICE
    desk.refuse(mine["a", key(Kind.VM, "1")])
    desk.answer(mine["b", key(Kind.VM, "1")])
    await task
    failed = next(one for one in heard if one.ref.conn == "a")
    assert (failed.posture, failed.failure and failed.failure.fault) == (None, Fault.TIMEOUT)


async def test_few_are_asked_at_once_and_a_silent_connection_holds_up_no_other() -> None:
    desk, heard = Desk("a", "b"), list[Judged]()
    refs = [vm(conn, str(at)) for conn in ("a", "b") for at in range(20)]
    task = asyncio.create_task(listen(desk, refs, heard))
    await until(lambda: len(desk.sent) == 2 * OF_ONE)
    answered = 0
    while len(heard) < 20:
        for each in [each for each in desk.sent[answered:] if each.conn == "b"]:
            desk.answer(each)
        answered = len(desk.sent)
        await asyncio.sleep(0)
    assert {one.ref.conn for one in heard} == {"b"}
    assert sum(each.conn == "a" for each in desk.sent) == OF_ONE
    task.cancel()


async def test_who_stops_listening_stops_the_asking() -> None:
    desk = Desk("a")
    told = desk.postures.survey([vm("a", str(at)) for at in range(20)])
    first = asyncio.create_task(anext(told))
    await until(lambda: len(desk.sent) == OF_ONE)
    desk.answer(desk.sent[0])
    await first
    await told.aclose()
    asked = len(desk.sent)
    for each in list(desk.sent):
        desk.answer(each)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(desk.sent) == asked < 20


async def test_what_has_no_posture_is_not_asked() -> None:
    desk = Desk("a")
    with pytest.raises(NotFound):
        await desk.postures.posture(ObjectRef("a", Kind.DATASTORE, "x"))
    with pytest.raises(NotSupported):
        await Desk("a", role="PlacementSource").postures.posture(vm("a", "1"))
    assert desk.sent == []
