"""Alarms of the whole fleet: what is raised now, since when and why, who knows of it, and what was raised just now.

Feed it with `take` after each drain of the fleet and with `tick` every few seconds. An alarm is one object and one
rule. An unknown or stale value neither raises nor ends it: it stays, and says that it is stale.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from novatui.config.alarms import Alarms as AlarmConfig
from novatui.core.alarms import LOST, PRODUCT, SNAPSHOT, STORE, Level
from novatui.core.inventory import Group
from novatui.core.states import Link
from novatui.engine.alarm_book import AlarmBook, AlarmId
from novatui.engine.alarm_judge import Judge
from novatui.engine.alarm_limits import Bounds, LimitTable
from novatui.engine.alarm_products import ProductAlarm, ProductAlarms
from novatui.engine.alarm_readings import DAY, METRIC_RULES, AlarmView
from novatui.engine.alarm_record import Alarm, Counts, Marks, is_worse, urgency
from novatui.engine.alarm_track import Track
from novatui.engine.fleet import Changes
from novatui.engine.query_values import Clocks

MAX_NEWS = 1_000
"""Newly raised alarms that wait to be announced."""


class Alarms:
    """The alarms of a fleet. Belongs to the event loop of the main thread."""

    def __init__(
        self, view: AlarmView, config: AlarmConfig, book: AlarmBook | None = None, clocks: Clocks = time
    ) -> None:
        """`book` holds what people said of alarms; without one it is kept as long as this object."""
        self.config = config
        self.book = book or AlarmBook()
        self.version = 0
        """Grows with every change that a list of alarms shows."""
        self._view, self._clocks = view, clocks
        self._table = LimitTable(config)
        self._judge = Judge(view, config, self._table, clocks, self._hear)
        self._products = ProductAlarms(view, self._table, self._judge.readings, self._hear_product)
        self._alarms: dict[AlarmId, Alarm] = {}
        self._by_slot: dict[int, dict[AlarmId, None]] = {}
        self._news: dict[AlarmId, None] = {}
        self._known: set[str] = set()
        """Connections that had told all they have for at least a tick: what comes now is new."""
        self._listed: set[str] = set()
        self._marks: Marks | None = None

    # --- what comes in ----------------------------------------------------------------------------------------------

    def take(self, changes: Changes) -> None:
        """What the fleet's last drain told. Costs what changed, not what there is."""
        self._forget(changes.gone)
        for old, new in changes.moved:
            self._follow(old, new)
        told = changes.rows if changes.told is None else changes.told
        self._judge.rows(changes.rows, told)
        self._products.rows(told)
        if changes.events:
            self._products.events()
        for name in changes.connections:
            self._judge.link(name)
            if name not in self._view.connections:
                self._dismiss(name)

    def limit_by(self, config: AlarmConfig) -> None:
        """Other limits hold from now on: what is raised and above none of them any more ends, the rest stays."""
        self.config = config
        self._table.take(config)
        self._judge.limits_changed(config)
        self._products.limits_changed()
        self.survey()
        self._changed()

    def survey(self) -> None:
        """Judge everything there is: for those who come when the fleet is loaded already."""
        slots = set(self._view.inventory.slots())
        self._judge.rows(slots, slots)
        self._products.rows(slots)
        self.tick()

    def tick(self) -> None:
        """Some seconds went by."""
        self._judge.tick()
        self._products.events()
        listed = {name for name, one in self._view.connections.items() if one.listed and one.link is Link.UP}
        self._known |= self._listed & listed
        self._listed = listed
        self._find_objects()
        if any(self.book.note(id) for id in self._alarms):
            self._changed()  # a silence may have ended

    # --- what is raised ---------------------------------------------------------------------------------------------

    def raised(self) -> list[Alarm]:
        """Every raised alarm: those that nobody knows of first, the worst of them first, then the newest."""
        return sorted(
            self.present(), key=lambda alarm: (self.acknowledged(alarm), self.silenced(alarm), *urgency(alarm))
        )

    def present(self) -> list[Alarm]:
        """The same in no order, for who needs none: a large fleet has thousands."""
        hidden = self._view.identity.hidden
        return [alarm for alarm in self._alarms.values() if alarm.slot is None or alarm.slot not in hidden]

    def of(self, slot: int) -> list[Alarm]:
        """The raised alarms of one object, the worst first."""
        return sorted((self._alarms[id] for id in self._by_slot.get(slot, ())), key=urgency)

    def get(self, id: AlarmId) -> Alarm | None:
        """One raised alarm."""
        return self._alarms.get(id)

    def level(self, slot: int) -> Level | None:
        """The worst alarm of an object or anything below it that is not silenced; None without one."""
        return self._marked().levels.get(slot)

    def levels(self) -> Mapping[int, Level]:
        """The same of all objects that have one. Do not change it."""
        return self._marked().levels

    @property
    def now(self) -> float:
        """Epoch seconds by the clock that alarms go by."""
        return self._clocks.time()

    @property
    def monotonic(self) -> float:
        """The clock that durations are counted by."""
        return self._clocks.monotonic()

    def count(self, slot: int) -> int:
        """Alarms of an object and everything below it that are not silenced."""
        return self._marked().numbers.get(slot, 0)

    def counts(self) -> Counts:
        """How many there are."""
        return self._marked().counts

    def bounds(self, slot: int, rule: str) -> Bounds:
        """What an object is held against by a rule; limits that do not exist for it are None."""
        inventory = self._view.inventory
        tags = inventory.value(slot, "tags")
        return self._table.of(rule, inventory.family(slot), tags if isinstance(tags, list) else ())

    def pending(self) -> list[Alarm]:
        """Limits that are exceeded, but not for long enough yet, the worst first."""
        found = [self._pending(*one) for one in self._judge.pending()]
        return sorted(found, key=urgency)

    def acknowledged(self, alarm: Alarm) -> bool:
        """True when somebody has taken note of it, here or at its product."""
        return alarm.known_at_server or self.book.acknowledged(alarm.id)

    def silenced(self, alarm: Alarm) -> bool:
        """True while somebody does not want to hear of it."""
        return self.book.silenced(alarm.id, self._clocks.time())

    def stale(self, alarm: Alarm) -> bool:
        """True when nobody knows whether it is still so."""
        slot, now = alarm.slot, self._clocks.monotonic()
        link = self._view.connections.get(alarm.id.conn)
        if alarm.id.rule == LOST:
            return False
        if link is None or link.broken:
            return True
        if slot is None:
            return False
        if alarm.id.rule in METRIC_RULES:
            age = self._view.metrics.age(slot, now)
            return age is None or age > self._judge.gap
        return self._view.inventory.stale(slot, _GROUPS.get(alarm.id.rule, Group.STATE), now)

    def take_news(self) -> list[Alarm]:
        """Alarms raised, or grown worse, since the last call, that are neither acknowledged nor silenced.

        What a connection told before it had told everything was there before us, and is no news.
        """
        news, self._news = self._news, {}
        raised = [self._alarms[id] for id in news if id in self._alarms]
        return [alarm for alarm in raised if not self.acknowledged(alarm) and not self.silenced(alarm)]

    # --- what people say --------------------------------------------------------------------------------------------

    def acknowledge(self, ids: Iterable[AlarmId], by: str) -> None:
        """Somebody has taken note of these. It holds until they are over, or grow worse."""
        for id in ids:
            self.book.acknowledge(id, by, self._clocks.time())
        self._changed()

    def unacknowledge(self, ids: Iterable[AlarmId]) -> None:
        """They are to be seen to after all."""
        for id in ids:
            self.book.unacknowledge(id, self._clocks.time())
        self._changed()

    def silence(self, ids: Iterable[AlarmId], seconds: float, by: str) -> None:
        """These objects and rules are not to be heard of for so long, whether raised again or not."""
        now = self._clocks.time()
        for id in ids:
            self.book.silence(id, now + seconds, by, now)
        self._changed()

    def unsilence(self, ids: Iterable[AlarmId]) -> None:
        """They may be heard again."""
        for id in ids:
            self.book.unsilence(id, self._clocks.time())
        self._changed()

    # --- how alarms begin and end -----------------------------------------------------------------------------------

    def _hear(self, slot: int, rule: str, track: Track, bounds: Bounds) -> None:
        """A track moved."""
        if track.level is None:
            self._end(AlarmId(self._view.inventory.conn(slot), self._view.inventory.key(slot), rule))
        else:
            self._put(self._alarm(slot, rule, track, bounds, track.level))

    def _pending(self, slot: int, rule: str, track: Track, bounds: Bounds) -> Alarm:
        critical = bounds.critical is not None and track.value > bounds.critical
        alarm = self._alarm(slot, rule, track, bounds, Level.CRITICAL if critical else Level.WARNING)
        alarm.pending = True
        return alarm

    def _alarm(self, slot: int, rule: str, track: Track, bounds: Bounds, level: Level) -> Alarm:
        inventory = self._view.inventory
        return Alarm(
            id=AlarmId(inventory.conn(slot), inventory.key(slot), rule),
            slot=slot,
            level=level,
            since=self._since(rule, track, bounds, level),
            value=track.value,
            limit=bounds.limit(level),
            bounds=bounds,
            subject=inventory.name(slot),
            detail=self._judge.readings.native_state(slot),
            at_least=rule not in _DATED and inventory.conn(slot) not in self._known,
        )

    def _since(self, rule: str, track: Track, bounds: Bounds, level: Level) -> float:
        now = self._clocks.time()
        over = track.value - (bounds.limit(level) or 0.0)
        if rule == SNAPSHOT:
            return now - over * DAY
        if rule == LOST:
            return now - track.value
        return now - (self._clocks.monotonic() - (track.since or track.seen))

    def _hear_product(self, id: AlarmId, slot: int | None, told: ProductAlarm | None) -> None:
        if told is None:
            self._end(id)
            return
        old = self._alarms.get(id)
        since = told.since if told.since is not None else old.since if old else self._clocks.time()
        subject = self._view.inventory.name(slot) if slot is not None else told.subject
        self._put(
            Alarm(
                id=id,
                slot=slot,
                level=told.level,
                since=since,
                value=told.count,
                limit=None,
                bounds=None,
                subject=subject,
                detail=told.text,
                at_least=told.since is None and id.conn not in self._known,
                at_server=told.acknowledgement or (old.at_server if old is not None else None),
            )
        )

    def _put(self, alarm: Alarm) -> None:
        old = self._alarms.get(alarm.id)
        if old is not None and old.level is alarm.level:
            alarm.since, alarm.at_least = old.since, old.at_least
        self._alarms[alarm.id] = alarm
        if alarm.slot is not None:
            self._by_slot.setdefault(alarm.slot, {})[alarm.id] = None
        if old is None or is_worse(alarm, old):
            if old is not None:
                self.book.unacknowledge(alarm.id, self._clocks.time())
            if alarm.id.conn in self._known and not alarm.chore and len(self._news) < MAX_NEWS:
                self._news[alarm.id] = None
        self.version += 1
        if old is None or (old.level, old.at_server) != (alarm.level, alarm.at_server):
            self._marks = None

    def _end(self, id: AlarmId) -> None:
        alarm = self._alarms.pop(id, None)
        if alarm is None:
            return
        if alarm.slot is not None:
            ids = self._by_slot.get(alarm.slot, {})
            ids.pop(id, None)
            if not ids:
                self._by_slot.pop(alarm.slot, None)
        self.book.unacknowledge(id, self._clocks.time())
        self._changed()

    def _forget(self, gone: Iterable[int]) -> None:
        """Objects that are gone take their alarms with them."""
        slots = [slot for slot in gone if slot in self._by_slot]
        for slot in slots:
            for id in list(self._by_slot.get(slot, ())):
                if id.rule == PRODUCT:
                    self._products.forget(id)
                self._end(id)
        self._judge.gone(gone)
        self._products.gone(gone)

    def _dismiss(self, conn: str) -> None:
        """The connection was removed: what was raised on it goes, its objects went before."""
        for id in [id for id in self._alarms if id.conn == conn]:
            self._end(id)
        self._known.discard(conn)

    def _find_objects(self) -> None:
        """Events may tell of objects that the inventory tells of later."""
        for id in [id for id, alarm in self._alarms.items() if alarm.slot is None]:
            slot = self._view.inventory.slot(id.conn, id.key)
            if slot is not None:
                self._alarms[id].slot = slot
                self._by_slot.setdefault(slot, {})[id] = None
                self._changed()

    def _follow(self, old: int, new: int) -> None:
        """Another row stands for a machine now: what was said of its alarms goes along."""
        inventory = self._view.inventory
        if not inventory.alive(new):
            return
        conn, key = inventory.conn(new), inventory.key(new)
        for id in self._by_slot.get(old, ()):
            self.book.move(id, AlarmId(conn, key, id.rule, id.name))

    def _changed(self) -> None:
        self.version += 1
        self._marks = None

    def _marked(self) -> Marks:
        if self._marks is None:
            self._marks = Marks.of(self.present(), self.book, self._clocks.time(), self._view.inventory)
        return self._marks


_DATED = METRIC_RULES | {LOST, SNAPSHOT}
"""Rules whose alarms are known to have begun when they did, or not to have been raised before we looked."""

_GROUPS = {STORE: Group.STORAGE, SNAPSHOT: Group.SNAPSHOT}
