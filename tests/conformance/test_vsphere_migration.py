"""Migrations of vSphere: the suite on our own vCenter simulator, which tells progress and lets moves be cancelled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.core.connection import ConnectionSpec
from novatui.core.ids import ObjectRef, key
from novatui.core.states import Family, Kind
from tests.conformance.migration import MigrationConformance, MigrationLab
from tests.lab.fixtures import or_skip
from tests.lab.vsphere.soap.running import SoapServer

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINE = "mover-1"
HOSTS = ("campus-1", "campus-2")
ENDLESS_S = 100_000.0
SOON_S = 60.0

STEERING = "vCenter lets nobody steer a vMotion"


class VSphereMigrationLab(MigrationLab):
    """One cluster; the machine goes from the host it is on to the other one."""

    def __init__(self, server: SoapServer) -> None:
        self.server = server
        self.secrets: Mapping[str, str] = {"password": server.password}
        self.spec = ConnectionSpec(
            name="vc",
            family=Family.VSPHERE,
            driver="vsphere",
            uri=f"vsphere://localhost:{server.port}",
            options={"tls_ca": str(server.authority.root.certificate), "user": server.user},
        )
        self._home = self._on()

    def traveller(self, *, endless: bool) -> tuple[str, dict[str, str]]:
        self._home = self._on()
        self.server.steering.takes(method="RelocateVM_Task", seconds=ENDLESS_S if endless else SOON_S)
        return key(Kind.VM, self._id(MACHINE)), {"to": str(ObjectRef("vc", Kind.HOST, self._id(self._other())))}

    def where(self, key: str) -> list[str]:
        return ["source" if self._on() == self._home else "destination"]

    def applied(self) -> int:
        return len(self.server.steering.calls(changes=True))

    def start_foreign(self, key: str, arguments: Mapping[str, str]) -> bool:
        self.server.steering.move(name=MACHINE, host=self._other())
        return True

    def _other(self) -> str:
        return next(host for host in HOSTS if self._id(host) != self._on())

    def _on(self) -> str:
        return _id(self.server.steering.read(name=MACHINE, path="runtime.host"))

    def _id(self, name: str) -> str:
        return _id(self.server.steering.reference(name=name))


def _id(shown: str) -> str:
    """`vim.HostSystem:host-12` or `'vim.HostSystem:host-12'`."""
    return shown.strip("'\"").rpartition(":")[2]


class TestVSphereMigration(MigrationConformance):
    lacks = dict.fromkeys(("migrate.bandwidth", "migrate.downtime", "migrate.pause", "migrate.postcopy"), STEERING)

    @pytest.fixture
    def served(self) -> Iterator[VSphereMigrationLab]:
        with or_skip(lambda: SoapServer(pace=0.02, estate=True)) as server:
            yield VSphereMigrationLab(server)
