"""The fleet screen: tree, table, peek pane, strip of tasks and events."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.strip import Strip

from novatui.actions.catalogue import ACTIONS, Scope
from novatui.core.states import Link
from novatui.engine.fleet import Changes, Fleet
from novatui.engine.query import QueryError
from novatui.ui.attention import Attention
from novatui.ui.dialogs.help import HelpDialog
from novatui.ui.keys import bindings
from novatui.ui.listing import FleetListing
from novatui.ui.render import bars, peek, strip, table
from novatui.ui.render.look import Look
from novatui.ui.render.table import Subject
from novatui.ui.rows.painter import Painter
from novatui.ui.rows.source import ROOT
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.rows import RowScreen
from novatui.ui.sources import TableSource, TreeSource, Versions
from novatui.ui.widgets.filterbar import FilterBar
from novatui.ui.widgets.lines import Lines

AGE_STEP = 5.0
"""Seconds between two looks at ages that are on the screen."""


class FleetScreen(RowScreen, inherit_bindings=False):
    """Everything at a glance: the home of the console."""

    BINDINGS = bindings(Scope.ROWS, Scope.FLEET)
    DEFAULT_CSS = """
    FleetScreen { layout: vertical; }
    FleetScreen #middle { height: 1fr; }
    FleetScreen #tree-pane { width: 34; }
    FleetScreen #table-pane { width: 1fr; }
    FleetScreen #bar { width: 1; height: 1fr; }
    FleetScreen #peek { height: 4; }
    FleetScreen #strip { height: 5; }
    FleetScreen .gone { display: none; }
    """

    def __init__(self, fleet: Fleet, look: Look, find: str = "") -> None:
        super().__init__()
        self.fleet = fleet
        self.look = look
        self._versions = Versions()
        self._painter = Painter(self)
        self._tree_source = TreeSource(fleet, look, self._versions)
        self._table_source = TableSource(fleet, look, self._versions)
        self._listing = FleetListing(fleet, look, filter=find)
        self._tree_wanted: bool | None = None
        """What the person asked for; None: by the width of the screen."""
        self._zoomed = ""
        """Pane that has the screen for itself: `tree`, `table`, or empty."""
        self._problem: QueryError | None = None
        """What is wrong with the filter that is being typed."""
        self._sorting = False
        """The next key names the column to sort by."""
        self._attention = Attention(fleet, self._wanted, self.set_timer)

    def compose(self) -> ComposeResult:
        """The panes, top to bottom."""
        ascii_only = self.look.marks.ascii
        self._status = Lines(lambda width, _: [bars.status(self.fleet, self.look, width)], id="status")
        self._filter = FilterBar(self._draw_listing, id="filter")
        self._tree = RowView(self._tree_source, painter=self._painter, ascii_only=ascii_only, id="tree")
        self._table = RowView(
            self._table_source,
            header=True,
            painter=self._painter,
            ascii_only=ascii_only,
            placeholder=" nothing to show yet",
            id="table",
        )
        self._peek_title = Lines(self._draw_peek_title, id="peek-title")
        self._peek = Lines(self._draw_peek, id="peek")
        self._strip_title = Lines(lambda width, _: [bars.rule(self.look, width, "Tasks & events")], id="strip-title")
        self._strip = Lines(lambda width, height: strip.lines(self.fleet, self.look, width, height), id="strip")
        self._tree_title = Lines(self._draw_tree_title)
        self._table_title = Lines(self._draw_table_title)
        yield self._status
        yield self._filter
        with Horizontal(id="middle"):
            with Vertical(id="tree-pane"):
                yield self._tree_title
                yield self._tree
            yield Lines(self._draw_bar, id="bar")
            with Vertical(id="table-pane"):
                yield self._table_title
                yield self._table
        yield self._peek_title
        yield self._peek
        yield self._strip_title
        yield self._strip
        self._footer = Lines(self._draw_footer, id="footer")
        yield self._footer

    # Life

    def on_mount(self) -> None:
        """Take what the stores hold already, and every change from now on."""
        self._table.focus()
        self._unfold_connections()
        self._show_listing()
        self.fleet.on_change = lambda: self._painter.request(self._take_changes)
        self.set_interval(AGE_STEP, self._age)
        self._arm_clock()

    def on_unmount(self) -> None:
        self.fleet.on_change = None

    def on_resize(self) -> None:
        self._lay_out()

    def _take_changes(self) -> None:
        """One painter's tick: what changed in the stores goes to the views that show it."""
        changes = self.fleet.drain()
        self._versions.changed(changes.rows)
        for view in (self._tree, self._table):
            view.forget(changes.gone)
            view.touch(changes.rows)
        if changes.reshaped:
            self._tree.changed(*(ROOT if node is None else node for node in changes.reshaped))
            self._unfold_connections()
        if self._listing.update(changes):
            self._table_source.order = self._listing.order
            self._table.changed()
        for old, new in changes.moved:
            self._follow(old, new)
        self._redraw_around(changes)

    def _follow(self, old: int, new: int) -> None:
        """Another row stands for a machine now: cursor and mark go with the machine."""
        for view in (self._tree, self._table):
            if old in view.marks:
                view.mark([old], False)
                view.mark([new])
            if view.cursor == old:
                view.paint()
                view.reveal(new)

    def _redraw_around(self, changes: Changes) -> None:
        self._show_counts()
        self._status.redraw()
        if changes.rows or changes.connections:
            self._peek.redraw()
        if changes.tasks or changes.events or changes.connections:
            self._strip.redraw()
        if changes.connections:
            self._tree.touch(self._tree.model.window())
            self._attention.moved()

    def _age(self) -> None:
        """Ages beside stale values go on; the row engine repaints only lines that come out differently."""
        if self._listing.look_again():
            self._table_source.order = self._listing.order
            self._table.changed()
            self._show_counts()
        if all(one.status.link is Link.UP for one in self.fleet.connections.values()):
            return
        for view in (self._tree, self._table):
            view.touch(view.model.window())
        self._peek.redraw()

    def _arm_clock(self) -> None:
        """Redraw the clock when its minute ends, and not before."""
        self.set_timer(60.5 - self.look.epoch() % 60, self._tick)

    def _tick(self) -> None:
        self._status.redraw()
        self._arm_clock()

    # Drawing

    def _draw_listing(self, width: int, height: int) -> list[Strip]:
        del height
        return [bars.listing(self._table_source.listing, self.look, width)]

    def _draw_bar(self, width: int, height: int) -> list[Strip]:
        return [bars.edge(self.look, width) for _ in range(height)]

    def _draw_tree_title(self, width: int, height: int) -> list[Strip]:
        del height
        return [bars.rule(self.look, width, "Inventory", focused=self._tree.has_focus)]

    def _draw_table_title(self, width: int, height: int) -> list[Strip]:
        del height
        scope = self._table_source.listing.scope
        title = f"Machines in {scope}" if scope else "Machines in all connections"
        return [bars.rule(self.look, width, title, focused=self._table.has_focus)]

    def _subject(self) -> Subject | None:
        """The object under the cursor of the pane with the keyboard."""
        view, source = (self._tree, self._tree_source) if self._tree.has_focus else (self._table, self._table_source)
        slot = view.cursor
        return source.subject(slot) if slot is not None and self.fleet.inventory.alive(slot) else None

    def _draw_peek_title(self, width: int, height: int) -> list[Strip]:
        del height
        subject = self._subject()
        if subject is None:
            return [bars.rule(self.look, width, "Nothing selected")]
        name, way = peek.title(subject)
        protected = self.fleet.inventory.spec(subject.slot).protected
        return [bars.rule(self.look, width, name, way, protected=protected)]

    def _draw_peek(self, width: int, height: int) -> list[Strip]:
        subject = self._subject()
        return peek.lines(subject, width, height) if subject else []

    def _draw_footer(self, width: int, height: int) -> list[Strip]:
        del height
        if self._problem is not None:
            return [bars.problem(self._problem.message, self._problem.hint, self.look, width)]
        if self._sorting:
            return [bars.sort_keys(table.SORTS.items(), self.look, width)]
        return [bars.footer(ACTIONS, self.look, width)]

    # Layout

    def _lay_out(self) -> None:
        """Which panes are there, and how large, at this size of the screen."""
        plan = layout.plan(self.size.width, self.size.height, tree=self._tree_wanted, zoomed=self._zoomed)
        for part, shown in (
            ("#tree-pane", plan.tree > 0),
            ("#bar", plan.tree > 0 and plan.table),
            ("#table-pane", plan.table),
            ("#peek-title", plan.peek > 0),
            ("#peek", plan.peek > 0),
            ("#strip-title", plan.strip > 0),
            ("#strip", plan.strip > 0),
        ):
            self.query_one(part).set_class(not shown, "gone")
        self.query_one("#tree-pane").styles.width = plan.tree
        self._peek.styles.height = plan.peek
        self._strip.styles.height = plan.strip
        if not plan.tree and self._tree.has_focus:
            self._table.focus()
        self._filter.redraw()

    # What is listed

    def _show_listing(self) -> None:
        self._table_source.order = self._listing.order
        self._table.replace(self._listing.order)
        self._show_counts()
        self._table.redraw_header()
        self._table_title.redraw()
        self._attention.moved()

    def _show_counts(self) -> None:
        self._table_source.listing = self._listing.summary(len(self._table.marks))
        self._filter.redraw()

    def _unfold_connections(self) -> None:
        """New connections and groups show what is below them until somebody folds them."""
        fresh = self._listing.new_tops()
        if fresh:
            self._tree.set_expanded(fresh)

    @on(FilterBar.Changed)
    def _filter_typed(self, message: FilterBar.Changed) -> None:
        problem = self._listing.set_filter(message.text)
        self._problem = problem
        if problem is None:
            self._show_listing()
        self._footer.redraw()

    @on(FilterBar.Done)
    def _filter_done(self) -> None:
        self._problem = None
        self._footer.redraw()
        self._table.focus()

    # What is watched

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._peek_title.redraw()
        self._peek.redraw()
        self._attention.moved()

    def _wanted(self) -> Mapping[str, Collection[str] | None]:
        return self._listing.watched({*self._table.model.window(), *self._tree.model.window()})

    # Actions

    def rows(self) -> RowView:
        """The pane that row keys go to."""
        return self._tree if self._tree.has_focus else self._table

    @on(RowView.MarksChanged)
    def _marks_changed(self) -> None:
        self._show_counts()

    def action_open(self) -> None:
        """In the tree: list the machines below the node. In the table: show the machine in the tree."""
        view = self.rows()
        if view.cursor is None:
            return
        if view is self._tree:
            self._listing.set_scope(view.cursor)
            self._show_listing()
        elif self._tree_shown:
            self._tree.reveal(view.cursor)

    @on(RowView.Activated)
    def _activated(self) -> None:
        self.action_open()

    def action_back(self) -> None:
        """Undo one narrowing: the sort prompt, then marks of a range, then the scope, then the filter."""
        if self._sorting:
            self._stop_sorting()
        elif self._table.model.range_start is not None:
            self._table.clear_marks()
        elif self._listing.set_scope(None):
            self._show_listing()
        elif self._filter.text:
            self._filter.set_text("")
            self._listing.set_filter("")
            self._show_listing()

    def action_pane_next(self) -> None:
        if self._table.has_focus and self._tree_shown:
            self._tree.focus()
        else:
            self._table.focus()

    action_pane_previous = action_pane_next

    def on_descendant_focus(self) -> None:
        """Titles tell which pane has the keyboard."""
        for title in (self._tree_title, self._table_title, self._peek_title, self._peek):
            title.redraw()

    def action_tree_toggle(self) -> None:
        """Show or hide the tree, whatever the width."""
        self._zoomed = ""
        self._tree_wanted = not self._tree_shown
        self._lay_out()

    def action_pane_zoom(self) -> None:
        """Give the pane with the keyboard the whole screen, or take it back."""
        self._zoomed = "" if self._zoomed else "tree" if self._tree.has_focus else "table"
        self._lay_out()

    @property
    def _tree_shown(self) -> bool:
        return not self.query_one("#tree-pane").has_class("gone")

    def action_filter(self) -> None:
        self._filter.edit()

    def action_refresh(self) -> None:
        slot = self.rows().cursor
        self.fleet.refresh(self.fleet.inventory.ref(slot) if slot is not None else None)

    def action_reconnect(self) -> None:
        """Make the connection of the object under the cursor anew."""
        slot = self.rows().cursor
        if slot is not None and (conn := self.fleet.inventory.conn(slot)):
            self.fleet.reconnect(conn)

    def action_clock_utc(self) -> None:
        self.look.utc = not self.look.utc
        for part in (self._status, self._strip):
            part.redraw()

    def action_help(self) -> None:
        self.app.push_screen(HelpDialog(self.look))

    def action_sort(self) -> None:
        """The next key names the column."""
        self._sorting = True
        self._footer.redraw()

    def _stop_sorting(self) -> None:
        self._sorting = False
        self._footer.redraw()

    async def on_event(self, event: events.Event) -> None:
        """While the sort prompt is open it takes the next key, whatever that would mean otherwise."""
        if self._sorting and isinstance(event, events.Key):
            self._stop_sorting()
            key = table.SORTS.get(event.character or "")
            if key is not None:
                self._listing.set_sort(key)
                self._show_listing()
            return
        await super().on_event(event)
