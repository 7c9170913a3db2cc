"""Alarms in the console: fed by the pulse, heard by bell and command, measured for, and what is said of them kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from textual.app import App
from textual.timer import Timer

from novatui.config.alarms import Alarms as Config
from novatui.config.errors import ConfigError
from novatui.engine import alarm_hook, blocking
from novatui.engine.alarm_book import AlarmId
from novatui.engine.alarm_readings import METRIC_RULES
from novatui.engine.alarm_record import Alarm
from novatui.engine.alarms import Alarms
from novatui.engine.fleet import Changes, Fleet

log = logging.getLogger(__name__)

TICK = 5.0
"""Seconds between two looks at what time alone changes."""

BELL_PAUSE = 5.0
"""Seconds between two rings of the bell at least: a storm is one ring."""

ROUND = 5.0
"""Seconds that a round of measuring everything takes: two readings of what only counts."""

MAX_COMMANDS = 20
"""Commands that run or wait at the same time; alarms of a storm beyond that are logged only."""


class AlarmWatch:
    """One per console."""

    def __init__(
        self,
        app: App[None],
        fleet: Fleet,
        alarms: Alarms,
        person: str,
        measure_all: Callable[[bool], None],
        look_again: Callable[[set[int]], None],
    ) -> None:
        """`person` is who acknowledges. `measure_all` has everything measured, or again only what is on the screen.

        `look_again` has these slots drawn anew, though nothing in the stores changed.
        """
        self.alarms, self.person = alarms, person or "?"
        self._app, self._fleet = app, fleet
        self._measure_all, self._look_again = measure_all, look_again
        self._marked: dict[int, object] = {}
        self._rang = float("-inf")
        self._running: set[asyncio.Task[None]] = set()
        self._saving: asyncio.Task[None] | None = None
        self._rounds: list[Timer] = []
        """What has everything measured now and then."""

    def start(self) -> None:
        """Judge what is there, and listen from now on."""
        self.alarms.survey()
        self._moved_marks()
        self._app.set_interval(TICK, self._tick)
        self._start_rounds()

    def configure(self, config: Config) -> None:
        """Other limits hold from now on, and what is done when an alarm is raised."""
        before = self.alarms.config
        self.alarms.limit_by(config)
        if config.interval != before.interval:
            self._start_rounds()
        self._announce()
        self._look_again(self._moved_marks())

    def _start_rounds(self) -> None:
        for timer in self._rounds:
            timer.stop()
        self._rounds = []
        if interval := self.alarms.config.interval:
            self._rounds.append(self._app.set_interval(max(2 * ROUND, interval), self._begin_round))
            self._rounds.append(self._app.set_timer(2 * ROUND, self._begin_round))

    async def stop(self) -> None:
        """Write what is not written yet. Commands that run are left to themselves."""
        if self._saving is not None:
            await self._saving
        if self.alarms.book.unsaved:
            await self._save()

    def take(self, changes: Changes) -> set[int]:
        """What the last drain told; the slots whose marks are others now."""
        self.alarms.take(changes)
        self._announce()
        return self._moved_marks()

    # --- what people say --------------------------------------------------------------------------------------------

    def acknowledge(self, ids: Iterable[AlarmId]) -> None:
        """The person has taken note of these."""
        self.alarms.acknowledge(ids, self.person)
        self._said()

    def unacknowledge(self, ids: Iterable[AlarmId]) -> None:
        """They are to be seen to after all."""
        self.alarms.unacknowledge(ids)
        self._said()

    def silence(self, ids: Iterable[AlarmId], seconds: float) -> None:
        """The person does not want to hear of these for so long."""
        self.alarms.silence(ids, seconds, self.person)
        self._said()

    def unsilence(self, ids: Iterable[AlarmId]) -> None:
        """They may be heard again."""
        self.alarms.unsilence(ids)
        self._said()

    def _said(self) -> None:
        self._look_again(self._moved_marks())
        if self._saving is None and self.alarms.book.unsaved:
            self._saving = asyncio.create_task(self._save())

    async def _save(self) -> None:
        book = self.alarms.book
        try:
            while book.unsaved:
                said = book.prepare(self.alarms.now)
                await blocking.run(lambda said=said: book.write(said))
        except (OSError, ConfigError) as error:
            log.error("what was said of alarms cannot be kept: %s", error)
        finally:
            self._saving = None

    # --- what alarms do ---------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        before = self.alarms.version
        self.alarms.tick()
        self._announce()
        moved = self._moved_marks()
        if moved or self.alarms.version != before:
            self._look_again(moved)
        if self.alarms.book.unsaved:
            self._said()

    def _announce(self) -> None:
        news = self.alarms.take_news()
        if not news:
            return
        for alarm in news:
            log.info("alarm: %s: %s/%s: %s", alarm.level.value, alarm.id.conn, alarm.subject, alarm.text)
        now = self.alarms.monotonic
        if self.alarms.config.bell and now - self._rang >= BELL_PAUSE:
            self._rang = now
            self._app.bell()
        for alarm in news if self.alarms.config.command else ():
            self._run(alarm)

    def _run(self, alarm: Alarm) -> None:
        config = self.alarms.config
        if len(self._running) >= MAX_COMMANDS:
            log.error("too many alarm commands run: none for %s/%s", alarm.id.conn, alarm.subject)
            return
        facts = alarm_hook.told(alarm, self._fleet.inventory)
        task = asyncio.create_task(alarm_hook.run(config.command, config.command_timeout, facts))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _moved_marks(self) -> set[int]:
        marks = {slot: (level, self.alarms.count(slot)) for slot, level in self.alarms.levels().items()}
        moved = {slot for slot, mark in marks.items() if self._marked.get(slot) != mark}
        moved |= self._marked.keys() - marks.keys()
        self._marked = dict(marks)
        if moved:
            self._keep_days()
        return moved

    def _keep_days(self) -> None:
        """Of what has an alarm of a metric a day is kept: somebody will ask how it came to that."""
        raised = (alarm for alarm in self.alarms.present() if alarm.id.rule in METRIC_RULES)
        self._fleet.keeping.alarm([alarm.slot for alarm in raised if alarm.slot is not None])

    # --- measuring --------------------------------------------------------------------------------------------------

    def _begin_round(self) -> None:
        self._measure_all(True)
        self._app.set_timer(ROUND, lambda: self._measure_all(False))
