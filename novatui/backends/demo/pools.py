"""Resource pools of the demo: what each may take of processors and memory, and plans that change it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Place
from novatui.backends.demo.standing import fingerprint
from novatui.backends.demo.ways import native, way
from novatui.core.detail import Property
from novatui.core.errors import Conflict, InvalidInput, NotFound, NotSupported
from novatui.core.ids import key
from novatui.core.operations import Argument, NativeCall, Operation, Plan
from novatui.core.states import Kind
from novatui.core.units import parse_size, size
from novatui.core.verbs import VERBS

DEED = "pool"
NONE = "none"
LEVELS = ("low", "normal", "high")

BEGIN: dict[str, str] = {
    "cpu_reservation": "0",
    "cpu_limit": NONE,
    "cpu_shares": "normal",
    "cpu_expandable": "yes",
    "memory_reservation": "0",
    "memory_limit": NONE,
    "memory_shares": "normal",
    "memory_expandable": "yes",
}
"""A pool that nobody has changed; the words are those of `edit.pool`."""


def allocation(pool: Place) -> dict[str, str]:
    """What it may take."""
    return BEGIN | pool.allocation


def pool_of(scene: Scene, wanted: str) -> Place:
    """The pool with this key. NotFound when there is none."""
    thing = scene.estate.find(wanted)
    if not isinstance(thing, Place) or thing.kind is not Kind.RESOURCE_POOL:
        raise NotFound(f"there is no resource pool {wanted}", subject=wanted)
    return thing


def changed(pool: Place, given: Mapping[str, Argument]) -> Place:
    """The pool as a call leaves it. InvalidInput when that makes no sense."""
    told = {name: str(value) for name, value in given.items()}
    for part in ("cpu", "memory"):
        _refuse(part, told)
    set_ = {name: value for name, value in told.items() if value != BEGIN.get(name)}
    return msgspec.structs.replace(pool, allocation=set_)


def plan_pool(scene: Scene, conn: str, operation: Operation) -> Plan:
    """The call that would set it now: the product takes all of it at once."""
    pool, family = pool_of(scene, operation.key), scene.site.family
    found = way(family, DEED)
    if found is None:
        raise NotSupported(f"{scene.traits.product} cannot do that", subject=DEED)
    now = allocation(pool)
    takes = {given.name for given in VERBS[operation.verb].takes}
    asked = {name: value for name, value in operation.arguments.items() if name in takes and value}
    before = {name: now[name] for name, value in asked.items() if now[name] != value}
    if not before:
        raise Conflict(f"that is what {pool.name} may take already", subject=DEED)
    changed(pool, now | asked)
    verb, arguments = native(family, found, pool, now | asked, "")
    limited = any(asked.get(name, NONE) != NONE for name in ("cpu_limit", "memory_limit"))
    return Plan(
        calls=(NativeCall(id="1", connection=conn, verb=verb, args=arguments),),
        warnings=("its machines together get no more than the limit, however much is idle",) if limited else (),
        inverse=Operation(verb=operation.verb, key=operation.key, arguments=before),
        state=fingerprint(scene, key(Kind.RESOURCE_POOL, pool.id)),
    )


def properties(pool: Place) -> list[Property]:
    """What people read of it."""
    told = allocation(pool)
    return [
        Property(section, name, _shown(f"{part}_{word}", told[f"{part}_{word}"]))
        for part, section in (("cpu", "processors"), ("memory", "memory"))
        for word, name in (
            ("reservation", "reservation"), ("expandable", "expandable"), ("limit", "limit"), ("shares", "shares"),
        )
    ]  # fmt: skip


def _shown(name: str, value: str) -> str:
    if not value.isdigit() or name.endswith("_shares"):
        return value
    return f"{value} MHz" if name.startswith("cpu") else size(float(value))


def _refuse(part: str, told: Mapping[str, str]) -> None:
    kept, limit, shares = (told[f"{part}_{word}"] for word in ("reservation", "limit", "shares"))
    found = None if limit == NONE else _amount(part, limit)
    if limit != NONE and found is None:
        wanted = "MHz, or none" if part == "cpu" else "a size, or none"
        raise InvalidInput(f"{part}_limit: {wanted}, not {limit!r}", subject=f"{part}_limit")
    if found is not None and kept.isdigit() and found < int(kept):
        raise InvalidInput("a limit below the reservation is none", subject=f"{part}_limit")
    if shares not in LEVELS and not (shares.isascii() and shares.isdigit() and int(shares)):
        raise InvalidInput(f"{part}_shares: low, normal, high or a number", subject=f"{part}_shares")


def _amount(part: str, text: str) -> float | None:
    if part == "memory":
        return parse_size(text)
    return float(text) if text.isascii() and text.isdigit() else None
