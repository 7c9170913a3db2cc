"""The devices of hosts, and who could serve a request, as plain values for JSON and as Markdown for a ticket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from novatui.core.capabilities import Answer, Evidence
from novatui.core.deviceparts import releases_in_words
from novatui.core.deviceplan import Service, serve
from novatui.core.devicepools import Pool, Shelf, free_of, pools, shelves, total_of
from novatui.core.devicerequest import Request
from novatui.core.devicestanding import Holder, Standing, Stock
from novatui.engine.devicestock import HostStock
from novatui.engine.markdown import escape, table

NOT_OFFERED = "its product is not asked for devices"

UNKNOWN = "?"


def count(value: int | None) -> str:
    """A number, `?` where it is not known."""
    return UNKNOWN if value is None else str(value)


def holders_in_words(holders: Iterable[Holder]) -> str:
    """`db-1 (running), gpu-2 (off)`."""
    return ", ".join(f"{each.name} ({each.word})" for each in holders)


def served(told: Sequence[HostStock], request: Request) -> list[Service]:
    """What each host that told its devices answers; those that can first, then those of which it is not known."""
    found = [_service(one, request) for one in told]
    return sorted(found, key=lambda one: (_RANK.get(one.answer, len(_RANK)), len(one.releases), one.name, one.host))


_RANK = {answer: at for at, answer in enumerate((Answer.YES, Answer.PARTLY, Answer.UNKNOWN, Answer.NO))}


def _service(one: HostStock, request: Request) -> Service:
    if one.stock is not None:
        return serve(one.stock, request)
    answer = Answer.UNKNOWN if one.failure is not None else Answer.NOT_OFFERED
    why = f"its devices could not be read: {one.failure}" if one.failure is not None else NOT_OFFERED
    return Service(host=str(one.ref), name=one.name, answer=answer, reason=why)


def in_words(one: Service) -> str:
    """What would be given, after what; or why nothing is."""
    given = ", ".join(f"{pick.count} x {pick.slot.title}" if pick.count > 1 else pick.slot.title for pick in one.picks)
    after = "; ".join(releases_in_words(one.releases))
    said = given + (f", after {after}" if after else "")
    return " - ".join(filter(None, (said, one.reason)))


def conflicts(stock: Stock, found: Iterable[Pool]) -> list[tuple[str, str]]:
    """What cannot both be on a host: the device with what is in conflict; the host as a whole first, with no device."""
    host = [("", stock.giving.obstacle)] if stock.giving.obstacle and stock.devices else []
    return host + [(each.device.name, each.conflict) for pool in found for each in pool.conflicts]


# --- JSON ----------------------------------------------------------------------------------------------------------


def plain(told: Sequence[HostStock], request: Request | None = None) -> dict[str, Any]:
    """As scripts get it: what is not known is no key."""
    every = [(one, pools(one.stock)) for one in told if one.stock is not None]
    form: dict[str, Any] = {
        "kinds": [_shelf(shelf) for shelf in shelves(pool for _, found in every for pool in found)],
        "hosts": [_host(one) for one in told],
    }
    if request is not None:
        form |= {"request": str(request), "fit": [_fit(one) for one in served(told, request)]}
    return form


def _shelf(shelf: Shelf) -> dict[str, Any]:
    counted = {"free": free_of(shelf.pools), "total": total_of(shelf.pools)}
    return _known({"kind": shelf.kind, "id": shelf.key, "name": shelf.title, "hosts": list(shelf.hosts), **counted})


def _host(one: HostStock) -> dict[str, Any]:
    form: dict[str, Any] = {"ref": str(one.ref), "name": one.name, "at": _moment(one.at), "ms": one.ms}
    if one.stock is None:
        return _known(form | {"answer": "unknown" if one.failure else "not_offered", "reason": str(one.failure or "")})
    giving, found = one.stock.giving, pools(one.stock)
    form |= {
        "answer": "yes",
        "iommu": giving.iommu,
        "vfio": giving.vfio,
        "pools": [_pool(pool) for pool in found],
        "conflicts": [_known({"device": name, "reason": why}) for name, why in conflicts(one.stock, found)],
        "evidence": [_evidence(each) for each in one.evidence],
    }
    return _known(form)


def _pool(pool: Pool) -> dict[str, Any]:
    form = {
        "kind": pool.kind,
        "id": pool.key,
        "name": pool.title,
        "of": pool.source.id if pool.source is not None else None,
        "free": pool.free,
        "held": pool.held,
        "blocked": pool.blocked,
        "unknown": pool.unknown,
        "total": pool.total,
        "can_be_made": pool.make,
        "limit": pool.limit,
        "devices": [_device(each) for each in pool.standings],
    }
    return _known(form)


def _device(each: Standing) -> dict[str, Any]:
    device = each.device
    form = {
        "id": device.id,
        "name": device.name,
        "ids": device.ids,
        "address": device.address,
        "driver": device.driver,
        "iommu_group": device.iommu_group,
        "numa_node": device.numa_node,
        "use": each.use.value,
        "reason": each.reason,
        "conflict": each.conflict,
        "holders": [_known({"key": one.key, "name": one.name, "running": one.running}) for one in each.holders],
    }
    return _known(form)


def _fit(one: Service) -> dict[str, Any]:
    form = {
        "host": one.host,
        "name": one.name,
        "answer": one.answer.value,
        "gives": [
            _known({"count": pick.count, "device": pick.slot.device, "make": pick.slot.make, "of": pick.slot.card,
                    "title": pick.slot.title, "numa_node": pick.slot.numa})
            for pick in one.picks
        ],
        "after": list(releases_in_words(one.releases)),
        "reason": one.reason,
        "notes": list(one.notes),
    }  # fmt: skip
    return _known(form)


def _evidence(each: Evidence) -> dict[str, Any]:
    return _known(msgspec.to_builtins(each) | {"at": _moment(each.at)})


def _known(form: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in form.items() if value is not None and value != ""}


def _moment(epoch: float | None) -> str | None:
    try:
        moment = None if epoch is None else datetime.fromtimestamp(epoch, UTC)
    except (ValueError, OverflowError, OSError):
        return None  # no time that a calendar has
    return moment and moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- Markdown ------------------------------------------------------------------------------------------------------


def markdown(told: Sequence[HostStock], request: Request | None = None) -> str:
    """What there is by kind, what is in conflict, who could serve the request, and how it was read."""
    every = [(one.stock, pools(one.stock)) for one in told if one.stock is not None]
    lines = ["# Devices that machines can be given", ""]
    if request is not None:
        lines += [f"## {escape(str(request))}", "", *_services(served(told, request)), ""]
    lines += ["## What there is", "", *_shelves(shelves(pool for _, found in every for pool in found)), ""]
    lines += ["## Conflicts", "", *(_conflicts(every) or ["None."]), "", "## How it was read", "", *_read(told)]
    return "\n".join(lines) + "\n"


def _services(found: Iterable[Service]) -> list[str]:
    rows = (
        [escape(one.name), one.answer.value.replace("_", " "), escape(in_words(one)), escape("; ".join(one.notes))]
        for one in found
    )
    return table(["host", "answer", "what, or why not", "notes"], rows)


def _shelves(every: Iterable[Shelf]) -> list[str]:
    rows = [
        [shelf.kind, escape(shelf.title), escape(pool.host_name), escape(pool.source.name if pool.source else ""),
         count(pool.free), str(pool.held), str(pool.blocked), str(pool.unknown), count(pool.total),
         escape(holders_in_words(pool.holders))]
        for shelf in every
        for pool in shelf.pools
    ]  # fmt: skip
    return table(["kind", "what", "host", "of", "free", "held", "blocked", "unknown", "all", "held by"], rows)


def _conflicts(every: Iterable[tuple[Stock, Sequence[Pool]]]) -> list[str]:
    rows = [
        [escape(stock.name), escape(name), escape(why)]
        for stock, found in every
        for name, why in conflicts(stock, found)
    ]
    return table(["host", "device", "conflict"], rows) if rows else []


def _read(told: Iterable[HostStock]) -> Iterator[str]:
    yield from table(
        ["host", "asked", "ms", "calls"],
        (
            [escape(one.name), _moment(one.at) or "", "" if one.ms is None else f"{one.ms:.0f}", escape(_calls(one))]
            for one in told
        ),
    )


def _calls(one: HostStock) -> str:
    if one.stock is None:
        return str(one.failure) if one.failure is not None else NOT_OFFERED
    return ", ".join(each.call or each.source for each in one.evidence)
