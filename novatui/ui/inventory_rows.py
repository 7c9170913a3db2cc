"""Devices of many hosts as rows of a tree: by what they are or by host, then by card, then each device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from novatui.core.devicepools import Pool, Shelf, free_of, pools, shelves, total_of
from novatui.core.devicestanding import Standing, Use
from novatui.core.ids import ObjectRef
from novatui.core.text import clean
from novatui.engine.device_report import NOT_OFFERED, conflicts, holders_in_words
from novatui.engine.devicestock import HostStock

Key = tuple[str, ...]

FEW = 3
"""Machines that are named where several hosts are summed up."""

BY_TYPE, BY_HOST = "type", "host"
ORDERS = (BY_TYPE, BY_HOST)
"""What stands at the top."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    key: Key
    above: Key | None = None
    title: str
    kind: str = ""
    counts: tuple[int | None, ...] | None = None
    """Free, held, blocked, unknown, all; None among them: not told. None: it is one device, or nothing was told."""
    said: str = ""
    """Who holds it, or why it is not to be had."""
    conflict: str = ""
    host: ObjectRef | None = None
    """The host that it is of; None where it is of several."""
    device: str = ""
    """Id of the device that leads to it in the passthrough pane."""
    told: HostStock | None = None
    """The host that this row stands for."""
    pool: Pool | None = None
    standing: Standing | None = None
    folded: bool = True

    @property
    def words(self) -> str:
        """Everything that a filter looks through, in lower case; what is said of several devices is said of each."""
        one, pool = self.standing, self.pool
        more: list[str] = [self.title, self.kind]
        if pool is not None:
            more += [pool.kind, pool.title, pool.key, pool.host_name, pool.source.name if pool.source else ""]
        if one is not None:
            device = one.device
            numbers = f"group:{device.iommu_group} numa:{device.numa_node}"
            more += [device.address, device.ids, device.driver, device.vendor, device.product, one.use.value, numbers]
            more += [self.said, self.conflict, "conflict" if self.conflict else ""]
        elif self.told is not None and self.told.stock is None:
            more.append(self.said)
        return " ".join(more).casefold()


def rows_of(told: Sequence[HostStock], order: str) -> list[Row]:
    """All rows, each after the one that it stands below."""
    refs = {str(one.ref): one for one in told}
    by_host = {str(one.ref): pools(one.stock) for one in told if one.stock is not None}
    if order == BY_HOST:
        return [row for one in told for row in _of_host(one, by_host.get(str(one.ref), ()))]
    every = [pool for some in by_host.values() for pool in some]
    rows = [row for shelf in shelves(every) for row in _of_shelf(shelf, refs)]
    return rows + [_silent(one) for one in told if one.stock is None]


def fitting(rows: Sequence[Row], text: str) -> list[Row]:
    """Rows that every word fits, with what they stand below and what stands below them."""
    words = text.casefold().split()
    if not words:
        return list(rows)
    by_key = {row.key: row for row in rows}
    kept: set[Key] = set()
    own: set[Key] = set()
    for row in rows:
        if row.above in own or _means(row, words):
            own.add(row.key)
            at: Row | None = row
            while at is not None:
                kept.add(at.key)
                at = by_key.get(at.above) if at.above is not None else None
    return [row for row in rows if row.key in kept]


def _means(row: Row, words: Sequence[str]) -> bool:
    return all((word.removeprefix("!") in row.words) != word.startswith("!") for word in words if word.strip("!"))


def _of_host(one: HostStock, some: Sequence[Pool]) -> Iterator[Row]:
    key: Key = (str(one.ref),)
    if one.stock is None:
        yield _silent(one)
        return
    found = conflicts(one.stock, some)
    whole = [pool for pool in some if pool.kind != "mdev"]  # types are alternatives: adding them up tells nothing
    said = f"{len(found)} conflict{'' if len(found) == 1 else 's'}" if found else ""
    first = found[0][1] if found else ""
    yield Row(key=key, title=one.name, kind="host", counts=_counts(whole), said=said, conflict=first, host=one.ref,
              told=one)  # fmt: skip
    for pool in some:
        yield from _of_pool(pool, key, one.ref, _pool_title(pool))


def _of_shelf(shelf: Shelf, refs: dict[str, HostStock]) -> Iterator[Row]:
    key: Key = (shelf.kind, shelf.key)
    holders = dict.fromkeys(holder for pool in shelf.pools for holder in pool.holders)
    clash = next((one.conflict for pool in shelf.pools for one in pool.conflicts), "")
    hosts = len(shelf.hosts)
    who = holders_in_words(holders) if len(holders) <= FEW else f"{len(holders)} machines"
    said = "; ".join(filter(None, (f"{hosts} host{'' if hosts == 1 else 's'}", who)))
    title = shelf.title if shelf.title == shelf.key else f"{shelf.key} {shelf.title}"
    yield Row(key=key, title=title, kind=shelf.kind, counts=_counts(shelf.pools), said=said, conflict=clash)
    for pool in shelf.pools:
        name = f"{pool.host_name} {pool.source.name}" if pool.source is not None else pool.host_name
        yield from _of_pool(pool, key, refs[pool.host].ref, name)


def _of_pool(pool: Pool, above: Key, host: ObjectRef, title: str) -> Iterator[Row]:
    source = pool.source
    key = (*above, pool.host, pool.kind, pool.key, source.id if source is not None else "")
    clash = next((one.conflict for one in pool.conflicts), "")
    lead = source.id if source is not None else next((one.device.id for one in pool.standings), "")
    yield Row(
        key=key, above=above, title=title, kind=pool.kind, counts=_counts([pool]), said=_said(pool), conflict=clash,
        host=host, device=lead, pool=pool,
    )  # fmt: skip
    for one in pool.standings:
        yield Row(
            key=(*key, one.device.id), above=key, title=one.device.name, said=_stands(one), conflict=one.conflict,
            host=host, device=one.device.id, pool=pool, standing=one,
        )  # fmt: skip


def _pool_title(pool: Pool) -> str:
    return f"{pool.title} of {pool.source.name}" if pool.source is not None else pool.title


def _said(pool: Pool) -> str:
    """Who holds some of it; of what nobody holds why it is not free."""
    made = f"{len(pool.standings)} of {pool.limit} made" if pool.limit is not None else ""
    if pool.kind == "mdev" and pool.source is not None and pool.source.holder:
        return "; ".join(filter(None, (holders_in_words(pool.holders), "its card is given away as a whole")))
    why = next((one.reason for one in pool.standings if one.use is Use.BLOCKED), "") if not pool.free else ""
    return "; ".join(filter(None, (holders_in_words(pool.holders), why, made)))


def _stands(one: Standing) -> str:
    if one.use is Use.FREE:
        return "free"
    return holders_in_words(one.holders) if one.holders else one.reason


def _silent(one: HostStock) -> Row:
    why = NOT_OFFERED if one.failure is None else clean(str(one.failure))
    return Row(key=(str(one.ref),), title=one.name, kind="host", said=why, host=one.ref, told=one)


def _counts(some: Sequence[Pool]) -> tuple[int | None, ...]:
    return (
        free_of(some),
        sum(pool.held for pool in some),
        sum(pool.blocked for pool in some),
        sum(pool.unknown for pool in some),
        total_of(some),
    )
