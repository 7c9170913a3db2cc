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

MAX_GONE = 50_000
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
        self._gone: dict[str, Stamp] = {}
        """Key that has no slot → when its object was last known to be gone."""
        self._born: dict[str, Stamp] = {}
        """Key that has a slot → when its object was last not there: older readings are of its former life."""

    @property
    def standing(self) -> bool:
        """True while the connection is made."""
        return self.state in _STANDING

    def is_gone(self, key: str, kind: str, stamp: Stamp) -> bool:
        """True when an object without a slot was removed, or left out by a listing, later than this reading."""
        return stamp < max(self._gone.get(key, NEVER), self._listed.get(kind, NEVER))

    def is_of_former_life(self, key: str, stamp: Stamp) -> bool:
        """True when an object with a slot was known not to be there later than this reading of it."""
        return bool(self._born) and stamp < self._born.get(key, NEVER)

    def appear(self, key: str, kind: str, slot: int) -> None:
        """The object has a slot from now on."""
        self.slots[key] = slot
        born = max(self._gone.pop(key, NEVER), self._listed.get(kind, NEVER))
        if born != NEVER:
            self._born[key] = born

    def disappear(self, key: str) -> None:
        """The object has no slot any more."""
        del self.slots[key]
        self._born.pop(key, None)

    def miss(self, key: str, stamp: Stamp) -> None:
        """The object was not there at this time."""
        known = self._born if key in self.slots else self._gone
        known[key] = max(stamp, known.pop(key, NEVER))
        if len(self._gone) > MAX_GONE:
            del self._gone[next(iter(self._gone))]

    def complete(self, listed: Collection[str], failed: Collection[str], stamp: Stamp) -> None:
        """A listing ended: these kinds whole, those not at all."""
        for kind in listed:
            self._listed[kind] = max(stamp, self._listed.get(kind, NEVER))
            if self.failed.get(kind, NEVER) <= stamp:
                self.failed.pop(kind, None)
        for kind in failed:
            if self._listed.get(kind, NEVER) < stamp:
                self.failed[kind] = max(stamp, self.failed.get(kind, NEVER))
        self._gone = {key: at for key, at in self._gone.items() if at >= self._listed.get(key.partition(":")[0], NEVER)}
