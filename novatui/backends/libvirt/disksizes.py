"""Virtual disk sizes of machines: of what runs from the bulk statistics, of what is off from the pools' volumes.

libvirt tells the size of an off machine's disk only volume by volume, a call each; so sizes are remembered, and one
listing spends a bounded time on asking. The next one goes on.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from novatui.backends.driver import Sink
from novatui.backends.libvirt.library import NOWAIT, libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.roster import Known
from novatui.backends.libvirt.stats import sizes_by_target, total
from novatui.backends.libvirt.storage import Storage
from novatui.backends.libvirt.summary import Summary
from novatui.core.errors import NovaError, Unreachable
from novatui.core.inventory import Row
from novatui.core.states import Kind

BUDGET_S = 1.0
REMEMBERED_S = 600.0


class DiskSizes:
    """Fills the `disk_size` column."""

    def __init__(self, link: Link, storage: Storage, sink: Sink) -> None:
        self.link = link
        self.storage = storage
        self.sink = sink
        self._capacities: dict[str, tuple[int | None, float]] = {}
        """Capacity of an image and when it was asked for."""

    def load(self, listed: Collection[Known]) -> None:
        """Tell the sizes of these domains, as far as they are known now."""
        begun = self.sink.now()
        running = self._of_running(len(listed))
        rows: list[Row] = []
        rest: list[Known] = []
        for known in listed:
            size = size_of_disks(known, running.get(known.uuid))
            if size is None:
                rest.append(known)
            else:
                known.disk_size = size
                rows.append(Row(Kind.VM, known.uuid, {"disk_size": size}))
        self.sink.rows(begun, rows)
        self._load_by_volumes(rest)

    def _of_running(self, most: int) -> dict[str, Mapping[str, int | None]]:
        """Of at most so many, by uuid."""
        flags = NOWAIT | libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE
        try:
            found = self.link.bulk(most, self.link.conn.getAllDomainStats, libvirt.VIR_DOMAIN_STATS_BLOCK, flags)
        except Unreachable:
            raise
        except NovaError:
            return {}
        return {domain.UUIDString(): sizes_by_target(stats) or {} for domain, stats in found}

    def _load_by_volumes(self, rest: list[Known]) -> None:
        wanted = [known for known in rest if known.summary is not None and _all_of(known.summary, known.summary.images)]
        if not wanted:
            return
        begun = self.sink.now()
        volumes = self.storage.volumes_by_path()
        deadline = time.monotonic() + BUDGET_S
        rows: list[Row] = []
        for known in wanted:
            images = known.summary.images if known.summary is not None else ()
            size = total(self._capacity(image, volumes, deadline) for image in images)
            if size is not None:
                known.disk_size = size
                rows.append(Row(Kind.VM, known.uuid, {"disk_size": size}))
        self.sink.rows(begun, rows)

    def _capacity(self, image: str, volumes: Mapping[str, Any], deadline: float) -> int | None:
        """Capacity of one image; None when it is in no pool, or when the time is up."""
        now = time.monotonic()
        capacity, asked = self._capacities.get(image, (None, -REMEMBERED_S))
        if now - asked < REMEMBERED_S or now > deadline:
            return capacity
        volume = volumes.get(image)
        if volume is None:
            self._capacities.pop(image, None)
            return None
        info = self.link.attempt(volume.info)
        self._capacities[image] = (info[1] if info else None, now)
        return self._capacities[image][0]


def size_of_disks(known: Known, sizes: Mapping[str, int | None] | None) -> int | None:
    """Size of a domain's disks from what the statistics tell by target; drives for removable media do not count."""
    if known.summary is None or not _all_of(known.summary, known.summary.fixed):
        return None
    if not known.summary.fixed:
        return 0
    return total((sizes or {}).get(target) for target in known.summary.fixed)


def _all_of(summary: Summary, told: Collection[str]) -> bool:
    """Whether so much is told of each disk, none left out: of a domain that tells no devices nothing is known."""
    return len(told) == summary.columns.get("disks") and all(told)
