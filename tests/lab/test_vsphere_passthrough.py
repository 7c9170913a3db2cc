"""Devices of hosts given to machines and taken back, on our own vCenter simulator: what is planned is what another
client sees, and what cannot be done is said why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.devices import Device
from novatui.core.devicestanding import Stock, Use, standings
from novatui.core.errors import Busy, Conflict, InvalidInput, NotFound, NotSupported, NovaError
from novatui.core.operations import Operation, Plan
from tests.conformance.world import Vm, load
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.soap.running import SoapServer

pytestmark = pytest.mark.xdist_group("vcsim")

CARD, FUNCTION, SHARED, GPU = "0000:3b:00.0", "0000:3b:00.3", "0000:65:00.0", "0000:66:00.0"
PROFILE = "grid_a16-1b"
DIRECT = vim.vm.device.VirtualPCIPassthrough


@pytest.fixture(scope="module")
def holder() -> Vm:
    """The machine of the world that has devices."""
    return next(vm for vm in load().vm if vm.device)


@pytest.fixture(scope="module")
def other(holder: Vm) -> Vm:
    """One more on the same host."""
    return next(vm for vm in load().vm if vm.host == holder.host and vm is not holder and vm.nic)


@pytest.fixture
def server() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02)) as one:
        yield one


@pytest.fixture
def probe(server: SoapServer) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def power(server: SoapServer, state: str, *machines: Vm) -> None:
    for vm in machines:
        server.steering.set_power(name=vm.name, state=state)


def planned(probe: Probe, verb: str, name: str, **arguments: str) -> Plan:
    kind = "host" if verb == "vfs" else "vm"
    key = probe.sink.key_of(name, kind)
    return probe.driver.plan_device(Operation(verb=f"device.{verb}", key=key, arguments=arguments))


def carried_out(probe: Probe, plan: Plan) -> None:
    for call in plan.calls:
        probe.driver.invoke(call, {})


def spec(plan: Plan) -> dict[str, Any]:
    [call] = plan.calls
    return msgspec.json.decode(str(call.args["spec"]))


def backings(server: SoapServer, vm: Vm) -> list[Any]:
    with client_of(server) as service:
        hardware = change.machine(service, vm.name).config.hardware.device
        return [one.backing for one in hardware if isinstance(one, DIRECT)]


def devices(probe: Probe, host: str) -> dict[str, Device]:
    return {one.id: one for one in probe.driver.devices(probe.sink.key_of(host, "host"))}


def test_the_host_s_devices_stand_as_the_world_has_them(server: SoapServer, probe: Probe, holder: Vm) -> None:
    power(server, "poweredOff", holder)
    found = devices(probe, holder.host)
    key = probe.sink.key_of(holder.name, "vm")
    assert (found[CARD].functions, found[CARD].functions_max) == (2, 8)
    assert (found[FUNCTION].parent, found[FUNCTION].device_class) == (CARD, "vf")
    assert found[CARD].functions_free == 1
    assert found[GPU].holder == key
    assert {one.id for one in found[SHARED].mdev_types} == {"grid_a16-1b", "grid_a16-2b"}
    shares = [one for one in found.values() if one.device_class == "mdev"]
    assert [(one.product, one.holder, one.parent) for one in shares] == [(PROFILE, key, SHARED)]
    detail = probe.driver.detail(probe.sink.key_of(holder.host, "host"), ["devices"])
    assert (detail.giving.iommu, detail.giving.vfio) == (True, True)
    stock = Stock(host="h", name=holder.host, devices=detail.devices, giving=detail.giving)
    uses = {one.device.id: one.use for one in standings(stock)}
    assert uses[GPU] is Use.HELD


def test_a_device_is_taken_back_and_given_again(server: SoapServer, probe: Probe, holder: Vm) -> None:
    power(server, "poweredOff", holder)
    key = probe.sink.key_of(holder.name, "vm")
    before = probe.driver.fingerprint(key)
    removal = planned(probe, "detach", holder.name, device=GPU)
    carried_out(probe, removal)
    assert GPU not in {getattr(one, "id", "") for one in backings(server, holder)}
    assert devices(probe, holder.host)[GPU].holder == ""
    assert removal.inverse is not None
    again = probe.driver.plan_device(removal.inverse)
    assert "memoryReservationLockedToMax" not in spec(again)
    carried_out(probe, again)
    [backing] = [one for one in backings(server, holder) if getattr(one, "id", "") == GPU]
    with client_of(server) as service:
        host = change.found(service, vim.HostSystem, holder.host)
        browser = change.machine(service, holder.name).environmentBrowser
        offered = browser.QueryConfigTarget(host=host).pciPassthrough
        assert backing.systemId == next(one.systemId for one in offered if one.pciDevice.id == GPU)
    assert (backing.vendorId, backing.deviceId) == (0x1002, "73bf")
    assert devices(probe, holder.host)[GPU].holder == key
    assert before
    assert any("vMotion" in each for each in again.warnings)
    assert any("this host only" in each for each in again.warnings)


def test_memory_is_reserved_in_the_same_call(server: SoapServer, probe: Probe, holder: Vm, other: Vm) -> None:
    power(server, "poweredOff", holder, other)
    plan = planned(probe, "attach", other.name, device=PROFILE)
    assert spec(plan)["memoryReservationLockedToMax"] is True
    assert "reservation" in plan.irreversible
    assert plan.costs
    carried_out(probe, plan)
    [backing] = backings(server, other)
    assert backing.vgpu == PROFILE
    with client_of(server) as service:
        assert change.machine(service, other.name).config.memoryReservationLockedToMax is True
    assert plan.inverse is not None
    carried_out(probe, probe.driver.plan_device(plan.inverse))
    assert backings(server, other) == []


def test_any_device_of_a_kind_is_chosen_at_power_on(server: SoapServer, probe: Probe, holder: Vm, other: Vm) -> None:
    power(server, "poweredOff", holder, other)
    plan = planned(probe, "attach", other.name, device="1002:73bf")
    [added] = spec(plan)["deviceChange"]
    assert added["device"]["backing"]["allowedDevice"][0]["vendorId"] == 0x1002
    carried_out(probe, plan)
    [backing] = backings(server, other)
    assert [(one.vendorId & 0xFFFF, one.deviceId & 0xFFFF) for one in backing.allowedDevice] == [(0x1002, 0x73BF)]
    back = planned(probe, "detach", other.name, device="1002:73bf")
    carried_out(probe, back)
    assert backings(server, other) == []


def test_a_function_comes_as_an_interface(server: SoapServer, probe: Probe, holder: Vm, other: Vm) -> None:
    power(server, "poweredOff", holder, other)
    plan = planned(probe, "attach", other.name, device=FUNCTION)
    [added] = spec(plan)["deviceChange"]
    assert added["device"]["_typeName"] == "VirtualSriovEthernetCard"
    assert added["device"]["sriovBacking"]["physicalFunctionBacking"]["id"] == CARD
    assert any("first interface" in each for each in plan.warnings)


@pytest.mark.parametrize(
    ("device", "kind"),
    [("0000:ff:00.0", NotFound), ("10de:ffff", NotFound), ("grid_none", NotFound), ("", InvalidInput)],
)
def test_what_the_host_does_not_have(
    server: SoapServer, probe: Probe, other: Vm, device: str, kind: type[NovaError]
) -> None:
    power(server, "poweredOff", other)
    with pytest.raises(kind):
        planned(probe, "attach", other.name, device=device)


def test_what_cannot_be_given_now(server: SoapServer, probe: Probe, holder: Vm, other: Vm) -> None:
    power(server, "poweredOn", holder)
    power(server, "poweredOff", other)
    with pytest.raises(Busy, match=holder.name):
        planned(probe, "attach", other.name, device=GPU)
    with pytest.raises(Conflict, match="for itself"):
        planned(probe, "attach", other.name, device=SHARED)
    with pytest.raises(Conflict):
        planned(probe, "detach", holder.name, device=GPU)
    with pytest.raises(NotFound):
        planned(probe, "detach", other.name, device=GPU)
    power(server, "poweredOff", holder)
    with pytest.raises(Conflict, match="already"):
        planned(probe, "attach", holder.name, device=GPU)
    assert any("off has it" in each for each in planned(probe, "attach", other.name, device=GPU).warnings)
    power(server, "poweredOn", other)
    with pytest.raises(Conflict) as caught:
        planned(probe, "attach", other.name, device=GPU)
    assert "power.shutdown" in caught.value.failure.hint


def test_functions_of_a_card(server: SoapServer, probe: Probe, holder: Vm) -> None:
    power(server, "poweredOn", holder)
    with pytest.raises(Busy, match=holder.name):
        planned(probe, "vfs", holder.host, device=CARD, count="4")
    power(server, "poweredOff", holder)
    plan = planned(probe, "vfs", holder.host, device=CARD, count="4")
    assert any("restarted" in each for each in plan.warnings)
    key = probe.sink.key_of(holder.host, "host")
    before = probe.driver.fingerprint(key)
    carried_out(probe, plan)
    assert probe.driver.fingerprint(key) != before
    with client_of(server) as service:
        config = change.found(service, vim.HostSystem, holder.host).config.pciPassthruInfo
        assert [one.numVirtualFunctionRequested for one in config if one.id == CARD] == [4]
    assert plan.inverse is not None
    assert plan.inverse.arguments == {"device": CARD, "count": "2"}
    carried_out(probe, probe.driver.plan_device(plan.inverse))
    assert probe.driver.fingerprint(key) == before
    for arguments, kind in (
        ({"device": CARD, "count": "9"}, InvalidInput),
        ({"device": CARD, "count": "2"}, Conflict),
        ({"device": GPU, "count": "2"}, NotSupported),
        ({"device": "nowhere", "count": "2"}, NotFound),
    ):
        with pytest.raises(kind):
            planned(probe, "vfs", holder.host, **arguments)


def test_the_server_makes_vgpus_by_itself(probe: Probe, holder: Vm) -> None:
    assert "device.mdev_create" not in probe.driver.offers()
    assert {"device.attach", "device.detach", "device.vfs"} <= probe.driver.offers()
