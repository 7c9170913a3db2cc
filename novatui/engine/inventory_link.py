"""What the inventory store knows of one connection: its keys, its generation, and what was listed or removed when."""

from __future__ import annotations

from collections.abc import Collection

from novatui.core.connection import ConnectionSpec
from novatui.core.inventory import Group
from novatui.core.states import Link
from novatui.engine.inventory_stamps import NEVER, Stamp

RELIST = 60.0
"""Seconds between two full listings, unless the connection tells another pace."""

STALE_AFTER: dict[Group, float] = dict.fromkeys(Group, 10.0) | {Group.PLACE: 2.5, Group.STATE: 2.5}
"""How many listings old a column may be: every listing tells place and state, the rest may come more slowly."""

MAX_BURIED = 50_000
"""Removals remembered between two listings; a listing makes them superfluous."""

_STANDING = frozenset({Link.LOADING, Link.UP})


class InventoryLink:
    """One connection in the inventory."""

    def __init__(self, spec: ConnectionSpec, number: int) -> None:
        self.spec = spec
        self.number = number
        self.slot = -1
        """Slot of the connection itself."""
        self.slots: dict[str, int] = {}
        """Slot by key."""
        self.generation = 0
        self.state = Link.IDLE
        self.relist = RELIST
        self.failed: dict[str, Stamp] = {}
        """Kind → the listing that could not tell of it."""
        self._listed: dict[str, Stamp] = {}
        """Kind → its last complete listing: what that did not mention was gone then."""
        self._buried: dict[str, Stamp] = {}
        """Key → when it was known to be gone: an older reading does not bring it back."""

    @property
    def standing(self) -> bool:
        """True while the connection is made."""
        return self.state in _STANDING

    def bury(self, key: str, stamp: Stamp) -> int | None:
        """Remember that this key was gone; the slot it has now, if any."""
        if stamp > self._buried.get(key, NEVER):
            self._buried.pop(key, None)
            self._buried[key] = stamp
            if len(self._buried) > MAX_BURIED:
                del self._buried[next(iter(self._buried))]
        return self.slots.get(key)

    def buried_after(self, key: str, stamp: Stamp) -> bool:
        """True when the object was known to be gone later than this reading of it."""
        return bool(self._buried) and stamp < self._buried.get(key, NEVER)

    def listed_after(self, kind: str, stamp: Stamp) -> bool:
        """True when a later listing of this kind was complete: an object it did not leave is gone."""
        return stamp < self._listed.get(kind, NEVER)

    def complete(self, listed: Collection[str], failed: Collection[str], stamp: Stamp) -> None:
        """A listing ended: these kinds whole, those not at all."""
        for kind in listed:
            self._listed[kind] = max(stamp, self._listed.get(kind, NEVER))
            if self.failed.get(kind, NEVER) <= stamp:
                self.failed.pop(kind, None)
        for kind in failed:
            if self._listed.get(kind, NEVER) < stamp:
                self.failed[kind] = max(stamp, self.failed.get(kind, NEVER))
        self._buried = {key: at for key, at in self._buried.items() if not self.listed_after(key.partition(":")[0], at)}
