"""Our own vCenter simulator serves the seeded world and behaves as the API reference says, seen by plain pyVmomi."""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.parsers.expat import ExpatError

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVim.connect import SmartConnect
from pyVmomi import vim, vmodl

from tests.conformance.world import load
from tests.lab.fixtures import or_skip
from tests.lab.processes import is_alive
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, everything, finish
from tests.lab.vsphere.soap.running import SoapServer
from tests.lab.vsphere.walk import plain, walk
from tests.lab.workspace import wait_until

pytestmark = pytest.mark.xdist_group("vcsim")
Reading = vmodl.query.PropertyCollector


@pytest.fixture(scope="module")
def shared() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02)) as running:
        yield running


@pytest.fixture
def server(shared: SoapServer) -> Iterator[SoapServer]:
    """A server that is as it was when it started, without planted faults."""
    yield shared
    shared.steering.clear()


@pytest.fixture
def service(server: SoapServer) -> Iterator[Any]:
    with client_of(server) as service:
        yield service


def watched(service: Any, kind: type, *paths: str) -> Any:
    """A collector with a filter over all objects of a kind."""
    content = service.content
    view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
    collector = content.propertyCollector.CreatePropertyCollector()
    step = Reading.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
    spec = Reading.FilterSpec(
        objectSet=[Reading.ObjectSpec(obj=view, skip=True, selectSet=[step])],
        propSet=[Reading.PropertySpec(type=kind, pathSet=list(paths))],
    )
    collector.CreateFilter(spec, False)
    return collector


def waiting(seconds: int, updates: int | None = None) -> Any:
    return Reading.WaitOptions(maxWaitSeconds=seconds, maxObjectUpdates=updates)


def updates_of(update: Any) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (one.kind, one.obj._moId, {change.name: change.val for change in one.changeSet})
        for part in update.filterSet
        for one in part.objectSet
    ]


# --- the world -------------------------------------------------------------------------------------------------------


def test_serves_the_seeded_world(service: Any) -> None:
    world = load()
    seen = walk(service).values()
    json.dumps(plain(service))
    kinds = Counter(one.kind for one in seen)
    assert kinds["HostSystem"] == len(world.host) == kinds["ClusterComputeResource"]
    told = {one.name: one.facts for one in seen if one.kind == "VirtualMachine"}
    assert set(told) == {vm.name for vm in world.vm}
    for vm in world.vm:
        facts = told[vm.name]
        assert facts["config.uuid"] == vm.uuid
        assert (facts["config.hardware.numCPU"], facts["config.hardware.memoryMB"]) == (vm.vcpus, vm.memory_mib)
        assert facts["runtime.powerState"] == {"off": "poweredOff", "saved": "suspended"}.get(vm.state, "poweredOn")


def test_machines_have_their_devices_and_snapshots(service: Any) -> None:
    paths = ["name", "config.hardware.device", "snapshot", "config.firmware", "network", "datastore"]
    told = {facts["name"]: facts for facts in everything(service, vim.VirtualMachine, paths).values()}
    kinds = Counter(type(one) for one in told["db-01"]["config.hardware.device"])
    assert kinds[vim.vm.device.VirtualDisk] == 3
    assert kinds[vim.vm.device.VirtualVmxnet3] == 2
    assert told["win-desk"]["config.firmware"] == "efi"
    backings = [type(one.backing).__name__.rpartition(".")[2] for one in told["gpu-train"]["config.hardware.device"]
                if isinstance(one, vim.vm.device.VirtualPCIPassthrough)]  # fmt: skip
    assert backings == ["DeviceBackingInfo"] * 3 + ["VmiopBackingInfo"]
    (base,) = told["db-01"]["snapshot"].rootSnapshotList
    assert [each.name for each in base.childSnapshotList[0].childSnapshotList] == ["upgrade-tried", "weekly"]
    assert told["db-01"]["snapshot"].currentSnapshot == base.childSnapshotList[0].childSnapshotList[1].snapshot
    assert "snapshot" not in told["web-01"]


