"""Starting from the cached inventory: opening it and reading the first names, against loading the whole fleet.

Each run opens the file anew; ms of CPU. A screenful in the store is what the console does before its first frame.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from novatui.engine.cache import CacheFile, adopt, open_cache, path_of, snapshot, write
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.recall import FIRST_COLUMNS
from novatui.wire import channel
from tests.bench import fleetdata

NAMES = 50


def main(argv: list[str]) -> int:
    """Always 0: goal G1 is measured on the whole console's first frame."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench cache", description=__doc__)
    parser.add_argument("--vms", type=int, default=45_000)
    parser.add_argument("--runs", type=int, default=5)
    options, _ = parser.parse_known_args(argv)
    print(f"load average before: {os.getloadavg()[0]:.2f}; {options.vms:,} machines, median of {options.runs}")
    with tempfile.TemporaryDirectory(prefix="novatui-bench-") as scratch:
        measure(Path(scratch), options.vms, options.runs)
    return 0


def measure(folder: Path, vms: int, runs: int) -> None:
    wire = [channel.encode(frame) for frame in fleetdata.listing(vms)]
    inventory = fleetdata.inventory(vms)
    begin = time.process_time()
    data = snapshot(inventory, fleetdata.SPEC.name)
    taken = time.process_time()
    write(path_of(folder, fleetdata.SPEC.name), data)
    print(f"  file {len(data) / 2**20:.1f} MB: taken in {(taken - begin) * 1e3:.0f} ms", end=", ")
    print(f"written in {(time.process_time() - taken) * 1e3:.0f} ms")
    names = median_ms(lambda: first_names(folder), runs)
    screenful = median_ms(lambda: first_screenful(folder), runs)
    slices = [slowest_slice(folder) for _ in range(runs)]
    whole = median_ms(lambda: list(adopt(opened(folder), empty())), runs)
    received = median_ms(lambda: fleetdata.received(wire), runs)
    print(f"  open and read the first {NAMES} names    {names:8.2f} ms   {whole / names:6.0f}x quicker than all of it")
    print(f"  a screenful in the store            {screenful:8.2f} ms   {whole / screenful:6.0f}x")
    print(f"  all of it in the store, in slices   {whole:8.0f} ms   slowest slice {statistics.median(slices):.1f} ms")
    print(f"  the same from a worker's frames     {received:8.0f} ms")


def opened(folder: Path) -> CacheFile:
    found = open_cache(folder, fleetdata.SPEC)
    assert isinstance(found, CacheFile), found
    return found


def empty() -> InventoryStore:
    store = InventoryStore()
    store.add_connection(fleetdata.SPEC)
    return store


def first_names(folder: Path) -> list[object]:
    cache = opened(folder)
    return [cache.value(row, "name") for row in (*range(NAMES), *cache.machines(NAMES))]


def first_screenful(folder: Path) -> None:
    cache = opened(folder)
    for _ in adopt(cache, empty(), cache.hanging([*cache.tops(NAMES), *cache.machines(NAMES)]), FIRST_COLUMNS):
        pass


def slowest_slice(folder: Path) -> float:
    slowest, begin = 0.0, time.process_time()
    for _ in adopt(opened(folder), empty()):
        now = time.process_time()
        slowest, begin = max(slowest, now - begin), now
    return slowest * 1e3


def median_ms(work: Callable[[], object], runs: int) -> float:
    spent = list[float]()
    for _ in range(runs):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return statistics.median(spent) * 1e3
