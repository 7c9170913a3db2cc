"""Which performance counters there are, of whom, and what their values are: waves that anyone can compute, or what a
test set."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Any

from pyVmomi import vim

from tests.lab.vsphere.soap import devices
from tests.lab.vsphere.soap.machines import ON
from tests.lab.vsphere.soap.state import Thing

VM, HOST, CLUSTER, STORE, POOL = "vm", "host", "cluster", "datastore", "pool"
KINDS = {
    vim.VirtualMachine: VM,
    vim.HostSystem: HOST,
    vim.ComputeResource: CLUSTER,
    vim.Datastore: STORE,
    vim.ResourcePool: POOL,
}
FIRST_KEY, STEP = 207, 7
"""Ids differ from vCenter to vCenter: a client has to look them up."""

REALTIME_S = 20


@dataclass(frozen=True)
class Counter:
    """One counter. `low` and `high` bound its wave, in the unit that it is told in."""

    group: str
    name: str
    rollup: str
    unit: str
    stats: str
    of: tuple[str, ...]
    low: int
    high: int
    per: str = ""
    """`disk` or `card`: only for each of those, not for the whole; `cpu`: also for each processor."""

    @property
    def path(self) -> str:
        return f"{self.group}.{self.name}"


def _counter(text: str) -> Counter:
    path, rollup, unit, stats, of, low, high, *per = text.split()
    group, _, name = path.partition(".")
    return Counter(group, name, rollup, unit, stats, tuple(of.split(",")), int(low), int(high), *per)


COUNTERS = [
    _counter(line)
    for line in """
    cpu.usage average percent rate vm,host,cluster 300 6000 cpu
    cpu.usagemhz average megaHertz rate vm,host,cluster,pool 100 3000
    cpu.ready summation millisecond delta vm 20 900 cpu
    cpu.costop summation millisecond delta vm 0 60 cpu
    cpu.readiness average percent rate vm 5 400
    mem.usage average percent absolute vm,host,cluster 1500 8000
    mem.consumed average kiloBytes absolute vm,host,cluster,pool 200000 900000
    mem.active average kiloBytes absolute vm,host 50000 500000
    mem.granted average kiloBytes absolute vm,host 200000 900000
    mem.overhead average kiloBytes absolute vm,host 20000 60000
    mem.vmmemctl average kiloBytes absolute vm,host 0 65536
    mem.swapped average kiloBytes absolute vm 0 4096
    mem.swapinRate average kiloBytesPerSecond rate vm,host 0 40
    mem.swapoutRate average kiloBytesPerSecond rate vm,host 0 40
    disk.usage average kiloBytesPerSecond rate vm,host 10 8000
    disk.read average kiloBytesPerSecond rate vm,host 5 4000
    disk.write average kiloBytesPerSecond rate vm,host 5 4000
    disk.maxTotalLatency latest millisecond absolute vm,host 1 40
    virtualDisk.read average kiloBytesPerSecond rate vm 5 4000 disk
    virtualDisk.write average kiloBytesPerSecond rate vm 5 4000 disk
    virtualDisk.numberReadAveraged average number rate vm 1 300 disk
    virtualDisk.numberWriteAveraged average number rate vm 1 300 disk
    virtualDisk.totalReadLatency average millisecond absolute vm 1 20 disk
    virtualDisk.totalWriteLatency average millisecond absolute vm 1 30 disk
    net.usage average kiloBytesPerSecond rate vm,host 1 2000
    net.received average kiloBytesPerSecond rate vm,host 1 1000 card
    net.transmitted average kiloBytesPerSecond rate vm,host 1 1000 card
    net.packetsRx summation number delta vm,host 10 9000 card
    net.packetsTx summation number delta vm,host 10 9000 card
    net.droppedRx summation number delta vm,host 0 3 card
    net.droppedTx summation number delta vm,host 0 3 card
    sys.uptime latest second absolute vm,host 1000 900000
    power.power average watt rate host 120 480
    disk.capacity latest kiloBytes absolute datastore 1000000 9000000
    disk.used latest kiloBytes absolute datastore 100000 900000
    datastore.numberReadAveraged average number rate datastore 1 500
    datastore.numberWriteAveraged average number rate datastore 1 500
    clusterServices.failover latest number absolute cluster 1 1
    """.strip().splitlines()
]
KEYS = {FIRST_KEY + STEP * at: counter for at, counter in enumerate(COUNTERS)}
KEY_OF = {counter.path: key for key, counter in KEYS.items()}
UNITS = {
    "percent": "%",
    "megaHertz": "MHz",
    "millisecond": "ms",
    "kiloBytes": "KB",
    "kiloBytesPerSecond": "KBps",
    "number": "num",
    "second": "s",
    "watt": "W",
}


def described(key: int) -> Any:
    """A counter as PerfCounterInfo."""
    one = KEYS[key]

    def words(key: str, label: str) -> Any:
        return vim.ElementDescription(key=key, label=label, summary=label)

    return vim.PerformanceManager.CounterInfo(
        key=key,
        nameInfo=words(one.name, one.name),
        groupInfo=words(one.group, one.group),
        unitInfo=words(one.unit, UNITS[one.unit]),
        rollupType=one.rollup,
        statsType=one.stats,
        level=1,
        perDeviceLevel=3,
        associatedCounterId=[],
    )


def kind_of(thing: Thing) -> str:
    return next((name for kind, name in KINDS.items() if thing.is_a(kind)), "")


def instances(thing: Thing, counter: Counter) -> list[str]:
    """Of what it is measured: "" is the whole; virtual disks have no whole (as far as we know of the product)."""
    if counter.per == "disk":
        disks = devices.of_kind(thing.facts["config"].hardware.device, vim.vm.device.VirtualDisk)
        return [f"scsi{disk.controllerKey % 10}:{disk.unitNumber}" for disk in disks]
    more: list[str] = []
    if counter.per == "cpu":
        more = [str(at) for at in range(_cpus(thing))]
    elif counter.per == "card" and thing.is_a(vim.VirtualMachine):
        cards = devices.of_kind(thing.facts["config"].hardware.device, vim.vm.device.VirtualEthernetCard)
        more = [str(card.key) for card in cards]
    return ["", *more]


def _cpus(thing: Thing) -> int:
    if thing.is_a(vim.VirtualMachine):
        return thing.facts["config"].hardware.numCPU
    return thing.facts["summary"].hardware.numCpuThreads if thing.is_a(vim.HostSystem) else 0


def is_measured(thing: Thing) -> bool:
    """A machine that does not run, and a host that is not connected, have no samples."""
    if thing.is_a(vim.VirtualMachine):
        return thing.facts["runtime"].powerState == ON
    return not thing.is_a(vim.HostSystem) or thing.facts["runtime"].connectionState == "connected"


def value(thing: Thing, counter: Counter, instance: str, at: float) -> int:
    """The value at a time: what a test set; else a wave of ten minutes whose height is the object's own."""
    planted = thing.private.get("metrics", {})
    for name in (f"{counter.path}/{instance}", counter.path):
        if name in planted:
            return planted[name]
    if counter.path == "sys.uptime" and thing.is_a(vim.VirtualMachine):
        return int(at - thing.facts["runtime"].bootTime.timestamp())
    if counter.group == "disk" and thing.is_a(vim.Datastore):
        summary = thing.facts["summary"]
        return (summary.capacity if counter.name == "capacity" else summary.capacity - summary.freeSpace) >> 10
    seed = zlib.crc32(f"{thing.name} {counter.path} {instance}".encode())
    height = 0.2 + 0.6 * (seed % 1000) / 1000
    wave = 0.15 * math.sin(2 * math.pi * (at / 600 + (seed >> 10) % 100 / 100))
    return round(counter.low + (counter.high - counter.low) * (height + wave))
