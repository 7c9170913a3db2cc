"""Answers to QueryPerf in both forms, and counters as metrics: units, shares of an interval, means of requests."""

from __future__ import annotations

import pytest

from novatui.backends.vsphere.counters import WANTED, Counter, Counters
from novatui.backends.vsphere.measures import Size, metrics_of
from novatui.backends.vsphere.perfreply import Measured, PerfReader
from novatui.backends.vsphere.updates import Broken, Ref

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><QueryPerfResponse xmlns="urn:vim25">{}'
    "</QueryPerfResponse></soapenv:Body></soapenv:Envelope>"
)
CSV = (
    '<returnval xsi:type="PerfEntityMetricCSV"><entity type="VirtualMachine">vm-1</entity>'
    "<sampleInfoCSV>20,2026-01-15T12:00:00Z,20,2026-01-15T12:00:20Z</sampleInfoCSV>"
    "<value><id><counterId>12</counterId><instance></instance></id><value>400,800</value></value>"
    "<value><id><counterId>176</counterId><instance>scsi0:0</instance></id><value>-1,7</value></value>"
    "<value><id><counterId>143</counterId><instance></instance></id><value>,3</value></value></returnval>"
)
NUMBERS = (
    '<returnval xsi:type="PerfEntityMetric"><entity type="VirtualMachine">vm-1</entity>'
    "<sampleInfo><timestamp>2026-01-15T12:00:20Z</timestamp><interval>20</interval></sampleInfo>"
    "<sampleInfo><timestamp>2026-01-15T12:00:00Z</timestamp><interval>20</interval></sampleInfo>"
    '<value xsi:type="PerfMetricIntSeries"><id><counterId>12</counterId><instance/></id>'
    "<value>800</value><value>400</value></value>"
    '<value xsi:type="PerfMetricIntSeries"><id><counterId>176</counterId><instance>scsi0:0</instance></id>'
    "<value>7</value><value>-1</value></value>"
    '<value xsi:type="PerfMetricIntSeries"><id><counterId>143</counterId><instance></instance></id>'
    "<value>3</value><value>-1</value></value></returnval>"
)
"""The same, the newest sample first, as one server writes it."""
NOON = 1768478400.0


def read(text: str, size: int | None = None) -> list[Measured]:
    data, taken = ENVELOPE.format(text).encode(), list[Measured]()
    reader = PerfReader(taken.append)
    for at in range(0, len(data), size or len(data)):
        reader.feed(data[at : at + (size or len(data))])
    reader.close()
    return taken


@pytest.mark.parametrize("size", [None, 1, 7])
@pytest.mark.parametrize("form", [CSV, NUMBERS], ids=["csv", "numbers"])
def test_both_forms_say_the_same(form: str, size: int | None) -> None:
    assert read(form, size) == [
        Measured(
            Ref("VirtualMachine", "vm-1"),
            [NOON, NOON + 20],
            [20, 20],
            {(12, ""): [400, 800], (176, "scsi0:0"): [None, 7], (143, ""): [None, 3]},
        )
    ]


def test_an_object_without_samples() -> None:
    text = '<returnval xsi:type="PerfEntityMetricCSV"><entity type="HostSystem">host-1</entity></returnval>'
    assert read(text + CSV)[0] == Measured(Ref("HostSystem", "host-1"), [], [], {})


def test_a_series_that_is_shorter_than_its_times() -> None:
    assert read(CSV.replace("<value>400,800</value>", "<value>400</value>"))[0].series[12, ""] == [400, None]


@pytest.mark.parametrize("text", [CSV[:-12], CSV.replace("400", "many"), CSV.replace("12:00:00Z", "noon")])
def test_what_is_no_answer_is_broken(text: str) -> None:
    with pytest.raises(Broken):
        read(text)


# --- counters ---------------------------------------------------------------------------------------------------------


def info(key: int, name: str, unit: str) -> dict[str, object]:
    group, counter, rollup = name.split(".")
    return {
        "key": str(key),
        "groupInfo": {"key": group},
        "nameInfo": {"key": counter},
        "rollupType": rollup,
        "unitInfo": {"key": unit},
    }


def test_ids_are_those_of_this_server() -> None:
    told = [
        info(6, "cpu.ready.summation", "millisecond"),
        info(7, "cpu.ready.average", "millisecond"),  # nobody asks for it
        info(8, "mem.usage.average", "percent"),
        info(9, "mem.consumed.average", "lightYears"),  # in a unit that nobody knows
        info(30, "virtualDisk.read.average", "kiloBytesPerSecond"),
    ]
    counters = Counters(told)
    assert counters.by_id == {
        6: Counter("cpu.ready.summation", 1.0),
        8: Counter("mem.usage.average", 0.01),
        30: Counter("virtualDisk.read.average", 1024.0),
    }
    assert sorted(counters.of("VirtualMachine")) == [(6, ""), (8, ""), (30, "*")]
    assert sorted(counters.of("HostSystem")) == [(6, ""), (8, "")]


