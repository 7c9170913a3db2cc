"""Moves, hosts and recommendations on our own vCenter simulator, which checks moves, tells progress and has a DRS."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.core.capabilities import Answer
from novatui.core.errors import Conflict, Denied, NovaError
from novatui.core.ids import ObjectRef, split_key
from novatui.core.operations import Operation, Plan
from novatui.core.reasons import Fit, Topic
from novatui.core.states import Kind
from novatui.core.tasks import Task, TaskState
from tests.lab.fixtures import or_skip
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.soap.running import SoapServer
from tests.lab.workspace import wait_until

pytestmark = pytest.mark.xdist_group("vcsim")

MOVER = "mover-1"


@pytest.fixture
def server() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02, estate=True)) as one:
        yield one


@pytest.fixture
def probe(server: SoapServer) -> Iterator[Probe]:
    with connected(server) as found:  # type: ignore[arg-type]
        yield found


def fit(probe: Probe, machine: str, host: str) -> Fit:
    needs = probe.driver.needs(probe.sink.key_of(machine, "vm"))
    (found,) = probe.driver.fits(needs, [probe.sink.key_of(host, "host")])
    return found


def home(probe: Probe, machine: str = MOVER) -> str:
    key = probe.sink.key_of(machine, "vm")
    return str(probe.sink.objects[str(probe.sink.objects[key]["host"])]["name"])


def other(probe: Probe) -> str:
    return next(name for name in ("campus-1", "campus-2") if name != home(probe))


def plan(probe: Probe, host: str, machine: str = MOVER, verb: str = "migrate.live", **given: str) -> Plan:
    to = str(ObjectRef("vc", Kind.HOST, split_key(probe.sink.key_of(host, "host"))[1]))
    key = probe.sink.key_of(machine, "vm")
    found: Plan = probe.driver.plan_migrate(Operation(verb=verb, key=key, arguments={"to": to} | given))
    return found


def moves(probe: Probe) -> list[Task]:
    return [task for task in probe.driver.tasks() if task.verb == "migrate"]


# --- where it can run -------------------------------------------------------------------------------------------------


def test_the_servers_own_check_makes_a_host_a_yes(probe: Probe) -> None:
    found = fit(probe, MOVER, other(probe))
    assert found.answer is Answer.YES, found.reasons
    calls = {check.evidence.call for check in found.checks if check.evidence}
    assert "RetrievePropertiesEx" in calls
    assert probe.sink.counts["CheckRelocate_Task"] == 1


@pytest.mark.parametrize(
    ("machine", "topic"), [("isolated", Topic.NETWORK), ("direct", Topic.DEVICES), ("local-disk", Topic.STORAGE)]
)
def test_what_is_in_the_way_is_said(probe: Probe, machine: str, topic: Topic) -> None:
    where = next(name for name in ("campus-3", "campus-2") if name != home(probe, machine))
    found = fit(probe, machine, where)
    assert topic in {check.topic for check in found.checks if check.answer is Answer.NO and check.blocking}, found


def test_an_older_processor_is_a_no_while_it_runs(probe: Probe) -> None:
    found = fit(probe, MOVER, "campus-3")
    reasons = [check.reason for check in found.checks if check.topic is Topic.CPU and check.answer is Answer.NO]
    assert found.answer is Answer.NO or not reasons


# --- plans and moves --------------------------------------------------------------------------------------------------


def test_a_move_that_the_server_would_refuse_is_not_planned(server: SoapServer, probe: Probe) -> None:
    since = max(one["number"] for one in server.steering.calls())
    with pytest.raises(Conflict) as refused:
        plan(probe, "campus-3", "isolated")
    assert "vCenter would refuse" in refused.value.failure.message
    assert refused.value.failure.code == "CheckRelocate_Task"
    assert server.steering.calls(since=since, changes=True) == []


def test_missing_privileges_are_named(server: SoapServer) -> None:
    with (
        connected(server, user="viewer@vsphere.local") as probe,  # type: ignore[arg-type]
        pytest.raises(Denied) as refused,
    ):
        plan(probe, other(probe))
    assert "Resource.HotMigrate" in refused.value.failure.message


def test_somebody_elses_move_is_followed_with_its_route(server: SoapServer, probe: Probe) -> None:
    source, there = home(probe), other(probe)
    server.steering.takes(method="RelocateVM_Task", seconds=2000)
    server.steering.move(name=MOVER, host=there)
    wait_until(lambda: any(task.state is TaskState.RUNNING for task in moves(probe)), "the move to run")
    wait_until(lambda: (moves(probe)[-1].progress or 0) >= 1, "progress")
    wait_until(lambda: getattr(moves(probe)[-1].migration, "destination", "") == there, "its route")
    task = moves(probe)[-1]
    assert task.migration is not None
    assert (task.migration.source, task.migration.destination) == (source, there)
    assert (task.who, task.cancellable) == ("somebody@vsphere.local", True)
    assert (task.migration.left, task.migration.iteration) == (None, None)
    (cancel,) = probe.driver.plan_task(Operation(verb="task.cancel", key=task.key, arguments={"task": task.id})).calls
    probe.driver.invoke(cancel, {})
    wait_until(lambda: moves(probe)[-1].state is TaskState.CANCELLED, "the end of the move")
    assert home(probe) == source


def test_a_host_that_is_lost_on_the_way_fails_the_move_and_the_machine_stays(server: SoapServer, probe: Probe) -> None:
    source, there = home(probe), other(probe)
    found = plan(probe, there)
    server.steering.takes(method="RelocateVM_Task", seconds=300)
    errors: list[NovaError] = []

    def go() -> None:
        try:
            probe.driver.invoke(found.calls[0], {})
        except NovaError as error:
            errors.append(error)

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    wait_until(lambda: any(task.state is TaskState.RUNNING for task in moves(probe)), "the move to run")
    server.steering.put(name=there, path="runtime.connectionState", value="notResponding")
    thread.join(60)
    assert not thread.is_alive()
    (error,) = errors
    assert "lost" in str(error.failure) or error.failure.code == "HostNotConnected", error.failure
    assert home(probe) == source
    wait_until(lambda: moves(probe)[-1].state is TaskState.FAILED, "the failure to be told")
    assert moves(probe)[-1].failure is not None


def test_its_storage_moves_where_a_store_is_said(server: SoapServer, probe: Probe) -> None:
    key = probe.sink.key_of(MOVER, "vm")
    detail = probe.driver.detail(key, ("vm",)).vm
    now = next(disk.store for disk in detail.disks if disk.device == "disk")
    wanted = next(name for name in ("shared-1", "shared-2") if name != now)
    found = plan(probe, home(probe), store=wanted)
    form: dict[str, Any] = json.loads(str(found.calls[0].args["spec"]))
    assert form["datastore"]["type"] == "Datastore"
    probe.driver.invoke(found.calls[0], {})
    after = probe.driver.detail(key, ("vm",)).vm
    assert {disk.store for disk in after.disks if disk.device == "disk"} == {wanted}
    assert found.inverse is not None
    probe.driver.invoke(probe.driver.plan_migrate(found.inverse).calls[0], {})
    back = probe.driver.detail(key, ("vm",)).vm
    assert {disk.store for disk in back.disks if disk.device == "disk"} == {now}


# --- hosts and recommendations ----------------------------------------------------------------------------------------


def test_drs_empties_a_host_on_its_way_into_maintenance(server: SoapServer, probe: Probe) -> None:
    source = home(probe)
    key = probe.sink.key_of(source, "host")
    with pytest.raises(Conflict):
        probe.driver.plan_host(Operation(verb="host.maintenance", key=key))
    behavior = "configurationEx.drsConfig.defaultVmBehavior"
    server.steering.put(name="campus-cluster", path=behavior, value="fullyAutomated")
    found: Plan = probe.driver.plan_host(Operation(verb="host.maintenance", key=key))
    assert any(said.startswith("DRS moves") for said in found.warnings), found.warnings
    # What cannot leave would hold it up: as an administrator would do, it is switched off before.
    for each in ("direct", "local-disk", "isolated"):
        if home(probe, each) == source:
            server.steering.set_power(name=each, state="poweredOff")
    probe.driver.invoke(found.calls[0], {})
    wait_until(lambda: probe.sink.objects[key].get("maintenance") is True, "the host in maintenance")
    wait_until(lambda: home(probe) != source, "the machine elsewhere")
    assert found.inverse is not None
    probe.driver.invoke(probe.driver.plan_host(found.inverse).calls[0], {})
    wait_until(lambda: probe.sink.objects[key].get("maintenance") is False, "the host back")


def recommended(probe: Probe, cluster: str) -> dict[str, str]:
    properties = probe.driver.detail(cluster, ()).properties
    return {one.name: one.value for one in properties if one.section == "recommendations"}


def test_recommendations_are_listed_carried_out_and_dismissed(server: SoapServer, probe: Probe) -> None:
    there = other(probe)
    cluster = probe.sink.key_of("campus-cluster", "cluster")
    first = server.steering.recommend(name=MOVER, host=there, rating=4)
    second = server.steering.recommend(name="mover-2", host=there)
    listed = recommended(probe, cluster)
    assert set(listed) == {first, second}
    assert listed[first].startswith(f"{MOVER}: {home(probe)} to {there}, priority 2, ")
    assert "old" in listed[first]

    def planned(verb: str, wanted: str) -> Plan:
        found: Plan = probe.driver.plan_cluster(Operation(verb=verb, key=cluster, arguments={"recommendation": wanted}))
        return found

    dismissed = planned("cluster.dismiss", second)
    assert [call.verb for call in dismissed.calls] == ["CancelRecommendation"]
    probe.driver.invoke(dismissed.calls[0], {})
    assert set(recommended(probe, cluster)) == {first}
    applied = planned("cluster.apply", first)
    assert applied.expects[0].values == (probe.sink.key_of(there, "host"),)
    probe.driver.invoke(applied.calls[0], {})
    wait_until(lambda: home(probe) == there, "the machine where DRS wanted it")
    assert first not in recommended(probe, cluster)


def test_ha_tells_of_every_host(probe: Probe) -> None:
    cluster = probe.sink.key_of("campus-cluster", "cluster")
    told = {(one.section, one.name): one.value for one in probe.driver.detail(cluster, ()).properties}
    assert told["HA hosts", "campus-1"] == "leads"
    assert told["HA hosts", "campus-2"] == "protected"
