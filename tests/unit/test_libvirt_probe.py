"""What a libvirt host's recorded answers say of it, feature by feature; and that a call that fails is never a no."""

from __future__ import annotations

import copy
import random
import re
import xml.etree.ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("libvirt")

from novatui.backends.found import settle
from novatui.backends.libvirt.asking import Asked
from novatui.backends.libvirt.probe_host import HostAnswers
from novatui.backends.libvirt.probe_host_devices import gpu_passthrough, nvme, offloads, sriov
from novatui.backends.libvirt.probe_host_life import thin_provisioning
from novatui.backends.libvirt.probing import Probe
from novatui.core.capabilities import Answer, Evidence, Fact
from novatui.core.errors import NotFound, NotSupported, Unreachable
from novatui.core.features import FEATURES
from novatui.core.states import Family
from tests.support_matrix import declared
from tests.unit.libvirt_probed import BROKEN, EVERYTHING, LOST, UNSUPPORTED, UUID, ProbedHost, functions, net, pci

SLUGS = [feature.slug for feature in FEATURES]
YES, PARTLY, NO, UNKNOWN = Answer.YES, Answer.PARTLY, Answer.NO, Answer.UNKNOWN
REGISTERED = {"LIFECYCLE": Asked(3, Evidence(kind="asked", call="virConnectDomainEventRegisterAny", at=1.0, ms=1.0))}

GPU, NIC, NVME = 0x030000, 0x020000, 0x010802
CARD = "0000:65:00.0"
VFIO = ("<enum name='pciBackend'/>", "<enum name='pciBackend'><value>default</value><value>vfio</value></enum>")
IOMMU = ("<iommu support='no'/>", "<iommu support='yes'/>")


def facts(host: ProbedHost, scope: str = "", holders: dict[str, str] | None = None) -> dict[str, Fact]:
    probe = Probe(host, REGISTERED, {} if holders is None else holders)  # type: ignore[arg-type]
    found = probe.machine(scope, scope.removeprefix("vm:")) if scope.startswith("vm:") else probe.host(scope)
    assert [fact.feature for fact in found] == SLUGS
    assert {fact.scope for fact in found} == {scope}
    assert all(fact.proven for fact in found)
    return {fact.feature: fact for fact in found}


def machine(host: ProbedHost) -> dict[str, Fact]:
    return facts(host, f"vm:{UUID}")


def edited(domcaps: tuple[tuple[str, str], ...] = (), capabilities: tuple[tuple[str, str], ...] = ()) -> ProbedHost:
    host = ProbedHost()
    for old, new in domcaps:
        assert old in host.domcaps
        host.domcaps, host.domcaps_q35 = host.domcaps.replace(old, new), host.domcaps_q35.replace(old, new)
    for old, new in capabilities:
        assert old in host.capabilities
        host.capabilities = host.capabilities.replace(old, new)
    return host


def test_the_recorded_host() -> None:
    told = {slug: fact.value for slug, fact in facts(ProbedHost()).items()}
    assert told == {
        **dict.fromkeys(SLUGS, YES),
        **dict.fromkeys(("snapshots", "thin_provisioning", "tpm", "health", "numa"), PARTLY),
        **dict.fromkeys(("huge_pages", "page_dedup", "dpdk"), PARTLY),
        **dict.fromkeys(("gpu_passthrough", "sriov", "secure_boot", "memory_encryption", "nvme"), NO),
        "memory_compression": UNKNOWN,
    }


def test_each_call_goes_out_once_however_many_features_want_it() -> None:
    host = ProbedHost()
    host.pools = {"images": "<pool type='dir'/>"}
    facts(host)
    assert host.calls["virConnectGetDomainCapabilities"] == 2, "of the usual machine type, and of q35"
    assert {call for call, times in host.calls.items() if times > 1} == {"virConnectGetDomainCapabilities"}


def test_what_is_decided_in_the_answer_is_its_excerpt() -> None:
    told = facts(ProbedHost())
    assert "passthrough" in told["tpm"].evidence.excerpt  # type: ignore[union-attr]
    assert told["incremental_backup"].evidence.excerpt == '<backup supported="yes" />'  # type: ignore[union-attr]
    assert told["secure_boot"].evidence.args == "NULL, NULL, 'q35', NULL, 0"  # type: ignore[union-attr]