def test_hosts_have_their_devices(service: Any) -> None:
    paths = [
        "name",
        "hardware.pciDevice",
        "config.pciPassthruInfo",
        "config.sharedPassthruGpuTypes",
        "config.graphicsInfo",
    ]
    hosts = {facts["name"]: facts for facts in everything(service, vim.HostSystem, paths).values()}
    ids = {one.id: one.vendorId & 0xFFFF for one in hosts["atlas"]["hardware.pciDevice"]}
    assert ids["0000:3b:00.0"] == 0x15B3
    (nic,) = [one for one in hosts["atlas"]["config.pciPassthruInfo"] if isinstance(one, vim.host.SriovInfo)]
    assert (nic.numVirtualFunction, nic.maxVirtualFunctionSupported) == (2, 8)
    assert list(hosts["atlas"]["config.sharedPassthruGpuTypes"]) == ["grid_a16-1b", "grid_a16-2b"]


# --- reading ---------------------------------------------------------------------------------------------------------


def test_reading_goes_in_pages(service: Any) -> None:
    content = service.content
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    step = Reading.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
    spec = Reading.FilterSpec(
        objectSet=[Reading.ObjectSpec(obj=view, skip=True, selectSet=[step])],
        propSet=[Reading.PropertySpec(type=vim.VirtualMachine, pathSet=["name"])],
    )
    page = content.propertyCollector.RetrievePropertiesEx([spec], Reading.RetrieveOptions(maxObjects=5))
    sizes, token = [len(page.objects)], page.token
    while token:
        page = content.propertyCollector.ContinueRetrievePropertiesEx(token)
        sizes.append(len(page.objects))
        used, token = token, page.token
    assert sizes == [5, 5, 2]
    with pytest.raises(vmodl.fault.InvalidArgument):
        content.propertyCollector.ContinueRetrievePropertiesEx(used)


def test_an_unknown_path_is_named(service: Any) -> None:
    with pytest.raises(vmodl.query.InvalidProperty) as refused:
        watched(service, vim.VirtualMachine, "name", "runtime.powerstate")
    assert refused.value.name == "runtime.powerstate"


def test_updates_come_in_portions_and_then_as_leaves(server: SoapServer, service: Any) -> None:
    collector = watched(service, vim.VirtualMachine, "name", "runtime.powerState", "config.hardware.memoryMB")
    version, names, portions = "", set(), []
    while True:
        update = collector.WaitForUpdatesEx(version, waiting(1, 5))
        version = update.version
        portions.append(len(updates_of(update)))
        names |= {values["name"] for kind, _, values in updates_of(update) if kind == "enter"}
        if not update.truncated:
            break
    assert portions == [5, 5, 2]
    assert names == {vm.name for vm in load().vm}
    assert collector.WaitForUpdatesEx(version, waiting(0)) is None
    with pytest.raises(vmodl.query.InvalidCollectorVersion):
        collector.WaitForUpdatesEx("9999", waiting(0))
    server.steering.set_power(name="edge-router", state="poweredOff")
    update = collector.WaitForUpdatesEx(version, waiting(30))
    router = server.steering.reference(name="edge-router")
    assert updates_of(update) == [("modify", router, {"runtime.powerState": "poweredOff"})]
    assert collector.WaitForUpdatesEx(version, waiting(0)).version == update.version, "a lost answer is sent again"
    server.steering.set_power(name="edge-router", state="poweredOn")
    update = collector.WaitForUpdatesEx(update.version, waiting(30))
    new = {"name": "newcomer", "uuid": "5eed0000-0000-4000-8000-0000000000ff", "host": "borea", "state": "off"}
    id = server.steering.add_machine(**new, vcpus=1, memory_mib=64)
    update = collector.WaitForUpdatesEx(update.version, waiting(30))
    assert [(kind, values["name"]) for kind, _, values in updates_of(update)] == [("enter", "newcomer")]
    server.steering.remove(name="newcomer")
    assert updates_of(collector.WaitForUpdatesEx(update.version, waiting(30))) == [("leave", id, {})]


