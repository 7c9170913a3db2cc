"""The screen of alarms: the worst first, who knows of each, and the rule behind the one under the cursor."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.actions.guard import Code
from novatui.actions.parts import Part
from novatui.core.alarms import PRODUCT
from novatui.core.ids import ObjectRef, split_key
from novatui.engine.alarm_book import AlarmId
from novatui.engine.alarm_record import Alarm
from novatui.engine.fleet import Changes
from novatui.ui.export import Listed
from novatui.ui.items import ItemSource
from novatui.ui.keys import bindings
from novatui.ui.listed_items import listed_alarms
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.alarm_list import alarm_table, explained, title
from novatui.ui.render.cells import Group, Piece
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.happenings import HappeningScreen
from novatui.ui.sources import AGE_STEP
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines
from novatui.ui.widgets.silenceprompt import SilencePrompt

RULE = 5
"""Lines of the lower pane."""

SERVER = "alarm.acknowledge"

HOUR = 3600.0
SPANS = {"silence.hour": HOUR, "silence.hours": 8 * HOUR, "silence.day": 24 * HOUR, "silence.week": 168 * HOUR}
"""Seconds of silence by the action that asks for them."""


class AlarmScreen(HappeningScreen, inherit_bindings=False):
    """Alarms above, the rule of one of them below."""

    SCOPES = (
        Scope.EVERYWHERE,
        Scope.MOVE,
        Scope.ROWS,
        Scope.ALARMS,
        Scope.FILTERED,
        Scope.LISTED,
        Scope.OBJECTS,
        Scope.FRAME,
    )
    BINDINGS = bindings(*SCOPES)

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        look, self._watch, self._alarms = self.look, stage.watch, stage.watch.alarms
        self._source: ItemSource[Alarm] = ItemSource(alarm_table(stage.fleet, self._alarms, look), self._version)
        self._list = RowView(
            self._source, header=True, painter=stage.pulse.painter, ascii_only=look.marks.ascii, id="alarms"
        )
        self._rule_title = Lines(lambda width, _: [self._draw_rule_title(width)], id="rule-title")
        self._rule = Lines(self._draw_rule, id="rule")
        self._listed = -1
        """The version of the alarms that are listed."""

    def compose_body(self) -> ComposeResult:
        """Filter, alarms, rule."""
        yield self.filter
        yield self._list
        yield self._rule_title
        yield self._rule

    def on_mount(self) -> None:
        self.read()
        self.focus_rows()

    # The frame

    def crumbs(self) -> Sequence[str]:
        """The name of the screen."""
        return ["alarms"]

    def facts(self) -> Sequence[Group]:
        """How many there are of each sort."""
        counts, styles = self._alarms.counts(), self.look.styles
        style = styles.bad if counts.critical else styles.warning if counts.warning else styles.good
        return [(0, [(f" {title(counts, len(self._alarms.pending()))} ", style)])]

    def place(self) -> Place:
        """The filter is part of it."""
        return Place("alarm", filter=self._text)

    def show(self, place: Place) -> bool:
        """The same screen with another filter."""
        self.show_filter(place)
        return True

    def take(self, changes: Changes) -> None:
        """Alarms that came, went, or stand otherwise."""
        del changes
        if self._alarms.version != self._listed:
            self.read()

    def age(self) -> None:
        """Ages go on, values grow stale."""
        self.read()

    def concerned(self) -> tuple[str, str] | None:
        """The object of the alarm under the cursor."""
        one = self._source.item(self._list.cursor)
        return (one.id.conn, one.id.key if ":" in one.id.key else "") if one else None

    def rows(self) -> RowView:
        """The list."""
        return self._list

    def focus_rows(self) -> None:
        """The list has the keyboard."""
        self._list.focus()

    def line_in_words(self) -> str:
        """The alarm under the cursor, all of its cells."""
        one = self._source.item(self._list.cursor)
        return "" if one is None else self._source.table.words(one)

    def paged(self) -> str:
        """The alarms that are listed."""
        listed = [one for node in self._source.order if (one := self._source.item(node)) is not None]
        return "".join(f"{self._source.table.words(one)}\n" for one in listed)

    def listed(self) -> Listed:
        """The alarms that fit the filter."""
        found = [one for one in self._alarms.raised() if self.means(one)]
        return listed_alarms(found, self._source.table, self._alarms)

    # Reading and drawing

    def read(self) -> None:
        """List the alarms anew."""
        self._listed = self._alarms.version
        found = [(alarm.id, alarm) for alarm in self._alarms.raised() if self.means(alarm)]
        self._list.forget(self._source.show(found))
        self._list.placeholder = " no alarm fits the filter" if self._text else " nothing is raised"
        self._list.replace(self._source.order)
        self._list.touch(self._source.order)
        for part in (self.header, self.filter, self._rule_title, self._rule):
            part.redraw()

    def counted(self) -> list[Piece]:
        """How many are listed, and how many are marked."""
        quiet, marked = self.look.styles.quiet, len(self._list.marks)
        listed, raised = len(self._source.order), len(self._alarms.raised())
        shown = f" {listed:,} of {raised:,} " if listed != raised else f" {listed:,} alarms "
        return [(shown, quiet), *([(f"{self.look.marks.dot} {marked} marked ", quiet)] if marked else [])]

    def _version(self, one: Alarm) -> Hashable:
        said = self._alarms.book.note(one.id), self._alarms.stale(one), self._alarms.silenced(one)
        return one.level, one.text, one.subject, one.at_server, int(self.look.epoch() / AGE_STEP), said

    def _draw_rule_title(self, width: int) -> Strip:
        one = self._source.item(self._list.cursor)
        return bars.rule(self.look, width, f"{one.subject}: {one.title}" if one else "No alarm")

    def _draw_rule(self, width: int, height: int) -> list[Strip]:
        one = self._source.item(self._list.cursor)
        return explained(one, self._alarms, self.look, width, height) if one else []

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._rule_title.redraw()
        self._rule.redraw()

    @on(RowView.MarksChanged)
    def _marks_changed(self) -> None:
        self.filter.redraw()

    # What people say

    def action_alarm_known(self) -> None:
        """Acknowledge what is marked, else the alarm under the cursor; take that back when all of them are."""
        chosen = self._chosen()
        if not chosen:
            self.report("there is no alarm here")
        elif all(self._alarms.book.acknowledged(id) for id in chosen):
            self._watch.unacknowledge(chosen)
        else:
            self._watch.acknowledge(chosen)
        self._said()

    def action_alarm_server(self) -> None:
        """Acknowledge at their servers what is marked, else the alarm under the cursor: for everybody, and for good."""
        chosen = [id for id in self._chosen() if id.rule == PRODUCT and id.name and ":" in id.key]
        acting = self.stage.acting
        if not chosen:
            self.report("no server has raised this alarm", f"{self.key('alarm.known')} acknowledges it here")
        elif acting is None:
            self.report("nothing can be changed from here")
        else:
            parts = [
                Part(ref=ObjectRef(id.conn, *split_key(id.key)), arguments={"alarm": id.name}, name=id.name)
                for id in chosen
            ]
            refused = [acting.gate.check(SERVER, part.ref) for part in parts]
            first = next((one for one in refused if one is not None), None)
            if first is not None and all(one is not None and one.code is not Code.LOCKED for one in refused):
                self.report(first.reason, first.hint or f"{self.key('alarm.known')} acknowledges it here")
            else:
                acting.begin_each(SERVER, parts, "alarms")

    def action_alarm_silence(self) -> None:
        """Ask for how long; what is silenced is fixed from here on."""
        chosen = self._chosen()
        if not chosen:
            self.report("there is no alarm here")
            return
        one = self._alarms.get(chosen[0])
        about = f"{len(chosen)} alarms" if len(chosen) > 1 or one is None else f"{one.title} on {one.subject}"
        self.take_keys(SilencePrompt(self, about, lambda action: self._silence(chosen, SPANS.get(action.id))))

    def action_silence_hour(self) -> None:
        """Silence what is marked, else the alarm under the cursor."""
        self._silence(self._chosen(), HOUR)

    def action_silence_hours(self) -> None:
        """The same for longer."""
        self._silence(self._chosen(), SPANS["silence.hours"])

    def action_silence_day(self) -> None:
        """The same for longer."""
        self._silence(self._chosen(), SPANS["silence.day"])

    def action_silence_week(self) -> None:
        """The same for longer."""
        self._silence(self._chosen(), SPANS["silence.week"])

    def action_silence_end(self) -> None:
        """They may be heard again."""
        self._silence(self._chosen(), None)

    def _silence(self, chosen: Sequence[AlarmId], seconds: float | None) -> None:
        """For so long; None ends a silence."""
        if seconds is None:
            self._watch.unsilence(chosen)
        else:
            self._watch.silence(chosen, seconds)
        self._said()

    def _chosen(self) -> list[AlarmId]:
        marked = [self._source.item(node) for node in self._source.order if node in self._list.marks]
        found = marked or [self._source.item(self._list.cursor)]
        return [one.id for one in found if one is not None]

    def _said(self) -> None:
        """What is dealt with may move down the list: the cursor goes on to the next one instead."""
        at, order = self._list.model.cursor_index, self._source.order
        after = order[at + 1] if at is not None and at + 1 < len(order) and not self._list.marks else None
        self._list.clear_marks()
        self.read()
        if after is not None:
            self._list.select(after)

    # Layout

    def on_resize(self) -> None:
        super().on_resize()
        height = self.size.height
        self.filter.set_class(height < layout.BARS_FROM, "gone")
        for part in (self._rule_title, self._rule):
            part.set_class(height < layout.FULL_FROM - 8, "gone")
        self._rule.styles.height = RULE
