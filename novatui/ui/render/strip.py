"""The strip of tasks and events: what runs now first, then what happened last."""

from __future__ import annotations

from heapq import nlargest

from textual.strip import Strip

from novatui.core.alarms import PRODUCT, Level
from novatui.core.migration import Fidelity
from novatui.core.tasks import Task, TaskState
from novatui.engine.alarm_record import Alarm, urgency
from novatui.engine.event_log import LoggedEvent
from novatui.engine.feed_query import task_moment
from novatui.engine.fleet import Connection, Fleet
from novatui.engine.task_store import TrackedTask
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.events import event_sign
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.tasks import task_sign
from novatui.ui.rows.cells import fit

WORD = 8
"""Cells of what happened: `migrate`, `snapshot`, `alarm`."""


def lines(fleet: Fleet, look: Look, width: int, height: int) -> list[Strip]:
    """At most `height` lines: broken connections, running tasks, then the newest of ended tasks and events."""
    broken = [_connection(one, fleet, look) for one in fleet.connections.values() if one.broken]
    tasks = fleet.tasks.tasks()
    running = [_task(one, fleet, look) for one in tasks if one.live]
    past: list[tuple[float, list[Piece]]] = [
        (task_moment(one, fleet.events, look.epoch()) or 0.0, _task(one, fleet, look))
        for one in tasks[len(running) : len(running) + height]
    ]
    past += [(fleet.events.moment(one), _event(one, fleet, look)) for one in fleet.events.newest(height)]
    past += [(one.since, _alarm(one, fleet, look)) for one in _own_alarms(fleet, height)]
    past.sort(key=lambda pair: pair[0], reverse=True)
    ended = [pieces for _, pieces in past]
    # Room that nobody else wants goes to the broken connections, then to what runs.
    lines_of_broken = max(1, height // 3, height - len(running) - len(ended))
    lines_of_running = max(1, height // 2, height - len(broken) - len(ended))
    rows = [*broken[:lines_of_broken], *running[:lines_of_running], *ended]
    return [line(pieces, width, cut=look.marks.ellipsis) for pieces in rows[:height]]


def _line(look: Look, at: float | None, sign: Piece, word: str, *words: Piece) -> list[Piece]:
    """Time, sign, what happened, and the words that there are."""
    mark, style = sign
    pieces: list[Piece] = [
        (f" {look.clock(at)} ", look.styles.quiet),
        (f"{mark} {fit(word, WORD, ellipsis=look.marks.ellipsis)}", style),
    ]
    for text, style in words:
        if text:
            pieces.append((f"  {text}", style))
    return pieces


def _connection(one: Connection, fleet: Fleet, look: Look) -> list[Piece]:
    status, styles = one.status, look.styles
    facts = [str(status.failure) if status.failure else "lost"]
    if status.last_good is not None:
        facts.append(f"last good {look.clock(status.last_good)}")
    if status.retry_at is not None:
        facts.append(f"try {status.attempt + 1} at {look.clock(status.retry_at)}")
    sign = (look.marks.unreachable, styles.bad)
    return _line(
        look,
        status.since,
        sign,
        "conn",
        (one.name, readings.tint(fleet, one.name, look) or styles.text),
        (", ".join(facts), styles.text),
    )


def _task(tracked: TrackedTask, fleet: Fleet, look: Look) -> list[Piece]:
    task, styles = tracked.task, look.styles
    at = task.ended or task.started
    return _line(
        look,
        None if at is None else at + fleet.events.skew(tracked.conn),
        task_sign(task, look),
        task.verb,
        (_subject(tracked.conn, task.key, task.target, fleet), styles.text),
        (_outcome(task, look), styles.bad if task.state is TaskState.FAILED else styles.quiet),
        (tracked.conn, readings.conn_style(fleet, tracked.conn, look)),
    )


def _outcome(task: Task, look: Look) -> str:
    words: list[str] = []
    move = task.migration
    if move is not None and (move.source or move.destination):
        words.append(f"{move.source or UNKNOWN}{look.marks.to}{move.destination or UNKNOWN}")
    if task.state is TaskState.QUEUED:
        words.append("queued")
    if task.state is TaskState.UNKNOWN:
        words.append("outcome unknown")
    if task.progress is not None and task.state is TaskState.RUNNING:
        words.append(f"{task.progress:.0f}%")
    if move is not None and move.fidelity is Fidelity.PERCENT and task.state is TaskState.RUNNING:
        words.append("percent only")
    if task.failure is not None:
        words.append(str(task.failure))
    elif task.detail and not words:
        words.append(task.detail)
    return "  ".join(words)


def _event(logged: LoggedEvent, fleet: Fleet, look: Look) -> list[Piece]:
    event, styles = logged.event, look.styles
    return _line(
        look,
        fleet.events.moment(logged),
        event_sign(event.severity, look, look.marks.inapplicable),
        "alarm" if event.alarm else "event",
        (_subject(logged.conn, event.key, event.subject, fleet), styles.text),
        (event.text or event.native_type, styles.quiet),
        (f"x{logged.count}" if logged.count > 1 else "", styles.quiet),
        (logged.conn, readings.conn_style(fleet, logged.conn, look)),
    )


def _own_alarms(fleet: Fleet, most: int) -> list[Alarm]:
    """The latest that the console raised, of equal ones the worst.

    Those of products come as events, and what was there before us is no news.
    """
    if fleet.alarms is None:
        return []
    judged = fleet.alarms
    raised = [one for one in judged.present() if one.id.rule != PRODUCT and not one.chore and not one.at_least]
    found = [one for one in raised if not judged.silenced(one)]
    latest = nlargest(most, (one.since for one in found))
    news = [one for one in found if one.since >= latest[-1]] if latest else []
    return sorted(news, key=lambda one: (-one.since, judged.acknowledged(one), *urgency(one)))[:most]


def _alarm(one: Alarm, fleet: Fleet, look: Look) -> list[Piece]:
    critical = one.level is Level.CRITICAL
    sign = (look.marks.error, look.styles.bad) if critical else (look.marks.alarm, look.styles.warning)
    conn = (one.id.conn, readings.conn_style(fleet, one.id.conn, look))
    words = ((one.subject, look.styles.text), (one.text, look.styles.quiet), conn)
    return _line(look, one.since, sign, "alarm", *words)


def _subject(conn: str, key: str, target: str, fleet: Fleet) -> str:
    slot = fleet.inventory.slot(conn, key) if key else None
    return fleet.inventory.name(slot) if slot is not None else target or key
