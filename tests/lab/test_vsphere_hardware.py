"""Sizes of disks and devices of hosts on the rows of machines: with the listing, and after another client's change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.backends.vsphere import hardware
from novatui.core.states import Kind
from tests.conformance.world import Vm, load
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, finish
from tests.lab.vsphere.driven import KINDS, Probe, connected
from tests.lab.vsphere.soap.running import SoapServer

pytestmark = pytest.mark.xdist_group("vcsim")

GPU = "0000:66:00.0"
GIB = 2**30
DISK = vim.vm.device.VirtualDisk
OPERATION = vim.vm.device.VirtualDeviceSpec.Operation


@pytest.fixture(scope="module")
def holder() -> Vm:
    """The machine of the world that has devices."""
    return next(vm for vm in load().vm if vm.device)


@pytest.fixture
def server() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02)) as one:
        yield one


@pytest.fixture
def probe(server: SoapServer) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def reconfigured(server: SoapServer, name: str, operation: str, device: Any) -> None:
    changed = vim.vm.device.VirtualDeviceSpec(operation=operation, device=device)
    with client_of(server) as service:
        finish(change.machine(service, name).ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[changed])))


def hardware_of(server: SoapServer, name: str) -> list[Any]:
    with client_of(server) as service:
        return change.machine(service, name).config.hardware.device


def device(probe: Probe, address: str) -> dict[str, Any]:
    return next(row for row in probe.sink.of_kind(Kind.DEVICE).values() if row["native_id"] == address)


def test_a_disk_that_grows_is_told(server: SoapServer, probe: Probe) -> None:
    name = next(vm.name for vm in load().vm if vm.disk and not vm.snapshot and vm.disk[0].kind == "disk")
    before = probe.sink.named(name)["disk_size"]
    disk = next(one for one in hardware_of(server, name) if isinstance(one, DISK))
    disk.capacityInKB += GIB // 1024
    disk.capacityInBytes = disk.capacityInKB * 1024
    reconfigured(server, name, OPERATION.edit, disk)
    probe.sink.until(lambda: probe.sink.named(name)["disk_size"] == before + GIB, "the size after the change")


def test_a_device_that_is_taken_back_is_free_for_all_to_see(server: SoapServer, holder: Vm) -> None:
    server.steering.set_power(name=holder.name, state="poweredOff")
    with connected(server) as probe:
        key = probe.sink.key_of(holder.name)
        assert probe.sink.named(holder.name)["passthrough"] == len(holder.device)
        assert device(probe, GPU)["holder"] == key
        given = next(one for one in hardware_of(server, holder.name) if getattr(one.backing, "id", "") == GPU)
        reconfigured(server, holder.name, OPERATION.remove, given)
        probe.sink.until(lambda: device(probe, GPU)["holder"] == "", "a card that is free")
        assert probe.sink.named(holder.name)["passthrough"] == len(holder.device) - 1
        given.key = -1
        reconfigured(server, holder.name, OPERATION.add, given)
        probe.sink.until(lambda: device(probe, GPU)["holder"] == key, "the card in use again")


def test_a_machine_that_goes_leaves_its_devices(server: SoapServer, holder: Vm) -> None:
    server.steering.set_power(name=holder.name, state="poweredOff")
    with connected(server) as probe:
        server.steering.remove(name=holder.name)
        probe.sink.until(lambda: device(probe, GPU)["holder"] == "", "a card that is free")


def test_what_a_listing_did_not_wait_for_comes_later(server: SoapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "BUDGET_S", -1.0)
    probe = Probe(server)
    try:
        probe.driver.connect()
        probe.driver.load(KINDS)
        machines = probe.sink.of_kind("vm")
        assert machines
        assert not any("disk_size" in row for row in machines.values())
        probe.driver.watch()
        probe.sink.until(lambda: all("disk_size" in row for row in probe.sink.of_kind("vm").values()), "all sizes")
    finally:
        probe.driver.close()


def test_what_cannot_be_read_is_unknown_and_loses_nothing(server: SoapServer) -> None:
    server.steering.plant(method="RetrievePropertiesEx", do="fault", name="RuntimeFault")
    with connected(server, "vm") as probe:
        rows = probe.sink.of_kind("vm")
        assert len(rows) == len(load().vm)
        assert not any("disk_size" in row or "passthrough" in row for row in rows.values())


def test_machines_that_go_while_they_are_read_lose_nobody_else(server: SoapServer, probe: Probe) -> None:
    gone, *others = [probe.driver._inventory.refs([key])[key] for key in probe.sink.of_kind("vm")]
    server.steering.remove(name=probe.sink.of_kind("vm")[f"vm:{gone.id}"]["name"])
    for row in probe.sink.of_kind("vm").values():
        row.pop("disk_size", None)
    for ref in others:
        probe.driver._inventory._machines[ref].equipment = {}
    probe.driver._hardware.refresh([gone, *others])
    assert all("disk_size" in probe.sink.of_kind("vm")[f"vm:{ref.id}"] for ref in others)


def test_only_what_was_reconfigured_is_read_again(server: SoapServer, probe: Probe) -> None:
    one, other = [vm.name for vm in load().vm][:2]
    probe.driver._hardware._read(float("inf"))
    since = server.steering.calls()[-1]["number"] if server.steering.calls() else 0
    server.steering.put(name=one, path="config.changeVersion", value="another")
    probe.sink.until(
        lambda: any("config.hardware.device" in str(call) for call in server.steering.calls(since=since)), "a reading"
    )
    asked = [str(call) for call in server.steering.calls(since=since) if "config.hardware.device" in str(call)]
    assert server.steering.reference(name=one) in asked[0]
    assert all(f">{server.steering.reference(name=other)}<" not in each for each in asked)
