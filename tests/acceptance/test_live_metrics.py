"""What the console says a guest does is what libvirt counted: over the same windows, by virsh's own counters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import NamedTuple, TypeVar

import pytest

from novatui.engine.fleet import Fleet
from tests.acceptance.live import PERIOD, Arrivals, domstats, libvirt, live, slot_of
from tests.fleets import until
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.isolation import private_network_missing

pytestmark = pytest.mark.libvirt

T = TypeVar("T")

VCPUS = 2
"""Two, so that one busy thread of the guest stays far below the cap of 100 %."""

NAME = "subject"

CLOCKS = 0.05
"""Share by which the seconds of a window may be misjudged: a reading is dated in the middle of its call."""

TRIES = 5
MIB = 1 << 20

COUNTERS: dict[str, tuple[Callable[[dict[str, int]], int], float]] = {
    "cpu.used": (lambda stats: stats["cpu.time"], VCPUS * 1e9 / 100),
    "disk.read": (lambda stats: stats["block.0.rd.bytes"], 1),
    "disk.write": (lambda stats: stats["block.0.wr.bytes"], 1),
    "disk.iops": (lambda stats: stats["block.0.rd.reqs"] + stats["block.0.wr.reqs"], 1),
    "net.rx": (lambda stats: stats["net.0.rx.bytes"], 1),
    "net.tx": (lambda stats: stats["net.0.tx.bytes"], 1),
}
"""What libvirt counts of each rate that we show, and how much it counts in a second at a rate of one."""


class Guest(NamedTuple):
    """A quiet guest, and the host that it runs on."""

    host: LibvirtHost
    spec: GuestSpec


@pytest.fixture(scope="module")
def guest() -> Iterator[Guest]:
    """A guest with a disk, and with a NIC on a private network."""
    if reason := private_network_missing():
        pytest.skip(f"lab: {reason}")
    with or_skip(lambda: LibvirtHost("meter", taps=1)) as host:
        yield Guest(host, host.start_guest(GuestSpec(NAME, vcpus=VCPUS, disk_mib=64, tap=1)))


class Meter(Arrivals):
    """Every sample of the guest, taken as it arrives in the store."""

    def __init__(self, fleet: Fleet, guest: Guest) -> None:
        slot = slot_of(fleet, "lab", NAME)
        assert slot is not None
        super().__init__(fleet, slot)
        self.values: list[dict[str, float | None]] = []
        self._guest = guest

    def look(self) -> bool:
        """True when there is a new sample."""
        if not super().look():
            return False
        names = (*COUNTERS, "mem.used", "mem.assigned", "mem.host")
        self.values.append({name: self._fleet.metrics.latest(self._slot, name) for name in names})
        return True

    async def edge(self) -> tuple[dict[str, int], int, dict[str, int]]:
        """virsh's counters, the place of a sample that was read after them, and virsh's counters after that."""
        before = await self.stats()
        now = asyncio.get_running_loop().time()
        await until(lambda: self.at and self.at[-1] > now)
        place = len(self.at) - 1
        return before, place, await self.stats()

    async def stats(self) -> dict[str, int]:
        """What `virsh domstats` says now."""
        return await aside(partial(domstats, self._guest.host, NAME))

    async def do(self, *lines: str) -> None:
        """Type lines on the guest's console (short ones: its shell wraps), and wait until all is done."""
        host, spec = self._guest
        start = len(host.console(spec))
        for line in (*lines, "echo all-$((6*7))"):
            await aside(partial(host.type_on_console, spec, line))
        await aside(partial(host.wait_console, spec, "all-42", start=start))

    def knows(self, first: int, last: int) -> bool:
        """Whether every sample between two has every rate."""
        return all(None not in [self.values[at][metric] for metric in COUNTERS] for at in range(first + 1, last + 1))

    def amount(self, metric: str, first: int, last: int) -> float:
        """How much was counted between two samples, by the rates that the console shows."""
        total = 0.0
        for at in range(first + 1, last + 1):
            rate = self.values[at][metric]
            assert rate is not None, f"{metric} is unknown at sample {at}"
            total += rate * (self.at[at] - self.at[at - 1])
        return total * COUNTERS[metric][1]


async def aside(function: Callable[[], T]) -> T:
    """Run something that blocks, while the event loop takes in samples."""
    return await asyncio.to_thread(function)


@asynccontextmanager
async def metering(guest: Guest) -> AsyncIterator[Meter]:
    """A console that measures the guest, and the record of it."""
    async with live(libvirt("lab", guest.host.uri)) as fleet:
        fleet.watch({"lab": None}, PERIOD)
        meter = Meter(fleet, guest)
        keeping = asyncio.create_task(meter.keep())
        await until(lambda: meter.values and None not in meter.values[-1].values())
        yield meter
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def counted(meter: Meter, *lines: str) -> dict[str, int]:
    """Let the guest work, and hold every rate against libvirt's counters; what virsh counted at least.

    A counter only grows, so what it stood at when a sample was read lies between virsh's words before and after. Done
    again when the machine was asked by virsh just then and did not answer us, too: a rate is unknown after that.
    """
    for _ in range(TRIES):
        start, first, started = await meter.edge()
        await meter.do(*lines)
        end, last, ended = await meter.edge()
        if meter.knows(first, last):
            break
    least: dict[str, int] = {}
    for metric, (read, _) in COUNTERS.items():
        least[metric], most = read(end) - read(started), read(ended) - read(start)
        shown = meter.amount(metric, first, last)
        assert least[metric] * (1 - CLOCKS) <= shown <= most * (1 + CLOCKS), metric
    return least


async def test_disk_and_processor_are_what_libvirt_counts(guest: Guest) -> None:
    async with metering(guest) as meter:
        grown = await counted(
            meter,
            "dd if=/dev/urandom of=/dev/vda bs=64k count=160 oflag=direct",
            "dd if=/dev/vda of=/dev/null bs=64k count=80 iflag=direct",
        )
        assert grown["disk.write"] == 10 * MIB
        assert grown["disk.read"] == 5 * MIB
        assert grown["disk.iops"] >= 240
        assert grown["cpu.used"] > 0
        quiet = await counted(meter, "sleep 2")
        assert quiet["disk.write"] == quiet["disk.read"] == quiet["disk.iops"] == 0
        assert quiet["cpu.used"] < grown["cpu.used"]


async def test_network_is_what_libvirt_counts(guest: Guest) -> None:
    async with metering(guest) as meter:
        grown = await counted(meter, "ping -q -c 30 -i 0.1 -s 1400 10.97.1.1")
        assert grown["net.tx"] > 30 * 1400
        assert grown["net.rx"] > 30 * 1400


async def test_memory_is_what_the_guest_reports(guest: Guest) -> None:
    async with metering(guest) as meter:
        before = meter.values[-1]["mem.used"]
        assert before is not None
        await meter.do("dirty 40 20 >/dev/null & sleep 5")
        virsh, place, again = await meter.edge()
        shown = meter.values[place]
        told = sorted((stats["balloon.available"] - stats["balloon.usable"]) * 1024 for stats in (virsh, again))
        assert shown["mem.used"] is not None
        assert told[0] - 4 * MIB <= shown["mem.used"] <= told[1] + 4 * MIB
        assert shown["mem.used"] - before > 30 * MIB
        assert shown["mem.assigned"] == virsh["balloon.current"] * 1024
        assert shown["mem.host"] == pytest.approx(virsh["balloon.rss"] * 1024, rel=0.1)
        await meter.do("kill $!")
        await until(lambda: (used := meter.values[-1]["mem.used"]) is not None and used - before < 30 * MIB)
