"""The views of the fleet screen: which list is shown, with which columns, and how it is found again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from novatui.config.errors import ConfigError
from novatui.core.ids import ObjectRef
from novatui.core.text import clean
from novatui.engine.fleet import Changes
from novatui.ui.columns.views import HOME, VIEW, View
from novatui.ui.listing import sort_of
from novatui.ui.place import Place
from novatui.ui.preferences import place_of
from novatui.ui.screens.fleet_feed import FleetFeed
from novatui.ui.screens.fleet_session import Awaited, describe, pins_of
from novatui.ui.stage import Stage
from novatui.ui.wanted import WantedKinds


class FleetViews(FleetFeed, inherit_bindings=False):
    """One screen for every list of objects: another view is another table between the same panes."""

    def __init__(self, stage: Stage, place: Place) -> None:
        session = stage.preferences.session(tuple(sorted(stage.fleet.connections))) if place == Place() else None
        super().__init__(stage, place_of(session.at) if session else place)
        self._tree_wanted = session.tree if session else None
        self._awaited = Awaited(session, self.at.scope)
        self._listing.take_pins(pins_of(session, stage.fleet))
        self._table_source.pinned = self._listing.pins
        self._cursors: dict[str, ObjectRef] = {}
        """The object that was under the cursor when a view was left."""
        self._wanted_kinds = WantedKinds(stage.fleet, self.set_timer)

    def opened(self) -> None:
        """As it was left, as far as it is known already."""
        self._wanted_kinds.look_at(self._listing.view.kinds)
        self._meet()
        if self.stage.preferences.trouble is not None:
            problem = self.stage.preferences.trouble.problems[0]
            self.report(f"{Path(problem.file).name} cannot be read: {problem.message}", problem.hint)

    def on_unmount(self) -> None:
        self.keep_session()

    def keep_session(self) -> None:
        """The next session begins here."""
        expanded, pins = self._tree.model.tree.expanded, self._listing.pins
        described = describe(self.fleet, self.place(), expanded, self._table.cursor, pins)
        self.stage.preferences.end_session(msgspec.structs.replace(described, tree=self._tree_wanted))

    def take(self, changes: Changes) -> None:
        super().take(changes)
        if changes.reshaped and self._awaited:
            self._meet()

    # Where the person is

    def place(self) -> Place:
        """View, filter, scope and sort."""
        listing, store = self._listing, self.fleet.inventory
        scope = "" if listing.scope is None or not store.alive(listing.scope) else str(store.ref(listing.scope))
        sort = "" if listing.sort == listing.view.sort else "-" * listing.sort.descending + listing.sort.key
        return Place(listing.view.name, filter=listing.filter, scope=scope or self._awaited.scope, sort=sort)

    def show(self, place: Place) -> bool:
        """List what this place lists."""
        view = VIEW.get(place.name, HOME)
        self._leave()
        wrong = self._listing.set_view(view, filter=clean(place.filter), sort=sort_of(place.sort))
        if wrong is not None:
            self._listing.set_view(view, sort=sort_of(place.sort))
            self.report(wrong.message, wrong.hint)
        self._wrong = None
        self._filter.set_text(self._listing.filter)
        self._listing.set_scope(None)
        self._awaited.scope = place.scope
        self._enter(view)
        self.footer.redraw()
        return True

    def _leave(self) -> None:
        """Remember where the cursor is, and let go of marks: in another list nobody would see them."""
        store, cursor = self.fleet.inventory, self._table.cursor
        if cursor is not None and store.alive(cursor):
            self._cursors[self._listing.view.name] = store.ref(cursor)
        if self._table.marks or self._table.model.range_start is not None:
            self._table.clear_marks()

    def _enter(self, view: View) -> None:
        self._table_source.grid = view.grid(self.stage.preferences.columns(view.name))
        self._wanted_kinds.look_at(view.kinds)
        self._table.model.untouched = True
        self._table.redraw()
        self._show_listing()
        self._awaited.cursor = self._cursors.get(view.name)
        self._meet()
        for part in (self._table_title, self._peek_title, self._peek):
            part.redraw()

    def _meet(self) -> None:
        """What the session or the place named is there now: scope, folds and cursor, each once."""
        store, awaited = self.fleet.inventory, self._awaited
        opened, closed = awaited.nodes(store)
        if opened:
            self._tree.set_expanded(opened)
        if closed:
            self._tree.set_expanded(closed, False)
        scope = awaited.take_scope(store)
        if scope is not None and self._listing.set_scope(scope):
            self._show_listing()
        if not self._table.model.untouched:
            awaited.cursor = None
        elif (cursor := awaited.cursor_slot(store)) is not None:
            self._table.paint()
            if self._table.select(cursor):
                awaited.cursor = None

    def action_pin(self) -> None:
        """Keep the object under the cursor at the top of its list, or no longer."""
        slot = self.subject()
        if slot is None:
            return
        name, pinned = self.fleet.inventory.name(slot), self._listing.pin(slot)
        self._show_listing()
        if pinned and self._table.cursor == slot:
            self._table.home()
            self._table.select(slot)
        if pinned is None:
            self.report("too many rows are pinned", f"{self.key('pin')} on one of them lets go of it")
        elif self.fleet.inventory.kind(slot) not in self._listing.view.kinds:
            said = "stays at the top of the list that has it" if pinned else "is pinned no more"
            self.report(f"{name} {said}", bad=False)

    # Saved views and columns

    def columns(self) -> tuple[str, ...]:
        """Ids of the columns of this view, shown or without room, in drawing order."""
        return tuple(column.id for column in self._table_source.grid.columns)

    def action_columns(self) -> None:
        """Choose which columns this list has."""
        from novatui.ui.columns.choice import Choice
        from novatui.ui.dialogs.columns import ColumnsDialog

        choice = Choice(self._listing.view, self.columns())
        fits = lambda: self._table_source.grid.shows(self._table.body_width)  # noqa: E731
        self.app.push_screen(ColumnsDialog(self.stage, choice, self.choose_columns, fits))

    def action_lines(self) -> None:
        """Lines of words in place of columns, or columns again."""
        self._words_wanted = not self._table_source.in_words
        self._lay_out_anew()

    def choose_columns(self, ids: tuple[str, ...]) -> None:
        """Draw these columns from now on, and whenever this view is opened; the usual ones need not be kept."""
        view = self._listing.view
        chosen = () if ids == view.usual else ids
        self.draw_columns(chosen)
        try:
            self.stage.preferences.choose_columns(view.name, chosen)
        except ConfigError as error:
            self.report(f"the columns hold for this session only: {error.problems[0]}")

    def draw_columns(self, ids: tuple[str, ...]) -> None:
        """Draw these columns until the list is left."""
        self._table_source.grid = self._listing.view.grid(ids)
        self._table.redraw()

    def action_save(self, name: str = "") -> None:
        """Save this list under a name; without one, the connection of the subject."""
        if not name:
            super().action_save()
            return
        from novatui.ui import savedviews

        savedviews.save(self, name, self.columns())
