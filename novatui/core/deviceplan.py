"""Whether a host could give a machine what is asked for: now, after something was given back, or not, and why.

A device is given once. One card makes types of mediated devices, or is given as a whole, not both; whether it makes two
types at a time is the card's own affair, so that one card is taken for one new type only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations

import msgspec

from novatui.core.capabilities import Answer
from novatui.core.deviceparts import Pick, Slot, slots
from novatui.core.devicerequest import Part, Request
from novatui.core.devicestanding import Release, Stock, along


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What one host answers to a request."""

    host: str
    """Its ref."""
    name: str
    answer: Answer
    """yes: now. partly: once the `releases` have happened. unknown, no: `reason`."""
    picks: tuple[Pick, ...] = ()
    """What it would give; empty for a no."""
    releases: tuple[Release, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()
    """What is good to know: NUMA nodes, groups that go as a whole, drivers that let go."""


def serve(stock: Stock, request: Request) -> Service:
    """Whether this host could give one machine all of that."""
    level, found = _found(stock, request)
    if not found:
        return Service(host=stock.host, name=stock.name, answer=Answer.NO, reason=_why_not(stock, request))
    releases = tuple(dict.fromkeys(release for pick in found for release in pick.slot.releases))
    answer, reason = _LEVELS[level], ""
    if level == _OPEN:
        reason = next((pick.slot.open for pick in found if pick.slot.open), "")
    elif any(pick.slot.needs_iommu for pick in found) and (untold := _untold(stock)):
        answer, reason = Answer.UNKNOWN, untold
    return Service(
        host=stock.host, name=stock.name, answer=answer, picks=tuple(found), releases=releases, reason=reason,
        notes=tuple(_notes(stock, found)),
    )  # fmt: skip


_NOW, _AFTER, _OPEN = 0, 1, 2
_LEVELS = {_NOW: Answer.YES, _AFTER: Answer.PARTLY, _OPEN: Answer.UNKNOWN}


def _found(stock: Stock, request: Request) -> tuple[int, list[Pick]]:
    """The best way: what is free, then what can be given back, then what may be free; on one NUMA node if possible."""
    every = [slots(stock, part) for part in request.parts]
    nodes = sorted({slot.numa for some in every for slot in some if slot.numa is not None})
    for level in (_NOW, _AFTER, _OPEN):
        for node in [*nodes, None]:
            allowed = [[slot for slot in some if _allowed(slot, level, node)] for some in every]
            for order in permutations(range(len(request.parts))):
                picks = _taken([(request.parts[at], allowed[at]) for at in order])
                if picks:
                    return level, picks
    return _NOW, []


def _allowed(slot: Slot, level: int, node: int | None) -> bool:
    if node is not None and slot.numa != node:
        return False
    if level == _NOW:
        return slot.is_free
    return level == _OPEN or not slot.open


def _taken(parts: Sequence[tuple[Part, Sequence[Slot]]]) -> list[Pick]:
    """So many of each, nothing twice; nothing at all where that cannot be."""
    picks: list[Pick] = []
    used: dict[tuple[str, str], int] = {}
    cards: dict[str, str] = {}
    for part, some in parts:
        left = part.count
        for slot in sorted(some, key=_first):
            if slot.card and cards.setdefault(slot.card, slot.use) != slot.use:
                continue
            taken = min(left, slot.room - used.get(slot.place, 0))
            if taken > 0:
                left -= taken
                used[slot.place] = used.get(slot.place, 0) + taken
                picks.append(Pick(slot, taken))
            elif slot.card and not used.get(slot.place):
                del cards[slot.card]
        if left:
            return []
    return picks


def _first(slot: Slot) -> tuple[bool, int, bool, int, str]:
    """What is there before what has yet to be made, and of that where most is left: it takes the fewest cards."""
    return bool(slot.open), slot.cost, not slot.device, -slot.room, slot.title


def _why_not(stock: Stock, request: Request) -> str:
    if stock.giving.obstacle:
        return stock.giving.obstacle
    for part in request.parts:
        some = slots(stock, part)
        if not some:
            return f"it has no {_asked(part)}"
        room = sum(slot.room for slot in some if not slot.hopeless)
        if room < part.count:
            why = next((slot.hopeless for slot in some if slot.hopeless), "")
            most = f"it has {room} of {part.count} x {_asked(part)}"
            return f"{most}: {why}" if why else most
    if len(request.parts) == 1:
        return f"its cards cannot give {_asked(request.parts[0])} so often"
    return "it has each of them, but not all at once: they are of the same cards"


def _asked(part: Part) -> str:
    near = () if part.numa is None else (f"on NUMA node {part.numa}",)
    return " ".join((part.kind, *part.words, *near))


def _untold(stock: Stock) -> str:
    giving = stock.giving
    missing = [name for name, told in (("an IOMMU", giving.iommu), ("VFIO", giving.vfio)) if told is None]
    return f"whether this host has {' and '.join(missing)} was not told" if missing else ""


def _notes(stock: Stock, picks: Iterable[Pick]) -> Iterator[str]:
    chosen = list(picks)
    nodes = {pick.slot.numa for pick in chosen}
    known = sorted(node for node in nodes if node is not None)
    if len(known) == 1 and None not in nodes:
        yield f"all on NUMA node {known[0]}" if sum(pick.count for pick in chosen) > 1 else f"NUMA node {known[0]}"
    elif known:
        yield f"on NUMA nodes {', '.join(map(str, known))}{' and one not told' if None in nodes else ''}"
    by_id = {device.id: device for device in stock.devices}
    given = {pick.slot.device for pick in chosen}
    for pick in chosen:
        device = by_id.get(pick.slot.device)
        others = [each for each in along(device, stock.devices) if each.id not in given] if device is not None else []
        if device is not None and others:
            names = ", ".join(each.name for each in others)
            yield f"IOMMU group {device.iommu_group} goes as a whole: also {names}"
        if pick.slot.lets_go:
            yield f"the host's driver {pick.slot.lets_go} lets go of {pick.slot.title}"
        if pick.slot.shares:
            yield pick.slot.shares
