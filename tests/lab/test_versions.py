"""The newer libvirt in its chroot: a guest boots there and is managed from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.versions import NewerLibvirt
from tests.lab.missing import LabUnavailable

pytestmark = [pytest.mark.libvirt, pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def newer() -> Iterator[NewerLibvirt]:
    try:
        tree = NewerLibvirt()
    except LabUnavailable as reason:
        pytest.skip(str(reason))
    with tree:
        yield tree


def test_a_guest_runs_there_and_survives_the_daemon(newer: NewerLibvirt) -> None:
    packaged = newer.versions()["libvirt-daemon"]
    with newer.host("north") as host:
        running = host.virsh("version", "--daemon").splitlines()[-1].split()[-1]
        assert packaged.startswith(f"{running}-")
        assert int(running.split(".")[0]) > 9
        guest = host.start_guest(GuestSpec("inside", disk_mib=64, disk_writes=True))
        assert "disk=vda" in host.console(guest)
        assert f"{newer.root}" not in host.virsh("dumpxml", "inside")
        host.kill()
        host.start()
        assert host.virsh("list", "--name").split() == ["inside"]
        assert "virDomainCreate" in {call.function for call in host.api_calls()}


def test_guest_statistics_on_a_private_network(newer: NewerLibvirt) -> None:
    try:
        host = newer.host("south", taps=1)
    except LabUnavailable as reason:
        pytest.skip(str(reason))
    with host:
        host.start_guest(GuestSpec("chatty", tap=1))
        assert "net.0.rx.bytes" in host.virsh("domstats", "--interface", "chatty")
