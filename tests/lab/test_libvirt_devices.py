"""Devices of the host in plans: the mock host has cards with functions and types, a real one says what it cannot."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

pytest.importorskip("libvirt")

from novatui.backends.libvirt.passthrough import consequences
from novatui.core.devices import Device
from novatui.core.errors import Busy, Conflict, InvalidInput, NotFound, NotSupported, NovaError
from novatui.core.operations import NativeCall, Operation, Plan, Result
from novatui.core.verbs import Effect
from novatui.core.vmspec import NumaSpec
from novatui.ui.device_tree import of_host, of_machine
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.daemonlog import carry_out, changes, recorded
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt_driver_probe import Probe, connected

pytestmark = pytest.mark.libvirt

GPU, CARD = "pci_0000_65_00_0", "pci_0000_3b_00_0"
HELD_GPU, HELD_SOUND = "pci_0000_66_00_0", "pci_0000_66_00_1"
HELD_VF, FREE_VF = "pci_0000_3b_00_2", "pci_0000_3b_00_3"
HELD_MDEV = "3b2a0000-0000-4000-8000-000000000001"
FREE_MDEV = "3b2a0000-0000-4000-8000-000000000002"

Planner = Callable[..., Plan]


@pytest.fixture
def mock(mock_hosts: dict[str, str]) -> Iterator[Probe]:
    with connected(mock_hosts["atlas"]) as made:
        yield made


@pytest.fixture
def plan(mock: Probe) -> Planner:
    host = next(iter(mock.sink.of_kind("host")))

    def make(verb: str, name: str = "", **arguments: str) -> Plan:
        key = mock.sink.key_of(name) if name else host
        return mock.driver.plan_device(Operation(verb=f"device.{verb}", key=key, arguments=arguments))

    return make


HOLDER = "gpu-train"
"""The machine that has devices; it is off."""


@pytest.fixture
def started(mock: Probe) -> str:
    """The same machine, running."""
    key = mock.sink.key_of(HOLDER)
    start = {"dom": key.removeprefix("vm:"), "flags": 0}
    mock.driver.invoke(NativeCall(id="1", connection="probe", verb="virDomainCreateWithFlags", args=start), {})
    return HOLDER


def said(make: Planner, error: type[NovaError], *words: str, **arguments: str) -> str:
    """Everything that a refusal says."""
    with pytest.raises(error) as caught:
        make(*words, **arguments)
    failure = caught.value.failure
    return f"{failure.message} | {failure.meaning} | {failure.hint}"


def xml_of(plan: Plan) -> ElementTree.Element:
    return ElementTree.fromstring(str(plan.calls[0].args.get("xml") or plan.calls[0].args["xmlDesc"]))


# Reading


def test_what_the_pane_shows(mock: Probe) -> None:
    found: dict[str, Device] = {each.id: each for each in mock.driver.devices(next(iter(mock.sink.of_kind("host"))))}
    card, function, gpu = found[CARD], found[HELD_VF], found[GPU]
    assert (card.device_class, card.iommu_group, card.numa_node) == ("nic", 20, 0)
    assert (card.functions, card.functions_max) == (2, 8)
    assert (function.device_class, function.parent, function.iommu_group) == ("vf", CARD, 21)
    assert mock.sink.objects[function.holder]["passthrough"] == 4
    assert gpu.device_class == "gpu"
    assert (card.ids, function.ids, gpu.ids) == ("15b3:1017", "15b3:1018", "10de:25b6")
    assert [(each.id, each.available) for each in gpu.mdev_types] == [("nvidia-471", 14), ("nvidia-472", 7)]
    mediated = next(each for each in found.values() if each.address == FREE_MDEV)
    assert (mediated.parent, mediated.product, mediated.iommu_group, mediated.holder) == (GPU, "nvidia-471", 61, "")
    assert mediated.numa_node == 1, "it is where its parent is"
    row = mock.sink.objects[f"device:{CARD}"]
    assert (row["iommu_group"], row["numa_node"]) == (20, 0)
    assert (row["vfs"], row["vfs_free"], row["vgpus_free"]) == (2, 1, None)
    assert mock.sink.objects[f"device:{GPU}"]["vgpus_free"] == 14
    assert mock.sink.objects[f"device:{FREE_VF}"]["vfs"] is None


def test_the_pane_of_this_host(mock: Probe) -> None:
    """Groups, functions below their card, types and what was made of them below the GPU; of a machine its own first."""
    host = next(iter(mock.sink.of_kind("host")))
    told = mock.driver.detail(host, {"devices"})
    lines = {line.real.id: line for line in of_host(told.devices, told.giving) if line.real is not None}
    assert lines[HELD_VF].above == lines[FREE_VF].above == lines[CARD].key
    assert lines[CARD].offer == "1/2 VFs"
    assert lines[HELD_GPU].above == lines[HELD_SOUND].above == ("group 41",)
    made = next(line for line in lines.values() if line.device is not None and line.device.address == FREE_MDEV)
    assert made.above == (GPU, "type nvidia-471")
    key = mock.sink.key_of(HOLDER)
    own = of_machine(key, HOLDER, "atlas", told.devices, told.giving)
    held = {line.real.address for line in own if line.above == ("held",) and line.real is not None}
    assert held == {"0000:3b:00.2", "0000:66:00.0", "0000:66:00.1", HELD_MDEV}
    fit = [line.real.id for line in own if line.above == ("fit",) and line.real is not None]
    assert FREE_VF in fit
    assert CARD not in fit, "its functions would vanish"


def test_what_a_host_does_not_tell_of_itself_is_unknown(mock: Probe) -> None:
    """The test driver says that it has no IOMMU, and has devices in groups; of VFIO it cannot be asked."""
    host = next(iter(mock.sink.of_kind("host")))
    giving = mock.driver.detail(host, {"devices"}).giving
    assert giving is not None
    assert (giving.iommu, giving.vfio, giving.hint, giving.untold) == (True, None, "", 0)
    assert [each.call for each in giving.evidence] == [
        "virConnectListAllNodeDevices",
        "virNodeDeviceGetXMLDesc",
        "virConnectGetCapabilities",
        "virConnectGetDomainCapabilities",
    ]
    assert "[3]" in giving.evidence[-1].excerpt, "the test driver cannot be asked that"
    assert mock.driver.detail(host, {"raw"}).giving is None


def test_everybody_who_was_defined_with_a_device_is_told_of(mock: Probe) -> None:
    """libvirt lets any number of machines have the same device in their configuration."""
    key, holder = mock.sink.key_of("edge-router"), mock.sink.key_of(HOLDER)
    domain = mock.driver._parts.link.conn.lookupByUUIDString(key.removeprefix("vm:"))
    plain = domain.XMLDesc(2)
    given = (
        "<hostdev mode='subsystem' type='pci' managed='yes'><source>"
        "<address domain='0x0000' bus='0x3b' slot='0x00' function='0x2'/></source></hostdev></devices>"
    )
    if domain.isActive():
        domain.destroy()
    mock.driver._parts.link.conn.defineXML(plain.replace("</devices>", given))
    host = next(iter(mock.sink.of_kind("host")))

    def told() -> set[str]:
        found = next(each for each in mock.driver.devices(host) if each.id == HELD_VF)
        return {found.holder, *found.others}

    mock.sink.until(lambda: told() == {key, holder}, "both are told of")
    mock.driver._parts.link.conn.defineXML(plain)
    mock.sink.until(lambda: told() == {holder}, "one gave it back")


def test_rows_follow_what_machines_are_given(mock: Probe) -> None:
    """Nothing happens to a device when a machine is given it: the machine is what libvirt tells of."""
    key = mock.sink.key_of("edge-router")
    conn = mock.driver._parts.link.conn
    domain = conn.lookupByUUIDString(key.removeprefix("vm:"))
    plain = domain.XMLDesc(2)
    given = (
        "<hostdev mode='subsystem' type='pci' managed='yes'><source>"
        "<address domain='0x0000' bus='0x3b' slot='0x00' function='0x3'/></source></hostdev></devices>"
    )
    if domain.isActive():
        domain.destroy()

    def told() -> tuple[object, object]:
        rows = mock.sink.objects
        return rows[f"device:{FREE_VF}"]["holder"], rows[f"device:{CARD}"]["vfs_free"]

    assert told() == ("", 1)
    conn.defineXML(plain.replace("</devices>", given))
    mock.sink.until(lambda: told() == (key, 0), "the function is held")
    conn.defineXML(plain)
    mock.sink.until(lambda: told() == ("", 1), "the function is free again")


# Giving and taking back


def test_a_free_function_to_a_running_machine(plan: Planner, mock: Probe) -> None:
    made = plan("attach", "edge-router", device=FREE_VF)
    (call,) = made.calls
    assert (call.verb, call.args["flags"]) == ("virDomainAttachDeviceFlags", 3)
    form = xml_of(made)
    assert form.attrib == {"mode": "subsystem", "type": "pci", "managed": "yes"}
    assert form.find("source/address").attrib == {
        "domain": "0x0000",
        "bus": "0x3b",
        "slot": "0x00",
        "function": "0x3",
    }
    assert any("ens1f0v1" in warning for warning in made.warnings), "the host loses its interface"
    assert any("cannot be migrated live" in warning for warning in made.warnings)
    assert made.effect == Effect.HARD
    assert made.inverse.arguments == {"device": FREE_VF, "apply": "both"}
    assert [(each.field, each.values) for each in made.expects] == [("passthrough", ("1",))]
    assert "attach-device edge-router /dev/stdin --live --config" in made.commands[0]
    assert plan("attach", "edge-router", device="0000:3b:00.3").calls == made.calls
    assert plan("attach", "edge-router", device=f"device:{FREE_VF}").calls == made.calls


@pytest.mark.usefixtures("started")
def test_a_card_takes_its_functions_with_it(plan: Planner) -> None:
    text = said(plan, Busy, "attach", "edge-router", device=CARD)
    assert "0000_3b_00_2" in text
    assert "would vanish with it" in text


def test_what_another_machine_holds(plan: Planner, started: str) -> None:
    for device in (HELD_GPU, HELD_SOUND, HELD_VF):
        assert f"held by {started}" in said(plan, Busy, "attach", "edge-router", device=device)
    stored = plan("attach", "edge-router", device=HELD_VF, apply="persistent")
    assert any("only one of them" in warning for warning in stored.warnings)
    assert any("next start" in warning for warning in stored.warnings)
    assert "has pci_0000_66_00_0 already" in said(plan, Conflict, "attach", started, device=HELD_GPU)


def test_a_group_that_the_host_uses_is_named() -> None:
    """libvirt's mock driver tells no drivers; a real host does."""
    memory = SimpleNamespace(size=1 << 30)
    spec = SimpleNamespace(memory=memory, numa=NumaSpec(mode="strict", nodeset="0"))
    machine = SimpleNamespace(key="vm:other", name="other", now=SimpleNamespace(spec=spec))
    everything = [
        Device(id="pci_0000_02_00_0", name="a", device_class="gpu", iommu_group=5, numa_node=1),
        Device(id="pci_0000_02_00_1", name="b", device_class="pci", iommu_group=5, driver="snd_hda_intel"),
        Device(id="pci_0000_02_00_2", name="c", device_class="usb", iommu_group=5, driver="vfio-pci"),
        Device(id="pci_0000_03_00_0", name="d", device_class="nic", iommu_group=6, driver="e1000e"),
    ]
    told = list(consequences(machine, everything[0], "pci", everything))
    assert any("snd_hda_intel" in each and "virsh nodedev-detach pci_0000_02_00_1" in each for each in told)
    assert any(each.startswith("c is in the same IOMMU group") for each in told)
    assert not any(each.startswith("d ") for each in told)
    assert any("1.0G" in each for each in told)
    assert any("NUMA node 1" in each and "other is kept on 0" in each for each in told)


