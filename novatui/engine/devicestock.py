"""The devices of many hosts, read on demand a few hosts at a time: each as it answers, with what was asked for it."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence

import msgspec

from novatui.core.capabilities import Evidence
from novatui.core.detail import Detail
from novatui.core.devices import Giving
from novatui.core.devicestanding import Holder, Stock
from novatui.core.errors import Failure, NotSupported, NovaError
from novatui.core.ids import ObjectRef, split_key
from novatui.core.states import Power
from novatui.engine.fleet import Fleet
from novatui.engine.inventory_store import InventoryStore

AT_ONCE = 8
"""Hosts that are read at the same time."""

PER_CONNECTION = 2
"""Those of one connection: its worker has other things to do, too."""

PARTS = ("devices",)

_RUNS = frozenset({Power.RUNNING, Power.PAUSED, Power.STARTING, Power.STOPPING, Power.MIGRATING})
_RESTS = frozenset({Power.OFF, Power.SUSPENDED})


class HostStock(msgspec.Struct, frozen=True, kw_only=True):
    """What one host told of its devices, or why it did not."""

    ref: ObjectRef
    name: str
    stock: Stock | None = None
    """None: it told nothing."""
    failure: Failure | None = None
    """Why it told nothing; None without `stock`: its connection does not offer that."""
    at: float | None = None
    """Epoch seconds when it was asked."""
    ms: float | None = None

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What was asked."""
        return self.stock.giving.evidence if self.stock is not None else ()


class Clocks(msgspec.Struct, frozen=True):
    """What tells when a host was asked, and how long it took."""

    epoch: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


async def stocks(fleet: Fleet, hosts: Sequence[ObjectRef], clocks: Clocks | None = None) -> AsyncGenerator[HostStock]:
    """The devices of these hosts, in the order in which they answer. A host that hangs delays those after it only."""
    turn = asyncio.Semaphore(AT_ONCE)
    turns = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(PER_CONNECTION))

    async def read(host: ObjectRef) -> HostStock:
        async with turns[host.conn], turn:
            return await stock_of(fleet, host, clocks or Clocks())

    tasks = [asyncio.create_task(read(host)) for host in hosts]
    try:
        for answered in asyncio.as_completed(tasks):
            yield await answered
    finally:
        for task in tasks:
            task.cancel()


async def stock_of(fleet: Fleet, host: ObjectRef, clocks: Clocks) -> HostStock:
    """The devices of one host."""
    begun, since = clocks.epoch(), clocks.monotonic()
    slot = fleet.inventory.slot(host.conn, host.key)
    found = HostStock(ref=host, name=host.id if slot is None else fleet.inventory.name(slot), at=begun)
    try:
        told = await fleet.detail(host, PARTS)
    except NotSupported:
        return found
    except NovaError as error:
        return msgspec.structs.replace(found, failure=error.failure)
    failed = next((one.failure for one in told.failures if one.part in PARTS), None)
    stock = None if told.devices is None else _stock(fleet.inventory, found, told)
    return msgspec.structs.replace(found, stock=stock, failure=failed, ms=(clocks.monotonic() - since) * 1000)


def _stock(inventory: InventoryStore, host: HostStock, told: Detail) -> Stock:
    devices = told.devices or ()
    keys = {key for device in devices for key in (device.holder, *device.others) if key}
    machines = {key: _holder(inventory, host.ref.conn, key) for key in keys}
    giving = told.giving or Giving()
    return Stock(host=str(host.ref), name=host.name, devices=devices, giving=giving, machines=machines)


def _holder(inventory: InventoryStore, conn: str, key: str) -> Holder:
    slot = inventory.slot(conn, key)
    if slot is None:
        return Holder(key, _native(key))
    power = inventory.value(slot, "power")
    return Holder(key, inventory.name(slot), True if power in _RUNS else False if power in _RESTS else None)


def _native(key: str) -> str:
    try:
        return split_key(key)[1]
    except ValueError:
        return key
