"""Counters of one object as the console's metrics: units, and times per interval as shares of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from novatui.backends.vsphere.counters import Counter
from novatui.backends.vsphere.perfreply import Measured

Metrics = dict[str, float | None]
MOST = 10_000
"""Cells that are taken: no server keeps more of one length."""

Devices = Mapping[str, float]
"""By instance: a number in our unit."""


class Size:
    """What shares of an object are shares of. None: not known."""

    __slots__ = ("memory", "processors")

    def __init__(self, processors: int | None, memory: int | None) -> None:
        self.processors = processors
        self.memory = memory
        """Bytes."""


def metrics_of(measured: Measured, at: int, counters: Mapping[int, Counter], size: Size) -> Metrics:
    """What the sample at this place says. A metric without its counters is None."""
    sample = _Sample(cells_of(measured, at, counters), measured.intervals[at], size)
    return sample.machine() if measured.ref.type == "VirtualMachine" else sample.host()


def places(measured: Measured) -> list[int | None]:
    """Cells of equal length up to the newest sample, the oldest first: where the sample of each stands; None in a
    hole. Empty when there is no length."""
    if not measured.times or measured.intervals[-1] <= 0:
        return []
    step, last = measured.intervals[-1], measured.times[-1]
    found = {round((last - moment) / step): at for at, moment in enumerate(measured.times)}
    return [found.get(back) for back in range(min(max(found), MOST), -1, -1)]


def cells_of(measured: Measured, at: int, counters: Mapping[int, Counter]) -> dict[str, dict[str, float]]:
    """The sample at this place by name of counter and instance, in our units."""
    cells: dict[str, dict[str, float]] = {}
    for (counter, instance), values in measured.series.items():
        value, known = values[at], counters.get(counter)
        if value is not None and known is not None:
            cells.setdefault(known.name, {})[instance] = value * known.factor
    return cells


class _Sample:
    """One sample of one object, by name of counter and instance."""

    def __init__(self, cells: Mapping[str, Devices], seconds: int, size: Size) -> None:
        self._cells = cells
        self._seconds = seconds
        self._size = size

    def machine(self) -> Metrics:
        reads, writes = (self._devices(f"virtualDisk.number{each}Averaged.average") for each in ("Read", "Write"))
        slow, late = (self._devices(f"virtualDisk.total{each}Latency.average") for each in ("Read", "Write"))
        usage = self._whole("mem.usage.average")
        return self._shared() | {
            "mem.used": usage / 100 * self._size.memory if usage is not None and self._size.memory else None,
            "mem.host": self._whole("mem.consumed.average"),
            "mem.swapped": self._whole("mem.swapped.average"),
            "disk.read": _sum(self._devices("virtualDisk.read.average")),
            "disk.write": _sum(self._devices("virtualDisk.write.average")),
            "disk.iops": both(_sum(reads), _sum(writes)),
            "disk.latency": mean_request([*_weighed(slow, reads), *_weighed(late, writes)]),
            "disk.latency.read": mean_request(list(_weighed(slow, reads))),
            "disk.latency.write": mean_request(list(_weighed(late, writes))),
        }

    def host(self) -> Metrics:
        reads, writes = (self._whole(f"disk.number{each}Averaged.average") for each in ("Read", "Write"))
        return self._shared() | {
            "mem.used": self._whole("mem.consumed.average"),
            "mem.swapped": self._whole("mem.swapused.average"),
            "disk.read": self._whole("disk.read.average"),
            "disk.write": self._whole("disk.write.average"),
            "disk.iops": both(reads, writes),
            "disk.latency": self._whole("disk.maxTotalLatency.latest"),
        }

    def _shared(self) -> Metrics:
        usage = self._whole("cpu.usage.average")
        return {
            "cpu.used": min(100.0, usage) if usage is not None else None,
            "cpu.wait": self._share("cpu.ready.summation"),
            "cpu.costop": self._share("cpu.costop.summation"),
            "mem.balloon": self._whole("mem.vmmemctl.average"),
            "net.rx": self._whole("net.received.average"),
            "net.tx": self._whole("net.transmitted.average"),
            "net.packets": self._per_second("net.packetsRx.summation", "net.packetsTx.summation"),
            "net.drops": self._per_second("net.droppedRx.summation", "net.droppedTx.summation"),
        }

    def _devices(self, name: str) -> Devices:
        return self._cells.get(name, {})

    def _whole(self, name: str) -> float | None:
        return self._devices(name).get("")

    def _share(self, name: str) -> float | None:
        """Milliseconds of all processors in one interval, as a mean share of it: percent."""
        spent, processors = self._whole(name), self._size.processors
        if spent is None or not processors or self._seconds <= 0:
            return None
        return min(100.0, spent / (self._seconds * 1000 * processors) * 100)

    def _per_second(self, *names: str) -> float | None:
        found = [self._whole(name) for name in names]
        counted = [each for each in found if each is not None]
        return sum(counted) / self._seconds if len(counted) == len(found) and self._seconds > 0 else None


def _weighed(latencies: Devices, requests: Devices) -> Iterator[tuple[float, float]]:
    """Latency of each device, and how many requests it had."""
    for device, latency in latencies.items():
        yield latency, requests.get(device, 0.0)


def mean_request(found: list[tuple[float, float]]) -> float | None:
    """Mean of a request. Counts are rounded: a device may have a latency and no request, and is then as good as any;
    one that has neither has rested."""
    weights = sum(weight for _, weight in found)
    if weights:
        return sum(latency * weight for latency, weight in found) / weights
    told = [latency for latency, _ in found if latency]
    return sum(told) / len(told) if told else None


def _sum(devices: Devices) -> float | None:
    return sum(devices.values()) if devices else None


def both(first: float | None, second: float | None) -> float | None:
    return first + second if first is not None and second is not None else None
