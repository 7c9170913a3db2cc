"""What our own vCenter simulator tells besides the inventory: performance, alarms, events, screens, config targets."""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim, vmodl

from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, finish
from tests.lab.vsphere.soap.running import SoapServer

pytestmark = pytest.mark.xdist_group("vcsim")
Perf = vim.PerformanceManager


@pytest.fixture(scope="module")
def server() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02)) as running:
        yield running


@pytest.fixture
def service(server: SoapServer) -> Iterator[Any]:
    with client_of(server) as service:
        yield service


def keys(service: Any) -> dict[str, int]:
    """Ids of counters by their names."""
    return {f"{one.groupInfo.key}.{one.nameInfo.key}": one.key for one in service.content.perfManager.perfCounter}


def asked(entity: Any, counter: int, instance: str = "", **more: Any) -> Any:
    metric = Perf.MetricId(counterId=counter, instance=instance)
    return Perf.QuerySpec(entity=entity, metricId=[metric], intervalId=20, **more)


# --- performance -----------------------------------------------------------------------------------------------------


def test_samples_are_what_was_set_in_both_formats(server: SoapServer, service: Any) -> None:
    manager, vm, ids = service.content.perfManager, change.machine(service, "web-01"), keys(service)
    server.steering.set_metric(name="web-01", counter="cpu.usage", value=4200)
    (normal,) = manager.QueryPerf([asked(vm, ids["cpu.usage"], maxSample=3)])
    assert [list(one.value) for one in normal.value] == [[4200, 4200, 4200]]
    assert [one.interval for one in normal.sampleInfo] == [20, 20, 20]
    steps = [
        later.timestamp - one.timestamp for one, later in zip(normal.sampleInfo, normal.sampleInfo[1:], strict=False)
    ]
    assert steps == [timedelta(seconds=20)] * 2
    (csv,) = manager.QueryPerf([asked(vm, ids["cpu.usage"], maxSample=2, format="csv")])
    assert csv.value[0].value == "4200,4200"
    assert csv.sampleInfoCSV.split(",")[0::2] == ["20", "20"]
    assert vm.summary.quickStats.overallCpuUsage == 4200 * vm.runtime.maxCpuUsage // 10000


def test_metrics_have_their_instances(service: Any) -> None:
    manager, vm, ids = service.content.perfManager, change.machine(service, "db-01"), keys(service)
    there = [(one.counterId, one.instance) for one in manager.QueryAvailablePerfMetric(vm, intervalId=20)]
    assert (ids["virtualDisk.totalWriteLatency"], "scsi0:0") in there
    assert (ids["virtualDisk.totalWriteLatency"], "") not in there
    (told,) = manager.QueryPerf([asked(vm, ids["virtualDisk.totalWriteLatency"], "*", maxSample=1)])
    assert len(told.value) == 3
    assert manager.QueryPerf([asked(change.machine(service, "spare"), ids["cpu.usage"], maxSample=1)]) == []


def test_samples_may_be_late_and_lie_between_times(server: SoapServer, service: Any) -> None:
    manager, vm, ids = service.content.perfManager, change.machine(service, "web-01"), keys(service)
    server.steering.late(seconds=300)
    (old,) = manager.QueryPerf([asked(vm, ids["mem.usage"], maxSample=1)])
    assert service.CurrentTime() - old.sampleInfo[0].timestamp >= timedelta(seconds=300)
    server.steering.late(seconds=0)
    now = service.CurrentTime()
    (told,) = manager.QueryPerf([asked(vm, ids["mem.usage"], startTime=now - timedelta(seconds=100), endTime=now)])
    assert len(told.sampleInfo) == 5
    assert all(now - timedelta(seconds=100) < one.timestamp <= now for one in told.sampleInfo)
    at = told.sampleInfo[0].timestamp.timestamp()
    assert told.value[0].value[0] == server.steering.metric(name="web-01", counter="mem.usage", at=at)


def test_history_is_of_everything_and_limited(server: SoapServer, service: Any) -> None:
    manager, ids = service.content.perfManager, keys(service)
    cluster = change.found(service, vim.ClusterComputeResource, "cluster-atlas")
    summary = manager.QueryPerfProviderSummary(cluster)
    assert (summary.currentSupported, summary.summarySupported) == (False, True)
    assert manager.QueryPerfProviderSummary(change.machine(service, "web-01")).refreshRate == 20
    with pytest.raises(vmodl.fault.InvalidArgument):
        manager.QueryPerf([asked(cluster, ids["cpu.usage"])])
    metric = Perf.MetricId(counterId=ids["cpu.usage"], instance="")
    now = service.CurrentTime()
    spec = Perf.QuerySpec(entity=cluster, metricId=[metric], intervalId=300, startTime=now - timedelta(hours=1))
    (told,) = manager.QueryPerf([spec])
    assert len(told.sampleInfo) == 12
    server.steering.limit_metrics(count=3)
    with pytest.raises(vim.fault.RestrictedByAdministrator):
        manager.QueryPerf([spec] * 4)
    assert len(manager.QueryPerf([asked(change.machine(service, "web-01"), ids["cpu.usage"], maxSample=1)] * 4)) == 4
    server.steering.limit_metrics(count=256)
    (option,) = service.content.setting.QueryOptions("config.vpxd.stats.maxQueryMetrics")
    assert option.value == "256"


