"""The strip of tasks and events: what runs now first, then what happened last."""

from __future__ import annotations

from textual.strip import Strip

from novatui.core.events import Severity
from novatui.core.migration import Fidelity
from novatui.core.states import Link
from novatui.core.tasks import Task, TaskState
from novatui.engine.event_log import LoggedEvent
from novatui.engine.fleet import Connection, Fleet
from novatui.engine.task_store import TrackedTask
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.look import Look
from novatui.ui.rows.cells import fit


def lines(fleet: Fleet, look: Look, width: int, height: int) -> list[Strip]:
    """At most `height` lines: broken connections, running tasks, then the newest of ended tasks and events."""
    broken = [_connection(one, look) for one in fleet.connections.values() if one.status.link is Link.DOWN]
    tasks = fleet.tasks.tasks()
    running = [_task(one, fleet, look) for one in tasks if one.live]
    rows = [*broken[: max(1, height // 3)], *running[: max(1, height // 2)]]
    past: list[tuple[float, list[Piece]]] = [
        (one.task.ended or one.task.started or 0.0, _task(one, fleet, look))
        for one in tasks[len(running) : len(running) + height]
    ]
    past += [(fleet.events.moment(one), _event(one, fleet, look)) for one in fleet.events.newest(height)]
    past.sort(key=lambda pair: pair[0], reverse=True)
    rows += [pieces for _, pieces in past]
    return [line(pieces, width) for pieces in rows[:height]]


def _connection(one: Connection, look: Look) -> list[Piece]:
    status, styles = one.status, look.styles
    retry = f", try {status.attempt + 1} at {look.clock(status.retry_at)}" if status.retry_at else ""
    why = str(status.failure) if status.failure else "lost"
    return [
        (f" {look.clock(status.since)} ", styles.quiet),
        (f"{look.marks.unreachable} conn    ", styles.bad),
        (f"{one.name}  {why}, last good {look.clock(status.last_good)}{retry}", styles.text),
    ]


def _task(tracked: TrackedTask, fleet: Fleet, look: Look) -> list[Piece]:
    task, conn, styles, marks = tracked.task, tracked.conn, look.styles, look.marks
    sign, style = {
        TaskState.QUEUED: (marks.unreachable, styles.quiet),
        TaskState.RUNNING: (marks.migrating if task.verb == "migrate" else marks.on, styles.info),
        TaskState.DONE: (marks.done, styles.good),
        TaskState.FAILED: (marks.error, styles.bad),
        TaskState.CANCELLED: (marks.inapplicable, styles.quiet),
        TaskState.UNKNOWN: ("?", styles.warning),
    }[task.state]
    return [
        (f" {look.clock(task.ended or task.started)} ", styles.quiet),
        (f"{sign} {fit(task.verb, 7)} ", style),
        (f"{_subject(conn, task.key, task.target, fleet)}  ", styles.text),
        (_outcome(task, look), styles.bad if task.state is TaskState.FAILED else styles.quiet),
        (f"  {conn}", styles.quiet),
    ]


def _outcome(task: Task, look: Look) -> str:
    words: list[str] = []
    move = task.migration
    if move is not None and (move.source or move.destination):
        words.append(f"{move.source or '?'}{look.marks.to}{move.destination or '?'}")
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
    sign, style = {
        Severity.INFO: (look.marks.inapplicable, styles.quiet),
        Severity.WARNING: (look.marks.alarm, styles.warning),
        Severity.ERROR: (look.marks.error, styles.bad),
    }[event.severity]
    folded = f"  x{logged.count} folded" if logged.count > 1 else ""
    kind = "alarm" if event.alarm else "event"
    return [
        (f" {look.clock(fleet.events.moment(logged))} ", styles.quiet),
        (f"{sign} {kind}   ", style),
        (f"{_subject(logged.conn, event.key, event.subject, fleet)}  ", styles.text),
        (f"{event.text or event.native_type}{folded}", styles.quiet),
        (f"  {logged.conn}", styles.quiet),
    ]


def _subject(conn: str, key: str, target: str, fleet: Fleet) -> str:
    slot = fleet.inventory.slot(conn, key) if key else None
    return fleet.inventory.name(slot) if slot is not None else target or key
