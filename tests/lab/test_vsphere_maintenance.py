"""Hosts of a vCenter taken into maintenance and out of it, on govmomi's simulator, which asks nobody's leave."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.errors import Conflict, NotFound, NotSupported
from novatui.core.operations import Operation, Plan
from novatui.core.verbs import VERBS
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, finish
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

HOST = "DC0_H0"
MEMBER = "DC0_C0_H0"


@pytest.fixture
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=2, standalone=1, machines=1, pools=0)) as one:
        yield one


@pytest.fixture
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def plan(probe: Probe, verb: str, host: str = HOST, **arguments: str) -> Plan:
    key = probe.sink.key_of(host, "host")
    found: Plan = probe.driver.plan_host(Operation(verb=verb, key=key, arguments=arguments))
    return found


def run(probe: Probe, found: Plan) -> None:
    for call in found.calls:
        probe.driver.invoke(call, {})


def seen_by_others(server: Vcsim, host: str = HOST) -> bool:
    with client_of(server) as service:
        return bool(change.found(service, vim.HostSystem, host).runtime.inMaintenanceMode)


def switch_off_all(server: Vcsim, host: str) -> None:
    with client_of(server) as service:
        for machine in change.found(service, vim.HostSystem, host).vm:
            if machine.runtime.powerState == "poweredOn":
                finish(machine.PowerOffVM_Task())


def test_machines_that_run_there_are_named_and_nothing_is_sent(server: Vcsim, probe: Probe) -> None:
    with pytest.raises(Conflict) as refused:
        plan(probe, "host.maintenance")
    failure = refused.value.failure
    assert "DC0_H0_VM0" in failure.message
    assert "evacuate" in failure.hint
    assert not seen_by_others(server)


def test_into_maintenance_and_out_as_every_client_sees(server: Vcsim, probe: Probe) -> None:
    switch_off_all(server, HOST)
    found = plan(probe, "host.maintenance", off="yes")
    (call,) = found.calls
    assert (call.verb, call.long) == ("EnterMaintenanceMode_Task", True)
    assert (call.args["timeout"], call.args["evacuatePoweredOffVms"]) == (0, True)
    run(probe, found)
    assert seen_by_others(server)
    key = probe.sink.key_of(HOST, "host")
    probe.driver.refresh([key])  # this simulator sends no update of it
    assert probe.sink.objects[key]["maintenance"] is True
    with pytest.raises(Conflict):
        plan(probe, "host.maintenance")
    assert found.inverse is not None
    back: Plan = probe.driver.plan_host(found.inverse)
    run(probe, back)
    assert not seen_by_others(server)
    with pytest.raises(Conflict):
        plan(probe, "host.return")


def test_machines_that_are_off_stay_and_that_is_said(server: Vcsim, probe: Probe) -> None:
    switch_off_all(server, HOST)
    found = plan(probe, "host.maintenance")
    assert "evacuatePoweredOffVms" not in found.calls[0].args
    assert any("cannot be started meanwhile" in said for said in found.warnings)


def test_vsan_is_asked_for_only_where_there_is_one(server: Vcsim, probe: Probe) -> None:
    switch_off_all(server, HOST)
    with pytest.raises(NotSupported):
        plan(probe, "host.maintenance", data="all")


def test_it_is_offered_and_only_of_hosts(probe: Probe) -> None:
    assert {"host.maintenance", "host.return"} <= probe.driver.offers()
    assert VERBS["host.maintenance"].admin
    cluster = probe.sink.key_of("DC0_C0", "cluster")
    with pytest.raises(NotFound):
        probe.driver.plan_host(Operation(verb="host.maintenance", key=cluster))


def test_a_recommendation_that_is_none_is_not_found(probe: Probe) -> None:
    cluster = probe.sink.key_of("DC0_C0", "cluster")
    with pytest.raises(NotFound) as refused:
        probe.driver.plan_cluster(Operation(verb="cluster.apply", key=cluster, arguments={"recommendation": "41"}))
    assert "recommends nothing now" in refused.value.failure.meaning
