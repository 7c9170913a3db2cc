"""What a simulated vCenter can do, as another client reads it; and what each call that went out bears."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.capabilities import Answer, Evidence, Fact
from novatui.core.errors import Denied, NotFound, Unreachable
from novatui.core.features import FEATURE
from novatui.core.hostdiff import diff
from novatui.core.hostprofile import Section
from novatui.core.posture_rules import RULES
from novatui.core.states import Kind
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, everything
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

HOST, MACHINE = "DC0_C0_H0", "DC0_C0_RP0_VM0"
UNKNOWN = Answer.UNKNOWN


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=2, standalone=1, machines=2)) as one:
        yield one


@pytest.fixture
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def scopes(probe: Probe) -> list[str]:
    return ["", probe.sink.key_of(HOST, "host"), probe.sink.key_of(MACHINE, "vm")]


def told(probe: Probe, scope: str) -> dict[str, Fact]:
    return {fact.feature: fact for fact in probe.driver.probe(scope)}


def asked(facts: dict[str, Fact]) -> set[tuple[str, str]]:
    every = [each for fact in facts.values() for each in (fact.evidence, *fact.more)]
    return {(each.call, each.args) for each in every if isinstance(each, Evidence) and each.kind == "asked"}


def test_every_feature_is_answered_with_proof_by_calls_that_went_out(probe: Probe) -> None:
    for scope in scopes(probe):
        before = dict(probe.sink.counts)
        facts = told(probe, scope)
        assert list(facts) == list(FEATURE)
        assert all(fact.proven for fact in facts.values())
        for call in {call for call, _ in asked(facts)}:
            went_out = probe.sink.counts.get(call, 0) - before.get(call, 0)
            assert went_out >= len([1 for each, _ in asked(facts) if each == call]), call


@pytest.mark.parametrize(
    "call", ["HasUserPrivilegeOnEntities", "QueryConfigOptionEx", "QueryOptions", "QueryPerfProviderSummary"]
)
def test_a_call_that_fails_turns_what_it_decides_to_unknown_and_nothing_else(
    probe: Probe, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for scope in scopes(probe):
        whole = told(probe, scope)
        bearing = {slug for slug, fact in whole.items() if fact.evidence is not None and fact.evidence.call == call}
        passes = probe.sink.call

        def refused(name: str, passes: object = passes) -> None:
            if name == call:
                raise Denied("refused for a test", code="NoPermission")
            passes(name)  # type: ignore[operator]

        with monkeypatch.context() as patch:
            patch.setattr(probe.sink, "call", refused)
            broken = told(probe, scope)
        for slug in FEATURE:
            if slug in bearing:
                assert broken[slug].value is UNKNOWN
            else:
                assert broken[slug].value is whole[slug].value
        for slug in bearing:
            assert "refused for a test" in broken[slug].reason


def test_a_host_can_do_what_another_client_reads_of_it(server: Vcsim, probe: Probe) -> None:
    key = probe.sink.key_of(HOST, "host")
    facts = told(probe, key)
    with client_of(server) as service:
        hosts = everything(service, vim.HostSystem, ("name", "capability", "overallStatus", "config", "hardware"))
        read = next(each for each in hosts.values() if each["name"] == HOST)
        assert facts["health"].note == read["overallStatus"]
        capability = read.get("capability")
        if capability is None or capability.vmotionSupported is None:
            assert facts["live_migration"].value is UNKNOWN
        offload = read["config"].offloadCapabilities
        assert (facts["offloads"].value is Answer.YES) == (offload.csumOffload and offload.tcpSegmentation)
        assert (facts["numa"].value is Answer.NO) == (read["hardware"].numaInfo.numNodes == 1)
        cards = [one for one in read["hardware"].pciDevice if one.classId >> 8 == 3]
        assert cards
        assert cards[0].deviceName in facts["gpu_passthrough"].reason
        being = vim.HostSystem(key.partition(":")[2], service._stub)
        provider = service.content.perfManager.QueryPerfProviderSummary(being)
        assert facts["metrics"].note == f"{provider.refreshRate} s"


def test_a_machine_has_what_another_client_reads_of_it(server: Vcsim, probe: Probe) -> None:
    facts = told(probe, probe.sink.key_of(MACHINE, "vm"))
    with client_of(server) as service:
        vm = change.machine(service, MACHINE)
        disks = [one for one in vm.config.hardware.device if isinstance(one, vim.vm.device.VirtualDisk)]
        thin = [one for one in disks if one.backing.thinProvisioned]
        assert facts["thin_provisioning"].note == f"{len(thin)}/{len(disks)}"
        assert facts["lifecycle"].note == vm.runtime.powerState
        assert facts["health"].note == vm.overallStatus
        assert facts["cpu_hotplug"].note == f"{vm.config.hardware.numCPU} vCPUs"
        assert (facts["cpu_hotplug"].value is Answer.YES) == bool(vm.config.cpuHotAddEnabled)
        assert (facts["secure_boot"].note == "BIOS") == (vm.config.firmware == "bios")
        assert (facts["snapshots"].value is Answer.NO) == (not vm.capability.snapshotOperationsSupported)


def test_the_connection_gathers_its_hosts(probe: Probe) -> None:
    facts = told(probe, "")
    assert {facts[slug].note for slug in ("health", "metrics", "offloads")} == {"3/3"}


def test_a_lone_host_is_told_apart_from_a_vcenter() -> None:
    with or_skip(lambda: Vcsim(esx=True)) as server, connected(server) as probe:
        facts = told(probe, "")
        about = facts["events"].more
        assert any("ServiceInstance" in each.args for each in about)
        assert facts["lifecycle"].value in (Answer.YES, Answer.PARTLY)
        assert any(each.args.startswith("LicenseManager") for each in facts["lifecycle"].more)


def test_what_is_not_there_is_not_found(probe: Probe) -> None:
    for scope in ("host:nowhere", "vm:vm-999999", "not a key"):
        with pytest.raises(NotFound):
            probe.driver.probe(scope)


def test_a_lost_server_answers_nothing() -> None:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=0, standalone=1, machines=1)) as one, connected(one) as probe:
        one.stop()
        with pytest.raises(Unreachable):
            probe.driver.probe("")


def test_a_profile_says_what_another_client_reads(server: Vcsim, probe: Probe) -> None:
    key = probe.sink.key_of(HOST, "host")
    profile = probe.driver.profile(key)
    assert [part.section for part in profile.parts] == list(Section)
    assert all(part.items is not None or part.reason for part in profile.parts)
    told = {item.name: item.value for part in profile.parts for item in part.items or ()}
    with client_of(server) as service:
        host = vim.HostSystem(key.partition(":")[2], service._stub)
        assert told["logical processors"] == str(host.summary.hardware.numCpuThreads)
        assert told["model"] == host.summary.hardware.cpuModel
        assert host.config.product.build in (told["ESXi"] or "")
        assert {one.name for one in host.datastore} <= told.keys()
        kernel = {one.portgroup for one in host.config.network.vnic}
        assert {one.spec.name for one in host.config.network.portgroup} - kernel <= told.keys()
    assert not diff(profile, probe.driver.profile(key)).different


def test_machines_and_hosts_are_judged_by_every_rule_about_them(probe: Probe) -> None:
    for name, kind in ((HOST, Kind.HOST), (MACHINE, Kind.VM)):
        posture = probe.driver.posture(probe.sink.key_of(name, kind.value))
        assert {each.rule for each in posture.findings} == {rule.slug for rule in RULES if rule.about is kind}
        assert all(each.evidence for each in posture.findings)
    with pytest.raises(NotFound):
        probe.driver.posture("vm:vm-999999")
