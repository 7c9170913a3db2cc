"""How busy domains and their host are: bulk statistics of what is watched, as rates since the reading before.

The state and sizes that come along correct the rows, so that a change that no event told is seen within a period.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.libvirt import states
from novatui.backends.libvirt.disksizes import size_of_disks
from novatui.backends.libvirt.domains import state_columns
from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.library import NOWAIT, libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.mock import mock_stats
from novatui.backends.libvirt.rates import History, Sample, levels, rates
from novatui.backends.libvirt.roster import Known, Roster
from novatui.backends.libvirt.stats import Reading, decode
from novatui.core.errors import NotSupported
from novatui.core.ids import split_key
from novatui.core.inventory import Row, Value
from novatui.core.states import Kind

GROUPS = (
    libvirt.VIR_DOMAIN_STATS_STATE
    | libvirt.VIR_DOMAIN_STATS_CPU_TOTAL
    | libvirt.VIR_DOMAIN_STATS_BALLOON
    | libvirt.VIR_DOMAIN_STATS_VCPU
    | libvirt.VIR_DOMAIN_STATS_INTERFACE
    | libvirt.VIR_DOMAIN_STATS_BLOCK
)
ACTIVE = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE


class Metrics:
    """Takes samples and keeps the reading before of each domain."""

    def __init__(self, link: Link, host: Host, roster: Roster, sink: Sink) -> None:
        self.link = link
        self.host = host
        self.roster = roster
        self.sink = sink
        self._histories: dict[str, History] = {}
        self._host_before: Mapping[str, int] | None = None

    def sample(self, keys: Collection[str] | None) -> None:
        """Measure these objects; None: all. Off domains have no sample, and say so once."""
        wanted = None if keys is None else {identifier for key in keys if (identifier := _vm(key))}
        if wanted is None or wanted:
            with self.roster.telling:
                self._sample_domains(wanted)
        if keys is None or self.host.key in keys:
            self._sample_host()

    # Domains

    def _sample_domains(self, wanted: set[str] | None) -> None:
        begun, wall = self.sink.now(), time.time()
        found = self._read(wanted)
        ended = self.sink.now()
        samples: list[tuple[str, Sample]] = []
        rows: list[Row] = []
        seen: set[str] = set()
        for position, (domain, stats) in enumerate(found):
            known = self.roster.get(domain.UUIDString())
            if known is None or (wanted is not None and known.uuid not in wanted):
                continue
            seen.add(known.uuid)
            # The daemon measures one domain after another: the moment of each lies that far into the call.
            at = begun + (ended - begun) * (position + 0.5) / len(found)
            reading = decode(mock_stats(domain, stats, known) if self.host.is_mock else stats)
            samples.append((f"vm:{known.uuid}", self._sample_of(known.uuid, reading, at, wall)))
            if changed := self._changes(known, reading):
                rows.append(Row(Kind.VM, known.uuid, changed))
        for uuid in self._ended(seen, wanted):
            del self._histories[uuid]
            samples.append((f"vm:{uuid}", {}))
        self.sink.samples(begun, samples)
        if rows:
            self.sink.rows(begun, rows)

    def _read(self, wanted: set[str] | None) -> Sequence[tuple[Any, Mapping[str, Any]]]:
        """Statistics of what is wanted: by name while that is the smaller half, else of everything that runs."""
        running = [each for each in self.roster if each.state not in {None, states.SHUTOFF, states.CRASHED}]
        try:
            if wanted is not None:
                chosen = [each.domain for each in running if each.uuid in wanted]
                if not chosen:
                    return []
                if len(chosen) * 2 <= len(running):
                    return self.link.bulk(len(chosen), self.link.conn.domainListGetStats, chosen, GROUPS, NOWAIT)
            return self.link.bulk(len(running), self.link.conn.getAllDomainStats, GROUPS, NOWAIT | ACTIVE)
        except NotSupported:
            return []

    def _sample_of(self, uuid: str, reading: Reading, at: float, wall: float) -> Sample:
        history = self._histories.get(uuid)
        if history is None:
            history = self._histories[uuid] = History(reading, at, wall)
            return levels(reading, guest_reports=history.guest_reports(at))
        before, since = history.reading, history.at
        history.advance(reading, at)
        return levels(reading, guest_reports=history.guest_reports(at)) | rates(before, reading, at - since)

    def _ended(self, seen: Iterable[str], wanted: set[str] | None) -> list[str]:
        """Domains that were measured before and were asked for now, but run no longer."""
        silent = self._histories.keys() - set(seen)
        return [uuid for uuid in silent if wanted is None or uuid in wanted]

    def _changes(self, known: Known, reading: Reading) -> dict[str, Value]:
        """Columns that the statistics contradict. What they do not tell stays as it is."""
        changed: dict[str, Value] = {}
        if reading.state is not None and (reading.state, reading.reason) != (known.state, known.reason):
            known.see(reading.state, reading.reason)
            changed |= state_columns(known)
        size = size_of_disks(known, reading.sizes)
        if size is not None and size != known.disk_size:
            known.disk_size = changed["disk_size"] = size
        told = {
            "vcpus": reading.vcpus,
            "vcpus_max": reading.vcpus_max,
            "memory": reading.assigned,
            "memory_max": reading.memory,
        }
        columns = known.summary.columns if known.summary is not None else {}
        other = {name: value for name, value in told.items() if value is not None and value != columns.get(name, value)}
        if other and known.summary is not None:
            known.summary = msgspec.structs.replace(known.summary, columns=columns | other)
            changed |= other
        return changed

    # The host

    def _sample_host(self) -> None:
        begun = self.sink.now()
        cpu = self.link.attempt(self.link.conn.getCPUStats, -1)
        memory = self.link.attempt(self.link.conn.getMemoryStats, -1)
        sample: Sample = {
            "cpu.used": busy_share(self._host_before, cpu),
            "mem.used": memory_in_use(memory),
        }
        self._host_before = cpu
        self.sink.samples(begun, [(self.host.key, sample)])


def busy_share(before: Mapping[str, int] | None, after: Mapping[str, int] | None) -> float | None:
    """Percent of all processors' time that was not idle, from cumulative nanoseconds."""
    if before is None or after is None or "idle" not in before or "idle" not in after:
        return None
    resting = sum(after.get(name, 0) - before.get(name, 0) for name in ("idle", "iowait"))
    whole = sum(after[name] - before[name] for name in after.keys() & before.keys() if name in _CPU_TIMES)
    if whole <= 0 or not 0 <= resting <= whole:
        return None
    return (whole - resting) / whole * 100


_CPU_TIMES = {"kernel", "user", "idle", "iowait", "intr"}


def memory_in_use(stats: Mapping[str, int] | None) -> int | None:
    """Bytes in use: neither free nor reclaimable. libvirt counts in KiB."""
    if stats is None or not {"total", "free"} <= stats.keys():
        return None
    return (stats["total"] - stats["free"] - stats.get("buffers", 0) - stats.get("cached", 0)) * 1024


def _vm(key: str) -> str:
    """uuid of a machine's key; empty for any other object."""
    try:
        kind, identifier = split_key(key)
    except ValueError:
        return ""
    return identifier if kind is Kind.VM else ""
