"""The fleet screen: everything at a glance, and what its keys do."""

from __future__ import annotations

from textual import events, on

from novatui.actions.catalogue import Scope
from novatui.ui.dialogs.help import HelpDialog
from novatui.ui.keys import bindings
from novatui.ui.render import table
from novatui.ui.rows.view import RowView
from novatui.ui.screens.fleet_feed import FleetFeed
from novatui.ui.widgets.filterbar import FilterBar


class FleetScreen(FleetFeed, inherit_bindings=False):
    """The home of the console."""

    BINDINGS = bindings(Scope.ROWS, Scope.FLEET)

    # Filter

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

    # Actions

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

    def action_tree_toggle(self) -> None:
        """Show or hide the tree, whatever the width."""
        self._zoomed = ""
        self._tree_wanted = not self._tree_shown
        self._lay_out()

    def action_pane_zoom(self) -> None:
        """Give the pane with the keyboard the whole screen, or take it back."""
        self._zoomed = "" if self._zoomed else "tree" if self._tree.has_focus else "table"
        self._lay_out()

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