@pytest.mark.parametrize("nodeset", ["", "0-1", "cell 0: 0"])
def test_a_machine_that_may_be_near_the_device(nodeset: str) -> None:
    spec = SimpleNamespace(memory=SimpleNamespace(size=1 << 30), numa=NumaSpec(nodeset=nodeset))
    machine = SimpleNamespace(key="vm:other", name="other", now=SimpleNamespace(spec=spec))
    device = Device(id="pci_0000_02_00_0", name="a", device_class="gpu", iommu_group=5, numa_node=1)
    assert not any("NUMA" in each for each in consequences(machine, device, "pci", [device]))


def test_what_a_machine_that_is_off_has(plan: Planner) -> None:
    made = plan("attach", "edge-router", device=HELD_GPU)
    assert any("only one of them" in warning for warning in made.warnings)
    assert any(HELD_SOUND in warning and "IOMMU group 41" in warning for warning in made.warnings)


def test_a_mediated_device(plan: Planner) -> None:
    form = xml_of(plan("attach", "edge-router", device=FREE_MDEV))
    assert form.attrib == {"mode": "subsystem", "type": "mdev", "model": "vfio-pci"}
    assert form.find("source/address").attrib == {"uuid": FREE_MDEV}


def test_taking_a_device_back(plan: Planner, started: str) -> None:
    made = plan("detach", started, device=HELD_GPU, apply="live")
    assert made.calls[0].verb == "virDomainDetachDeviceFlags"
    assert xml_of(made).find("source/address").get("bus") == "0x66"
    assert any("may take its time, or refuse" in warning for warning in made.warnings)
    assert made.inverse.verb == "device.attach"
    assert [each.values for each in made.expects] == [("3",)]
    assert "does not hold" in said(plan, NotFound, "detach", started, device=FREE_VF)
    said(plan, InvalidInput, "detach", started)


