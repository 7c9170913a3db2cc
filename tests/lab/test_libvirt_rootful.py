"""Migration between system daemons of root with an address each: post-copy, tcp, ssh, a bridge, a cable that is out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.fixtures import or_skip
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.rootful import BRIDGE, CABLE, QEMU_CONF, RootfulPair
from tests.lab.libvirt.rootful_ssh import RootfulSshd
from tests.lab.libvirt.witness import next_whole_lap
from tests.lab.workspace import wait_until

libvirt = pytest.importorskip("libvirt")

from tests.lab.libvirt.moves import Move, quiet, state  # noqa: E402

pytestmark = [pytest.mark.libvirt, pytest.mark.long, pytest.mark.timeout(600)]

SLOW_MIB, FAST_MIB = 4, 32
CONNECTION_LOST = {1, 38, 39}


class Tour:
    """A guest on the bridge of two rootful hosts; each test takes it from where it is to the other one."""

    def __init__(self, pair: RootfulPair) -> None:
        self.pair = pair
        self.home = pair.first
        self.guest = self.home.start_guest(GuestSpec("tourist", bridge=BRIDGE, dirty=(16, 16), witness=(8, 0)))
        self.first_lap = next_whole_lap(self.home, self.guest)
        self.connections = {host: libvirt.open(host.uri) for host in (pair.first, pair.second)}
        self.here, self.there = pair.first, pair.second

    @property
    def domain(self) -> Any:
        return self.connections[self.here].lookupByUUIDString(self.guest.uuid)

    def start(self, uri: str = "", *more_flags: str, bandwidth: int = FAST_MIB) -> Move:
        parameters = {"bandwidth": bandwidth, "migrate_uri": self.there.migrate_uri}
        flags = ("live", "peer2peer", *more_flags)
        if "post-copy" in flags:
            parameters["bandwidth.postcopy"] = bandwidth
        return Move(self.domain, uri or self.there.tcp_uri, flags, parameters)

    def arrived(self) -> None:
        """The guest runs there, only there, and finds its memory as it was; there is here from now on."""
        self.here, self.there = self.there, self.here
        self.runs_here_only()

    def runs_here_only(self) -> None:
        assert state(self.connections[self.here], self.guest.uuid) == "running"
        assert state(self.connections[self.there], self.guest.uuid) != "running"
        assert next_whole_lap(self.home, self.guest)[1:] == self.first_lap[1:]

    def received(self) -> int:
        """Bytes that the guest's NIC has sent out, as its present host counts them."""
        stats = self.connections[self.here].domainListGetStats([self.domain], libvirt.VIR_DOMAIN_STATS_INTERFACE)
        return stats[0][1]["net.0.rx.bytes"]


@pytest.fixture(scope="module")
def tour() -> Iterator[Tour]:
    quiet()
    with or_skip(RootfulPair().__enter__) as pair:
        yield Tour(pair)


def test_over_tcp_and_its_network_goes_with_it(tour: Tour) -> None:
    assert tour.start().outcome() is None
    tour.arrived()
    before = tour.received()
    wait_until(lambda: tour.received() > before, "the guest's ping to be answered at the other host")


def test_post_copy_switches_a_guest_that_writes_too_fast(tour: Tour) -> None:
    domain = tour.domain
    move = tour.start("", "post-copy", bandwidth=SLOW_MIB)
    wait_until(lambda: domain.jobStats().get("memory_iteration", 0) >= 1, "memory to be sent")
    there = tour.connections[tour.there]
    assert state(there, tour.guest.uuid) != "running"
    domain.migrateStartPostCopy()
    wait_until(lambda: state(there, tour.guest.uuid) == "running", "the guest to go on at the other host")
    assert move.running, "most of its memory is still to come"
    assert there.lookupByUUIDString(tour.guest.uuid).state()[1] == libvirt.VIR_DOMAIN_RUNNING_POSTCOPY
    assert move.outcome() is None
    tour.arrived()


def test_over_ssh(tour: Tour) -> None:
    server = RootfulSshd(tour.there).start()
    client = libvirt.open(server.uri_from_here(tour.here))
    assert client.getHostname() == tour.there.name
    client.close()
    assert tour.start(server.uri).outcome() is None
    tour.arrived()
    assert server.log().count("Accepted publickey for root") == 2


def test_nothing_of_this_machine_is_touched(tour: Tour) -> None:
    """Network, name and folders are each host's own."""
    ours = {each.name for each in Path("/sys/class/net").iterdir()}
    for host in (tour.here, tour.there):
        theirs = set(host.run("ls", "/sys/class/net").split())
        assert {BRIDGE, CABLE} <= theirs - ours
        assert host.run("hostname").strip() == host.name
        assert host.run("cat", "/etc/libvirt/qemu.conf") == QEMU_CONF


def test_cable_out_on_the_way(tour: Tour) -> None:
    domain = tour.domain
    move = tour.start(bandwidth=SLOW_MIB)
    wait_until(lambda: domain.jobStats().get("memory_processed", 0) > 0, "memory to be sent")
    with tour.pair.cable_out():
        error = move.outcome()
        assert error
        assert error[0] in CONNECTION_LOST, error
        tour.runs_here_only()
    # Its half copy is in the way ([55] already active) until the other daemon, too, has noticed.
    other = tour.connections[tour.there]
    wait_until(lambda: state(other, tour.guest.uuid) in (None, "shut off"), "the half copy to be given up")
    assert tour.start().outcome() is None
    tour.arrived()
