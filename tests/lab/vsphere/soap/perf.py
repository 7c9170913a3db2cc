"""PerformanceManager: counters, who provides what, and QueryPerf in both formats with the limits that it has."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap import counters
from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.control import steers
from tests.lab.vsphere.soap.counters import REALTIME_S
from tests.lab.vsphere.soap.machines import ON
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.steered import entity

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

INTERVALS = {
    300: ("Past day", 86400),
    1800: ("Past week", 604800),
    7200: ("Past month", 2592000),
    86400: ("Past year", 31536000),
}
"""*API, HistoricalInterval*: the product's own four."""

REALTIME_KEPT = 180
"""Samples: *API, PerformanceManager* "hosts keep one hour of real-time statistics"."""

Perf = vim.PerformanceManager


def begin_with(vc: Vcenter) -> None:
    """Describe the counters, and keep quickStats going."""
    manager = vc.site.find(Perf("PerfMgr"))
    manager.facts |= {
        "perfCounter": [counters.described(key) for key in counters.KEYS],
        "historicalInterval": [
            vim.HistoricalInterval(key=at + 1, samplingPeriod=period, name=name, length=length, level=1, enabled=True)
            for at, (period, (name, length)) in enumerate(INTERVALS.items())
        ],
        "description": vim.PerformanceDescription(),
    }
    manager.private |= {"late": 0.0, "limit": vc.settings.max_query_metrics, "limit_realtime": 0}
    for vm in vc.site.of(vim.VirtualMachine | vim.HostSystem):
        quick_stats(vc, vm)
    vc.agenda.every(REALTIME_S / vc.site.pace, lambda: _all_quick_stats(vc))


def _all_quick_stats(vc: Vcenter) -> None:
    for one in vc.site.of(vim.VirtualMachine | vim.HostSystem):
        quick_stats(vc, one)


def quick_stats(vc: Vcenter, thing: Thing) -> None:
    """`summary.quickStats` from the same values as QueryPerf tells; 0 of what does not run."""
    at = vc.site.now().timestamp() // REALTIME_S * REALTIME_S
    quick = thing.facts["summary"].quickStats

    def now(path: str) -> int:
        return counters.value(thing, counters.KEYS[counters.KEY_OF[path]], "", at) if counters.is_measured(thing) else 0

    if thing.is_a(vim.HostSystem):
        hardware = thing.facts["summary"].hardware
        quick.overallCpuUsage = now("cpu.usage") * hardware.cpuMhz * hardware.numCpuCores // 10000
        quick.overallMemoryUsage = now("mem.usage") * (hardware.memorySize >> 20) // 10000
        quick.uptime = int((vc.site.now() - thing.facts["runtime"].bootTime).total_seconds())
    else:
        runtime, memory = thing.facts["runtime"], thing.facts["config"].hardware.memoryMB
        running = runtime.powerState == ON
        quick.overallCpuUsage = now("cpu.usage") * (runtime.maxCpuUsage or 0) // 10000
        quick.overallCpuDemand, quick.overallCpuReadiness = quick.overallCpuUsage, now("cpu.readiness") // 100
        quick.guestMemoryUsage = now("mem.usage") * memory // 10000
        quick.hostMemoryUsage = min(memory, now("mem.consumed") >> 10) if running else 0
        quick.balloonedMemory, quick.swappedMemory = now("mem.vmmemctl") >> 10, now("mem.swapped") >> 10
        quick.uptimeSeconds = now("sys.uptime")
    vc.site.touch(thing)


@serves("QueryPerfProviderSummary")
def _provider(call: Call) -> Any:
    """*API*: real-time only of machines and hosts (refreshRate 20); the others have historical statistics."""
    thing = call.thing(call.given.entity)
    live = counters.kind_of(thing) in (counters.VM, counters.HOST)
    return Perf.ProviderSummary(
        entity=thing.ref, currentSupported=live, summarySupported=True, refreshRate=REALTIME_S if live else None
    )


@serves("QueryPerfCounter")
def _counter(call: Call) -> Any:
    """*API*: InvalidArgument for an unknown id."""
    for key in call.given.counterId:
        if key not in counters.KEYS:
            raise vmodl.fault.InvalidArgument(
                invalidProperty="counterId", msg="A specified parameter was not correct: counterId"
            )
    return [counters.described(key) for key in call.given.counterId]


@serves("QueryAvailablePerfMetric")
def _available(call: Call) -> Any:
    """Each counter with each of its instances; nothing of what does not run in real time."""
    thing = call.thing(call.given.entity)
    live = call.given.intervalId == REALTIME_S
    if live and not counters.is_measured(thing):
        return []
    return [
        Perf.MetricId(counterId=key, instance=instance)
        for key, counter in counters.KEYS.items()
        if counters.kind_of(thing) in counter.of
        for instance in counters.instances(thing, counter)
    ]


