"""Devices of hosts counted by what they are: functions of a card, types of mediated devices, whole devices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from novatui.core.devices import Device, MdevType
from novatui.core.devicestanding import Holder, Standing, Stock, Use, standings

KINDS = ("mdev", "vf", "gpu", "vgpu", "pci", "nic", "disk", "usb")
"""What there is, in the order of lists."""


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """Devices of one host that can stand for each other."""

    kind: str
    """As `Device.device_class`; `mdev` for one type that one card makes."""
    key: str
    """The same on every host that has such: a type, or numbers of vendor and product."""
    title: str
    host: str
    """Its ref."""
    host_name: str
    source: Device | None = None
    """The card of which they are parts."""
    standings: tuple[Standing, ...] = ()
    """Those that exist."""
    make: int | None = 0
    """Mediated devices that can still be made, fewer when others of the card are made; None: not told."""
    limit: int | None = None
    """Functions that the card can have."""

    @property
    def free(self) -> int | None:
        """Those that could be given now; None: not told."""
        return None if self.make is None else self.count(Use.FREE) + self.make

    @property
    def held(self) -> int:
        """Those that machines have, running or not."""
        return self.count(Use.HELD) + self.count(Use.DEFINED)

    @property
    def blocked(self) -> int:
        """Those that nobody has, and that cannot be given."""
        return self.count(Use.BLOCKED)

    @property
    def unknown(self) -> int:
        """Those of which it is not known whether somebody has them."""
        return self.count(Use.UNKNOWN)

    @property
    def total(self) -> int | None:
        """All of them; None: not told."""
        return None if self.make is None else len(self.standings) + self.make

    @property
    def holders(self) -> tuple[Holder, ...]:
        """Machines that have some, each once."""
        return tuple(dict.fromkeys(holder for each in self.standings for holder in each.holders))

    @property
    def conflicts(self) -> tuple[Standing, ...]:
        """Those with which something cannot be."""
        return tuple(each for each in self.standings if each.conflict)

    def count(self, use: Use) -> int:
        """Those that stand so."""
        return sum(1 for each in self.standings if each.use is use)


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """The same on all hosts that have it."""

    kind: str
    key: str
    title: str
    pools: tuple[Pool, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        """Refs of hosts that have some, each once."""
        return tuple(dict.fromkeys(pool.host for pool in self.pools))


def pools(stock: Stock) -> tuple[Pool, ...]:
    """Every device of a host in exactly one pool; a card is in one as a whole, and has one for each type it makes."""
    every = standings(stock)
    by_id = {each.device.id: each.device for each in every}
    found: dict[tuple[str, str, str], Pool] = {}
    for card in by_id.values():
        for kind in card.mdev_types:
            found["mdev", kind.id, card.id] = _of_type(stock, card, kind)
    for each in every:
        pool = _pool_of(stock, each.device, by_id)
        at = pool.kind, pool.key, pool.source.id if pool.source is not None else ""
        known = found.get(at, pool)
        found[at] = msgspec.structs.replace(known, standings=(*known.standings, each))
    return tuple(sorted(found.values(), key=_order))


def shelves(every: Iterable[Pool]) -> list[Shelf]:
    """Pools of several hosts by what they are of."""
    found: dict[tuple[str, str], list[Pool]] = {}
    for pool in every:
        found.setdefault((pool.kind, pool.key), []).append(pool)
    made = [Shelf(kind=kind, key=key, title=same[0].title, pools=tuple(same)) for (kind, key), same in found.items()]
    return sorted(made, key=lambda one: _order(one.pools[0])[:3])


def free_of(some: Sequence[Pool]) -> int | None:
    """Those of all pools that could be given; None where one does not tell."""
    counts = [pool.free for pool in some]
    return sum(count for count in counts if count is not None) if None not in counts else None


def total_of(some: Sequence[Pool]) -> int | None:
    """All of all pools; None where one does not tell."""
    counts = [pool.total for pool in some]
    return sum(count for count in counts if count is not None) if None not in counts else None


def _of_type(stock: Stock, card: Device, kind: MdevType) -> Pool:
    make = 0 if card.holder or stock.giving.obstacle else kind.available
    title = kind.name or kind.id
    return Pool(
        kind="mdev", key=kind.id, title=title, host=stock.host, host_name=stock.name, source=card,
        make=None if make is None else max(0, make),
    )  # fmt: skip


def _pool_of(stock: Stock, device: Device, by_id: dict[str, Device]) -> Pool:
    """An empty pool for it."""
    card = by_id.get(device.parent) if device.device_class in ("vf", "mdev") else None
    if device.device_class == "mdev":
        key, title = device.product or "?", device.product or device.name
    else:
        unnamed = "functions" if device.device_class == "vf" else device.name
        key = device.ids or " ".join(filter(None, (device.vendor, device.product))) or unnamed
        title = device.product or unnamed
    return Pool(
        kind=device.device_class, key=key, title=title, host=stock.host, host_name=stock.name, source=card,
        limit=card.functions_max if card is not None and device.device_class == "vf" else None,
    )  # fmt: skip


def _order(pool: Pool) -> tuple[int, str, str, str, str]:
    rank = KINDS.index(pool.kind) if pool.kind in KINDS else len(KINDS)
    return rank, pool.title, pool.key, pool.host_name, pool.source.address if pool.source is not None else ""
