"""Files of stores by the vSphere driver, as another client of the same server sees them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.detail import Volume
from novatui.core.errors import Conflict, NotFound
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

KIB = 1024


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=2, standalone=1, machines=2)) as one:
        yield one


@pytest.fixture
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def volumes(probe: Probe, store: str = "LocalDS_0") -> dict[str, Volume]:
    return {one.path: one for one in probe.driver.volumes(probe.sink.key_of(store, "datastore"))}


def test_the_disks_of_machines_are_told_with_whose_they_are(server: Vcsim, probe: Probe) -> None:
    told = {path: (one.owner, one.capacity) for path, one in volumes(probe).items() if one.format == "vmdk"}
    with client_of(server) as service:
        store = change.found(service, vim.Datastore, "LocalDS_0")
        wanted = {
            disk.backing.fileName: (f"vm:{machine._moId}", disk.capacityInKB * KIB)
            for machine in store.vm
            for disk in machine.config.hardware.device
            if isinstance(disk, vim.vm.device.VirtualDisk)
        }
    assert wanted
    assert told == wanted


def test_what_belongs_to_nobody_and_lies_in_folders_is_told_too(server: Vcsim, probe: Probe) -> None:
    with client_of(server) as service:
        centre = change.found(service, vim.Datacenter, "DC0")
        service.content.fileManager.MakeDirectory("[LocalDS_0] spare/deep", centre, True)
        spec = vim.VirtualDiskManager.FileBackedVirtualDiskSpec(
            diskType="thin", adapterType="lsiLogic", capacityKb=2048
        )
        path = "[LocalDS_0] spare/deep/alone.vmdk"
        service.content.virtualDiskManager.CreateVirtualDisk_Task(path, centre, spec)
        probe.sink.until(lambda: path in volumes(probe), "the disk")
    found = volumes(probe)[path]
    assert (found.name, found.format, found.owner) == ("spare/deep/alone.vmdk", "vmdk", "")
    assert not [one for one in volumes(probe) if one.endswith((".vmx", ".log", ".nvram", "-flat.vmdk"))]


def test_users_are_told_with_their_disks(server: Vcsim, probe: Probe) -> None:
    users = probe.driver.detail(probe.sink.key_of("LocalDS_0", "datastore"), ["users"]).users
    with client_of(server) as service:
        store = change.found(service, vim.Datastore, "LocalDS_0")
        machines = {f"vm:{each._moId}" for each in store.vm}
    assert {one.key for one in users.machines} == machines
    assert {one.through for one in users.machines} == {("scsi0:0",)}
    assert users.untold == 0


@pytest.mark.parametrize("key", ["datastore:datastore-999", "host:host-1", "vm:vm-999999"])
def test_what_is_not_there_has_none(probe: Probe, key: str) -> None:
    with pytest.raises(NotFound):
        probe.driver.volumes(key)


def test_a_store_that_its_folder_lost_is_refused_in_words(server: Vcsim, probe: Probe) -> None:
    """The simulator answers the search of a store without its directory with a fault of the task."""
    key = probe.sink.key_of("LocalDS_0", "datastore")
    ref = probe.driver._details.volumes.store(key)
    browser = probe.driver._details._asking.of(ref, ("browser",)).values["browser"]
    with pytest.raises((Conflict, NotFound)) as caught:
        probe.driver._details.volumes._search(browser, "[LocalDS_0] nowhere")
    assert caught.value.failure.code == "FileNotFound"
