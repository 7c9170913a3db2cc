"""Looks in the inventory for what a change was to bring about."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from novatui.actions import guard
from novatui.core.errors import Conflict
from novatui.core.ids import ObjectRef, split_key
from novatui.core.inventory import FIELD, Value
from novatui.core.operations import Expectation
from novatui.engine.fleet import Fleet

LOOK = 0.1
"""Seconds between two looks into the store, which cost next to nothing."""

_GLANCE = 0.02

REREAD = 20.0
"""Seconds in which an object that is out of date has to be read again."""

ASK = 2.0
"""Seconds between two requests to read the objects again, of products that do not tell changes by themselves."""


async def comes_true(true: Callable[[], object], seconds: float) -> bool:
    """Wait until it is true, so long at most; False when it did not come true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        await asyncio.sleep(_GLANCE)
    return bool(true())


async def is_read_again(fleet: Fleet, ref: ObjectRef) -> None:
    """A plan has had the object read; one that stays out of date is not to be touched. Conflict then."""
    if not await comes_true(lambda: not _is_stale(fleet, ref), REREAD):
        raise Conflict(
            "it could not be read again: what is shown is out of date", hint="r lists everything again", subject="stale"
        )


def _is_stale(fleet: Fleet, ref: ObjectRef) -> bool:
    slot = fleet.inventory.slot(ref.conn, ref.key)
    return slot is not None and any(fleet.inventory.stale(slot, each, time.monotonic()) for each in guard.READ_AGAIN)


async def seen(
    fleet: Fleet, conn: str, expects: Sequence[Expectation], since: float, closing: Callable[[], bool]
) -> bool | None:
    """True when all of it was seen in readings that began after `since` (local monotonic), False when its time is up.

    Each expectation has its own time, which counts from now. None when the console is `closing`.
    """
    begun = time.monotonic()
    asked = begun - ASK
    waiting = list(expects)
    while waiting:
        now = time.monotonic()
        waiting = [each for each in waiting if not _holds(fleet, conn, each, since)]
        if any(now - begun > each.within for each in waiting):
            return False
        if waiting and closing():
            return None
        if waiting and now - asked >= ASK:
            asked = now
            for key in {each.key for each in waiting}:
                fleet.refresh(ObjectRef(conn, *split_key(key)))
        if waiting:
            await asyncio.sleep(LOOK)
    return True


def _holds(fleet: Fleet, conn: str, expected: Expectation, since: float) -> bool:
    inventory = fleet.inventory
    slot = inventory.slot(conn, expected.key)
    if not expected.values:
        return slot is None
    if slot is None or expected.field not in FIELD:
        return False
    now = time.monotonic()
    age = inventory.age(slot, FIELD[expected.field].group, now)
    read_since = age is not None and now - age >= since
    return read_since and as_text(inventory.value(slot, expected.field)) in expected.values


def as_text(value: Value) -> str | None:
    """A cell as expectations write it: words as they are, numbers in digits, `true` and `false`."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case list():
            return ",".join(value)
        case _:
            return str(value)
