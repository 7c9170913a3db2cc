"""The libvirt driver under the suite of controls: the mock driver in this process, and QEMU behind a real daemon.

What QEMU's machine runs is nothing, where that is enough; where a guest has to listen it is Linux.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from novatui.core.connection import ConnectionSpec
from novatui.core.ids import key
from novatui.core.states import Family, Kind, Power
from tests.conformance.controls import ControlConformance, ControlLab
from tests.conformance.world import load
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.apilog import READING
from tests.lab.libvirt.change_cases import CASES, UUID, Case, case, furnish, prepare
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.testfile import write_world

pytest.importorskip("libvirt")
pytestmark = pytest.mark.libvirt

READY = "# "
"""The prompt of the guest's shell, which comes after it has begun to listen to its power button."""

NO_PLUG = "[3] this function is not supported by the connection driver: virDomainAttachDeviceFlags"
NO_VFS = "libvirt tells the number of virtual functions and has no call to set it"
NO_POOLS = "libvirt has no resource pools"
NO_CLUSTER = {
    "HostControl": "libvirt has no maintenance mode",
    "ClusterControl": "libvirt has no clusters",
    "AlarmControl": "libvirt raises no alarms",
}


class MockLab(ControlLab):
    """The seeded world; each opening of its file is a host of its own."""

    _STANDING: ClassVar = {Power.RUNNING: "web-01", Power.PAUSED: "win-desk", Power.OFF: "[red]x"}
    _BEGINS: ClassVar = {"power.start": "[red]x", "power.resume": "win-desk", "edit.vcpus": "db-01"}
    _TAKES: ClassVar[dict[str, dict[str, str]]] = {
        "power.autostart": {"to": "on"},
        "edit.vcpus": {"count": "6"},
        "edit.memory": {"size": str(512 << 20)},
        "edit.rename": {"name": "renamed"},
        "edit.notes": {"text": "noted by a test"},
        "snap.create": {"name": "conformance"},
    }
    _OFF = ("edit.rename", "edit.memory", "snap.create")

    def __init__(self, folder: Path) -> None:
        self._uuids = {vm.name: vm.uuid for vm in load().vms_of("atlas")}
        uri = f"test://{write_world(folder)['atlas']}"
        self.spec = ConnectionSpec(name="atlas", family=Family.LIBVIRT, driver="libvirt", uri=uri)

    def machine(self, power: Power) -> str:
        name = self._STANDING.get(power)
        return key(Kind.VM, self._uuids[name]) if name else ""

    def subject(self, verb: str) -> tuple[str, dict[str, str]] | None:
        if verb in ("power.wake", "snap.revert", "snap.delete") or verb.startswith("device."):
            return None
        name = "[red]x" if verb in self._OFF else self._BEGINS.get(verb, "web-01")
        return key(Kind.VM, self._uuids[name]), self._TAKES.get(verb, {})


class TestMock(ControlConformance):
    lacks: ClassVar = {
        **dict.fromkeys(
            (
                "edit.memory_add", "edit.disk_add", "edit.disk_remove", "edit.nic_add", "edit.nic_remove",
                "edit.iso_insert", "edit.iso_eject", "device.attach", "device.detach",
            ),
            NO_PLUG,
        ),
        "edit.pin": "unsupported flags (0x2) in function testDomainPinVcpuFlags",
        "device.mdev_create": "internal error: Device is not a fibre channel HBA",
        "device.mdev_remove": "internal error: Device is not a fibre channel HBA",
        "device.vfs": NO_VFS,
        "edit.pool": NO_POOLS,
        **NO_CLUSTER,
    }  # fmt: skip

    @pytest.fixture
    def served(self, tmp_path: Path) -> ControlLab:
        return MockLab(tmp_path)


class QemuLab(ControlLab):
    """A subject without a system, put back before each test; a guest that listens; one machine in each other state."""

    _GUEST = ("power.start", "power.shutdown", "power.reboot", "power.reset", "power.off")
    _CHOSEN: ClassVar = {
        "edit.vcpus": case("edit.vcpus", count="2"),
        "edit.notes": case("edit.notes", "running", text="noted by a test"),
        "edit.pin": case("edit.pin", vcpu="0", cpus="0-1"),
        "snap.create": case("snap.create", name="conformance"),
        "snap.revert": case("snap.revert", snapshot="base"),
        "snap.delete": case("snap.delete", snapshot="base"),
    }

    def __init__(self, host: LibvirtHost) -> None:
        self._host = host
        self.spec = ConnectionSpec(name="lab", family=Family.LIBVIRT, driver="libvirt", uri=host.uri)
        furnish(host)
        self._guest = host.define_guest("listener")
        self._standing = {
            Power.PAUSED: host.start_guest(GuestSpec("held", boot="none", memory_mib=32), paused=True).uuid,
            Power.OFF: host.define_guest(GuestSpec("resting", boot="none", memory_mib=32)).uuid,
            Power.SUSPENDED: host.start_guest(GuestSpec("asleep", boot="none", memory_mib=32), wait=False).uuid,
        }
        host.virsh("managedsave", "asleep")

    def machine(self, power: Power) -> str:
        if power is Power.RUNNING:
            self._have_guest(power)
            return key(Kind.VM, self._guest.uuid)
        return key(Kind.VM, self._standing[power])

    def subject(self, verb: str) -> tuple[str, dict[str, str]] | None:
        if verb in self._GUEST:
            self._have_guest(Power.OFF if verb == "power.start" else Power.RUNNING)
            return key(Kind.VM, self._guest.uuid), {}
        fitting = (each for each in CASES if each.verb == verb)
        chosen = self._CHOSEN.get(verb) or next(fitting, None)
        if chosen is None or (verb == "edit.pin" and (os.cpu_count() or 1) < 2):
            return None
        self._begin(chosen)
        return key(Kind.VM, UUID), dict(chosen.arguments)

    def applied(self) -> int:
        """The daemon's own log of public calls; events and sessions are none of them."""
        return sum(
            not READING.fullmatch(call.function) and call.function.startswith(("virDomain", "virStorageVol"))
            for call in self._host.api_calls()
        )

    def _begin(self, chosen: Case) -> None:
        prepare(self._host, chosen)
        if chosen.verb == "edit.pin":
            self._host.virsh("vcpupin", UUID, "0", "0", "--config")
        if chosen.arguments.get("snapshot"):
            self._host.virsh("snapshot-create-as", UUID, chosen.arguments["snapshot"])

    def _have_guest(self, power: Power) -> None:
        """The guest in this state; one that runs has just come up, whatever was done to it before."""
        host, name = self._host, self._guest.name
        if host.virsh("domstate", name).strip() != "shut off":
            host.virsh("destroy", name)
        if power is Power.RUNNING:
            said = len(host.console(self._guest))
            host.virsh("start", name)
            host.wait_console(self._guest, READY, start=said)


@pytest.mark.long
class TestQemu(ControlConformance):
    lacks: ClassVar = {"device.vfs": NO_VFS, "edit.pool": NO_POOLS, **NO_CLUSTER}

    @pytest.fixture(scope="class")
    def host(self) -> Iterator[LibvirtHost]:
        with or_skip(lambda: LibvirtHost("control")) as host:
            yield host

    @pytest.fixture(scope="class")
    def lab(self, host: LibvirtHost) -> QemuLab:
        return or_skip(lambda: QemuLab(host))

    @pytest.fixture
    def served(self, lab: QemuLab) -> ControlLab:
        return lab
