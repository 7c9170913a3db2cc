"""One domain's bulk statistics, decoded: libvirt's typed parameters as counters and levels. Pure: no libvirt in here.

Keys are documented at virConnectGetAllDomainStats. Each figure is decoded on its own, so a key that is missing blanks
its own column and no other. Counters are cumulative; `metrics` turns two readings into rates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

Stats = Mapping[str, Any]

_KIB = 1024


class DiskCounters(msgspec.Struct, frozen=True, kw_only=True):
    """Cumulative figures of one disk; times in nanoseconds."""

    read_bytes: int | None
    written_bytes: int | None
    reads: int | None
    writes: int | None
    read_time: int | None
    write_time: int | None


class NicCounters(msgspec.Struct, frozen=True, kw_only=True):
    """Cumulative figures of one interface, as the guest sees the directions."""

    received: int | None
    sent: int | None
    received_drops: int | None
    sent_drops: int | None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of one domain."""

    state: int | None
    reason: int | None
    cpu_time: int | None
    """Nanoseconds of host CPU used by the whole machine."""
    vcpus: int | None
    vcpus_max: int | None
    waited: dict[str, int] | None
    """Nanoseconds that each vCPU was ready but did not run, by the name of its counter."""
    memory: int | None
    """Bytes that the machine may grow to by its balloon."""
    assigned: int | None
    """Bytes it has now."""
    available: int | None
    """Bytes that the guest itself counts as its memory."""
    unneeded: int | None
    """Bytes that the guest could give away: free and reclaimable, else free."""
    guest_told: int | None
    """Epoch seconds of the guest's last word on its memory; None when libvirt does not tell."""
    resident: int | None
    """Bytes it occupies on the host."""
    disks: dict[str, DiskCounters] | None
    nics: dict[str, NicCounters] | None
    sizes: dict[str, int | None] | None
    """Virtual size of each disk in bytes, by target."""


def decode(stats: Stats) -> Reading:
    """Read one domain's statistics. Nothing raises; what is missing or no number is None."""
    return Reading(
        state=number(stats, "state.state"),
        reason=number(stats, "state.reason"),
        cpu_time=number(stats, "cpu.time"),
        vcpus=number(stats, "vcpu.current"),
        vcpus_max=number(stats, "vcpu.maximum"),
        waited=_waited(stats),
        memory=kibibytes(stats, "balloon.maximum"),
        assigned=kibibytes(stats, "balloon.current"),
        available=kibibytes(stats, "balloon.available"),
        unneeded=_first(kibibytes(stats, "balloon.usable"), kibibytes(stats, "balloon.unused")),
        guest_told=number(stats, "balloon.last-update"),
        resident=kibibytes(stats, "balloon.rss"),
        disks=_disks(stats),
        nics=_nics(stats),
        sizes=sizes_by_target(stats),
    )


def number(stats: Stats, name: str) -> int | None:
    """A whole number of zero or more; None otherwise."""
    value = stats.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def kibibytes(stats: Stats, name: str) -> int | None:
    """Bytes of a figure that libvirt counts in KiB."""
    value = number(stats, name)
    return value * _KIB if value is not None else None


def sizes_by_target(stats: Stats) -> dict[str, int | None] | None:
    """Virtual size of each disk. A drive without a medium has no figures at all and is left out."""
    entries = _entries(stats, "block")
    if entries is None:
        return None
    return {
        str(stats.get(f"{disk}.name", disk)): number(stats, f"{disk}.capacity")
        for disk in entries
        if _has_medium(stats, disk)
    }


def total(values: Iterable[int | None]) -> int | None:
    """The sum; None when there is nothing to sum or when any part is unknown."""
    found = list(values)
    return sum(value for value in found if value is not None) if found and None not in found else None


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _waited(stats: Stats) -> dict[str, int] | None:
    """Run-queue delay of every vCPU that is online. `delay` is what the guest sees as steal; older versions have only
    `wait`, which needs scheduler statistics in the host's kernel."""
    online, highest = number(stats, "vcpu.current"), number(stats, "vcpu.maximum")
    if online is None or highest is None:
        return None
    for counter in ("delay", "wait"):
        names = [f"vcpu.{vcpu}.{counter}" for vcpu in range(min(highest, 4096))]
        told = {name: value for name in names if (value := number(stats, name)) is not None}
        if len(told) == online:
            return told
    return None


def _entries(stats: Stats, group: str) -> list[str] | None:
    """`block.0`, `block.1` …: None when the group was not told."""
    count = number(stats, f"{group}.count")
    return [f"{group}.{index}" for index in range(min(count, 4096))] if count is not None else None


def _has_medium(stats: Stats, disk: str) -> bool:
    return any(f"{disk}.{figure}" in stats for figure in ("rd.reqs", "wr.reqs", "rd.bytes", "capacity", "physical"))


def _disks(stats: Stats) -> dict[str, DiskCounters] | None:
    entries = _entries(stats, "block")
    if entries is None:
        return None
    return {
        str(stats.get(f"{disk}.name", disk)): DiskCounters(
            read_bytes=number(stats, f"{disk}.rd.bytes"),
            written_bytes=number(stats, f"{disk}.wr.bytes"),
            reads=number(stats, f"{disk}.rd.reqs"),
            writes=number(stats, f"{disk}.wr.reqs"),
            read_time=number(stats, f"{disk}.rd.times"),
            write_time=number(stats, f"{disk}.wr.times"),
        )
        for disk in entries
        if _has_medium(stats, disk)
    }


def _nics(stats: Stats) -> dict[str, NicCounters] | None:
    """An interface without figures (user mode, a device given away) stays in: the sum is then unknown."""
    entries = _entries(stats, "net")
    if entries is None:
        return None
    return {
        str(stats.get(f"{nic}.name", nic)): NicCounters(
            received=number(stats, f"{nic}.rx.bytes"),
            sent=number(stats, f"{nic}.tx.bytes"),
            received_drops=number(stats, f"{nic}.rx.drop"),
            sent_drops=number(stats, f"{nic}.tx.drop"),
        )
        for nic in entries
    }