# --- answers that differ

TPM2 = (
    "<value>passthrough</value>\n      </enum>\n    </tpm>",
    "<value>emulator</value></enum><enum name='backendVersion'><value>1.2</value><value>2.0</value></enum></tpm>",
)


@pytest.mark.parametrize(
    ("slug", "domcaps", "value", "words"),
    [
        ("tpm", TPM2, YES, "swtpm"),
        ("tpm", ("<tpm supported='yes'>", "<tpm supported='no'>"), NO, "no TPM"),
        ("tpm", ("<tpm supported='yes'>", "<tpm>"), UNKNOWN, "TPM"),
        (
            "secure_boot",
            ("<value>no</value>\n      </enum>\n    </loader>", "<value>yes</value></enum></loader>"),
            YES,
            "",
        ),
        ("secure_boot", ("<enum name='secure'>", "<enum name='other'>"), UNKNOWN, "secure boot"),
        ("memory_encryption", ("<sev supported='no'/>", "<sev supported='yes'/>"), YES, "SEV"),
        ("memory_encryption", ("<sev supported='no'/>", ""), UNKNOWN, "encrypted"),
        ("incremental_backup", ("<backup supported='yes'/>", "<backup supported='no'/>"), NO, "no incremental"),
        ("incremental_backup", ("<backup supported='yes'/>", ""), UNKNOWN, "says nothing"),
        ("cpu_hotplug", ("<vcpu max='255'/>", "<vcpu max='1'/>"), NO, "one vCPU"),
        ("cpu_hotplug", ("<arch>x86_64</arch>", "<arch>riscv64</arch>"), UNKNOWN, "riscv64"),
        ("memory_hotplug", ("<arch>x86_64</arch>", "<arch>riscv64</arch>"), UNKNOWN, "riscv64"),
        ("nested_virt", ("<arch>x86_64</arch>", "<arch>aarch64</arch>"), UNKNOWN, "aarch64"),
        ("nested_virt", ("<mode name='host-model' supported='yes'>", "<mode name='other'>"), UNKNOWN, "no processor"),
        ("multiqueue", ("<value>virtio</value>\n        <value>usb", "<value>usb"), NO, "no virtio"),
        ("dpdk", ("<value>memfd</value>", ""), PARTLY, "vhost-user"),
    ],
)
def test_domain_capabilities(slug: str, domcaps: tuple[str, str], value: Answer, words: str) -> None:
    fact = facts(edited((domcaps,)))[slug]
    assert fact.value is value, fact
    assert words in f"{fact.reason} {fact.note}"


def test_newer_capabilities_name_the_kinds_of_encryption() -> None:
    values = "<enum name='sectype'><value>sev-snp</value><value>tdx</value></enum>"
    kinds = f"<launchSecurity supported='yes'>{values}</launchSecurity>"
    fact = facts(edited((("</domainCapabilities>", f"{kinds}</domainCapabilities>"),)))["memory_encryption"]
    assert (fact.value, fact.reason) == (YES, "SEV-SNP, TDX")


@pytest.mark.parametrize(
    ("slug", "change", "value", "words"),
    [
        ("live_migration", ("<live/>", ""), NO, "no live migration"),
        ("live_storage_migration", ("<live/>", ""), PARTLY, "this host alone"),
        ("lifecycle", ("<domain type='qemu'/>", "<domain type='qemu'/><domain type='kvm'/>"), YES, "kvm"),
        ("snapshots", ("<disksnapshot ", "<externalSnapshot/><disksnapshot "), YES, "goes back"),
        ("snapshots", ("<disksnapshot default='on'", "<disksnapshot default='off'"), PARTLY, "inside"),
        ("snapshots", ("<disksnapshot default='on' toggle='no'/>", ""), UNKNOWN, "nothing of snapshots"),
        ("huge_pages", ("<pages unit='KiB' size='2048'>0<", "<pages unit='KiB' size='2048'>512<"), YES, "3 free"),
        (
            "huge_pages",
            ("<pages unit='KiB' size='1048576'>0<", "<pages unit='KiB' size='1048576'>4<"),
            YES,
            "4 of 1.0G",
        ),
        ("numa", ("</cells>", "<cell id='1'><memory unit='KiB'>1024</memory></cell></cells>"), YES, "node 1"),
        ("numa", ("<cells num", "<cell num"), UNKNOWN, "nothing of nodes"),
    ],
)
def test_capabilities(slug: str, change: tuple[str, str], value: Answer, words: str) -> None:
    host = ProbedHost()
    assert change[0] in host.capabilities
    host.capabilities = host.capabilities.replace(*change)
    if slug == "numa" and value is UNKNOWN:
        host.capabilities = host.capabilities.replace("</cells>", "</cell>")
    fact = facts(host)[slug]
    assert fact.value is value, fact
    assert words in f"{fact.reason} {fact.note}"


