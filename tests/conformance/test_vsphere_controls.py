"""The vSphere driver under the suite of controls, on a vCenter simulator: what it can do of each operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.core.connection import ConnectionSpec
from novatui.core.ids import key
from novatui.core.states import Family, Kind, Power
from tests.conformance.controls import ControlConformance, ControlLab
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, finish, tasks
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINES = {
    Power.RUNNING: "DC0_C0_RP0_VM0",
    Power.OFF: "DC0_C0_RP0_VM1",
    Power.SUSPENDED: "DC0_C0_RP0_VM2",
}
NATIVE = {Power.RUNNING: "on", Power.OFF: "off", Power.SUSPENDED: "suspended"}
STATES = {"on": "poweredOn", "off": "poweredOff", "suspended": "suspended"}


class VcsimLab(ControlLab):
    """One machine in each state that vSphere has, put back before each test."""

    _BEGINS: ClassVar = {"power.start": Power.OFF, "power.wake": Power.SUSPENDED, "power.suspend": Power.RUNNING}
    _SNAPSHOT = "base"

    def __init__(self, server: Vcsim) -> None:
        self._server = server
        self.spec = ConnectionSpec(
            name="vc",
            family=Family.VSPHERE,
            driver="vsphere",
            uri=f"vsphere://localhost:{server.port}",
            options={"tls_ca": str(server.authority.root.certificate), "user": server.user},
        )
        self.secrets = {"password": server.password}

    def put_back(self) -> None:
        """Every machine in its state, without snapshots."""
        with client_of(self._server) as service:
            for state, name in MACHINES.items():
                machine = change.machine(service, name)
                finish(machine.RemoveAllSnapshots_Task())
                if machine.runtime.powerState != STATES[NATIVE[state]]:
                    if machine.runtime.powerState == "poweredOff" and state is Power.SUSPENDED:
                        change.power(service, name, "on")
                    change.power(service, name, NATIVE[state])

    def machine(self, power: Power) -> str:
        name = MACHINES.get(power)
        if name is None:
            return ""
        with client_of(self._server) as service:
            return key(Kind.VM, change.machine(service, name)._moId)

    def subject(self, verb: str) -> tuple[str, dict[str, str]] | None:
        noun = verb.partition(".")[0]
        if noun == "snap":
            return self._with_snapshot(verb)
        if noun == "power":
            return self.machine(self._BEGINS.get(verb, Power.RUNNING)), {}
        return None

    def _with_snapshot(self, verb: str) -> tuple[str, dict[str, str]]:
        """Of the machine that is off: this simulator's revert changes no power state."""
        subject = self.machine(Power.OFF)
        if verb == "snap.create":
            return subject, {"name": "conformance"}
        with client_of(self._server) as service:
            change.snapshot(service, MACHINES[Power.OFF], self._SNAPSHOT)
        return subject, {"snapshot": self._SNAPSHOT}

    def applied(self) -> int:
        """What the server has been asked to do, by its own list of tasks. A reset makes two more of its own."""
        with client_of(self._server) as service:
            done = tasks(service)
        return len(done) - 2 * done.count("VirtualMachine.reset")


class TestVcsim(ControlConformance):
    lacks: ClassVar = {
        **dict.fromkeys(("power.pause", "power.resume"), "vSphere holds no machine in memory without running it"),
        **dict.fromkeys(("device.mdev_create", "device.mdev_remove"), "vSphere makes vGPUs itself"),
        "ResourceControl": "comes with its role",
        "DeviceControl": "comes with its role",
    }

    @pytest.fixture(scope="class")
    def server(self) -> Iterator[Vcsim]:
        with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=1, standalone=0, machines=3)) as one:
            yield one

    @pytest.fixture
    def served(self, server: Vcsim) -> ControlLab:
        lab = VcsimLab(server)
        lab.put_back()
        return lab

    @pytest.fixture(autouse=True)
    def needs_a_guest(self, request: pytest.FixtureRequest) -> None:
        """vcsim's guests have no tools, and its hosts start no machines by themselves: both are refused as planned."""
        verb = getattr(request.node, "callspec", None) and request.node.callspec.params.get("verb")
        if verb in ("power.shutdown", "power.reboot", "power.autostart"):
            pytest.skip("vcsim has no guest tools and no HostAutoStartManager")
