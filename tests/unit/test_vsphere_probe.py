"""What the answers of a vCenter mean, feature by feature, and what is unknown when one of them fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.backends.vsphere.probe_machine import MACHINE
from novatui.backends.vsphere.probe_survey import HOST as HOST_PATHS
from novatui.backends.vsphere.probe_survey import Survey
from novatui.core.capabilities import Answer, Fact
from novatui.core.errors import NotFound
from novatui.core.features import FEATURE
from tests.unit.vsphere_probed import GPU, HOST, HOST_SCOPE, NIC, STORES, VM, VM_SCOPE, MadeServer, device

YES, PARTLY, NO, UNKNOWN = Answer.YES, Answer.PARTLY, Answer.NO, Answer.UNKNOWN
SCOPES = ("", HOST_SCOPE, VM_SCOPE)
SERVICE = next(ref for ref in MadeServer().world if ref.type == "ServiceInstance")
LICENCES = next(ref for ref in MadeServer().world if ref.type == "LicenseManager")
CLUSTER = next(ref for ref in MadeServer().world if ref.type == "ClusterComputeResource")


@pytest.fixture
def server() -> MadeServer:
    return MadeServer()


@pytest.mark.parametrize("scope", SCOPES)
def test_a_server_that_answers_everything_leaves_nothing_unknown(server: MadeServer, scope: str) -> None:
    facts = server.probe(scope)
    assert list(facts) == list(FEATURE)
    assert {slug: fact for slug, fact in facts.items() if fact.value is UNKNOWN} == {}
    assert all(fact.proven and fact.scope == scope for fact in facts.values())


@pytest.mark.parametrize("scope", SCOPES)
def test_each_question_is_asked_once_and_nothing_secret_is_quoted(server: MadeServer, scope: str) -> None:
    facts = server.probe(scope)
    asked = {
        (one.call, one.args)
        for fact in facts.values()
        for one in (fact.evidence, *fact.more)
        if one is not None and one.kind == "asked"
    }
    assert len(asked) <= server.counts.total() < 12
    assert {call for call, _ in asked} <= set(server.counts)
    assert "SECRET" not in repr(facts)


EXPECTED: dict[str, tuple[Answer, str]] = {
    "lifecycle": (YES, ""),
    "live_migration": (YES, "vMotion"),
    "snapshots": (YES, "memory"),
    "cpu_hotplug": (PARTLY, "1/2 guests"),
    "memory_hotplug": (PARTLY, "1/2 guests"),
    "gpu_passthrough": (YES, "1 active"),
    "sriov": (YES, "8/64 made"),
    "thin_provisioning": (YES, "2/2 stores"),
    "tpm": (YES, "2.0"),
    "memory_encryption": (YES, "SEV-ES"),
    "metrics": (YES, "20 s"),
    "health": (YES, "green"),
    "cpu_pinning": (PARTLY, "not by DRS"),
    "numa": (YES, "2 nodes"),
    "ballooning": (YES, "to 65 %"),
    "page_dedup": (PARTLY, "in one VM"),
    "dpdk": (YES, "enhanced"),
    "nvme": (YES, "emulated"),
}


def test_a_host_says_what_its_properties_say(server: MadeServer) -> None:
    facts = server.probe(HOST_SCOPE)
    assert {slug: (facts[slug].value, facts[slug].note) for slug in EXPECTED} == EXPECTED


# --- what fails, and what falls with it -------------------------------------------------------------------------------

FALLS: dict[str, set[str]] = {
    "HasUserPrivilegeOnEntities": {"lifecycle"},
    "QueryConfigOptionEx": {
        "snapshots", "cpu_hotplug", "memory_hotplug", "incremental_backup", "secure_boot", "tpm", "nvme",
    },
    "QueryOptions": {"ballooning", "huge_pages", "memory_compression", "page_dedup"},
    "QueryPerfProviderSummary": {"metrics"},
    "ListKmsClusters": {"tpm"},
}  # fmt: skip
"""Features of a host that are unknown when the call fails."""


@pytest.mark.parametrize("call", FALLS)
@pytest.mark.parametrize("scope", ["", HOST_SCOPE])
def test_a_call_that_fails_leaves_exactly_its_own_unknown(server: MadeServer, scope: str, call: str) -> None:
    whole = server.probe(scope)
    server.broken = {call}
    _only(FALLS[call], whole, server.probe(scope), "SystemError")


def test_every_call_but_the_reading_of_properties_was_broken(server: MadeServer) -> None:
    for scope in SCOPES:
        server.probe(scope)
    assert set(server.counts) == {*FALLS, "RetrievePropertiesEx"}


def test_without_any_property_only_what_documents_say_is_left(server: MadeServer) -> None:
    server.broken = {"RetrievePropertiesEx"}
    facts = server.probe(HOST_SCOPE)
    told = {slug for slug, fact in facts.items() if fact.value is not UNKNOWN}
    assert told == {"metrics", "overcommit", "multiqueue"}
    facts = server.probe(VM_SCOPE)
    assert {slug for slug, fact in facts.items() if fact.value is not UNKNOWN} == set()


PATHS: dict[str, set[str]] = {
    "name": set(),
    "parent": {
        "snapshots", "cpu_hotplug", "memory_hotplug", "incremental_backup", "secure_boot", "tpm", "nvme", "cpu_pinning",
    },
    "datastore": {"thin_provisioning"},
    "overallStatus": {"health"},
    "capability.vmotionSupported": {"live_migration"},
    "capability.storageVMotionSupported": {"live_storage_migration"},
    "capability.vmotionWithStorageVMotionSupported": set(),
    "capability.nestedHVSupported": {"nested_virt"},
    "config.virtualNicManagerInfo.netConfig": {"live_migration"},
    "config.pciPassthruInfo": {"gpu_passthrough", "sriov"},
    "config.sharedPassthruGpuTypes": set(),
    "config.network.proxySwitch": {"dpdk"},
    "config.offloadCapabilities.csumOffload": {"offloads"},
    "config.offloadCapabilities.tcpSegmentation": {"offloads"},
    "configManager.advancedOption": {"ballooning", "huge_pages", "memory_compression", "page_dedup"},
    "hardware.pciDevice": {"gpu_passthrough"},
    "hardware.numaInfo.numNodes": {"numa"},
    "hardware.sevInfo.sevState": {"memory_encryption"},
    "hardware.tdxInfo.tdxState": set(),
}  # fmt: skip
"""Features that are unknown when this property of the host may not be read."""


@pytest.mark.parametrize("path", HOST_PATHS)
def test_a_property_that_may_not_be_read_leaves_exactly_its_own_unknown(server: MadeServer, path: str) -> None:
    whole = server.probe(HOST_SCOPE)
    server.unread = {path: "NoPermission"}
    _only(PATHS[path], whole, server.probe(HOST_SCOPE), path)


@pytest.mark.parametrize("path", MACHINE)
def test_a_property_of_a_machine_that_may_not_be_read_never_makes_it_say_something_else(
    server: MadeServer, path: str
) -> None:
    whole = server.probe(VM_SCOPE)
    server.unread = {path: "InvalidProperty"}
    told = server.probe(VM_SCOPE)
    for slug in FEATURE:
        if told[slug].value is not whole[slug].value:
            assert told[slug].value is UNKNOWN, slug
            assert path in told[slug].reason or "InvalidProperty" in told[slug].reason, told[slug]


def _only(slugs: set[str], whole: dict[str, Fact], told: dict[str, Fact], why: str) -> None:
    assert {slug for slug in FEATURE if told[slug].value is UNKNOWN} == slugs
    assert {slug for slug in FEATURE if told[slug].value is not whole[slug].value} == slugs
    for slug in slugs:
        assert why in told[slug].reason, told[slug]


def test_a_property_that_is_newer_than_the_server_is_not_asked_for_and_says_since_when_it_is_told(
    server: MadeServer,
) -> None:
    server.spoken = "vim.version.version12"
    fact = server.probe(HOST_SCOPE)["memory_encryption"]
    assert fact.value is UNKNOWN
    assert "since vSphere API 7.0.1.0" in fact.reason


def test_a_large_vcenter_is_told_in_part_when_time_is_over(server: MadeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Survey, "patience", -1.0)
    facts = server.probe("")
    assert facts["metrics"].value is UNKNOWN
    assert "not asked any more" in facts["metrics"].reason
    assert facts["live_migration"].value is YES


def test_what_is_not_there_is_not_found(server: MadeServer) -> None:
    for scope in ("host:nowhere", "vm:nothing", "datastore:datastore-1"):
        with pytest.raises(NotFound):
            server.probe(scope)


# --- one answer otherwise ---------------------------------------------------------------------------------------------

Edit = Callable[[MadeServer], Any]


def host_pci(at: int, **flags: str) -> Edit:
    return lambda server: server.world[HOST]["config.pciPassthruInfo"][at].update(flags)


def load(**flags: str) -> Edit:
    return lambda server: server.answers_["QueryPerfProviderSummary"][0].update(flags)


TSO = "config.offloadCapabilities.tcpSegmentation"

HOSTS: list[tuple[str, Edit, Answer, str]] = [
    ("lifecycle", lambda s: setattr(s, "granted", False), UNKNOWN, "none of these privileges"),
    ("live_migration", lambda s: s.world[HOST].update({"capability.vmotionSupported": False}), NO, "cannot"),
    (
        "live_migration",
        lambda s: s.world[HOST]["config.virtualNicManagerInfo.netConfig"].pop(1),
        PARTLY,
        "no VMkernel interface",
    ),
    ("live_migration", lambda s: s.world[SERVICE].update({"content.about.apiType": "HostAgent"}), NO, "a host alone"),
    ("tpm", lambda s: s.world[SERVICE].update({"content.about.apiType": "HostAgent"}), NO, "vCenter"),
    ("tpm", lambda s: s.answers_.update({"ListKmsClusters": []}), PARTLY, "no key provider"),
    (
        "gpu_passthrough",
        host_pci(0, passthruActive="false"),
        PARTLY,
        GPU,
    ),
    ("gpu_passthrough", lambda s: s.world[HOST].update({"config.sharedPassthruGpuTypes": ["t4-4q"]}), YES, "t4-4q"),
    ("gpu_passthrough", lambda s: s.world[HOST]["hardware.pciDevice"].pop(0), NO, "no graphics card"),
    (
        "sriov",
        host_pci(1, sriovActive="false"),
        PARTLY,
        "number is set",
    ),
    ("sriov", lambda s: s.world[HOST]["config.pciPassthruInfo"].pop(1), NO, "no device with virtual functions"),
    (
        "thin_provisioning",
        lambda s: s.world[STORES[1]].update({"capability.perFileThinProvisioningSupported": False}),
        PARTLY,
        "not on nfs",
    ),
    ("memory_encryption", lambda s: s.world[HOST].update({"hardware.sevInfo.sevState": "uninitialized"}), NO, "SEV"),
    ("memory_encryption", lambda s: s.world[HOST].pop("hardware.sevInfo.sevState"), UNKNOWN, "neither"),
    ("health", lambda s: s.world[HOST].update(overallStatus="gray"), UNKNOWN, "gray"),
    ("numa", lambda s: s.world[HOST].update({"hardware.numaInfo.numNodes": 1}), NO, "one node"),
    ("numa", lambda s: s.world[HOST].update({"hardware.numaInfo.numNodes": 0}), UNKNOWN, "0 NUMA nodes"),
    ("nested_virt", lambda s: s.world[HOST].update({"capability.nestedHVSupported": False}), NO, "firmware"),
    (
        "cpu_pinning",
        lambda s: s.world[CLUSTER].update({"configurationEx.drsConfig.defaultVmBehavior": "manual"}),
        YES,
        "processors",
    ),
    ("page_dedup", lambda s: s.answers_["QueryOptions"][4].update(value=0), YES, "between all machines"),
    ("page_dedup", lambda s: s.answers_["QueryOptions"][3].update(value=0), NO, "not looked through"),
    ("memory_compression", lambda s: s.answers_["QueryOptions"][2].update(value=0), NO, "switched off"),
    ("memory_compression", lambda s: s.answers_["QueryOptions"].pop(2), UNKNOWN, "no option Mem.MemZipEnable"),
    ("dpdk", lambda s: s.world[HOST]["config.network.proxySwitch"][0].update(ensEnabled="false"), NO, "dvs-a"),
    ("dpdk", lambda s: s.world[HOST]["config.network.proxySwitch"][0].pop("ensEnabled"), UNKNOWN, "does not tell"),
    ("dpdk", lambda s: s.world[HOST].pop("config.network.proxySwitch"), NO, "no distributed switch"),
    (
        "offloads",
        lambda s: s.world[HOST].update({TSO: False}),
        PARTLY,
        "checks",
    ),
    (
        "metrics",
        load(currentSupported="false"),
        PARTLY,
        "averages",
    ),
    (
        "nvme",
        lambda s: s.answers_["QueryConfigOptionEx"][0]["hardwareOptions"]["virtualDeviceOption"].pop(1),
        NO,
        "no NVMe",
    ),
    ("nvme", lambda s: s.answers_["QueryConfigOptionEx"][0].pop("hardwareOptions"), UNKNOWN, "does not tell"),
]


@pytest.mark.parametrize(("slug", "edit", "value", "words"), HOSTS)
def test_a_host_that_is_otherwise(server: MadeServer, slug: str, edit: Edit, value: Answer, words: str) -> None:
    edit(server)
    fact = server.probe(HOST_SCOPE)[slug]
    assert (fact.value, words in fact.reason) == (value, True), fact


def test_under_the_free_licence_of_a_lone_host_nothing_can_be_changed(server: MadeServer) -> None:
    server.world[SERVICE]["content.about.apiType"] = "HostAgent"
    server.world[LICENCES]["licenses"][0]["editionKey"] = "esxBasic"
    fact = server.probe(HOST_SCOPE)["lifecycle"]
    assert (fact.value, "RestrictedVersion" in fact.reason) == (NO, True)
    assert "SECRET" not in repr(fact)


def of_host(kind: str = "VirtualPCIPassthroughDeviceBackingInfo", address: str = GPU) -> dict[str, Any]:
    return device("VirtualPCIPassthrough", 13000, backing={"_type": kind, "id": address, "vgpu": "t4-4q"})


def devices(server: MadeServer) -> list[dict[str, Any]]:
    return server.world[VM]["config.hardware.device"]


MACHINES: list[tuple[str, Edit, Answer, str]] = [
    ("lifecycle", lambda s: setattr(s, "granted", False), NO, "lacks"),
    ("lifecycle", lambda s: s.world[VM].update({"runtime.question": {"id": "1"}}), PARTLY, "question"),
    ("lifecycle", lambda s: s.world[VM].update({"runtime.connectionState": "orphaned"}), UNKNOWN, "orphaned"),
    ("live_migration", lambda s: devices(s).append(of_host()), NO, f"({GPU}) is attached"),
    ("live_migration", lambda s: devices(s).append(device("VirtualSriovEthernetCard", 4001)), NO, "is attached"),
    (
        "live_migration",
        lambda s: devices(s).append(of_host("VirtualPCIPassthroughVmiopBackingInfo")),
        PARTLY,
        "same vGPU profile",
    ),
    ("live_migration", lambda s: devices(s)[0].update(sharedBus="physicalSharing"), NO, "shares its bus"),
    ("live_migration", lambda s: s.world[VM].update({"runtime.powerState": "poweredOff"}), PARTLY, "once it runs"),
    ("live_migration", lambda s: s.world[VM]["disabledMethod"].append("MigrateVM_Task"), NO, "disabled"),
    (
        "live_migration",
        lambda s: devices(s).append(
            device(
                "VirtualCdrom", 3000,
                backing={"_type": "VirtualCdromAtapiBackingInfo"}, connectable={"connected": "true"},
            )
        ),
        PARTLY,
        "disconnected",
    ),
    ("snapshots", lambda s: s.world[VM].update({"config.flags.snapshotDisabled": True}), NO, "switched off"),
    ("snapshots", lambda s: devices(s)[1]["backing"].update(diskMode="independent_persistent"), NO, "independent"),
    ("snapshots", lambda s: devices(s).append(of_host()), PARTLY, "memory cannot be kept"),
    ("cpu_hotplug", lambda s: s.world[VM].update({"config.cpuHotAddEnabled": False}), NO, "switched off"),
    ("memory_hotplug", lambda s: s.world[VM].update({"config.hotPlugMemoryLimit": 8192}), NO, "8192 MiB"),
    ("thin_provisioning", lambda s: devices(s)[1]["backing"].update(thinProvisioned="false"), NO, "scsi0:0"),
    ("thin_provisioning", lambda s: devices(s)[1]["backing"].pop("thinProvisioned"), UNKNOWN, "scsi0:0"),
    (
        "live_storage_migration",
        lambda s: devices(s)[1]["backing"].update(_type="VirtualDiskRawDiskMappingVer1BackingInfo"),
        PARTLY,
        "LUN",
    ),
    ("incremental_backup", lambda s: s.world[VM].update({"config.changeTrackingEnabled": False}), PARTLY, "off"),
    ("secure_boot", lambda s: s.world[VM].update({"config.firmware": "bios"}), NO, "BIOS"),
    ("tpm", lambda s: devices(s).pop(3), NO, "without"),
    ("memory_encryption", lambda s: s.world[VM].update({"config.sevEnabled": False}), NO, "without"),
    ("metrics", lambda s: s.world[VM].update({"runtime.powerState": "poweredOff"}), PARTLY, "that run"),
    ("cpu_pinning", lambda s: s.world[VM].pop("config.cpuAffinity"), NO, "room"),
    ("numa", lambda s: s.world[VM]["config.extraConfig"].pop(0), NO, "chooses"),
    ("overcommit", lambda s: s.world[VM].update({"config.memoryAllocation.reservation": 8192}), NO, "reserved"),
    ("overcommit", lambda s: s.world[VM].update({"config.memoryAllocation.reservation": 512}), PARTLY, "512 of its"),
    ("ballooning", lambda s: s.world[VM].update({"config.memoryReservationLockedToMax": True}), NO, "nothing to take"),
    ("ballooning", lambda s: s.world[VM].update({"guest.toolsRunningStatus": "guestToolsNotRunning"}), PARTLY, "tools"),
    (
        "page_dedup",
        lambda s: s.world[VM]["config.extraConfig"].append({"key": "sched.mem.pshare.enable", "value": "FALSE"}),
        NO,
        "not shared",
    ),
    ("gpu_passthrough", lambda s: devices(s).append(of_host()), YES, "it holds"),
    ("gpu_passthrough", lambda s: devices(s).append(of_host(address=NIC)), PARTLY, "it has none"),
    ("sriov", lambda s: devices(s).append(device("VirtualSriovEthernetCard", 4001)), YES, "VirtualSriov"),
    ("dpdk", lambda s: devices(s)[2].update(_type="VirtualE1000e"), NO, "vmxnet3"),
    ("multiqueue", lambda s: s.world[VM].update({"config.hardware.numCPU": 1}), NO, "one queue"),
    ("offloads", lambda s: devices(s)[2].update(_type="VirtualE1000e"), PARTLY, "emulated"),
    ("nvme", lambda s: devices(s).pop(4), NO, "no NVMe"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "edit", "value", "words"), MACHINES)
def test_a_machine_that_is_otherwise(server: MadeServer, slug: str, edit: Edit, value: Answer, words: str) -> None:
    edit(server)
    fact = server.probe(VM_SCOPE)[slug]
    assert (fact.value, words in fact.reason) == (value, True), fact


def test_snapshots_are_counted_through_the_whole_tree(server: MadeServer) -> None:
    child = {"snapshot": "s", "childSnapshotList": [{"snapshot": "a"}, {"snapshot": "b"}]}
    server.world[VM]["snapshot"] = {"rootSnapshotList": [child]}
    assert server.probe(VM_SCOPE)["snapshots"].note == "has 3"