def test_no_such_device(plan: Planner) -> None:
    assert "no device pci_1" in said(plan, NotFound, "attach", "edge-router", device="pci_1")
    said(plan, InvalidInput, "attach", "edge-router")


# Mediated devices and functions


def test_making_and_removing_a_mediated_device(plan: Planner) -> None:
    made = plan("mdev_create", device=GPU, type="nvidia-472")
    (call,) = made.calls
    assert call.verb == "virNodeDeviceCreateXML"
    form = xml_of(made)
    assert (form.findtext("parent"), form.find("capability/type").get("id")) == (GPU, "nvidia-472")
    assert made.inverse.arguments == {"device": form.findtext("capability/uuid")}
    assert any("restart of the host" in warning for warning in made.warnings)
    lasting = plan("mdev_create", device=GPU, type="nvidia-472", uuid=FREE_MDEV[:-1] + "9", persistent="yes")
    assert [each.verb for each in lasting.calls] == [
        "virNodeDeviceDefineXML",
        "virNodeDeviceSetAutostart",
        "virNodeDeviceCreate",
    ]
    assert lasting.calls[2].args["dev"] == Result(call="1", path="name")
    assert lasting.commands[2].endswith("mdev_3b2a0000_0000_4000_8000_000000000009_0000_65_00_0")
    gone = plan("mdev_remove", device=FREE_MDEV)
    assert gone.calls[0].verb == "virNodeDeviceDestroy"
    assert gone.inverse.arguments == {"device": GPU, "type": "nvidia-471", "uuid": FREE_MDEV}


