"""What goes through each disk and interface of a machine that somebody looks at, by its real-time counters."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from novatui.backends.driver import Sink
from novatui.backends.vsphere.counters import Counters
from novatui.backends.vsphere.fields import type_of, words
from novatui.backends.vsphere.inventory import Inventory, Measurable
from novatui.backends.vsphere.machine_devices import is_nic, slot_of
from novatui.backends.vsphere.measures import both, cells_of, mean_request
from novatui.backends.vsphere.perfquery import REAL_TIME, Catalogue, PerfQueries, most
from novatui.backends.vsphere.perfreply import Measured
from novatui.backends.vsphere.session import Opened
from novatui.core.detail import DiskRates, NicRates, Rates

PAUSE = REAL_TIME / 2
"""Seconds for which an answer is given again: the server has a new sample every REAL_TIME."""

REMEMBERED = 8
"""Machines whose last answer is kept."""

Cells = Mapping[str, Mapping[str, float]]
"""By name of a counter and instance: `scsi0:0` of a disk, `4000` (the key of the device) of an interface."""


class Traffic:
    """Asks for one machine at a time."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory, catalogue: Catalogue) -> None:
        self._sink = sink
        self._inventory = inventory
        self._catalogue = catalogue
        self._queries = PerfQueries(opened, sink, catalogue)
        self._turn = threading.Lock()
        self._told: dict[str, tuple[float, Rates]] = {}
        """By key of a machine: when it was asked for, and what was told."""

    def recent(self, machine: str) -> Rates | None:
        """What was told of a machine (key) a moment ago: there is nothing newer."""
        at, rates = self._told.get(machine, (0.0, None))
        return rates if rates is not None and self._sink.now() - at < PAUSE else None

    def of(self, machine: str, hardware: list[dict[str, Any]]) -> Rates:
        """The latest sample of each device (VirtualDevice) of a machine (key); without figures while it does not
        run. NovaError when counters cannot be had."""
        found: list[tuple[Cells, int]] = []

        def take(_: Measurable, measured: Measured) -> None:
            at = len(measured.times) - 1
            found.append((cells_of(measured, at, self._catalogue.counters().by_id), measured.intervals[at]))

        with self._turn:
            begun = self._sink.now()
            self._queries.ask(self._inventory.measurable([machine]), most(1), REAL_TIME, take, _of_devices)
            rates = device_rates(hardware, *(found[0] if found else ({}, 0)))
            self._told.pop(machine, None)
            self._told[machine] = (begun, rates)
            if len(self._told) > REMEMBERED:
                del self._told[next(iter(self._told))]
        return rates

    def end(self) -> None:
        """Nothing is asked any more."""
        self._queries.end()


def _of_devices(counters: Counters, kind: str) -> list[tuple[int, str]]:
    del kind
    return counters.of_devices()


def device_rates(hardware: list[dict[str, Any]], cells: Cells, seconds: int) -> Rates:
    """A line for every disk and interface, called as in the description of the machine."""

    def of(name: str, instance: str) -> float | None:
        return cells.get(name, {}).get(instance)

    def disk(slot: str) -> DiskRates:
        reads, writes = (of(f"virtualDisk.number{each}Averaged.average", slot) for each in ("Read", "Write"))
        slow, late = (of(f"virtualDisk.total{each}Latency.average", slot) for each in ("Read", "Write"))
        timed = [(each, count or 0.0) for each, count in ((slow, reads), (late, writes)) if each is not None]
        return DiskRates(
            target=slot,
            read=of("virtualDisk.read.average", slot),
            write=of("virtualDisk.write.average", slot),
            iops=both(reads, writes),
            latency=mean_request(timed),
        )

    def nic(device: dict[str, Any]) -> NicRates:
        instance = words(device, "key")
        drops = both(of("net.droppedRx.summation", instance), of("net.droppedTx.summation", instance))
        return NicRates(
            target=words(device, "macAddress").lower(),
            rx=of("net.received.average", instance),
            tx=of("net.transmitted.average", instance),
            drops=drops / seconds if drops is not None and seconds > 0 else None,
        )

    return Rates(
        disks=tuple(disk(slot_of(one, hardware)) for one in hardware if type_of(one) == "VirtualDisk"),
        nics=tuple(nic(one) for one in hardware if is_nic(one)),
        seconds=float(seconds) if seconds > 0 else None,
    )
