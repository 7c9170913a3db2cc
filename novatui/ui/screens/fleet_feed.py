"""What the fleet screen takes from the stores, and what it asks to be measured."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from textual import on

from novatui.engine.fleet import Changes, Fleet
from novatui.ui.attention import Attention
from novatui.ui.render.look import Look
from novatui.ui.rows.source import ROOT
from novatui.ui.rows.view import RowView
from novatui.ui.screens.fleet_panes import FleetPanes
from novatui.ui.sources import AGE_STEP


class FleetFeed(FleetPanes, inherit_bindings=False):
    """Keeps the panes true: changes of the stores, ages, the clock, the list and its order."""

    def __init__(self, fleet: Fleet, look: Look, find: str = "") -> None:
        super().__init__(fleet, look, find)
        self._attention = Attention(fleet, self._wanted, self.set_timer)

    # Life

    def on_mount(self) -> None:
        """Take what the stores hold already, and every change from now on."""
        self._table.focus()
        if self._problem is not None:
            self._filter.edit()
        self._unfold_connections()
        self._show_listing()
        self.fleet.on_change = lambda: self._painter.request(self._take_changes)
        self.set_interval(AGE_STEP, self._age)
        self._arm_clock()

    def on_unmount(self) -> None:
        self.fleet.on_change = None

    def _take_changes(self) -> None:
        """One painter's tick: what changed in the stores goes to the views that show it."""
        changes = self.fleet.drain()
        self._versions.changed(changes.rows)
        self._versions.changed(self._counted_anew(changes))
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

    def _counted_anew(self, changes: Changes) -> Iterator[int]:
        """Nodes of the tree below which machines came or went."""
        for node in changes.reshaped:
            if node is not None:
                yield node
                yield from self.fleet.inventory.above(node)

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
        for part in (self._status, self._table_title, self._peek_title, self._peek):
            part.redraw()
        if changes.tasks or changes.events or changes.connections or changes.structure:
            self._strip.redraw()
        if changes.connections:
            for view in (self._tree, self._table):
                view.touch(view.model.window())
            self._attention.moved()

    def _age(self) -> None:
        """Ages beside stale values go on; the row engine repaints only lines that come out differently."""
        if self._listing.look_again():
            self._table_source.order = self._listing.order
            self._table.changed()
            self._show_counts()
        for view in (self._tree, self._table):
            view.touch(view.model.window())
        self._peek.redraw()

    def _arm_clock(self) -> None:
        """Redraw the clock when its minute ends, and not before."""
        self.set_timer(60.5 - self.look.epoch() % 60, self._tick)

    def _tick(self) -> None:
        self._status.redraw()
        self._arm_clock()

    # What is listed

    def _show_listing(self) -> None:
        self._table_source.order = self._listing.order
        self._table.placeholder = f" {self._listing.why_empty()}"
        self._table.replace(self._listing.order)
        self._show_counts()
        self._table.redraw_header()
        self._table_title.redraw()
        self._attention.moved()

    def _show_counts(self) -> None:
        self._table.placeholder = f" {self._listing.why_empty()}"
        self._table_source.listing = self._listing.summary(len(self._table.marks))
        self._filter.redraw()

    def _unfold_connections(self) -> None:
        """New connections and groups show what is below them until somebody folds them."""
        fresh = self._listing.new_tops()
        if fresh:
            self._tree.set_expanded(fresh)

    # What is watched

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._peek_title.redraw()
        self._peek.redraw()
        self._attention.moved()

    def _wanted(self) -> Mapping[str, Collection[str] | None]:
        return self._listing.watched({*self._table.model.window(), *self._tree.model.window()})