def test_mediated_devices_that_cannot_be(plan: Planner) -> None:
    assert "nvidia-471, nvidia-472" in said(plan, InvalidInput, "mdev_create", device=GPU, type="nvidia-9")
    assert "makes no mediated devices" in said(plan, NotSupported, "mdev_create", device=CARD, type="x")
    assert "already" in said(plan, Conflict, "mdev_create", device=GPU, type="nvidia-471", uuid=FREE_MDEV)
    assert "no uuid" in said(plan, InvalidInput, "mdev_create", device=GPU, type="nvidia-471", uuid="one")
    assert any("will not start" in warning for warning in plan("mdev_remove", device=HELD_MDEV).warnings)
    said(plan, InvalidInput, "mdev_remove", device=GPU)


@pytest.mark.usefixtures("started")
def test_a_mediated_device_in_use(plan: Planner) -> None:
    assert "runs with it" in said(plan, Busy, "mdev_remove", device=HELD_MDEV)


def test_the_number_of_functions_is_set_by_hand(plan: Planner, mock: Probe) -> None:
    text = said(plan, NotSupported, "vfs", device=CARD, count="4")
    assert "2 of 8" in text
    assert "echo 4 > /sys/bus/pci/devices/0000:3b:00.0/sriov_numvfs" in text
    assert "no virtual functions" in said(plan, NotSupported, "vfs", device=GPU, count="4")
    assert "device.vfs" not in mock.driver.offers()


def test_the_mock_driver_says_that_it_cannot(plan: Planner, mock: Probe) -> None:
    with pytest.raises(NotSupported):
        carry_out(mock.driver, plan("attach", "edge-router", device=FREE_VF))


# A real host


@pytest.fixture(scope="module")
def host() -> Iterator[LibvirtHost]:
    with or_skip(lambda: LibvirtHost("giver")) as made:
        yield made


