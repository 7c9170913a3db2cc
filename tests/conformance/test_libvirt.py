"""The libvirt driver under the whole suite: libvirt's mock driver in this process, and QEMU behind a real daemon."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from novatui.core.connection import ConnectionSpec
from novatui.core.states import Family, Kind
from tests.conformance.lab import Gap, Lab
from tests.conformance.suite import Conformance
from tests.conformance.world import Cpu, Feature, Vm, World, load
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.domain_xml import domain_xml
from tests.lab.libvirt.real_world import define_world
from tests.lab.libvirt.testfile import write_world
from tests.lab.workspace import wait_until

pytest.importorskip("libvirt")
pytestmark = pytest.mark.libvirt

EVERYTHING = frozenset({Kind.HOST, Kind.VM, Kind.DATASTORE, Kind.NETWORK, Kind.DEVICE, Kind.SNAPSHOT})
EMULATED = Cpu(
    mode="custom",
    model="qemu64",
    features=(Feature(name="hypervisor", policy="require"), Feature(name="lahf_lm", policy="require")),
)
"""The processor that libvirt gives to an emulated machine that asks for none."""

LACKS = {
    "ConsoleAccess": "it gives no tickets: whoever reaches a display may open it",
    "HistorySource": "libvirt tells what is, and remembers no figures",
    "HostControl": "libvirt has no maintenance mode",
    "ClusterControl": "libvirt has no clusters",
    "AlarmControl": "libvirt raises no alarms",
}
NO_CREDENTIALS = Gap("lab", "nobody asks for credentials; refused ones are tested over ssh")
NO_FAILING_LISTING = Gap("lab", "libvirt lists every kind or none")
OWN_MACHINE = Gap("lab", "the host is the machine that runs the tests")


class TestMock(Conformance):
    """The mock driver in this process: no daemon that could end, and every connection has the world to itself."""

    kinds = EVERYTHING
    lacks: ClassVar[dict[str, str]] = LACKS
    lasting_threads = ("libvirt-events",)
    gaps: ClassVar[dict[str, Gap]] = {
        "test_refused_credentials_are_auth_failed": NO_CREDENTIALS,
        "test_one_kind_that_fails_leaves_the_others": NO_FAILING_LISTING,
        "test_host_column[name]": Gap("lab", "the mock host is called as the machine that runs the tests"),
        "test_machine_column[autostart]": Gap("lab", "a host file cannot say it: autostart is always off"),
        "test_network_column[active]": Gap("lab", "networks of a host file are always active"),
        "test_vendors_and_drivers": Gap("lab", "the mock driver drops <driver> of a device"),
        **dict.fromkeys(
            (
                "test_nobody_at_the_endpoint_is_unreachable",
                "test_an_endpoint_that_ends_is_noticed",
                "test_a_lost_endpoint_answers_nothing",
                "test_a_lost_endpoint_tells_no_profile",
                "test_an_endpoint_that_hangs_is_noticed",
                "test_a_new_connection_after_the_endpoint_is_back",
                "test_a_lost_endpoint_comes_back_by_itself",
                "test_failures_of_calls_are_ours",
            ),
            Gap("lab", "it lives in this process and ends with it"),
        ),
        **dict.fromkeys(
            (
                "test_a_change_from_outside_is_told",
                "test_a_change_from_outside_is_an_event",
                "test_a_change_from_outside_arrives_at_the_console",
                "test_events_are_told_once",
                "test_a_machine_that_is_deleted_goes",
                "test_a_machine_that_is_new_comes",
                "test_refresh_removes_what_is_gone",
            ),
            Gap("lab", "each opening of a host file is a host of its own, so nobody else can change it"),
        ),
        **dict.fromkeys(
            ("test_work_from_outside_is_seen", "test_work_that_ends_is_told"),
            Gap("lab", "[3] this function is not supported by the connection driver: virDomainGetJobStats"),
        ),
    }

    @pytest.fixture
    def lab(self, tmp_path: Path) -> Lab:
        uri = f"test://{write_world(tmp_path)['atlas']}"
        spec = ConnectionSpec(name="atlas", family=Family.LIBVIRT, driver="libvirt", uri=uri)
        return Lab(load(), spec, hosts=("atlas",))


class TestQemu(Conformance):
    """A real daemon. Its machines are those of the world, made small enough to run under emulation."""

    kinds = EVERYTHING
    lacks: ClassVar[dict[str, str]] = LACKS
    lasting_threads = ("libvirt-events",)
    gaps: ClassVar[dict[str, Gap]] = {
        "test_refused_credentials_are_auth_failed": NO_CREDENTIALS,
        "test_one_kind_that_fails_leaves_the_others": NO_FAILING_LISTING,
        "test_host_column[name]": OWN_MACHINE,
        "test_host_column[uuid]": Gap("lab", "the daemon was given a uuid of its own"),
        "test_host_column[cpus]": OWN_MACHINE,
        "test_host_column[memory_total]": OWN_MACHINE,
        "test_host_column[cpu_model]": OWN_MACHINE,
        "test_store_column[capacity]": Gap("lab", "a pool is as big as the file system below it"),
        "test_store_column[free]": Gap("lab", "a pool is as big as the file system below it"),
    }

    @pytest.fixture(scope="class")
    def served(self) -> Iterator[QemuLab]:
        with ExitStack() as stack:
            lab = or_skip(lambda: QemuLab(stack))
            type(self).kinds = EVERYTHING if lab.has_devices() else EVERYTHING - {Kind.DEVICE}
            yield lab

    @pytest.fixture
    def lab(self, served: QemuLab) -> Iterator[Lab]:
        yield served
        served.restore()


class QemuLab(Lab):
    """The world on a host of its own, changed with virsh, and a second host that machines can be sent to."""

    def __init__(self, stack: ExitStack) -> None:
        self._host = stack.enter_context(LibvirtHost("atlas"))
        self._other = stack.enter_context(LibvirtHost("borea"))
        self._work: subprocess.Popen[bytes] | None = None
        small = _small(load())
        self._wanted = {vm.uuid: vm for vm in small.vm}
        defined = define_world(self._host, small, "atlas")
        spec = ConnectionSpec(name="atlas", family=Family.LIBVIRT, driver="libvirt", uri=self._host.uri)
        super().__init__(replace(defined, vm=small.vm), spec)
        self._definitions = {vm.uuid: self._host.virsh("dumpxml", "--inactive", vm.uuid) for vm in self.vms}
        stack.callback(self._end_work)
        self.restore()

    def has_devices(self) -> bool:
        """Whether the machine that runs the tests has any that could be given away."""
        return any(self._host.virsh("nodedev-list", kind).split() for kind in ("pci", "usb_device", "storage"))

    def set_power(self, vm: Vm, state: str) -> None:
        now = self._host.virsh("domstate", vm.uuid).strip()
        if now == "shut off" and state in ("running", "paused"):
            self._host.virsh("start", vm.uuid, *(["--paused"] if state == "paused" else []))
        elif state == "saved" and now != "shut off":
            self._host.virsh("managedsave", vm.uuid)
        elif state == "off" and now != "shut off":
            self._host.virsh("destroy", vm.uuid)
        elif (now, state) in {("paused", "running"), ("running", "paused")}:
            self._host.virsh("resume" if state == "running" else "suspend", vm.uuid)

    def remove(self, vm: Vm) -> None:
        self._host.virsh("undefine", vm.uuid)

    def add(self, vm: Vm) -> None:
        self._host.define(domain_xml(vm, "qemu", lambda pool, volume: str(self._host.images / pool / volume)))

    def start_task(self, vm: Vm) -> str:
        """A migration slow enough to be looked at."""
        command = [
            "virsh",
            "-q",
            "-c",
            self._host.uri,
            "migrate",
            "--live",
            "--p2p",
            "--bandwidth",
            "1",
            "--unsafe",
            vm.uuid,
        ]
        self._work = subprocess.Popen([*command, self._other.uri], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return "migrate"

    def stop(self) -> None:
        self._host.kill()

    def start(self) -> None:
        self._host.start()
        self._start_networks()

    def freeze(self) -> None:
        self._host.freeze()

    def thaw(self) -> None:
        self._host.thaw()

    def nowhere(self, folder: Path) -> ConnectionSpec:
        return msgspec.structs.replace(self.spec, uri=f"qemu+unix:///session?socket={folder}/nobody")

    def restore(self) -> None:
        """Everything is as the world says, whatever a test did."""
        if not self._host.running:
            self.start()
        self._end_work()
        there = set(self._host.virsh("list", "--all", "--uuid").split())
        for uuid in there - self._wanted.keys():
            self._host.virsh("undefine", uuid)
        for uuid in self._wanted.keys() - there:
            self._host.define(self._definitions[uuid])
        for uuid, vm in self._wanted.items():
            self.set_power(vm, vm.state)
            assert self._host.virsh("domstate", uuid)

    def _start_networks(self) -> None:
        """A daemon that was killed takes a network for down whose bridge it cannot see."""
        active = set(self._host.virsh("net-list", "--name").split())
        for network in self.hosts[0].network:
            if network.active and network.name not in active:
                self._host.virsh("net-start", network.name)

    def _end_work(self) -> None:
        """Whether it is under way, done or failed: the machine is at home again."""
        if self._work is None:
            return
        self._work.terminate()
        self._work.wait()
        self._work = None
        for uuid in self._host.virsh("list", "--uuid").split():
            subprocess.run(["virsh", "-q", "-c", self._host.uri, "domjobabort", uuid], capture_output=True)
        for uuid in self._other.virsh("list", "--uuid").split():
            wait_until(lambda uuid=uuid: self._is_gone(uuid), "the machine on the other host is gone")

    def _is_gone(self, uuid: str) -> bool:
        """A machine that came is destroyed; one that was still coming leaves by itself."""
        done = subprocess.run(["virsh", "-q", "-c", self._other.uri, "destroy", uuid], capture_output=True)
        return done.returncode == 0 or uuid not in self._other.virsh("list", "--uuid").split()


def _small(world: World) -> World:
    """The same machines without what emulation, or an account without rights, cannot run."""
    host = replace(world.find_host("atlas"), device=(), mediated=())
    return replace(world, host=(host,), vm=tuple(map(_shrunk, world.vms_of("atlas"))))


def _shrunk(vm: Vm) -> Vm:
    vm = replace(vm, device=(), tpm="", only={}, cpu=vm.cpu or EMULATED)
    if vm.snapshot:
        return replace(vm, state="off")  # libvirt migrates no machine with snapshots
    if vm.state not in ("running", "paused"):
        return vm
    return replace(
        vm,
        memory_mib=64,
        memory_max_mib=None,
        hot_add=None,
        hugepages_kib=None,
        vcpus=1,
        vcpus_max=2,
        topology=None,
        cpu=EMULATED,
        cell=(),
        pin=(),
        nic=(),
        firmware="bios",
        secure_boot=False,
        disk=tuple(replace(disk, io="", cache="") for disk in vm.disk),
    )
