"""The vSphere driver under the whole suite, on a vCenter simulator with the seeded world built into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.connection import ConnectionSpec
from novatui.core.states import Family, Kind, Power
from tests.conformance.expected import POWERS
from tests.conformance.lab import Gap, Lab
from tests.conformance.suite import Conformance
from tests.conformance.world import Vm, load
from tests.lab.faultproxy.client import FaultProxy
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, everything
from tests.lab.vsphere.seeded import STATES, bring, build, create, fitted
from tests.lab.vsphere.simulated import Vcsim
from tests.lab.workspace import free_port

pytestmark = pytest.mark.xdist_group("vcsim-conformance")

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
MADE_NOW = Gap("lab", "a snapshot is as old as the making of the world")
OWN_FILES = Gap("lab", "a store is as big as the file system below it")


class TestVcsim(Conformance):
    """Both hosts of the world, each in a cluster and a datacenter of its own."""

    kinds = EVERYTHING
    powers: ClassVar[dict[str, Power]] = POWERS | {"paused": Power.RUNNING}
    lacks: ClassVar[dict[str, str]] = {
        "NetworkSource": "vSphere hands out no addresses",
    } | dict.fromkeys(
        (
            "DeviceControl",
            "MigrationControl",
            "ResourceControl",
        ),
        "todo",
    )
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
        "test_rates_of_devices": Gap("todo", "rates of single devices are not read yet"),
        "test_machine_column[tags]": Gap("todo", "they come by REST"),
        **dict.fromkeys(
            ("test_machine_column[disk_size]", "test_machine_column[passthrough]"),
            Gap("todo", "needs the list of devices, which is no leaf"),
        ),
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


class VcsimLab(Lab):
    """The world on a simulator that clients reach by a proxy: it lets them in when all of the world is there."""

    def __init__(self, stack: ExitStack) -> None:
        self._server = stack.enter_context(Vcsim(datacenters=0))
        self._way = stack.enter_context(FaultProxy(f"tcp:127.0.0.1:{self._server.port}"))
        spec = ConnectionSpec(
            name="vc",
            family=Family.VSPHERE,
            driver="vsphere",
            uri=f"vsphere://localhost:{self._way.port}",
            options={
                "user": self._server.user,
                "tls_ca": str(self._server.authority.root.certificate),
                "call_timeout": "8",
            },
        )
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
