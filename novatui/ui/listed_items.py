"""Tasks, events and alarms as an export writes them: exact values beside the cells that people read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from novatui.core.ids import encode_id
from novatui.engine.alarm_record import Alarm
from novatui.engine.alarms import Alarms
from novatui.engine.event_log import LoggedEvent
from novatui.engine.feed_query import object_name
from novatui.engine.fleet import Fleet
from novatui.engine.task_store import TrackedTask
from novatui.ui.export import Listed
from novatui.ui.render import tasks
from novatui.ui.render.item_table import ItemTable
from novatui.ui.render.migration_list import Moving


def listed_tasks(items: Iterable[TrackedTask], table: ItemTable, fleet: Fleet) -> Listed:
    """Tasks; times are those of the product's clock."""
    shown = list(items)
    return _listed("tasks", shown, table, [_task(one, fleet) for one in shown])


def listed_events(items: Iterable[LoggedEvent], table: ItemTable, fleet: Fleet) -> Listed:
    """Events; `moment` is when it happened by our clock, `at` by that of the product."""
    shown = list(items)
    return _listed("events", shown, table, [_event(one, fleet) for one in shown])


def listed_alarms(items: Iterable[Alarm], table: ItemTable, alarms: Alarms) -> Listed:
    """Alarms that are raised, and who knows of them."""
    shown = list(items)
    return _listed("alarms", shown, table, [_alarm(one, alarms) for one in shown])


def listed_migrations(items: Iterable[Moving], table: ItemTable) -> Listed:
    """Migrations; sizes in bytes, rates in bytes a second."""
    shown = list(items)
    return _listed("migrations", shown, table, [_migration(one) for one in shown])


def _listed(name: str, items: list[Any], table: ItemTable, values: list[dict[str, Any]]) -> Listed:
    told = [{key: value for key, value in row.items() if value not in (None, "")} for row in values]
    return Listed(name=name, titles=table.titles, cells=[table.cells(one) for one in items], values=told)


def _task(one: TrackedTask, fleet: Fleet) -> dict[str, Any]:
    task = one.task
    return {
        "connection": one.conn,
        "id": task.id,
        "ref": _ref(one.conn, task.key),
        "object": tasks.subject(one, fleet),
        "verb": task.verb,
        "native_verb": task.native_verb,
        "state": task.state.value,
        "progress": task.progress,
        "who": task.who,
        "started": _time(task.started),
        "ended": _time(task.ended),
        "detail": task.detail,
        "failure": str(task.failure) if task.failure is not None else "",
    }


def _event(one: LoggedEvent, fleet: Fleet) -> dict[str, Any]:
    event = one.event
    return {
        "connection": one.conn,
        "id": event.id,
        "moment": _time(fleet.events.moment(one)),
        "at": _time(event.at),
        "severity": event.severity.value,
        "native_type": event.native_type,
        "ref": _ref(one.conn, event.key),
        "object": object_name(fleet.inventory, one.conn, event.key, event.subject),
        "text": event.text,
        "who": event.who,
        "alarm": event.alarm,
        "raised": event.raised,
        "count": one.count,
    }


def _migration(item: Moving) -> dict[str, Any]:
    one = item.record
    if one is None:
        return {"ref": str(item.waits.ref), "object": item.waits.name, "state": "queued"} if item.waits else {}
    last = one.last
    return {
        "connection": one.conn,
        "ref": _ref(one.conn, one.key),
        "object": one.name,
        "source": one.source,
        "destination": one.destination,
        "state": one.state.value,
        "phase": last.phase,
        "percent": one.percent,
        "left": last.left,
        "sent": last.sent,
        "rate": last.rate,
        "dirty_rate": last.dirty_rate,
        "iteration": last.iteration,
        "verdict": one.verdict.call.value,
        "reason": one.verdict.reason,
        "pause": one.pause_real,
        "who": one.who,
        "task": one.own,
        "started": _time(one.began),
        "ended": _time(one.ended),
    }


def _alarm(one: Alarm, alarms: Alarms) -> dict[str, Any]:
    note = alarms.book.note(one.id)
    return {
        "connection": one.id.conn,
        "level": one.level.value,
        "rule": one.id.rule,
        "title": one.title,
        "ref": _ref(one.id.conn, one.id.key) if ":" in one.id.key else "",
        "object": one.subject,
        "text": one.text,
        "since": _time(one.since),
        "value": one.value,
        "limit": one.limit,
        "acknowledged_by": note.acknowledged_by if note is not None else "",
        "at_server": None if one.at_server is None else one.at_server.done,
        "at_server_by": one.at_server.by if one.at_server is not None else "",
        "at_server_at": _time(one.at_server.at) if one.at_server is not None else "",
        "silenced_until": _time(note.silenced_until) if note is not None and alarms.silenced(one) else "",
    }


def _ref(conn: str, key: str) -> str:
    return f"{encode_id(conn)}:{key}" if key else ""


def _time(epoch: float | None) -> str:
    """ISO 8601 in UTC; empty for what is no moment that a calendar has."""
    try:
        return "" if epoch is None else datetime.fromtimestamp(epoch, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return ""
