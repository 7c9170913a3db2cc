"""The vSphere driver under the suite of controls, on govmomi's vCenter simulator and on our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import ClassVar

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.connection import ConnectionSpec
from novatui.core.ids import key
from novatui.core.states import Family, Kind, Power
from tests.conformance.controls import Bench, ControlConformance, ControlLab
from tests.lab.fixtures import or_skip
from tests.lab.missing import LabError
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, finish, tasks
from tests.lab.vsphere.simulated import Vcsim
from tests.lab.vsphere.soap.running import SoapServer

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINES = {
    Power.RUNNING: "DC0_C0_RP0_VM0",
    Power.OFF: "DC0_C0_RP0_VM1",
    Power.SUSPENDED: "DC0_C0_RP0_VM2",
}
NATIVE = {Power.RUNNING: "on", Power.OFF: "off", Power.SUSPENDED: "suspended"}
STATES = {"on": "poweredOn", "off": "poweredOff", "suspended": "suspended"}


HOLDER = "gpu-train"
"""Is off and has devices of its host."""

ALARM = "Virtual machine CPU usage"
MOVED = "mover-1"
"""Runs in the estate's cluster, whose DRS recommends only."""

EMPTY = "lone"
"""A host without machines."""

NETWORK = "default"

ADDRESSES = [f"00:50:56:0a:0b:{number:02x}" for number in range(99)]

MEDIUM = "media/debian.iso"

RENAMED = "renamed-by-a-test"

STEP = 64 << 20
"""Bytes of memory, or of a disk."""

BEGINS = {"power.start": Power.OFF, "power.wake": Power.SUSPENDED}

LACKS = {
    **dict.fromkeys(("power.pause", "power.resume"), "vSphere holds no machine in memory without running it"),
    **dict.fromkeys(("device.mdev_create", "device.mdev_remove"), "vSphere makes vGPUs itself"),
}


def spec_of(server: Vcsim | SoapServer) -> ConnectionSpec:
    return ConnectionSpec(
        name="vc",
        family=Family.VSPHERE,
        driver="vsphere",
        uri=f"vsphere://localhost:{server.port}",
        options={"tls_ca": str(server.authority.root.certificate), "user": server.user},
    )


Device = vim.vm.device


def unplugged() -> vim.vm.device.VirtualDevice.ConnectInfo:
    return Device.VirtualDevice.ConnectInfo(startConnected=False, allowGuestControl=True, connected=False)


def emptied() -> vim.vm.device.VirtualDevice.BackingInfo:
    """What a drive without a medium has."""
    return Device.VirtualCdrom.RemotePassthroughBackingInfo(deviceName="", exclusive=False)


def controller() -> vim.vm.device.VirtualDevice:
    return Device.ParaVirtualSCSIController(key=-101, busNumber=0, sharedBus="noSharing")


def drive() -> vim.vm.device.VirtualDevice:
    return Device.VirtualCdrom(key=-102, controllerKey=200, unitNumber=0, backing=emptied(), connectable=unplugged())


def interface() -> vim.vm.device.VirtualDevice:
    return Device.VirtualVmxnet3(
        key=-103,
        backing=Device.VirtualEthernetCard.NetworkBackingInfo(deviceName=NETWORK),
        addressType="manual",
        macAddress="00:50:56:0a:0b:aa",
        wakeOnLanEnabled=True,
    )


PARTS = {
    Device.VirtualSCSIController: controller,
    Device.VirtualCdrom: drive,
    Device.VirtualEthernetCard: interface,
}
"""What the machine that is off gets, so that there is something to change."""


def reconfigured(machine: vim.VirtualMachine, operation: str, device: vim.vm.device.VirtualDevice) -> None:
    change = Device.VirtualDeviceSpec(operation=operation, device=device)
    finish(machine.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[change])))


def verb_of(request: pytest.FixtureRequest) -> str:
    """The operation that a test is about; empty when it is about none."""
    spec = getattr(request.node, "callspec", None)
    return spec.params.get("verb", "") if spec is not None else ""


class VcsimLab(ControlLab):
    """One machine in each state that vSphere has, put back before each test."""

    _SNAPSHOT = "base"

    def __init__(self, server: Vcsim) -> None:
        self._server = server
        self._done: dict[str, str] = {}
        self.spec = spec_of(server)
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
            return self.machine(BEGINS.get(verb, Power.RUNNING)), {}
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
        """What the server has been asked to do, by its own list of tasks. A reset makes two more of its own.

        The list holds 200 tasks, as every vCenter's does: what was seen in it once is remembered here.
        """
        with client_of(self._server) as service:
            self._done |= tasks(service)
        done = list(self._done.values())
        return len(done) - 2 * done.count("VirtualMachine.reset")


