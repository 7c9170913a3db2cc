"""What goes through each disk and interface of a machine that somebody looks at: counted now and a moment ago."""

from __future__ import annotations

import threading

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.library import NOWAIT, libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.mock import mock_stats
from novatui.backends.libvirt.rates import rates
from novatui.backends.libvirt.roster import Roster
from novatui.backends.libvirt.stats import Reading, decode
from novatui.core.detail import DiskRates, NicRates, Rates

GROUPS = libvirt.VIR_DOMAIN_STATS_INTERFACE | libvirt.VIR_DOMAIN_STATS_BLOCK

REMEMBERED = 8
"""Machines whose last reading is kept."""

TOO_OLD_S = 60.0
"""The mean over a longer time says nothing of now."""


class Traffic:
    """Reads one machine at a time, in one bulk call that passes by a monitor that is held."""

    def __init__(self, link: Link, host: Host, roster: Roster, sink: Sink) -> None:
        self.link = link
        self.host = host
        self.roster = roster
        self.sink = sink
        self._before: dict[str, tuple[Reading, float]] = {}
        """By uuid, the one that was read last at the end."""
        self._lock = threading.Lock()

    def of(self, uuid: str) -> Rates:
        """Rates since the reading before this one; without figures after the first."""
        domain = self.link.domain(uuid)
        begun = self.sink.now()
        answer = self.link.bulk(1, self.link.conn.domainListGetStats, [domain], GROUPS, NOWAIT)
        at = (begun + self.sink.now()) / 2
        stats = answer[0][1] if answer else {}
        known = self.roster.get(uuid)
        reading = decode(mock_stats(domain, stats, known) if self.host.is_mock and known is not None else stats)
        with self._lock:
            before = self._before.pop(uuid, None)
            self._before[uuid] = (reading, at)
            if len(self._before) > REMEMBERED:
                del self._before[next(iter(self._before))]
        if before is None or at - before[1] > TOO_OLD_S:
            return device_rates(None, reading, 0.0)
        return device_rates(before[0], reading, at - before[1])


def device_rates(before: Reading | None, after: Reading, seconds: float) -> Rates:
    """Every device that the later reading has; one that was just plugged in has no figures yet."""
    earlier = before if before is not None and seconds > 0 else None
    return Rates(
        disks=tuple(_of_disk(earlier, after, target, seconds) for target in after.disks or ()),
        nics=tuple(_of_nic(earlier, after, target, seconds) for target in after.nics or ()),
        seconds=seconds if earlier is not None else None,
    )


def _of_disk(before: Reading | None, after: Reading, target: str, seconds: float) -> DiskRates:
    """The rates of a machine that had this disk and no other."""
    if before is None:
        return DiskRates(target=target)
    told = rates(_with_disk(before, target), _with_disk(after, target), seconds)
    return DiskRates(
        target=target,
        read=told["disk.read"],
        write=told["disk.write"],
        iops=told["disk.iops"],
        latency=told["disk.latency"],
    )


def _of_nic(before: Reading | None, after: Reading, target: str, seconds: float) -> NicRates:
    if before is None:
        return NicRates(target=target)
    told = rates(_with_nic(before, target), _with_nic(after, target), seconds)
    return NicRates(target=target, rx=told["net.rx"], tx=told["net.tx"], drops=told["net.drops"])


def _with_disk(reading: Reading, target: str) -> Reading:
    own = {name: disk for name, disk in (reading.disks or {}).items() if name == target}
    return msgspec.structs.replace(reading, disks=own)


def _with_nic(reading: Reading, target: str) -> Reading:
    own = {name: nic for name, nic in (reading.nics or {}).items() if name == target}
    return msgspec.structs.replace(reading, nics=own)