# --- alarms, events --------------------------------------------------------------------------------------------------


def test_alarms_fire_are_acknowledged_and_clear(server: SoapServer, service: Any) -> None:
    vm, root = change.machine(service, "mail"), service.content.rootFolder
    server.steering.alarm(name="mail", alarm="Virtual machine CPU usage", status="red")
    (state,) = vm.triggeredAlarmState
    assert (state.overallStatus, state.acknowledged, state.alarm.info.name) == (
        "red",
        False,
        "Virtual machine CPU usage",
    )
    assert [one.key for one in root.triggeredAlarmState] == [state.key]
    assert vm.overallStatus == "red"
    service.content.alarmManager.AcknowledgeAlarm(state.alarm, vm)
    (state,) = vm.triggeredAlarmState
    assert (state.acknowledged, state.acknowledgedByUser) == (True, server.user)
    assert state.alarm in service.content.alarmManager.GetAlarm(None)
    assert state.key in [one.key for one in service.content.alarmManager.GetAlarmState(vm)]
    server.steering.alarm(name="mail", alarm="Virtual machine CPU usage", status="green")
    assert vm.triggeredAlarmState == []
    assert vm.overallStatus == "green"


def test_events_are_filtered_and_paged(service: Any) -> None:
    vm, manager = change.machine(service, "web-01"), service.content.eventManager
    finish(vm.PowerOffVM_Task())
    finish(vm.PowerOnVM_Task())
    entity = vim.event.EventFilterSpec.ByEntity(entity=vm, recursion="self")
    spec = vim.event.EventFilterSpec(entity=entity, eventTypeId=["VmPoweredOffEvent", "VmPoweredOnEvent"])
    collector = manager.CreateCollectorForEvents(spec)
    told = manager.QueryEvents(vim.event.EventFilterSpec(entity=entity, type=[vim.event.VmPoweredOffEvent]))
    assert isinstance(told[-1], vim.event.VmPoweredOffEvent)
    assert (told[-1].vm.name, told[-1].host.name) == ("web-01", "atlas")
    kinds = [type(one) for one in collector.latestPage]
    assert kinds[:2] == [vim.event.VmPoweredOnEvent, vim.event.VmPoweredOffEvent]
    assert len(collector.ReadNextEvents(100)) == 2


# --- screens, config targets -----------------------------------------------------------------------------------------


def test_a_screenshot_is_a_picture_that_can_be_fetched(server: SoapServer, service: Any) -> None:
    vm = change.machine(service, "web-01")
    told = finish(vm.CreateScreenshot_Task())
    store, _, file = told.lstrip("[").partition("] ")
    url = f"https://localhost:{server.port}/folder/{quote(file)}?dcPath=dc-atlas&dsName={store}"
    context = ssl.create_default_context(cafile=str(server.authority.root.certificate))
    request = urllib.request.Request(url, headers={"Cookie": service._stub.cookie.partition(";")[0]})
    with urllib.request.urlopen(request, context=context) as answer:
        assert answer.read(8) == b"\x89PNG\r\n\x1a\n"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(url, context=context)


def test_tickets_are_for_machines_that_run(service: Any) -> None:
    ticket = change.machine(service, "web-01").AcquireTicket("webmks")
    assert ticket.url == f"wss://atlas:443/ticket/{ticket.ticket}"
    with pytest.raises(vim.fault.InvalidPowerState):
        change.machine(service, "spare").AcquireTicket("webmks")
    with pytest.raises(vmodl.fault.InvalidArgument):
        change.machine(service, "web-01").AcquireTicket("telepathy")


def test_config_targets_have_the_hosts_devices(service: Any) -> None:
    cluster = change.found(service, vim.ClusterComputeResource, "cluster-atlas")
    target = cluster.environmentBrowser.QueryConfigTarget(None)
    assert [one.vgpu for one in target.sharedGpuPassthroughTypes] == ["grid_a16-1b", "grid_a16-2b"]
    assert [one.pciDevice.id for one in target.pciPassthrough] == ["0000:66:00.0", "0000:66:00.1", "0000:3b:00.2"]
    assert [one.pciDevice.id for one in target.sriov] == ["0000:3b:00.0"]
    assert "Navi 21" in [one.deviceName for one in target.dynamicPassthrough]
    option = change.machine(service, "web-01").environmentBrowser.QueryConfigOption(None, None)
    assert "debian12_64Guest" in [one.id for one in option.guestOSDescriptor]
    host = change.found(service, vim.HostSystem, "atlas")
    assert {one.config.name for one in host.QueryHostConnectionInfo().vm} == {one.name for one in host.vm}
