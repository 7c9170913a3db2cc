"""What can happen to a connection to a vCenter: each fault is told in its own words, what is known stays and is marked,
and when it is over everything is there again, once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Denied, Failure, Fault
from novatui.core.inventory import Group
from novatui.core.states import Family, Link
from novatui.core.text import clean
from novatui.engine.fleet import Fleet, Target
from tests.acceptance.live import failure, is_up, live, machines, slot_of, value
from tests.acceptance.program import Program
from tests.fleets import until
from tests.lab.fixtures import MakeProxy, or_skip
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.soap.running import SoapServer
from tests.lab.vsphere.walk import walk

pytestmark = pytest.mark.xdist_group("vsphere-faults")

QUICK = {"connect_timeout": "5", "call_timeout": "4"}
"""Deadlines shorter than usual: a server that says nothing for twelve seconds hangs."""

SUBJECT = "web-01"


@pytest.fixture(scope="module")
def shared() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02)) as running:
        yield running


@pytest.fixture
def server(shared: SoapServer) -> Iterator[SoapServer]:
    """As it was, after each test."""
    yield shared
    shared.steering.clear()
    shared.steering.set_power(name=SUBJECT, state="poweredOn")


def target(server: SoapServer, port: int = 0, user: str = "", password: str = "", **options: str) -> Target:
    trusted = {"user": user or server.user, "tls_ca": str(server.authority.root.certificate)} | QUICK | options
    spec = ConnectionSpec(
        name="vc",
        family=Family.VSPHERE,
        driver="vsphere",
        uri=f"vsphere://localhost:{port or server.port}",
        options={name: text for name, text in trusted.items() if text},
    )
    return Target(spec, lambda: {"password": password or server.password})


def names(server: SoapServer) -> list[str]:
    """Machines as another client sees them."""
    with client_of(server) as service:
        return sorted(clean(one.name) for one in walk(service).values() if one.kind == "VirtualMachine")


def is_stale(fleet: Fleet) -> bool:
    slot = slot_of(fleet, "vc", SUBJECT)
    assert slot is not None
    return fleet.inventory.stale(slot, Group.STATE, time.monotonic())


class Losses:
    """Every failure that the connection had, in order: looked at often enough to miss none."""

    def __init__(self, fleet: Fleet) -> None:
        self.told: list[Failure] = []
        self.stale: list[bool] = []
        """Whether its rows were marked at each."""
        self._fleet = fleet
        self._seen: tuple[int, Failure] | None = None

    async def keep(self) -> None:
        one = self._fleet.connections["vc"]
        while True:
            if one.link is Link.DOWN and one.failure and self._seen != (one.generation, one.failure):
                self._seen = (one.generation, one.failure)
                self.told.append(one.failure)
                self.stale.append(is_stale(self._fleet))
            await asyncio.sleep(0.01)


@asynccontextmanager
async def suffering(wanted: Target) -> AsyncIterator[tuple[Fleet, Losses]]:
    async with live(wanted) as fleet:
        assert is_up(fleet, "vc"), fleet.connections["vc"].failure
        losses = Losses(fleet)
        keeping = asyncio.create_task(losses.keep())
        try:
            yield fleet, losses
        finally:
            keeping.cancel()


async def recovers(fleet: Fleet, server: SoapServer, before: list[str]) -> None:
    """Up again by itself, everything there once and current, and changes arrive."""
    await until(lambda: is_up(fleet, "vc") and not is_stale(fleet))
    assert machines(fleet, "vc") == before
    server.steering.set_power(name=SUBJECT, state="poweredOff")
    await until(lambda: value(fleet, "vc", SUBJECT, "power") == "off")
    server.steering.set_power(name=SUBJECT, state="poweredOn")
    await until(lambda: value(fleet, "vc", SUBJECT, "power") == "running")
    assert machines(fleet, "vc") == before


# --- faults that end a connection, which comes back by itself ---------------------------------------------------------


class Case(NamedTuple):
    strike: Callable[[SoapServer], object]
    mend: Callable[[SoapServer], object]
    words: str
    """What the first failure says."""
    faults: frozenset[Fault] = frozenset({Fault.UNREACHABLE})


def nothing(_: SoapServer) -> None: ...


CASES = {
    "session ended by another administrator": Case(
        lambda server: server.steering.end_sessions(user=server.user), nothing, "the session at the server has ended"
    ),
    "session that was idle for too long": Case(
        lambda server: server.steering.age_sessions(seconds=7200), nothing, "the session at the server has ended"
    ),
    "wait that is never answered": Case(
        lambda server: server.steering.plant(method="WaitForUpdatesEx", do="hang"),
        lambda server: server.steering.clear(),
        "did not answer in time",
        frozenset({Fault.TIMEOUT}),
    ),
    "half an answer": Case(
        lambda server: server.steering.plant(method="WaitForUpdatesEx", do="break", count=1),
        nothing,
        "answered what is no SOAP",
        frozenset({Fault.BACKEND_FAULT}),
    ),
    "service unavailable": Case(
        lambda server: server.steering.plant(method="*", do="status", status=503),
        lambda server: server.steering.clear(),
        "the server does not serve: HTTP 503",
    ),
    "server restart": Case(lambda server: server.stop(), lambda server: server.start(), "the connection"),
    "server frozen": Case(
        lambda server: server.freeze(),
        lambda server: server.thaw(),
        "",
        frozenset({Fault.TIMEOUT, Fault.UNREACHABLE}),
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_it_is_told_and_survived(server: SoapServer, name: str) -> None:
    case, before = CASES[name], await asyncio.to_thread(names, server)
    async with suffering(target(server)) as (fleet, losses):
        assert machines(fleet, "vc") == before
        await asyncio.to_thread(case.strike, server)
        if name != "server frozen":
            poke(server)
        await until(lambda: bool(losses.told))
        assert machines(fleet, "vc") == before, "what is known stays"
        await asyncio.to_thread(case.mend, server)
        await recovers(fleet, server, before)
        first = losses.told[0]
        assert case.words in f"{first.message} {first.native}", first
        assert first.fault in case.faults, first
        assert losses.stale[0], "what is known is marked as old"


def poke(server: SoapServer) -> None:
    """Something happens, so that a wait that still stands is answered."""
    try:
        server.steering.put(name=SUBJECT, path="summary.quickStats.uptimeSeconds", value=int(time.time()))
    except OSError:
        return  # it is not running


async def test_a_way_that_swallows_everything_is_noticed(server: SoapServer, fault_proxy: MakeProxy) -> None:
    """No end of stream, no reset: a cable that is cut somewhere. The wait that hangs in it is given up."""
    before, proxy = await asyncio.to_thread(names, server), fault_proxy(f"tcp:127.0.0.1:{server.port}")
    async with suffering(target(server, proxy.port)) as (fleet, losses):
        proxy.set("blackhole")
        await until(lambda: bool(losses.told))
        assert losses.told[0].fault in {Fault.TIMEOUT, Fault.UNREACHABLE}
        assert losses.stale == [True] * len(losses.stale)
        assert machines(fleet, "vc") == before
        proxy.clear()
        await recovers(fleet, server, before)


# --- faults that a person has to mend ---------------------------------------------------------------------------------


async def refused(wanted: Target) -> Failure:
    """Why it does not come up, and that it is not tried again by itself."""
    async with live(wanted) as fleet:
        told = failure(fleet, "vc")
        assert fleet.connections["vc"].retry_at is None, told
        assert machines(fleet, "vc") == []
        assert told.hint
        return told


async def test_another_certificate_on_the_second_connection(server: SoapServer) -> None:
    """The first one shows what was pinned; the library's pool makes more, and not one of them may be let through."""
    usual, other = server.certificate, server.authority.issue_server("second")
    server.present(other, connection=2)
    try:
        told = await refused(target(server, tls_ca="", tls_pin=usual.fingerprint()))
    finally:
        server.present(usual)
        server.steering.present_again()
    assert not server.steering.sessions(), "nobody has logged in"
    assert told.fault is Fault.TLS_UNTRUSTED
    assert told.subject == other.fingerprint()


