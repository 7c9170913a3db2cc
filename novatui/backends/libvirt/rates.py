"""Two readings of one machine as rates. No rate without a reading before; none where a counter ran backwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from novatui.backends.libvirt.stats import Reading

Sample = dict[str, float | None]
T = TypeVar("T")

GUEST_SILENT_S = 60.0
"""A guest that said nothing of its memory for so long no longer reports it; its last word is not shown as current."""

CLOCK_SKEW_S = 120.0
"""How far the host's clock may be off before the age of a guest's first report is doubted."""


class History:
    """The last reading of one machine."""

    __slots__ = ("at", "guest_told", "guest_told_at", "reading")

    def __init__(self, reading: Reading, at: float, wall: float) -> None:
        self.reading = reading
        self.at = at
        self.guest_told = reading.guest_told
        fresh = reading.guest_told is not None and abs(wall - reading.guest_told) < CLOCK_SKEW_S
        self.guest_told_at = at if fresh else None
        """When we saw the guest's report renewed; None: never."""

    def advance(self, reading: Reading, at: float) -> None:
        """Take the next reading as the last one."""
        if reading.guest_told != self.guest_told:
            self.guest_told = reading.guest_told
            self.guest_told_at = at
        self.reading = reading
        self.at = at

    def guest_reports(self, now: float) -> bool:
        """The guest's memory figures are current. Without a time stamp libvirt vouches for them."""
        if self.guest_told is None:
            return True
        return self.guest_told_at is not None and now - self.guest_told_at <= GUEST_SILENT_S


def levels(reading: Reading, *, guest_reports: bool) -> Sample:
    """What one reading tells by itself."""
    used = _difference(reading.available, reading.unneeded) if guest_reports else None
    return {
        "mem.assigned": reading.assigned,
        "mem.host": reading.resident,
        "mem.balloon": _difference(reading.memory, reading.assigned),
        "mem.used": used,
    }


def rates(before: Reading, after: Reading, seconds: float) -> Sample:
    """What two readings tell, `seconds` apart."""
    if seconds <= 0:
        return {}
    disks = _common(before.disks, after.disks)
    nics = _common(before.nics, after.nics)
    reads, writes = _sum(disks, lambda d: d.reads), _sum(disks, lambda d: d.writes)
    requests = _add(reads, writes)
    busy = _add(_sum(disks, lambda d: d.read_time), _sum(disks, lambda d: d.write_time))
    return {
        "cpu.used": _cpu_used(before, after, seconds),
        "cpu.wait": _cpu_wait(before, after, seconds),
        "disk.read": _per(_sum(disks, lambda d: d.read_bytes), seconds),
        "disk.write": _per(_sum(disks, lambda d: d.written_bytes), seconds),
        "disk.iops": _per(requests, seconds),
        "disk.latency": busy / requests / 1e6 if busy is not None and requests else None,
        "net.rx": _per(_sum(nics, lambda n: n.received), seconds),
        "net.tx": _per(_sum(nics, lambda n: n.sent), seconds),
        "net.drops": _per(_add(_sum(nics, lambda n: n.received_drops), _sum(nics, lambda n: n.sent_drops)), seconds),
    }


def _cpu_used(before: Reading, after: Reading, seconds: float) -> float | None:
    """Share of the vCPUs' capacity. Threads beside the vCPUs count too, so it is capped at the whole."""
    spent = _grown(before.cpu_time, after.cpu_time)
    if spent is None or not after.vcpus:
        return None
    return min(100.0, spent / (seconds * 1e9 * after.vcpus) * 100)


def _cpu_wait(before: Reading, after: Reading, seconds: float) -> float | None:
    """Mean over the vCPUs; there is none while their number or their counter changes."""
    if not after.waited or before.waited is None or before.waited.keys() != after.waited.keys():
        return None
    grown = [_grown(before.waited[name], value) for name, value in after.waited.items()]
    if None in grown:
        return None
    return min(100.0, sum(value for value in grown if value is not None) / (seconds * 1e9 * len(grown)) * 100)


def _common(before: Mapping[str, T] | None, after: Mapping[str, T] | None) -> list[tuple[T, T]]:
    """Devices that both readings have: a device that was just plugged in has no rate yet."""
    if before is None or after is None:
        return []
    return [(before[name], after[name]) for name in after if name in before]


def _sum(pairs: list[tuple[T, T]], figure: Callable[[T], int | None]) -> int | None:
    """Growth over all devices; None when there is none, or when one of them does not tell or was reset."""
    grown = [_grown(figure(before), figure(after)) for before, after in pairs]
    return sum(value for value in grown if value is not None) if grown and None not in grown else None


def _grown(before: int | None, after: int | None) -> int | None:
    """Growth of a counter; None when it is unknown or ran backwards."""
    return after - before if before is not None and after is not None and after >= before else None


def _difference(whole: int | None, part: int | None) -> int | None:
    return whole - part if whole is not None and part is not None and whole >= part else None


def _add(first: int | None, second: int | None) -> int | None:
    return first + second if first is not None and second is not None else None


def _per(amount: int | None, seconds: float) -> float | None:
    return amount / seconds if amount is not None else None