class TestVcsim(ControlConformance):
    lacks: ClassVar = LACKS

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
        if verb_of(request) in ("power.shutdown", "power.reboot", "power.autostart"):
            pytest.skip("vcsim has no guest tools and no HostAutoStartManager")


class SoapLab(ControlLab):
    """The seeded world of our own simulator: guests that listen, a memory that goes along."""

    _NAMES: ClassVar = {Power.RUNNING: "web-01", Power.OFF: "spare", Power.SUSPENDED: "archive"}
    _SNAPSHOT = "base"

    _HOSTS: ClassVar = ("campus-1", "campus-2")

    def __init__(self, server: SoapServer) -> None:
        self._server = server
        self._changes: set[int] = set()
        self.spec = spec_of(server)
        self.secrets = {"password": server.password}

    def put_back(self) -> None:
        """Every machine in its state, without snapshots."""
        with client_of(self._server) as service:
            with suppress(LabError):
                change.rename(service, vim.VirtualMachine, RENAMED, self._NAMES[Power.OFF])
            for state, name in self._NAMES.items():
                finish(change.machine(service, name).RemoveAllSnapshots_Task())
                self._server.steering.set_power(name=name, state=STATES[NATIVE[state]])
            self._lone = change.found(service, vim.HostSystem, EMPTY)._moId
            self._server.steering.put(name=self._lone, path="runtime.inMaintenanceMode", value=False)
            started = change.machine(service, self._NAMES[Power.OFF])
            power_info = vim.host.AutoStartManager.AutoPowerInfo(
                key=started,
                startOrder=-1,
                startDelay=-1,
                waitForHeartbeat="systemDefault",
                startAction="none",
                stopDelay=-1,
                stopAction="systemDefault",
            )
            manager = started.runtime.host.configManager.autoStartManager
            manager.ReconfigureAutostart(vim.host.AutoStartManager.Config(powerInfo=[power_info]))

    def machine(self, power: Power) -> str:
        name = self._NAMES.get(power)
        return key(Kind.VM, self._server.steering.reference(name=name)) if name else ""

    def subject(self, verb: str) -> tuple[str, dict[str, str]] | None:
        noun = verb.partition(".")[0]
        subject = self.machine(BEGINS.get(verb, Power.RUNNING))
        if noun == "alarm":
            for status in ("green", "red"):
                self._server.steering.alarm(name=self._NAMES[Power.RUNNING], alarm=ALARM, status=status)
            return subject, {"alarm": ALARM}
        if verb == "power.autostart":
            return self.machine(Power.OFF), {"to": "on"}
        if noun == "power":
            return subject, {}
        if noun in ("host", "cluster") or verb == "edit.pool":
            return self._above(verb)
        if noun != "snap":
            return self._configured(verb) if noun == "edit" else self._given(verb)
        if verb == "snap.create":
            return subject, {"name": "conformance", "memory": "yes"}
        with client_of(self._server) as service:
            change.snapshot(service, self._NAMES[Power.RUNNING], self._SNAPSHOT, memory=True)
        return subject, {"snapshot": self._SNAPSHOT}

    def _configured(self, verb: str) -> tuple[str, dict[str, str]] | None:
        """Of the machine that is off: more of what it has. Its cluster has DRS, and so it is not pinned.

        A disk finds a controller: one that had to be added for it stays, and the plan says so.
        """
        with client_of(self._server) as service:
            machine = change.machine(service, self._NAMES[Power.OFF])
            for one in machine.config.hardware.device if verb == "edit.nic_remove" else ():
                if isinstance(one, Device.VirtualEthernetCard):
                    reconfigured(machine, "remove", one)  # one that comes back takes the first slot that is free
            for kind, made in PARTS.items():
                if not any(isinstance(one, kind) for one in machine.config.hardware.device):
                    reconfigured(machine, "add", made())
            [filled] = [one for one in machine.config.hardware.device if isinstance(one, Device.VirtualCdrom)]
            if isinstance(filled.backing, Device.VirtualCdrom.IsoBackingInfo):
                filled.backing, filled.connectable = emptied(), unplugged()
                reconfigured(machine, "edit", filled)
            count, memory = machine.config.hardware.numCPU, machine.config.hardware.memoryMB << 20
            cards = [
                one.macAddress
                for one in machine.config.hardware.device
                if isinstance(one, vim.vm.device.VirtualEthernetCard)
            ]
            self._server.steering.put_file(store=machine.datastore[0]._moId, path=MEDIUM, size=STEP)
            store, network = machine.datastore[0].name, machine.runtime.host.network[0].name
        takes = {
            "edit.vcpus": {"count": str(count + 1)},
            "edit.memory": {"size": str(memory + STEP)},
            "edit.memory_add": {"size": str(STEP)},
            "edit.disk_add": {"store": store, "size": str(STEP)},
            "edit.nic_add": {"network": network, "mac": next(one for one in ADDRESSES if one not in cards)},
            "edit.nic_remove": {"mac": cards[0]},
            "edit.iso_insert": {"source": f"[{store}] {MEDIUM}"},
            "edit.rename": {"name": RENAMED},
            "edit.notes": {"text": f"noted by a test at {count} and {memory}"},
        }
        return (self.machine(Power.OFF), takes[verb]) if verb in takes else None

    def _above(self, verb: str) -> tuple[str, dict[str, str]] | None:
        """Of what machines run in: a host of its own, the cluster whose DRS asks first, a pool."""
        steering = self._server.steering
        if verb == "edit.pool":
            with client_of(self._server) as service:
                given = change.found(service, vim.ResourcePool, "gold").config.cpuAllocation.shares.level
            wanted = "high" if given == "low" else "low"
            return key(Kind.RESOURCE_POOL, steering.reference(name="gold")), {"cpu_shares": wanted}
        if verb == "host.return":
            steering.put(name=self._lone, path="runtime.inMaintenanceMode", value=True)
        if verb.startswith("host."):
            return key(Kind.HOST, self._lone), {}
        here = steering.read(name=MOVED, path="runtime.host")
        to = next(one for one in self._HOSTS if steering.reference(name=one) not in here)
        wanted = steering.recommend(name=MOVED, host=to)
        return key(Kind.CLUSTER, steering.reference(name="campus-cluster")), {"recommendation": wanted}

    def _given(self, verb: str) -> tuple[str, dict[str, str]] | None:
        """Of the machine that has devices, whose memory is reserved already."""
        holder = key(Kind.VM, self._server.steering.reference(name=HOLDER))
        if verb == "device.attach":
            return holder, {"device": "grid_a16-2b"}
        if verb == "device.vfs":
            with client_of(self._server) as service:
                host = change.machine(service, HOLDER).runtime.host
                [card] = [one for one in host.config.pciPassthruInfo if getattr(one, "numVirtualFunction", 0)]
                count = 4 if card.numVirtualFunctionRequested != 4 else 3
            return key(Kind.HOST, host._moId), {"device": card.id, "count": str(count)}
        return None

    def applied(self) -> int:
        """Changing calls by the server's own log, by their numbers: it forgets the oldest."""
        for one in self._server.steering.calls(changes=True):
            self._changes.add(one["number"])
        return len(self._changes)