def test_kvm_without_nesting() -> None:
    host = ProbedHost()
    host.processor = "<cpu><feature policy='disable' name='svm'/><feature policy='require' name='avx'/></cpu>"
    assert facts(host)["nested_virt"].value is NO


@pytest.mark.parametrize(
    ("merging", "value", "words"),
    [
        ({"shm_pages_sharing": 512, "shm_full_scans": 9}, YES, "2.0M"),
        ({"shm_pages_sharing": 0, "shm_full_scans": 9}, PARTLY, "nothing to merge"),
        ({"shm_pages_sharing": 0, "shm_full_scans": 0}, PARTLY, "switched on"),
        ({}, UNKNOWN, "no page merging"),
    ],
)
def test_page_merging(merging: dict[str, int], value: Answer, words: str) -> None:
    host = ProbedHost()
    host.merging = merging
    fact = facts(host)["page_dedup"]
    assert (fact.value, words in fact.reason) == (value, True), fact


def test_statistics_that_the_driver_does_not_have() -> None:
    host = ProbedHost()
    host.failing["virConnectGetAllDomainStats"] = NotSupported("no", code="74", native="Stats types bits 0x3e")
    assert facts(host)["metrics"].value is PARTLY
    host.failing["virConnectGetAllDomainStats"] = UNSUPPORTED
    assert facts(host)["metrics"].value is UNKNOWN


@pytest.mark.parametrize(
    ("pools", "value", "note"),
    [
        ({"images": "<pool type='dir'/>"}, YES, "1/1"),
        ({"images": "<pool type='dir'/>", "lvm": "<pool type='logical'/>"}, PARTLY, "1/2"),
        ({"lvm": "<pool type='logical'/>"}, NO, "0/1"),
        ({}, PARTLY, "no pool"),
    ],
)
def test_pools(pools: dict[str, str], value: Answer, note: str) -> None:
    host = ProbedHost()
    host.pools = pools
    fact = facts(host)["thin_provisioning"]
    assert (fact.value, fact.note) == (value, note)


# --- devices


def test_a_graphics_card_needs_iommu_and_vfio() -> None:
    host = ProbedHost()
    host.nodes.append(pci(CARD, GPU, name="A2"))
    fact = facts(host)["gpu_passthrough"]
    assert (fact.value, fact.note) == (PARTLY, "1/1")
    assert "IOMMU" in fact.reason
    assert fact.evidence is not None
    assert fact.evidence.call == "virConnectGetCapabilities"
    host.capabilities = host.capabilities.replace(*IOMMU)
    assert "vfio-pci" in facts(host)["gpu_passthrough"].reason
    host.domcaps = host.domcaps.replace(*VFIO)
    given = facts(host, holders={CARD: "vm:1"})["gpu_passthrough"]
    assert (given.value, given.note) == (YES, "0/1")
    assert {each.call for each in given.more} >= {"virConnectListAllNodeDevices", "virNodeDeviceGetXMLDesc"}


def test_vgpus_that_can_be_made_are_named() -> None:
    types = (
        "<capability type='mdev_types'><type id='nvidia-1'><name>A2-4Q</name><availableInstances>2</availableInstances>"
        "</type><type id='nvidia-2'><name>A2-8Q</name><availableInstances>0</availableInstances></type></capability>"
    )
    host = ProbedHost()
    host.nodes.append(pci(CARD, GPU, types))
    reason = facts(host)["gpu_passthrough"].reason
    assert "A2-4Q × 2" in reason
    assert "A2-8Q" not in reason