def test_a_wait_is_cancelled(service: Any) -> None:
    collector = watched(service, vim.HostSystem, "name")
    version = collector.WaitForUpdatesEx("", waiting(5)).version
    ended: list[Exception] = []

    def wait() -> None:
        try:
            collector.WaitForUpdatesEx(version, waiting(60))
        except vmodl.MethodFault as fault:
            ended.append(fault)

    thread = threading.Thread(target=wait)
    thread.start()
    while not ended and thread.is_alive():
        collector.CancelWaitForUpdates()
        thread.join(0.2)
    assert isinstance(ended[0], vmodl.fault.RequestCanceled)


def test_every_property_of_everything_can_be_read(service: Any) -> None:
    content = service.content
    kinds = [
        vim.VirtualMachine,
        vim.HostSystem,
        vim.ClusterComputeResource,
        vim.Datastore,
        vim.Network,
        vim.ResourcePool,
    ]
    for kind in [*kinds, vim.Folder, vim.Datacenter, vim.DistributedVirtualSwitch]:
        view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
        step = Reading.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
        start = Reading.ObjectSpec(obj=view, skip=True, selectSet=[step])
        spec = Reading.FilterSpec(objectSet=[start], propSet=[Reading.PropertySpec(type=kind, all=True)])
        told = content.propertyCollector.RetrievePropertiesEx([spec], Reading.RetrieveOptions())
        assert len(told.objects) == len(view.view)
        assert all("name" in {one.name for one in each.propSet} for each in told.objects)


def test_the_tree_is_followed_by_named_steps(service: Any) -> None:
    """The way that the API reference's own samples go: from the root folder, a step that selects itself."""
    content = service.content
    again = Reading.SelectionSpec(name="folders")
    down = [again, Reading.TraversalSpec(type=vim.Datacenter, path="vmFolder", skip=False, selectSet=[again])]
    folders = Reading.TraversalSpec(name="folders", type=vim.Folder, path="childEntity", skip=False, selectSet=down)
    spec = Reading.FilterSpec(
        objectSet=[Reading.ObjectSpec(obj=content.rootFolder, skip=False, selectSet=[folders])],
        propSet=[Reading.PropertySpec(type=vim.VirtualMachine, pathSet=["name"])],
    )
    told = content.propertyCollector.RetrieveContents([spec])
    assert sorted(one.propSet[0].val for one in told) == sorted(vm.name for vm in load().vm)


# --- sessions, rights ------------------------------------------------------------------------------------------------


def test_wrong_password_and_wrong_authority_are_refused(server: SoapServer) -> None:
    context = ssl.create_default_context(cafile=str(server.authority.root.certificate))
    with pytest.raises(vim.fault.InvalidLogin):
        SmartConnect(host="localhost", port=server.port, user=server.user, pwd="wrong", sslContext=context)
    with pytest.raises(ssl.SSLCertVerificationError):
        SmartConnect(host="localhost", port=server.port, user=server.user, pwd=server.password,
                     sslContext=ssl.create_default_context())  # fmt: skip


def test_a_session_that_was_thrown_out_or_is_old_is_not_authenticated(server: SoapServer, service: Any) -> None:
    with client_of(server) as other:
        key = other.content.sessionManager.currentSession.key
        assert key in {one.key for one in service.content.sessionManager.sessionList}
        view = other.content.viewManager.CreateContainerView(other.content.rootFolder, [vim.HostSystem], True)
        change.end_session(service, key)
        assert other.content.sessionManager.currentSession is None
        with pytest.raises(vim.fault.NotAuthenticated):
            other.CurrentTime()
        other.content.sessionManager.Login(server.user, server.password)
        with pytest.raises(vmodl.fault.ManagedObjectNotFound):
            view.view  # noqa: B018 - it is read from the server
        server.steering.age_sessions(seconds=3600)
        with pytest.raises(vim.fault.NotAuthenticated):
            other.CurrentTime()
        other.content.sessionManager.Login(server.user, server.password)
    service.content.sessionManager.Login(server.user, server.password)


