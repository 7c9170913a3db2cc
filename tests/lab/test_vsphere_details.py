"""One object in full by the vSphere driver, as another client of the same server sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.detail import Detail
from novatui.core.errors import NotFound
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, finish
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINE = "DC0_H0_VM0"
KIB = 1024
BRIDGE = 0x06
"""Base class of PCI devices that no machine is given."""


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=2, standalone=1, machines=2, pools=1, vapps=1)) as one:
        yield one


@pytest.fixture
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def detail(probe: Probe, name: str, kind: str = "vm", *parts: str) -> Detail:
    return probe.driver.detail(probe.sink.key_of(name, kind), parts)


def facts(found: Detail) -> dict[tuple[str, str], str]:
    return {(one.section, one.name): one.value for one in found.properties}


def test_a_machine_is_as_another_client_sees_it(server: Vcsim, probe: Probe) -> None:
    found = detail(probe, MACHINE)
    assert found.failures == ()
    vm = found.vm
    assert vm is not None
    with client_of(server) as service:
        config = change.machine(service, MACHINE).config
        disks = [one for one in config.hardware.device if isinstance(one, vim.vm.device.VirtualDisk)]
        cards = [one for one in config.hardware.device if isinstance(one, vim.vm.device.VirtualEthernetCard)]
        network = {each.key: each.name for each in change.machine(service, MACHINE).network}
        assert (vm.name, vm.uuid, vm.machine) == (MACHINE, config.uuid, config.version)
        assert (vm.cpu.count, vm.memory.size) == (config.hardware.numCPU, config.hardware.memoryMB * KIB * KIB)
        assert vm.firmware.type == config.firmware == "bios"
        told = [(one.source, one.size, one.bus) for one in vm.disks if one.device == "disk"]
        assert told == [(one.backing.fileName, one.capacityInKB * KIB, "scsi") for one in disks]
        assert [(one.mac, one.source) for one in vm.nics] == [
            (one.macAddress, network[one.backing.port.portgroupKey]) for one in cards
        ]
    assert vm.disks[-1].store == vm.disks[-1].source.partition("]")[0].strip("[")
    assert "scsi0 ParaVirtualSCSIController" in vm.controllers
    assert facts(found)["state", "native"] == "poweredOn"


def test_the_native_form_holds_everything_but_secrets(server: Vcsim, probe: Probe) -> None:
    with client_of(server) as service:
        change.set_option(service, MACHINE, "RemoteDisplay.vnc.password", "tiger")
        change.set_option(service, MACHINE, "guestinfo.userdata", "tiger")
        change.set_option(service, MACHINE, "sched.mem.pin", "TRUE")
    raw = detail(probe, MACHINE, "vm", "raw").raw
    config = json.loads(raw)
    assert config["_typeName"] == "VirtualMachineConfigInfo"
    assert config["name"] == MACHINE
    options = {one["key"]: one["value"] for one in config["extraConfig"]}
    assert options["sched.mem.pin"] == "TRUE"
    assert "tiger" not in raw


def test_devices_of_the_host_and_shared_ones(server: Vcsim, probe: Probe) -> None:
    passthrough = vim.vm.device.VirtualPCIPassthrough
    fixed = passthrough.DeviceBackingInfo(
        id="0000:3b:00.0", deviceId="1eb8", systemId="host", vendorId=0x10DE, deviceName="Tesla T4"
    )
    with client_of(server) as service:
        change.add_device(service, "DC0_H0_VM1", passthrough(key=-1, backing=fixed))
        shared = passthrough.VmiopBackingInfo(vgpu="grid_t4-4q")
        change.add_device(service, "DC0_H0_VM1", passthrough(key=-2, backing=shared))
    vm = detail(probe, "DC0_H0_VM1", "vm", "vm").vm
    assert vm is not None
    assert {(one.type, one.address, one.model) for one in vm.host_devices} == {
        ("pci", "0000:3b:00.0", ""),
        ("mdev", "", "grid_t4-4q"),
    }
    assert next(one.name for one in vm.host_devices if one.type == "pci") == "Tesla T4"


def test_snapshots_then_and_now(server: Vcsim, probe: Probe) -> None:
    with client_of(server) as service:
        change.snapshot(service, "DC0_C0_RP0_VM0", "base")
        change.snapshot(service, "DC0_C0_RP0_VM0", "child", memory=True)
        probe.sink.until(lambda: bool(probe.sink.named("child", "snapshot")), "the snapshots")
        tree = detail(probe, "DC0_C0_RP0_VM0", "vm", "snapshots").snapshots
        assert tree is not None
        assert [(one.name, one.current) for one in tree] == [("base", False), ("child", True)]
        assert tree[1].parent == tree[0].id
        finished = change.machine(service, "DC0_C0_RP0_VM0")
        finish(finished.ReconfigVM_Task(spec=vim.vm.ConfigSpec(numCPUs=3)))
    one = detail(probe, "base", "snapshot")
    assert one.vm is not None
    assert one.now is not None
    assert one.now.cpu.count == 3
    assert [each.name for each in one.snapshots or ()] == ["base"]


def test_a_host(server: Vcsim, probe: Probe) -> None:
    found = detail(probe, "DC0_H0", "host")
    assert found.failures == ()
    with client_of(server) as service:
        host = change.found(service, vim.HostSystem, "DC0_H0")
        assert facts(found)["processors", "model"] == host.summary.hardware.cpuModel
        assert facts(found)["software", "product"] == host.config.product.fullName
        cards = {each.device for each in host.config.network.pnic}
        assert {name for section, name in facts(found) if section == "network cards"} == cards
        given = [each for each in host.hardware.pciDevice if (each.classId >> 8) & 0xFF != BRIDGE]
        pci = {each.id: (each.vendorName, each.deviceName) for each in given}
    own = [each for each in found.devices or () if each.device_class != "mdev"]
    assert {each.id: (each.vendor, each.product) for each in own} == pci
    assert {each.device_class for each in found.devices or ()} >= {"pci", "nic", "gpu"}


def test_a_store_and_who_uses_it(server: Vcsim, probe: Probe) -> None:
    found = detail(probe, "LocalDS_0", "datastore")
    with client_of(server) as service:
        store = change.found(service, vim.Datastore, "LocalDS_0")
        assert facts(found)["store", "address"] == store.summary.url
        machines = {f"vm:{each._moId}" for each in store.vm}
    assert found.users is not None
    assert {each.key for each in found.users.machines} == machines
    assert found.users.untold == 0


def test_a_port_group_names_its_switch(probe: Probe) -> None:
    found = facts(detail(probe, "DC0_DVPG0", "network"))
    assert found["distributed switch", "name"] == "DVS0"
    assert found["policy", "VLAN"] == "none"
    assert found["hosts", "DC0_H0"] == "has it"


def test_a_pool_tells_what_it_may_take(server: Vcsim, probe: Probe) -> None:
    with client_of(server) as service:
        pool = change.found(service, vim.ResourcePool, "DC0_C0_RP1")
        spec = pool.config
        spec.cpuAllocation.limit, spec.cpuAllocation.reservation = 900, 200
        pool.UpdateConfig(name=None, config=spec)
    found = facts(detail(probe, "DC0_C0_RP1", "resource_pool"))
    assert found["processors", "reservation"] == "200 MHz"
    assert found["processors", "limit"] == "900 MHz"
    assert found["processors", "expandable"] == "yes"  # this server changes it for nobody
    assert found["memory", "limit"] == "none"


def test_a_cluster(probe: Probe) -> None:
    found = facts(detail(probe, "DC0_C0", "cluster"))
    assert found["hosts", "all"] == "2"
    assert found["DRS", "enabled"] == "yes"


def test_every_object_can_be_read(probe: Probe) -> None:
    for key in list(probe.sink.objects):
        found = probe.driver.detail(key, ())
        assert found.key == key
        assert found.failures == ()
        assert json.loads(found.raw), key


@pytest.mark.parametrize("key", ["vm:vm-999999", "host:host-999999", "snapshot:vm-1%2Fsnapshot-999999", "nonsense"])
def test_what_is_not_there(probe: Probe, key: str) -> None:
    with pytest.raises(NotFound):
        probe.driver.detail(key, ())


def test_where_its_screen_is_without_a_ticket(server: Vcsim, probe: Probe) -> None:
    key = probe.sink.key_of("DC0_C0_RP0_VM0")
    moref = key.partition(":")[2]
    told = {one.name: one.value for one in probe.driver.detail(key, set()).properties if one.section == "console"}
    assert told["remote console"] == f"vmrc://localhost:{server.port}/?moid={moref}"
    assert told["picture"] == f"https://localhost:{server.port}/screen?id={moref}"
    with client_of(server) as service:
        assert told["web client"].endswith(f":VirtualMachine:{moref}:{service.content.about.instanceUuid}/summary")