@serves("QueryPerf")
def _query(call: Call) -> Any:
    """*API*: one EntityMetric(CSV) per spec that has samples. RestrictedByAdministrator: more metrics than
    `config.vpxd.stats.maxQueryMetrics` in one historical query (known from VMware's knowledge base)."""
    manager = call.this.private
    asked = {False: 0, True: 0}
    for spec in call.given.querySpec:
        asked[spec.intervalId == REALTIME_S] += len(spec.metricId) or len(counters.KEYS)
    over_realtime = manager["limit_realtime"] and asked[True] > manager["limit_realtime"]
    if asked[False] > manager["limit"] or over_realtime:
        words = "querySpec.size exceeds the limit set by the administrator (config.vpxd.stats.maxQueryMetrics)"
        raise vim.fault.RestrictedByAdministrator(details=words, msg=words)
    return [told for spec in call.given.querySpec if (told := _told(call, spec)) is not None]


def _told(call: Call, spec: Any) -> Any:
    thing = call.thing(spec.entity)
    interval = spec.intervalId or REALTIME_S
    live = interval == REALTIME_S
    if interval not in INTERVALS and not (live and counters.kind_of(thing) in (counters.VM, counters.HOST)):
        words = "A specified parameter was not correct: querySpec.interval"
        raise vmodl.fault.InvalidArgument(invalidProperty="querySpec.interval", msg=words)
    times = _times(call, spec, interval) if counters.is_measured(thing) else []
    if not times:
        return None
    series = _series(thing, spec)
    stamps = [datetime.fromtimestamp(at, UTC) for at in times]
    values = [
        [counters.value(thing, counters.KEYS[metric.counterId], metric.instance, at) for at in times]
        for metric in series
    ]
    if spec.format == "csv":
        return Perf.EntityMetricCSV(
            entity=thing.ref,
            sampleInfoCSV=",".join(f"{interval},{stamp:%Y-%m-%dT%H:%M:%SZ}" for stamp in stamps),
            value=[
                Perf.MetricSeriesCSV(id=metric, value=",".join(map(str, row)))
                for metric, row in zip(series, values, strict=True)
            ],
        )
    return Perf.EntityMetric(
        entity=thing.ref,
        sampleInfo=[Perf.SampleInfo(timestamp=stamp, interval=interval) for stamp in stamps],
        value=[Perf.IntSeries(id=metric, value=row) for metric, row in zip(series, values, strict=True)],
    )


def _times(call: Call, spec: Any, interval: int) -> list[int]:
    """*API, PerfQuerySpec*: after `startTime` up to `endTime`; `maxSample` counts the newest, of real time only."""
    live = interval == REALTIME_S
    newest = int(call.site.now().timestamp() - call.this.private["late"]) // interval * interval
    kept = REALTIME_KEPT if live else INTERVALS[interval][1] // interval
    first, last = newest - (kept - 1) * interval, newest
    if spec.startTime:
        first = max(first, (calendar.timegm(spec.startTime.utctimetuple()) // interval + 1) * interval)
    if spec.endTime:
        last = min(last, calendar.timegm(spec.endTime.utctimetuple()) // interval * interval)
    times = list(range(first, last + 1, interval))
    return times[-spec.maxSample :] if spec.maxSample and live else times


def _series(thing: Thing, spec: Any) -> list[Any]:
    """The metrics that are asked for and there: instance "*" is every one; unset metricId is everything."""
    wanted = spec.metricId or [Perf.MetricId(counterId=key, instance="*") for key in counters.KEYS]
    found: dict[tuple[int, str], Any] = {}
    for metric in wanted:
        counter = counters.KEYS.get(metric.counterId)
        if counter is None or counters.kind_of(thing) not in counter.of:
            continue
        for instance in counters.instances(thing, counter):
            if metric.instance in ("*", instance):
                found[metric.counterId, instance] = Perf.MetricId(counterId=metric.counterId, instance=instance)
    return list(found.values())


@serves("QueryOptions")
def _options(call: Call) -> Any:
    """*API*: InvalidName for a name that is not there; a name with a dot at its end is a whole branch."""
    name = call.given.name or ""
    found = [
        one
        for one in call.this.facts["setting"]
        if one.key == name or (name.endswith(".") and one.key.startswith(name))
    ]
    if not found:
        raise vim.fault.InvalidName(name=name, msg=f"There is no option {name}.")
    return found


@steers
def set_metric(vc: Vcenter, name: str, counter: str, value: int, instance: str | None = None) -> None:
    """From now on a counter such as `cpu.usage` has this value (in its own unit: percent is hundredths) on an
    object."""
    thing = entity(vc, name)
    counters.KEY_OF[counter]
    thing.private.setdefault("metrics", {})[counter if instance is None else f"{counter}/{instance}"] = value
    if thing.is_a(vim.VirtualMachine | vim.HostSystem):
        quick_stats(vc, thing)


@steers
def metric(vc: Vcenter, name: str, counter: str, at: float, instance: str = "") -> int:
    """The value that a sample of that time has."""
    return counters.value(entity(vc, name), counters.KEYS[counters.KEY_OF[counter]], instance, at)


@steers
def late(vc: Vcenter, seconds: float) -> None:
    """How old the newest sample is."""
    vc.site.find(Perf("PerfMgr")).private["late"] = seconds


@steers
def limit_metrics(vc: Vcenter, count: int, realtime: bool = False) -> None:
    """How many metrics a historical query may ask for; with `realtime` also one of now."""
    manager = vc.site.find(Perf("PerfMgr")).private
    manager["limit"], manager["limit_realtime"] = count, count if realtime else 0
