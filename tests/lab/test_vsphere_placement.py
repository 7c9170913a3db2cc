"""Where machines of a vCenter can run, by the driver against govmomi's simulator, which has no checks of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.capabilities import Answer
from novatui.core.errors import NotFound
from novatui.core.needs import Needs
from novatui.core.reasons import Fit, Topic
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, finish
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINE = "DC0_C0_RP0_VM0"


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=2, clusters=1, hosts=3, standalone=1, machines=2, pools=0)) as one:
        yield one


@pytest.fixture
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def asked(probe: Probe, host: str) -> tuple[Needs, Fit]:
    """What the machine needs, and how that host meets it."""
    needs = probe.driver.needs(probe.sink.key_of(MACHINE, "vm"))
    (fit,) = probe.driver.fits(needs, [probe.sink.key_of(host, "host")])
    return needs, fit


def answers(fit: Fit, topic: Topic) -> set[Answer]:
    return {check.answer for check in fit.checks if check.topic is topic}


def another(needs: Needs) -> str:
    """A host of its cluster that it is not on."""
    return next(name for name in ("DC0_C0_H0", "DC0_C0_H1") if name != needs.host_name)


def test_what_a_machine_needs_is_what_another_client_sees(server: Vcsim, probe: Probe) -> None:
    needs = probe.driver.needs(probe.sink.key_of(MACHINE, "vm"))
    with client_of(server) as service:
        vm = change.machine(service, MACHINE)
        assert (needs.host_name, needs.host_uuid) == (vm.runtime.host.name, vm.runtime.host.summary.hardware.uuid)
        assert (needs.vm.uuid, needs.product) == (vm.config.uuid, vm.runtime.host.summary.config.product.version)
    assert needs.running
    assert needs.held == ()


def test_a_host_of_its_cluster_has_everything_but_vmotion(probe: Probe) -> None:
    """The simulator's hosts have no interface for vMotion, and it has no checks: both are said."""
    needs = probe.driver.needs(probe.sink.key_of(MACHINE, "vm"))
    _, fit = asked(probe, another(needs))
    for topic in (Topic.PLACE, Topic.HOST, Topic.CPU, Topic.MACHINE, Topic.STORAGE, Topic.NETWORK, Topic.MEMORY):
        assert answers(fit, topic) == {Answer.YES}, topic
    assert [check.topic for check in fit.checks if check.blocks] == [Topic.MIGRATION]
    (open_,) = [check for check in fit.checks if check.topic is Topic.PRODUCT]
    assert (open_.answer, open_.blocking) == (Answer.UNKNOWN, False)
    assert "rests on properties only" in open_.reason
    counts = dict(probe.sink.counts)
    asked(probe, another(needs))
    assert probe.sink.counts["CheckRelocate_Task"] == counts["CheckRelocate_Task"] == 1, "it is not asked again"


def test_another_datacenter_has_neither_store_nor_network(probe: Probe) -> None:
    _, fit = asked(probe, "DC1_C0_H0")
    assert answers(fit, Topic.NETWORK) == {Answer.NO}
    assert any(check.condition for check in fit.checks if check.topic is Topic.STORAGE)
    assert any("root pool of DC1_C0" in check.reason for check in fit.checks)


def test_a_host_in_maintenance_takes_no_machine(server: Vcsim, probe: Probe) -> None:
    with client_of(server) as service:
        host = change.found(service, vim.HostSystem, "DC0_C0_H2")
        finish(host.EnterMaintenanceMode_Task(timeout=0))
        try:
            _, fit = asked(probe, "DC0_C0_H2")
        finally:
            finish(host.ExitMaintenanceMode_Task(timeout=0))
    assert Answer.NO in answers(fit, Topic.HOST)


def test_a_mandatory_rule_of_its_cluster_rules_a_host_out(server: Vcsim, probe: Probe) -> None:
    needs = probe.driver.needs(probe.sink.key_of(MACHINE, "vm"))
    with client_of(server) as service:
        cluster = change.found(service, vim.ClusterComputeResource, "DC0_C0")
        vm = change.machine(service, MACHINE)
        spec = vim.cluster
        finish(
            cluster.ReconfigureComputeResource_Task(
                modify=True,
                spec=spec.ConfigSpecEx(
                    groupSpec=[
                        spec.GroupSpec(operation="add", info=spec.VmGroup(name="vms", vm=[vm])),
                        spec.GroupSpec(operation="add", info=spec.HostGroup(name="licensed", host=[vm.runtime.host])),
                    ],
                    rulesSpec=[
                        spec.RuleSpec(
                            operation="add",
                            info=spec.VmHostRuleInfo(
                                name="licence",
                                enabled=True,
                                mandatory=True,
                                vmGroupName="vms",
                                affineHostGroupName="licensed",
                            ),
                        )
                    ],
                ),
            )
        )
    _, fit = asked(probe, another(needs))
    ruled = [check for check in fit.checks if check.topic is Topic.PRODUCT and check.blocks]
    assert [check.reason for check in ruled] == ["it must run on a host of the group licensed: rule licence"]


def test_the_host_that_it_is_on_and_one_that_is_none(probe: Probe) -> None:
    needs = probe.driver.needs(probe.sink.key_of(MACHINE, "vm"))
    (here,) = probe.driver.fits(needs, [needs.host])
    assert [check.topic for check in here.against] == [Topic.PLACE]
    with pytest.raises(NotFound):
        probe.driver.fits(needs, ["host:nowhere"])
    with pytest.raises(NotFound):
        probe.driver.needs("vm:vm-nowhere")