async def test_a_certificate_that_has_expired(tmp_path: Path) -> None:
    with or_skip(lambda: SoapServer(pace=0.02)) as server:
        server.stop()
        server.present(server.authority.issue_expired("old"))
        server.start()
        told = await refused(target(server))
    assert told.fault is Fault.TLS_UNTRUSTED
    assert "expired" in f"{told.message} {told.native}", told


async def test_a_wrong_password(server: SoapServer) -> None:
    told = await refused(target(server, password="not this one"))
    assert (told.fault, told.code) == (Fault.AUTH_FAILED, "InvalidLogin")


def test_the_command_line_says_which(server: SoapServer, tmp_path: Path) -> None:
    """The words of the screen, an exit of its own, and no password in them."""
    program = Program(tmp_path, {"WRONG": "not this one"})
    program.configure(
        f'[connections.vc]\nuri = "vsphere://{server.user}@localhost:{server.port}"\npassword = "env:WRONG"\n'
        f'tls = "ca:{server.authority.root.certificate}"\n'
    )
    answer = program.run("ls")
    assert answer.code == 3
    assert "refused the account or its password" in answer.err
    assert "not this one" not in answer.err


# --- what ends no connection ------------------------------------------------------------------------------------------


async def test_connections_that_are_cut_are_made_anew_in_the_same_session(server: SoapServer) -> None:
    before = await asyncio.to_thread(names, server)
    async with suffering(target(server)) as (fleet, losses):
        server.steering.break_connections()
        await recovers(fleet, server, before)
        assert losses.told == []


