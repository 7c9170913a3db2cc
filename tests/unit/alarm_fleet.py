"""A fleet of stores on a clock of our own, for tests of alarms: rows, samples, events, lost connections."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from novatui.config.alarms import Alarms as AlarmConfig
from novatui.config.alarms import default_alarms
from novatui.core.events import Event, Severity
from novatui.core.inventory import Value
from novatui.core.states import Family, Link
from novatui.engine.alarm_book import AlarmBook, AlarmId
from novatui.engine.alarms import Alarms
from novatui.engine.event_log import EventLog
from novatui.engine.fleet import Changes
from novatui.engine.identity import Identities
from novatui.engine.metric_store import MetricStore
from novatui.engine.task_store import TaskStore
from novatui.wire import frames
from tests.unit.stores import remove, samples, slot, spec, store, tell

EPOCH = 1_700_000_000.0


class Standing:
    """Where a connection stands."""

    def __init__(self) -> None:
        self.link = Link.UP
        self.listed = True
        self.last_good: float | None = None

    @property
    def broken(self) -> bool:
        return self.link is Link.DOWN


class AlarmFleet:
    """The stores that alarms look at."""

    def __init__(self, config: AlarmConfig | None = None, book: Path | None = None) -> None:
        self.now = 1000.0
        self.inventory = store(spec("c1"), spec("c2", Family.VSPHERE))
        self.metrics = MetricStore()
        self.events = EventLog()
        self.identity = Identities(self.inventory, self.metrics, TaskStore(), lambda: self.now)
        self.connections = {"c1": Standing(), "c2": Standing()}
        self._sampled: set[int] = set()
        self._events = 0
        self.links: set[str] = set()
        self.book = AlarmBook(book)
        self.alarms = Alarms(self, config or default_alarms(), self.book, self)
        self.alarms.tick()
        self.alarms.tick()

    # The clocks

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return EPOCH + self.now

    # What happens

    def row(self, key: str, conn: str = "c1", **values: Value) -> int:
        self.now += 0.01
        generation = max(1, self.inventory.generation(conn))
        tell(self.inventory, {key: values}, conn=conn, begun=self.now, generation=generation)
        self.take()
        return slot(self.inventory, key, conn)

    def sample(self, key: str, conn: str = "c1", **values: float) -> None:
        """Metrics of one object; `cpu_wait` stands for `cpu.wait`."""
        self.now += 0.01
        named: Mapping[str, float] = {name.replace("_", ".", 1): value for name, value in values.items()}
        generation = max(1, self.inventory.generation(conn))
        frame = samples({key: named}, conn=conn, begun=self.now, generation=generation)
        self._sampled |= self.metrics.apply(frame, self.inventory, self.now)
        self.take()

    def gone(self, key: str, conn: str = "c1") -> None:
        self.now += 0.01
        remove(self.inventory, key, conn=conn, begun=self.now, generation=max(1, self.inventory.generation(conn)))
        self.take()

    def event(
        self,
        alarm: str,
        raised: bool | None,
        key: str = "vm:1",
        conn: str = "c1",
        severity: Severity = Severity.WARNING,
        **more: object,
    ) -> None:
        self.now += 0.01
        at = self.time()
        told: dict[str, object] = {"at": at, "seen": at, "text": f"{alarm} told", "subject": ""} | more
        event = Event(
            id=str(self.now),
            native_type="Alarm",
            key=key,
            severity=severity,
            alarm=alarm,
            raised=raised,
            **told,  # type: ignore[arg-type]
        )
        self._events += self.events.apply(frames.EventRecord(conn, 1, event))
        self.take()

    def lose(self, conn: str = "c1") -> None:
        one = self.connections[conn]
        one.link, one.last_good = Link.DOWN, self.time()
        self.inventory.set_link(conn, Link.DOWN)
        self.links.add(conn)
        self.take()

    def regain(self, conn: str = "c1") -> None:
        """Connected anew: another generation, whose rows are still to come."""
        self.inventory.open_generation(conn, max(1, self.inventory.generation(conn)) + 1)
        self.connections[conn].link = Link.UP
        self.inventory.set_link(conn, Link.UP)
        self.links.add(conn)
        self.take()

    def wait(self, seconds: float) -> None:
        """Time goes by, and a tick with it."""
        self.now += seconds
        self.alarms.tick()

    def take(self) -> None:
        delta = self.inventory.drain()
        changes = Changes(
            rows=delta.rows | self._sampled - delta.gone,
            reshaped=delta.reshaped,
            gone=delta.gone,
            tasks=False,
            events=self._events,
            connections=self.links,
            moved=[],
            told=delta.rows,
        )
        self._sampled, self._events, self.links = set(), 0, set()
        self.alarms.take(changes)

    # What is raised

    def raised(self) -> list[tuple[str, str, str]]:
        """Object, rule and level of every alarm, in the order of the list."""
        return [(alarm.subject, alarm.id.rule, alarm.level.value) for alarm in self.alarms.raised()]

    def texts(self) -> list[str]:
        return [alarm.text for alarm in self.alarms.raised()]

    def ids(self) -> list[AlarmId]:
        return [alarm.id for alarm in self.alarms.raised()]

    def news(self) -> list[str]:
        return [alarm.text for alarm in self.alarms.take_news()]
