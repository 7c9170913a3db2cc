"""A vCenter through a real worker into the stores of the console, for `vsphere.py`: time, memory, cost of a change."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Callable
from statistics import median

import msgspec

from novatui.core.states import Kind
from novatui.engine.fleet import Fleet, Target
from tests.bench.processes import cpu, pss
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.driven import Probe
from tests.lab.vsphere.simulated import Vcsim

LOOK = 0.01
"""Seconds between two looks at what the worker has told."""

LONGEST = 600.0


class Load(msgspec.Struct):
    """What it took."""

    machines: int
    first_rows: float
    """Seconds from the start of the worker to the first machine."""
    whole: float
    """Seconds to the end of the first listing."""
    worker_cpu: float
    """Processor seconds of the worker until then."""
    worker: float
    """MB of the worker, settled."""
    console: float
    """MB of this process, settled."""
    change_cpu: float = 0.0
    """Processor milliseconds of the worker for one change."""
    change_seen: float = 0.0
    """Seconds from the end of the other client's task to the row."""


async def load(server: Vcsim, changes: int) -> Load:
    """Load it all, then let somebody else change something so many times."""
    spec = Probe(server).driver.spec
    gc.collect()
    fleet = Fleet([Target(spec, lambda: {"password": server.password})])
    begun = time.perf_counter()
    await fleet.start()
    try:
        first = await _until(fleet, lambda: bool(list(fleet.inventory.slots(Kind.VM))), begun)
        whole = await _until(fleet, lambda: Kind.VM.value in fleet.connections["vc"].loaded, begun)
        worker = fleet.workers[0].pid
        used = cpu(worker)
        await _rest(fleet, 3.0)
        found = Load(
            machines=len(list(fleet.inventory.slots(Kind.VM))),
            first_rows=first,
            whole=whole,
            worker_cpu=used,
            worker=pss(worker),
            console=pss(os.getpid()),
        )
        if changes:
            await _change(fleet, server, worker, changes, found)
        return found
    finally:
        await fleet.stop()


async def _change(fleet: Fleet, server: Vcsim, worker: int, changes: int, found: Load) -> None:
    with client_of(server) as service:
        slot = next(iter(fleet.inventory.slots(Kind.VM)))
        name, seen = str(fleet.inventory.value(slot, "name")), list[float]()
        quiet = await _rested(fleet, worker)
        before, since = cpu(worker), time.perf_counter()
        for number in range(changes):
            state, wanted = ("off", "off") if number % 2 == 0 else ("on", "running")
            await asyncio.to_thread(change.power, service, name, state)
            begun = time.perf_counter()
            at = await _until(fleet, lambda wanted=wanted: fleet.inventory.value(slot, "power") == wanted, begun)
            seen.append(at)
        await _rest(fleet, 1.0)
        used = cpu(worker) - before - quiet * (time.perf_counter() - since)
        found.change_cpu = 1000 * used / changes
        found.change_seen = median(seen)


async def _rested(fleet: Fleet, worker: int) -> float:
    """What share of a processor the worker takes when nothing happens."""
    before = cpu(worker)
    await _rest(fleet, 10.0)
    return (cpu(worker) - before) / 10.0


async def _until(fleet: Fleet, condition: Callable[[], bool], begun: float) -> float:
    while not condition():
        fleet.drain()
        await asyncio.sleep(LOOK)
        if time.perf_counter() - begun > LONGEST:
            raise TimeoutError("the vCenter simulator was not loaded")
    return time.perf_counter() - begun


async def _rest(fleet: Fleet, seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        fleet.drain()
        await asyncio.sleep(LOOK)