def test_virtual_functions() -> None:
    host = ProbedHost()
    host.capabilities, host.domcaps = host.capabilities.replace(*IOMMU), host.domcaps.replace(*VFIO)
    host.nodes.append(pci("0000:3b:00.0", NIC, functions(8)))
    none = facts(host)["sriov"]
    assert (none.value, none.note) == (PARTLY, "0/8")
    assert "sriov_numvfs" in none.reason
    host.nodes[-1] = pci("0000:3b:00.0", NIC, functions(8, "0000:3b:00.1", "0000:3b:00.2"))
    host.networks["pool"] = "<network><name>pool</name><forward mode='hostdev'/></network>"
    made = facts(host, holders={"0000:3b:00.1": "vm:1"})["sriov"]
    assert (made.value, made.note) == (YES, "1/2")
    assert "network pool" in made.reason


def test_nvme_given_and_emulated() -> None:
    host = ProbedHost()
    host.capabilities, host.domcaps = host.capabilities.replace(*IOMMU), host.domcaps.replace(*VFIO)
    host.nodes.append(pci("0000:04:00.0", NVME))
    assert facts(host)["nvme"].value is YES
    emulated = edited((("<value>sata</value>", "<value>sata</value><value>nvme</value>"),))
    assert facts(emulated)["nvme"].note == "emulated"


def test_offloads_interface_by_interface() -> None:
    host = ProbedHost()
    host.nodes.append(net("eth1"))
    fact = facts(host)["offloads"]
    assert (fact.value, fact.note) == (PARTLY, "1/2")
    assert "eth1" in fact.reason
    host.nodes = [net("eth1")]
    assert facts(host)["offloads"].value is UNKNOWN


def test_a_device_that_cannot_be_read_makes_no_no() -> None:
    host = ProbedHost()
    host.nodes.append("<device><name>pci_odd</name>")
    fact = facts(host)["gpu_passthrough"]
    assert fact.value is UNKNOWN
    assert "1 more could not be read" in fact.reason


def test_what_there_is_no_time_for_is_said_and_makes_no_no() -> None:
    host = ProbedHost()
    host.nodes += [pci("0000:3b:00.0", NIC, functions(8)), pci(CARD, GPU)]
    host.pools = {"images": "<pool type='dir'/>"}
    answers = HostAnswers(host, {})  # type: ignore[arg-type]
    answers.patience = 0.0
    for find in (gpu_passthrough, sriov, nvme, offloads, thin_provisioning):
        found = settle(lambda find=find: find(answers))
        assert found.value is UNKNOWN
    assert "3 more could not be read" in settle(lambda: sriov(answers)).reason
    assert host.calls["virNodeDeviceGetXMLDesc"] == 0


def test_another_driver_of_libvirt_is_not_told_by_the_documentation_of_qemu() -> None:
    host = ProbedHost()
    host.kind = "LXC"
    told = facts(host)
    assert {told[slug].value for slug in ("ballooning", "cpu_pinning", "overcommit", "dpdk", "multiqueue")} == {UNKNOWN}
    assert "LXC" in told["ballooning"].reason


def test_an_older_version_than_what_documents_it() -> None:
    host = ProbedHost()
    host.version = 1_002_000
    assert facts(host)["memory_hotplug"].value is UNKNOWN


def test_the_declaration_of_quality_names_the_calls_that_decide() -> None:
    lines = declared(Family.LIBVIRT)
    assert list(lines) == SLUGS
    for scope in ("", f"vm:{UUID}"):
        for slug, fact in facts(ProbedHost(EVERYTHING), scope).items():
            evidence, line = fact.evidence, lines[slug]
            assert evidence is not None
            if evidence.kind == "asked":
                assert evidence.call in line.by, (slug, scope)
            if not scope:
                assert {"asked": "done", "declared": "declared"}[evidence.kind] == line.status, slug


# --- failures

CALLS = sorted({
    each.call for scope in ("", f"vm:{UUID}") for fact in facts(ProbedHost(EVERYTHING), scope).values()
    for each in (fact.evidence, *fact.more) if each is not None and each.kind == "asked"
} - {"virConnectDomainEventRegisterAny"})  # fmt: skip