IDS = {name: at for at, name in enumerate(dict.fromkeys(name for names in WANTED.values() for name in names))}
FACTORS = {"usage": 0.01, "read": 1024.0, "write": 1024.0, "received": 1024.0, "transmitted": 1024.0}
FACTORS |= dict.fromkeys(("consumed", "vmmemctl", "swapped", "swapused"), 1024.0)
COUNTERS = {at: Counter(name, FACTORS.get(name.split(".")[1], 1.0)) for name, at in IDS.items()}


def metrics(kind: str = "VirtualMachine", seconds: int = 20, size: Size | None = None, **cells: int):
    """`virtualDisk_read_average__scsi0` is a counter of a device."""
    series = {}
    for name, value in cells.items():
        counter, _, instance = name.partition("__")
        series[IDS[counter.replace("_", ".")], instance] = [value]
    measured = Measured(Ref(kind, "x"), [NOON], [seconds], series)
    return metrics_of(measured, 0, COUNTERS, size or Size(4, 8 << 30))


def test_waiting_is_a_share_of_the_interval_and_of_the_processors() -> None:
    assert metrics(cpu_ready_summation=8000)["cpu.wait"] == 10.0
    assert metrics(cpu_ready_summation=8000, seconds=300)["cpu.wait"] == pytest.approx(100 * 8 / 1200)
    assert metrics(cpu_costop_summation=800)["cpu.costop"] == 1.0
    assert metrics(cpu_ready_summation=8000, size=Size(None, None))["cpu.wait"] is None
    assert metrics(cpu_ready_summation=8000, seconds=0)["cpu.wait"] is None


def test_units_are_ours() -> None:
    told = metrics(
        cpu_usage_average=4321,
        mem_usage_average=2500,
        mem_consumed_average=1024,
        mem_vmmemctl_average=10,
        mem_swapped_average=3,
        net_received_average=100,
        net_transmitted_average=50,
        net_packetsRx_summation=300,
        net_packetsTx_summation=100,
        net_droppedRx_summation=20,
        net_droppedTx_summation=0,
    )
    assert told["cpu.used"] == pytest.approx(43.21)
    assert told["mem.used"] == 2 << 30
    assert (told["mem.host"], told["mem.balloon"], told["mem.swapped"]) == (1 << 20, 10240, 3072)
    assert (told["net.rx"], told["net.tx"]) == (102400, 51200)
    assert (told["net.packets"], told["net.drops"]) == (20, 1)
    assert told["disk.read"] is None


def test_disks_are_added_and_their_latencies_weighed_by_requests() -> None:
    told = metrics(
        virtualDisk_read_average__a=10,
        virtualDisk_read_average__b=30,
        virtualDisk_numberReadAveraged_average__a=30,
        virtualDisk_numberReadAveraged_average__b=10,
        virtualDisk_totalReadLatency_average__a=2,
        virtualDisk_totalReadLatency_average__b=10,
        virtualDisk_numberWriteAveraged_average__a=40,
        virtualDisk_totalWriteLatency_average__a=20,
    )
    assert told["disk.read"] == 40 * 1024
    assert told["disk.iops"] == 80
    assert told["disk.latency.read"] == 4.0
    assert told["disk.latency.write"] == 20.0
    assert told["disk.latency"] == 12.0


def test_a_disk_that_rests_has_no_latency() -> None:
    resting = metrics(virtualDisk_numberReadAveraged_average__a=0, virtualDisk_totalReadLatency_average__a=0)
    assert resting["disk.latency"] is None
    seldom = metrics(virtualDisk_numberReadAveraged_average__a=0, virtualDisk_totalReadLatency_average__a=9)
    assert seldom["disk.latency"] == 9.0


def test_a_host() -> None:
    told = metrics(
        "HostSystem",
        size=Size(64, None),
        cpu_usage_average=5000,
        cpu_ready_summation=12800,
        mem_consumed_average=2048,
        mem_usage_average=9000,
        mem_swapused_average=4,
        disk_read_average=7,
        disk_maxTotalLatency_latest=3,
    )
    assert (told["cpu.used"], told["cpu.wait"], told["mem.used"]) == (50.0, 1.0, 2 << 20)
    assert (told["mem.swapped"], told["disk.read"], told["disk.latency"]) == (4096, 7168, 3)
