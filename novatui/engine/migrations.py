"""Every migration of the fleet, whoever started it: one record for each move, fed by the tasks of all connections."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256

from novatui.core.ids import ObjectRef, decode_id, split_key
from novatui.core.states import Family, Link
from novatui.core.tasks import Task, TaskState
from novatui.core.units import lasting, size
from novatui.core.verdict import Call, Verdict
from novatui.engine.connection import Connection
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.migration_course import Course, Leg, Name
from novatui.engine.migration_record import Record, Used, notes, thinned
from novatui.engine.task_store import TrackedTask

ENDED = 200
"""Moves kept that are over."""

THIN = 300
"""Readings kept of a move that is over."""

ASKED = 500
"""Operations whose arguments are remembered until their tasks come."""

MOVES = frozenset({"migrate live", "migrate offline"})
"""What our own tasks call a move; products' tasks are called `migrate`."""

LEVERS = frozenset({"migrate bandwidth", "migrate downtime", "migrate postcopy", "migrate pause", "task cancel"})

_OWN = re.compile(r"N-\d+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Migrations:
    """Belongs to the event loop, as the stores that it is fed from."""

    def __init__(
        self,
        inventory: InventoryStore,
        connections: Mapping[str, Connection],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.version = 0
        """Grows with every change."""
        self.begins: list[Callable[[Record], None]] = []
        """Told of every move that is seen for the first time."""
        self.ends: list[Callable[[Record], None]] = []
        """Told of every move that ends."""
        self._inventory, self._connections, self._clock = inventory, connections, clock
        self._courses: dict[str, Course] = {}
        """By the id of their records, in the order in which they came."""
        self._by_task: dict[tuple[str, str], Course] = {}
        self._by_name: dict[Name, list[Course]] = {}
        self._asked: dict[tuple[str, str], tuple[str, Mapping[str, str]]] = {}
        """Verb and arguments of our own operations, by connection and task."""
        self._checks: dict[tuple[str, str], tuple[float, list[tuple[str, str]]]] = {}
        """When and what was checked of the move that is begun next."""

    # --- reading ----------------------------------------------------------------------------------------------------

    def live(self) -> list[Record]:
        """Those that wait or move, the oldest first."""
        return sorted((one for one in self.all() if one.live), key=lambda one: (one.began, one.id))

    def ended(self) -> list[Record]:
        """Those that are over, the latest first."""
        return sorted((one for one in self.all() if not one.live), key=lambda one: (one.ended or 0.0, one.id))[::-1]

    def all(self) -> Iterator[Record]:
        """Every record, in no order."""
        return (course.record for course in self._courses.values())

    @property
    def moving(self) -> int:
        """How many wait or move."""
        return sum(one.live for one in self.all())

    def get(self, id: str) -> Record | None:
        """One record; None when it is not kept (any more)."""
        course = self._courses.get(id)
        return course.record if course is not None else None

    def of(self, conn: str, key: str) -> Record | None:
        """The latest move of a machine, seen from any of its connections; None without one."""
        found = [course.record for name in self._names(conn, key) for course in self._by_name.get(name, ())]
        return max(found, key=lambda one: (one.live, one.began), default=None)

    def machine(self, conn: str, key: str) -> Name:
        """What a machine is the same by on all of its connections, as far as that is known."""
        return max(self._names(conn, key) or {(conn, key)}, key=lambda name: name != (conn, key))

    def offered(self, record: Record) -> frozenset[str]:
        """Operations that the connection of a move offers."""
        connection = self._connections.get(record.conn)
        return frozenset(connection.info.verbs if connection is not None and connection.info is not None else ())

    # --- following --------------------------------------------------------------------------------------------------

    def observe(self, tracked: TrackedTask) -> None:
        """A task of any connection, as it stands now; most are no concern of ours."""
        task, conn = tracked.task, tracked.conn
        own = _OWN.fullmatch(task.id) is not None
        if own and task.verb in LEVERS:
            self._pulled(conn, task)
        elif task.verb == "migrate" or (own and task.verb in MOVES):
            self._follow(conn, task, own)

    def asked(self, conn: str, task: str, verb: str, arguments: Mapping[str, str]) -> None:
        """What an operation of ours was asked for with; its task is told after this."""
        if verb.partition(".")[0] not in ("migrate", "task"):
            return
        self._asked[conn, task] = verb, dict(arguments)
        if len(self._asked) > ASKED:
            del self._asked[next(iter(self._asked))]

    def prechecked(self, conn: str, key: str, checks: list[tuple[str, str]]) -> None:
        """What is known of the destination of a machine that is about to move from here: topic and answer of each."""
        self._checks = {(conn, key): (self._clock(), checks)}

    def tick(self) -> None:
        """Time went by: what nobody tells of any more is over, and names may be known that were not."""
        now = self._clock()
        for course in [one for one in self._courses.values() if one.record.live]:
            if course.tick(now, self._told_all(course)):
                self._touch(course)
                if not course.record.live:
                    self._over(course)
            elif not course.record.identity:
                self._name_anew(course, now)

    def restore(self, records: Iterable[Record]) -> None:
        """What was kept of earlier consoles. One that was under way goes on when its tasks come, or ends unknown."""
        for record in records:
            if record.id in self._courses:
                continue
            course = Course(record)
            if record.live:
                course.waits_since = self._clock()
            self._courses[record.id] = course
            self._by_task.update(dict.fromkeys(record.tasks, course))
            names = {(record.conn, record.key)} if record.key else set[Name]()
            if record.identity:
                names.add((record.family.value, record.identity))
            self._file(course, names)
            self._touch(course)

    # --- one task ---------------------------------------------------------------------------------------------------

    def _follow(self, conn: str, task: Task, own: bool) -> None:
        now = self._clock()
        names = self._names(conn, task.key) or {(conn, f"?{task.target or task.id}")}
        course = self._by_task.get((conn, task.id)) or self._find(conn, task, own, names, now)
        new = course is None
        if course is None:
            course = self._begin(conn, task, names, now)
        was_live = course.record.live
        self._by_task[conn, task.id] = course
        self._file(course, names)
        course.hear(Leg(conn, task, own), now, self._asked.get((conn, task.id), ("", {}))[1])
        self._describe(course)
        self._name_anew(course, now)
        if was_live and not course.record.live:
            self._over(course)
        self._touch(course)
        for each in self.begins if new else ():
            each(course.record)

    def _find(self, conn: str, task: Task, own: bool, names: Iterable[Name], now: float) -> Course | None:
        """The move that a new task is of: one of this machine that it can belong to, the latest first."""
        known = {course.record.id: course for name in names for course in self._by_name.get(name, ())}
        fitting = [course for course in known.values() if course.fits(conn, task, own, now)]
        return max(fitting, key=lambda course: (course.record.live, course.record.began), default=None)

    def _begin(self, conn: str, task: Task, names: Iterable[Name], now: float) -> Course:
        began = task.started if task.started is not None else now
        id = self._new_id(began, min(names))
        record = Record(
            id=id,
            conn=conn,
            key=task.key,
            family=self._family(conn),
            name=task.target or task.key,
            began=began,
            verdict=Verdict(call=Call.UNKNOWN, since=now, reason="nothing was read yet"),
        )
        course = self._courses[id] = Course(record)
        notes(record, began, "begin", "begun" + (f" by {task.who}" if task.who else ""))
        return course

    def _new_id(self, began: float, name: Name) -> str:
        stem = f"{max(0, began):.0f}-{sha256('/'.join(name).encode(errors='replace')).hexdigest()[:12]}"
        number = next(number for number in range(1, 10**6) if _numbered(stem, number) not in self._courses)
        return _numbered(stem, number)

    def _pulled(self, conn: str, task: Task) -> None:
        """A lever of ours: it stands in the record of the move that it was for."""
        known = {c.record.id: c for name in self._names(conn, task.key) for c in self._by_name.get(name, ())}
        at = task.started if task.started is not None else self._clock()
        for course in known.values():
            record = course.record
            if record.began - 1.0 <= at and (record.ended is None or at <= record.ended):
                verb, arguments = self._asked.get((conn, task.id), (task.verb.replace(" ", ".", 1), {}))
                used = Used(at=at, task=task.id, verb=verb, arguments=dict(arguments), outcome=task.state.value)
                record.used = [*(one for one in record.used if one.task != task.id), used]
                failed = f": {task.failure}" if task.state is TaskState.FAILED and task.failure is not None else ""
                notes(record, at, task.id, f"{task.id} {lever_words(used)}{failed}")
                self._touch(course)

    # --- names ------------------------------------------------------------------------------------------------------

    def _names(self, conn: str, key: str) -> set[Name]:
        """What a machine is known by: its uuid in its family, and its key on this connection."""
        try:
            id = split_key(key)[1]
        except ValueError:
            return set()
        uuid = self._uuid(conn, key) or (id.lower() if _UUID.fullmatch(id) else "")
        known = uuid and conn in self._connections  # a connection that was dismissed keeps its history
        return {(conn, key), (self._family(conn).value, uuid)} if known else {(conn, key)}

    def _uuid(self, conn: str, key: str) -> str:
        slot = self._inventory.slot(conn, key)
        uuid = self._inventory.value(slot, "uuid") if slot is not None else None
        return uuid.lower() if isinstance(uuid, str) and _UUID.fullmatch(uuid) else ""

    def _family(self, conn: str) -> Family:
        return self._connections[conn].spec.family

    def _name_anew(self, course: Course, now: float) -> None:
        """Its uuid may be known now, and with it that another record tells of the same move."""
        for leg in list(course.legs.values()):
            self._file(course, self._names(leg.conn, leg.task.key))
        if not course.record.live:
            return
        for other in {c.record.id: c for name in course.names for c in self._by_name[name]}.values():
            if other is not course and other.record.live and not (other.record.own and course.record.own):
                older, younger = sorted((course, other), key=lambda one: (one.record.began, one.record.id))
                older.absorb(younger, now)
                self._replace(younger, older)
                return

    def _file(self, course: Course, names: Iterable[Name]) -> None:
        for name in set(names) - course.names:
            course.names.add(name)
            self._by_name.setdefault(name, []).append(course)
            if name[0] == course.record.family.value and _UUID.fullmatch(name[1]):
                course.record.identity = name[1]

    def _describe(self, course: Course) -> None:
        """Its name as the inventory has it, and the host that an operation of ours names."""
        record = course.record
        slot = self._inventory.slot(record.conn, record.key) if record.key else None
        if slot is not None:
            record.name = self._inventory.name(slot)
            host = self._inventory.value(slot, "host")
            if not record.source and record.live and isinstance(host, str) and course.knows_source:
                at = self._inventory.slot(record.conn, host)
                record.source = self._inventory.name(at) if at is not None else ""
        if to := record.arguments.get("to", ""):
            record.destination = record.destination or named(self._inventory, to)
            record.to_conn = record.to_conn or decode_id(to.partition(":")[0])
        if record.own and record.checked is None and (found := self._checks.pop((record.conn, record.key), None)):
            record.checked, record.checks = found
        record.to_conn = next((leg.conn for leg in course.legs.values() if leg.incoming), record.to_conn)

    # --- what is kept -----------------------------------------------------------------------------------------------

    def _touch(self, course: Course) -> None:
        self.version += 1
        course.record.version = self.version

    def _replace(self, gone: Course, by: Course) -> None:
        self._drop(gone)
        self._by_task.update(dict.fromkeys(gone.record.tasks, by))
        for name in by.names:
            if by not in self._by_name.setdefault(name, []):
                self._by_name[name].append(by)
        self._touch(by)

    def _over(self, course: Course) -> None:
        """It takes less room from now on, and the oldest of too many goes."""
        record = course.record
        record.trace = thinned(record.trace, THIN)
        self._touch(course)
        for each in self.ends:
            each(record)
        over = self.ended()
        for one in over[ENDED:]:
            self._drop(self._courses[one.id])

    def _drop(self, course: Course) -> None:
        del self._courses[course.record.id]
        self.version += 1
        for task in course.record.tasks:
            if self._by_task.get(task) is course:
                del self._by_task[task]
        for name in course.names:
            left = [one for one in self._by_name[name] if one is not course]
            if left:
                self._by_name[name] = left
            else:
                del self._by_name[name]

    def _told_all(self, course: Course) -> bool:
        """Its connections are made and listed: a task that they do not tell of by now is not there."""
        conns = {leg.conn for leg in course.legs.values()} or {course.record.conn}
        found = [self._connections.get(conn) for conn in conns]
        return all(one is None or (one.status.link is Link.UP and one.listed) for one in found)


def named(inventory: InventoryStore, text: str) -> str:
    """Name of the object that a reference means; the reference where it is not known, or is none."""
    try:
        ref = ObjectRef.parse(text)
    except ValueError:
        return text
    slot = inventory.slot(ref.conn, ref.key)
    return inventory.name(slot) if slot is not None else text


def lever_words(used: Used) -> str:
    """A lever as a timeline tells it."""
    said = used.arguments
    words = {
        "migrate.bandwidth": f"bandwidth of at most {size(_whole(said.get('bandwidth')))}/s",
        "migrate.downtime": f"a pause of at most {lasting(_whole(said.get('downtime'), 1000))}",
        "migrate.postcopy": "switch to post-copy",
        "migrate.pause": "pause the guest",
        "task.cancel": "cancel",
    }
    return words.get(used.verb, used.verb)


def _whole(text: str | None, unit: int = 1) -> float | None:
    return int(text) / unit if text and text.isdigit() else None


def _numbered(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}-{number}"