async def test_a_word_that_nobody_knows_costs_one_state_and_nothing_else(server: SoapServer) -> None:
    before = await asyncio.to_thread(names, server)
    server.steering.plant(method="WaitForUpdatesEx", do="replace", old="poweredOn<", new="hyperOn<")
    async with live(target(server)) as fleet:
        assert is_up(fleet, "vc")
        assert machines(fleet, "vc") == before
        assert value(fleet, "vc", SUBJECT, "power") == "unknown"
        assert value(fleet, "vc", SUBJECT, "native_state") == "hyperOn"
        assert value(fleet, "vc", SUBJECT, "vcpus") == 2
        assert value(fleet, "vc", "archive", "power") == "suspended"
        server.steering.clear()
        server.steering.set_power(name=SUBJECT, state="poweredOff")
        await until(lambda: value(fleet, "vc", SUBJECT, "power") == "off")


async def test_an_object_that_the_account_may_not_read(server: SoapServer) -> None:
    """It is said which privilege lacks; the connection and all else stand."""
    denied = {"privilegeId": "System.Read"}
    async with live(target(server)) as fleet:
        slot = slot_of(fleet, "vc", SUBJECT)
        assert slot is not None
        ref = fleet.inventory.ref(slot)
        server.steering.plant(method="RetrievePropertiesEx", do="fault", name="NoPermission", fields=denied)
        with pytest.raises(Denied) as caught:
            await fleet.detail(ref, ["vm"])
        assert "System.Read" in caught.value.failure.message
        assert is_up(fleet, "vc")
        assert not is_stale(fleet)
        server.steering.clear()
        assert (await fleet.detail(ref, ["vm"])).vm is not None


async def test_a_clock_that_goes_wrong(server: SoapServer) -> None:
    """Ages are by our own clock: what was read now is new, whatever the server's day."""
    server.steering.skew(seconds=7200)
    try:
        async with live(target(server)) as fleet:
            assert is_up(fleet, "vc")
            server.steering.set_power(name=SUBJECT, state="poweredOff")
            await until(lambda: value(fleet, "vc", SUBJECT, "power") == "off")
            slot = slot_of(fleet, "vc", SUBJECT)
            assert slot is not None
            age = fleet.inventory.age(slot, Group.STATE, time.monotonic())
            assert age is not None
            assert age < 600
            assert not is_stale(fleet)
    finally:
        server.steering.skew(seconds=0)
