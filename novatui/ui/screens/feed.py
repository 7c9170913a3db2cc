"""The screen of tasks and events: what runs, why something failed, and what happened everywhere on one clock."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from itertools import islice

from textual import on
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.core.ids import ObjectRef, encode_id, split_key
from novatui.core.states import Kind
from novatui.core.tasks import TaskState
from novatui.engine.event_log import LoggedEvent
from novatui.engine.fleet import Changes
from novatui.engine.mine import Mine
from novatui.engine.task_store import TrackedTask
from novatui.ui.export import Listed
from novatui.ui.items import ItemSource
from novatui.ui.keys import bindings
from novatui.ui.listed_items import listed_events, listed_tasks
from novatui.ui.place import Place
from novatui.ui.render import bars, tasks
from novatui.ui.render.cells import Group, Piece
from novatui.ui.render.events import corrected, event_table
from novatui.ui.render.tasks import task_table
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.happenings import HappeningScreen
from novatui.ui.sources import AGE_STEP
from novatui.ui.stage import Stage
from novatui.ui.trouble import Trouble, of_task
from novatui.ui.widgets.lines import Lines

SHOWN = 1_000
"""Events listed, the latest: nobody reads further without a filter."""

SHARE = 20
"""Listing events may take one part in so many of the time."""

WHY = range(4, 8)
"""Lines of the pane below the tasks."""

MINUTE = 60.0
DAY = 86_400.0


class FeedScreen(HappeningScreen, inherit_bindings=False):
    """Tasks above, events below; the pane between them tells more of the task under the cursor."""

    SCOPES = (
        Scope.EVERYWHERE,
        Scope.MOVE,
        Scope.ROWS,
        Scope.PANES,
        Scope.FEED,
        Scope.FILTERED,
        Scope.LISTED,
        Scope.OBJECTS,
        Scope.FRAME,
    )
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = """
    FeedScreen #tasks { height: 8; }
    FeedScreen #why { height: 4; }
    FeedScreen #events { height: 1fr; }
    """

    def __init__(self, stage: Stage, place: Place) -> None:
        self._yours = Mine(stage.fleet, stage.watch.person)
        self._only_yours = False
        super().__init__(stage, place)
        look, painter, ascii_only = self.look, stage.pulse.painter, self.look.marks.ascii
        self._tasks_source: ItemSource[TrackedTask] = ItemSource(task_table(self.fleet, look), self._task_version)
        self._events_source: ItemSource[LoggedEvent] = ItemSource(event_table(self.fleet, look), self._event_version)
        self._tasks = RowView(self._tasks_source, header=True, painter=painter, ascii_only=ascii_only, id="tasks")
        self._events = RowView(self._events_source, header=True, painter=painter, ascii_only=ascii_only, id="events")
        self._tasks_title = Lines(lambda width, _: [self._draw_tasks_title(width)], id="tasks-title")
        self._why_title = Lines(lambda width, _: [self._draw_why_title(width)], id="why-title")
        self._why = Lines(self._draw_why, id="why")
        self._events_title = Lines(lambda width, _: [self._draw_events_title(width)], id="events-title")
        self._on_events = place.name == "ev"
        """The events have the keyboard, not the tasks."""
        self._follow = True
        self._left_at: Hashable = None
        """The newest event when following ended."""
        self._folded = 0
        """Events that the rows of events stand for."""
        self._rest_until = 0.0
        self._late = False

    def compose_body(self) -> ComposeResult:
        """Filter, tasks, why, events."""
        yield self.filter
        yield self._tasks_title
        yield self._tasks
        yield self._why_title
        yield self._why
        yield self._events_title
        yield self._events

    def on_mount(self) -> None:
        self.read()
        self.focus_rows()

    # The frame

    def crumbs(self) -> Sequence[str]:
        """The name of the screen."""
        return ["tasks & events"]

    def facts(self) -> Sequence[Group]:
        """How many run, wait, and failed lately."""
        styles, now = self.look.styles, self.look.epoch()
        states = [one.task.state for one in self.fleet.tasks.running()]
        failed = sum(
            1
            for one in self.fleet.tasks.tasks()
            if one.task.state is TaskState.FAILED and (one.task.ended or now) > now - DAY
        )
        running, queued = states.count(TaskState.RUNNING), states.count(TaskState.QUEUED)
        return [
            (0, [(f" {running} running ", styles.info if running else styles.quiet)]),
            (2, [(f" {queued} queued ", styles.quiet)]) if queued else (9, []),
            (1, [(f" {failed} failed in 24 h ", styles.bad if failed else styles.quiet)]),
            (3, [(f" {self._rate()} events/min ", styles.quiet)]),
        ]

    def place(self) -> Place:
        """The pane and the filter are part of it."""
        return Place("ev" if self._on_events else "task", filter=self._text)

    def show(self, place: Place) -> bool:
        """The other pane, or another filter."""
        self._on_events = place.name == "ev"
        self.show_filter(place)
        self.focus_rows()
        return True

    def take(self, changes: Changes) -> None:
        """Tasks and events that are new or other ones; names of objects."""
        if changes.tasks or changes.rows:
            self._read_tasks()
        if changes.events or changes.reshaped:
            self._read_events()

    def age(self) -> None:
        """Tasks take longer and longer, and a filter by time means others."""
        self.read()

    def concerned(self) -> tuple[str, str] | None:
        """The object of the task or event under the cursor."""
        if self._on_events:
            event = self._events_source.item(self._events.cursor)
            return (event.conn, event.event.key) if event else None
        task = self._tasks_source.item(self._tasks.cursor)
        return (task.conn, task.task.key) if task else None

    def trouble_here(self) -> Trouble | None:
        """Why the task under the cursor failed."""
        one = None if self._on_events else self._tasks_source.item(self._tasks.cursor)
        if one is None or one.task.failure is None:
            return None
        kind, native = split_key(one.task.key) if one.task.key else (Kind.CONNECTION, one.conn)
        return of_task(one.task, one.task.failure, ObjectRef(one.conn, kind, native))

    def line_in_words(self) -> str:
        """The task or event under the cursor, all of its cells."""
        source, view = (self._events_source, self._events) if self._on_events else (self._tasks_source, self._tasks)
        item = source.item(view.cursor)
        return "" if item is None else source.table.words(item)

    def paged(self) -> str:
        """All that is known of the task under the cursor; of events: those that are listed."""
        if self._on_events:
            source = self._events_source
            listed = [item for node in source.order if (item := source.item(node)) is not None]
            return "".join(f"{source.table.words(one)}\n" for one in listed)
        task = self._tasks_source.item(self._tasks.cursor)
        return tasks.copied(task, self.fleet) + "\n" if task else ""

    def listed(self) -> Listed:
        """The tasks, or all events, that fit the filter: those of the pane with the keyboard."""
        if self._on_events:
            found = filter(self.means, self.fleet.events.latest_first())
            return listed_events(found, self._events_source.table, self.fleet)
        return listed_tasks(filter(self.means, self.fleet.tasks.tasks()), self._tasks_source.table, self.fleet)

    # Reading

    def means(self, item: object) -> bool:
        """What the filter wants, and, when asked for, only what this person started."""
        return super().means(item) and (not self._only_yours or self._yours.means(item))  # type: ignore[arg-type]

    def read(self) -> None:
        """List tasks and events anew."""
        self._read_tasks()
        self._rest_until = 0.0
        self._read_events()

    def _read_tasks(self) -> None:
        found = [one for one in self.fleet.tasks.tasks() if self.means(one)]
        left = self._tasks_source.show([((one.conn, one.task.id), one) for one in found])
        self._tasks.forget(left)
        none = " nothing runs, and nothing ended lately"
        self._tasks.placeholder = self._nothing("task") or none
        self._tasks.replace(self._tasks_source.order)
        self._tasks.touch(self._tasks_source.order)
        for part in (self.header, self.filter, self._tasks_title, self._why_title, self._why):
            part.redraw()

    def _read_events(self) -> None:
        """List the latest events; a rare filter over many of them is not asked all the time."""
        begun = time.monotonic()
        if begun < self._rest_until:
            if not self._late:
                self._late = True
                self.set_timer(self._rest_until - begun, self._read_late)
            return
        found = list(islice(filter(self.means, self.fleet.events.latest_first()), SHOWN))
        # An entry into which another event is folded stays the same row: its object is its key, not the event's id.
        left = self._events_source.show([(id(one), one) for one in found])
        self._folded = sum(one.count for one in found)
        self._events.forget(left)
        self._events.placeholder = self._nothing("event") or " nothing happened yet"
        self._events.replace(self._events_source.order)
        self._events.touch(self._events_source.order)
        if self._follow:
            self._events.home()
        for part in (self.header, self.filter, self._events_title):
            part.redraw()
        self._rest_until = time.monotonic() + SHARE * (time.monotonic() - begun)

    def _nothing(self, what: str) -> str:
        """Why none is listed, as far as that was asked for."""
        yours = " of yours" if self._only_yours else ""
        return f" no {what}{yours} fits the filter" if self._text else f" there is no {what}{yours}" if yours else ""

    def _read_late(self) -> None:
        self._late = False
        self._read_events()

    def _rate(self) -> int:
        """Events of the last minute."""
        since, log = self.look.epoch() - MINUTE, self.fleet.events
        total = 0
        for one in log.latest_first():
            if log.moment(one) < since:
                break
            total += 1 if one.count == 1 or one.first < since else one.count
        return total

    def _task_version(self, one: TrackedTask) -> Hashable:
        """A task that runs takes longer every moment."""
        ages = int(self.look.epoch() / AGE_STEP) if one.live else 0
        return id(one), ages, self.look.utc, tasks.subject(one, self.fleet), self.fleet.events.skew(one.conn)

    def _event_version(self, one: LoggedEvent) -> Hashable:
        named = self.fleet.inventory.slot(one.conn, one.event.key) if one.event.key else None
        today = self.look.date(self.look.epoch())[:10]
        return one.event.id, one.count, self.look.utc, today, named, self.fleet.events.skew(one.conn)

    # Drawing

    def counted(self) -> list[Piece]:
        """How many are listed, and whether the newest is followed."""
        quiet, dot = self.look.styles.quiet, self.look.marks.dot
        rows = len(self._events_source.order)
        same = f" folded{self.look.marks.to}{rows:,}" if self._folded > rows else ""
        folded = f"{self._folded:,} events{same} "
        follow = (" follow on ", self.look.styles.good) if self._follow else (" follow off ", self.look.styles.warning)
        count = (f" {len(self._tasks_source.order)} tasks ", quiet)
        yours = [(" mine only ", self.look.styles.warning)] if self._only_yours else []
        return [count, *yours, follow, (f"{dot} {folded}", quiet)]

    def _draw_tasks_title(self, width: int) -> Strip:
        return bars.rule(self.look, width, "Tasks", focused=not self._on_events)

    def _draw_why_title(self, width: int) -> Strip:
        one = self._tasks_source.item(self._tasks.cursor)
        return bars.rule(self.look, width, tasks.title(one, self.fleet) if one else "No task")

    def _draw_why(self, width: int, height: int) -> list[Strip]:
        one = self._tasks_source.item(self._tasks.cursor)
        return tasks.why(one, self.look, width, height) if one else []

    def _draw_events_title(self, width: int) -> Strip:
        new = 0 if self._follow else self._new()
        far = [f"{new} new above" if new else "", corrected(self.fleet.events)]
        title = "Events, all connections, one clock"
        return bars.rule(self.look, width, title, "  ".join(filter(None, far)), focused=self._on_events)

    def _new(self) -> int:
        """Events above the one that was the newest when following ended."""
        number = self._events_source.number(self._left_at)
        return self._events_source.order.index(number) if number is not None else 0

    # The keyboard

    def rows(self) -> RowView:
        """The pane that row keys go to."""
        return self._events if self._on_events else self._tasks

    def focus_rows(self) -> None:
        """The pane with the keyboard."""
        self.rows().focus()
        for title in (self._tasks_title, self._events_title, self.filter):
            title.redraw()

    def action_pane_next(self) -> None:
        """Tasks or events: the other one."""
        self._on_events = not self._on_events
        self._lay_out()
        self.focus_rows()

    action_pane_previous = action_pane_next

    def action_feed_follow(self) -> None:
        """Stay at the newest event, or where the cursor is."""
        self._set_follow(not self._follow)
        if self._follow:
            self._events.home()

    def action_feed_mine(self) -> None:
        """Only what was started by an account that this console logged in with, or by all again."""
        self._only_yours = not self._only_yours
        self.read()

    def action_task_cancel(self) -> None:
        """Cancel the task under the cursor: one of ours at once, one of others after the question."""
        one = None if self._on_events else self._tasks_source.item(self._tasks.cursor)
        if one is None or not one.live:
            self.report("no task that runs is under the cursor", f"{self.key('pane.next')} goes to the tasks")
        elif self.stage.acting is None:
            self.report("nothing can be changed from here")
        else:
            key = one.task.key or f"connection:{encode_id(one.conn)}"
            self.stage.acting.cancel(ObjectRef(one.conn, *split_key(key)), one.task.id)

    def _set_follow(self, follow: bool) -> None:
        self._follow = follow
        newest = self._events_source.item(self._events_source.order[0]) if self._events_source.order else None
        self._left_at = id(newest) if newest else None
        self.filter.redraw()
        self._events_title.redraw()

    @on(RowView.CursorMoved)
    def _cursor_moved(self, message: RowView.CursorMoved) -> None:
        if message.view is self._tasks:
            self._why_title.redraw()
            self._why.redraw()
        elif self._follow and self._on_events and self._events.model.cursor_index:
            self._set_follow(False)

    # Layout

    def on_resize(self) -> None:
        super().on_resize()
        self._lay_out()

    def _lay_out(self) -> None:
        """Both lists where there is room for them, else the one with the keyboard."""
        height = self.size.height
        both, why = height >= layout.FULL_FROM - 6, height >= layout.FULL_FROM
        why_height = min(max(WHY.start, height // 7), WHY.stop - 1)
        room = height - 5 - (why_height + 1) * why
        tasks_height = max(4, min(room // 2, 14)) if both else room
        for part, shown in (
            (self.filter, height >= layout.BARS_FROM),
            (self._tasks_title, both),
            (self._tasks, both or not self._on_events),
            (self._why_title, why),
            (self._why, why),
            (self._events_title, both),
            (self._events, both or self._on_events),
        ):
            part.set_class(not shown, "gone")
        self._tasks.styles.height = tasks_height if both else "1fr"
        self._why.styles.height = why_height
