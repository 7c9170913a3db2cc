"""What products remember: asked once for all that look, kept for a while, no longer asked where there is none."""

from __future__ import annotations

import asyncio
import itertools

from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.errors import Busy, Failure, NotSupported
from novatui.core.history import DAY, HOUR, MONTH, WEEK, History
from novatui.core.ids import ObjectRef
from novatui.core.states import Family, Kind, Link
from novatui.engine.connection import Connection
from novatui.engine.histories import MOST, ROLE, Histories, reach
from novatui.engine.inspecting import InspectionRequests
from novatui.wire import frames
from tests.fleets import until

ONE = ObjectRef("vc", Kind.VM, "vm-1")
TOLD = History(step=300.0, age=40.0, metrics={"cpu.used": (1.0, None, 3.0)})


class Desk:
    """A connection that is up, a worker that answers when the test says so, and a clock."""

    def __init__(self, *roles: str) -> None:
        spec = ConnectionSpec(name="vc", family=Family.VSPHERE, driver="vsphere", uri="vsphere://x")
        connection = Connection(spec)
        connection.begin()
        connection.info = ConnectionInfo(product="vCenter", roles=roles)
        connection.go(Link.UP, None)
        connections = {"vc": connection}
        self.now = 1000.0
        self.sent: list[frames.HistoryRequest] = []
        self._inspecting = InspectionRequests(connections, self._send, itertools.count(1))
        self.histories = Histories(connections, self._inspecting, lambda: self.now)

    def _send(self, conn: str, frame: frames.Frame) -> bool:
        assert isinstance(frame, frames.HistoryRequest)
        self.sent.append(frame)
        return True

    async def read(self, ref: ObjectRef, seconds: float, answer: History | Failure) -> None:
        """Ask, and be answered if the question goes out."""
        asked = len(self.sent)
        task = asyncio.create_task(self.histories.read(ref, seconds))
        await until(lambda: len(self.sent) > asked or task.done())
        if not task.done():
            request = self.sent[-1]
            found, failure = (answer, None) if isinstance(answer, History) else (None, answer)
            self._inspecting.told(frames.HistoryAnswer(request.conn, request.request, 1.0, 1, failure, found))
        await task


def test_as_little_is_asked_for_as_will_do() -> None:
    assert [reach(seconds) for seconds in (60, HOUR, HOUR + 1, DAY, 2 * DAY, WEEK, 9 * DAY, MONTH, 9 * MONTH)] == [
        HOUR, HOUR, DAY, DAY, WEEK, WEEK, MONTH, MONTH, MONTH,
    ]  # fmt: skip


async def test_an_answer_is_kept_until_there_is_something_newer() -> None:
    desk = Desk(ROLE)
    assert desk.histories.kept(ONE)
    await desk.read(ONE, 3 * HOUR, TOLD)
    assert (desk.sent[0].key, desk.sent[0].seconds) == ("vm:vm-1", DAY)
    known = desk.histories.known(ONE, DAY)
    assert known is not None
    assert (known.history, known.end) == (TOLD, 960.0)
    assert desk.histories.known(ONE, WEEK) is None
    desk.now += 290
    await desk.read(ONE, DAY, TOLD)
    assert len(desk.sent) == 1
    desk.now += 20
    await desk.read(ONE, DAY, TOLD)
    assert len(desk.sent) == 2


async def test_a_failure_is_told_beside_what_was_known_before() -> None:
    desk = Desk(ROLE)
    await desk.read(ONE, DAY, TOLD)
    desk.now += 400
    await desk.read(ONE, DAY, Busy("limited").failure)
    known = desk.histories.known(ONE, DAY)
    assert known is not None
    assert (known.history, known.end) == (TOLD, 960.0)
    assert known.failure is not None
    assert desk.histories.kept(ONE)


async def test_where_nothing_is_kept_nobody_asks_again_before_the_connection_is_made_anew() -> None:
    desk = Desk(ROLE)
    await desk.read(ONE, DAY, NotSupported("none").failure)
    assert not desk.histories.kept(ONE)
    desk.histories.forget("vc")
    assert desk.histories.kept(ONE)
    assert not Desk("MetricSource").histories.kept(ONE), "no driver for it"
    assert not desk.histories.kept(ObjectRef("vc", Kind.CLUSTER, "c")), "a sum"


async def test_few_answers_are_kept() -> None:
    desk = Desk(ROLE)
    refs = [ObjectRef("vc", Kind.VM, str(at)) for at in range(MOST + 1)]
    for ref in refs:
        await desk.read(ref, DAY, TOLD)
    assert desk.histories.known(refs[0], DAY) is None
    assert all(desk.histories.known(ref, DAY) is not None for ref in refs[1:])


async def test_who_stops_waiting_leaves_nothing_behind() -> None:
    desk = Desk(ROLE)
    task = asyncio.create_task(desk.histories.read(ONE, DAY))
    await until(lambda: bool(desk.sent))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert desk.histories.known(ONE, DAY) is None
    await desk.read(ONE, DAY, TOLD)
    assert desk.histories.known(ONE, DAY) is not None
