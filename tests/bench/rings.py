"""Memory and cost of the metric store: goal G9's rings against their raw cells, and against deques of floats.

CPU time, not wall time. The inventory is counted apart; the exact latest values are counted with the rings.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from array import array
from collections import deque
from typing import Any

from novatui.core.metrics import METRICS, RINGED
from novatui.core.states import Kind
from novatui.engine.metric_store import HISTORY, PERIOD, MetricStore
from novatui.wire import channel, frames
from tests.bench import fleetdata

CELLS = round(HISTORY / PERIOD)
ROUNDS = 20
PEER_VMS = 1000
"""Machines measured with deques; their memory is scaled."""


def main(argv: list[str]) -> int:
    """1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench rings", description=__doc__)
    parser.add_argument("--vms", type=int, default=45_000)
    options, _ = parser.parse_known_args(argv)
    ring, peer = _apart("ours", options.vms), _apart("deques", PEER_VMS)
    raw = options.vms * RINGED * CELLS * 2 / 2**20
    scaled = peer["rings"] * options.vms / PEER_VMS
    ratio, load = ring["rings"] / raw, ring["row"] * 10_000 * 100
    print(f"{options.vms:,} machines, {RINGED} metrics, {CELLS} cells of {PERIOD:g} s")
    print(f"  raw cells           {raw:8.1f} MB")
    print(f"  rings, exact values {ring['rings']:8.1f} MB   {ratio:.3f}x of the raw cells")
    print(f"  deques of floats    {scaled:8.1f} MB   {scaled / raw:.1f}x (scaled from {PEER_VMS:,} machines)")
    print(f"  inventory           {ring['inventory']:8.1f} MB")
    print(f"  one update of ours  {ring['row'] * 1e9:8.0f} ns   10,000/s cost {load:.2f} % of a core")
    print(f"  one update of peer  {peer['row'] * 1e9:8.0f} ns   10,000/s cost {peer['row'] * 1e6:.2f} % of a core")
    print(f"  one history of 40   {ring['history'] * 1e6:8.1f} us")
    met = [
        _goal(f"rings take {ratio:.3f}x of the raw cells (at most 1.15x)", ratio <= 1.15),
        _goal(f"10,000 updates/s cost {load:.2f} % of a core in the store (at most 1 %)", load <= 1.0),
    ]
    return int(not all(met))


def _goal(text: str, met: bool) -> bool:
    print(f"  G9 {'met   ' if met else 'MISSED'}  {text}")
    return met


def _apart(what: str, vms: int) -> dict[str, float]:
    """Measure in a process of its own, so that no freed memory of anything else is reused."""
    with tempfile.NamedTemporaryFile(prefix="novatui-bench-") as wire:
        for frame in fleetdata.listing(vms):
            wire.write(channel.encode(frame))
        wire.flush()
        argv = [sys.executable, "-m", "tests.bench.rings", what, str(vms), wire.name]
        done = subprocess.run(argv, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def ours(vms: int, wire: str) -> dict[str, float]:
    start = fleetdata.rss()
    with open(wire, "rb") as file:
        inventory = fleetdata.received(iter(lambda: file.read(65536), b""))
    loaded = fleetdata.rss()
    keys = [inventory.key(slot) for slot in inventory.slots(Kind.VM)]
    feed, metrics = _samples(keys), MetricStore()
    before = fleetdata.rss()
    _round(metrics, inventory, feed, fleetdata.BEGUN)
    rings = fleetdata.rss() - before
    times = [_round(metrics, inventory, feed, fleetdata.BEGUN + PERIOD * at) for at in range(1, ROUNDS)]
    slots = [slot for slot in inventory.slots_of(fleetdata.SPEC.name, keys[:1000]) if slot is not None]
    begin = time.process_time()
    for slot in slots:
        metrics.history(slot, "cpu.used", 40)
    history = (time.process_time() - begin) / len(slots)
    return {"inventory": loaded - start, "rings": rings, "row": min(times) / vms, "history": history}


def _samples(keys: list[str]) -> list[frames.Samples]:
    rnd, found = random.Random(1), []
    for start in range(0, len(keys), frames.MAX_ROWS):
        part = keys[start : start + frames.MAX_ROWS]
        values = array("d", [rnd.random() * 100 for _ in range(len(part) * len(METRICS))]).tobytes()
        codes = array("H", [rnd.randrange(60_000) for _ in range(len(part) * RINGED)]).tobytes()
        found.append(frames.Samples(fleetdata.SPEC.name, 1, fleetdata.BEGUN, part, values, codes))
    return found


def _round(metrics: MetricStore, inventory: Any, feed: list[frames.Samples], begun: float) -> float:
    begin = time.process_time()
    for frame in feed:
        metrics.apply(frame, inventory, begun)
    return time.process_time() - begin


def deques(vms: int, wire: str) -> dict[str, float]:
    rnd = random.Random(1)
    before = fleetdata.rss()
    store = [[deque[float](maxlen=CELLS) for _ in range(RINGED)] for _ in range(vms)]
    for _ in range(CELLS):
        for rings in store:
            for ring in rings:
                ring.append(rnd.random())
    memory = fleetdata.rss() - before
    values = [rnd.random() for _ in range(RINGED)]
    begin = time.process_time()
    for _ in range(ROUNDS):
        for rings in store:
            for ring, value in zip(rings, values, strict=True):
                ring.append(value)
    return {"rings": memory, "row": (time.process_time() - begin) / ROUNDS / vms}


if __name__ == "__main__":
    print(json.dumps({"ours": ours, "deques": deques}[sys.argv[1]](int(sys.argv[2]), sys.argv[3])))
