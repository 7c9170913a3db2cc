"""Where a machine of vSphere can run, as far as it follows from values alone: rules, features, devices, faults."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

import msgspec

from novatui.backends.vsphere import placing_host as tells
from novatui.backends.vsphere.faulttopics import topic_of
from novatui.backends.vsphere.needs import Carried
from novatui.backends.vsphere.placing_plugs import devices, networks
from novatui.backends.vsphere.placing_rules import rules_against
from novatui.backends.vsphere.reading_now import Now
from novatui.backends.vsphere.relocation import Destination
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Answer, Evidence
from novatui.core.fitting import fit
from novatui.core.needs import HostTold, Needs, Told, plug
from novatui.core.reasons import Topic
from novatui.core.states import Family, Power
from novatui.core.vmspec import HostDevice, MemorySpec, NicSpec, VmSpec

ASKED = Evidence(kind="asked", call="RetrievePropertiesEx", at=1.0, ms=1.0)
VM, HOST = Ref("VirtualMachine", "vm-1"), Ref("HostSystem", "host-1")
OTHER, ELSEWHERE = Ref("VirtualMachine", "vm-2"), Ref("HostSystem", "host-2")
GIB = 1 << 30


def needs(power: Power = Power.RUNNING, **spec: Any) -> Needs:
    return Needs(
        key="vm:vm-1", conn="vc", family=Family.VSPHERE, host="host:host-9", host_uuid="nine", power=power,
        vm=VmSpec(name="a", uuid="u", arch="x86_64", hypervisor="esxi", **spec), evidence=ASKED, native_host="Xeon A",
    )  # fmt: skip


def host(**values: Any) -> Now:
    return Now(HOST, values, {}, ASKED)


# --- rules of a cluster ---------------------------------------------------------------------------------------------


def cluster(**rule: Any) -> dict[str, Any]:
    groups = [
        {"_type": "ClusterVmGroup", "name": "vms", "vm": [VM]},
        {"_type": "ClusterHostGroup", "name": "licensed", "host": [ELSEWHERE]},
    ]
    return {"group": groups, "rule": [{"name": "r", "enabled": "true", **rule}]}


def against(config: dict[str, Any], there: frozenset[Ref] = frozenset(), here: frozenset[Ref] = frozenset()) -> Any:
    return [(one.blocking, one.reason) for one in rules_against(config, VM, HOST, there, here, ASKED)]


def test_a_mandatory_rule_between_machines_and_hosts_rules_a_host_out() -> None:
    rule = {"_type": "ClusterVmHostRuleInfo", "vmGroupName": "vms", "affineHostGroupName": "licensed"}
    assert against(cluster(**rule, mandatory="true")) == [(True, "it must run on a host of the group licensed: rule r")]
    assert against(cluster(**rule, mandatory="false")) == [
        (False, "it should run on a host of the group licensed: rule r")
    ]
    assert against(cluster(**rule | {"enabled": "false"}, mandatory="true")) == []


def test_hosts_that_a_machine_is_to_keep_away_from() -> None:
    rule = {"_type": "ClusterVmHostRuleInfo", "vmGroupName": "vms", "antiAffineHostGroupName": "licensed"}
    config = cluster(**rule, mandatory="true")
    assert against(config) == []
    found = list(rules_against(config, VM, ELSEWHERE, frozenset(), frozenset(), ASKED))
    assert [one.reason for one in found] == ["it must run on no host of the group licensed: rule r"]
    assert not list(rules_against(config, OTHER, ELSEWHERE, frozenset(), frozenset(), ASKED))


def test_rules_among_machines_are_a_warning() -> None:
    apart = cluster(_type="ClusterAntiAffinityRuleSpec", vm=[VM, OTHER])
    assert against(apart) == []
    assert against(apart, there=frozenset({OTHER})) == [
        (False, "a machine that it is to be kept apart from runs there: rule r")
    ]
    together = cluster(_type="ClusterAffinityRuleSpec", vm=[VM, OTHER])
    assert against(together, here=frozenset({OTHER}))[0][1].startswith("the machines that it is to be kept together")
    assert against(together, there=frozenset({OTHER}), here=frozenset()) == []


# --- the processor ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("has", "answer", "said"),
    [
        ({"cpuid.avx2": "1", "cpuid.stepping": "4"}, True, "has all 2 features that it uses"),
        ({"cpuid.avx2": "0", "cpuid.stepping": "4"}, False, "lacks avx2"),
        ({"cpuid.stepping": "1"}, False, "lacks avx2, stepping"),
    ],
)
def test_features_that_it_was_started_with(has: dict[str, str], answer: bool, said: str) -> None:
    carried = Carried(server="", machine="vm-1", features={"cpuid.avx2": "Bool:Min:1", "cpuid.stepping": "Num:Min:2"})
    there = host(**{tells.FEATURES: [{"key": key, "value": value} for key, value in has.items()]})
    told = tells.processor(there, needs(), carried)
    assert (told.value, told.said) == (answer, said)


def test_without_features_the_same_model_or_nothing_is_known() -> None:
    carried = Carried(server="", machine="vm-1")
    same = host(**{"summary.hardware.cpuModel": "Xeon A"})
    assert tells.processor(same, needs(), carried).value is True
    other = host(**{"summary.hardware.cpuModel": "Xeon B"})
    assert tells.processor(other, needs(), carried).value is None
    assert tells.processor(other, needs(Power.OFF), carried).value is True
    evc = Carried(server="", machine="vm-1", evc="intel-broadwell")
    assert tells.processor(host(**{"summary.currentEVCModeKey": "intel-broadwell"}), needs(), evc).value is True


# --- the host ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "answer"),
    [
        ({"summary.config.vmotionEnabled": True}, True),
        ({"summary.config.vmotionEnabled": False, "config.network.vnic": []}, False),
        ({"config.network.vnic": [{"spec": {"netStackInstanceKey": "vmotion"}}]}, True),
        ({"summary.config.vmotionEnabled": False}, None),
        ({"capability.vmotionSupported": False, "summary.config.vmotionEnabled": True}, False),
    ],
)
def test_whether_it_takes_running_machines(values: dict[str, Any], answer: bool | None) -> None:
    assert tells.migrates(host(**values)).value is answer


@pytest.mark.parametrize(
    ("version", "newest"), [("6.5.0", "vmx-13"), ("6.7.0", "vmx-14"), ("8.0.3", "vmx-21"), ("7.0.1", "vmx-18")]
)
def test_virtual_hardware_by_release(version: str, newest: str) -> None:
    told = tells.hardware_versions(host(**{"summary.config.product.version": version}))
    assert told.value is not None
    assert newest in told.value
    assert max(told.value) == newest
    assert tells.hardware_versions(host(**{"summary.config.product.version": "5.5.0"})).value is None


def test_states_of_a_host() -> None:
    down = host(**{"runtime.connectionState": "notResponding"})
    assert (tells.connected(down).value, tells.connected(down).said) == (False, "it is not responding")
    standby = host(**{"runtime.connectionState": "connected", "runtime.powerState": "standBy"})
    assert tells.connected(standby).said == "it is in standby"
    assert tells.connected(host()).value is None
    assert tells.maintenance(host(**{"runtime.inQuarantineMode": True})).value is True
    assert tells.trusted(host(**{"runtime.cryptoState": "incapable"})).value is not None


# --- room -------------------------------------------------------------------------------------------------------------


def memory_checks(kept: int | None, free: int) -> list[tuple[Answer, bool]]:
    wanted = msgspec.structs.replace(needs(memory=MemorySpec(size=8 * GIB)), memory_kept=kept)
    told = HostTold(host="host:host-1", name="h", host_uuid="one", memory_free=Told(value=free, evidence=ASKED))
    checks = fit(wanted, told).checks
    return [(one.answer, one.blocking) for one in checks if one.topic is Topic.MEMORY]


def test_only_what_a_machine_keeps_for_itself_has_to_be_free() -> None:
    assert memory_checks(None, 4 * GIB) == [(Answer.NO, True)]
    assert memory_checks(0, 4 * GIB) == [(Answer.YES, True), (Answer.NO, False)]
    assert memory_checks(6 * GIB, 4 * GIB) == [(Answer.NO, True)]
    assert memory_checks(2 * GIB, 16 * GIB) == [(Answer.YES, True)]


# --- networks and devices ---------------------------------------------------------------------------------------------


def test_a_network_of_the_same_name_is_another_one() -> None:
    nic = NicSpec(type="network", source="prod")
    mine, theirs = Ref("Network", "network-1"), Ref("Network", "network-2")
    carried = Carried(server="", machine="vm-1", networks={plug(nic): "Network:network-1"})
    wanted = needs(nics=(nic,))
    there = networks(wanted, carried, host(network=[mine]), {mine: "prod"})[plug(nic)]
    assert there.value is True
    alike = networks(wanted, carried, host(network=[theirs]), {theirs: "prod"})[plug(nic)]
    assert (alike.value, "another network" in alike.said) == (False, True)
    assert networks(wanted, carried, host(network=[]), {})[plug(nic)].value is False


def test_a_vgpu_goes_where_its_profile_is() -> None:
    wanted = needs(host_devices=(HostDevice(type="mdev", model="grid_t4-8q", name="vGPU"),))
    carried = Carried(server="", machine="vm-1", devices={"": "vgpu:grid_t4-8q"})
    able = {"vgpu": "grid_t4-8q", "migrateSupported": "true"}
    gpus = "config.sharedGpuCapabilities", "config.sharedPassthruGpuTypes"
    assert devices(wanted, carried, host(**{gpus[0]: [able], gpus[1]: ["grid_t4-8q"]}))[""].value is True
    fixed = able | {"migrateSupported": "false"}
    assert devices(wanted, carried, host(**{gpus[0]: [fixed], gpus[1]: []}))[""].value is False
    assert devices(wanted, carried, host(**{gpus[0]: [], gpus[1]: ["grid_t4-4q"]}))[""].value is False
    assert devices(wanted, carried, host())[""].value is None


def test_a_pci_device_needs_one_of_its_kind_that_is_ready() -> None:
    wanted = needs(Power.OFF, host_devices=(HostDevice(type="pci", address="0000:03:00.0"),))
    carried = Carried(server="", machine="vm-1", devices={"0000:03:00.0": "pci:10de:1eb8"})
    card = {"id": "0000:81:00.0", "vendorId": "4318", "deviceId": "7864"}
    ready = {"id": "0000:81:00.0", "passthruActive": "true"}
    told = devices(wanted, carried, host(**{"hardware.pciDevice": [card], "config.pciPassthruInfo": [ready]}))
    assert told["0000:03:00.0"].value is True
    told = devices(wanted, carried, host(**{"hardware.pciDevice": [card], "config.pciPassthruInfo": []}))
    assert "not set up for passthrough" in told["0000:03:00.0"].said


# --- what vCenter says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "topic"),
    [
        ("CpuIncompatible1ECX", Topic.CPU),
        ("FeatureRequirementsNotMet", Topic.CPU),
        ("NotEnoughLogicalCpus", Topic.VCPUS),
        ("CannotAccessNetwork", Topic.NETWORK),
        ("CannotAccessVmDisk", Topic.STORAGE),
        ("DisallowedMigrationDeviceAttached", Topic.DEVICES),
        ("VMotionNotConfigured", Topic.MIGRATION),
        ("VmHostAffinityRuleViolation", Topic.PRODUCT),
        ("AFaultOfTomorrow", Topic.PRODUCT),
    ],
)
def test_what_a_fault_is_about(fault: str, topic: Topic) -> None:
    assert topic_of(fault) is topic


def test_a_destination_names_only_what_changes() -> None:
    assert Destination(host=HOST).form() == {
        "_typeName": "VirtualMachineRelocateSpec",
        "host": {"_typeName": "ManagedObjectReference", "type": "HostSystem", "value": "host-1"},
    }
