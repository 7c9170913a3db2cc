"""Profiles of hosts, their common processor, and posture, out of made answers of a vCenter."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.backends.vsphere import questions
from novatui.backends.vsphere.postures import Postures
from novatui.backends.vsphere.profile_cpu import baseline_of
from novatui.backends.vsphere.profiles import PROFILE, profile_of
from novatui.backends.vsphere.questions import Questions
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import BackendFault, Conflict
from novatui.core.hostdiff import diff
from novatui.core.hostprofile import Baseline, HostProfile, Section
from novatui.core.posture import Level, Posture
from novatui.core.posture_rules import RULES
from novatui.core.states import Kind
from tests.unit.vsphere_probed import HOST, HOST_SCOPE, VM, VM_SCOPE, MadeServer, device

SERVICE = next(ref for ref in MadeServer().world if ref.type == "ServiceInstance")
NET, PORTS = Ref("Network", "network-1"), Ref("DistributedVirtualPortgroup", "dvportgroup-2")

TRUNK = {"vlanId": [{"start": "10", "end": "20"}]}


def feature(name: str, value: str = "Bool:min:1") -> dict[str, str]:
    return {"key": name, "value": value}


def mode(key: str, tier: int, *flags: str) -> dict[str, Any]:
    features = [feature(f"cpuid.{flag}") for flag in flags]
    return {
        "key": key,
        "label": f"Intel {key}",
        "vendor": "intel",
        "vendorTier": str(tier),
        "featureCapability": features,
    }


class Inspected(MadeServer):
    """With what profiles and posture read besides."""

    def __init__(self) -> None:
        super().__init__()
        self.world[HOST] |= {
            "vm": [VM],
            "network": [NET, PORTS],
            "config.product": {"fullName": "VMware ESXi 8.0.3", "version": "8.0.3", "build": "2", "apiVersion": "8.0"},
            "config.featureCapability": [
                feature("cpuid.AVX2"), feature("cpuid.AVX512F"), feature("cpuid.SSE3", "0"), feature("misc.VHV"),
            ],
            "config.network.portgroup": [
                {
                    "spec": {"name": "VM%2fNet", "vlanId": "12", "vswitchName": "vSwitch0"},
                    "computedPolicy": {"security": {"macChanges": "false", "forgedTransmits": "false"}},
                }
            ],
            "hardware.cpuPkg": [{"vendor": "intel"}],
            "hardware.biosInfo": {"biosVersion": "2.19"},
            "hardware.numaInfo": {
                "numNodes": "2",
                "numaNode": [
                    {"typeId": "0", "cpuID": ["0", "1"], "memoryRangeLength": "1024"},
                    {"typeId": "1", "cpuID": ["2", "3"], "memoryRangeLength": "1024"},
                ],
            },
            "summary.maxEVCModeKey": "intel-cascadelake",
            "summary.hardware.numCpuThreads": 4,
            "summary.hardware.memorySize": 16 << 30,
            "summary.hardware.cpuModel": "Xeon Gold",
            "capability.maxHostSupportedVcpus": 768,
            "capability.encryptedVMotionSupported": True,
        }  # fmt: skip
        self.world[SERVICE]["capability.supportedEVCMode"] = [
            mode("intel-skylake", 1, "AVX2"), mode("intel-cascadelake", 2, "AVX2", "AVX512F"),
        ]  # fmt: skip
        self.world[NET] = {"name": "VM%2fNet"}
        self.world[PORTS] = {
            "name": "dv-trunk",
            "config.defaultPortConfig": {"vlan": TRUNK, "securityPolicy": {}},
            "config.defaultPortConfig.vlan": TRUNK,
        }
        self.world[VM] |= {
            "runtime.host": HOST,
            "config": {
                "name": "web-1",
                "version": "vmx-21",
                "firmware": "efi",
                "hardware": {"numCPU": "4", "memoryMB": "8192", "device": [device("VirtualTPM", 11000)]},
                "extraConfig": [],
                "cpuAffinity": {"affinitySet": "3"},
                "nestedHVEnabled": "true",
            },
        }
        self.answers_["QueryConfigOptionDescriptor"] = [
            {"key": "vmx-21", "host": [HOST], "runSupported": "true"},
            {"key": "vmx-19", "host": [HOST], "runSupported": "true"},
            {"key": "vmx-22", "host": [Ref("HostSystem", "host-99")], "runSupported": "true"},
            {"key": "vmx-03", "host": [HOST], "runSupported": "false"},
        ]
        self.answers_["QueryConfigOptionEx"][0]["guestOSDescriptor"][1]["supportedFirmware"] = ["bios", "efi"]

    def questions(self) -> Questions:
        opened = self._opened()
        opened.tls = SimpleNamespace(trust="ca", version="TLSv1.3")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(questions, "Asking", lambda *_: self)
            return Questions(opened, self)  # type: ignore[arg-type]

    def profile(self) -> HostProfile:
        return profile_of(self.questions(), HOST, HOST_SCOPE, "vc", "vCenter 8")

    def baseline(self, *natives: str) -> Baseline:
        return baseline_of(self.questions(), natives)

    def posture(self, key: str) -> Posture:
        postures = Postures(self.questions(), lambda ref: self.world.get(ref, {}).get("name", ""))
        return postures.host(key, HOST) if key == HOST_SCOPE else postures.machine(key, VM)


@pytest.fixture
def server() -> Inspected:
    return Inspected()


def items(profile: HostProfile, section: Section) -> dict[str, str | None]:
    return {item.name: item.value for item in profile.part(section).items or ()}


# --- profiles ---------------------------------------------------------------------------------------------------------


def test_a_profile_tells_every_section(server: Inspected) -> None:
    profile = server.profile()
    assert [part.section for part in profile.parts] == list(Section)
    assert not [part for part in profile.parts if part.items is None]
    assert items(profile, Section.FLAGS) == {"avx2": "", "avx512f": ""}
    assert list(items(profile, Section.MACHINES)) == ["vmx-19", "vmx-21"]
    assert list(items(profile, Section.FIRMWARE)) == ["bios", "efi", "secure boot"]
    assert items(profile, Section.NETWORKS) == {"VM/Net": "vSwitch0, VLAN 12", "dv-trunk": "VLAN 10-20"}
    assert items(profile, Section.VERSIONS)["ESXi"] == "8.0.3 build 2"
    assert items(profile, Section.LIMITS)["vCPUs of a guest"] == "768"
    assert items(profile, Section.CPU)["highest EVC mode"] == "intel-cascadelake"


@pytest.mark.parametrize("path", PROFILE)
def test_a_property_that_may_not_be_read_makes_no_difference_to_another_host(server: Inspected, path: str) -> None:
    before = server.profile()
    server.unread = {path: "NoPermission"}
    assert not diff(before, server.profile()).different


@pytest.mark.parametrize("call", ["QueryConfigOptionDescriptor", "QueryConfigOptionEx"])
def test_a_call_that_fails_leaves_its_section_unknown(server: Inspected, call: str) -> None:
    server.broken = {call}
    unknown = [part for part in server.profile().parts if part.items is None]
    assert [part.section for part in unknown] == [
        Section.MACHINES if call == "QueryConfigOptionDescriptor" else Section.FIRMWARE
    ]
    assert "it broke" in unknown[0].reason


def test_a_host_without_named_features_has_no_processor_to_compare(server: Inspected) -> None:
    server.world[HOST].pop("config.featureCapability")
    profile = server.profile()
    assert (profile.native, bool(profile.native_reason)) == ("", True)


# --- what processors have in common -----------------------------------------------------------------------------------


def test_one_host_alone_loses_nothing(server: Inspected) -> None:
    told = server.baseline(server.profile().native)
    assert told.model == "Intel intel-cascadelake"
    assert [loss.flags for loss in told.losses] == [()]


def test_several_hosts_have_the_lowest_of_their_highest_modes(server: Inspected) -> None:
    newer = server.profile().native
    server.world[HOST]["summary.maxEVCModeKey"] = "intel-skylake"
    server.world[HOST]["config.featureCapability"].pop(1)
    told = server.baseline(newer, server.profile().native)
    assert (told.native, told.native_format, told.flags) == ("intel-skylake", "EVC mode", ("avx2",))
    assert [loss.flags for loss in told.losses] == [("avx512f",), ()]


def test_processors_of_two_makers_have_nothing_in_common(server: Inspected) -> None:
    first = server.profile().native
    server.world[HOST]["hardware.cpuPkg"][0]["vendor"] = "amd"
    told = server.baseline(first, server.profile().native)
    assert (told.model, told.flags) == ("", None)
    assert "amd, intel" in told.reason


def test_a_vcenter_that_does_not_tell_its_modes_tells_no_baseline(server: Inspected) -> None:
    native = server.profile().native
    server.unread = {"capability.supportedEVCMode": "NoPermission"}
    told = server.baseline(native)
    assert told.flags is None
    assert "NoPermission" in told.reason


# --- posture ----------------------------------------------------------------------------------------------------------


def found(posture: Posture) -> dict[str, tuple[Level, str]]:
    return {finding.rule: (finding.level, finding.reason) for finding in posture.findings}


def test_every_rule_about_a_host_and_a_machine_is_judged(server: Inspected) -> None:
    for key, about in ((HOST_SCOPE, Kind.HOST), (VM_SCOPE, Kind.VM)):
        assert set(found(server.posture(key))) == {rule.slug for rule in RULES if rule.about is about}


def test_a_host_is_judged_by_its_running_machines(server: Inspected) -> None:
    told = found(server.posture(HOST_SCOPE))
    assert told["moves"][0] is told["transport"][0] is told["memory_overcommit"][0] is Level.OK
    assert "8.0G" in told["memory_overcommit"][1]
    server.world[VM]["runtime.powerState"] = "poweredOff"
    assert "0 machines" in found(server.posture(HOST_SCOPE))["memory_overcommit"][1]


def test_a_property_of_a_machine_that_is_not_told_leaves_the_sum_unknown(server: Inspected) -> None:
    server.unread = {"config.hardware.memoryMB": "NoPermission"}
    told = found(server.posture(HOST_SCOPE))
    assert told["memory_overcommit"][0] is told["cpu_overcommit"][0] is Level.UNKNOWN


def test_affinity_nesting_and_the_balloon_of_a_machine_are_judged(server: Inspected) -> None:
    told = found(server.posture(VM_SCOPE))
    assert told["nested"][0] is Level.ADVICE
    assert told["ballooning"] == (Level.OK, "vmmemctl: memory can be taken back")
    assert told["pinning"][0] is not Level.OK or "tied" in told["pinning"][1]
    server.world[VM].pop("guest.toolsRunningStatus")
    assert found(server.posture(VM_SCOPE))["ballooning"][0] is Level.UNKNOWN


def nic(network: str) -> dict[str, Any]:
    backing = {
        "_type": "VirtualEthernetCardNetworkBackingInfo",
        "network": Ref("Network", network),
        "deviceName": network,
    }
    return device("VirtualVmxnet3", 4000, macAddress="00:50:56:00:00:01", backing=backing)


def test_vlan_and_filter_of_a_card_are_those_of_its_port_group(server: Inspected) -> None:
    config = server.world[VM]["config"]
    config["hardware"]["device"].append(nic("VM/Net"))
    told = found(server.posture(VM_SCOPE))
    assert told["vlan"] == (Level.OK, "VLAN 12")
    assert told["nic_filter"][0] is Level.OK
    config["hardware"]["device"][-1] = nic("dv-trunk")
    told = found(server.posture(VM_SCOPE))
    assert told["vlan"][0] is Level.WARNING
    assert told["nic_filter"][0] is Level.ADVICE


def test_a_host_is_asked_once_for_several_machines(server: Inspected) -> None:
    postures = Postures(server.questions(), lambda _: "")
    postures.machine(VM_SCOPE, VM)
    before = server.counts.total()
    postures.machine(VM_SCOPE, VM)
    assert server.counts.total() == before + 1


def test_a_machine_that_cannot_be_read_or_is_nowhere_is_not_judged(server: Inspected) -> None:
    server.unread = {"config": "NoPermission"}
    with pytest.raises(BackendFault):
        server.posture(VM_SCOPE)
    server.unread = {}
    server.world[VM].pop("runtime.host")
    with pytest.raises(Conflict):
        server.posture(VM_SCOPE)


def test_a_network_that_is_gone_meanwhile_is_none_of_the_host(server: Inspected) -> None:
    server.world.pop(PORTS)
    assert list(items(server.profile(), Section.NETWORKS)) == ["VM/Net"]


def test_networks_of_one_name_are_told_apart(server: Inspected) -> None:
    server.world[PORTS]["name"] = "VM%2fNet"
    assert items(server.profile(), Section.NETWORKS) == {"VM/Net": "VLAN 10-20", "VM/Net #2": "vSwitch0, VLAN 12"}
