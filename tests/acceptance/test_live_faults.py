"""What can happen on the way to a libvirtd: each fault is told in its own words, tried again, and hurts nobody else."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Failure, Fault
from novatui.core.states import Link
from novatui.engine.fleet import Fleet
from tests.acceptance.live import PERIOD, Arrivals, failure, is_up, libvirt, live, machines, slot_of
from tests.acceptance.program import Program
from tests.fleets import until
from tests.lab.certificates import Authority, Certificate
from tests.lab.faultproxy.client import FaultProxy
from tests.lab.fixtures import MakeProxy, or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec

pytestmark = pytest.mark.libvirt

QUICK = {"connect_timeout": "6", "call_timeout": "9"}
"""Deadlines shorter than usual: 6 s for a round of metrics."""

LOST = {"the connection to libvirt was lost"}
SILENT = {"libvirt does not answer for its machines", "no answer to sample within 6 s", "no answer to tasks within 9 s"}
UNCONNECTED = {"libvirt could not connect"}
UNANSWERED = {"no answer to connect within 6 s", "no answer to close"}
"""Where the link drips, a connection may come up a byte at a time, and then be stuck at its end."""

FAULTS: dict[str, tuple[set[str], set[str]]] = {
    "reset": (LOST, UNCONNECTED),
    "cut": (LOST, UNCONNECTED),
    "garbage": (LOST, UNCONNECTED),
    "hang": (SILENT | LOST, UNANSWERED),
    "blackhole": (SILENT | LOST, UNANSWERED),
    "drip": (SILENT | LOST, UNANSWERED),
}
"""What a connection says when a fault comes over it, and what it says when it is to be made under the fault."""


@pytest.fixture(scope="module")
def host() -> Iterator[LibvirtHost]:
    with or_skip(lambda: LibvirtHost("atlas", tcp=True, tls=True)) as made:
        made.start_guest(GuestSpec("subject", boot="none", memory_mib=64), wait=False)
        made.define_guest(GuestSpec("spare", boot="none"))
        yield made


class Blow(NamedTuple):
    """A connection went down, or failed to come up."""

    failure: Failure
    attempt: int
    wait: float | None
    """Seconds to the next attempt, when it was planned; None when none is."""


class Blows:
    """Everything that happened to each connection, in order; `keep` looks often enough to miss nothing."""

    def __init__(self, fleet: Fleet) -> None:
        self.of: dict[str, list[Blow]] = {name: [] for name in fleet.connections}
        self._fleet = fleet
        self._seen: dict[str, tuple[int, Failure]] = {}

    async def keep(self) -> None:
        while True:
            for name, one in self._fleet.connections.items():
                if one.link is Link.DOWN and one.failure and self._seen.get(name) != (one.generation, one.failure):
                    self._seen[name] = (one.generation, one.failure)
                    wait = one.retry_at - one.since if one.retry_at is not None else None
                    self.of[name].append(Blow(one.failure, one.attempt, wait))
            await asyncio.sleep(0.01)


@asynccontextmanager
async def suffering(*specs: ConnectionSpec) -> AsyncIterator[tuple[Fleet, Blows]]:
    """A fleet that measures everything, and what happens to it."""
    async with live(*specs) as fleet:
        fleet.watch(dict.fromkeys(fleet.connections), PERIOD)
        blows = Blows(fleet)
        keeping = asyncio.create_task(blows.keep())
        yield fleet, blows
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


@pytest.mark.long
async def test_every_fault_on_the_way_is_told_and_survived(host: LibvirtHost, fault_proxy: MakeProxy) -> None:
    """All at the same time, each connection in a worker of its own, and one beside them that nothing happens to."""
    proxies: dict[str, FaultProxy] = {kind: fault_proxy(f"tcp:127.0.0.1:{host.tcp_port}") for kind in FAULTS}
    far = [libvirt(kind, host.uri_through(proxy.address), **QUICK) for kind, proxy in proxies.items()]
    async with suffering(*far, libvirt("near", host.uri)) as (fleet, blows):
        assert all(is_up(fleet, name) for name in fleet.connections), [
            one.failure for one in fleet.connections.values()
        ]
        near = slot_of(fleet, "near", "subject")
        assert near is not None
        arrivals, pids = Arrivals(fleet, near), {name: one.worker_pid for name, one in fleet.connections.items()}
        keeping = asyncio.create_task(arrivals.keep())
        for kind, proxy in proxies.items():
            proxy.set(kind)
        await until(lambda: all(len(blows.of[kind]) >= 2 for kind in FAULTS))
        under = len(arrivals.at)
        for kind, (at_work, at_connecting) in FAULTS.items():
            first, second = blows.of[kind][:2]
            assert first.failure.message in at_work, kind
            assert first.failure.fault in {Fault.UNREACHABLE, Fault.TIMEOUT}, kind
            assert second.failure.message in at_connecting, kind
            assert second.failure.meaning, kind
            assert second.failure.fault is (Fault.TIMEOUT if at_connecting is UNANSWERED else Fault.UNREACHABLE), kind
            assert None not in (first.wait, second.wait), kind
            assert machines(fleet, kind) == ["spare", "subject"], kind
        for proxy in proxies.values():
            proxy.clear()
        await until(lambda: all(is_up(fleet, name) for name in fleet.connections))
        await until(lambda: len(arrivals.at) > under)
        keeping.cancel()
        for kind in FAULTS:
            assert machines(fleet, kind) == ["spare", "subject"], kind
            assert fleet.connections[kind].generation > 2, kind
        assert under >= 2
        assert (blows.of["near"], fleet.connections["near"].worker_pid) == ([], pids["near"])


async def test_a_refused_connection_is_tried_ever_more_slowly(host: LibvirtHost, fault_proxy: MakeProxy) -> None:
    """Over TCP and over a unix socket; both come back when the way is open again."""
    tcp, unix = fault_proxy(f"tcp:127.0.0.1:{host.tcp_port}"), fault_proxy(f"unix:{host.socket}", "unix")
    ways = {"tcp": tcp, "unix": unix}
    async with suffering(*(libvirt(name, host.uri_through(way.address)) for name, way in ways.items())) as (
        fleet,
        blows,
    ):
        assert all(is_up(fleet, name) for name in ways)
        for way in ways.values():
            way.set("reset")
            way.set("refuse")
        await until(lambda: all(len(blows.of[name]) >= 4 for name in ways))
        assert "refuses" in failure(fleet, "tcp").message
        assert "no libvirt daemon" in failure(fleet, "unix").message
        for way in ways.values():
            way.clear()
        waits = [blow.wait for name in ways for blow in blows.of[name][:4]]
        for place, wait in enumerate(waits):
            assert wait is not None
            assert 0.74 * 2 ** (place % 4) < wait <= 1.26 * 2 ** (place % 4), waits
        assert waits[:4] != waits[4:], "no two consoles come back at the same moment"
        assert [blow.attempt for blow in blows.of["tcp"][:4]] == [1, 2, 3, 4]
        await until(lambda: all(is_up(fleet, name) for name in ways))


def pki(folder: Path, authority: Path, client: Certificate | None) -> Path:
    """A folder as libvirt wants it."""
    folder.mkdir()
    shutil.copy(authority, folder / "cacert.pem")
    if client:
        shutil.copy(client.certificate, folder / "clientcert.pem")
        shutil.copy(client.key, folder / "clientkey.pem")
    return folder


async def test_certificates_that_do_not_fit_end_in_clear_words(host: LibvirtHost, tmp_path: Path) -> None:
    """A person has to act: nothing is tried again by itself."""
    stranger = Authority(tmp_path / "stranger", "Somebody else")
    address, ours = f"qemu+tls://localhost:{host.tls_port}/session", host.pki / "cacert.pem"
    theirs = pki(tmp_path / "theirs", stranger.root.certificate, stranger.issue_client("client"))
    nobody = pki(tmp_path / "nobody", ours, None)
    unsaid = pki(tmp_path / "unsaid", ours, stranger.issue_client("other"))
    specs = (
        libvirt("good", host.tls_uri),
        libvirt("server", f"{address}?pkipath={theirs}"),
        libvirt("nobody", f"{address}?pkipath={nobody}"),
        libvirt("client", f"{address}?pkipath={unsaid}&no_sanity=1"),
        libvirt("pin", host.tls_uri, tls_pin="0" * 64),
    )
    async with live(*specs) as fleet:
        assert is_up(fleet, "good")
        info = fleet.connections["good"].info
        assert info is not None
        assert info.tls is not None
        assert (info.tls.version, len(info.tls.pin)) == ("TLSv1.3", 64)
        wanted = {
            "server": (Fault.TLS_UNTRUSTED, "do not fit", "peer's certificate"),
            "nobody": (Fault.AUTH_FAILED, "does not accept our certificate", "TLS confirmation"),
            "client": (Fault.AUTH_FAILED, "does not accept our certificate", "TLS confirmation"),
            "pin": (Fault.TLS_UNTRUSTED, "not the pinned one", ""),
        }
        for name, (fault, words, native) in wanted.items():
            one = failure(fleet, name)
            assert (one.fault, words in one.message, native in one.native) == (fault, True, True), one
            assert one.hint, name
            assert fleet.connections[name].retry_at is None, name


def test_certificates_are_given_in_the_configuration(host: LibvirtHost, tmp_path: Path) -> None:
    """As the hint of the refusal says; the key may be in a file of its own or beside its certificate."""
    program, address = Program(tmp_path), f"qemu+tls://localhost:{host.tls_port}/session"
    authority = f"ca:{host.pki}/cacert.pem"
    nobody = program.run("ls", "-c", address, "--tls", authority)
    assert nobody.code == 3
    assert "does not accept our certificate" in nobody.err
    assert 'give `cert` and `key` beside tls = "ca:FILE"' in nobody.err
    certificate, key = host.pki / "clientcert.pem", host.pki / "clientkey.pem"
    both = tmp_path / "both.pem"
    both.write_text(certificate.read_text() + key.read_text())
    for files in (f'cert = "{certificate}"\nkey = "{key}"', f'cert = "{both}"'):
        program.configure(f'[connections.lab]\nuri = "{address}"\ntls = "{authority}"\n{files}\ntls_min = "1.3"\n')
        answer = program.run("ls", "--json")
        assert (answer.code, answer.err) == (0, "")
        assert {one["name"] for one in answer.json["objects"]} == {"spare", "subject"}
        assert answer.json["connections"][0]["tls"]["version"] == "TLSv1.3"