@pytest.fixture
def real(host: LibvirtHost) -> Iterator[Probe]:
    with connected(host.uri) as probe:
        yield probe


def a_pci_device(probe: Probe) -> Device:
    found = probe.driver.devices(next(iter(probe.sink.of_kind("host"))))
    return next((each for each in found if each.id.startswith("pci_")), None) or pytest.skip("no PCI device here")


def test_a_host_without_iommu_is_refused_before_anything_is_sent(real: Probe, host: LibvirtHost) -> None:
    spec = host.define_guest(GuestSpec("wants", boot="none", memory_mib=32))
    capabilities = host.virsh("domcapabilities")
    if "<enum name='pciBackend'/>" not in capabilities:
        pytest.skip("this machine can pass PCI devices through")
    device = a_pci_device(real)
    operation = Operation(verb="device.attach", key=f"vm:{spec.uuid}", arguments={"device": device.id})
    with recorded(host) as wire, pytest.raises(NotSupported) as caught:
        real.driver.plan_device(operation)
    failure = caught.value.failure
    assert "cannot give PCI devices" in failure.message
    assert "IOMMU" in failure.meaning or "VFIO" in failure.meaning
    assert "vfio-pci" in failure.hint
    assert changes(wire) == []
    giving = real.driver.detail(next(iter(real.sink.of_kind("host"))), {"devices"}).giving
    assert giving.vfio is False
    assert giving.obstacle.startswith(
        "no IOMMU" if "<iommu support='no'/>" in host.virsh("capabilities") else "no VFIO"
    )
    assert "vfio-pci" in giving.hint
    host.virsh("undefine", "wants")


def test_what_is_configured_by_others_can_be_taken_out_again(real: Probe, host: LibvirtHost) -> None:
    """libvirt takes any device into a configuration; the machine only fails to start."""
    device = a_pci_device(real)
    domain, bus, rest = device.address.split(":")
    slot, function = rest.split(".")
    address = f"<address domain='0x{domain}' bus='0x{bus}' slot='0x{slot}' function='0x{function}'/>"
    given = f"<hostdev mode='subsystem' type='pci' managed='yes'><source>{address}</source></hostdev>"
    spec = host.define_guest(GuestSpec("has", boot="none", memory_mib=32, extra_devices=given))
    real.load("vm")
    key = f"vm:{spec.uuid}"
    assert real.driver.devices(next(iter(real.sink.of_kind("host"))))
    assert a_pci_device(real).holder == key
    plan = real.driver.plan_device(Operation(verb="device.detach", key=key, arguments={"device": device.id}))
    with recorded(host) as wire:
        carry_out(real.driver, plan)
    assert changes(wire) == ["virDomainDetachDeviceFlags"]
    assert "<hostdev" not in host.virsh("dumpxml", "has")
    host.define_guest(GuestSpec("has", boot="none", memory_mib=32, extra_devices=given))
    subprocess.run(plan.commands[0], shell=True, check=True, capture_output=True)
    assert "<hostdev" not in host.virsh("dumpxml", "has")
    host.virsh("undefine", "has")


def test_refusals_of_a_real_host_are_words(real: Probe, host: LibvirtHost) -> None:
    """What a plan cannot foresee comes back from the call itself."""
    spec = host.define_guest(GuestSpec("tries", boot="none", memory_mib=32))
    host.virsh("start", "tries")
    call = {"dom": spec.uuid, "flags": 1}
    source = f"<source><address uuid='{FREE_MDEV}'/></source>"
    mediated = f"<hostdev mode='subsystem' type='mdev' model='vfio-pci'>{source}</hostdev>"
    assert "mediated" in refused(real, "virDomainAttachDeviceFlags", **call, xml=mediated)
    device = a_pci_device(real)
    parent = f"<device><parent>{device.id}</parent><capability type='mdev'><type id='x'/></capability></device>"
    refused(real, "virNodeDeviceCreateXML", xmlDesc=parent, flags=0)
    host.virsh("destroy", "tries")
    host.virsh("undefine", "tries")


def refused(probe: Probe, verb: str, **arguments: Any) -> str:
    with pytest.raises(NotSupported) as caught:
        probe.driver.invoke(NativeCall(id="1", connection="probe", verb=verb, args=arguments), {})
    failure = caught.value.failure
    assert failure.native
    return f"{failure.message} {failure.meaning} {failure.hint}"
