"""Hosts compared over their connections: who cannot be asked is unknown with the reason, and counts for nothing."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable

import pytest

from novatui.backends.demo.processors import KINDS
from novatui.config.demo import expand
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.errors import Failure, NotFound, Timeout
from novatui.core.hostdiff import Verdict
from novatui.core.hostprofile import Baseline, HostProfile, Item, Loss, Part, Section
from novatui.core.ids import ObjectRef
from novatui.core.states import Family, Kind, Link
from novatui.engine.connection import Connection
from novatui.engine.fleet import Fleet
from novatui.engine.inspecting import InspectionRequests
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.profiles import Profiles
from novatui.engine.supervisor import WORKER_COMMAND
from novatui.engine.supervisor_policy import Policy
from novatui.wire import frames
from tests.fleets import fleet_of

# --- connections that answer as the test says --------------------------------------------------------------------

Answer = Callable[[frames.InspectionRequest], HostProfile | Baseline | Failure]


class Desk:
    """Profiles over connections that are up, or of these names are not."""

    def __init__(
        self, answer: Answer, *names: str, down: tuple[str, ...] = (), family: Family = Family.LIBVIRT
    ) -> None:
        self.sent: list[frames.InspectionRequest] = []
        self._answer = answer
        connections: dict[str, Connection] = {}
        inventory = InventoryStore()
        for name in names:
            spec = ConnectionSpec(name=name, family=family, driver=family.value, uri=f"x://{name}")
            connection = connections[name] = Connection(spec)
            inventory.add_connection(spec)
            connection.begin()
            connection.info = ConnectionInfo(product="x", roles=("ProfileSource",))
            connection.go(Link.DOWN if name in down else Link.UP, None)
        self._inspecting = InspectionRequests(connections, self._send, itertools.count(1))
        self.profiles = Profiles(connections, inventory, self._inspecting)

    def _send(self, conn: str, frame: frames.Frame) -> bool:
        assert isinstance(frame, frames.InspectionRequest)
        self.sent.append(frame)
        told = self._answer(frame)
        found, failure = (None, told) if isinstance(told, Failure) else (told, None)
        make = frames.ProfileAnswer if isinstance(frame, frames.ProfileRequest) else frames.BaselineAnswer
        answer = make(conn=conn, request=frame.request, ms=1.0, calls=3, failure=failure, found=found)  # type: ignore[arg-type]
        asyncio.get_running_loop().call_soon(self._inspecting.told, answer)
        return True


def host(conn: str) -> ObjectRef:
    return ObjectRef(conn, Kind.HOST, f"h-{conn}")


def profile(conn: str, *flags: str, native: str = "<cpu/>") -> HostProfile:
    items = tuple(Item(name=flag) for flag in flags)
    parts = (Part(section=Section.FLAGS, items=items),)
    return HostProfile(host=host(conn).key, name=f"h-{conn}", family=Family.LIBVIRT, parts=parts, native=native)


async def test_a_host_whose_connection_is_down_is_unknown_with_the_reason() -> None:
    desk = Desk(lambda request: profile(request.conn, "aes"), "a", "b", down=("b",))
    compared = await desk.profiles.diff(host("a"), host("b"))
    assert not compared.different
    assert compared.right.name == "h-b"
    assert all("b is not connected" in section.reason for section in compared.sections)


async def test_a_host_that_does_not_answer_is_unknown_with_the_reason() -> None:
    silent = Timeout("no answer to the profile within 30 s").failure
    desk = Desk(lambda request: silent if request.conn == "b" else profile(request.conn, "aes"), "a", "b")
    compared = await desk.profiles.diff(host("a"), host("b"))
    (flags,) = (section for section in compared.sections if section.section is Section.FLAGS)
    assert flags.reason == "h-b: no answer to the profile within 30 s"
    with pytest.raises(NotFound):
        await desk.profiles.diff(host("a"), host("nowhere"))


async def test_hosts_of_the_same_name_are_named_with_their_connections() -> None:
    def same(request: frames.InspectionRequest) -> HostProfile:
        return HostProfile(host="host:x", name="localhost", family=Family.LIBVIRT, parts=profile(request.conn).parts)

    compared = await Desk(same, "a", "b").profiles.diff(host("a"), host("b"))
    assert (compared.left.name, compared.right.name) == ("localhost (a)", "localhost (b)")


async def test_a_baseline_leaves_out_who_tells_no_processor_and_asks_the_next_who_can() -> None:
    refused = Timeout("no answer").failure

    def answer(request: frames.InspectionRequest) -> HostProfile | Baseline | Failure:
        if isinstance(request, frames.ProfileRequest):
            return profile(request.conn, native="" if request.conn == "b" else f"<cpu>{request.conn}</cpu>")
        if request.conn == "a":
            return refused
        assert isinstance(request, frames.BaselineRequest)
        losses = (Loss(flags=("avx",), model="big"), Loss(flags=(), model="small"))
        return Baseline(model="small", flags=("aes",), losses=losses, native="<cpu>small</cpu>")

    desk = Desk(answer, "a", "b", "c", "d", down=("d",))
    (told,) = await desk.profiles.baseline([host(name) for name in "abcd"])
    assert (told.asked, told.baseline.model) == ("c", "small")
    asked = [request for request in desk.sent if isinstance(request, frames.BaselineRequest)]
    assert [(one.conn, one.processors) for one in asked] == [(conn, ["<cpu>a</cpu>", "<cpu>c</cpu>"]) for conn in "ac"]
    a, b, c, d = told.hosts
    assert (a.loss.flags, c.loss.flags) == (("avx",), ())
    assert (b.loss.flags, d.loss.flags) == (None, None)
    assert b.loss.reason == "it does not tell its processor"
    assert "d is not connected" in d.loss.reason


async def test_a_baseline_that_nobody_can_make_says_why_for_every_host() -> None:
    desk = Desk(lambda request: profile(request.conn, native=""), "a", "b")
    (told,) = await desk.profiles.baseline([host("a"), host("b")])
    assert (told.baseline.model, told.baseline.flags, told.asked) == ("", None, "")
    assert [each.loss.flags for each in told.hosts] == [None, None]
    assert all(each.loss.reason for each in told.hosts)


# --- the demo, through its workers ---------------------------------------------------------------------------------


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    wanted = {"vc-east", "hv-clu1", "kvm-03"}
    specs = [spec for spec in expand("demo://?at=1790000000") if spec.name in wanted]
    async with fleet_of(*specs, command=WORKER_COMMAND, policy=Policy()) as fleet:
        await fleet.settled(60)
        yield fleet


async def test_five_families_tell_what_their_hosts_are_like(fleet: Fleet) -> None:
    named = {fleet.inventory.name(slot): fleet.inventory.ref(slot) for slot in fleet.inventory.slots(Kind.HOST)}
    milan, genoa = KINDS[0], KINDS[1]
    compared = await fleet.profiles.diff(named["esx-02"], named["esx-09"])
    (flags,) = (section for section in compared.sections if section.section is Section.FLAGS)
    assert {entry.name for entry in flags.of(Verdict.ONLY_RIGHT)} == genoa.flags - milan.flags
    assert not flags.of(Verdict.ONLY_LEFT)
    assert all(part.evidence for host in (compared.left, compared.right) for part in host.parts)

    apart = await fleet.profiles.diff(named["kvm-03"], named["hv01"])
    reasons = {section.section: section.reason for section in apart.sections if section.reason}
    assert set(reasons) == {Section.FLAGS, Section.MACHINES, Section.VERSIONS}
    assert reasons[Section.FLAGS] == "hv01: Hyper-V names no processor flags"

    (vsphere, hyperv) = await fleet.profiles.baseline([named[name] for name in ("esx-02", "esx-09", "esx-06", "hv01")])
    assert vsphere.baseline.model == milan.evc
    losses = {each.name: each.loss for each in vsphere.hosts}
    assert set(losses["esx-09"].flags or ()) == genoa.flags - milan.flags
    assert losses["esx-02"].flags == ()
    assert losses["esx-06"].flags is None
    assert "did not answer" in losses["esx-06"].reason
    assert hyperv.hosts[0].loss.flags is None

    (mixed,) = await fleet.profiles.baseline([named["esx-02"], named["esx-07"]])
    assert (mixed.baseline.model, mixed.baseline.reason) == ("", "CPU vendors do not match")
