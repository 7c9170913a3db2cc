"""A large fleet for benchmarks of the stores: hosts of 28 machines with the columns that a libvirt listing has."""

from __future__ import annotations

import ctypes
import gc
import random
from collections.abc import Iterable, Iterator
from uuid import UUID

from novatui.core.connection import ConnectionSpec
from novatui.core.inventory import Value
from novatui.core.states import Family, Link
from novatui.engine.inventory_store import InventoryStore
from novatui.wire import channel, frames

SPEC = ConnectionSpec(name="bench", family=Family.LIBVIRT, driver="libvirt", uri="test:///bench")
PER_HOST = 28
CHUNK = frames.MAX_ROWS
BEGUN = 1000.0


def keys(count: int) -> list[str]:
    """Keys of the machines."""
    rnd = random.Random(1)
    return [f"vm:{UUID(int=rnd.getrandbits(128))}" for _ in range(count)]


def listing(count: int) -> Iterator[frames.Rows]:
    """The frames of a whole listing: hosts first, then machines."""
    hosts = [f"host:{UUID(int=at)}" for at in range(-(-count // PER_HOST))]
    yield from _frames(hosts, [_host(at) for at in range(len(hosts))])
    machines = keys(count)
    yield from _frames(machines, [_machine(at, key, hosts[at // PER_HOST]) for at, key in enumerate(machines)])


def _frames(names: list[str], rows: list[dict[str, Value]]) -> Iterator[frames.Rows]:
    fields = list(rows[0])
    for start in range(0, len(names), CHUNK):
        part = rows[start : start + CHUNK]
        columns = [[row[field] for row in part] for field in fields]
        yield frames.Rows(SPEC.name, 1, BEGUN, fields, names[start : start + CHUNK], columns)


def _host(at: int) -> dict[str, Value]:
    name = f"kvm-{at:04d}"
    return {"name": name, "parent": "", "power": "running", "cpus": 64, "memory_total": 2**39, "product": "libvirt 9"}


def _machine(at: int, key: str, host: str) -> dict[str, Value]:
    rnd = random.Random(at)
    return {
        "name": f"{rnd.choice(['web', 'db', 'app', 'mail', 'ci'])}-{rnd.choice(['front', 'orders', 'x'])}-{at:05d}",
        "parent": host,
        "host": host,
        "uuid": key.removeprefix("vm:"),
        "native_id": str(at),
        "native_type": "domain",
        "power": rnd.choice(["running", "running", "running", "off", "paused"]),
        "native_state": "running",
        "since": 1.7e9 + at,
        "health": "ok",
        "job": "",
        "alarms": int(rnd.random() < 0.01),
        "vcpus": rnd.choice([1, 2, 4, 8]),
        "memory": rnd.choice([1, 2, 4, 8, 16]) * 2**30,
        "memory_max": 2**35,
        "disks": 2,
        "disk_size": 100 * 2**30,
        "nics": 1,
        "firmware": "uefi",
        "machine": "pc-q35-7.2",
        "tags": rnd.choice([["prod"], ["lab"], ["prod", "web"]]),
        "guest_os": rnd.choice(["debian12", "rhel9", "win2022"]),
        "ip": [f"10.{at >> 16 & 255}.{at >> 8 & 255}.{at & 255}"],
        "guest_name": f"guest-{at}",
        "tools": "ok",
        "snapshots": rnd.choice([0, 0, 1, 3]),
    }


def inventory(count: int) -> InventoryStore:
    """A store that holds the fleet."""
    return received(map(channel.encode, listing(count)))


def received(wire: Iterable[bytes]) -> InventoryStore:
    """A store that got these frames from a worker."""
    store, reader = InventoryStore(), channel.FrameReader()
    store.add_connection(SPEC)
    store.set_link(SPEC.name, Link.UP)
    for data in wire:
        for frame in reader.feed(data):
            assert isinstance(frame, frames.Rows)
            store.apply_rows(frame, BEGUN)
    store.drain()
    return store


def rss() -> float:
    """Resident memory of this process, MB of 2^20 bytes, without what is free and only not given back yet."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