@pytest.mark.parametrize("failure", [BROKEN, UNSUPPORTED], ids=["broken", "unsupported"])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("scope", ["", f"vm:{UUID}"], ids=["host", "machine"])
def test_a_call_that_fails_leaves_unknown_what_it_decides_and_nothing_else(
    scope: str, call: str, failure: Exception
) -> None:
    def told(*failing: str) -> dict[str, Fact]:
        host = ProbedHost(EVERYTHING)
        host.nodes.append(pci("0000:65:00.0", GPU))
        host.failing = dict.fromkeys(failing, failure)
        return facts(host, scope)

    before, after = told(), told(call)
    for slug, fact in before.items():
        others = {each.call for each in fact.more}
        if fact.evidence is not None and fact.evidence.call == call:
            assert after[slug].value is UNKNOWN, after[slug]
            assert call in after[slug].reason
        elif call in others:
            assert after[slug].value in {fact.value, UNKNOWN}
        elif call == "virDomainLookupByUUIDString":
            assert after[slug].value is UNKNOWN
        else:
            assert _timeless(after[slug]) == _timeless(fact)


def _timeless(fact: Fact) -> Fact:
    def still(evidence: Evidence | None) -> Evidence | None:
        return None if evidence is None else msgspec.structs.replace(evidence, at=None, ms=None)

    more = tuple(each for each in map(still, fact.more) if each is not None)
    return msgspec.structs.replace(fact, evidence=still(fact.evidence), more=more)


def test_a_lost_link_raises() -> None:
    host = ProbedHost()
    host.failing["virConnectGetCapabilities"] = LOST
    with pytest.raises(Unreachable):
        facts(host)


def test_no_such_machine() -> None:
    with pytest.raises(NotFound):
        facts(ProbedHost(), "vm:5eed0000-0000-4000-8000-00000000dead")


def test_events_are_unknown_before_they_are_registered_and_when_libvirt_refused() -> None:
    host = ProbedHost()
    unasked = {each.feature: each for each in Probe(host, {}, None).host("")}  # type: ignore[arg-type]
    assert unasked["events"].value is UNKNOWN
    refused = {"LIFECYCLE": msgspec.structs.replace(REGISTERED["LIFECYCLE"], value=None, failure=BROKEN.failure)}
    told = {each.feature: each for each in Probe(host, refused, None).host("")}  # type: ignore[arg-type]
    assert told["events"].value is UNKNOWN
    assert "it broke" in told["events"].reason


# --- odd answers


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_odd_answers_never_raise_and_never_lack_evidence(seed: int) -> None:
    dice = random.Random(seed)
    host = ProbedHost(_mangled(EVERYTHING, dice))
    host.capabilities = _mangled(host.capabilities, dice)
    host.domcaps, host.domcaps_q35 = _mangled(host.domcaps, dice), _mangled(host.domcaps_q35, dice)
    host.nodes = [
        _mangled(pci(CARD, GPU, functions(4, "0000:65:00.1")), dice),
        _mangled(net("eth0", "tso"), dice),
        "<device",
    ]
    host.nodes = [each for each in host.nodes if "<name>" in each]
    facts(host)
    machine(host)


def _mangled(text: str, dice: random.Random) -> str:
    root = copy.deepcopy(ET.fromstring(text))
    for parent in list(root.iter()):
        for child in list(parent):
            if dice.random() < 0.05:
                parent.remove(child)
            elif dice.random() < 0.05:
                child.text = dice.choice(["", "-1", "99999999999999999999999", "nan", "é", "0x"])
        for name in list(parent.attrib):
            if dice.random() < 0.05:
                parent.set(name, dice.choice(["", "-1", "9999999999999999999999", "yes", "\u202e"]))
    return ET.tostring(root, encoding="unicode")


def test_titles_of_notes_are_short() -> None:
    for scope in ("", f"vm:{UUID}"):
        long = [fact for fact in facts(ProbedHost(EVERYTHING), scope).values() if len(fact.note) > 13]
        assert long == []
        assert all(not re.search(r"[\n\t]", fact.reason) for fact in facts(ProbedHost(EVERYTHING), scope).values())
