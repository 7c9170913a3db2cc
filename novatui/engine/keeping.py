"""Which objects have a day of minutes: those with an alarm of a metric, and those that were looked into.

They are measured whether they are on the screen or not, else their day would have holes. So there are few of them: of
those looked into the one longest ago gives way first, of those with an alarm the least important.
"""

from __future__ import annotations

from collections.abc import Collection

from novatui.engine.inventory_store import InventoryStore
from novatui.engine.metric_store import MetricStore

LOOKED_INTO = 50
"""Objects that are kept for having been looked into."""

ALARMED = 200
"""Objects that are kept for an alarm."""


class Keeping:
    """Holds the reasons; the minutes themselves are in `MetricStore.minutes`."""

    def __init__(self, inventory: InventoryStore, metrics: MetricStore) -> None:
        self._inventory = inventory
        self._metrics = metrics
        self._alarmed: dict[int, None] = {}
        self._looked: dict[int, None] = {}
        """The one looked into last stands last."""
        inventory.observers.append(self._forget_gone)

    def look_into(self, slot: int) -> None:
        """Somebody looks at it closely: keep it for as long as it is among the last LOOKED_INTO."""
        self._looked.pop(slot, None)
        self._looked[slot] = None
        dropped = list(self._looked)[:-LOOKED_INTO]
        for old in dropped:
            del self._looked[old]
        self._settle((slot, *dropped))

    def alarm(self, slots: Collection[int]) -> None:
        """These have alarms now, the most important first; what no longer has one is kept for no alarm."""
        before = self._alarmed
        self._alarmed = dict.fromkeys(list(dict.fromkeys(slots))[:ALARMED])
        self._settle(before.keys() ^ self._alarmed.keys())

    @property
    def kept(self) -> Collection[int]:
        """Everything that has a day."""
        return self._metrics.minutes.kept

    def wanted(self) -> dict[str, set[str]]:
        """Keys to be measured for it, by connection."""
        wanted: dict[str, set[str]] = {}
        for slot in self.kept:
            if self._inventory.alive(slot):
                wanted.setdefault(self._inventory.conn(slot), set()).add(self._inventory.key(slot))
        return wanted

    def _settle(self, slots: Collection[int]) -> None:
        for slot in slots:
            if slot in self._alarmed or slot in self._looked:
                if slot not in self.kept:
                    self._metrics.keep(slot)
            else:
                self._metrics.minutes.drop(slot)

    def _forget_gone(self, touched: Collection[int], gone: Collection[int]) -> None:  # noqa: ARG002
        for slot in gone:
            self._alarmed.pop(slot, None)
            self._looked.pop(slot, None)
            self._metrics.minutes.drop(slot)
