"""Devices of hosts by the vSphere driver: who has them, as rows and in full, as another client leaves them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.errors import NotFound
from novatui.core.ids import key
from novatui.core.states import Kind
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINE, HOST = "DC0_H0_VM0", "DC0_H0"
passthrough = vim.vm.device.VirtualPCIPassthrough


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=2, standalone=1, machines=2)) as one:
        yield one


@pytest.fixture
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def give(service: vim.ServiceInstance, name: str, pci: vim.host.PciDevice) -> None:
    """As another administrator would."""
    backing = passthrough.DeviceBackingInfo(
        id=pci.id, deviceId=f"{pci.deviceId & 0xFFFF:x}", systemId="host", vendorId=pci.vendorId, deviceName=""
    )
    change.add_device(service, name, passthrough(key=-1, backing=backing))


def card(service: vim.ServiceInstance, host: str, at: int = 0) -> vim.host.PciDevice:
    """A network card of a host."""
    found = change.found(service, vim.HostSystem, host).hardware.pciDevice
    return [each for each in found if each.classId >> 8 == 0x02][at]


def test_devices_and_rows_tell_the_same_and_who_has_one(server: Vcsim, probe: Probe) -> None:
    host = probe.sink.key_of(HOST, "host")
    machine = probe.sink.key_of(MACHINE, "vm")
    assert {one.holder for one in probe.driver.devices(host)} == {""}
    with client_of(server) as service:
        pci = card(service, HOST)
        give(service, MACHINE, pci)
        shared = passthrough.VmiopBackingInfo(vgpu="grid_t4-4q")
        change.add_device(service, MACHINE, passthrough(key=-2, backing=shared))
        all_of_them = change.found(service, vim.HostSystem, HOST).hardware.pciDevice
        wanted = {each.id for each in all_of_them if (each.classId >> 8) & 0xFF != 0x06}
    probe.driver.refresh([machine])
    told = {one.id: one for one in probe.driver.devices(host)}
    assert {name for name, one in told.items() if one.device_class != "mdev"} == wanted
    assert told[pci.id].holder == machine
    assert [(one.product, one.holder) for one in told.values() if one.device_class == "mdev"] == [
        ("grid_t4-4q", machine)
    ]
    rows = {
        values["native_id"]: values["holder"]
        for name, values in probe.sink.objects.items()
        if name.startswith("device:") and values["host"] == host
    }
    assert rows == {name: one.holder for name, one in told.items()}
    with client_of(server) as service:
        give(service, "DC0_H0_VM1", pci)
    [found] = [one for one in probe.driver.devices(host) if one.id == pci.id]
    assert {found.holder, *found.others} == {machine, probe.sink.key_of("DC0_H0_VM1", "vm")}


def test_giving_is_unknown_where_the_host_tells_nothing(probe: Probe) -> None:
    giving = probe.driver.detail(probe.sink.key_of(HOST, "host"), ["devices"]).giving
    assert (giving.iommu, giving.vfio, giving.untold) == (None, None, 0)
    assert [one.call for one in giving.evidence] == ["RetrievePropertiesEx", "RetrievePropertiesEx"]


def test_one_device_can_be_read_by_its_row(probe: Probe) -> None:
    host = probe.sink.key_of(HOST, "host")
    device = probe.driver.devices(host)[0]
    row = key(Kind.DEVICE, f"{host.partition(':')[2]}/{device.id}")
    assert row in probe.sink.objects
    assert probe.driver.detail(row, ()).devices == (device,)


@pytest.mark.parametrize("wanted", ["host:host-99999", "vm:vm-1", "datastore:x"])
def test_what_is_not_there_has_none(probe: Probe, wanted: str) -> None:
    with pytest.raises(NotFound):
        probe.driver.devices(wanted)


def test_a_device_that_is_not_there(probe: Probe) -> None:
    host = probe.sink.key_of(HOST, "host").partition(":")[2]
    with pytest.raises(NotFound):
        probe.driver.detail(key(Kind.DEVICE, f"{host}/0000:ff:ff.7"), ())
