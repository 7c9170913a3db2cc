"""Machines of a vCenter moved by the driver, on govmomi's simulator: it moves at once, and checks nothing itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.errors import Conflict, InvalidInput, NotFound, NotSupported, NovaError
from novatui.core.ids import ObjectRef, split_key
from novatui.core.migration import Fidelity
from novatui.core.operations import Operation, Plan
from novatui.core.states import Kind
from novatui.core.tasks import ENDED, Task, TaskState
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, finish
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim
from tests.lab.workspace import wait_until

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINE = "DC0_C0_RP0_VM0"


@pytest.fixture
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=2, clusters=1, hosts=2, standalone=1, machines=1, pools=0)) as one:
        yield one


@pytest.fixture
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def to(probe: Probe, host: str, conn: str = "vc") -> str:
    return str(ObjectRef(conn, Kind.HOST, split_key(probe.sink.key_of(host, "host"))[1]))


def plan(probe: Probe, host: str, verb: str = "migrate.live", **arguments: str) -> Plan:
    target = to(probe, host) if ":" not in host else host
    key = probe.sink.key_of(MACHINE, "vm")
    found: Plan = probe.driver.plan_migrate(Operation(verb=verb, key=key, arguments={"to": target} | arguments))
    return found


def spec(found: Plan) -> dict[str, Any]:
    (call,) = found.calls
    assert (call.verb, call.long) == ("RelocateVM_Task", True)
    form: dict[str, Any] = json.loads(str(call.args["spec"]))
    return {name: value["value"] for name, value in form.items() if name != "_typeName"}


def here(probe: Probe) -> str:
    """Name of the host that it is on."""
    key = probe.sink.key_of(MACHINE, "vm")
    return str(probe.sink.objects[str(probe.sink.objects[key]["host"])]["name"])


def another(probe: Probe) -> str:
    return next(name for name in ("DC0_C0_H0", "DC0_C0_H1") if name != here(probe))


def seen_by_others(server: Vcsim) -> str:
    with client_of(server) as service:
        return str(change.machine(service, MACHINE).runtime.host.name)


def moves(probe: Probe, count: int) -> list[Task]:
    """So many moves, as soon as the stream has told that they are over."""

    def over() -> list[Task]:
        return [task for task in probe.driver.tasks() if task.verb == "migrate" and task.state in ENDED]

    wait_until(lambda: len(over()) >= count, "the ends of the moves")
    return over()


def test_it_moves_to_another_host_and_back_as_every_client_sees(server: Vcsim, probe: Probe) -> None:
    before, there = here(probe), another(probe)
    found = plan(probe, there, priority="high")
    assert spec(found) == {"host": split_key(probe.sink.key_of(there, "host"))[1]}, "nothing else changes"
    assert found.calls[0].args["priority"] == "highPriority"
    assert any("may still refuse" in said for said in found.warnings), "the simulator has no checks"
    assert seen_by_others(server) == before, "a plan changes nothing"
    answer = probe.driver.invoke(found.calls[0], {})
    assert seen_by_others(server) == there
    wait_until(lambda: here(probe) == there, "the change to be seen")
    assert found.inverse is not None
    back: Plan = probe.driver.plan_migrate(found.inverse)
    probe.driver.invoke(back.calls[0], {})
    assert seen_by_others(server) == before
    first = next(task for task in moves(probe, 2) if task.id == answer["task"])
    assert first.state is TaskState.DONE
    assert first.migration is not None
    assert first.migration.fidelity is Fidelity.PERCENT
    assert first.migration.left is None


def test_into_another_datacenter_it_needs_pool_folder_and_store(server: Vcsim, probe: Probe) -> None:
    with pytest.raises(Conflict) as refused:
        plan(probe, "DC1_C0_H0")
    assert "does not reach" in str(refused.value.failure)
    assert refused.value.failure.subject == "storage"
    found = plan(probe, "DC1_C0_H0", storage="copy")
    asked = spec(found)
    with client_of(server) as service:
        cluster = change.found(service, vim.ClusterComputeResource, "DC1_C0")
        center = change.found(service, vim.Datacenter, "DC1")
        assert asked["pool"] == cluster.resourcePool._moId
        assert asked["folder"] == center.vmFolder._moId
        assert asked["datastore"] in [store._moId for store in cluster.host[0].datastore]
    assert any("leaves its cluster" in said for said in found.warnings)
    assert any("leaves its datacenter" in said for said in found.warnings)


def test_only_its_storage_moves_where_a_store_is_said(server: Vcsim, probe: Probe, tmp_path: Path) -> None:
    with client_of(server) as service:
        host = change.found(service, vim.HostSystem, here(probe))
        system = host.configManager.datastoreSystem
        system.CreateLocalDatastore(name="second", path=str(tmp_path))
        wanted = change.found(service, vim.Datastore, "second")._moId
    probe.driver.load(["datastore"])
    found = plan(probe, here(probe), store="second")
    assert spec(found)["datastore"] == wanted
    assert found.expects == ()
    assert any("storage are copied" in said for said in found.costs)
    probe.driver.invoke(found.calls[0], {})
    with client_of(server) as service:
        assert [store.name for store in change.machine(service, MACHINE).datastore] == ["second"]


def test_a_machine_that_is_off_is_registered_elsewhere(server: Vcsim, probe: Probe) -> None:
    with pytest.raises(Conflict):
        plan(probe, another(probe), "migrate.offline")
    with client_of(server) as service:
        change.power(service, MACHINE, "off")
    there = another(probe)
    found = plan(probe, there, "migrate.offline")
    probe.driver.invoke(found.calls[0], {})
    assert seen_by_others(server) == there
    assert found.inverse is not None
    assert found.inverse.verb == "migrate.offline"


@pytest.mark.parametrize(
    ("arguments", "error", "subject"),
    [
        ({"post_copy": "yes"}, NotSupported, "post_copy"),
        ({"bandwidth": "1000"}, NotSupported, "bandwidth"),
        ({"mode": "client"}, NotSupported, "mode"),
        ({"storage": "changed"}, NotSupported, "storage"),
        ({"priority": "soon"}, InvalidInput, "priority"),
        ({"store": "nowhere"}, NotFound, "store"),
        ({"to": "vc:host:nowhere"}, NotFound, "to"),
        ({"to": "other:host:host-1"}, NotSupported, "to"),
        ({"to": "nonsense"}, InvalidInput, "to"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    probe: Probe, arguments: dict[str, str], error: type[NovaError], subject: str
) -> None:
    key = probe.sink.key_of(MACHINE, "vm")
    given = {"to": to(probe, another(probe))} | arguments
    with pytest.raises(error) as refused:
        probe.driver.plan_migrate(Operation(verb="migrate.live", key=key, arguments=given))
    assert refused.value.failure.subject == subject
    assert not [name for name in probe.sink.counts if name == "RelocateVM_Task"]


def test_a_host_that_takes_nothing_and_the_one_it_is_on(server: Vcsim, probe: Probe) -> None:
    with pytest.raises(Conflict) as refused:
        plan(probe, here(probe))
    assert "already" in refused.value.failure.message
    with client_of(server) as service:
        finish(change.found(service, vim.HostSystem, another(probe)).EnterMaintenanceMode_Task(timeout=0))
    with pytest.raises(Conflict) as refused:
        plan(probe, another(probe))
    assert "maintenance" in refused.value.failure.message


def test_levers_are_not_offered(probe: Probe) -> None:
    offered = probe.driver.offers()
    assert {name for name in offered if name.startswith("migrate.")} == {"migrate.live", "migrate.offline"}


def test_a_move_of_somebody_else_shows_by_itself(server: Vcsim, probe: Probe) -> None:
    there = another(probe)
    with client_of(server) as service:
        host = change.found(service, vim.HostSystem, there)
        finish(change.machine(service, MACHINE).RelocateVM_Task(spec=vim.vm.RelocateSpec(host=host)))
    (task,) = moves(probe, 1)
    assert (task.key, task.state) == (probe.sink.key_of(MACHINE, "vm"), TaskState.DONE)
    assert task.migration is not None
    assert task.migration.destination == "", "the simulator's events do not tell: it is left out"
