"""The measured quantities: names, units and which of them have a history."""

from __future__ import annotations

import msgspec


class Metric(msgspec.Struct, frozen=True):
    """One measured quantity, the same for every family."""

    name: str
    """Canonical name: filters and JSON use it."""
    unit: str
    """`%`, `B`, `B/s`, `/s` or `ms`."""
    title: str
    """What it is, for column help."""


METRICS: tuple[Metric, ...] = (
    Metric("cpu.used", "%", "share of the vCPU capacity in use"),
    Metric("cpu.wait", "%", "time that vCPUs were ready but did not run (ready, steal, vcpu wait)"),
    Metric("mem.used", "B", "memory in use as the guest reports it"),
    Metric("disk.read", "B/s", "bytes read from all disks"),
    Metric("disk.write", "B/s", "bytes written to all disks"),
    Metric("disk.latency", "ms", "mean time of a disk request"),
    Metric("net.rx", "B/s", "bytes received"),
    Metric("net.tx", "B/s", "bytes sent"),
    Metric("mem.assigned", "B", "memory given to the machine now"),
    Metric("mem.host", "B", "memory the machine occupies on its host"),
    Metric("mem.balloon", "B", "memory taken back by the balloon"),
    Metric("disk.iops", "/s", "disk requests"),
    Metric("net.drops", "/s", "packets dropped"),
    Metric("net.packets", "/s", "packets received and sent"),
    Metric("cpu.costop", "%", "time that vCPUs stood still because others of the same machine could not run"),
    Metric("mem.swapped", "B", "memory of machines that their host has swapped out"),
    Metric("disk.latency.read", "ms", "mean time of a read request"),
    Metric("disk.latency.write", "ms", "mean time of a write request"),
)
"""Order is part of the wire format: a Samples frame names the metrics it carries by these positions."""

RINGED = 8
"""The first eight of METRICS are kept as history."""

NAMES: tuple[str, ...] = tuple(m.name for m in METRICS)

POSITION: dict[str, int] = {name: at for at, name in enumerate(NAMES)}
"""Where a metric stands in METRICS."""
