"""Plans of what a resource pool or a vApp may take of processors and memory.

ResourceConfigSpec with both its ResourceAllocationInfo, in MHz and MiB; -1 is no limit (vSphere Web Services API
reference, ResourcePool.UpdateConfig).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novatui.backends.vsphere.dataobjects import data
from novatui.backends.vsphere.fields import at, number, truth, words
from novatui.backends.vsphere.planning import Planning, Subject, inverse, whole, yes
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Conflict, InvalidInput, NotFound
from novatui.core.operations import Operation, Plan
from novatui.core.units import parse_size

MIB = 1 << 20
EDIT = "Resource.EditPool"
POOLS = frozenset({"ResourcePool", "VirtualApp"})
LEVELS = ("low", "normal", "high")
NONE = "none"
MOST_SHARES = 1_000_000

PARTS = {"cpu": ("cpuAllocation", 1, "MHz"), "memory": ("memoryAllocation", MIB, "MiB")}
"""Our word, the server's field, bytes (or MHz) of its unit, and the unit."""


class PoolPlans:
    """Plans `edit.pool`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def plan(self, operation: Operation) -> Plan:
        """What is not named stays as it is."""
        pool = self._planning.thing(operation.key, "config", "runtime", "parent")
        if pool.ref.type not in POOLS:
            raise NotFound(f"{operation.key} is no resource pool", subject=operation.key)
        config = pool.has("config")
        changed: dict[str, Any] = {}
        back: dict[str, str] = {}
        for part, (field, _, _) in PARTS.items():
            now = at(config, field)
            allocation, before = _changed(operation, part, now)
            changed[field] = _form(now, allocation)
            back |= before
            self._refuse_missing(pool, part, now, allocation)
        if not back:
            raise Conflict(f"that is what {pool.name} may take already", subject="pool")
        version = words(config, "changeVersion") or None
        spec = data("ResourceConfigSpec", changeVersion=version, **changed)
        return self._planning.plan(
            pool,
            self._planning.call(1, "UpdateConfig", pool.ref, config=spec),
            needs={pool.ref: (EDIT,)},
            warnings=tuple(_warned(changed)),
            inverse=inverse("edit.pool", pool, **back),
        )

    def _refuse_missing(self, pool: Subject, part: str, now: Any, allocation: dict[str, Any]) -> None:
        """Conflict when the pool above has not so much left, and cannot take it from above."""
        more = int(allocation.get("reservation", 0)) - (number(now, "reservation") or 0)
        parent = pool.values.get("parent")
        if more <= 0 or not isinstance(parent, Ref) or parent.type not in POOLS:
            return
        field, factor, unit = PARTS[part]
        told = self._planning.asking.of(parent, ("config", "runtime")).values
        left = number(told.get("runtime"), f"{part}.unreservedForPool")
        if left is None or more <= left // factor or truth(told.get("config"), f"{field}.expandableReservation"):
            return
        raise Conflict(
            f"{left // factor} {unit} of {part} are left to reserve above {pool.name}",
            meaning=f"{more} {unit} more are asked for",
            hint="give back a reservation beside it, or make the pool above larger first",
            subject=part,
        )


def _changed(operation: Operation, part: str, now: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """What is asked for and differs: fields of ResourceAllocationInfo, and the arguments that take it back."""
    found: dict[str, Any] = {}
    back: dict[str, str] = {}
    for name, value in _asked(operation, part):
        before = _shares_of(now) if name == "shares" else truth(now, name) if name in _WORDS else number(now, name)
        if value != before:
            found[name] = value
            back[f"{part}_{_WORDS.get(name, name)}"] = _said(part, name, before)
    return found, back


_WORDS = {"expandableReservation": "expandable"}


def _asked(operation: Operation, part: str) -> Iterator[tuple[str, Any]]:
    said, factor = operation.arguments, PARTS[part][1]
    if f"{part}_reservation" in said:
        yield "reservation", _units(whole(operation, f"{part}_reservation"), factor, f"{part}_reservation")
    if limit := said.get(f"{part}_limit", ""):
        yield "limit", _limit(limit, part)
    if shares := said.get(f"{part}_shares", ""):
        yield "shares", _shares(shares, part)
    if (expandable := yes(operation, f"{part}_expandable")) is not None:
        yield "expandableReservation", expandable


def _limit(said: str, part: str) -> int:
    if said == NONE:
        return -1
    factor = PARTS[part][1]
    found = parse_size(said) if part == "memory" else int(said) if said.isascii() and said.isdigit() else None
    if found is None or found > 2**62:
        wanted = "a size, or none" if part == "memory" else "MHz, or none"
        raise InvalidInput(f"{part}_limit: {wanted}, not {said!r}", subject=f"{part}_limit")
    return _units(int(found), factor, f"{part}_limit")


def _units(value: int, factor: int, name: str) -> int:
    if value % factor:
        raise InvalidInput(f"{name}: whole MiB", subject=name)
    return value // factor


def _shares(said: str, part: str) -> tuple[str, int]:
    """Level and number; a level has its own number, which the server knows."""
    if said in LEVELS:
        return said, 0
    if said.isascii() and said.isdigit() and 0 < int(said[:9]) <= MOST_SHARES:
        return "custom", int(said[:9])
    raise InvalidInput(f"{part}_shares: low, normal, high or a number", subject=f"{part}_shares")


def _shares_of(now: Any) -> tuple[str, int]:
    level = words(now, "shares.level")
    return (level, 0) if level in LEVELS else ("custom", number(now, "shares.shares") or 0)


def _said(part: str, name: str, before: Any) -> str:
    """A value as the argument that sets it."""
    factor = PARTS[part][1]
    match name:
        case "shares":
            return before[0] if before[0] in LEVELS else str(before[1])
        case "expandableReservation":
            return "yes" if before else "no"
        case "limit" if before is None or before < 0:
            return NONE
        case _:
            return str((before or 0) * factor)


def _form(now: Any, changes: dict[str, Any]) -> dict[str, Any]:
    """The whole ResourceAllocationInfo: the server takes both parts at once."""
    level, count = changes.get("shares", _shares_of(now))
    kept = number(now, "shares.shares") or 0
    fields = {
        "reservation": changes.get("reservation", number(now, "reservation")),
        "expandableReservation": changes.get("expandableReservation", truth(now, "expandableReservation")),
        "limit": changes.get("limit", number(now, "limit")),
        "shares": data("SharesInfo", shares=count or kept, level=level) if level else None,
    }
    kept_above, limit = fields["reservation"], fields["limit"]
    if isinstance(kept_above, int) and isinstance(limit, int) and 0 <= limit < kept_above:
        raise InvalidInput("a limit below the reservation is none", subject="limit")
    return data("ResourceAllocationInfo", **fields)


def _warned(changed: dict[str, Any]) -> Iterator[str]:
    for part, (field, _, unit) in PARTS.items():
        limit = changed[field].get("limit", -1)
        if limit == 0:
            yield f"a limit of 0 {unit} of {part} stops every machine in it"
        elif limit > 0:
            yield f"its machines together get {limit} {unit} of {part} at most, however much is idle"
