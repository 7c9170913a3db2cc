"""`novatui tasks` and `novatui events`: what runs and what happened on all connections, once or as it comes."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from novatui.actions.adopt import recall
from novatui.cli.cancelling import cancel
from novatui.cli.complaint import complain_of
from novatui.cli.exits import UsageError
from novatui.cli.forms import connection_json, event_json, name_of, task_json, timestamp
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import cells, flush, say, say_json, say_table
from novatui.config.paths import user_paths
from novatui.core import units
from novatui.core.errors import NovaError
from novatui.core.tasks import Task
from novatui.core.text import clean
from novatui.engine.event_log import LoggedEvent
from novatui.engine.feed_query import FeedFilter, parse_feed, task_moment
from novatui.engine.fleet import Fleet
from novatui.engine.query import Query, QueryError
from novatui.engine.task_store import TrackedTask

FIRST_LOOK = 1.5
"""Seconds that products have for their first tasks and events, once their inventory is there."""

GATHER = 0.05
"""Seconds between a change and the report of it: what belongs together arrives together."""

UNKNOWN = "?"

T = TypeVar("T")


def tasks(options: Namespace) -> int:
    """Print the tasks, those that run first; `cancel ID` ends one."""
    if options.filters[:1] == ["cancel"]:
        if len(options.filters) != 2:
            raise UsageError("`tasks cancel` needs the ID of one task", "`novatui tasks` lists them")
        return cancel(options, options.filters[1])
    query = feed_query(options.filters)
    return asyncio.run(_tasks(prepare(options), query))


def events(options: Namespace) -> int:
    """Print the events, the latest last."""
    query = feed_query(options.filters)
    return asyncio.run(_events(prepare(options), query))


def feed_query(filters: Sequence[str]) -> Query:
    """The query of a command line. UsageError with the place of the mistake."""
    try:
        return parse_feed(filters)
    except QueryError as error:
        text = " ".join(filters)
        mark = " " * cells(clean(text[: error.position])) + "^"
        raise UsageError(f"filter: {error.message}", error.hint, lines=(clean(text), mark)) from None


async def _tasks(session: Session, query: Query) -> int:
    options = session.options
    async with opened(session, retry=options.follow) as fleet:
        await asyncio.sleep(FIRST_LOOK)
        await _recall(fleet)
        code, means = report(fleet), FeedFilter(query, fleet).means
        found = [one for one in fleet.tasks.tasks() if means(one)][: options.lines]
        if options.follow:
            told: dict[tuple[str, str], Task] = {}
            await follow(fleet, lambda: _tell_tasks(fleet, means, told, as_json=options.json))
        elif options.json:
            forms = [task_json(fleet, one.conn, one.task) for one in found]
            say_json({"connections": connections_json(fleet), "tasks": forms})
        else:
            say_table(_TASK_TITLES, [_task_cells(fleet, one) for one in found])
        return code


async def _recall(fleet: Fleet) -> None:
    """What consoles of this user have changed stands among the tasks of the products."""
    try:
        await recall(fleet, user_paths().journal)
    except NovaError as error:
        complain_of(error.failure)


async def _events(session: Session, query: Query) -> int:
    options = session.options
    async with opened(session, retry=options.follow) as fleet:
        await asyncio.sleep(FIRST_LOOK)
        code, means = report(fleet), FeedFilter(query, fleet).means
        if options.follow:
            told: dict[tuple[str, str], None] = {}
            await follow(fleet, lambda: _tell_events(fleet, means, told, as_json=options.json))
            return code
        found = _latest((one for one in fleet.events.latest_first() if means(one)), options.lines)
        if options.json:
            forms = [event_json(fleet, one) for one in found]
            skews = {conn: round(seconds, 3) for conn, seconds in fleet.events.skews().items()}
            say_json({"connections": connections_json(fleet), "events": forms, "clocks_corrected_s": skews})
        else:
            say_table(_EVENT_TITLES, [_event_cells(fleet, one) for one in reversed(found)])
        return code


def _latest(items: Iterable[T], count: int | None) -> list[T]:
    return [one for _, one in zip(range(count), items, strict=False)] if count else list(items)


async def follow(fleet: Fleet, tell: Callable[[], None], every: float | None = None) -> None:
    """Tell what there is, and then every change, until interrupted; `every`: also when nothing changed."""
    changed = asyncio.Event()
    fleet.on_change = changed.set
    while True:
        tell()
        flush()
        try:
            async with asyncio.timeout(every):
                await changed.wait()
                await asyncio.sleep(GATHER)
        except TimeoutError:
            pass
        changed.clear()


def connections_json(fleet: Fleet) -> list[dict[str, Any]]:
    """Every connection, with where it stands."""
    return [connection_json(one) for one in fleet.connections.values()]


# --- tasks ---------------------------------------------------------------------------------------------------------

_TASK_TITLES = ["ID", "STATE", "DONE", "VERB", "OBJECT", "CONNECTION", "WHO", "STARTED", "TOOK", "RESULT"]


def _task_cells(fleet: Fleet, one: TrackedTask) -> list[str]:
    task = one.task
    started = None if task.started is None else task.started + fleet.events.skew(one.conn)
    ended = task_moment(one, fleet.events, time.time())
    took = None if started is None or ended is None else max(0.0, ended - started)
    return [
        task.id,
        task.state.value,
        "" if task.progress is None else f"{task.progress:.0f}%",
        task.verb,
        task.target or name_of(fleet, one.conn, task.key) if task.key else task.target,
        one.conn,
        task.who or UNKNOWN,
        (timestamp(started) or UNKNOWN) if started is not None else UNKNOWN,
        units.span(took),
        str(task.failure) if task.failure else task.detail,
    ]


def _tell_tasks(
    fleet: Fleet,
    means: Callable[[TrackedTask], bool],
    told: dict[tuple[str, str], Task],
    *,
    as_json: bool,
) -> None:
    if not fleet.drain().tasks and told:
        return
    now = fleet.tasks.tasks()
    for one in reversed(now):
        key = (one.conn, one.task.id)
        if told.get(key) != one.task and means(one):
            told[key] = one.task
            if as_json:
                say_json({"type": "task"} | task_json(fleet, one.conn, one.task))
            else:
                say("  ".join(cell for cell in (timestamp(time.time()) or "", *_task_cells(fleet, one)) if cell))
    for key in told.keys() - {(one.conn, one.task.id) for one in now}:
        del told[key]


# --- events --------------------------------------------------------------------------------------------------------

_EVENT_TITLES = ["TIME", "SEVERITY", "CONNECTION", "TYPE", "OBJECT", "TEXT"]

REMEMBERED = 50_000
"""Events remembered as told."""


def _event_cells(fleet: Fleet, one: LoggedEvent) -> list[str]:
    event = one.event
    words = event.text or event.native_type
    return [
        timestamp(fleet.events.moment(one)) or UNKNOWN,
        event.severity.value,
        one.conn,
        event.native_type,
        event.subject or (name_of(fleet, one.conn, event.key) if event.key else ""),
        f"{words}  x{one.count} folded" if one.count > 1 else words,
    ]


def _tell_events(
    fleet: Fleet,
    means: Callable[[LoggedEvent], bool],
    told: dict[tuple[str, str], None],
    *,
    as_json: bool,
) -> None:
    if not fleet.drain().events and told:
        return
    for one in reversed(fleet.events.newest()):
        key = (one.conn, one.event.id)
        if key in told:
            continue
        told[key] = None
        if not means(one):
            continue
        if as_json:
            say_json({"type": "event"} | event_json(fleet, one))
        else:
            say("  ".join(cell for cell in _event_cells(fleet, one) if cell))
    while len(told) > REMEMBERED:
        del told[next(iter(told))]
