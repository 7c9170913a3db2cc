"""Which counters a server has, by name: their ids are every server's own, and so are their units.

A name is `group.name.rollup` as the vSphere API reference writes it (PerformanceManager, PerfCounterInfo).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from novatui.backends.vsphere.fields import each, number, truth, words
from novatui.backends.vsphere.updates import several

EVERY = "*"
"""Instance of a metric: each device by itself."""
WHOLE = ""
"""Instance of a metric: the object as a whole."""

SHARED = (
    "cpu.usage.average",
    "cpu.ready.summation",
    "cpu.costop.summation",
    "mem.usage.average",
    "mem.consumed.average",
    "mem.vmmemctl.average",
    "net.received.average",
    "net.transmitted.average",
    "net.packetsRx.summation",
    "net.packetsTx.summation",
    "net.droppedRx.summation",
    "net.droppedTx.summation",
)
"""Of machines and hosts alike, told as a whole."""

OF_DISKS = (
    "virtualDisk.read.average",
    "virtualDisk.write.average",
    "virtualDisk.numberReadAveraged.average",
    "virtualDisk.numberWriteAveraged.average",
    "virtualDisk.totalReadLatency.average",
    "virtualDisk.totalWriteLatency.average",
)
"""Of machines, told of each disk."""

OF_MACHINES = (*SHARED, "mem.swapped.average")
OF_HOSTS = (
    *SHARED,
    "mem.swapused.average",
    "disk.read.average",
    "disk.write.average",
    "disk.numberReadAveraged.average",
    "disk.numberWriteAveraged.average",
    "disk.maxTotalLatency.latest",
)


def _each(names: Iterable[str], instance: str) -> dict[str, str]:
    return dict.fromkeys(names, instance)


OF_CARDS = (
    "net.received.average",
    "net.transmitted.average",
    "net.droppedRx.summation",
    "net.droppedTx.summation",
)
"""Of the interfaces of machines, told of each."""

WANTED: dict[str, dict[str, str]] = {
    "VirtualMachine": _each(OF_MACHINES, WHOLE) | _each(OF_DISKS, EVERY),
    "HostSystem": _each(OF_HOSTS, WHOLE),
}
"""By type of object: the counters that are asked for, each with its instance. `disk.usage` and `net.usage` are the
sums of their two halves, which the console shows."""

UNITS: Mapping[str, float] = {
    "percent": 0.01,
    "kiloBytes": 1024.0,
    "megaBytes": 1024.0 * 1024,
    "gigaBytes": 1024.0 * 1024 * 1024,
    "kiloBytesPerSecond": 1024.0,
    "megaBytesPerSecond": 1024.0 * 1024,
    "millisecond": 1.0,
    "microsecond": 0.001,
    "second": 1000.0,
    "number": 1.0,
}
"""What one of a PerformanceManagerUnit is in ours: percent (a hundredth), bytes, bytes a second, milliseconds."""


MetricId = tuple[int, str]
"""Id of a counter and instance."""


class Rollup(NamedTuple):
    """Means that a server keeps (HistoricalInterval)."""

    step: int
    """Seconds that one of them stands for."""
    kept: int
    """Seconds for which it is kept."""


def rollups(told: Any) -> tuple[Rollup, ...]:
    """Those that are switched on, the finest first. `told`: PerformanceManager.historicalInterval."""
    found = [(number(one, "samplingPeriod"), number(one, "length"), truth(one, "enabled")) for one in each(told)]
    return tuple(sorted(Rollup(step, kept) for step, kept, enabled in found if step and kept and enabled is not False))


class Counter(NamedTuple):
    """One counter of one server."""

    name: str
    factor: float
    """What its numbers are multiplied with to be in our unit."""


class Counters:
    """The counters that this server has of those that are wanted."""

    def __init__(self, told: Any) -> None:
        """`told`: PerformanceManager.perfCounter, as our own reader leaves it. What is not in it is not asked for."""
        wanted = {name for names in WANTED.values() for name in names}
        self.by_id: dict[int, Counter] = {}
        self._ids: dict[str, int] = {}
        for info in several(told):
            name = ".".join((words(info, "groupInfo.key"), words(info, "nameInfo.key"), words(info, "rollupType")))
            key, factor = number(info, "key"), UNITS.get(words(info, "unitInfo.key"))
            if name in wanted and key is not None and factor is not None:
                self.by_id[key] = Counter(name, factor)
                self._ids[name] = key

    @property
    def most(self) -> int:
        """How many of them one object has at most, each disk of a machine not counted."""
        return max(len(self.of(kind)) for kind in WANTED)

    def of(self, kind: str) -> list[MetricId]:
        """Of each counter to ask for."""
        return [(self._ids[name], instance) for name, instance in WANTED[kind].items() if name in self._ids]

    def of_devices(self) -> list[MetricId]:
        """Of each counter of the disks and interfaces of a machine."""
        return [(self._ids[name], EVERY) for name in (*OF_DISKS, *OF_CARDS) if name in self._ids]
