"""The files of datastores on our own vCenter simulator, and what its hosts start by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim, vmodl

from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, finish
from tests.lab.vsphere.soap.running import SoapServer

pytestmark = pytest.mark.xdist_group("vcsim")
Browser = vim.host.DatastoreBrowser
Spec = vim.vm.device.VirtualDeviceSpec
ALL = Browser.FileInfo.Details(fileType=True, fileSize=True, modification=False, fileOwner=False)


@pytest.fixture(scope="module")
def server() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02, estate=True)) as running:
        yield running


@pytest.fixture
def service(server: SoapServer) -> Iterator[Any]:
    with client_of(server) as service:
        yield service


def search(service: Any, store: str, within: str = "", *, deep: bool = True, **spec: Any) -> dict[str, Any]:
    """Files by their paths within the store."""
    thing = change.found(service, vim.Datastore, store)
    method = thing.browser.SearchDatastoreSubFolders_Task if deep else thing.browser.SearchDatastore_Task
    task = method(datastorePath=f"[{store}] {within}".strip(), searchSpec=Browser.SearchSpec(details=ALL, **spec))
    finish(task)
    told = task.info.result if deep else [task.info.result]
    return {f"{one.folderPath.partition('] ')[2]}{file.path}": file for one in told for file in one.file}


def test_it_finds_what_machines_consist_of(service: Any) -> None:
    found = search(service, "shared-1")
    assert isinstance(found["mover-1/mover-1.vmdk"], Browser.VmDiskInfo)
    assert isinstance(found["mover-1/mover-1.vmx"], Browser.VmConfigInfo)
    assert type(found["mover-1/mover-1-flat.vmdk"]) is Browser.FileInfo
    assert isinstance(found["mover-1"], Browser.FolderInfo)
    assert not any(one.startswith("cold/") for one in found)  # it lies on the other store


def test_a_query_finds_its_kind_with_the_details_asked_for(server: SoapServer, service: Any) -> None:
    server.steering.put_file(store="shared-2", path="media/debian.iso", size=700 << 20)
    details = Browser.VmDiskQuery.Details(diskType=False, capacityKb=True, hardwareVersion=False)
    found = search(service, "shared-2", query=[Browser.VmDiskQuery(details=details), Browser.IsoImageQuery()])
    assert set(found) == {"cold/cold.vmdk", "media/debian.iso"}
    assert (found["cold/cold.vmdk"].capacityKb, found["cold/cold.vmdk"].thin) == (20 << 20, None)
    assert found["media/debian.iso"].fileSize == 700 << 20
    assert set(search(service, "shared-2", matchPattern=["*.iso"])) == {"media/debian.iso"}
    assert set(search(service, "shared-2", "media", deep=False)) == {"media/debian.iso"}


def test_it_refuses_what_it_cannot_look_into(service: Any) -> None:
    with pytest.raises(vim.fault.FileNotFound):
        search(service, "shared-1", "nowhere")
    store = change.found(service, vim.Datastore, "shared-1")
    with pytest.raises(vim.fault.InvalidDatastore):
        store.browser.SearchDatastore_Task(datastorePath="[shared-2]")


def test_searching_needs_the_privilege(server: SoapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "user", "viewer@vsphere.local")
    with client_of(server) as service:
        store = change.found(service, vim.Datastore, "shared-1")
        with pytest.raises(vim.fault.NoPermission) as caught:
            store.browser.SearchDatastore_Task(datastorePath="[shared-1]")
        assert caught.value.privilegeId == "Datastore.Browse"


def disks(vm: Any) -> list[Any]:
    return [one for one in vm.config.hardware.device if isinstance(one, vim.vm.device.VirtualDisk)]


def disk(file: str) -> Any:
    """A thick disk of 2 MiB on the controller that the machine has."""
    backing = vim.vm.device.VirtualDisk.FlatVer2BackingInfo(fileName=file, diskMode="persistent", thinProvisioned=False)
    return vim.vm.device.VirtualDisk(key=-1, controllerKey=1000, unitNumber=-1, capacityInKB=2048, backing=backing)


def changed(vm: Any, operation: str, device: Any, file: str | None = None) -> None:
    spec = Spec(operation=operation, fileOperation=file, device=device)
    finish(vm.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[spec])))


def test_a_disk_taken_away_leaves_its_file_until_it_is_deleted(service: Any) -> None:
    vm = change.machine(service, "cold")
    changed(vm, "add", disk("[shared-2]"), "create")
    name = disks(vm)[-1].backing.fileName
    path = name.partition("] ")[2]
    assert search(service, "shared-2")[path].fileSize == 2 << 20
    changed(vm, "remove", disks(vm)[-1])
    assert search(service, "shared-2")[path].fileSize == 2 << 20
    changed(vm, "add", disk(name))
    changed(vm, "remove", disks(vm)[-1], "destroy")
    assert path not in search(service, "shared-2")


def test_a_disk_that_is_not_there_is_not_attached(service: Any) -> None:
    with pytest.raises(vim.fault.FileNotFound):
        changed(change.machine(service, "cold"), "add", disk("[shared-2] no/no.vmdk"))


# --- starting with the host ------------------------------------------------------------------------------------------


def entry(vm: Any, action: str, order: int = -1) -> Any:
    return vim.host.AutoStartManager.AutoPowerInfo(
        key=vm,
        startOrder=order,
        startDelay=-1,
        waitForHeartbeat="systemDefault",
        startAction=action,
        stopDelay=-1,
        stopAction="systemDefault",
    )


def test_a_host_keeps_what_starts_with_it(service: Any) -> None:
    cold = change.machine(service, "cold")
    host = cold.runtime.host
    manager = host.configManager.autoStartManager
    Config = vim.host.AutoStartManager.Config
    manager.ReconfigureAutostart(
        Config(defaults=vim.host.AutoStartManager.SystemDefaults(enabled=True), powerInfo=[entry(cold, "powerOn", 1)])
    )
    assert [one.key for one in manager.config.powerInfo] == [cold]
    assert host.config.autoStart.defaults.enabled is True
    manager.ReconfigureAutostart(Config(powerInfo=[entry(cold, "none")]))
    assert not manager.config.powerInfo
    assert manager.config.defaults.enabled is True
    with pytest.raises(vmodl.fault.InvalidArgument):
        manager.ReconfigureAutostart(Config(powerInfo=[entry(change.machine(service, "mover-1"), "powerOn")]))
