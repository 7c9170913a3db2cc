"""Tasks and events of one object and of what is in it: a line each, and one of them in full."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from novatui.core import units
from novatui.core.errors import Failure
from novatui.core.migration import Fidelity, MigrationProgress
from novatui.core.states import Kind
from novatui.core.tasks import Task, TaskState
from novatui.engine.event_log import LoggedEvent
from novatui.engine.feed_query import object_name
from novatui.engine.fleet import Fleet
from novatui.engine.task_store import TrackedTask
from novatui.ui.render.detail import words
from novatui.ui.render.detail.grid import Cell, Column
from novatui.ui.render.detail.sheet import Field, Item, Section
from novatui.ui.render.events import event_sign
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.tasks import subject, task_sign

Doing = TrackedTask | LoggedEvent

COLUMNS = (
    Column("when"),
    Column(""),
    Column("what", shrinks=True),
    Column("who", rank=2, shrinks=True),
    Column("took", right=True, rank=1),
    Column("result", shrinks=True),
)


OBJECT = Column("object", shrinks=True)
"""Which of the objects in a place it is about."""

PLACES = frozenset({Kind.CONNECTION, Kind.DATACENTER, Kind.FOLDER, Kind.CLUSTER, Kind.HOST, Kind.RESOURCE_POOL})
"""Kinds that tell what happens to the objects in them."""

MOST_EVENTS = 300
"""Events of a place that are listed, the latest of them."""


def columns(kind: Kind) -> Sequence[Column]:
    """Those of an object, or of a place with many."""
    return (*COLUMNS[:2], OBJECT, *COLUMNS[2:]) if kind in PLACES else COLUMNS


def doings(fleet: Fleet, slot: int) -> list[Doing]:
    """What runs on it now first, then what ended or happened, the latest first."""
    store = fleet.inventory
    conn, kind = store.conn(slot), store.kind(slot)
    keys = {store.key(slot)} | ({store.key(each) for each in store.below(slot)} if kind in PLACES else set())
    all_of_it = kind is Kind.CONNECTION  # also what is told of objects that are gone
    tasks = [one for one in fleet.tasks.tasks() if one.conn == conn and (all_of_it or one.task.key in keys)]
    events = (one for one in fleet.events.on(conn) if all_of_it or one.event.key in keys)
    running: list[Doing] = [one for one in tasks if one.live]
    past: list[Doing] = [one for one in tasks if not one.live]
    past += islice(events, MOST_EVENTS)
    past.sort(key=lambda one: _moment(one, fleet), reverse=True)
    return running + past


def doing_key(one: Doing) -> str:
    """What it is called as long as the console runs."""
    return f"task {one.task.id}" if isinstance(one, TrackedTask) else f"event {one.event.id}"


def _moment(one: Doing, fleet: Fleet) -> float:
    if isinstance(one, TrackedTask):
        return one.task.ended or one.task.started or 0.0
    return fleet.events.moment(one)


def doing_row(one: Doing, fleet: Fleet, look: Look, kind: Kind) -> list[Cell]:
    """One line, on the screen of an object of this kind."""
    row = _task_row(one.task, look) if isinstance(one, TrackedTask) else _event_row(one, fleet, look)
    return [*row[:2], _about(one, fleet) or look.marks.inapplicable, *row[2:]] if kind in PLACES else row


def _about(one: Doing, fleet: Fleet) -> str:
    if isinstance(one, TrackedTask):
        return subject(one, fleet)
    return object_name(fleet.inventory, one.conn, one.event.key, one.event.subject)


def _event_row(one: LoggedEvent, fleet: Fleet, look: Look) -> list[Cell]:
    event = one.event
    sign = event_sign(event.severity, look, look.marks.inapplicable)
    folded = f" x{one.count}" if one.count > 1 else ""
    return [
        look.clock(fleet.events.moment(one)),
        sign,
        event.native_type + folded,
        words.told(event.who),
        look.marks.inapplicable,
        event.text or look.marks.inapplicable,
    ]


def _task_row(task: Task, look: Look) -> list[Cell]:
    sign, style = task_sign(task, look)
    took = (task.ended or look.epoch()) - task.started if task.started is not None else None
    return [
        look.clock(task.ended or task.started),
        (sign, style),
        task.verb,
        words.told(task.who),
        units.span(took),
        (_result(task), style),
    ]


def _result(task: Task) -> str:
    if task.failure is not None:
        return str(task.failure)
    if task.state is TaskState.RUNNING and task.progress is not None:
        return f"running, {task.progress:.0f} %"
    return "outcome unknown" if task.state is TaskState.UNKNOWN else task.state.value


def doing_sections(one: Doing, fleet: Fleet, look: Look) -> list[Section]:
    """One of them in full, why it failed first."""
    if isinstance(one, TrackedTask):
        task = one.task
        failed = [Section(title="Why it failed", items=_why(task.failure, look), wide=True)] if task.failure else []
        return [*failed, _task(task, look), *_migration(task.migration)]
    event = one.event
    return [
        Section(
            title=event.native_type or UNKNOWN,
            items=[
                Field("when", _at(fleet.events.moment(one), look)),
                Field("severity", event.severity.value),
                Field("by", words.told(event.who)),
                Field("times", f"{one.count}, first at {look.clock(one.first)}" if one.count > 1 else "1"),
                Field("learned", "by asking" if event.polled else "told by the product"),
                Field("id", event.id),
                Field("said", event.text or "nothing"),
                *([Field("alarm", f"{event.alarm} {_raised(event.raised)}")] if event.alarm else []),
            ],
        )
    ]


def _at(epoch: float | None, look: Look) -> str:
    """Day and second."""
    return f"{look.date(epoch)[:10]} {look.clock(epoch)}" if epoch is not None else UNKNOWN


def _raised(raised: bool | None) -> str:
    return {True: "raised", False: "cleared", None: UNKNOWN}[raised]


def _why(failure: Failure, look: Look) -> Sequence[Item]:
    fields: list[Item] = [Field("happened", str(failure), look.styles.bad)]
    told = (("means", failure.meaning), ("try", failure.hint), ("concerns", failure.subject), ("said", failure.native))
    return [*fields, *(Field(name, text) for name, text in told if text)]


def _task(task: Task, look: Look) -> Section:
    progress = f"{task.progress:.0f} %" if task.progress is not None else UNKNOWN
    return Section(
        title=f"{task.verb} {task.state.value}",
        items=[
            Field("started", _at(task.started, look)),
            Field("ended", _at(task.ended, look) if task.state not in _LIVE else look.marks.inapplicable),
            Field("by", words.told(task.who)),
            Field("progress", progress if task.state in _LIVE else look.marks.inapplicable),
            Field("native verb", words.told(task.native_verb)),
            Field("cancellable", words.yes_no(task.cancellable)),
            Field("id", task.id),
            Field("says", task.detail or "nothing"),
        ],
    )


_LIVE = frozenset({TaskState.QUEUED, TaskState.RUNNING})


def _migration(move: MigrationProgress | None) -> list[Section]:
    """The figures that the product states, and no others."""
    if move is None:
        return []
    fields = [
        Field("from", words.told(move.source)),
        Field("to", words.told(move.destination)),
        Field("phase", words.told(move.phase)),
        Field("told are", _FIDELITY.get(move.fidelity, "no figures")),
    ]
    figures = (
        ("total", words.size(move.total)),
        ("sent", words.size(move.sent)),
        ("left", words.size(move.left)),
        ("rate", words.rate(move.rate)),
        ("dirtied", words.rate(move.dirty_rate)),
        ("round", words.told(move.iteration)),
        ("throttled", words.percent(move.throttle)),
        ("pause", f"{move.downtime:.2g} s" if move.downtime is not None else UNKNOWN),
        ("elapsed", units.span(move.elapsed)),
    )
    return [Section(title="Migration", items=[*fields, *(Field(*one) for one in figures if one[1] != UNKNOWN)])]


_FIDELITY = {
    Fidelity.FULL: "all figures",
    Fidelity.LOG: "log lines",
    Fidelity.PERCENT: "a percentage only",
}