def test_a_right_that_lacks_is_named(server: SoapServer, service: Any) -> None:
    vm = change.machine(service, "mail")
    session = service.content.sessionManager.currentSession
    asked = ["VirtualMachine.Interact.PowerOff", "System.Read"]
    (told,) = service.content.authorizationManager.HasPrivilegeOnEntities([vm], session.key, asked)
    assert {one.privId: one.isGranted for one in told.privAvailability} == dict.fromkeys(asked, True)
    server.steering.grant(user="viewer@vsphere.local", name="mail", privileges=["VirtualMachine.Interact.Suspend"])
    context = ssl.create_default_context(cafile=str(server.authority.root.certificate))
    viewer = SmartConnect(
        host="localhost", port=server.port, user="viewer@vsphere.local", pwd=server.password, sslContext=context
    )
    mine = viewer.content.sessionManager.currentSession.key
    (told,) = viewer.content.authorizationManager.HasPrivilegeOnEntities([vm], mine, asked)
    assert {one.privId: one.isGranted for one in told.privAvailability} == {asked[0]: False, asked[1]: True}
    with pytest.raises(vim.fault.NoPermission) as refused:
        change.machine(viewer, "mail").PowerOffVM_Task()
    assert refused.value.privilegeId == asked[0]


# --- power, snapshots ------------------------------------------------------------------------------------------------


def test_power_goes_through_its_states(service: Any) -> None:
    vm = change.machine(service, "web-01")
    with pytest.raises(vim.fault.InvalidPowerState) as refused:
        finish(vm.PowerOnVM_Task())
    assert (refused.value.existingState, refused.value.requestedState) == ("poweredOn", "poweredOn")
    assert "PowerOnVM_Task" in vm.disabledMethod
    for task, state in (
        (vm.SuspendVM_Task, "suspended"),
        (vm.PowerOnVM_Task, "poweredOn"),
        (vm.PowerOffVM_Task, "poweredOff"),
    ):
        finish(task())
        assert vm.runtime.powerState == state
    assert vm.guest.net == []
    finish(vm.PowerOnVM_Task())
    vm.ShutdownGuest()
    wait_until(lambda: vm.runtime.powerState == "poweredOff", "the guest to shut down")
    finish(vm.PowerOnVM_Task())
    with pytest.raises(vim.fault.ToolsUnavailable):
        change.machine(service, "edge-router").ShutdownGuest()


def test_tasks_tell_their_progress_and_are_cancelled(server: SoapServer, service: Any) -> None:
    vm = change.machine(service, "mail")
    server.steering.takes(method="CreateSnapshot_Task", seconds=100)
    task = vm.CreateSnapshot_Task("slow", "", memory=True, quiesce=False)
    with pytest.raises(vim.fault.TaskInProgress):
        vm.PowerOffVM_Task()
    told: list[int] = []
    while len(told) < 3:
        progress = task.info.progress
        if progress is not None and progress not in told:
            told.append(progress)
    assert told == sorted(told)
    assert task in service.content.taskManager.recentTask
    task.CancelTask()
    with pytest.raises(vmodl.fault.RequestCanceled):
        finish(task)
    assert task.info.cancelled
    server.steering.takes(method="CreateSnapshot_Task", seconds=1)
    assert vm.snapshot is None


