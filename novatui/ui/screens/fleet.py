"""The fleet screen: everything at a glance, and what its keys do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from novatui.actions.catalogue import Scope
from novatui.engine.query_keys import OBJECTS
from novatui.ui.commands import Wrong
from novatui.ui.keys import bindings
from novatui.ui.place import Place
from novatui.ui.rows.view import RowView
from novatui.ui.screens.fleet_curves import FleetCurves
from novatui.ui.widgets.sortprompt import SortPrompt

if TYPE_CHECKING:
    from novatui.ui.export import Listed


class FleetScreen(FleetCurves, inherit_bindings=False):
    """The home of the console."""

    SCOPES = (
        Scope.EVERYWHERE,
        Scope.MOVE,
        Scope.ROWS,
        Scope.PANES,
        Scope.FLEET,
        Scope.FILTERED,
        Scope.LISTED,
        Scope.CHANGES,
        Scope.OBJECTS,
        Scope.FRAME,
    )
    VOCABULARY = OBJECTS
    BINDINGS = bindings(*SCOPES)

    # Filter

    def filter_typed(self, text: str) -> None:
        """List what matches, or say why this is no filter."""
        self._wrong = self._listing.set_filter(text)
        if self._wrong is None:
            self._show_listing()
        self.footer.redraw()

    def filter_done(self) -> None:
        """Back to the rows."""
        self._in_tree = self._zoomed == "tree"
        self.set_focus(self.rows())

    def filter_closed(self) -> None:
        """A filter that could not be read was never in force: the bar says what is."""
        self._wrong = None
        self.footer.redraw()
        self._filter.set_text(self._listing.filter)

    # Actions

    @on(RowView.MarksChanged)
    def _marks_changed(self) -> None:
        self._show_counts()

    def action_open(self) -> None:
        """All about the object under the cursor."""
        node = self.rows().cursor
        if node is not None:
            self._open(node)

    @on(RowView.Activated)
    def _activated(self, message: RowView.Activated) -> None:
        self._open(message.node)

    def _open(self, node: int) -> None:
        self.stage.navigation.open(Place("detail", ref=str(self.fleet.inventory.ref(node))))

    def action_scope(self) -> None:
        """From the tree: find the node in the list, or list what is below it. From the table: find it in the tree."""
        node = self.rows().cursor
        if node is None:
            return
        if self.rows() is self._table:
            if self._tree_shown:
                self._tree.reveal(node)
        elif self.fleet.inventory.kind(node) in self._listing.view.kinds:
            self._listing.set_scope(None)
            self._show_listing()
            self._table.select(node)
        elif self._listing.set_scope(node):
            self._show_listing()

    @on(RowView.HeaderClicked)
    def _header_clicked(self, message: RowView.HeaderClicked) -> None:
        """Sort by the column whose title was clicked; once more turns the order round."""
        self._sort_by(self._table_source.grid.sort_at(message.x, message.view.body_width))

    def step_back(self) -> bool:
        """Marks of a range, then the scope, then the filter."""
        if self._table.model.range_start is not None:
            self._table.clear_marks()
        elif self._listing.set_scope(None):
            self._show_listing()
        elif self._filter.text:
            self._filter.set_text("")
            self._listing.set_filter("")
            self._show_listing()
        else:
            return False
        return True

    def action_pane_next(self) -> None:
        """Tree or table: the other one. A zoomed pane gives its place to it."""
        tree = not self._in_tree
        if self._zoomed:
            self._zoomed = "tree" if tree else "table"
            self._lay_out_anew()
        if not tree or self._tree_shown:
            self._go_to(tree=tree)

    action_pane_previous = action_pane_next

    def action_tree_toggle(self) -> None:
        """Show or hide the tree, whatever the width."""
        self._zoomed = ""
        self._tree_wanted = not self._tree_shown
        self._lay_out_anew()

    def action_pane_zoom(self) -> None:
        """Give the pane with the keyboard the whole screen, or take it back."""
        self._zoomed = "" if self._zoomed else "tree" if self._in_tree else "table"
        self._lay_out_anew()

    def action_filter(self) -> None:
        self._filter.edit()

    def targets(self) -> list[int]:
        """What is marked, in the order of the table; else what is under the cursor."""
        marks = self._table.marks
        return [slot for slot in self._listing.order if slot in marks] or super().targets()

    def listed(self) -> Listed:
        """The rows of the table, with its columns."""
        from novatui.ui.export import objects

        columns = self._table_source.grid.columns
        return objects(self.fleet, self.look, self._listing.view.name, list(self._listing.order), columns)

    def line_in_words(self) -> str:
        """The cells of the row under the cursor."""
        from novatui.ui.export import objects

        slot = self.subject()
        if slot is None:
            return ""
        columns = self._table_source.grid.columns
        return "  ".join(objects(self.fleet, self.look, "", [slot], columns).cells[0])

    def sortable(self) -> list[str]:
        """Words of the columns of this list."""
        return list(self._listing.view.words().values())

    def action_sort(self, column: str = "") -> None:
        """Sort by a column that is named, or by the one that the next key names."""
        if column:
            letter = next((letter for letter, word in self._listing.view.words().items() if word == column), "")
            if not letter:
                raise Wrong(f"there is no column `{column}` to sort by", " ".join(self.sortable()))
            self._sort_by(self._listing.view.letters()[letter])
            return
        self.take_keys(SortPrompt(self, self._listing.view.letters(), self._sort_by, self._draw_sort_keys))

    def _sort_by(self, key: str) -> None:
        if not key:
            return
        self._listing.set_sort(key)
        self._show_listing()
