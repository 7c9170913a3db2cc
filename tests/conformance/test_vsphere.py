"""The vSphere driver under the whole suite, on a vCenter simulator with the seeded world built into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.backends.driver import InventorySource, Session
from novatui.core.connection import ConnectionSpec
from novatui.core.states import Family, Kind, Power
from tests.conformance.base import key_of
from tests.conformance.expected import POWERS
from tests.conformance.lab import Gap, Lab
from tests.conformance.recording import Recording
from tests.conformance.suite import Conformance
from tests.conformance.world import Disk, Host, Vm, World, load
from tests.lab.faultproxy.client import FaultProxy
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, everything
from tests.lab.vsphere.seeded import STATES, bring, build, create, fitted
from tests.lab.vsphere.simulated import Vcsim
from tests.lab.vsphere.soap.running import SoapServer
from tests.lab.workspace import free_port

EVERYTHING = frozenset(
    {
        Kind.DATACENTER,
        Kind.CLUSTER,
        Kind.HOST,
        Kind.VM,
        Kind.DATASTORE,
        Kind.NETWORK,
        Kind.DEVICE,
        Kind.SNAPSHOT,
    }
)
NO_MOST = Gap("not-offered", "how many processors a machine with hot-add could get is not told")
MADE_NOW = Gap("lab", "a snapshot is as old as the making of the world")
OWN_FILES = Gap("lab", "a store is as big as the file system below it")


@pytest.mark.xdist_group("vcsim-conformance")
class TestVcsim(Conformance):
    """Both hosts of the world, each in a cluster and a datacenter of its own."""

    kinds = EVERYTHING
    powers: ClassVar[dict[str, Power]] = POWERS | {"paused": Power.RUNNING}
    lacks: ClassVar[dict[str, str]] = {"NetworkSource": "vSphere hands out no addresses"}
    gaps: ClassVar[dict[str, Gap]] = {
        "test_one_kind_that_fails_leaves_the_others": Gap("not-offered", "one stream tells of all kinds, or of none"),
        "test_machine_column[autostart]": Gap("not-offered", "autostart belongs to the host"),
        "test_network_column[vlan]": Gap("not-offered", "a standard network has none: its port group on each host has"),
        "test_machine_column[tpm]": Gap("lab", "summary.config.tpmPresent stays unset when a VirtualTPM is added"),
        "test_machine_column[snapshot_oldest]": MADE_NOW,
        "test_snapshot_trees": MADE_NOW,
        "test_store_column[store_type]": Gap("lab", "CreateLocalDatastore makes a store of type OTHER"),
        "test_store_column[capacity]": OWN_FILES,
        "test_store_column[free]": OWN_FILES,
        "test_a_profile_says_what_the_world_says": Gap("lab", "config.network of a host forgets added port groups"),
        "test_users_of_stores": Gap("lab", "Datastore.vm has who has its configuration file there, and nobody else"),
        "test_users_of_networks": Gap("lab", "Network.vm stays empty"),
        "test_machine_column[tags]": Gap("not-offered", "the listing has none: they come by REST once it is watched"),
        **dict.fromkeys(
            (
                "test_every_device_of_the_world_is_told",
                "test_iommu_groups",
                "test_vendors_and_drivers",
                "test_virtual_functions_belong_to_their_parent",
                "test_profiles_of_graphics_cards",
                "test_holders",
                "test_mediated_devices",
            ),
            Gap("lab", "every host that is added has the same PCI devices, none of them a card of the world"),
        ),
        **dict.fromkeys(
            ("test_work_from_outside_is_seen", "test_work_that_ends_is_told"),
            Gap("lab", "its tasks end within a millisecond"),
        ),
        **dict.fromkeys(
            (f"test_host_column[{column}]" for column in ("uuid", "cpus", "memory_total", "cpu_model")),
            Gap("lab", "a host that is added is always the same one, with a uuid made from its name"),
        ),
    }

    @pytest.fixture(scope="class")
    def served(self) -> Iterator[VcsimLab]:
        with ExitStack() as stack:
            yield or_skip(lambda: VcsimLab(stack))

    @pytest.fixture
    def lab(self, served: VcsimLab) -> Iterator[Lab]:
        yield served
        served.restore()


@pytest.mark.xdist_group("soap-conformance")
class TestSoap(Conformance):
    """The same on our own server, which has what vcsim lacks: devices, progress, tools, a host's real figures."""

    kinds = EVERYTHING
    powers = TestVcsim.powers
    lacks = TestVcsim.lacks
    gaps: ClassVar[dict[str, Gap]] = {
        **{
            name: TestVcsim.gaps[name]
            for name in (
                "test_one_kind_that_fails_leaves_the_others",
                "test_machine_column[autostart]",
                "test_machine_column[tags]",
            )
        },
        "test_machine_detail[vcpus]": NO_MOST,
        "test_machine_column[vcpus_max]": NO_MOST,
        "test_users_of_stores": Gap("not-offered", "a machine is in a store by its configuration file alone, too"),
        "test_users_of_networks": Gap("todo", "who is in a network is told, but not by which interface"),
        "test_network_column[bridge]": Gap("todo", "a distributed switch is told by its reference, not by its name"),
        "test_volumes": Gap("lab", "its disks lie in folders of their machines, the world's volumes in none"),
        "test_iommu_groups": Gap("not-offered", "ESXi tells no groups of the IOMMU"),
        "test_vendors_and_drivers": Gap("not-offered", "ESXi tells whether a device is passed through, not its driver"),
        "test_profiles_of_graphics_cards": Gap(
            "not-offered", "a vGPU profile has one name, and no number that is left"
        ),
        "test_mediated_devices": Gap("not-offered", "a vGPU is there only while a machine has it"),
    }

    @pytest.fixture(scope="class")
    def served(self) -> Iterator[SoapLab]:
        with ExitStack() as stack:
            yield or_skip(lambda: SoapLab(stack))

    @pytest.fixture
    def lab(self, served: SoapLab) -> Iterator[Lab]:
        yield served
        served.restore()

    def test_tags_come_behind_the_listing(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        self.role(loaded, InventorySource).watch()
        wanted = {key_of(sink, vm): sorted(vm.tags) for vm in lab.vms}

        def told() -> dict[str, object]:
            return {name: sorted(sink.table[name].get("tags") or ()) for name in wanted}  # type: ignore[arg-type]

        sink.wait(lambda: told() == wanted, "the tags of all machines")


class SoapLab(Lab):
    """The world as our server serves it; whatever was changed is gone with a restart."""

    def __init__(self, stack: ExitStack) -> None:
        self._server = stack.enter_context(SoapServer(pace=0.02))
        world = as_served(load())
        super().__init__(world, spec_of(self._server, self._server.port), {"password": self._server.password})
        self._changed = False
        self._running = True

    def set_power(self, vm: Vm, state: str) -> None:
        self._changed = True
        self._server.steering.set_power(name=vm.name, state=STATES[state])

    def remove(self, vm: Vm) -> None:
        self._changed = True
        self._server.steering.remove(name=vm.name)

    def add(self, vm: Vm) -> None:
        self._changed = True
        self._server.steering.add_machine(
            name=vm.name, uuid=vm.uuid, host=vm.host, state=vm.state, vcpus=vm.vcpus, memory_mib=vm.memory_mib
        )

    def start_task(self, vm: Vm) -> str:
        self._changed = True
        self._server.steering.takes(method="CreateSnapshot_Task", seconds=300)  # six seconds at its pace
        with client_of(self._server) as service:
            change.machine(service, vm.name).CreateSnapshot_Task(name="long", memory=True, quiesce=False)
        return "snapshot"

    def stop(self) -> None:
        self._server.stop()
        self._running = False

    def start(self) -> None:
        self._server.start()
        self._running = True
        self._changed = False

    def freeze(self) -> None:
        self._server.freeze()

    def thaw(self) -> None:
        self._server.thaw()

    def nowhere(self, folder: Path) -> ConnectionSpec:
        return msgspec.structs.replace(self.spec, uri=f"vsphere://localhost:{free_port()}")

    def wrong_secrets(self) -> tuple[ConnectionSpec, dict[str, str]]:
        return self.spec, {"password": "no such password"}

    def restore(self) -> None:
        """Everything is as the world says, whatever a test did."""
        if self._changed and self._running:
            self.stop()
        if not self._running:
            self.start()


def as_served(world: World) -> World:
    """The world as our server has it: two SCSI controllers, media without a folder, no VNC, links of what runs.

    Its stores are VMFS, and a network with a VLAN is a port group of a distributed switch.
    """
    known = fitted(world)
    machines = tuple(_as_served(vm, plain) for vm, plain in zip(known.vm, world.vm, strict=True))
    hosts = tuple(_host_as_served(host, plain) for host, plain in zip(known.host, world.host, strict=True))
    return replace(known, host=hosts, vm=machines)


def _host_as_served(host: Host, plain: Host) -> Host:
    networks = tuple(
        replace(network, active=told.active, kind="distributed port group" if told.kind == "bridge" else "network")
        for network, told in zip(host.network, plain.network, strict=True)
    )
    return replace(host, network=networks, pool=tuple(replace(pool, kind="VMFS") for pool in host.pool))


def _as_served(vm: Vm, plain: Vm) -> Vm:
    disks: list[Disk] = []
    for disk, told in zip(vm.disk, plain.disk, strict=True):
        place = sum(each.bus == told.bus for each in plain.disk[: len(disks)])
        target = f"{disk.bus}{1 if told.bus == 'scsi' else 0}:{place}"
        if disk.kind == "cdrom":
            disks.append(replace(disk, target=target, volume=f"[{disk.pool}] {disk.volume}"))
        else:
            serial = f"6000C29{vm.uuid[-1]}-{disk.size_mib:04x}-0000-0000-{vm.uuid[-12:]}"
            disks.append(replace(disk, target=target, serial=serial))
    runs = vm.state in ("running", "paused")
    nics = tuple(replace(nic, connected=nic.connected and runs) for nic in vm.nic)
    return replace(vm, disk=tuple(disks), nic=nics, graphics=())


def spec_of(server: Vcsim | SoapServer, port: int) -> ConnectionSpec:
    """A connection to it at this port, with a limit that lets a test notice soon that it hangs."""
    options = {"user": server.user, "tls_ca": str(server.authority.root.certificate), "call_timeout": "8"}
    return ConnectionSpec(
        name="vc", family=Family.VSPHERE, driver="vsphere", uri=f"vsphere://localhost:{port}", options=options
    )


class VcsimLab(Lab):
    """The world on a simulator that clients reach by a proxy: it lets them in when all of the world is there."""

    def __init__(self, stack: ExitStack) -> None:
        self._server = stack.enter_context(Vcsim(datacenters=0))
        self._way = stack.enter_context(FaultProxy(f"tcp:127.0.0.1:{self._server.port}"))
        spec = spec_of(self._server, self._way.port)
        super().__init__(fitted(load()), spec, {"password": self._server.password})
        self._frozen = False
        self._running = True
        self._build()

    def set_power(self, vm: Vm, state: str) -> None:
        with client_of(self._server) as service:
            bring(change.machine(service, vm.name), state)

    def remove(self, vm: Vm) -> None:
        with client_of(self._server) as service:
            change.delete(service, vm.name)

    def add(self, vm: Vm) -> None:
        with client_of(self._server) as service:
            create(service, self.world, vm)

    def stop(self) -> None:
        self._way.set("refuse")
        self._server.stop()
        self._running = False

    def start(self) -> None:
        self._server.start()
        self._running = True
        self._build()
        self._way.clear()

    def freeze(self) -> None:
        self._server.freeze()
        self._frozen = True

    def thaw(self) -> None:
        self._server.thaw()
        self._frozen = False

    def nowhere(self, folder: Path) -> ConnectionSpec:
        return msgspec.structs.replace(self.spec, uri=f"vsphere://localhost:{free_port()}")

    def wrong_secrets(self) -> tuple[ConnectionSpec, dict[str, str]]:
        return self.spec, {"password": "no such password"}

    def restore(self) -> None:
        """Everything is as the world says, whatever a test did."""
        if self._frozen:
            self.thaw()
        if not self._running:
            self.start()
            return
        wanted = {vm.uuid: vm for vm in self.world.vm}
        with client_of(self._server) as service:
            found = everything(service, vim.VirtualMachine, ("name", "config.uuid", "runtime.powerState"))
            there = {facts["config.uuid"]: (reference, facts) for reference, facts in found.items()}
            for uuid in there.keys() - wanted.keys():
                change.delete(service, there[uuid][1]["name"])
            for uuid in wanted.keys() - there.keys():
                create(service, self.world, wanted[uuid])
            for uuid in wanted.keys() & there.keys():
                reference, facts = there[uuid]
                if facts["runtime.powerState"] != STATES[wanted[uuid].state]:
                    bring(vim.VirtualMachine(reference, service._stub), wanted[uuid].state)

    def _build(self) -> None:
        with client_of(self._server) as service:
            build(service, self.world, self._server.files / "stores")
