"""What the fleet screen takes from the stores, and what it asks to be measured."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from textual import on

from novatui.core.ids import ObjectRef
from novatui.engine.fleet import Changes
from novatui.ui.rows.source import ROOT
from novatui.ui.rows.view import RowView
from novatui.ui.screens.fleet_panes import FleetPanes


class FleetFeed(FleetPanes, inherit_bindings=False):
    """Keeps the panes true: changes of the stores, ages, the clock, the list and its order."""

    # Life

    _moved = False
    """The order is another one than is shown: nothing moves while a strip is open."""

    def on_mount(self) -> None:
        """Take what the stores hold already, and every change from now on."""
        self._table.focus()
        if self._wrong is not None:
            self._filter.edit()
        self._unfold_connections()
        self._show_listing()
        self.opened()

    def opened(self) -> None:
        """The panes show what is known already."""

    _was_sealed = False
    """What the footer was drawn for."""

    def take(self, changes: Changes) -> None:
        """What changed in the stores goes to the views that show it."""
        for view in (self._tree, self._table):
            view.forget(changes.gone)
            view.touch(changes.rows)
        if changes.reshaped:
            self._tree.changed(*(ROOT if node is None else node for node in changes.reshaped))
            self._unfold_connections()
        self._moved |= self._listing.update(changes)
        self._list_anew()
        for old, new in changes.moved:
            self._follow(old, new)
        self._redraw_around(changes)

    def _list_anew(self) -> None:
        """Show the order as it is now, unless somebody has a menu or a dialog open: that shows what they saw then."""
        if self._moved and not self.steady:
            self._moved = False
            self._table_source.order = self._listing.order
            self._table.changed()

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
        for part in (self.header, self._table_title, self._peek_title, self._peek):
            part.redraw()
        if changes.tasks or changes.events or changes.connections or changes.structure:
            self._strip.redraw()
        if changes.connections:
            for view in (self._tree, self._table):
                view.touch(view.model.window())

    def age(self) -> None:
        """Ages beside stale values go on; the row engine repaints only lines that come out differently."""
        self._moved |= self._listing.look_again()
        self._list_anew()
        self._show_counts()
        for view in (self._tree, self._table):
            view.touch(view.model.window())
        for part in (self._peek, self._strip):
            part.redraw()

    # What is listed

    def _show_listing(self) -> None:
        self._table_source.order = self._listing.order
        self._table.placeholder = f" {self._listing.why_empty()}"
        self._table.replace(self._listing.order)
        self._show_counts()
        self._table.redraw_header()
        self._table_title.redraw()
        self.stage.pulse.attend()

    def _show_counts(self) -> None:
        self._table.placeholder = f" {self._listing.why_empty()}"
        self._table_source.listing = self._listing.summary(len(self._table.marks))
        self._filter.redraw()

    def _unfold_connections(self) -> None:
        """New connections and groups show what is below them until somebody folds them."""
        fresh = self._listing.new_tops()
        if fresh:
            self._tree.set_expanded(fresh)

    def reveal(self, ref: ObjectRef) -> bool:
        """In the table if it lists it, and in the tree."""
        slot = self.fleet.inventory.slot(ref.conn, ref.key)
        if slot is None:
            return False
        seen = [view.reveal(slot) for view in (self._tree, self._table)]
        return any(seen)

    # What is watched

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._peek_title.redraw()
        self._peek.redraw()
        if self.sealed is not self._was_sealed:
            self._was_sealed = self.sealed
            self.footer.redraw()
        self.stage.pulse.attend()

    def wanted(self) -> Mapping[str, Collection[str] | None]:
        """The machines on the screen, or all of them while the list depends on what is measured."""
        return self._listing.watched({*self._table.model.window(), *self._tree.model.window()})
