"""The console on 50,000 machines into which samples pour: `python -m tests.bench.flood_app MACHINES RATE REPORT`.

The samples come as bytes, are decoded and stored as those of a worker are. SIGUSR1 begins a new count, SIGUSR2 writes
what was counted since to REPORT.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from novatui.core.metrics import METRICS, POSITION, RINGED
from novatui.engine.fleet import Fleet, Target
from novatui.ui.app import NovaApp
from novatui.ui.output.counters import LagProbe
from novatui.wire import frames
from novatui.wire.channel import FrameReader, encode
from tests.bench import fleetdata

TICK = 0.05
"""Seconds between two portions."""

CALM, STORMY = 5.0, 100.0
"""Highest values of a machine that is well, and of the one in a hundred that is above every limit."""


def readings(keys: Sequence[str], seed: int) -> Iterator[frames.Samples]:
    """One reading of all machines."""
    rnd = random.Random(seed)
    for start in range(0, len(keys), frames.MAX_ROWS):
        part = keys[start : start + frames.MAX_ROWS]
        highest = [STORMY if at % 100 == 0 else CALM for at in range(len(part))]
        rows = [[rnd.random() * top for _ in METRICS] for top in highest]
        for row in rows:
            row[POSITION["mem.assigned"]] = 2.0**33
        values = array("d", chain.from_iterable(rows)).tobytes()
        codes = array("H", [rnd.randrange(60_000) for _ in range(len(part) * RINGED)]).tobytes()
        yield frames.Samples(fleetdata.SPEC.name, 1, fleetdata.BEGUN, list(part), values, codes)


class Unconnected(Fleet):
    """Its samples come from nowhere else."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def settled(self, timeout: float) -> None: ...


class Flooded(NovaApp):
    """The console, with a task that pours samples in and a probe of the loop."""

    def __init__(self, machines: int, rate: int, report: Path) -> None:
        fleet = Unconnected([Target(fleetdata.SPEC, dict)])
        for frame in fleetdata.listing(machines):
            fleet.inventory.apply_rows(frame, time.monotonic())
        super().__init__(fleet)
        self._rate, self._report = rate, report
        keys = fleetdata.keys(machines)
        # Two readings with other values: the rows on the screen change with each.
        self._wire: Sequence[bytes] = [encode(frame) for seed in (1, 2) for frame in readings(keys, seed)]
        self._applied, self._since = 0, time.monotonic()

    async def on_mount(self) -> None:
        """Begin to pour."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self._begin)
        loop.add_signal_handler(signal.SIGUSR2, self._write)
        self._pouring = asyncio.create_task(self._pour())

    async def _pour(self) -> None:
        due, at = time.monotonic(), 0
        reader = FrameReader()
        while self._rate:
            wanted = int(self._rate * TICK)
            while wanted > 0:
                (frame,) = reader.feed(self._wire[at % len(self._wire)])
                now = time.monotonic()
                self.fleet._receive(msgspec.structs.replace(frame, begun=now), 0.0)
                wanted -= len(frame.keys)
                self._applied += len(frame.keys)
                at += 1
                await asyncio.sleep(0)  # as between two frames of a worker
            due += TICK
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _begin(self) -> None:
        self.counters.key_to_frame.__init__()
        self.counters.loop_lag.__init__()
        self._probe = LagProbe(self.counters, 0.02)
        self._probe.start()
        self._applied, self._since, self._used = 0, time.monotonic(), time.process_time()

    def _write(self) -> None:
        self._probe.stop()
        passed = time.monotonic() - self._since
        keys, lag = self.counters.key_to_frame, self.counters.loop_lag
        told = {
            "updates/s": self._applied / passed,
            "CPU %": 100 * (time.process_time() - self._used) / passed,
            "keys": keys.count,
            "key p50 ms": (keys.percentile(50) or 0) * 1e3,
            "key p95 ms": (keys.percentile(95) or 0) * 1e3,
            "key p99 ms": (keys.percentile(99) or 0) * 1e3,
            "lag p99 ms": (lag.percentile(99) or 0) * 1e3,
            "lag max ms": lag.maximum * 1e3,
        }
        fresh = self._report.with_suffix(".part")
        fresh.write_text(json.dumps(told))
        fresh.replace(self._report)


if __name__ == "__main__":
    Flooded(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])).run()