def test_snapshots_are_taken_gone_back_to_and_removed(service: Any) -> None:
    vm = change.machine(service, "mail")
    change.snapshot(service, "mail", "one", memory=True)
    change.snapshot(service, "mail", "two")
    (one,) = vm.snapshot.rootSnapshotList
    assert (one.state, [child.name for child in one.childSnapshotList]) == ("poweredOn", ["two"])
    finish(one.childSnapshotList[0].snapshot.RevertToSnapshot_Task())
    assert vm.runtime.powerState == "poweredOff"
    finish(one.snapshot.RevertToSnapshot_Task())
    assert vm.runtime.powerState == "poweredOn"
    finish(one.snapshot.RemoveSnapshot_Task(removeChildren=False))
    assert [each.name for each in vm.snapshot.rootSnapshotList] == ["two"]
    finish(vm.RemoveAllSnapshots_Task())
    assert vm.snapshot is None


# --- planted faults, the endpoint ------------------------------------------------------------------------------------


def test_planted_faults_strike_by_method_and_count(server: SoapServer, service: Any) -> None:
    plant = server.steering.plant
    plant(method="CurrentTime", do="fault", name="NotSupported", text="not today", count=1)
    with pytest.raises(vmodl.fault.NotSupported, match="not today"):
        service.CurrentTime()
    assert service.CurrentTime()
    plant(method="CurrentTime", do="drop", count=1)
    with pytest.raises((http.client.HTTPException, OSError, ExpatError)):
        service.CurrentTime()
    plant(
        method="Fetch",
        do="replace",
        old="poweredOn",
        new="poweredSideways",
        this=server.steering.reference(name="web-01"),
    )
    with pytest.raises(AttributeError):
        change.machine(service, "web-01").runtime  # noqa: B018 - it is read from the server
    plant(method="CurrentTime", do="break", count=1)
    with pytest.raises((http.client.HTTPException, OSError, ExpatError)):
        service.CurrentTime()
    plant(method="CurrentTime", do="status", count=1)
    with pytest.raises(Exception, match="503"):
        service.CurrentTime()


def test_an_answer_may_never_come_or_be_lost(server: SoapServer) -> None:
    context = ssl.create_default_context(cafile=str(server.authority.root.certificate))
    login = {"user": server.user, "pwd": server.password, "sslContext": context, "httpConnectionTimeout": 2}
    hurried = SmartConnect(host="localhost", port=server.port, **login)
    collector = watched(hurried, vim.HostSystem, "name")
    version = collector.WaitForUpdatesEx("", waiting(5)).version
    server.steering.plant(method="WaitForUpdatesEx", do="hang", count=1)
    with pytest.raises(TimeoutError):
        collector.WaitForUpdatesEx(version, waiting(1))
    assert hurried.CurrentTime()
    vm = change.machine(hurried, "edge-router")
    server.steering.plant(method="PowerOffVM_Task", do="lose", count=1)
    with pytest.raises((http.client.HTTPException, OSError)):
        vm.PowerOffVM_Task()
    wait_until(lambda: vm.runtime.powerState == "poweredOff", "what was not answered to be carried out")
    server.steering.set_power(name="edge-router", state="poweredOn")
    assert server.steering.calls(changes=True)[-1]["method"] == "PowerOffVM_Task"


def test_another_certificate_from_a_connection_on(server: SoapServer) -> None:
    mine = server.certificate
    stranger = type(server.authority)(server.authority.folder / "stranger", "stranger").issue_server("other")
    server.present(stranger, connection=2)
    assert [shown(server.port) for _ in range(3)] == [
        mine.fingerprint(),
        stranger.fingerprint(),
        stranger.fingerprint(),
    ]
    server.steering.present_again()
    server.certificate = mine
    assert shown(server.port) == mine.fingerprint()


def shown(port: int) -> str:
    """Fingerprint of the certificate that a new connection meets."""
    pem = ssl.get_server_certificate(("127.0.0.1", port))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def test_an_end_and_a_new_start_serve_the_same_references() -> None:
    with or_skip(SoapServer) as server:
        with client_of(server) as service:
            before = {one.reference: one.name for one in walk(service).values()}
        server.stop()
        server.start()
        with client_of(server) as service:
            after = {one.reference: one.name for one in walk(service).values()}
        pid = server._running().pid
    assert before == after
    assert not is_alive(pid)