class TestSoap(ControlConformance):
    lacks: ClassVar = LACKS

    @pytest.fixture(scope="class")
    def server(self) -> Iterator[SoapServer]:
        with or_skip(lambda: SoapServer(pace=0.02, estate=True)) as one:
            yield one

    @pytest.fixture
    def served(self, server: SoapServer) -> ControlLab:
        lab = SoapLab(server)
        lab.put_back()
        return lab

    def test_an_interface_behind_a_free_slot_comes_back_in_another(self, bench: Bench) -> None:
        """The plan says so: its guest may call it otherwise then."""
        found = bench.lab.subject("edit.nic_remove")
        assert found
        machine, first = found
        second = {"mac": ADDRESSES[-1]}
        added = bench.plan("edit.nic_add", machine, {"network": NETWORK, **second})
        bench.run(added)
        bench.see(added)
        assert "slot" not in bench.plan("edit.nic_remove", machine, second).irreversible
        removed = bench.plan("edit.nic_remove", machine, first)
        bench.run(removed)
        bench.see(removed)
        assert "another slot" in bench.plan("edit.nic_remove", machine, second).irreversible

    def test_load_does_not_change_a_fingerprint(self, bench: Bench) -> None:
        """By reading it again: this simulator has no counters to sample."""
        key = bench.lab.machine(Power.RUNNING)
        before = bench.driver.fingerprint(key)
        for _ in range(3):
            bench.driver.refresh([key])
            assert bench.driver.fingerprint(key) == before != ""
