"""The libvirt driver under the suite of migrations: a real guest between two real rootless hosts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping

import pytest

from novatui.core.connection import ConnectionSpec
from novatui.core.ids import ObjectRef, key
from novatui.core.states import Family, Kind
from tests.conformance.migration import MigrationConformance, MigrationLab
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.apilog import READING
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.libvirt, pytest.mark.long, pytest.mark.timeout(400)]

SLOW = str(4 << 20)
"""Bytes per second that the guest outdoes."""


class TwoHosts(MigrationLab):
    """One guest that changes 48 MiB/s of its memory."""

    def __init__(self, source: LibvirtHost, destination: LibvirtHost) -> None:
        self.source, self.destination = source, destination
        self.spec = ConnectionSpec(name="lab", family=Family.LIBVIRT, driver="libvirt", uri=source.uri)
        self.guest = source.start_guest(GuestSpec("traveller", memory_mib=96, dirty=(24, 48)))
        self.foreign: subprocess.Popen[bytes] | None = None

    def traveller(self, *, endless: bool) -> tuple[str, dict[str, str]]:
        to = str(ObjectRef("other", Kind.HOST, self.destination.uuid))
        arguments = {"to": to, "uri": self.destination.uri}
        return key(Kind.VM, self.guest.uuid), arguments | ({"bandwidth": SLOW} if endless else {"downtime": "20000"})

    def where(self, key: str) -> list[str]:
        hosts = {"source": self.source, "destination": self.destination}
        return [
            name for name, host in hosts.items() if self.guest.name in host.virsh("list", "--name", "--state-running")
        ]

    def applied(self) -> int:
        return sum(
            not READING.fullmatch(call.function) and call.function.startswith("virDomain")
            for call in self.source.api_calls()
        )

    def start_foreign(self, key: str, arguments: Mapping[str, str]) -> bool:
        speed = str(int(arguments["bandwidth"]) >> 20)
        command = ["virsh", "-c", self.source.uri, "migrate", "--live", "--p2p", "--bandwidth", speed]
        self.foreign = subprocess.Popen(
            [*command, self.guest.name, arguments["uri"]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return True


class TestLibvirtMigration(MigrationConformance):
    @pytest.fixture
    def served(self, make_libvirt_host: MakeHost) -> Iterator[TwoHosts]:
        lab = TwoHosts(make_libvirt_host("atlas"), make_libvirt_host("borea"))
        yield lab
        if lab.foreign is not None:
            lab.foreign.terminate()
            lab.foreign.wait(60)
