"""Alarms that the products raise themselves: named ones from their events, the others from the count on the object."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from math import inf

import msgspec

from novatui.core.alarms import PRODUCT, Level
from novatui.core.events import Acknowledgement, Event, Severity
from novatui.engine.alarm_book import AlarmId
from novatui.engine.alarm_limits import LimitTable
from novatui.engine.alarm_readings import AlarmView, Readings

MAX_NAMED = 20_000
"""Named alarms remembered, raised or cleared."""


class ProductAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm of a product."""

    level: Level
    text: str
    since: float | None
    """Epoch seconds by our clock; None when the product does not tell."""
    subject: str = ""
    acknowledgement: Acknowledgement | None = None
    """Its moment by our clock."""
    count: int | None = None
    """Alarms that are raised on the object, where only their number is known."""


Told = Callable[[AlarmId, int | None, ProductAlarm | None], None]
"""Which alarm, slot of its object if that is in the inventory, and how it stands; None: it is over."""


class ProductAlarms:
    """Follows the events of alarms and the `alarms` column.

    The latest event of a name decides. An object whose count falls to 0 has none of them any more; a count above what
    is known by name is an alarm of its own.
    """

    def __init__(self, view: AlarmView, table: LimitTable, readings: Readings, told: Told) -> None:
        self._view, self._table, self._readings, self._told = view, table, readings, told
        self._count = view.inventory.column("alarms").get
        self._latest: dict[AlarmId, float] = {}
        """When the latest event of each named alarm happened."""
        self._named: dict[tuple[str, str], dict[AlarmId, None]] = {}
        """By connection and key: its named alarms that are raised."""
        self._counted: dict[int, int] = {}
        """By slot: how many alarms its product counted last, if any."""

    def events(self) -> None:
        """Take what the event log has heard."""
        for conn, event in self._view.events.take_alarms():
            self._take(conn, event)

    def rows(self, slots: Collection[int]) -> None:
        """These rows changed."""
        count, counted = self._count, self._counted
        for slot in slots:
            now = count(slot)
            if now or slot in counted:
                self._take_count(slot, now)

    def gone(self, slots: Iterable[int]) -> None:
        """These objects are gone."""
        for slot in slots:
            self._counted.pop(slot, None)

    def limits_changed(self) -> None:
        """Other objects are to be heard of now, or fewer."""
        slot_of = self._view.inventory.slot
        for (conn, key), ids in list(self._named.items()):
            slot = slot_of(conn, key)
            if slot is not None and not self._wanted(slot):
                for id in list(ids):
                    self._clear(id, slot)
        for slot in list(self._counted):
            self._recount(slot)

    def forget(self, id: AlarmId) -> None:
        """The object of this alarm is gone."""
        self._named.get((id.conn, id.key), {}).pop(id, None)
        self._latest.pop(id, None)

    def _take(self, conn: str, event: Event) -> None:
        id = AlarmId(conn, event.key or event.subject, PRODUCT, event.alarm)
        if event.at < self._latest.get(id, -inf):
            return
        self._latest.pop(id, None)
        self._latest[id] = event.at
        if len(self._latest) > MAX_NAMED:
            del self._latest[next(iter(self._latest))]
        slot = self._view.inventory.slot(conn, event.key) if event.key else None
        if not event.raised:
            self._clear(id, slot)
        elif slot is None or self._wanted(slot):
            self._named.setdefault((conn, id.key), {})[id] = None
            skew, known = self._view.events.skew(conn), event.acknowledgement
            if known is not None and known.at is not None:
                known = msgspec.structs.replace(known, at=known.at + skew)
            told = ProductAlarm(
                level=Level.CRITICAL if event.severity is Severity.ERROR else Level.WARNING,
                text=event.text or event.alarm,
                since=event.at + skew,
                subject=event.subject,
                acknowledgement=known,
            )
            self._told(id, slot, told)
        if slot is not None:
            self._recount(slot)

    def _clear(self, id: AlarmId, slot: int | None) -> None:
        named = self._named.get((id.conn, id.key), {})
        named.pop(id, None)
        if not named:
            self._named.pop((id.conn, id.key), None)
        self._told(id, slot, None)

    def _take_count(self, slot: int, now: object) -> None:
        before = self._counted.get(slot, 0)
        if not isinstance(now, int):
            return  # unknown neither raises nor ends anything
        if now > 0:
            self._counted[slot] = now
        elif before:
            del self._counted[slot]
            inventory = self._view.inventory
            for id in list(self._named.get((inventory.conn(slot), inventory.key(slot)), ())):
                self._clear(id, slot)
        if now != before:
            self._recount(slot)

    def _recount(self, slot: int) -> None:
        """Alarms that the product counts, and of which it told no name."""
        inventory = self._view.inventory
        conn, key = inventory.conn(slot), inventory.key(slot)
        nameless = self._counted.get(slot, 0) - len(self._named.get((conn, key), ()))
        id = AlarmId(conn, key, PRODUCT)
        if nameless > 0 and self._wanted(slot):
            text = "1 alarm of the product" if nameless == 1 else f"{nameless} alarms of the product"
            self._told(id, slot, ProductAlarm(level=Level.WARNING, text=text, since=None, count=nameless))
        else:
            self._told(id, slot, None)

    def _wanted(self, slot: int) -> bool:
        return self._table.of(PRODUCT, self._readings.family(slot), self._readings.tags(slot)).lowest < inf
